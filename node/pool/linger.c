/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of mined transactions stay in the log for some heads more. A
 * reorganisation undoes a block durably before its transactions are offered
 * to the pool again (pool_return): were the process to die in between, their
 * records would be all that is left of them. Replayed while the block stands,
 * they are stale by nonce and do no harm.
 */
#include "pool/pool_priv.h"

void
pool_linger_add(struct pool *p, struct pool_log_ref *ref)
{
	struct pool_linger *n;

	if (ref->seg == NULL)
		return;
	n = mem_new(sizeof(*n));
	if (n == NULL) {
		pool_log_forget(ref);
		return;
	}
	n->head_no = p->head_no;
	pool_log_move(&n->ref, ref);
	if (p->linger_last == NULL)
		p->linger_first = n;
	else
		p->linger_last->next = n;
	p->linger_last = n;
}

void
pool_linger_expire(struct pool *p, bool is_all)
{
	struct pool_linger *n;

	while ((n = p->linger_first) != NULL) {
		if (!is_all && p->head_no - n->head_no < POOL_LINGER_HEADS)
			return;
		p->linger_first = n->next;
		pool_log_forget(&n->ref);
		mem_free(n);
	}
	p->linger_last = NULL;
}
