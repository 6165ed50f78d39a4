/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemons' command line, row by row.
 */
#include "base/daemonargs.h"

#include "base/check.h"
#include "test.h"

static const struct daemon_about about = {"daemon", "A daemon.\n", NULL};

TEST(test_daemon_args_by_row)
{
	static const struct {
		const char *args[5];
		int status; /* -1: goes on */
		const char *file;
		bool only_check;
	} row[] = {
	    {{NULL}, 2, NULL, false},
	    {{"-c", NULL}, 2, NULL, false},
	    {{"-t", NULL}, 2, NULL, false},
	    {{"file", NULL}, 2, NULL, false},
	    {{"-c", "f", "g", NULL}, 2, NULL, false},
	    {{"-c", "f", "-x", NULL}, 2, NULL, false},
	    {{"--bogus", NULL}, 2, NULL, false},
	    {{"--helpx", NULL}, 2, NULL, false},
	    {{"-", NULL}, 2, NULL, false},
	    {{"", NULL}, 2, NULL, false},
	    {{"--help", NULL}, 0, NULL, false},
	    {{"-c", "f", "-h", NULL}, 0, NULL, false},
	    {{"--version", NULL}, 0, NULL, false},
	    {{"-V", "--bogus", NULL}, 0, NULL, false},
	    {{"-c", "f", NULL}, -1, "f", false},
	    {{"-t", "-c", "f", NULL}, -1, "f", true},
	    {{"-c", "f", "-t", NULL}, -1, "f", true},
	    {{"-c", "-t", NULL}, -1, "-t", false},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		char *argv[6] = {(char *)(uintptr_t) "daemon"};
		struct daemon_args a = {0};
		int status = -1, argc = 1;

		for (; row[i].args[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)row[i].args[argc - 1];
		test_row(argc > 1 ? row[i].args[argc - 2] : "none");
		EXPECT(daemon_args_read(&a, &status, argc, argv, &about) ==
		       (row[i].status == -1));
		EXPECT(status == row[i].status);
		EXPECT((a.file == NULL) == (row[i].file == NULL));
		if (a.file != NULL && row[i].file != NULL)
			EXPECT_STR(a.file, row[i].file);
		EXPECT(a.only_check == row[i].only_check);
	}
	test_row(NULL);
}
