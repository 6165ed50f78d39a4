/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines, read back from a pipe in place of standard error.
 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

/* struct capture stands for standard error; its pipe holds 64 KiB. */
struct capture {
	int saved, ends[2];
	char text[65536];
};

static struct capture cap;

static void
capture_start(void)
{
	CHECK(pipe(cap.ends) == 0);
	cap.saved = dup(STDERR_FILENO);
	CHECK(cap.saved >= 0 && dup2(cap.ends[1], STDERR_FILENO) >= 0);
}

static const char *
capture_end(void)
{
	size_t len = 0;
	ssize_t n;

	CHECK(dup2(cap.saved, STDERR_FILENO) >= 0);
	(void)close(cap.saved);
	(void)close(cap.ends[1]);
	while ((n = read(cap.ends[0], cap.text + len,
		    sizeof(cap.text) - 1 - len)) > 0)
		len += (size_t)n;
	cap.text[len] = '\0';
	(void)close(cap.ends[0]);
	return cap.text;
}

/* body skips the time: "2026-01-31T12:00:00.000Z " has 25 bytes. */
static const char *
body(const char *line)
{
	return strlen(line) > 25 ? line + 25 : "";
}

TEST(test_log_write_hostile_text_stays_one_line)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
	    {"line end", "a\nb", "a\\nb"},
	    {"return and escape", "\r\x1b[2J", "\\x0d\\x1b[2J"},
	    {"backslash", "\\n", "\\\\n"},
	    {"DEL", "\x7f", "\\x7f"},
	    {"C1 control", "\xc2\x9b", "\\xc2\\x9b"},
	    {"not UTF-8", "\xff\xc3", "\\xff\\xc3"},
	    {"UTF-8", "\xe7\x9f\xb3\xe6\xa9\x8b", "\xe7\x9f\xb3\xe6\xa9\x8b"},
	};
	char want[100];
	size_t i;

	log_open(NULL, LOG_LV_INFO);
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		capture_start();
		log_info("lib", "v=%s", rows[i].in);
		(void)capture_end();
		(void)snprintf(
		    want, sizeof(want), "info  lib v=%s\n", rows[i].want);
		EXPECT_STR(body(cap.text), want);
	}
	test_row(NULL);
}

TEST(test_log_write_long_text_is_cut_and_ended)
{
	char text[4000];
	const char *got;
	size_t i;

	for (i = 0; i + 4 < sizeof(text); i += 3)
		memcpy(text + i, "\xe7\x9f\xb3", 3);
	text[i] = '\0';
	capture_start();
	log_info("lib", "%s", text);
	got = capture_end();
	EXPECT(strlen(got) <= LOG_LINE_MAX);
	EXPECT(strlen(got) > LOG_LINE_MAX - 4);
	EXPECT(strchr(got, '\n') == got + strlen(got) - 1);
	capture_start();
	log_info("lib", "%4000s", "\n");
	got = capture_end();
	EXPECT(strlen(got) <= LOG_LINE_MAX);
}

TEST(test_log_write_head_has_time_level_program_library)
{
	const char *got;

	log_open("noded", LOG_LV_DEBUG);
	capture_start();
	log_debug("chain", "block=%d", 7);
	log_warn("pool", "full");
	log_error("rpc", "x");
	got = capture_end();
	EXPECT(got[4] == '-' && got[10] == 'T' && got[23] == 'Z');
	EXPECT(strncmp(got, "20", 2) == 0);
	EXPECT(strstr(got, "Z debug noded/chain block=7\n") != NULL);
	EXPECT(strstr(got, "Z warn  noded/pool full\n") != NULL);
	EXPECT(strstr(got, "Z error noded/rpc x\n") != NULL);
	log_open(NULL, LOG_LV_INFO);
}

TEST(test_log_write_below_the_level_is_silent)
{
	log_open(NULL, LOG_LV_WARN);
	capture_start();
	log_info("lib", "quiet");
	log_debug("lib", "quiet");
	errno = 77;
	log_warn("lib", "loud");
	EXPECT(errno == 77);
	EXPECT_STR(body(capture_end()), "warn  lib loud\n");
	log_open(NULL, LOG_LV_INFO);
}

/* dump_text reads what log_dump writes. */
static const char *
dump_text(void)
{
	capture_start();
	log_dump(STDERR_FILENO);
	return capture_end();
}

TEST(test_log_dump_has_the_last_lines_in_order)
{
	const char *at;
	char want[32];
	int i;

	capture_start();
	for (i = 0; i < LOG_KEEP + 10; i++)
		log_info("lib", "no=%d.", i);
	(void)capture_end();
	at = dump_text();
	EXPECT(strstr(at, "no=9.") == NULL);
	for (i = 10; i < LOG_KEEP + 10 && at != NULL; i++) {
		(void)snprintf(want, sizeof(want), "lib no=%d.\n", i);
		at = strstr(at, want);
		EXPECT(at != NULL);
	}
}

#define LINE_TAIL "0123456789 0123456789 0123456789 0123456789 0123456789"

static void *
write_lines(void *arg)
{
	int i;

	for (i = 0; i < 100; i++)
		log_info("lib", "thread=%s " LINE_TAIL, (const char *)arg);
	return NULL;
}

/* check_whole checks that every line is one of the two whole ones. */
static size_t
check_whole(char *text)
{
	char *line, *rest = text;
	size_t cnt = 0;

	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		EXPECT(!strcmp(body(line), "info  lib thread=a " LINE_TAIL) ||
		       !strcmp(body(line), "info  lib thread=b " LINE_TAIL));
		cnt++;
	}
	return cnt;
}

TEST(test_log_write_two_threads_do_not_mix_lines)
{
	static char a[] = "a", b[] = "b";
	pthread_t threads[2];

	capture_start();
	CHECK(pthread_create(&threads[0], NULL, write_lines, a) == 0);
	CHECK(pthread_create(&threads[1], NULL, write_lines, b) == 0);
	CHECK(pthread_join(threads[0], NULL) == 0);
	CHECK(pthread_join(threads[1], NULL) == 0);
	(void)capture_end();
	EXPECT_U64(check_whole(cap.text), 200);
	(void)dump_text();
	EXPECT(check_whole(cap.text) >= LOG_KEEP - 2);
}

TEST(test_log_write_without_standard_error_is_kept)
{
	int saved = dup(STDERR_FILENO);

	CHECK(saved >= 0 && close(STDERR_FILENO) == 0);
	log_info("lib", "nobody reads this");
	CHECK(dup2(saved, STDERR_FILENO) >= 0 && close(saved) == 0);
	EXPECT(strstr(dump_text(), "lib nobody reads this\n") != NULL);
	log_dump(-1);
}

TEST(test_log_write_long_names_are_cut)
{
	static const char name[] =
	    "a name that is much longer than any library "
	    "of ours will ever have";
	const char *got;

	capture_start();
	log_info(name, "x");
	got = capture_end();
	EXPECT(strlen(got) < 80);
	EXPECT(strstr(got, "a name that is much longer") != NULL);
}
