/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of subcommands: what is refused, and that the refusal names it.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "capture.h"
#include "ctl/args.h"
#include "test.h"

enum { WORDS_MAX = ARGS_MAX + 16 };

struct got {
	struct args args;
	const char *file, *conf;
	bool is_dry, is_good;
	const char *said;
};

/* Words with blanks between, the first one a subcommand. */
static struct got
read_words(char *line, size_t min, size_t max)
{
	struct got g = {.file = NULL};
	struct arg_option option[] = {
	    {"--file", &g.file, NULL},
	    {"--conf", &g.conf, NULL},
	    {"--dry", NULL, &g.is_dry},
	};
	char *argv[WORDS_MAX], *rest = NULL;
	int argc = 0;

	for (char *w = strtok_r(line, " ", &rest); w != NULL;
	     w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	capture_begin(2);
	g.is_good =
	    args_read(&g.args, argc, argv, option, ARRAY_CNT(option), min, max);
	g.said = capture_end();
	return g;
}

TEST(test_args_refused_by_row)
{
	static const struct {
		const char *line, *fault;
	} row[] = {
	    {"rpc", "an argument is missing"},
	    {"rpc a b c d", "\"d\" is one argument too many"},
	    {"rpc a --nonsense", "\"--nonsense\" is not one of its options"},
	    {"rpc a -x", "\"-x\" is not one of its options"},
	    {"rpc a --fil x", "\"--fil\" is not one of its options"},
	    {"rpc a --files x", "\"--files\" is not one of its options"},
	    {"rpc a --file", "\"--file\" needs a value"},
	    {"rpc a --file=", "\"--file=\" needs a value"},
	    {"rpc a --file x --file y", "\"--file\" is given twice"},
	    {"rpc a --dry=yes", "\"--dry=yes\" takes no value"},
	    {"rpc a -- b c --dry", "\"--dry\" is one argument too many"},
	};
	char line[64];
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct got g;

		test_row(row[i].line);
		(void)snprintf(line, sizeof(line), "%s", row[i].line);
		g = read_words(line, 1, 3);
		EXPECT(!g.is_good);
		EXPECT(strstr(g.said, row[i].fault) != NULL);
		EXPECT(strstr(g.said, "usage: sekisho rpc ") != NULL);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_args_options_stand_anywhere)
{
	char line[] = "rpc --dry a --file f --conf=c=d b";
	struct got g = read_words(line, 1, 3);

	EXPECT(g.is_good);
	EXPECT_U64(g.args.cnt, 2);
	EXPECT_STR(g.args.at[0], "a");
	EXPECT_STR(g.args.at[1], "b");
	EXPECT(g.args.at[2] == NULL);
	EXPECT_STR(g.file, "f");
	EXPECT_STR(g.conf, "c=d");
	EXPECT(g.is_dry);
}

TEST(test_args_dashes_that_are_no_options)
{
	char line[] = "rpc - -5 -.5";
	char behind[] = "rpc -- --file -x";
	char value[] = "rpc a --file -";
	struct got g = read_words(line, 1, 3);

	EXPECT(g.is_good);
	EXPECT_U64(g.args.cnt, 3);
	g = read_words(behind, 1, 3);
	EXPECT(g.is_good);
	EXPECT_STR(g.args.at[0], "--file");
	EXPECT(g.file == NULL);
	g = read_words(value, 1, 3);
	EXPECT(g.is_good);
	EXPECT_STR(g.file, "-");
}

TEST(test_args_more_than_the_bound_are_refused)
{
	char line[4 * WORDS_MAX] = "rpc";
	struct got g;
	size_t i;

	for (i = 0; i < ARGS_MAX + 1; i++)
		memcpy(line + 3 + 2 * i, " a", 3);
	g = read_words(line, 1, ARGS_MAX + 5);
	EXPECT(!g.is_good);
	EXPECT(strstr(g.said, "one argument too many") != NULL);
}
