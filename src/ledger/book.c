/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows by key, and lists of them. What rows mean is not known here.
 */
#include "ledger/book.h"

#include <string.h>

#include "base/check.h"

/* Rows of a table that the events of one batch can touch: three each, of as
 * many events as a node tells at once, several times over. */
enum { ROW_MAX = 1 << 20, KEY_BYTES_MAX = 64 };

static size_t
key_size(char letter)
{
	if (letter == 'A')
		return sizeof(struct addr);
	return letter == 'N' ? 32 : 8;
}

/* A key's bytes: of each number as many, from its end, as the column has. */
static size_t
pack(uint8_t out[KEY_BYTES_MAX], const char *letters, const struct u256 *keys)
{
	size_t len = 0, i;

	for (i = 0; letters[i] != '\0'; i++) {
		size_t size = key_size(letters[i]);
		uint8_t be[32];

		CHECK(len + size <= KEY_BYTES_MAX);
		u256_to_be(be, &keys[i]);
		memcpy(out + len, be + 32 - size, size);
		len += size;
	}
	return len;
}

static size_t
packed_size(const char *letters)
{
	size_t len = 0;

	for (; *letters != '\0'; letters++)
		len += key_size(*letters);
	return len;
}

void
book_open(struct ledger_book *b, struct arena *a)
{
	unsigned t;

	*b = (struct ledger_book){.a = a, .is_looking = true};
	for (t = 0; t < LEDGER_ENTITY_CNT; t++)
		map_init(&b->rows[t],
		    packed_size(ledger_table_info((enum ledger_table)t)->keys),
		    ROW_MAX);
}

void
book_close(struct ledger_book *b)
{
	unsigned t;

	for (t = 0; t < LEDGER_ENTITY_CNT; t++)
		map_free(&b->rows[t]);
}

void
book_fail(struct ledger_book *b)
{
	b->has_failed = true;
}

static size_t
row_size(enum ledger_table table)
{
	return sizeof(struct ledger_row) +
	       ledger_columns(table) * sizeof(struct u256);
}

static void
append(struct ledger_rows *list, struct ledger_row *row)
{
	row->next = NULL;
	if (list->tail == NULL)
		list->head = row;
	else
		list->tail->next = row;
	list->tail = row;
	list->cnt++;
}

/* Somewhere to write to when there is no memory for a row. */
static struct ledger_row *
nowhere(struct ledger_book *b)
{
	b->has_failed = true;
	memset(b->spare, 0, sizeof(b->spare));
	return (struct ledger_row *)(void *)b->spare;
}

struct ledger_row *
book_row(
    struct ledger_book *b, enum ledger_table table, const struct u256 *keys)
{
	const char *letters = ledger_table_info(table)->keys;
	uint8_t key[KEY_BYTES_MAX];
	struct ledger_row *row;

	CHECK(table < LEDGER_ENTITY_CNT);
	(void)pack(key, letters, keys);
	row = map_get(&b->rows[table], key);
	if (row != NULL)
		return row;
	row = arena_alloc(b->a, row_size(table));
	if (row == NULL || !map_put(&b->rows[table], key, row))
		return nowhere(b);
	row->table = table;
	memcpy(row->v, keys, strlen(letters) * sizeof(*keys));
	append(&b->touched[table], row);
	return row;
}

/* Looking has left its traces in the rows. */
void
book_begin(struct ledger_book *b)
{
	struct ledger_row *row;
	unsigned t;

	for (t = 0; t < LEDGER_ENTITY_CNT; t++) {
		size_t keys =
		    strlen(ledger_table_info((enum ledger_table)t)->keys);
		size_t cnt = ledger_columns((enum ledger_table)t) - keys;

		for (row = b->touched[t].head; row != NULL; row = row->next) {
			memset(row->v + keys, 0, cnt * sizeof(row->v[0]));
			row->text = (struct bytes){.ptr = NULL};
		}
	}
	b->is_looking = false;
}

/* A copy of what a row was until now. */
static void
keep_past(struct ledger_book *b, const struct ledger_row *row)
{
	size_t size = row_size(row->table);
	struct ledger_row *copy = arena_alloc(b->a, size);

	if (copy == NULL) {
		b->has_failed = true;
		return;
	}
	memcpy(copy, row, size);
	append(&b->past[row->table], copy);
}

void
book_change(struct ledger_book *b, struct ledger_row *row)
{
	if (b->is_looking || b->has_failed)
		return;
	if (row->is_changed && row->block != b->block)
		keep_past(b, row);
	row->block = b->block;
	row->is_changed = true;
	row->is_known = true;
}

struct ledger_row *
book_emit(struct ledger_book *b, enum ledger_table table)
{
	struct ledger_row *row;

	CHECK(table >= LEDGER_ENTITY_CNT);
	if (b->is_looking || b->has_failed)
		return NULL;
	row = arena_alloc(b->a, row_size(table));
	if (row == NULL) {
		b->has_failed = true;
		return NULL;
	}
	row->table = table;
	row->block = b->block;
	append(&b->past[table], row);
	return row;
}

void
book_end(struct ledger_book *b)
{
	const struct ledger_row *row;
	unsigned t;

	for (t = 0; t < LEDGER_ENTITY_CNT; t++)
		for (row = b->touched[t].head; row != NULL; row = row->next)
			if (row->is_changed)
				keep_past(b, row);
}

struct u256
book_of_addr(const struct addr *a)
{
	struct u256 out;

	u256_from_be(&out, addr_bytes(a));
	return out;
}

struct u256
book_of_hash(const struct hash *h)
{
	struct u256 out;

	u256_from_be(&out, hash_bytes(h));
	return out;
}
