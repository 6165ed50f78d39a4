/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of fatal signals. They use only what is safe in a handler, and
 * then let the default action end the process.
 */
#include "noded/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/store.h"

/* The handler's own stack, one for each thread: the thread's may be what
 * overflowed. Below it lies a page that nobody may touch. */
enum { STACK_BYTES = 65536, GUARD_BYTES = 65536 };

static void
on_fatal(int sig, siginfo_t *info, void *context)
{
	static const char text[] = "noded: fatal signal; last lines:\n";
	static const char cut[] = "noded: " STORE_CUT_TEXT;

	(void)context;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	log_dump(STDERR_FILENO);
	/* Last, for who shows one line shows the last one. */
	if (sig == SIGBUS && info->si_code == BUS_ADRERR)
		(void)!write(STDERR_FILENO, cut, sizeof(cut) - 1);
	(void)raise(sig); /* SA_RESETHAND: this time the default acts */
}

/* Sanitizers bring stacks of their own. */
static bool
has_stack(void)
{
	stack_t old;

	return sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) == 0;
}

void
crash_thread(void)
{
	stack_t ss = {.ss_size = STACK_BYTES};
	uint8_t *map;

	if (has_stack())
		return;
	map = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (map == MAP_FAILED)
		return;
	ss.ss_sp = map + GUARD_BYTES;
	if (mprotect(ss.ss_sp, STACK_BYTES, PROT_READ | PROT_WRITE) != 0 ||
	    sigaltstack(&ss, NULL) != 0)
		(void)munmap(map, GUARD_BYTES + STACK_BYTES);
}

void
crash_install(void)
{
	static const int fatal[] = {
	    SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
	struct sigaction sa = {.sa_sigaction = on_fatal,
	    .sa_flags =
		(int)(SA_SIGINFO | SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};
	size_t i;

	crash_thread();
	for (i = 0; i < ARRAY_CNT(fatal); i++)
		(void)sigaction(fatal[i], &sa, NULL);
}
