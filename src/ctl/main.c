/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho`: one command line for operators.
 */
#include <sys/stat.h>

#include "base/harden.h"
#include "base/stdfd.h"
#include "ctl/cmd.h"

int
main(int argc, char **argv)
{
	stdfd_fill();
	/* Passwords and keys pass through here. Each program that we start
	 * sees to it itself; the limit of core dumps is inherited, and holds
	 * for PostgreSQL too. */
	harden_memory();
	/* Modes are those that we name: users of ours pass our folders. */
	(void)umask(022);
	return cmd_run(argc, argv);
}
