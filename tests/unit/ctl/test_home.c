/* SPDX-License-Identifier: Apache-2.0
 *
 * The state directory: where it is, whose it is, which version, and files in
 * it that are whole or not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "capture.h"
#include "ctl/home.h"
#include "test.h"

static const char *
in_home(const struct home *h, const char *name)
{
	static char path[PATH_MAX];

	return home_path(h, path, "%s", name);
}

static void
set_env(const char *dir, const char *port, const char *rpc_port)
{
	CHECK(setenv("SEKISHO_HOME", dir, 1) == 0);
	CHECK(setenv("SEKISHO_PORT", port, 1) == 0);
	CHECK(setenv("SEKISHO_RPC_PORT", rpc_port, 1) == 0);
}

static void
clear_env(void)
{
	(void)unsetenv("SEKISHO_HOME");
	(void)unsetenv("SEKISHO_PORT");
	(void)unsetenv("SEKISHO_RPC_PORT");
}

TEST(test_home_open_refuses_by_row)
{
	static const struct {
		const char *dir, *port, *rpc_port, *fault;
	} row[] = {
	    {"/x", "0", "", "SEKISHO_PORT=0 is not a port"},
	    {"/x", "65536", "", "SEKISHO_PORT=65536 is not a port"},
	    {"/x", "-1", "", "SEKISHO_PORT=-1 is not a port"},
	    {"/x", " 80", "", "SEKISHO_PORT= 80 is not a port"},
	    {"/x", "80x", "", "SEKISHO_PORT=80x is not a port"},
	    {"/x", "", "http", "SEKISHO_RPC_PORT=http is not a port"},
	    {"/x", "", "99999999999999999999", "is not a port"},
	    {"/x", "8545", "", "are both 8545"},
	    {"/x", "7", "7", "are both 7"},
	    {"/a b", "", "", "only letters, digits and"},
	    {"/a'b", "", "", "only letters, digits and"},
	    {"/a\nb", "", "", "only letters, digits and"},
	    {"/2345678901234567890123456789012345678901234567890123456789012345"
	     "67890123456789012",
		"", "", "longer than the 80 bytes"},
	};
	struct home h;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct err e = {0};

		test_row(row[i].fault);
		set_env(row[i].dir, row[i].port, row[i].rpc_port);
		EXPECT_RC(home_open(&h, false, &e), RC_CONF);
		EXPECT(strstr(e.text, row[i].fault) != NULL);
	}
	clear_env();
	test_count(i);
	test_row(NULL);
}

/* As root the system users may be missing, and that is found last. */
TEST(test_home_open_reads_the_environment)
{
	struct home h;

	set_env("/some/where///", "1", "65535");
	(void)home_open(&h, false, NULL);
	EXPECT_STR(h.dir, "/some/where");
	EXPECT_U64(h.port, 1);
	EXPECT_U64(h.rpc_port, 65535);
	EXPECT(h.bin[0] == '/');
	set_env("", "", "");
	(void)home_open(&h, false, NULL);
	EXPECT_U64(h.port, 8443);
	EXPECT_U64(h.rpc_port, 8545);
	if (getuid() == 0)
		EXPECT_STR(h.dir, "/var/lib/sekisho");
	else
		EXPECT(strstr(h.dir, "/var") != NULL);
	set_env("here", "", "");
	(void)home_open(&h, false, NULL);
	EXPECT(h.dir[0] == '/' && strstr(h.dir, "/here") != NULL);
	clear_env();
}

TEST(test_home_none_is_no_state_and_says_what_makes_one)
{
	struct home h = test_home();
	struct err e = {0};
	bool is_there = true;

	EXPECT_RC(home_exists(&h, &is_there, &e), RC_OK);
	EXPECT(!is_there);
	EXPECT_RC(home_need(&h, &e), RC_NOT_FOUND);
	EXPECT(strstr(e.text, h.dir) != NULL);
	EXPECT(strstr(e.text, "`sekisho up`") != NULL);
	CHECK(mkdir(h.dir, 0755) == 0);
	EXPECT_RC(home_exists(&h, &is_there, &e), RC_OK);
	EXPECT(!is_there);
}

TEST(test_home_stamp_by_row)
{
	static const struct {
		const char *stamp;
		enum rc want;
	} row[] = {
	    {HOME_STAMP "\n", RC_OK},
	    {HOME_STAMP, RC_OK},
	    {"", RC_WRONG_SCHEMA},
	    {"\n", RC_WRONG_SCHEMA},
	    {"sekisho-state 99\n", RC_WRONG_SCHEMA},
	    {HOME_STAMP "0\n", RC_WRONG_SCHEMA},
	    {" " HOME_STAMP "\n", RC_WRONG_SCHEMA},
	    {"something else that is much longer than any stamp of ours is\n",
		RC_WRONG_SCHEMA},
	};
	struct home h = test_home();
	size_t i;

	CHECK(mkdir(h.dir, 0755) == 0);
	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct err e = {0};
		bool is_there = row[i].want != RC_OK;

		test_row(row[i].stamp);
		test_write(in_home(&h, "version"), row[i].stamp, 0644);
		EXPECT_RC(home_exists(&h, &is_there, &e), row[i].want);
		EXPECT(is_there == (row[i].want == RC_OK));
		if (row[i].want != RC_OK)
			EXPECT(
			    strstr(e.text, "needs \"" HOME_STAMP "\"") != NULL);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_home_foreign_files_are_refused)
{
	struct home h = test_home();
	struct err e = {0};
	bool is_there;

	CHECK(mkdir(h.dir, 0755) == 0);
	test_write(in_home(&h, "thesis.txt"), "years of work", 0644);
	EXPECT_RC(home_exists(&h, &is_there, &e), RC_WRONG_SCHEMA);
	EXPECT(strstr(e.text, "not a state directory") != NULL);
}

TEST(test_home_of_another_user_is_refused)
{
	struct home h = test_home();
	struct err e = {0};
	bool is_there;

	CHECK(mkdir(h.dir, 0755) == 0);
	test_write(in_home(&h, "version"), HOME_STAMP "\n", 0644);
	h.user[HOME_SELF].uid = getuid() + 1;
	EXPECT_RC(home_exists(&h, &is_there, &e), RC_CONF);
	EXPECT(strstr(e.text, "belongs to") != NULL);
	EXPECT(strstr(e.text, "you are tester") != NULL);
}

TEST(test_home_write_is_whole_and_has_its_mode)
{
	struct home h = test_home();
	struct stat st;
	struct bytes b;

	CHECK(mkdir(h.dir, 0755) == 0);
	EXPECT_RC(home_write(&h, "f", HOME_SELF, 0640, "one", 3, NULL), RC_OK);
	EXPECT_RC(home_write(&h, "f", HOME_SELF, 0400, "two!", 4, NULL), RC_OK);
	b = test_read(in_home(&h, "f"));
	EXPECT_BYTES(b, bytes_of_str("two!"));
	CHECK(stat(in_home(&h, "f"), &st) == 0);
	EXPECT_U64(st.st_mode & 07777, 0400);
	EXPECT(access(in_home(&h, "f.tmp"), F_OK) == -1);
}

TEST(test_home_write_failing_leaves_what_was_there)
{
	struct home h = test_home();
	struct err e = {0};

	CHECK(mkdir(h.dir, 0755) == 0);
	/* A folder in place of the file: it cannot be renamed over. */
	EXPECT_RC(home_mkdir(&h, "f", HOME_SELF, 0755, &e), RC_OK);
	EXPECT_RC(home_write(&h, "f", HOME_SELF, 0644, "x", 1, &e), RC_IO);
	EXPECT(access(in_home(&h, "f.tmp"), F_OK) == -1 && errno == ENOENT);
	EXPECT_RC(home_write(&h, "no/f", HOME_SELF, 0644, "x", 1, &e), RC_IO);
}

/* What another user of the folder has put there is not written through. */
TEST(test_home_write_follows_no_link)
{
	struct home h = test_home();
	char victim[PATH_MAX];

	CHECK(mkdir(h.dir, 0755) == 0);
	home_path(&h, victim, "victim");
	test_write(victim, "precious", 0644);
	CHECK(symlink(victim, in_home(&h, "f.tmp")) == 0);
	EXPECT_RC(home_write(&h, "f", HOME_SELF, 0644, "new", 3, NULL), RC_OK);
	EXPECT_BYTES(test_read(victim), bytes_of_str("precious"));
	EXPECT_BYTES(test_read(in_home(&h, "f")), bytes_of_str("new"));
}

TEST(test_home_remove_takes_all_and_follows_no_link)
{
	struct home h = test_home();
	char outside[PATH_MAX];

	(void)snprintf(outside, sizeof(outside), "%s/outside", test_tmpdir());
	CHECK(mkdir(outside, 0755) == 0 && mkdir(h.dir, 0755) == 0);
	EXPECT_RC(home_mkdir(&h, "a", HOME_SELF, 0700, NULL), RC_OK);
	test_write(in_home(&h, "a/b"), "x", 0600);
	CHECK(symlink(outside, in_home(&h, "a/link")) == 0);
	home_remove(h.dir);
	EXPECT(access(h.dir, F_OK) == -1);
	EXPECT(access(outside, F_OK) == 0);
}
