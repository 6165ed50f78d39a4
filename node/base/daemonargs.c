/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the daemons' command line. They have so few options that no library
 * is needed to tell exactly which argument is wrong.
 */
#include "base/daemonargs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/stdfd.h"
#include "base/version.h"

static void
print_usage(FILE *f, const struct daemon_about *about)
{
	fprintf(f, "usage: %s -c FILE [-t]\n       %s --help | --version\n",
	    about->name, about->name);
}

static bool __attribute__((format(printf, 3, 4)))
wrong(const struct daemon_about *about, int *status, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", about->name);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	print_usage(stderr, about);
	*status = DAEMON_EXIT_USAGE;
	return false;
}

static bool
help(const struct daemon_about *about, int *status)
{
	printf("%s\n", about->what);
	print_usage(stdout, about);
	printf("\n  -c FILE        configuration\n"
	       "  -t             check it and leave\n"
	       "  -h, --help     this text\n"
	       "  -V, --version  name and version\n");
	if (about->more != NULL)
		about->more();
	*status = 0;
	return false;
}

static bool
is_either(const char *arg, const char *brief, const char *full)
{
	return !strcmp(arg, brief) || !strcmp(arg, full);
}

bool
daemon_args_read(struct daemon_args *out, int *status, int argc,
    char *const *argv, const struct daemon_about *about)
{
	struct daemon_args a = {NULL, false};
	int i;

	stdfd_fill();
	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (is_either(arg, "-h", "--help"))
			return help(about, status);
		if (is_either(arg, "-V", "--version")) {
			printf("%s %s\n", about->name, SEKISHO_VERSION);
			*status = 0;
			return false;
		}
		if (!strcmp(arg, "-t"))
			a.only_check = true;
		else if (!strcmp(arg, "-c") && i + 1 < argc)
			a.file = argv[++i];
		else if (!strcmp(arg, "-c"))
			return wrong(about, status, "-c needs a file");
		else if (arg[0] == '-')
			return wrong(about, status, "unknown option %s", arg);
		else
			return wrong(
			    about, status, "unexpected argument %s", arg);
	}
	if (a.file == NULL)
		return wrong(about, status, "-c FILE is missing");
	*out = a;
	return true;
}
