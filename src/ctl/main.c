/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho`: one command line for operators.
 */
#include <sys/stat.h>

#include "ctl/cmd.h"

int
main(int argc, char **argv)
{
	/* Modes are those that we name: users of ours pass our folders. */
	(void)umask(022);
	return cmd_run(argc, argv);
}
