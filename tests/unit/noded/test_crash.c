/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that crash in every way we know, and what they still say.
 */
#include "noded/crash.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/store.h"
#include "test.h"

/* More than any stack, touched from the top in steps that cannot pass over
 * the guard below it. */
enum {
	STACK_MAX = 8 * 1024 * 1024,
	FRAME = 64 * 1024 * 1024,
	STEP = 4096,
	WORDS_MAX = 8192
};

__attribute__((noinline)) static void
overflow(void)
{
	volatile char room[FRAME];
	size_t at;

	for (at = FRAME - 1; at > STEP; at -= STEP)
		room[at] = room[at - 1];
}

static void *
overflow_thread(void *with_stack)
{
	if (with_stack != NULL)
		crash_thread();
	overflow();
	return NULL;
}

static void
in_thread(bool with_stack)
{
	pthread_t t;

	CHECK(pthread_create(
		  &t, NULL, overflow_thread, with_stack ? &t : NULL) == 0);
	pthread_join(t, NULL);
}

static void
crash_in_thread(void)
{
	in_thread(true);
}

static void
crash_in_main(void)
{
	overflow();
}

static void
crash_by_abort(void)
{
	abort();
}

static void
crash_by_signal(void)
{
	raise(SIGBUS);
}

/* As the store's file is mapped, and cut by somebody. */
static void
crash_by_cut_file(void)
{
	const volatile char *page;
	FILE *f = tmpfile();

	CHECK(f != NULL && ftruncate(fileno(f), STEP) == 0);
	page = mmap(NULL, STEP, PROT_READ, MAP_SHARED, fileno(f), 0);
	CHECK(page != MAP_FAILED && page[0] == 0);
	CHECK(ftruncate(fileno(f), 0) == 0);
	_exit(page[0]);
}

/* Runs act in a process with the handlers; its last words and its end. */
static int
last_words(char words[WORDS_MAX], void (*act)(void))
{
	struct rlimit none = {0, 0}, stack = {STACK_MAX, STACK_MAX};
	int out[2], status = 0;
	size_t len = 0;
	ssize_t n = 1;
	pid_t pid;

	CHECK(pipe(out) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)setrlimit(RLIMIT_STACK, &stack);
		log_open("test", LOG_LV_INFO);
		crash_install();
		log_info("test", "the last line before");
		act();
		_exit(0);
	}
	close(out[1]);
	while (n > 0 && len < WORDS_MAX - 1) {
		n = read(out[0], words + len, WORDS_MAX - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	words[len] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
expect_words(int sig, void (*act)(void))
{
	static const char line[] = "the last line before";
	char words[WORDS_MAX];
	const char *head, *first;

	EXPECT_U64((uint64_t)last_words(words, act), (uint64_t)sig);
	first = strstr(words, line);
	head = strstr(words, "fatal signal; last lines:");
	EXPECT(first != NULL && head != NULL && first < head);
	EXPECT(head != NULL && strstr(head, line) != NULL);
}

TEST(test_crash_abort_and_bus_error_leave_last_words)
{
	expect_words(SIGABRT, crash_by_abort);
	expect_words(SIGBUS, crash_by_signal);
}

TEST(test_crash_on_a_cut_file_says_so_last)
{
	static const char text[] = "noded: " STORE_CUT_TEXT;
	char words[WORDS_MAX];
	size_t len;

	EXPECT_U64((uint64_t)last_words(words, crash_by_cut_file), SIGBUS);
	len = strlen(words);
	EXPECT(
	    len >= strlen(text) && !strcmp(words + len - strlen(text), text));
	(void)last_words(words, crash_by_signal);
	EXPECT(strstr(words, "data.mdb") == NULL);
}

TEST(test_crash_overflow_of_the_main_stack_leaves_last_words)
{
	expect_words(SIGSEGV, crash_in_main);
}

TEST(test_crash_overflow_of_a_thread_leaves_last_words)
{
	expect_words(SIGSEGV, crash_in_thread);
}
