/* SPDX-License-Identifier: Apache-2.0
 *
 * Which PostgreSQL is taken, of made-up ones.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "capture.h"
#include "ctl/pgbin.h"
#include "test.h"

/* The test's folder has a short name. */
static char lib[64], path[256];

static void
make_program(const char *dir, const char *name, const char *text)
{
	char file[160];

	(void)snprintf(file, sizeof(file), "%s/%s", dir, name);
	test_write(file, text, 0755);
}

static void
make_server(const char *dir, const char *version)
{
	char script[128];

	(void)snprintf(script, sizeof(script),
	    "#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version);
	make_program(dir, "postgres", script);
	make_program(dir, "initdb", "#!/bin/sh\n");
}

/* Versions with blanks between. */
static void
make_lib(const char *versions)
{
	char dir[128], text[48], *rest = NULL;

	(void)snprintf(lib, sizeof(lib), "%s/lib", test_tmpdir());
	CHECK(mkdir(lib, 0755) == 0);
	(void)snprintf(text, sizeof(text), "%s", versions);
	for (char *v = strtok_r(text, " ", &rest); v != NULL;
	     v = strtok_r(NULL, " ", &rest)) {
		(void)snprintf(dir, sizeof(dir), "%s/%s", lib, v);
		CHECK(mkdir(dir, 0755) == 0);
		(void)snprintf(dir, sizeof(dir), "%s/%s/bin", lib, v);
		CHECK(mkdir(dir, 0755) == 0);
		make_server(dir, v);
	}
}

static const char *
find(unsigned major, struct err *e)
{
	static char out[PATH_MAX];
	size_t len = bytes_of_str(test_tmpdir()).len;

	*e = (struct err){0};
	if (pgbin_find(out, lib, path, major, e) != RC_OK)
		return NULL;
	return out + len;
}

TEST(test_pgbin_newest_for_a_new_cluster)
{
	struct err e;

	path[0] = '\0';
	make_lib("9.6 15 17 16 13 nonsense");
	EXPECT_STR(find(0, &e), "/lib/17/bin");
}

TEST(test_pgbin_that_of_the_cluster)
{
	struct err e;

	path[0] = '\0';
	make_lib("15 17 16");
	EXPECT_STR(find(15, &e), "/lib/15/bin");
	EXPECT_STR(find(16, &e), "/lib/16/bin");
}

TEST(test_pgbin_missing_names_found_and_package)
{
	struct err e;

	path[0] = '\0';
	make_lib("16");
	EXPECT(find(15, &e) == NULL);
	EXPECT(strstr(e.text, "is of PostgreSQL 15,") != NULL);
	EXPECT(strstr(e.text, "(found: 16)") != NULL);
	EXPECT(strstr(e.text, "apt-get install postgresql-15") != NULL);
}

TEST(test_pgbin_too_old_is_refused)
{
	struct err e;

	path[0] = '\0';
	make_lib("13");
	EXPECT(find(0, &e) == NULL);
	EXPECT(strstr(e.text, "(found: 13)") != NULL);
	EXPECT(strstr(e.text, "apt-get install postgresql") != NULL);
}

TEST(test_pgbin_none_at_all)
{
	struct err e;

	path[0] = '\0';
	(void)snprintf(lib, sizeof(lib), "%s/none", test_tmpdir());
	EXPECT(find(0, &e) == NULL);
	EXPECT(strstr(e.text, "(found: none)") != NULL);
}

TEST(test_pgbin_half_an_installation_is_none)
{
	char file[96];
	struct err e;

	path[0] = '\0';
	make_lib("15 16");
	(void)snprintf(file, sizeof(file), "%s/16/bin/initdb", lib);
	CHECK(remove(file) == 0);
	EXPECT_STR(find(0, &e), "/lib/15/bin");
}

TEST(test_pgbin_path_when_the_library_has_none)
{
	char a[64], b[64];
	struct err e;

	make_lib("");
	(void)snprintf(a, sizeof(a), "%s/a", test_tmpdir());
	(void)snprintf(b, sizeof(b), "%s/b", test_tmpdir());
	CHECK(mkdir(a, 0755) == 0 && mkdir(b, 0755) == 0);
	make_server(a, "16.2 (Debian 16.2-1)");
	make_server(b, "15.8");
	(void)snprintf(
	    path, sizeof(path), "::relative:%s:/nonexistent:%s", a, b);
	EXPECT_STR(find(15, &e), "/b");
	EXPECT_STR(find(0, &e), "/a");
	EXPECT(find(17, &e) == NULL);
	EXPECT(strstr(e.text, "(found: 16 15)") != NULL);
	make_server(b, "no number");
	EXPECT(find(15, &e) == NULL);
}
