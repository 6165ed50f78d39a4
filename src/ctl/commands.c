/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the subcommand in commands.def, hands over, and sees to it that what
 * was printed has arrived.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/cmd.h"

struct command {
	const char *name, *args, *help;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
#define CMD(name, args, help) {#name, args, help, cmd_##name},
#include "ctl/commands.def"
#undef CMD
};

static const struct command *
find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void
print_help(FILE *out)
{
	size_t i;

	fprintf(out, "usage: sekisho COMMAND [ARGUMENTS]\n\n");
	for (i = 0; i < ARRAY_CNT(commands); i++)
		fprintf(
		    out, "  %-11s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
	    "\n`sekisho COMMAND --help` shows its arguments.\n"
	    "Exit status: 0 done, 1 failed, 2 wrong usage.\n\n"
	    "SEKISHO_HOME      state directory (root: /var/lib/sekisho, else "
	    "./var)\n"
	    "SEKISHO_PORT      TLS port (8443)\n"
	    "SEKISHO_LISTEN    address of the TLS port (127.0.0.1)\n"
	    "SEKISHO_RPC_PORT  JSON-RPC port on loopback (8545)\n"
	    "SEKISHO_LOG_BYTES a log file is rotated above this size "
	    "(16777216)\n");
}

int
cmd_misuse(const char *name, const char *fmt, ...)
{
	const struct command *c = find(name);
	va_list ap;

	CHECK(c != NULL);
	fprintf(stderr, "sekisho %s: ", name);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	fprintf(stderr, "usage: sekisho %s%s%s\n", c->name,
	    c->args[0] == '\0' ? "" : " ", c->args);
	return CMD_USAGE;
}

int
cmd_fail(const struct err *e, enum rc rc)
{
	const char *text = err_message(e, rc);
	size_t len = strlen(text);

	/* PostgreSQL's messages end in a line feed of their own. */
	while (len > 0 && text[len - 1] == '\n')
		len--;
	fprintf(stderr, "sekisho: %.*s\n", (int)len, text);
	return CMD_FAILED;
}

static int
help_of(const struct command *c)
{
	printf("usage: sekisho %s%s%s\n\n%s\n", c->name,
	    c->args[0] == '\0' ? "" : " ", c->args, c->help);
	return CMD_OK;
}

static bool
wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int
run(const char *name, int argc, char **argv)
{
	const struct command *c = find(name);

	if (c == NULL) {
		fprintf(stderr,
		    "sekisho: no command \"%s\"; see sekisho --help\n", name);
		return CMD_USAGE;
	}
	return wants_help(argc, argv) ? help_of(c) : c->run(argc, argv);
}

static int
dispatch(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--version"))
		return run("version", argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0 &&
	    strcmp(argv[1], "help") != 0)
		return run(argv[1], argc - 1, argv + 1);
	if (argc > 2 && find(argv[2]) != NULL)
		return help_of(find(argv[2]));
	print_help(stdout);
	return CMD_OK;
}

int
cmd_run(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	errno = 0;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return status;
	fprintf(stderr, "sekisho: standard output: %s\n",
	    errno != 0 ? strerror(errno) : "not all of it was written");
	return status == CMD_OK ? CMD_FAILED : status;
}
