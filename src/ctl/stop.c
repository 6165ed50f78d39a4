/* SPDX-License-Identifier: Apache-2.0
 *
 * Notes signals. Ends nothing.
 */
#include "ctl/stop.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t noted;

static void
on_signal(int sig)
{
	noted = sig;
}

void
stop_catch(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int
stop_signal(void)
{
	return noted;
}

enum rc
stop_check(struct err *e)
{
	int sig = noted;

	if (sig == 0)
		return RC_OK;
	return FAIL(e, RC_UNAVAILABLE, "stopped by signal %d (%s)", sig,
	    sigdescr_np(sig));
}
