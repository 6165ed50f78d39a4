/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line as a whole, without a state: help, usage, exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "capture.h"
#include "ctl/cmd.h"
#include "test.h"

enum { WORDS_MAX = 8 };

static const char *said;

/* Words with blanks between; fd is the one that is looked at. */
static int
run(int fd, const char *line)
{
	char text[128], *argv[WORDS_MAX + 1] = {NULL}, *rest = NULL;
	int argc = 0, status;

	(void)snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok_r(text, " ", &rest);
	     w != NULL && argc < WORDS_MAX; w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	capture_begin(fd);
	status = cmd_run(argc, argv);
	said = capture_end();
	return status;
}

static const char *const names[] = {
#define CMD(name, args, help) #name,
#include "ctl/commands.def"
#undef CMD
};

TEST(test_commands_each_has_help)
{
	char line[64], want[64];
	size_t i;

	for (i = 0; i < ARRAY_CNT(names); i++) {
		test_row(names[i]);
		(void)snprintf(
		    want, sizeof(want), "usage: sekisho %s", names[i]);
		(void)snprintf(
		    line, sizeof(line), "sekisho %s --help", names[i]);
		EXPECT(run(1, line) == CMD_OK);
		EXPECT(!strncmp(said, want, strlen(want)));
		(void)snprintf(line, sizeof(line), "sekisho help %s", names[i]);
		EXPECT(run(1, line) == CMD_OK);
		EXPECT(!strncmp(said, want, strlen(want)));
		EXPECT(run(1, "sekisho --help") == CMD_OK);
		EXPECT(strstr(said, names[i]) != NULL);
	}
	test_count(i);
	test_row(NULL);
}

/* None of them does anything before it knows what is asked for. */
TEST(test_commands_each_refuses_an_unknown_option)
{
	char line[64];
	size_t i;

	for (i = 0; i < ARRAY_CNT(names); i++) {
		test_row(names[i]);
		(void)snprintf(
		    line, sizeof(line), "sekisho %s --nonsense", names[i]);
		EXPECT(run(2, line) == CMD_USAGE);
		EXPECT(
		    strstr(said, "\"--nonsense\" is not one of its") != NULL);
		EXPECT(strstr(said, "usage: sekisho ") != NULL);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_commands_wrong_usage_by_row)
{
	static const char *const row[] = {"sekisho", "sekisho nonsense",
	    "sekisho --nonsense", "sekisho up now", "sekisho init",
	    "sekisho init --dev now", "sekisho genesis", "sekisho rpc",
	    "sekisho genesis a b", "sekisho account",
	    "sekisho account nonsense", "sekisho account import",
	    "sekisho account new f", "sekisho account list f", "sekisho export",
	    "sekisho export f 1 2 3", "sekisho import", "sekisho import a b",
	    "sekisho user", "sekisho user add", "sekisho user add wallet",
	    "sekisho user list wallet ann", "sekisho user add ../wallet ann",
	    "sekisho user drop wallet ann", "sekisho credentials",
	    "sekisho credentials a b", "sekisho version now",
	    "sekisho status now", "sekisho audit now", "sekisho migrate now",
	    "sekisho explain", "sekisho explain GET", "sekisho explain GET / x",
	    "sekisho explain GET / -H", "sekisho explain GET / --id x",
	    "sekisho explain GET --id x", "sekisho explain GET / --from"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT(run(2, row[i]) == CMD_USAGE);
		EXPECT(said[0] != '\0');
	}
	test_count(i);
	test_row(NULL);
}

/* Each names the folder, the variable that moves it, and what makes a state,
 * except as root where system users are missing. */
TEST(test_commands_without_a_state_say_so)
{
	static const char *const row[] = {"sekisho status",
	    "sekisho status --json", "sekisho migrate", "sekisho rpc eth_x",
	    "sekisho check", "sekisho audit", "sekisho account new",
	    "sekisho account list", "sekisho user list wallet",
	    "sekisho user add wallet ann", "sekisho credentials wallet",
	    "sekisho explain GET /", "sekisho explain --id x"};
	char dir[64];
	size_t i;

	(void)snprintf(dir, sizeof(dir), "%s/none", test_tmpdir());
	CHECK(setenv("SEKISHO_HOME", dir, 1) == 0);
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT(run(2, row[i]) == CMD_FAILED);
		if (strstr(said, "no system user") != NULL)
			continue;
		EXPECT(strstr(said, dir) != NULL);
		EXPECT(strstr(said, "SEKISHO_HOME") != NULL);
		EXPECT(strstr(said, "`sekisho up`") != NULL);
	}
	(void)unsetenv("SEKISHO_HOME");
	test_count(i);
	test_row(NULL);
}

TEST(test_commands_export_refuses_numbers_by_row)
{
	static const char *const row[] = {"sekisho export f x",
	    "sekisho export f 0x10", "sekisho export f -1",
	    "sekisho export f 2 1", "sekisho export f 99999999999999999999"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT(run(2, row[i]) == CMD_FAILED);
		EXPECT(strstr(said, "block") != NULL);
	}
	test_count(i);
	test_row(NULL);
}
