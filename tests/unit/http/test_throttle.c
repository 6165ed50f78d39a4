/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong passwords counted: who has to wait, for how long, how that is
 * forgotten, and that a full table frees nobody who has to.
 */
#include "http/throttle.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/check.h"
#include "test.h"

static const struct gw_throttle_rule rule = {
    .free = 8, .pause_ms = 1024, .most_ms = 300032, .leak_ms = 128000};

/* Times are multiples of the table's unit, so that waits come out exactly. */
enum { T0 = 128 * 100 };

static struct gw_throttle *
open_table(void)
{
	struct gw_throttle *t = mem_new(sizeof(*t));

	gw_throttle_init(t);
	return t;
}

static uint64_t
key_of(const struct gw_throttle *t, const char *address, const char *user)
{
	struct gw_addr a;

	EXPECT(gw_addr_read(&a, bytes_of_str(address)));
	return gw_throttle_key(t, &a,
	    bytes_of_str(user[0] == 0 ? "" : "wallet"), bytes_of_str(user));
}

/* Charges a try as soon as it is allowed; returns how long that took. */
static uint64_t
try_once(struct gw_throttle *t, uint64_t key, uint64_t *now)
{
	uint64_t wait = gw_throttle_wait(t, key, &rule, *now);

	*now += wait;
	EXPECT_U64(gw_throttle_wait(t, key, &rule, *now), 0);
	gw_throttle_charge(t, key, &rule, *now);
	return wait;
}

TEST(test_throttle_key_by_row)
{
	static const struct {
		const char *a, *b, *user_a, *user_b;
		bool is_same;
	} row[] = {
	    {"1.2.3.4", "1.2.3.4", "ann", "ann", true},
	    {"1.2.3.4", "::ffff:1.2.3.4", "ann", "ann", true},
	    {"1.2.3.4", "1.2.3.5", "ann", "ann", false},
	    {"1.2.3.4", "1.2.3.4", "ann", "Ann", false},
	    {"1.2.3.4", "1.2.3.4", "ann", "", false},
	    {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "ann", "ann", true},
	    {"2001:db8:1:2::1", "2001:db8:1:3::1", "ann", "ann", false},
	};
	struct gw_throttle *t = open_table(), *u = open_table();

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].b);
		EXPECT(
		    (key_of(t, row[i].a, row[i].user_a) ==
			key_of(t, row[i].b, row[i].user_b)) == row[i].is_same);
		/* Nobody can tell a key who does not have the secret. */
		EXPECT(key_of(t, row[i].a, row[i].user_a) !=
		       key_of(u, row[i].a, row[i].user_a));
	}
	test_row(NULL);
	mem_free(t);
	mem_free(u);
}

TEST(test_throttle_waits_double_up_to_the_longest)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann"), now = T0, want = 1024;

	for (unsigned i = 0; i < 8; i++)
		EXPECT_U64(try_once(t, key, &now), 0);
	for (unsigned i = 0; i < 12; i++) {
		EXPECT_U64(try_once(t, key, &now), want);
		want = want * 2 < 300032 ? want * 2 : 300032;
	}
	mem_free(t);
}

TEST(test_throttle_wait_shrinks_with_time)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	for (unsigned i = 0; i < 10; i++)
		gw_throttle_charge(t, key, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 4096);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0 + 3072), 1024);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0 + 4096), 0);
	mem_free(t);
}

TEST(test_throttle_others_do_not_wait)
{
	static const char *const others[][2] = {
	    {"10.0.0.2", "ann"}, {"10.0.0.1", "bob"}, {"10.0.0.1", ""}};
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	for (unsigned i = 0; i < 100; i++)
		gw_throttle_charge(t, key, &rule, T0);
	EXPECT(gw_throttle_wait(t, key, &rule, T0) > 0);
	for (size_t i = 0; i < ARRAY_CNT(others); i++) {
		uint64_t other = key_of(t, others[i][0], others[i][1]);

		EXPECT_U64(gw_throttle_wait(t, other, &rule, T0), 0);
		EXPECT(!gw_throttle_has_failed(t, other, &rule, T0));
	}
	mem_free(t);
}

TEST(test_throttle_tries_are_forgotten_one_by_one)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", ""), now = T0;

	/* One each 128 s is what leaks away: for ever without a wait. */
	for (unsigned i = 0; i < 1000; i++, now += 128000) {
		EXPECT_U64(gw_throttle_wait(t, key, &rule, now), 0);
		gw_throttle_charge(t, key, &rule, now);
	}
	EXPECT(gw_throttle_has_failed(t, key, &rule, now - 128000));
	EXPECT(!gw_throttle_has_failed(t, key, &rule, now));
	/* A little more often is not. */
	for (unsigned i = 0; i < 100; i++, now += 64000)
		gw_throttle_charge(t, key, &rule, now);
	EXPECT(gw_throttle_wait(t, key, &rule, now - 64000) > 0);
	mem_free(t);
}

TEST(test_throttle_right_password_ends_the_wait_and_is_known)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	EXPECT(!gw_throttle_is_known(t, key));
	for (unsigned i = 0; i < 20; i++)
		gw_throttle_charge(t, key, &rule, T0);
	EXPECT(!gw_throttle_is_known(t, key));
	gw_throttle_forgive(t, key, T0);
	EXPECT(gw_throttle_is_known(t, key));
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 0);
	for (unsigned i = 0; i < 8; i++)
		gw_throttle_charge(t, key, &rule, T0);
	EXPECT(gw_throttle_is_known(t, key));
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 1024);
	mem_free(t);
}

TEST(test_throttle_refund_takes_one_back)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	gw_throttle_refund(t, key, &rule, T0); /* nothing there */
	EXPECT(!gw_throttle_has_failed(t, key, &rule, T0));
	for (unsigned i = 0; i < 8; i++)
		gw_throttle_charge(t, key, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 1024);
	gw_throttle_refund(t, key, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 0);
	gw_throttle_charge(t, key, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 1024);
	mem_free(t);
}

/* A check may take longer than the first wait. */
TEST(test_throttle_wait_begins_when_the_try_was_wrong)
{
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	gw_throttle_confirm(t, key, &rule, T0); /* nothing there */
	EXPECT(!gw_throttle_has_failed(t, key, &rule, T0));
	for (unsigned i = 0; i < 8; i++)
		gw_throttle_charge(t, key, &rule, T0);
	gw_throttle_confirm(t, key, &rule, T0 + 2048);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0 + 2048), 1024);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0 + 3072), 0);
	mem_free(t);
}

TEST(test_throttle_without_a_bound_counts_nothing)
{
	const struct gw_throttle_rule off = {.pause_ms = 1000};
	struct gw_throttle *t = open_table();
	uint64_t key = key_of(t, "10.0.0.1", "ann");

	for (unsigned i = 0; i < 300; i++)
		gw_throttle_charge(t, key, &off, T0);
	EXPECT_U64(gw_throttle_wait(t, key, &off, T0), 0);
	EXPECT_U64(gw_throttle_wait(t, key, &rule, T0), 0);
	mem_free(t);
}

/* One who has to wait stays in the table whatever a hundred thousand other
 * addresses do, as long as they do it in the time of the wait. */
TEST(test_throttle_flood_of_addresses_frees_no_offender)
{
	struct gw_throttle *t = open_table();
	uint64_t keys[16];

	for (unsigned k = 0; k < ARRAY_CNT(keys); k++) {
		char text[20];

		(void)snprintf(text, sizeof(text), "10.0.0.%u", k);
		keys[k] = key_of(t, text, "ann");
		for (unsigned i = 0; i < 20; i++)
			gw_throttle_charge(t, keys[k], &rule, T0);
	}
	for (uint64_t i = 0; i < 200000; i++) {
		/* Keys as good as any; each a few wrong tries. */
		uint64_t flood = (i + 1) * 0x9e3779b97f4a7c15u;

		for (unsigned n = 0; n < 1 + i % 7; n++)
			gw_throttle_charge(t, flood, &rule, T0 + i / 10);
	}
	for (unsigned k = 0; k < ARRAY_CNT(keys); k++)
		EXPECT(
		    gw_throttle_wait(t, keys[k], &rule, T0 + 20000) > 270000);
	mem_free(t);
}

/* A row in which all have to wait takes nobody in: a newcomer waits with
 * who waits least, and its tries count. Once that is over it is let in. */
TEST(test_throttle_full_row_lets_nobody_pass)
{
	struct gw_throttle *t = open_table();
	uint64_t newcomer = (uint64_t)99 << 44 | 5;

	for (uint64_t k = 1; k <= GW_THROTTLE_WAYS; k++)
		for (uint64_t i = 0; i < 8 + k; i++)
			gw_throttle_charge(t, k << 44 | 5, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, newcomer, &rule, T0), 2048);
	gw_throttle_forgive(t, newcomer, T0);
	EXPECT_U64(gw_throttle_wait(t, (uint64_t)1 << 44 | 5, &rule, T0), 2048);
	gw_throttle_charge(t, newcomer, &rule, T0);
	EXPECT_U64(gw_throttle_wait(t, newcomer, &rule, T0), 4096);
	EXPECT_U64(gw_throttle_wait(t, newcomer, &rule, T0 + 4096), 0);
	gw_throttle_charge(t, newcomer, &rule, T0 + 4096);
	EXPECT(gw_throttle_has_failed(t, newcomer, &rule, T0 + 4096));
	EXPECT(
	    gw_throttle_wait(t, (uint64_t)8 << 44 | 5, &rule, T0 + 4096) > 0);
	mem_free(t);
}
