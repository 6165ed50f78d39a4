/* SPDX-License-Identifier: Apache-2.0
 *
 * GCRA in a table, by a clock of ours: exact against a plain model, no gain
 * at any edge, nothing for nothing when the table is full, and the same sum
 * whoever takes at the same time, also when he is killed.
 */
#include "http/rate.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "test.h"

enum { T0 = 1000000000 };

/* 50 a second, 20 at once. */
static const struct gw_rate_rule rule = {.interval_us = 20000, .burst = 20};

static struct gw_rates *
open_table(void)
{
	struct gw_rates *t = mem_new(sizeof(*t));

	gw_rate_init(t);
	return t;
}

static struct bytes
surface(void)
{
	return bytes_of_str("wallet");
}

static uint64_t
key_of(const struct gw_rates *t, const char *address)
{
	struct gw_addr a;

	EXPECT(gw_addr_read(&a, bytes_of_str(address)));
	return gw_rate_key_addr(t, surface(), &a);
}

static bool
take(struct gw_rates *t, uint64_t key, uint64_t now)
{
	return gw_rate_take(t, key, &rule, 1, now).is_ok;
}

/* rnd is a small generator: the same numbers in each run. */
static uint64_t
rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

TEST(test_rate_key_by_row)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} row[] = {
	    {"1.2.3.4", "1.2.3.4", true},
	    {"1.2.3.4", "::ffff:1.2.3.4", true},
	    {"1.2.3.4", "1.2.3.5", false},
	    {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
	    {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
	    {"::1", "1.2.3.4", false},
	};
	struct gw_rates *t = open_table(), *u = open_table();
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].b);
		EXPECT((key_of(t, row[i].a) == key_of(t, row[i].b)) ==
		       row[i].is_same);
		/* Nobody can tell a key who does not have the secret. */
		EXPECT(key_of(t, row[i].a) != key_of(u, row[i].a));
		test_count(1);
	}
	test_row(NULL);
	mem_free(t);
	mem_free(u);
}

TEST(test_rate_keys_of_users_and_surfaces_differ)
{
	struct gw_rates *t = open_table();
	struct bytes ann = bytes_of_str("ann");
	uint64_t key = gw_rate_key_user(t, surface(), ann);
	struct gw_addr a = {"ann"};

	EXPECT_U64(gw_rate_key_user(t, surface(), ann), key);
	EXPECT(gw_rate_key_user(t, surface(), bytes_of_str("Ann")) != key);
	EXPECT(gw_rate_key_user(t, bytes_of_str("rpc"), ann) != key);
	/* "wallet" "ann" is not "walleta" "nn", nor an address. */
	EXPECT(gw_rate_key_user(
		   t, bytes_of_str("walleta"), bytes_of_str("nn")) != key);
	EXPECT(gw_rate_key_addr(t, surface(), &a) != key);
	EXPECT(gw_rate_key_user(t, surface(), bytes_of(a.b, 8)) !=
	       gw_rate_key_addr(t, surface(), &a));
	mem_free(t);
}

TEST(test_rate_burst_then_one_each_interval)
{
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1"), now = T0;
	struct gw_rate_verdict v;
	unsigned i;

	for (i = 0; i < 20; i++) {
		v = gw_rate_take(t, key, &rule, 1, now);
		EXPECT(v.is_ok);
		EXPECT_U64(v.left, 19 - i);
	}
	v = gw_rate_take(t, key, &rule, 1, now);
	EXPECT(!v.is_ok);
	EXPECT_U64(v.wait_us, 20000);
	EXPECT_U64(v.left, 0);
	/* What is refused costs nothing, however often. */
	for (i = 0; i < 1000; i++)
		EXPECT(!take(t, key, now + 19999));
	EXPECT_U64(gw_rate_take(t, key, &rule, 1, now + 19999).wait_us, 1);
	for (i = 1; i < 100; i++) {
		EXPECT(take(t, key, now + i * 20000));
		EXPECT(!take(t, key, now + i * 20000));
	}
	/* All of it is back, and no more than that. */
	now += 99 * 20000 + 20 * 20000;
	for (i = 0; i < 20; i++)
		EXPECT(take(t, key, now + 1000000000));
	EXPECT(!take(t, key, now + 1000000000));
	mem_free(t);
}

/* The rule as a bucket of tokens, in numbers that are exact. */
TEST(test_rate_agrees_with_a_bucket_of_tokens)
{
	struct gw_rates *t = open_table();
	uint64_t seed = 88172645463325252u, now = T0, at = T0;
	uint64_t full = rule.burst * rule.interval_us, level = full;
	uint64_t key = key_of(t, "10.0.0.1"), cost, need, allowed = 0;
	unsigned i;
	bool ok;

	for (i = 0; i < 200000; i++) {
		now += rnd(&seed) % (i % 1000 < 900 ? 25000 : 200000);
		cost = 1 + rnd(&seed) % 4;
		need = cost * rule.interval_us;
		level = level + (now - at) > full ? full : level + (now - at);
		at = now;
		ok = level >= need;
		level -= ok ? need : 0;
		EXPECT(gw_rate_take(t, key, &rule, cost, now).is_ok == ok);
		allowed += ok ? cost : 0;
	}
	EXPECT(allowed <= 20 + (now - T0) / rule.interval_us);
	EXPECT(allowed > 100000);
	mem_free(t);
}

/* Reliability A13: whatever span is looked at, never more than burst and
 * rate give; clients that know where windows would end gain nothing. */
TEST(test_rate_no_span_has_more_than_its_share)
{
	enum { SPAN = 1000000, CNT = 50 + 20 };
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1"), took[400], now;
	size_t cnt = 0, i, k;

	/* All at once around each full second, and a drip between. */
	for (now = T0; now < T0 + 5000000; now += 1000) {
		unsigned tries = now % SPAN < 3000 || now % SPAN >= 997000
				     ? 100
				     : now % 7000 < 1000;

		for (; tries > 0; tries--)
			if (take(t, key, now)) {
				EXPECT(cnt < ARRAY_CNT(took));
				took[cnt++] = now;
			}
	}
	for (i = 0; i < cnt; i++) {
		for (k = i; k < cnt && took[k] < took[i] + SPAN; k++)
			;
		EXPECT(k - i <= CNT);
	}
	EXPECT(cnt >= 20 + 5 * 50 - 2 && cnt <= 20 + 5 * 50);
	mem_free(t);
}

TEST(test_rate_cost_is_taken_whole)
{
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1");
	struct gw_rate_verdict v;

	EXPECT(gw_rate_take(t, key, &rule, 15, T0).is_ok);
	v = gw_rate_take(t, key, &rule, 6, T0);
	EXPECT(!v.is_ok);
	EXPECT_U64(v.left, 5);
	EXPECT_U64(v.wait_us, 20000);
	EXPECT(gw_rate_take(t, key, &rule, 5, T0).is_ok);
	EXPECT(!gw_rate_take(t, key, &rule, 6, T0 + 6 * 20000 - 1).is_ok);
	EXPECT(gw_rate_take(t, key, &rule, 6, T0 + 6 * 20000).is_ok);
	mem_free(t);
}

/* A batch above the burst passes when nothing is owed, and is owed whole. */
TEST(test_rate_cost_above_the_burst_is_owed)
{
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1"), back = 100 * 20000;
	struct gw_rate_verdict v;

	EXPECT(gw_rate_take(t, key, &rule, 100, T0).is_ok);
	v = gw_rate_take(t, key, &rule, 100, T0);
	EXPECT(!v.is_ok);
	EXPECT_U64(v.wait_us, back);
	v = gw_rate_take(t, key, &rule, 1, T0);
	EXPECT_U64(v.wait_us, back - 19 * 20000);
	EXPECT(!take(t, key, T0 + v.wait_us - 1));
	EXPECT(take(t, key, T0 + v.wait_us));
	EXPECT(!gw_rate_take(t, key, &rule, 100, T0 + back).is_ok);
	EXPECT(gw_rate_take(t, key, &rule, 100, T0 + back + 20000).is_ok);
	/* There is an end to what can be owed. */
	key = key_of(t, "10.0.0.2");
	EXPECT(gw_rate_take(t, key, &rule, UINT64_MAX, T0).is_ok);
	v = gw_rate_take(t, key, &rule, 20, T0);
	EXPECT_U64(v.wait_us, GW_RATE_COST_MAX * 20000ull);
	mem_free(t);
}

TEST(test_rate_others_are_not_counted)
{
	struct gw_rates *t = open_table();
	uint64_t greedy = key_of(t, "10.0.0.1"), polite = key_of(t, "10.0.0.2");
	uint64_t now, let = 0;

	/* Reliability A15: a thousand a second beside one in 25 ms. */
	for (now = T0; now < T0 + 10000000; now += 1000) {
		let += take(t, greedy, now);
		if (now % 25000 == 0)
			EXPECT(take(t, polite, now));
	}
	EXPECT_U64(let, 20 + 10000000 / 20000 - 1);
	mem_free(t);
}

TEST(test_rate_without_a_bound_counts_nothing)
{
	const struct gw_rate_rule off = {.burst = 1};
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1");
	unsigned i;

	for (i = 0; i < 1000; i++)
		EXPECT(gw_rate_take(t, key, &off, 1, T0).is_ok);
	for (i = 0; i < 20; i++)
		EXPECT(take(t, key, T0));
	mem_free(t);
}

TEST(test_rate_longest_spans_and_far_times_are_kept)
{
	const struct gw_rate_rule slow = {
	    .interval_us = GW_RATE_SPAN_MAX, .burst = 1};
	static const uint64_t starts[] = {0, T0, ((uint64_t)1 << 43) - 1,
	    (uint64_t)1 << 43, ((uint64_t)5 << 43) - 1000000};
	struct gw_rates *t = open_table();
	size_t i;

	for (i = 0; i < ARRAY_CNT(starts); i++) {
		uint64_t now = starts[i], key = (i + 1) << 44 | i;

		EXPECT(gw_rate_take(t, key, &slow, 1, now).is_ok);
		now += GW_RATE_SPAN_MAX - 1;
		EXPECT_U64(gw_rate_take(t, key, &slow, 1, now).wait_us, 1);
		EXPECT(gw_rate_take(t, key, &slow, 1, now + 1).is_ok);
		/* A clock that is read a little late does no harm. */
		EXPECT(!gw_rate_take(t, key, &slow, 1, now - 5000).is_ok);
	}
	mem_free(t);
}

/* A new rule reads what is owed as time. */
TEST(test_rate_rule_may_change_under_it)
{
	const struct gw_rate_rule half = {.interval_us = 40000, .burst = 10};
	struct gw_rates *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1");
	unsigned i;

	for (i = 0; i < 20; i++)
		EXPECT(take(t, key, T0));
	EXPECT_U64(gw_rate_take(t, key, &half, 1, T0).wait_us, 40000);
	EXPECT(gw_rate_take(t, key, &half, 1, T0 + 40000).is_ok);
	EXPECT(take(t, key, T0 + 60000));
	mem_free(t);
}

/* --- a full table --- */

/* Keys of one row that differ in their tags. */
static uint64_t
in_row(uint64_t n)
{
	return n << 44 | 7;
}

TEST(test_rate_full_row_gives_up_what_used_least)
{
	struct gw_rates *t = open_table();
	uint64_t n, i;

	for (n = 1; n <= GW_RATE_WAYS; n++)
		for (i = 0; i < 2 * n; i++)
			EXPECT(take(t, in_row(n), T0));
	/* The first, with two, gives way; the second keeps its four. */
	EXPECT(take(t, in_row(99), T0));
	EXPECT_U64(gw_rate_take(t, in_row(2), &rule, 1, T0).left, 15);
	EXPECT_U64(gw_rate_take(t, in_row(99), &rule, 1, T0).left, 18);
	mem_free(t);
}

/* Reliability A14: a row in which all have reached their limit takes nobody
 * in, so the newcomer waits until one of them has not. */
TEST(test_rate_full_row_of_offenders_frees_none)
{
	struct gw_rates *t = open_table();
	struct gw_rate_verdict v;
	uint64_t n, i;

	for (n = 1; n <= GW_RATE_WAYS; n++)
		for (i = 0; i < 20; i++)
			EXPECT(take(t, in_row(n), T0 + n));
	for (i = 0; i < 1000; i++) {
		v = gw_rate_take(t, in_row(100 + i), &rule, 1, T0 + 100);
		EXPECT(!v.is_ok && v.left == 0);
		EXPECT_U64(v.wait_us, 20 * 20000 - 99);
	}
	for (n = 1; n <= GW_RATE_WAYS; n++)
		EXPECT(!take(t, in_row(n), T0 + 100));
	/* When the first of them owes nothing, its place is free. */
	EXPECT(!take(t, in_row(100), T0 + 20 * 20000));
	EXPECT(take(t, in_row(100), T0 + 20 * 20000 + 1));
	mem_free(t);
}

/* One who was refused is kept as well, though a cheap one would pass. */
TEST(test_rate_refused_is_kept)
{
	struct gw_rates *t = open_table();
	uint64_t n;

	EXPECT(gw_rate_take(t, in_row(1), &rule, 2, T0).is_ok);
	EXPECT(!gw_rate_take(t, in_row(1), &rule, 19, T0).is_ok);
	for (n = 2; n <= 1000; n++)
		EXPECT(gw_rate_take(t, in_row(n), &rule, 3, T0).is_ok);
	EXPECT_U64(gw_rate_take(t, in_row(1), &rule, 1, T0).left, 17);
	mem_free(t);
}

/* Sixteen offenders, and a stream of addresses as good as any: two hundred
 * thousand in a tenth of the time that the offenders owe. */
TEST(test_rate_flood_of_addresses_frees_no_offender)
{
	const struct gw_rate_rule slow = {.interval_us = 6000000, .burst = 5};
	struct gw_rates *t = open_table();
	uint64_t keys[16], seed = 42, i, now;
	unsigned k;

	for (k = 0; k < ARRAY_CNT(keys); k++) {
		keys[k] = rnd(&seed);
		for (i = 0; i < 5; i++)
			EXPECT(gw_rate_take(t, keys[k], &slow, 1, T0).is_ok);
	}
	for (i = 0; i < 200000; i++) {
		now = T0 + i * 15;
		(void)gw_rate_take(
		    t, rnd(&seed), &slow, 1 + rnd(&seed) % 4, now);
		if (i % 100 == 0)
			EXPECT(
			    !gw_rate_take(t, keys[i / 100 % 16], &slow, 1, now)
				 .is_ok);
	}
	mem_free(t);
}

TEST(test_rate_table_is_bounded)
{
	EXPECT(sizeof(struct gw_rates) <= 32u << 20);
	/* 4,000 addresses find room all at once. */
	EXPECT((uint64_t)GW_RATE_ROWS * GW_RATE_WAYS >= 4000 * 10);
}

/* --- at the same time --- */

enum { THREAD_CNT = 4, KEY_CNT = 64, TRY_CNT = 20000 };

struct crowd {
	struct gw_rates *t;
	uint64_t seed;
	uint64_t let[KEY_CNT];
};

/* The keys are of eight rows, so that places are fought for too. */
static uint64_t
crowd_key(uint64_t n)
{
	return (n + 1) << 44 | n % 8;
}

static void *
take_many(void *arg)
{
	struct crowd *c = arg;
	unsigned i;

	for (i = 0; i < TRY_CNT; i++) {
		uint64_t n = rnd(&c->seed) % KEY_CNT;

		c->let[n] += take(c->t, crowd_key(n), T0);
	}
	return NULL;
}

/* The clock stands still: each key has its burst and not one more. */
TEST(test_rate_threads_take_what_one_would)
{
	struct gw_rates *t = open_table();
	struct crowd crowd[THREAD_CNT];
	pthread_t threads[THREAD_CNT];
	uint64_t sum;
	size_t i, n;

	memset(crowd, 0, sizeof(crowd));
	for (i = 0; i < THREAD_CNT; i++) {
		crowd[i].t = t;
		crowd[i].seed = i + 1;
		CHECK(pthread_create(&threads[i], NULL, take_many, &crowd[i]) ==
		      0);
	}
	for (i = 0; i < THREAD_CNT; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (n = 0; n < KEY_CNT; n++) {
		for (sum = 0, i = 0; i < THREAD_CNT; i++)
			sum += crowd[i].let[n];
		EXPECT_U64(sum, 20);
	}
	mem_free(t);
}

struct shared {
	_Atomic uint64_t let;
	struct gw_rates t;
};

/* More than four processes use up in the time of the test. */
static const struct gw_rate_rule fine = {.interval_us = 1, .burst = 3000000000};

static void
take_for_ever(struct shared *s)
{
	for (;;)
		if (gw_rate_take(&s->t, in_row(1), &fine, 1, T0).is_ok)
			atomic_fetch_add(&s->let, 1);
}

/* use_up takes what is left, in large pieces first; returns how much. */
static uint64_t
use_up(struct shared *s)
{
	uint64_t own = 0, cost;

	for (cost = GW_RATE_COST_MAX; cost > 0; cost /= 10)
		while (gw_rate_take(&s->t, in_row(1), &fine, cost, T0).is_ok)
			own += cost;
	return own;
}

/* Four processes are killed in the middle of it: what they were let is what
 * they have counted, but for one of each, and the entry goes on. */
TEST(test_rate_killed_processes_leave_it_whole)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t before, sum;
	pid_t pid[4];
	size_t i;

	CHECK(s != MAP_FAILED);
	gw_rate_init(&s->t);
	for (i = 0; i < ARRAY_CNT(pid); i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0);
		if (pid[i] == 0)
			take_for_ever(s);
	}
	for (i = 0; i < ARRAY_CNT(pid); i++) {
		before = atomic_load(&s->let);
		while (atomic_load(&s->let) < before + 1000)
			(void)usleep(100);
		EXPECT(kill(pid[i], SIGKILL) == 0);
		EXPECT(waitpid(pid[i], NULL, 0) == pid[i]);
	}
	sum = atomic_load(&s->let);
	EXPECT(sum < fine.burst);
	sum += use_up(s);
	EXPECT(sum <= fine.burst);
	EXPECT(sum >= fine.burst - ARRAY_CNT(pid));
	EXPECT(munmap(s, sizeof(*s)) == 0);
}
