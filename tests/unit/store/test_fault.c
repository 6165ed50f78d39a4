/* SPDX-License-Identifier: Apache-2.0
 *
 * Failing writes and syncs, at each place where the store makes one, by the
 * preloaded faultio.so: the step fails, every later one too, nothing that
 * was acknowledged is lost. And a real full disk, on a small tmpfs.
 */
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "fault.h"
#include "files.h"
#include "plan.h"
#include "test.h"

enum {
	STEPS = 30, /* played by one child */
	SWEEP = 70, /* places tried of one kind */
	DISK_STEPS = 200,
	SEED = 31
};

static struct plan p;

/* The child. --------------------------------------------------------- */

/* after_failure: no later write may succeed. */
static enum fault_end
after_failure(struct store *s, int step)
{
	uint8_t one = 1;

	for (int i = 0; i < 3; i++) {
		if (model_append(s, p.heads[step], p.rewind_to[step], NULL) !=
		    RC_IO)
			return FAULT_WENT_ON;
		if (store_aux_put(s, "x", bytes_of(&one, 1), NULL) != RC_IO)
			return FAULT_WENT_ON;
		if (store_flush(s, NULL) != RC_IO)
			return FAULT_WENT_ON;
	}
	return FAULT_FAILED;
}

/* replay adopts what the log holds; false when it cannot be read. */
static bool
replay(struct store *s)
{
	struct store_block **blocks;
	uint64_t rewind_to;
	size_t cnt = 1;

	while (cnt > 0) {
		if (store_recover(s, &blocks, &cnt, &rewind_to, NULL) != RC_OK)
			return false;
		for (size_t i = 0; i < cnt; i++)
			CHECK(model_complete(&p.m, blocks[i]));
		if (cnt > 0 &&
		    store_adopt(s, blocks, cnt, rewind_to, NULL) != RC_OK) {
			for (size_t i = 0; i < cnt; i++)
				store_block_free(blocks[i]);
			return false;
		}
	}
	return true;
}

static enum fault_end
play_steps(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	enum fault_end end = FAULT_WHOLE;
	struct store *s;

	if (store_open(&s, &c, NULL) != RC_OK)
		return FAULT_NO_OPEN;
	if (!replay(s)) {
		store_close(s);
		return FAULT_NO_OPEN;
	}
	for (int i = plan_where(&p, s) + 1; i < STEPS; i++) {
		struct err e = {0};
		enum rc rc = plan_play(&p, s, i, &e);

		if (rc == RC_OK) {
			fault_ack();
			continue;
		}
		end = FAULT_WENT_ON;
		if (rc == RC_IO && strstr(e.text, dir) != NULL)
			end = after_failure(s, i);
		break;
	}
	store_close(s);
	return end;
}

static enum fault_end
play(const char *dir)
{
	enum fault_end end;

	files_hush(true);
	plan_init(&p, SEED, STEPS);
	end = play_steps(dir);
	model_free(&p.m);
	return end;
}

FAULT_CHILD(play)

/* The parent. -------------------------------------------------------- */

/* calls_of counts the calls of an undisturbed run. */
static int
calls_of(const char *calls)
{
	struct path dir = files_path("%s/count-store", test_tmpdir());
	struct fault f = {.calls = calls, .short_bytes = -1};
	unsigned acked;
	int status;

	CHECK(mkdir(dir.s, 0700) == 0);
	status = fault_run(&f, dir.s, &acked);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == FAULT_WHOLE);
	EXPECT_U64(acked, STEPS);
	files_remove_tree(dir.s);
	return fault_call_cnt();
}

/* one lets the n-th call fail and looks at what is left. */
static void
one(const struct fault *f)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	unsigned acked;
	int status;

	CHECK(mkdir(dir.s, 0700) == 0);
	status = fault_run(f, dir.s, &acked);
	if (!fault_has_struck())
		test_fail(__FILE__, __LINE__, "call %d never came", f->nth);
	fault_expect_end(f, status);
	(void)plan_reopen(&p, dir.s, (int)acked - 1);
	files_remove_tree(dir.s);
	test_count(1);
}

static void
sweep(struct fault f)
{
	int total, stride;

	if (!fault_can_run())
		return;
	plan_init(&p, SEED, STEPS);
	test_row(f.name);
	total = calls_of(f.calls);
	EXPECT(total > STEPS);
	stride = getenv("SEKISHO_TORTURE") != NULL ? 1 : total / SWEEP + 1;
	for (f.nth = 1; f.nth <= total; f.nth += stride)
		one(&f);
	model_free(&p.m);
}

TEST(test_fault_failing_write_stops_and_loses_nothing)
{
	sweep((struct fault){
	    .name = "write", .calls = "write", .short_bytes = -1});
}

TEST(test_fault_failing_sync_stops_and_loses_nothing)
{
	sweep(
	    (struct fault){.name = "sync", .calls = "sync", .short_bytes = -1});
}

/* The kernel reports a lost page once; the next sync answers well. */
TEST(test_fault_sync_failing_once_stops_too)
{
	sweep((struct fault){.name = "sync once",
	    .calls = "sync",
	    .is_once = true,
	    .short_bytes = -1});
}

TEST(test_fault_full_disk_at_any_write_stops_and_loses_nothing)
{
	sweep((struct fault){.name = "ENOSPC",
	    .calls = "write",
	    .error = "ENOSPC",
	    .short_bytes = 17});
}

TEST(test_fault_killed_inside_a_write_loses_nothing)
{
	sweep((struct fault){.name = "kill in write",
	    .calls = "write",
	    .is_kill = true,
	    .short_bytes = 100});
}

TEST(test_fault_killed_before_a_sync_loses_nothing)
{
	sweep((struct fault){.name = "kill at sync",
	    .calls = "sync",
	    .is_kill = true,
	    .short_bytes = -1});
}

/* half_played makes a folder with STEPS / 2 steps, of which the log alone
 * holds the last. */
static int
half_played(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;
	int step = -1;

	CHECK(mkdir(dir, 0700) == 0);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	while (step < STEPS / 2 || p.has_flush[step])
		EXPECT_RC(plan_play(&p, s, ++step, NULL), RC_OK);
	store_close(s);
	return step;
}

/* A start that cannot read stops with a reason, and does no harm. */
TEST(test_fault_failing_read_at_start_is_no_damage)
{
	struct path base = files_path("%s/base", test_tmpdir());
	struct path dir = files_path("%s/store", test_tmpdir());
	struct fault f = {.calls = "read", .short_bytes = -1};
	int at;

	if (!fault_can_run())
		return;
	plan_init(&p, SEED, STEPS);
	at = half_played(base.s);
	for (f.nth = 1;; f.nth++) {
		unsigned acked;
		int status;

		files_copy_tree(base.s, dir.s);
		status = fault_run(&f, dir.s, &acked);
		if (!fault_has_struck())
			break;
		EXPECT(
		    WIFEXITED(status) && WEXITSTATUS(status) == FAULT_NO_OPEN);
		(void)plan_reopen(&p, dir.s, at);
		files_remove_tree(dir.s);
		test_count(1);
	}
	EXPECT(f.nth > 5);
	model_free(&p.m);
}

/* A full disk for real. ---------------------------------------------- */

static bool
mount_small(const char *dir)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0)
		return false;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return false;
	CHECK(mkdir(dir, 0700) == 0);
	return mount("tmpfs", dir, "tmpfs", 0, "size=64m") == 0;
}

static void
resize(const char *dir, unsigned kib)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "size=%uk", kib);
	CHECK(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, text) == 0);
}

/* fill_up plays until the disk is full; returns the last step done. */
static int
fill_up(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	struct err e = {0};
	struct store *s;
	enum rc rc;
	int step;

	rc = store_open(&s, &c, &e);
	if (rc != RC_OK) {
		EXPECT_RC(rc, RC_IO);
		EXPECT(strstr(e.text, dir) != NULL);
		return -1;
	}
	for (step = 0; step < DISK_STEPS; step++) {
		rc = plan_play(&p, s, step, &e);
		if (rc != RC_OK)
			break;
	}
	EXPECT_RC(rc, RC_IO);
	EXPECT(strstr(e.text, dir) != NULL);
	plan_check(&p, s, plan_where(&p, s)); /* reads go on */
	EXPECT_RC(store_flush(s, NULL), RC_IO);
	store_close(s);
	return step - 1;
}

/* go_on plays the rest, now that there is room again. */
static void
go_on(const char *dir, int step)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;

	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	(void)model_recover(&p.m, s);
	for (int i = step + 1; i < step + 20 && i < DISK_STEPS; i++)
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
	store_close(s);
}

TEST(test_fault_full_tmpfs_refuses_and_goes_on_with_room)
{
	struct path disk = files_path("%s/disk", test_tmpdir());
	struct path dir = files_path("%s/disk/store", test_tmpdir());

	if (!mount_small(disk.s)) {
		test_skip("mounting a tmpfs takes root");
		return;
	}
	files_hush(true);
	plan_init(&p, 33, DISK_STEPS);
	for (unsigned kib = 16; kib < 900; kib += 28) {
		int acked, step;

		resize(disk.s, kib);
		CHECK(mkdir(dir.s, 0700) == 0);
		acked = fill_up(dir.s);
		resize(disk.s, 64 << 10);
		step = plan_reopen(&p, dir.s, acked);
		if (step >= -1)
			go_on(dir.s, step);
		files_remove_tree(dir.s);
		test_count(1);
	}
	files_hush(false);
	CHECK(umount(disk.s) == 0);
	model_free(&p.m);
}
