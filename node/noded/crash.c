/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of fatal signals. They use only what is safe in a handler, and
 * then let the default action end the process.
 */
#include "noded/crash.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

/* The handler's own stack: the thread's may be what overflowed. */
static _Alignas(16) unsigned char stack[65536];

static void
on_fatal(int sig)
{
	static const char text[] = "noded: fatal signal; last lines:\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	log_dump(STDERR_FILENO);
	(void)raise(sig); /* SA_RESETHAND: this time the default acts */
}

void
crash_install(void)
{
	static const int fatal[] = {
	    SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
	struct sigaction sa = {.sa_handler = on_fatal,
	    .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
	size_t i;

	(void)sigaltstack(&ss, NULL);
	for (i = 0; i < ARRAY_CNT(fatal); i++)
		(void)sigaction(fatal[i], &sa, NULL);
}
