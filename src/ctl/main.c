/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho`: one command line for operators. Finds the subcommand in
 * commands.def and hands over.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
	    "SEKISHO_HOME      state directory (root: /var/lib/sekisho, else "
	    "./var)\n"
	    "SEKISHO_PORT      TLS port (8443)\n"
	    "SEKISHO_RPC_PORT  JSON-RPC port on loopback (8545)\n");
}

int
cmd_usage(const char *name)
{
	const struct command *c = find(name);

	CHECK(c != NULL);
	fprintf(stderr, "usage: sekisho %s %s\n", c->name, c->args);
	return CMD_USAGE;
}

int
cmd_fail(const struct err *e, enum rc rc)
{
	fprintf(stderr, "sekisho: %s\n", err_message(e, rc));
	return CMD_FAILED;
}

static int
help_of(const struct command *c)
{
	printf("usage: sekisho %s %s\n\n%s\n", c->name, c->args, c->help);
	return CMD_OK;
}

int
main(int argc, char **argv)
{
	const struct command *c;

	/* Modes are those that we name: users of ours pass our folders. */
	(void)umask(022);
	if (argc < 2) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return CMD_OK;
	}
	c = find(!strcmp(argv[1], "--version") ? "version" : argv[1]);
	if (c == NULL) {
		fprintf(stderr,
		    "sekisho: no command \"%s\"; see sekisho "
		    "--help\n",
		    argv[1]);
		return CMD_USAGE;
	}
	if (argc == 3 && !strcmp(argv[2], "--help"))
		return help_of(c);
	return c->run(argc - 1, argv + 1);
}
