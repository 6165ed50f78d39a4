/* SPDX-License-Identifier: Apache-2.0
 *
 * Stands in front of the C library: the calls of faults.def go to the kernel
 * from here, or fail.
 */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	enum fault fault;
	int code;
	unsigned nth, cnt, failed;
} plan;
static unsigned syncs;

static bool
fails(enum fault f)
{
	if (f == FAULT_fdatasync)
		syncs++;
	if (plan.fault != f || plan.cnt == 0 || --plan.nth > 0)
		return false;
	plan.nth = 1;
	plan.cnt--;
	plan.failed++;
	errno = plan.code;
	return true;
}

#define ONLY(...) __VA_ARGS__
#define FAULT(name, number, ret, params, args)                                 \
	ret name params                                                        \
	{                                                                      \
		if (fails(FAULT_##name))                                       \
			return -1;                                             \
		return (ret)syscall(number, ONLY args);                        \
	}
#define FAULT_LAST(name)
#include "faults.def"
#undef FAULT
#undef FAULT_LAST

int
prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;
	unsigned i;

	va_start(ap, option);
	for (i = 0; i < 4; i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (fails(FAULT_prctl))
		return -1;
	return (int)syscall(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
}

const char *
fault_name(enum fault f)
{
	static const char *const names[] = {
	    "none",
#define FAULT(name, number, ret, params, args) #name,
#define FAULT_LAST(name)                       #name,
#include "faults.def"
#undef FAULT
#undef FAULT_LAST
	};

	return names[f];
}

void
fault_set(enum fault f, int code, unsigned nth, unsigned cnt)
{
	plan.fault = f;
	plan.code = code;
	plan.nth = nth;
	plan.cnt = cnt;
	plan.failed = 0;
}

unsigned
fault_clear(void)
{
	plan.fault = FAULT_NONE;
	return plan.failed;
}

unsigned
fault_sync_cnt(void)
{
	return syncs;
}
