/* SPDX-License-Identifier: Apache-2.0
 *
 * Crashes: a child process plays the plan and is killed at random moments; a
 * folder is copied at every step and its log cut at every byte of the last
 * record. What was acknowledged is there, and either the old head or the new
 * one; never anything else.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "plan.h"
#include "test.h"

/* Kills that must strike. Each lets up to STEPS_MAX steps be acknowledged, so
 * that a slow machine plays as far as a fast one, and then waits for a moment
 * of a step or two. A child may be done by then: hence the tries. */
enum { KILLS = 40, TRIES_MAX = 400, STEPS_MAX = 8, WAIT_US_MAX = 1500 };

static struct plan p;

/* make_store makes an empty store in a new folder. */
static void
make_store(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;

	CHECK(mkdir(dir, 0700) == 0);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	store_close(s);
}

/* play_to_end is the child: it says each step that it has acknowledged. */
static _Noreturn void
play_to_end(const char *dir, int fd)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;

	if (store_open(&s, &c, NULL) != RC_OK)
		_exit(2);
	(void)model_recover(&p.m, s);
	for (int i = plan_where(&p, s) + 1; i < PLAN_STEPS; i++) {
		if (plan_play(&p, s, i, NULL) != RC_OK)
			_exit(3);
		if (write(fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
			_exit(4);
	}
	store_close(s);
	_exit(0);
}

static void
sleep_us(long us)
{
	struct timespec t = {
	    .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	(void)nanosleep(&t, NULL);
}

/* read_ack waits for the child's next word; false when it has ended. */
static bool
read_ack(int fd, int *acked)
{
	int step;

	if (read(fd, &step, sizeof(step)) != (ssize_t)sizeof(step))
		return false;
	*acked = step;
	return true;
}

/* run_and_kill lets a child play some steps and a moment more; returns its
 * wait status, and in acked the last step that it acknowledged. */
static int
run_and_kill(const char *dir, long steps, long us, int *acked)
{
	int fd[2], status = 0;
	pid_t pid;

	CHECK(pipe(fd) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		(void)close(fd[0]);
		play_to_end(dir, fd[1]);
	}
	(void)close(fd[1]);
	while (steps > 0 && read_ack(fd[0], acked))
		steps--;
	sleep_us(us);
	(void)kill(pid, SIGKILL);
	while (read_ack(fd[0], acked))
		continue;
	(void)close(fd[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

TEST(test_crash_killed_at_random_loses_nothing)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	int acked = -1, done = 0;

	plan_init(&p, 21, PLAN_STEPS);
	make_store(dir.s);
	srandom(4);
	for (int i = 0; done < KILLS && i < TRIES_MAX; i++) {
		int status = run_and_kill(dir.s, random() % STEPS_MAX,
		    random() % WAIT_US_MAX, &acked);
		int step = plan_reopen(&p, dir.s, acked);

		if (WIFEXITED(status))
			EXPECT_U64((uint64_t)WEXITSTATUS(status), 0);
		if (step < -1)
			break;
		acked = step;
		done += WIFSIGNALED(status);
		test_count(1);
		if (step + 1 == PLAN_STEPS) {
			files_remove_tree(dir.s);
			make_store(dir.s);
			acked = -1;
		}
	}
	EXPECT_U64((uint64_t)done, KILLS);
	model_free(&p.m);
}

/* play_some plays steps first..last in this process. */
static void
play_some(const char *dir, int first, int last)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;

	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	(void)model_recover(&p.m, s);
	for (int i = first; i <= last; i++)
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
	store_close(s);
}

/* only_append appends the group of a step, without what follows it. */
static void
only_append(const char *dir, int step)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;

	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	(void)model_recover(&p.m, s);
	EXPECT_RC(
	    model_append(s, p.heads[step], p.rewind_to[step], NULL), RC_OK);
	store_close(s);
}

/* cut_everywhere: the folder as before the step, with so much of the new
 * record as each crash could have left. */
static void
cut_everywhere(
    const char *before, const char *after, const char *bent, int step)
{
	struct path log = files_path("%s/log/00000001.seg", after);
	struct path log_bent = files_path("%s/log/00000001.seg", bent);
	struct bytes whole = test_read(log.s);
	uint64_t from = files_size(files_path("%s/log/00000001.seg", before).s);
	uint64_t stride = 1 + (whole.len - from) / 60;

	if (from == 0)
		from = 1; /* no segment yet */
	for (uint64_t len = from; len <= whole.len; len += stride) {
		int got;

		files_copy_tree(before, bent);
		files_write(log_bent.s, bytes_of(whole.ptr, len));
		got = plan_reopen(&p, bent, step - 1);
		EXPECT_U64((uint64_t)(got + 1),
		    (uint64_t)(len == whole.len ? step + 1 : step));
		files_remove_tree(bent);
	}
	files_copy_tree(before, bent);
	files_write(log_bent.s, whole);
	EXPECT_U64((uint64_t)(plan_reopen(&p, bent, step - 1) + 1),
	    (uint64_t)step + 1);
	files_remove_tree(bent);
}

TEST(test_crash_log_cut_anywhere_gives_old_head_or_new)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path after = files_path("%s/after", test_tmpdir());
	struct path bent = files_path("%s/bent", test_tmpdir());
	static const int steps[] = {0, 1, 5, 9, 14, 23, 31, 32, 33};
	int at = -1;

	plan_init(&p, 22, 40);
	make_store(dir.s);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i] - 1 > at)
			play_some(dir.s, at + 1, steps[i] - 1);
		at = steps[i] - 1;
		files_copy_tree(dir.s, after.s);
		only_append(after.s, steps[i]);
		cut_everywhere(dir.s, after.s, bent.s, steps[i]);
		files_remove_tree(after.s);
	}
	model_free(&p.m);
}

/* A copy of the folder at each moment between two writes is what a crash of
 * the machine at that moment leaves, at the least. */
TEST(test_crash_copy_after_each_step_opens)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path bent = files_path("%s/bent", test_tmpdir());
	struct store_conf c = plan_conf(dir.s);
	struct store *s;

	plan_init(&p, 23, 60);
	make_store(dir.s);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	for (int i = 0; i < 60; i++) {
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
		if (i % 3 != 0)
			continue;
		files_copy_tree(dir.s, bent.s);
		EXPECT_U64((uint64_t)plan_reopen(&p, bent.s, i), (uint64_t)i);
		files_remove_tree(bent.s);
	}
	store_close(s);
	model_free(&p.m);
}
