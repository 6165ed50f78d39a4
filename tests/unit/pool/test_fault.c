/* SPDX-License-Identifier: Apache-2.0
 *
 * The durable log under failing input and output, at each place where it
 * makes a call, by the preloaded faultio.so: what was acknowledged is there
 * afterwards, nothing is acknowledged after a failure, and a start that
 * cannot read says so and does no harm.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "fake.h"
#include "test.h"

enum {
	STEPS = 8, /* transactions that a child sends, one sync each */
	SWEEP_MAX = 100,
	ACK_FD = 3,
	/* how a child ends */
	END_WHOLE = 0,
	END_NO_OPEN = 2,
	END_FAILED = 3,
	END_WENT_ON = 9
};

enum { PATH_TEXT = 4200 };

/* The child. --------------------------------------------------------- */

/* after_failure: nothing more is taken in or synced. */
static int
after_failure(struct pool *p, const struct fake_tx *t)
{
	struct fake_tx other = {.from = 2};
	int i;

	for (i = 0; i < 3; i++) {
		other.nonce = t->nonce;
		if (fake_put(p, &other, NULL) != RC_IO ||
		    pool_sync(p, NULL) != RC_IO)
			return END_WENT_ON;
	}
	return END_FAILED;
}

static int
play(const char *dir)
{
	static struct fake f;
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake_tx t = {.from = 1, .data_len = 300};
	struct pool_view view = fake_view(&f);
	int end = END_WHOLE;
	struct pool *p;

	fake_reset(&f);
	conf.log_dir = dir;
	if (pool_open(&p, &conf, &view, 0, NULL) != RC_OK)
		return END_NO_OPEN;
	for (; t.nonce < STEPS && end == END_WHOLE; t.nonce++) {
		if (fake_put(p, &t, NULL) != RC_OK ||
		    pool_sync(p, NULL) != RC_OK)
			end = after_failure(p, &t);
		else
			CHECK(write(ACK_FD, "+", 1) == 1);
	}
	pool_close(p);
	return end;
}

/* This program again, with the shim before it, is told to run only this. */
static void
child_of_fault_tests(void)
{
	log_open("unit_pool", LOG_LV_ERROR);
	exit(play(getenv("POOL_CHILD_DIR")));
}

__attribute__((constructor)) static void
be_child(void)
{
	static struct test_case c = {
	    "child_of_fault_tests", child_of_fault_tests, NULL};

	if (getenv("POOL_CHILD_DIR") != NULL)
		test_register(&c);
}

/* The parent. -------------------------------------------------------- */

struct fault {
	const char *name, *calls;
	int nth;
	bool is_once, is_kill;
	int short_bytes; /* -1: none */
};

/* The shim lies beside this program. */
static bool
find_shim(char path[PATH_TEXT])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_TEXT - 16);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash + 1, "faultio.so", sizeof("faultio.so"));
	return access(path, R_OK) == 0;
}

static const char *
note_path(void)
{
	static char path[PATH_TEXT];

	(void)snprintf(path, sizeof(path), "%s/note", test_tmpdir());
	return path;
}

/* become turns a forked child into the program under the shim. */
static void
become(const struct fault *f, const char *dir)
{
	char shim[PATH_TEXT], number[16];
	char *argv[] = {(char *)(uintptr_t) "unit_pool",
	    (char *)(uintptr_t) "child_of_fault_tests", NULL};

	CHECK(find_shim(shim));
	CHECK(freopen("/dev/null", "w", stderr) != NULL); /* it says why */
	(void)setenv("LD_PRELOAD", shim, 1);
	(void)setenv("POOL_CHILD_DIR", dir, 1);
	(void)setenv("FAULTIO_PATH", dir, 1);
	(void)setenv("FAULTIO_CALLS", f->calls, 1);
	(void)setenv("FAULTIO_NOTE", note_path(), 1);
	(void)snprintf(number, sizeof(number), "%d", f->nth);
	(void)setenv("FAULTIO_NTH", number, 1);
	(void)snprintf(number, sizeof(number), "%d", f->short_bytes);
	if (f->short_bytes >= 0)
		(void)setenv("FAULTIO_SHORT", number, 1);
	if (f->is_once)
		(void)setenv("FAULTIO_ONCE", "1", 1);
	if (f->is_kill)
		(void)setenv("FAULTIO_KILL", "1", 1);
	(void)execv("/proc/self/exe", argv);
	_exit(99);
}

/* run plays a child under a fault; returns its wait status. */
static int
run(const struct fault *f, const char *dir, unsigned *acked)
{
	int fd[2], status;
	char one;
	pid_t pid;

	(void)unlink(note_path());
	*acked = 0;
	CHECK(pipe(fd) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(dup2(fd[1], ACK_FD) == ACK_FD);
		become(f, dir);
	}
	(void)close(fd[1]);
	while (read(fd[0], &one, 1) == 1)
		++*acked;
	(void)close(fd[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

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

static void
expect_end(const struct fault *f, int status)
{
	if (f->is_kill)
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	else if (!WIFEXITED(status) || (WEXITSTATUS(status) != END_FAILED &&
					   WEXITSTATUS(status) != END_NO_OPEN))
		test_fail(__FILE__, __LINE__,
		    "call %d failed, but the child ended with %x", f->nth,
		    (unsigned)status);
}

/* sweep lets one call after the other fail, until there is none. */
static void
sweep(struct fault f)
{
	char path[PATH_TEXT], dir[PATH_TEXT];
	unsigned acked = 0;
	size_t kept;
	int status = 0;

	if (!find_shim(path)) {
		test_skip("faultio.so is not built beside this program");
		return;
	}
	test_row(f.name);
	log_open("unit_pool", LOG_LV_ERROR);
	for (f.nth = 1; f.nth < SWEEP_MAX; f.nth++) {
		(void)snprintf(
		    dir, sizeof(dir), "%s/log-%d", test_tmpdir(), f.nth);
		status = run(&f, dir, &acked);
		if (access(note_path(), F_OK) != 0)
			break;
		expect_end(&f, status);
		kept = pending_in(dir);
		/* What was not acknowledged may be there, but only once. */
		if (kept < acked || kept > acked + 1)
			test_fail(__FILE__, __LINE__,
			    "call %d: %u acknowledged, %zu there", f.nth, acked,
			    kept);
		test_count(1);
	}
	/* Nothing struck: an undisturbed run, and each step made a call. */
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == END_WHOLE);
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
	char path[PATH_TEXT], dir[PATH_TEXT];
	unsigned acked;
	int status;

	if (!find_shim(path)) {
		test_skip("faultio.so is not built beside this program");
		return;
	}
	log_open("unit_pool", LOG_LV_ERROR);
	(void)snprintf(dir, sizeof(dir), "%s/log", test_tmpdir());
	status = run(&none, dir, &acked);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == END_WHOLE);
	for (f.nth = 1; f.nth < SWEEP_MAX; f.nth++) {
		status = run(&f, dir, &acked);
		if (access(note_path(), F_OK) != 0)
			break;
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == END_NO_OPEN);
		EXPECT_U64(pending_in(dir), STEPS);
		test_count(1);
	}
	EXPECT(f.nth > 1);
}
