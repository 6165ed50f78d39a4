/* SPDX-License-Identifier: Apache-2.0
 *
 * The durable log under failing input and output, at each place where it
 * makes a call, by the preloaded faultio.so: what was acknowledged is there
 * afterwards, nothing is acknowledged after a failure, and a start that
 * cannot read says so and does no harm.
 */
#include <stdio.h>
#include <sys/wait.h>

#include "base/check.h"
#include "base/log.h"
#include "fake.h"
#include "fault.h"
#include "test.h"

enum {
	STEPS = 8, /* transactions that a child sends, one sync each */
	SWEEP_MAX = 100,
	PATH_TEXT = 4200
};

/* The child. --------------------------------------------------------- */

/* after_failure: nothing more is taken in or synced. */
static enum fault_end
after_failure(struct pool *p, const struct fake_tx *t)
{
	struct fake_tx other = {.from = 2};
	int i;

	for (i = 0; i < 3; i++) {
		other.nonce = t->nonce;
		if (fake_put(p, &other, NULL) != RC_IO ||
		    pool_sync(p, NULL) != RC_IO)
			return FAULT_WENT_ON;
	}
	return FAULT_FAILED;
}

static enum fault_end
play(const char *dir)
{
	static struct fake f;
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake_tx t = {.from = 1, .data_len = 300};
	struct pool_view view = fake_view(&f);
	enum fault_end end = FAULT_WHOLE;
	struct pool *p;

	CHECK(freopen("/dev/null", "w", stderr) != NULL); /* it says why */
	log_open("unit_pool", LOG_LV_ERROR);
	fake_reset(&f);
	conf.log_dir = dir;
	if (pool_open(&p, &conf, &view, 0, NULL) != RC_OK)
		return FAULT_NO_OPEN;
	for (; t.nonce < STEPS && end == FAULT_WHOLE; t.nonce++) {
		if (fake_put(p, &t, NULL) != RC_OK ||
		    pool_sync(p, NULL) != RC_OK)
			end = after_failure(p, &t);
		else
			fault_ack();
	}
	pool_close(p);
	return end;
}

FAULT_CHILD(play)

/* The parent. -------------------------------------------------------- */

/* pending_in opens what a child has left and counts. */
static size_t
pending_in(const char *dir)
{
	static struct fake f;
	struct pool_stats st;
	struct pool *p;

	fake_reset(&f);
	p = fake_open(&f, dir);
	pool_stats(p, &st);
	pool_close(p);
	return st.pending;
}

/* sweep lets one call after the other fail, until there is none. */
static void
sweep(struct fault f)
{
	char dir[PATH_TEXT];
	unsigned acked = 0;
	size_t kept;
	int status = 0;

	if (!fault_can_run())
		return;
	test_row(f.name);
	log_open("unit_pool", LOG_LV_ERROR);
	for (f.nth = 1; f.nth < SWEEP_MAX; f.nth++) {
		(void)snprintf(
		    dir, sizeof(dir), "%s/log-%d", test_tmpdir(), f.nth);
		status = fault_run(&f, dir, &acked);
		if (!fault_has_struck())
			break;
		fault_expect_end(&f, status);
		kept = pending_in(dir);
		/* What was not acknowledged may be there, but only once. */
		if (kept < acked || kept > acked + 1)
			test_fail(__FILE__, __LINE__,
			    "call %d: %u acknowledged, %zu there", f.nth, acked,
			    kept);
		test_count(1);
	}
	/* Nothing struck: an undisturbed run, and each step made a call. */
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == FAULT_WHOLE);
	EXPECT_U64(acked, STEPS);
	EXPECT(f.nth > STEPS);
}

TEST(test_pool_failing_sync_stops_and_loses_nothing)
{
	sweep(
	    (struct fault){.name = "sync", .calls = "sync", .short_bytes = -1});
}

/* The kernel reports a lost page once; the next sync answers well. */
TEST(test_pool_sync_failing_once_stops_too)
{
	sweep((struct fault){.name = "sync once",
	    .calls = "sync",
	    .is_once = true,
	    .short_bytes = -1});
}

TEST(test_pool_failing_write_stops_and_loses_nothing)
{
	sweep((struct fault){
	    .name = "write", .calls = "write", .short_bytes = 17});
}

TEST(test_pool_killed_inside_a_write_loses_nothing)
{
	sweep((struct fault){.name = "kill in write",
	    .calls = "write",
	    .is_kill = true,
	    .short_bytes = 100});
}

TEST(test_pool_killed_before_a_sync_loses_nothing)
{
	sweep((struct fault){.name = "kill at sync",
	    .calls = "sync",
	    .is_kill = true,
	    .short_bytes = -1});
}

/* A start that cannot read stops with a reason, and does no harm. */
TEST(test_pool_failing_read_at_start_is_no_damage)
{
	struct fault f = {.calls = "read", .short_bytes = -1};
	struct fault none = {.calls = "read", .short_bytes = -1};
	char dir[PATH_TEXT];
	unsigned acked;
	int status;

	if (!fault_can_run())
		return;
	log_open("unit_pool", LOG_LV_ERROR);
	(void)snprintf(dir, sizeof(dir), "%s/log", test_tmpdir());
	status = fault_run(&none, dir, &acked);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == FAULT_WHOLE);
	for (f.nth = 1; f.nth < SWEEP_MAX; f.nth++) {
		status = fault_run(&f, dir, &acked);
		if (!fault_has_struck())
			break;
		EXPECT(
		    WIFEXITED(status) && WEXITSTATUS(status) == FAULT_NO_OPEN);
		EXPECT_U64(pending_in(dir), STEPS);
		test_count(1);
	}
	EXPECT(f.nth > 1);
}
