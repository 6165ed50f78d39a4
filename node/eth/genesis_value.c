/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis values and objects as go-ethereum's encoding has them: names in any
 * case, numbers in hex or decimal, quoted or not. What they mean is not known
 * here.
 */
#include <strings.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/genesis_priv.h"
#include "eth/where_priv.h"

/* Text taken for a value is short; a longer one is not shown whole. */
enum { SHOWN_MAX = 40 };

static enum rc
bad(struct bytes text, const char *want, struct err *e)
{
	size_t shown = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;

	return FAIL(e, RC_BAD_INPUT, "\"%.*s\" is not %s", (int)shown,
	    (const char *)text.ptr, want);
}

static bool
has_0x(struct bytes text)
{
	return text.len >= 2 && text.ptr[0] == '0' &&
	       (text.ptr[1] | 0x20) == 'x';
}

/* Hex digits, any number of zeros in front; none at all is zero, as in old
 * files ("0x"). */
static enum rc
read_hex(struct u256 *out, struct bytes text, struct err *e)
{
	struct u256 v = U256_ZERO, digit;
	size_t i;
	int d;

	for (i = 2; i < text.len; i++) {
		d = hex_digit(text.ptr[i]);
		if (d < 0)
			return bad(text, "a number", e);
		if (v.w[3] >> 60 != 0)
			return bad(text, "a number of at most 256 bits", e);
		digit = u256_from_u64((uint64_t)d);
		u256_shl(&v, &v, 4);
		u256_add(&v, &v, &digit);
	}
	*out = v;
	return RC_OK;
}

enum rc
genesis_read_u256(struct genesis_walk *w, void *at, struct err *e)
{
	struct u256 *out = at;
	struct bytes text;

	TRY(jsonr_take(&text, &w->r, e));
	if (has_0x(text))
		return read_hex(out, text, e);
	*out = U256_ZERO;
	if (text.len > 0 && u256_from_dec(out, text, NULL) != RC_OK)
		return bad(text, "a number of at most 256 bits", e);
	return RC_OK;
}

enum rc
genesis_read_u64(struct genesis_walk *w, void *at, struct err *e)
{
	uint64_t *out = at;
	struct u256 v;

	TRY(genesis_read_u256(w, &v, e));
	if (!u256_is_u64(&v))
		return FAIL(e, RC_BAD_INPUT, "number of more than 64 bits");
	*out = v.w[0];
	return RC_OK;
}

enum rc
genesis_read_bool(struct genesis_walk *w, void *at, struct err *e)
{
	enum jsonr_kind kind;
	bool *out = at;
	struct bytes text;

	TRY(jsonr_peek(&kind, &w->r, e));
	TRY(jsonr_take(&text, &w->r, e));
	if (kind != JSONR_BOOL)
		return bad(text, "true or false", e);
	*out = text.ptr[0] == 't';
	return RC_OK;
}

static enum rc
take_text(struct bytes *out, struct genesis_walk *w, struct err *e)
{
	enum jsonr_kind kind;

	TRY(jsonr_peek(&kind, &w->r, e));
	TRY(jsonr_take(out, &w->r, e));
	if (kind != JSONR_STRING)
		return bad(*out, "a string", e);
	return RC_OK;
}

enum rc
genesis_read_hash(struct genesis_walk *w, void *at, struct err *e)
{
	struct hash *out = at;
	struct bytes text;

	TRY(take_text(&text, w, e));
	return hex_read_fixed(out->b, sizeof(out->b), text, false, e);
}

enum rc
genesis_read_addr(struct genesis_walk *w, void *at, struct err *e)
{
	struct addr *out = at;
	struct bytes text;

	TRY(take_text(&text, w, e));
	return hex_read_fixed(out->b, sizeof(out->b), text, false, e);
}

enum rc
genesis_read_data(struct genesis_walk *w, void *at, struct err *e)
{
	struct bytes text;

	TRY(take_text(&text, w, e));
	if (text.len == 0)
		return RC_OK;
	return hex_read(w->a, at, text, e);
}

enum rc
genesis_read_skip(struct genesis_walk *w, void *at, struct err *e)
{
	(void)at;
	return jsonr_skip(&w->r, e);
}

/* Members of accounts are named once for all of them. */
static enum rc
remember_unknown(struct genesis_walk *w, struct err *e)
{
	const char *path = w->account.ptr == NULL ? w->path : "alloc.*.";
	int shown = w->name.len < SHOWN_MAX ? (int)w->name.len : SHOWN_MAX;
	char *text;
	size_t i;

	if (w->is_strict)
		return FAIL(e, RC_BAD_INPUT, "unknown extension");
	if (w->g->unknown_cnt == GENESIS_UNKNOWN_MAX)
		return RC_OK;
	text =
	    arena_str(w->a, "%s%.*s", path, shown, (const char *)w->name.ptr);
	if (text == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a name");
	for (i = 0; i < w->g->unknown_cnt; i++)
		if (!strcmp(w->unknown[i], text))
			return RC_OK;
	w->unknown[w->g->unknown_cnt++] = text;
	return RC_OK;
}

enum rc
genesis_place(struct genesis_walk *w, enum rc rc, struct err *e)
{
	int shown = w->name.len < SHOWN_MAX ? (int)w->name.len : SHOWN_MAX;
	int key = w->account.len < 42 ? (int)w->account.len : 42;

	if (w->is_placed)
		return rc;
	w->is_placed = true;
	if (w->account.ptr == NULL)
		return where_fail(
		    e, rc, "%s%.*s", w->path, shown, (const char *)w->name.ptr);
	if (w->name.ptr == NULL)
		return where_fail(
		    e, rc, "alloc.%.*s", key, (const char *)w->account.ptr);
	return where_fail(e, rc, "alloc.%.*s: %.*s", key,
	    (const char *)w->account.ptr, shown, (const char *)w->name.ptr);
}

static size_t
find(const struct genesis_member *table, size_t cnt, struct bytes name)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (name.len > 0 && strlen(table[i].key) == name.len &&
		    !strncasecmp(
			table[i].key, (const char *)name.ptr, name.len))
			return i;
	return cnt;
}

static enum rc
read_known(struct genesis_walk *w, struct genesis_seen *seen,
    const struct genesis_member *table, size_t row, void *target, struct err *e)
{
	uint64_t bit = UINT64_C(1) << row;
	enum jsonr_kind kind;

	if ((seen->given | seen->nulls) & bit)
		return FAIL(e, RC_BAD_INPUT, "given twice");
	TRY(jsonr_peek(&kind, &w->r, e));
	if (kind == JSONR_NULL) {
		seen->nulls |= bit;
		return jsonr_skip(&w->r, e);
	}
	seen->given |= bit;
	return table[row].read(w, (uint8_t *)target + table[row].at, e);
}

static enum rc
read_unknown(struct genesis_walk *w, struct err *e)
{
	TRY(remember_unknown(w, e));
	return jsonr_skip(&w->r, e);
}

enum rc
genesis_object(struct genesis_walk *w, struct genesis_seen *seen,
    const struct genesis_member *table, size_t cnt, void *target,
    const char *path, struct err *e)
{
	const char *outer = w->path;
	struct bytes name;
	bool has_more;
	size_t row;
	enum rc rc;

	CHECK(cnt <= GENESIS_MEMBER_MAX);
	memset(seen, 0, sizeof(*seen));
	TRY(jsonr_open(&w->r, e));
	w->path = path;
	for (;;) {
		TRY(jsonr_member(&name, &has_more, &w->r, e));
		if (!has_more)
			break;
		w->name = name;
		row = find(table, cnt, name);
		rc = row < cnt ? read_known(w, seen, table, row, target, e)
			       : read_unknown(w, e);
		w->name = name;
		if (rc != RC_OK)
			return genesis_place(w, rc, e);
	}
	w->path = outer;
	return RC_OK;
}
