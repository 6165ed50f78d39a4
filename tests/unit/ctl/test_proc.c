/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: last words, time to stop, and the pause before another
 * try.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "capture.h"
#include "ctl/proc.h"
#include "test.h"

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static pid_t
start_and_listen(const char *script, int *said)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct home h = test_home();
	char log[PATH_MAX];
	struct err e = {0};
	pid_t pid = -1;

	(void)snprintf(log, sizeof(log), "%s/log", test_tmpdir());
	EXPECT_RC(proc_start(&h, HOME_SELF, log, argv, &pid, said, &e), RC_OK);
	return pid;
}

static pid_t
start(const char *script)
{
	return start_and_listen(script, NULL);
}

static const char *
log_text(void)
{
	char path[PATH_MAX];
	struct bytes b;

	(void)snprintf(path, sizeof(path), "%s/log", test_tmpdir());
	b = test_read(path);
	return b.ptr == NULL ? "" : (const char *)b.ptr;
}

/* Waits until the child has written so many bytes. */
static bool
wait_log(size_t len)
{
	struct timespec t = {.tv_nsec = 5000000};
	char path[PATH_MAX];
	struct stat st;
	int i;

	(void)snprintf(path, sizeof(path), "%s/log", test_tmpdir());
	for (i = 0; i < 2000; i++) {
		if (stat(path, &st) == 0 && (size_t)st.st_size >= len)
			return true;
		(void)nanosleep(&t, NULL);
	}
	return false;
}

static void
swallow(int sig)
{
	(void)sig;
}

/* The parent's handler stands in the child until its exec. */
TEST(test_proc_stop_right_after_start_is_not_swallowed)
{
	struct sigaction sa = {.sa_handler = swallow}, old;
	int i;

	EXPECT(sigaction(SIGTERM, &sa, &old) == 0);
	for (i = 0; i < 50; i++)
		EXPECT(proc_stop(start("exec sleep 60"), SIGTERM, 2000));
	EXPECT(sigaction(SIGTERM, &old, NULL) == 0);
}

TEST(test_proc_delay_by_row)
{
	static const struct {
		const char *name;
		int last;
		uint64_t ran;
		int want;
	} row[] = {
	    {"first death", 0, 0, 250},
	    {"first death after long", 0, 1000000, 250},
	    {"again at once", 250, 5, 500},
	    {"third", 500, 1000, 1000},
	    {"it was well between", 8000, 1001, 250},
	    {"near the bound", 7000, 0, 14000},
	    {"at half the bound", 7500, 0, 15000},
	    {"above half", 8000, 0, 15000},
	    {"at the bound", 15000, 0, 15000},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].name);
		EXPECT_U64((uint64_t)proc_delay_ms(row[i].last, row[i].ran),
		    (uint64_t)row[i].want);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_proc_run_failing_says_its_last_words)
{
	const char *bad[] = {
	    "sh", "-c", "echo first; echo 'the reason' >&2; exit 3", NULL};
	const char *none[] = {"/nonexistent/program", NULL};
	const char *good[] = {"true", NULL};
	struct err e = {0};

	EXPECT_RC(proc_run_quiet(bad, &e), RC_IO);
	EXPECT_STR(e.text, "sh failed: first\nthe reason");
	e.text[0] = '\0';
	EXPECT_RC(proc_run_quiet(none, &e), RC_IO);
	EXPECT(strstr(e.text, "No such file or directory") != NULL);
	EXPECT_RC(proc_run_quiet(good, &e), RC_OK);
}

TEST(test_proc_read_keeps_the_end)
{
	const char *argv[] = {"sh", "-c", "printf '0123456789\\n\\n'", NULL};
	char said[6];

	EXPECT_RC(proc_read(argv, said, sizeof(said), NULL), RC_OK);
	EXPECT_STR(said, "789");
}

TEST(test_proc_run_much_output_does_not_hang)
{
	const char *argv[] = {
	    "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x", NULL};
	char said[4];

	EXPECT_RC(proc_read(argv, said, sizeof(said), NULL), RC_OK);
	EXPECT_STR(said, "xxx");
}

TEST(test_proc_start_has_a_group_and_a_log)
{
	pid_t pid = start("echo out; echo err >&2; sleep 60");

	EXPECT(getpgid(pid) == pid);
	EXPECT(wait_log(8));
	EXPECT(strstr(log_text(), "out\nerr\n") != NULL);
	EXPECT(proc_stop(pid, SIGTERM, 5000));
	EXPECT(kill(pid, 0) == -1);
}

TEST(test_proc_end_is_told_by_row)
{
	static const struct {
		const char *script, *want;
	} row[] = {
	    {"exit 7", "left with status 7"},
	    {"kill -9 $$", "was ended by signal 9 (Killed)"},
	    {"exec /nonexistent", "left with status 127"},
	};
	char why[96];
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		pid_t pid = start(row[i].script);
		uint64_t until = now_ms() + 10000;

		test_row(row[i].script);
		while (proc_is_alive(pid, why, sizeof(why)) && now_ms() < until)
			;
		EXPECT_STR(why, row[i].want);
		EXPECT(!proc_is_alive(pid, why, sizeof(why)));
		EXPECT_STR(why, "is gone");
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_proc_stop_kills_what_does_not_listen)
{
	pid_t pid = start("trap '' TERM; echo; while :; do sleep 1; done");

	EXPECT(wait_log(1));
	EXPECT(!proc_stop(pid, SIGTERM, 200));
	EXPECT(kill(pid, 0) == -1);
	EXPECT(proc_stop(0, SIGTERM, 200));
}

/* Its own line counts, and its end is none. */
TEST(test_proc_has_said_by_the_program_only)
{
	char why[96];
	int said = -1;
	pid_t pid;

	EXPECT(!proc_has_said(&said));
	pid = start_and_listen("echo ready >/proc/self/fd/$READY_FD", &said);
	EXPECT(said != -1);
	while (proc_is_alive(pid, why, sizeof(why)))
		;
	EXPECT(proc_has_said(&said));
	EXPECT(said == -1);
	EXPECT(!proc_has_said(&said));

	pid = start_and_listen("exit 0", &said);
	while (proc_is_alive(pid, why, sizeof(why)))
		;
	EXPECT(!proc_has_said(&said));
	EXPECT(said != -1);
	close(said);
}

TEST(test_proc_start_without_said_names_no_descriptor)
{
	char why[96];
	pid_t pid;

	CHECK(setenv("READY_FD", "7", 1) == 0);
	pid = start("echo fd=$READY_FD.");
	while (proc_is_alive(pid, why, sizeof(why)))
		;
	(void)unsetenv("READY_FD");
	EXPECT(strstr(log_text(), "fd=.") != NULL);
}
