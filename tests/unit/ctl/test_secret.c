/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass phrases from files. The terminal is the black-box cases' affair.
 */
#include "ctl/secret.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "capture.h"
#include "test.h"

static enum rc
read_text(
    struct secret *s, const char *text, size_t len, mode_t mode, struct err *e)
{
	char path[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/pass", test_tmpdir());
	(void)remove(path);
	test_write(path, "", mode);
	f = fopen(path, "we");
	CHECK(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
	*e = (struct err){0};
	return secret_read(s, path, "pass phrase", true, e);
}

TEST(test_secret_file_by_row)
{
	static const struct {
		const char *name, *text;
		size_t len;
		const char *want, *fault;
	} row[] = {
	    {"line", "abc\n", 4, "abc", NULL},
	    {"no end", "abc", 3, "abc", NULL},
	    {"carriage return", "abc\r\n", 5, "abc", NULL},
	    {"blanks stay", "  a b \n", 7, "  a b ", NULL},
	    {"first line only", "abc\ndef\n", 8, "abc", NULL},
	    {"nothing", "", 0, NULL, "no pass phrase in it"},
	    {"empty line", "\nabc\n", 5, NULL, "the pass phrase is empty"},
	    {"NUL", "ab\0c\n", 5, NULL, "no NUL byte"},
	    {"NUL at the end", "abc\0\n", 5, NULL, "no NUL byte"},
	};
	struct secret s;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		enum rc rc = read_text(&s, row[i].text, row[i].len, 0600, &e);

		test_row(row[i].name);
		EXPECT_RC(rc, row[i].fault == NULL ? RC_OK : RC_CONF);
		if (row[i].fault == NULL)
			EXPECT_STR(s.text, row[i].want);
		else
			EXPECT(strstr(e.text, row[i].fault) != NULL);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_secret_of_any_length_up_to_the_bound)
{
	char text[SECRET_MAX + 8];
	struct secret s;
	struct err e;
	size_t len;

	memset(text, 'x', sizeof(text));
	for (len = SECRET_MAX - 4; len < SECRET_MAX + 4; len++) {
		bool fits = len <= SECRET_MAX - 2;

		text[len] = '\n';
		EXPECT_RC(read_text(&s, text, len + 1, 0600, &e),
		    fits ? RC_OK : RC_CONF);
		if (fits)
			EXPECT_U64(s.len, len);
		text[len] = 'x';
	}
}

TEST(test_secret_that_others_can_read_is_refused)
{
	static const mode_t mode[] = {0644, 0640, 0604, 0620, 0601};
	struct secret s;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_CNT(mode); i++) {
		EXPECT_RC(read_text(&s, "abc\n", 4, mode[i], &e), RC_CONF);
		EXPECT(strstr(e.text, "chmod 600") != NULL);
	}
	EXPECT_RC(read_text(&s, "abc\n", 4, 0400, &e), RC_OK);
	EXPECT_RC(
	    secret_read(&s, "/nonexistent/f", "pass", false, &e), RC_CONF);
}

TEST(test_secret_wiped_is_gone)
{
	struct secret s, zero;
	struct err e;

	memset(&zero, 0, sizeof(zero));
	EXPECT_RC(read_text(&s, "abc\n", 4, 0600, &e), RC_OK);
	secret_wipe(&s);
	EXPECT(memcmp(&s, &zero, sizeof(s)) == 0);
}
