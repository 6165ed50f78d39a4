/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands of `sekisho`. Each gets its own arguments (argv[0] is the
 * subcommand's name), prints its result to standard output and what went
 * wrong to standard error.
 *
 * Returns an exit status: 0 done, 1 failed, 2 wrong usage.
 */
#ifndef CTL_CMD_H
#define CTL_CMD_H

#include "base/err.h"

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

#define CMD(name, args, help) int cmd_##name(int argc, char **argv);
#include "ctl/commands.def"
#undef CMD

/* cmd_run runs the whole command line, argv[1] being the subcommand, and
 * fails when its output could not be written. */
int cmd_run(int argc, char **argv);

/* cmd_fail prints "sekisho: CONTEXT" and returns CMD_FAILED. */
int cmd_fail(const struct err *e, enum rc rc);

/* cmd_misuse says what is wrong with the arguments of a subcommand, prints
 * its usage line behind that and returns CMD_USAGE. */
int cmd_misuse(const char *name, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
