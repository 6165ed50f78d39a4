/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry in a word: tag of the digest, whether it may not be given up, and
 * the time at which nothing is owed any more (GCRA's theoretical arrival
 * time), modulo 101 days. A time that is not in the hours to come is over.
 */
#include "http/rate.h"

#include "base/check.h"
#include "base/siphash.h"
#include "crypto/rng.h"

enum {
	TIME_BITS = 43,
	TAG_SHIFT = TIME_BITS + 1,
	/* Another worker got in between so often: this one is refused. */
	RACE_MAX = 256,
	SURFACE_LEN_MAX = 64,
	USER_LEN_MAX = 128,
};

#define TIME_MASK (((uint64_t)1 << TIME_BITS) - 1)
#define KEPT      ((uint64_t)1 << TIME_BITS)
/* Longest debt: two hours and some. */
#define AHEAD_MAX ((uint64_t)1 << 33)

_Static_assert(AHEAD_MAX > 2ull * GW_RATE_SPAN_MAX, "a debt fits");

void
gw_rate_init(struct gw_rates *t)
{
	rng_fill(t->secret, sizeof(t->secret));
}

/* key_of hashes what sort of client it is, the surface, and which client. */
static uint64_t
key_of(const struct gw_rates *t, uint8_t sort, struct bytes surface,
    struct bytes who)
{
	uint8_t room[2 + SURFACE_LEN_MAX + USER_LEN_MAX];
	struct buf b = buf_of(room, sizeof(room));

	CHECK(buf_put_u8(&b, sort) && buf_put_u8(&b, (uint8_t)surface.len) &&
	      buf_put(&b, surface.ptr, surface.len) &&
	      buf_put(&b, who.ptr, who.len));
	return siphash13(t->secret, room, b.len);
}

uint64_t
gw_rate_key_addr(
    const struct gw_rates *t, struct bytes surface, const struct gw_addr *a)
{
	return key_of(t, 'a', surface, gw_addr_client(a));
}

uint64_t
gw_rate_key_user(
    const struct gw_rates *t, struct bytes surface, struct bytes user)
{
	return key_of(t, 'u', surface, user);
}

/* Never 0: that is an empty place. */
static uint64_t
tag_of(uint64_t key)
{
	uint64_t tag = key >> TAG_SHIFT;

	return (tag == 0 ? 1 : tag) << TAG_SHIFT;
}

static bool
has_tag(uint64_t word, uint64_t key)
{
	return (word >> TAG_SHIFT << TAG_SHIFT) == tag_of(key);
}

/* ahead_of: in how many us nothing is owed any more. */
static uint64_t
ahead_of(uint64_t word, uint64_t now)
{
	uint64_t ahead = (word - now) & TIME_MASK;

	return ahead <= AHEAD_MAX ? ahead : 0;
}

/* struct place is where an entry is, or may be put. */
struct place {
	_Atomic uint64_t *at; /* NULL: nowhere */
	uint64_t old;         /* what stands there */
	uint64_t soonest;     /* when nowhere: the first place to be free */
};

static struct place
find(_Atomic uint64_t *row, uint64_t key, uint64_t now)
{
	struct place p = {.soonest = UINT64_MAX};
	uint64_t least = UINT64_MAX;
	unsigned i;

	for (i = 0; i < GW_RATE_WAYS; i++) {
		uint64_t w =
		    atomic_load_explicit(&row[i], memory_order_relaxed);
		uint64_t ahead = ahead_of(w, now);
		uint64_t weight = w == 0 ? 0 : 1 + ahead;

		if (has_tag(w, key))
			return (struct place){.at = &row[i], .old = w};
		if (ahead < p.soonest)
			p.soonest = ahead;
		if (((w & KEPT) != 0 && ahead > 0) || weight >= least)
			continue;
		least = weight;
		p.at = &row[i];
		p.old = w;
	}
	return p;
}

static bool
replace(const struct place *p, uint64_t word)
{
	uint64_t old = p->old;

	return atomic_compare_exchange_strong_explicit(
	    p->at, &old, word, memory_order_relaxed, memory_order_relaxed);
}

static uint64_t
word_of(uint64_t key, uint64_t time, bool is_kept)
{
	return tag_of(key) | (is_kept ? KEPT : 0) | (time & TIME_MASK);
}

static uint64_t
least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * judge decides by what stands at p, where nobody has got in between.
 *
 * word  what is to stand there afterwards
 */
static struct gw_rate_verdict
judge(uint64_t *word, const struct place *p, uint64_t key,
    const struct gw_rate_rule *rule, uint64_t cost, uint64_t now)
{
	uint64_t limit = rule->burst * rule->interval_us;
	uint64_t ahead = has_tag(p->old, key) ? ahead_of(p->old, now) : 0;
	uint64_t need = cost * rule->interval_us;
	struct gw_rate_verdict v = {
	    .is_ok = ahead == 0 || ahead + need <= limit};

	if (v.is_ok)
		ahead = least_of(ahead + need, AHEAD_MAX);
	else
		v.wait_us = ahead + least_of(need, limit) - limit;
	v.left = ahead >= limit ? 0 : (limit - ahead) / rule->interval_us;
	*word =
	    v.is_ok ? word_of(key, now + ahead, v.left == 0) : p->old | KEPT;
	return v;
}

static _Atomic uint64_t *
row_of(struct gw_rates *t, uint64_t key)
{
	return t->words[key % GW_RATE_ROWS];
}

struct gw_rate_verdict
gw_rate_take(struct gw_rates *t, uint64_t key, const struct gw_rate_rule *rule,
    uint64_t cost, uint64_t now_us)
{
	struct gw_rate_verdict v = {.is_ok = true, .left = rule->burst};
	uint64_t word;
	unsigned race;

	if (rule->interval_us == 0)
		return v;
	cost = least_of(cost, GW_RATE_COST_MAX);
	for (race = 0; race < RACE_MAX; race++) {
		struct place p = find(row_of(t, key), key, now_us);

		if (p.at == NULL)
			return (struct gw_rate_verdict){.wait_us = p.soonest};
		v = judge(&word, &p, key, rule, cost, now_us);
		/* A refusal stands, whoever gets in between. */
		if (word == p.old || replace(&p, word) || !v.is_ok)
			return v;
	}
	return (struct gw_rate_verdict){.wait_us = rule->interval_us};
}

struct gw_rate_verdict
gw_rate_look(struct gw_rates *t, uint64_t key, const struct gw_rate_rule *rule,
    uint64_t cost, uint64_t now_us)
{
	struct place p = find(row_of(t, key), key, now_us);
	uint64_t word;

	if (rule->interval_us == 0)
		return (struct gw_rate_verdict){
		    .is_ok = true, .left = rule->burst};
	if (p.at == NULL)
		return (struct gw_rate_verdict){.wait_us = p.soonest};
	return judge(
	    &word, &p, key, rule, least_of(cost, GW_RATE_COST_MAX), now_us);
}
