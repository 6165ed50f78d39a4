/* SPDX-License-Identifier: Apache-2.0
 *
 * Kore's handler of signals, with a memory for each kind. Knows nothing of
 * what they mean.
 */
#include "gateway/signals.h"

#include <signal.h>

#include "base/check.h"
#include "gateway/kore_priv.h"

/* A signal that comes between the look and the wait is seen after this. */
enum { WAIT_MAX_MS = 500 };

static const int kinds[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGCHLD};
static volatile sig_atomic_t came[NSIG];

/* Instead of Kore's own, which kore_shim.h gives another name. */
void
kore_signal(int sig)
{
	came[sig] = 1;
}

/* next_kind returns what is to be handled next, 0 for nothing. */
static int
next_kind(void)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(kinds); i++)
		if (came[kinds[i]] != 0)
			return kinds[i];
	return 0;
}

void
signals_wait(uint64_t timeout_ms)
{
	int sig;

	if (next_kind() != 0)
		timeout_ms = 0;
	kore_platform_event_wait(
	    timeout_ms < WAIT_MAX_MS ? timeout_ms : WAIT_MAX_MS);
	sig = next_kind();
	if (sig == 0 || sig_recv != 0)
		return;
	came[sig] = 0; /* one that comes from now on is another */
	sig_recv = sig;
}
