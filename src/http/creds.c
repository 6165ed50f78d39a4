/* SPDX-License-Identifier: Apache-2.0
 *
 * A set-associative table: the digest names a row of eight, within it the
 * oldest entry gives way.
 */
#include "http/creds.h"

#include "base/arena.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/rng.h"

enum { WAYS = 8, ROWS = GW_CREDS_MAX / WAYS };

_Static_assert((ROWS & (ROWS - 1)) == 0, "the row is a mask of the digest");

struct entry {
	struct gw_creds_key key;
	uint64_t at_ms; /* when it was added, 0: empty */
};

struct gw_creds {
	uint8_t secret[32];
	struct entry rows[ROWS][WAYS];
};

struct gw_creds *
gw_creds_new(void)
{
	struct gw_creds *c = mem_new(sizeof(*c));

	if (c != NULL)
		rng_fill(c->secret, sizeof(c->secret));
	return c;
}

void
gw_creds_free(struct gw_creds *c)
{
	if (c != NULL)
		explicit_bzero(c, sizeof(*c));
	mem_free(c);
}

/* put appends a length and the bytes, so that no two lists meet. */
static void
put(struct buf *b, struct bytes v)
{
	uint8_t len[4];

	be32_put(len, (uint32_t)v.len);
	CHECK(buf_put(b, len, sizeof(len)) && buf_put(b, v.ptr, v.len));
}

/* Longer tries are hashed first; no right one is. */
static struct bytes
short_form(uint8_t store[32], struct bytes v)
{
	if (v.len <= 256)
		return v;
	sha256(store, v);
	return bytes_of(store, 32);
}

struct gw_creds_key
gw_creds_key(const struct gw_creds *c, struct bytes surface, struct bytes user,
    struct bytes password, const struct gw_password *record)
{
	uint8_t room[1024], h[3][32];
	struct buf b = buf_of(room, sizeof(room));
	struct gw_creds_key k;

	put(&b, short_form(h[0], surface));
	put(&b, short_form(h[1], user));
	put(&b, short_form(h[2], password));
	put(&b, bytes_of(record->hash, sizeof(record->hash)));
	hmac_sha256(
	    k.b, bytes_of(c->secret, sizeof(c->secret)), bytes_of_buf(&b));
	explicit_bzero(room, b.len);
	return k;
}

static size_t
row_of(const struct gw_creds_key *k)
{
	return be32(k->b) & (ROWS - 1);
}

bool
gw_creds_has(const struct gw_creds *c, const struct gw_creds_key *k,
    uint64_t now_ms, uint64_t age_ms)
{
	const struct entry *row = c->rows[row_of(k)];
	unsigned i;

	for (i = 0; i < WAYS; i++)
		if (row[i].at_ms != 0 && now_ms - row[i].at_ms < age_ms &&
		    secret_eq(&row[i].key, k, sizeof(*k)))
			return true;
	return false;
}

void
gw_creds_add(struct gw_creds *c, const struct gw_creds_key *k, uint64_t now_ms)
{
	struct entry *row = c->rows[row_of(k)], *e = &row[0];
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (secret_eq(&row[i].key, k, sizeof(*k))) {
			e = &row[i];
			break;
		}
		if (row[i].at_ms < e->at_ms)
			e = &row[i];
	}
	e->key = *k;
	e->at_ms = now_ms;
}
