/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of arrays as PostgreSQL reads it (its documentation, 8.15.6): elements
 * between commas, a backslash before what would mean something.
 */
#include "jobs/index/column_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "ledger/attribute.h"

/* "\\x" and the digits, or the digits of 2^256 - 1, and a comma. */
enum { CELL_MAX = 80 };

static char
letter_of(enum ledger_table table, size_t at)
{
	if (at == COLUMN_BLOCK)
		return 'I';
	return ledger_letter(table, at);
}

/* A foreign text between quotes; a third for each of its bytes is enough. */
static void
put_quoted(struct buf *out, struct bytes text)
{
	size_t i;

	(void)buf_put_u8(out, '"');
	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			(void)buf_put_u8(out, '\\');
		(void)buf_put_u8(out, text.ptr[i]);
	}
	(void)buf_put_u8(out, '"');
}

static void
put_bytes(struct buf *out, const struct u256 *v, size_t len)
{
	char digits[64];
	uint8_t be[32];

	u256_to_be(be, v);
	hex_put(digits, bytes_of(be + 32 - len, len));
	(void)buf_put(out, "\\\\x", 3);
	(void)buf_put(out, digits, 2 * len);
}

static void
put_number(struct buf *out, const struct u256 *v)
{
	char digits[U256_DEC_MAX];

	(void)buf_put(out, digits, u256_dec(digits, v));
}

static void
put_str(struct buf *out, const char *s)
{
	(void)buf_put(out, s, strlen(s));
}

static void
put_cell(struct buf *out, const struct ledger_row *row, char letter, size_t at)
{
	const struct u256 *v = at == COLUMN_BLOCK ? NULL : &row->v[at];

	if (v == NULL)
		(void)buf_put_dec(out, row->block, 1);
	else if (letter == 'a' && u256_is_zero(v))
		put_str(out, "NULL");
	else if (letter == 'A' || letter == 'a')
		put_bytes(out, v, sizeof(struct addr));
	else if (letter == 'H')
		put_bytes(out, v, sizeof(struct hash));
	else if (letter == 'N' || letter == 'I')
		put_number(out, v);
	else if (letter == 'B')
		put_str(out, u256_is_zero(v) ? "f" : "t");
	else if (letter == 'X')
		put_str(
		    out, ledger_attribute_name((enum ledger_attribute)v->w[0]));
	else if (letter == 'E')
		put_str(out, row->word);
	else
		put_quoted(out, row->text);
}

static size_t
room_for(const struct ledger_rows *rows, char letter)
{
	size_t room = 3 + rows->cnt * CELL_MAX;
	const struct ledger_row *row;

	if (letter == 'T' || letter == 'J')
		for (row = rows->head; row != NULL; row = row->next)
			room += 2 * row->text.len;
	return room;
}

const char *
column_text(struct arena *a, const struct ledger_rows *rows,
    enum ledger_table table, size_t at, bool is_changed)
{
	char letter = letter_of(table, at);
	size_t room = room_for(rows, letter);
	struct buf out = buf_of(arena_alloc(a, room), room);
	const struct ledger_row *row;

	if (out.ptr == NULL)
		return NULL;
	(void)buf_put_u8(&out, '{');
	for (row = rows->head; row != NULL; row = row->next) {
		if (is_changed && !row->is_changed)
			continue;
		if (out.len > 1)
			(void)buf_put_u8(&out, ',');
		put_cell(&out, row, letter, at);
	}
	(void)buf_put_u8(&out, '}');
	CHECK(buf_put_u8(&out, '\0'));
	return (const char *)out.ptr;
}

/* Back. ------------------------------------------------------------------ */

static enum rc
read_addr(struct u256 *out, const char *text, struct err *e)
{
	size_t len = strlen(text);
	uint8_t raw[20];
	char copy[43];

	if (len != 42 || text[0] != '\\')
		return FAIL(
		    e, RC_CORRUPT, "database: %.50s is no address", text);
	memcpy(copy, text, sizeof(copy));
	copy[0] = '0';
	TRY(hex_read_fixed(raw, sizeof(raw), bytes_of(copy, len), false, e));
	u256_from_be(out, bytes_of(raw, sizeof(raw)));
	return RC_OK;
}

enum rc
column_read(struct arena *a, struct ledger_row *row, size_t at,
    const char *text, struct err *e)
{
	char letter = letter_of(row->table, at);

	switch (letter) {
	case 'A':
		return read_addr(&row->v[at], text, e);
	case 'N':
	case 'I':
		return u256_from_dec(&row->v[at], bytes_of_str(text), e);
	case 'B':
		row->v[at] = u256_from_u64(text[0] == 't');
		return RC_OK;
	default:
		break;
	}
	CHECK(letter == 'T' || letter == 'J');
	row->text = arena_copy(a, bytes_of_str(text));
	return row->text.ptr == NULL && row->text.len > 0
		   ? FAIL(e, RC_NO_MEMORY, "no room for a row")
		   : RC_OK;
}
