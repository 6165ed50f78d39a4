/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits, for those who look: by sender and nonce. It changes nothing in
 * the pool.
 */
#include <stdlib.h>

#include "pool/pool_priv.h"

static int
by_addr(const void *a, const void *b)
{
	const struct pool_account *const *x = a, *const *y = b;

	return memcmp((*x)->addr.b, (*y)->addr.b, sizeof((*x)->addr.b));
}

/* put_account appends what one sender has. */
static size_t
put_account(struct pool_item *out, size_t at, const struct pool_account *acc)
{
	size_t i;

	for (i = 0; i < acc->cnt; i++)
		out[at++] = (struct pool_item){
		    .tx = pool_tx_get(acc->v[i]->tx),
		    .is_ready = i < acc->ready,
		};
	return at;
}

static enum rc
make_room(struct arena *a, struct pool_item **out, size_t cnt, size_t max,
    struct err *e)
{
	if (cnt > max)
		return FAIL(e, RC_TOO_LARGE,
		    "limit exceeded: %zu transactions wait, at most %zu can "
		    "be listed",
		    cnt, max);
	*out = arena_array(a, cnt + 1, sizeof(**out));
	return *out == NULL ? FAIL(e, RC_NO_MEMORY, "a list of the pool")
			    : RC_OK;
}

static enum rc
list_one(const struct pool *p, struct arena *a, struct pool_item **out,
    size_t *cnt, const struct addr *addr, size_t max, struct err *e)
{
	const struct pool_account *acc = map_get(&p->by_addr, addr->b);

	TRY(make_room(a, out, acc == NULL ? 0 : acc->cnt, max, e));
	*cnt = acc == NULL ? 0 : put_account(*out, 0, acc);
	return RC_OK;
}

enum rc
pool_list(const struct pool *p, struct arena *a, struct pool_item **out,
    size_t *cnt, const struct addr *addr, size_t max, struct err *e)
{
	struct pool_account **order;
	struct pool_stats st;
	size_t i;

	if (addr != NULL)
		return list_one(p, a, out, cnt, addr, max, e);
	pool_stats(p, &st);
	TRY(make_room(a, out, st.pending + st.queued, max, e));
	order = arena_array(a, p->heap_cnt + 1, sizeof(struct pool_account *));
	if (order == NULL)
		return FAIL(e, RC_NO_MEMORY, "a list of the pool");
	*cnt = 0;
	if (p->heap_cnt == 0)
		return RC_OK;
	memcpy(order, p->heap, p->heap_cnt * sizeof(struct pool_account *));
	qsort(order, p->heap_cnt, sizeof(struct pool_account *), by_addr);
	for (i = 0; i < p->heap_cnt; i++)
		*cnt = put_account(*out, *cnt, order[i]);
	return RC_OK;
}
