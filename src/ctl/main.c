/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho`: one command line for operators.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/stdfd.h"
#include "ctl/cmd.h"

/*
 * Passwords and keys pass through here: no core, and no look by others of the
 * same user. exec takes the second back in what we start, so that each
 * program sees to it itself; the limit is inherited, and holds for PostgreSQL
 * too.
 */
static void
harden(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int
main(int argc, char **argv)
{
	stdfd_fill();
	harden();
	/* Modes are those that we name: users of ours pass our folders. */
	(void)umask(022);
	return cmd_run(argc, argv);
}
