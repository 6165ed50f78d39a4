/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs.conf: every setting's bad values, and what is said of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ini.h"
#include "jobs/conf.h"
#include "jobs/pg.h"
#include "test.h"

#define BOTH "node = /n\ndatabase = \"host=/x user=jobs\"\n"

static const char *
write_conf(const char *text, size_t len)
{
	static char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/jobs.conf", test_tmpdir());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	EXPECT(write(fd, text, len) == (ssize_t)len);
	close(fd);
	return path;
}

TEST(test_jobs_conf_by_row)
{
	static const struct {
		const char *name, *text;
		const char *fault; /* behind FILE, NULL: good */
	} row[] = {
	    {"both", BOTH, NULL},
	    {"all", BOTH "poll = 1s\nbatch = 7\n", NULL},
	    {"nothing", "", ": node must be set"},
	    {"no node", "database = \"host=/x\"\n", ": node must be set"},
	    {"no database", "node = /n\n", ": database must be set"},
	    {"empty node", BOTH "\n", NULL},
	    {"node is empty", "node =\n", ":1: node: is empty"},
	    {"database is empty", "database =\n", ":1: database: is empty"},
	    {"database is no connection text", "\n\ndatabase = host\n",
		":3: database: missing \"=\" after \"host\" in connection "
		"info string"},
	    {"database with an unknown word", "database = \"hosd=x\"\n",
		":1: database: invalid connection option \"hosd\""},
	    {"twice", BOTH "node = /m\n", ":3: node stands here twice"},
	    {"unknown", BOTH "nod = /m\n", ":3: unknown setting nod"},
	    {"section", BOTH "[x]\n", ":3: this file has no sections"},
	    {"no equals sign", BOTH "node\n", ":3: expected key = value"},
	    {"poll without unit", BOTH "poll = 5\n",
		":3: poll: \"5\" is not a duration such as 250ms, 10s or 5m"},
	    {"poll short", BOTH "poll = 9ms\n",
		":3: poll: 9 ms is outside 10 to 60000 ms"},
	    {"poll long", BOTH "poll = 61s\n",
		":3: poll: 61000 ms is outside 10 to 60000 ms"},
	    {"batch negative", BOTH "batch = -1\n",
		":3: batch: \"-1\" is not a whole number"},
	    {"batch zero", BOTH "batch = 0\n",
		":3: batch: 0 is outside 1 to 10000"},
	    {"batch large", BOTH "batch = 10001\n",
		":3: batch: 10001 is outside 1 to 10000"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *path = write_conf(row[i].text, strlen(row[i].text));
		struct jobs_conf c;
		struct err e = {0};
		struct arena a;
		char want[256];

		test_row(row[i].name);
		arena_init(&a, 2 << 20);
		EXPECT_RC(jobs_conf_read(&a, &c, path, &e),
		    row[i].fault == NULL ? RC_OK : RC_CONF);
		(void)snprintf(want, sizeof(want), "%s%s", path,
		    row[i].fault == NULL ? "" : row[i].fault);
		if (row[i].fault != NULL)
			EXPECT_STR(e.text, want);
		arena_drop(&a);
		test_row(NULL);
	}
}

TEST(test_jobs_conf_values_arrive)
{
	static const char text[] = BOTH "poll = 1s\nbatch = 7\n";
	struct jobs_conf c;
	struct arena a;

	arena_init(&a, 2 << 20);
	EXPECT_RC(jobs_conf_read(&a, &c, write_conf(text, strlen(text)), NULL),
	    RC_OK);
	EXPECT_STR(c.node, "/n");
	EXPECT_STR(c.database, "host=/x user=jobs");
	EXPECT_U64(c.poll_ms, 1000);
	EXPECT_U64(c.batch, 7);
	arena_drop(&a);
}

TEST(test_jobs_conf_file_that_cannot_be_read_is_told)
{
	static char large[INI_FILE_MAX + 1];
	struct jobs_conf c;
	struct err e = {0};
	struct arena a;

	arena_init(&a, 2 << 20);
	EXPECT_RC(jobs_conf_read(&a, &c, "/nonexistent", &e), RC_IO);
	EXPECT_STR(e.text, "/nonexistent: No such file or directory");
	EXPECT_RC(jobs_conf_read(&a, &c, "/", &e), RC_IO);
	EXPECT_STR(e.text, "/: Is a directory");
	memset(large, '\n', sizeof(large));
	EXPECT_RC(jobs_conf_read(&a, &c, write_conf(large, sizeof(large)), &e),
	    RC_CONF);
	arena_drop(&a);
}

TEST(test_jobs_conf_no_memory_is_told)
{
	for (size_t max = 0; max <= INI_FILE_MAX + 1; max += INI_FILE_MAX + 1) {
		struct jobs_conf c;
		struct arena a;

		arena_init(&a, max);
		EXPECT_RC(jobs_conf_read(
			      &a, &c, write_conf(BOTH, strlen(BOTH)), NULL),
		    RC_NO_MEMORY);
		arena_drop(&a);
	}
}

TEST(test_jobs_pg_nobody_there_is_unavailable)
{
	struct err e = {0};
	PGconn *pg;

	EXPECT_RC(pg_open(&pg, "host=/nonexistent user=x", &e), RC_UNAVAILABLE);
	EXPECT(pg == NULL);
	EXPECT(strstr(e.text, "database: ") == e.text);
}
