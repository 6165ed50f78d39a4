/* SPDX-License-Identifier: Apache-2.0
 *
 * Life and death of messages between threads.
 */
#include "noded/mail.h"

#include <string.h>

#include "base/check.h"

/* Largest message: a pick of a block full of the smallest transactions, or a
 * list of a hundred thousand that must go. The longest reason. */
enum { MAIL_BYTES_MAX = 64 * 1024 * 1024, MAIL_WHY_MAX = 256 };

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

bool
mail_add_drop(struct mail *m, const struct hash *tx_hash, const char *why)
{
	size_t len = strnlen(why, MAIL_WHY_MAX);
	struct mail_drop *d = arena_alloc(&m->arena, sizeof(*d));
	char *text = arena_alloc(&m->arena, len + 1);

	if (d == NULL || text == NULL)
		return false;
	memcpy(text, why, len);
	text[len] = '\0';
	*d = (struct mail_drop){
	    .next = m->drops, .tx_hash = *tx_hash, .why = text};
	m->drops = d;
	return true;
}

void
mail_add_note(struct mail *m, struct mail_note *note)
{
	note->next = NULL;
	if (m->last_note == NULL)
		m->notes = note;
	else
		m->last_note->next = note;
	m->last_note = note;
}

void
mail_send(struct queue *q, struct mail *m)
{
	CHECK(queue_push(q, m));
}
