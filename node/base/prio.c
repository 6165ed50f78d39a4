/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices and niceness of the calling thread. libc knows neither call for a
 * slice, and its name for the structure came later than our oldest libc.
 */
#include "base/prio.h"

#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's shortest. */
enum { PROMPT_SLICE_NS = 100 * 1000 };

void
prio_prompt(void)
{
	struct sched_attr a = {.size = sizeof(a)};

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) != 0)
		return;
	a.sched_runtime = PROMPT_SLICE_NS;
	(void)syscall(SYS_sched_setattr, 0, &a, 0);
}

void
prio_behind(int by)
{
	/* On Linux this is the priority of the calling thread. */
	(void)setpriority(PRIO_PROCESS, 0, by);
}
