/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry in a word: tag of the digest, whether the right password was seen,
 * wrong tries in sixteenths, and until when the next one has to wait. Time
 * that passes after that lets the tries leak away.
 */
#include "http/throttle.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/rng.h"

enum {
	TAG_BITS = 20,
	LEVEL_BITS = 11,
	LEVEL_ONE = 16, /* a whole try */
	LEVEL_MAX = (1 << LEVEL_BITS) - 1,
	UNIT_MS = 128, /* 32 bits of them are 17 years */
	/* Another worker got in between so often: its count stands. */
	RACE_MAX = 16,
};

struct entry {
	uint32_t tag, level;
	bool is_known;
	uint64_t until; /* in units; the last try when there is no wait */
};

static uint64_t
pack(const struct entry *e)
{
	return (uint64_t)e->tag << 44 | (uint64_t)e->is_known << 43 |
	       (uint64_t)e->level << 32 | (e->until & UINT32_MAX);
}

static struct entry
unpack(uint64_t w)
{
	return (struct entry){.tag = (uint32_t)(w >> 44),
	    .is_known = (w >> 43 & 1) != 0,
	    .level = (uint32_t)(w >> 32) & LEVEL_MAX,
	    .until = w & UINT32_MAX};
}

/* Never 0: that is an empty place. */
static uint32_t
tag_of(uint64_t key)
{
	uint32_t tag = (uint32_t)(key >> (64 - TAG_BITS));

	return tag == 0 ? 1 : tag;
}

static uint64_t
unit_of(uint64_t ms)
{
	return ms / UNIT_MS;
}

void
gw_throttle_init(struct gw_throttle *t)
{
	rng_fill(t->secret, sizeof(t->secret));
}

uint64_t
gw_throttle_key(const struct gw_throttle *t, const struct gw_addr *a,
    struct bytes surface, struct bytes user)
{
	uint8_t room[16 + 2 * 32], h[32], out[32];
	struct buf b = buf_of(room, sizeof(room));
	struct bytes client = gw_addr_client(a);

	CHECK(buf_put(&b, client.ptr, client.len));
	if (user.len > 0 || surface.len > 0) {
		sha256(h, surface);
		CHECK(buf_put(&b, h, sizeof(h)));
		sha256(h, user);
		CHECK(buf_put(&b, h, sizeof(h)));
	}
	hmac_sha256(
	    out, bytes_of(t->secret, sizeof(t->secret)), bytes_of_buf(&b));
	return be64(out);
}

/* level_at: what has not leaked away by now, in sixteenths. */
static uint32_t
level_at(const struct entry *e, uint64_t leak_ms, uint64_t now)
{
	uint64_t gone;

	if (now <= e->until || leak_ms == 0)
		return e->level;
	gone = (now - e->until) * UNIT_MS * LEVEL_ONE / leak_ms;
	return gone >= e->level ? 0 : e->level - (uint32_t)gone;
}

static const _Atomic uint64_t *
row_of(const struct gw_throttle *t, uint64_t key)
{
	return t->words[key % GW_THROTTLE_ROWS];
}

/* find returns the place of key in its row, or WAYS. */
static unsigned
find(const _Atomic uint64_t *row, uint64_t key, struct entry *e)
{
	unsigned i;

	for (i = 0; i < GW_THROTTLE_WAYS; i++) {
		*e = unpack(atomic_load(&row[i]));
		if (e->tag == tag_of(key))
			break;
	}
	return i;
}

/* weakest returns the entry that gives way: an empty one, else that with the
 * fewest tries among those that do not wait, else that which waits least. */
static unsigned
weakest(const _Atomic uint64_t *row, uint64_t now)
{
	uint64_t best = UINT64_MAX, weight;
	unsigned i, at = 0;

	for (i = 0; i < GW_THROTTLE_WAYS; i++) {
		struct entry e = unpack(atomic_load(&row[i]));

		if (e.tag == 0)
			return i;
		weight = e.until > now ? (uint64_t)1 << 40 | e.until
				       : (uint64_t)e.level << 1 | e.is_known;
		if (weight < best) {
			best = weight;
			at = i;
		}
	}
	return at;
}

uint64_t
gw_throttle_wait(const struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	const _Atomic uint64_t *row = row_of(t, key);
	uint64_t now = unit_of(now_ms);
	struct entry e;

	if (rule->free == 0)
		return 0;
	/* Without a place in a row where all wait, it would not be counted. */
	if (find(row, key, &e) == GW_THROTTLE_WAYS)
		e = unpack(atomic_load(&row[weakest(row, now)]));
	return e.tag != 0 && e.until > now ? (e.until - now) * UNIT_MS : 0;
}

bool
gw_throttle_has_failed(const struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	struct entry e;

	return find(row_of(t, key), key, &e) < GW_THROTTLE_WAYS &&
	       level_at(&e, rule->leak_ms, unit_of(now_ms)) > 0;
}

bool
gw_throttle_is_known(const struct gw_throttle *t, uint64_t key)
{
	struct entry e;

	return find(row_of(t, key), key, &e) < GW_THROTTLE_WAYS && e.is_known;
}

/* pause_of: the tries beyond the free ones double it. */
static uint64_t
pause_of(const struct gw_throttle_rule *rule, uint32_t level)
{
	uint64_t tries = level / LEVEL_ONE, ms = rule->pause_ms;

	if (tries < rule->free)
		return 0;
	for (; tries > rule->free && ms < rule->most_ms; tries--)
		ms *= 2;
	return ms < rule->most_ms ? ms : rule->most_ms;
}

static void
begin_wait(struct entry *e, const struct gw_throttle_rule *rule, uint64_t now)
{
	uint64_t ms = pause_of(rule, e->level);
	uint64_t until = now + (ms + UNIT_MS - 1) / UNIT_MS;

	if (until > e->until)
		e->until = until;
}

static void
count_try(struct entry *e, const struct gw_throttle_rule *rule, uint64_t now)
{
	e->level = level_at(e, rule->leak_ms, now) + LEVEL_ONE;
	if (e->level > LEVEL_MAX)
		e->level = LEVEL_MAX;
	begin_wait(e, rule, now);
}

static void
take_back(struct entry *e, const struct gw_throttle_rule *rule, uint64_t now)
{
	e->level = level_at(e, rule->leak_ms, now);
	e->level -= e->level < LEVEL_ONE ? e->level : LEVEL_ONE;
	if (e->until > now && e->level / LEVEL_ONE < rule->free)
		e->until = now;
}

static void
forget(struct entry *e, const struct gw_throttle_rule *rule, uint64_t now)
{
	(void)rule;
	e->level = 0;
	e->is_known = true;
	e->until = now;
}

typedef void change_fn(
    struct entry *e, const struct gw_throttle_rule *rule, uint64_t now);

/* change replaces the entry of key by what fn makes of it. */
static void
change(struct gw_throttle *t, uint64_t key, change_fn *fn,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	_Atomic uint64_t *row = t->words[key % GW_THROTTLE_ROWS];
	uint64_t now = unit_of(now_ms), old;
	unsigned i, race;
	struct entry e;

	for (race = 0; race < RACE_MAX; race++) {
		i = find(row, key, &e);
		if (i == GW_THROTTLE_WAYS)
			i = weakest(row, now);
		old = atomic_load(&row[i]);
		e = unpack(old);
		if (e.tag != tag_of(key) && (e.tag == 0 || e.until <= now))
			e = (struct entry){.tag = tag_of(key), .until = now};
		fn(&e, rule, now);
		if (atomic_compare_exchange_strong(&row[i], &old, pack(&e)))
			return;
	}
}

void
gw_throttle_charge(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	if (rule->free != 0)
		change(t, key, count_try, rule, now_ms);
}

/* change_known leaves it at that when key has no entry. */
static void
change_known(struct gw_throttle *t, uint64_t key, change_fn *fn,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	struct entry e;

	if (find(row_of(t, key), key, &e) < GW_THROTTLE_WAYS)
		change(t, key, fn, rule, now_ms);
}

void
gw_throttle_refund(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	change_known(t, key, take_back, rule, now_ms);
}

void
gw_throttle_confirm(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms)
{
	change_known(t, key, begin_wait, rule, now_ms);
}

void
gw_throttle_forgive(struct gw_throttle *t, uint64_t key, uint64_t now_ms)
{
	struct entry e;
	const _Atomic uint64_t *row = row_of(t, key);

	/* What is right frees nobody else who has to wait. */
	if (find(row, key, &e) == GW_THROTTLE_WAYS) {
		e = unpack(atomic_load(&row[weakest(row, unit_of(now_ms))]));
		if (e.until > unit_of(now_ms))
			return;
	}
	change(t, key, forget, NULL, now_ms);
}
