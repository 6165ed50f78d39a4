/* SPDX-License-Identifier: Apache-2.0
 *
 * Life and death of messages between threads.
 */
#include "noded/mail.h"

#include "base/check.h"

/* Largest message: a pick of a block full of the smallest transactions. */
enum { MAIL_BYTES_MAX = 64 * 1024 * 1024 };

struct mail *
mail_new(enum mail_kind kind)
{
	struct mail *m = mem_new(sizeof(*m));

	CHECK(m != NULL);
	m->kind = kind;
	arena_init(&m->arena, MAIL_BYTES_MAX);
	return m;
}

void
mail_free(struct mail *m)
{
	size_t i;

	for (i = 0; i < m->tx_cnt; i++)
		pool_tx_put(m->txs[i]);
	arena_drop(&m->arena);
	mem_free(m);
}

void
mail_send(struct queue *q, struct mail *m)
{
	CHECK(queue_push(q, m));
}
