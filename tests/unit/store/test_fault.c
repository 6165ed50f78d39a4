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
#include "files.h"
#include "plan.h"
#include "test.h"

enum {
	STEPS = 30, /* played by one child */
	SWEEP = 70, /* places tried of one kind */
	DISK_STEPS = 200,
	ACK_FD = 3,
	SEED = 31,
	/* how a child ends */
	END_WHOLE = 0,
	END_NO_OPEN = 2,
	END_FAILED = 3,
	END_WENT_ON = 9
};

static struct plan p;

/* The child. --------------------------------------------------------- */

/* after_failure: no later write may succeed. */
static int
after_failure(struct store *s, int step)
{
	uint8_t one = 1;

	for (int i = 0; i < 3; i++) {
		if (model_append(s, p.heads[step], p.rewind_to[step], NULL) !=
		    RC_IO)
			return END_WENT_ON;
		if (store_aux_put(s, "x", bytes_of(&one, 1), NULL) != RC_IO)
			return END_WENT_ON;
		if (store_flush(s, NULL) != RC_IO)
			return END_WENT_ON;
	}
	return END_FAILED;
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

static int
play(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	int end = END_WHOLE;
	struct store *s;

	if (store_open(&s, &c, NULL) != RC_OK)
		return END_NO_OPEN;
	if (!replay(s)) {
		store_close(s);
		return END_NO_OPEN;
	}
	for (int i = plan_where(&p, s) + 1; i < STEPS; i++) {
		struct err e = {0};
		enum rc rc = plan_play(&p, s, i, &e);

		if (rc == RC_OK) {
			CHECK(
			    write(ACK_FD, &i, sizeof(i)) == (ssize_t)sizeof(i));
			continue;
		}
		end = END_WENT_ON;
		if (rc == RC_IO && strstr(e.text, dir) != NULL)
			end = after_failure(s, i);
		break;
	}
	store_close(s);
	return end;
}

/* This program again, with the shim before it, is told to run only this. */
static void
child_of_fault_tests(void)
{
	int end;

	files_hush(true);
	plan_init(&p, SEED, STEPS);
	end = play(getenv("STORE_CHILD_DIR"));
	model_free(&p.m);
	exit(end); /* the shim counts until then */
}

__attribute__((constructor)) static void
be_child(void)
{
	static struct test_case c = {
	    "child_of_fault_tests", child_of_fault_tests, NULL};

	if (getenv("STORE_CHILD_DIR") != NULL)
		test_register(&c);
}

/* The parent. -------------------------------------------------------- */

struct fault {
	const char *name, *calls, *error;
	int nth;
	bool is_once, is_kill;
	int short_bytes; /* -1: none */
};

static const char *
shim(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash + 1, "faultio.so", sizeof("faultio.so"));
	return access(path, R_OK) == 0 ? path : NULL;
}

static void
set(char *vars[], size_t *cnt, char text[], size_t cap, const char *name,
    const char *value)
{
	(void)snprintf(text, cap, "%s=%s", name, value);
	vars[(*cnt)++] = text;
}

/* run plays a child under a fault; returns its wait status. */
static int
run(const struct fault *f, const char *dir, int *acked)
{
	static char text[12][4200];
	static char once[] = "FAULTIO_ONCE=1", killing[] = "FAULTIO_KILL=1";
	struct path note = files_path("%s/note", test_tmpdir());
	struct path count = files_path("%s/count", test_tmpdir());
	char nth[16], number[16], *vars[13],
	    *argv[] = {text[9], text[11], NULL};
	int fd[2], status, step;
	size_t cnt = 0;
	pid_t pid;

	(void)unlink(note.s);
	(void)unlink(count.s);
	(void)snprintf(nth, sizeof(nth), "%d", f->nth);
	(void)snprintf(number, sizeof(number), "%d", f->short_bytes);
	(void)snprintf(text[9], sizeof(text[9]), "unit_store");
	(void)snprintf(text[11], sizeof(text[11]), "child_of_fault_tests");
	set(vars, &cnt, text[0], sizeof(text[0]), "LD_PRELOAD", shim());
	set(vars, &cnt, text[1], sizeof(text[1]), "STORE_CHILD_DIR", dir);
	set(vars, &cnt, text[2], sizeof(text[2]), "FAULTIO_PATH", dir);
	set(vars, &cnt, text[3], sizeof(text[3]), "FAULTIO_CALLS", f->calls);
	set(vars, &cnt, text[4], sizeof(text[4]), "FAULTIO_NTH", nth);
	set(vars, &cnt, text[5], sizeof(text[5]), "FAULTIO_ERRNO", f->error);
	set(vars, &cnt, text[6], sizeof(text[6]), "FAULTIO_NOTE", note.s);
	set(vars, &cnt, text[7], sizeof(text[7]), "FAULTIO_COUNT", count.s);
	if (getenv("LLVM_PROFILE_FILE") != NULL) /* the child counts too */
		set(vars, &cnt, text[10], sizeof(text[10]), "LLVM_PROFILE_FILE",
		    getenv("LLVM_PROFILE_FILE"));
	if (f->short_bytes >= 0)
		set(vars, &cnt, text[8], sizeof(text[8]), "FAULTIO_SHORT",
		    number);
	if (f->is_once)
		vars[cnt++] = once;
	if (f->is_kill)
		vars[cnt++] = killing;
	vars[cnt] = NULL;
	CHECK(pipe(fd) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(dup2(fd[1], ACK_FD) == ACK_FD);
		(void)execve("/proc/self/exe", argv, vars);
		_exit(99);
	}
	(void)close(fd[1]);
	while (read(fd[0], &step, sizeof(step)) == (ssize_t)sizeof(step))
		*acked = step;
	(void)close(fd[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static bool
has_struck(void)
{
	return files_size(files_path("%s/note", test_tmpdir()).s) > 0;
}

/* calls_of counts the calls of an undisturbed run. */
static int
calls_of(const char *calls)
{
	struct path dir = files_path("%s/count-store", test_tmpdir());
	struct fault f = {.calls = calls, .error = "EIO", .short_bytes = -1};
	int acked = -1, status;
	struct bytes text;

	CHECK(mkdir(dir.s, 0700) == 0);
	status = run(&f, dir.s, &acked);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == END_WHOLE);
	EXPECT_U64((uint64_t)acked, STEPS - 1);
	files_remove_tree(dir.s);
	text = test_read(files_path("%s/count", test_tmpdir()).s);
	return text.ptr == NULL ? 0 : atoi((const char *)text.ptr);
}

/* one lets the n-th call fail and looks at what is left. */
static void
one(const struct fault *f)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	int acked = -1, status;

	CHECK(mkdir(dir.s, 0700) == 0);
	status = run(f, dir.s, &acked);
	if (!has_struck())
		test_fail(__FILE__, __LINE__, "call %d never came", f->nth);
	if (f->is_kill)
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	else if (!WIFEXITED(status) || (WEXITSTATUS(status) != END_FAILED &&
					   WEXITSTATUS(status) != END_NO_OPEN))
		test_fail(__FILE__, __LINE__,
		    "call %d failed, but the child ended with %x", f->nth,
		    (unsigned)status);
	(void)plan_reopen(&p, dir.s, acked);
	files_remove_tree(dir.s);
	test_count(1);
}

static void
sweep(struct fault f)
{
	int total, stride;

	if (shim() == NULL) {
		test_skip("faultio.so is not built beside this program");
		return;
	}
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
	sweep((struct fault){.name = "write",
	    .calls = "write",
	    .error = "EIO",
	    .short_bytes = -1});
}

TEST(test_fault_failing_sync_stops_and_loses_nothing)
{
	sweep((struct fault){.name = "sync",
	    .calls = "sync",
	    .error = "EIO",
	    .short_bytes = -1});
}

/* The kernel reports a lost page once; the next sync answers well. */
TEST(test_fault_sync_failing_once_stops_too)
{
	sweep((struct fault){.name = "sync once",
	    .calls = "sync",
	    .error = "EIO",
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
	    .error = "EIO",
	    .is_kill = true,
	    .short_bytes = 100});
}

TEST(test_fault_killed_before_a_sync_loses_nothing)
{
	sweep((struct fault){.name = "kill at sync",
	    .calls = "sync",
	    .error = "EIO",
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
	struct fault f = {.calls = "read", .error = "EIO", .short_bytes = -1};
	int at;

	if (shim() == NULL) {
		test_skip("faultio.so is not built beside this program");
		return;
	}
	plan_init(&p, SEED, STEPS);
	at = half_played(base.s);
	for (f.nth = 1;; f.nth++) {
		int acked = at, status;

		files_copy_tree(base.s, dir.s);
		status = run(&f, dir.s, &acked);
		if (!has_struck())
			break;
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == END_NO_OPEN);
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
