/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits and flags of the process. None of them can fail for a process of its
 * own, so nothing is told.
 */
#include "base/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void
harden_memory(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void
harden_daemon(void)
{
	harden_memory();
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
