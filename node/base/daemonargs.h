/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments that each of our daemons takes: -c FILE, -t, --help and
 * --version.
 */
#ifndef BASE_DAEMONARGS_H
#define BASE_DAEMONARGS_H

#include <stdbool.h>

struct daemon_args {
	const char *file; /* configuration, never NULL */
	bool only_check;  /* -t */
};

/* struct daemon_about is what --help tells. */
struct daemon_about {
	const char *name;
	const char *what;   /* lines about what it is, each ended */
	void (*more)(void); /* prints what else there is to say, or NULL */
};

/* Exit status for wrong usage. */
enum { DAEMON_EXIT_USAGE = 2 };

/*
 * daemon_args_read reads the command line; help and version go to standard
 * output, what is wrong with it to standard error, the argument named.
 *
 * out      set only when true is returned
 * status   set only when false is returned: what to exit with
 * Returns  true to go on
 */
bool daemon_args_read(struct daemon_args *out, int *status, int argc,
    char *const *argv, const struct daemon_about *about);

#endif
