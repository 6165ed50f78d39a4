/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of HTTP Basic users: what is written can be read by the gateway's
 * own reader, and nothing else of the file changes.
 */
#include "ctl/users.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "capture.h"
#include "http/users.h"
#include "test.h"

#define GOOD "gw4tk9x2pmz7"

static const char *
users_file(void)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/wallet.users", test_tmpdir());
	return path;
}

static enum rc
put(enum users_verb verb, const char *user, const char *password, struct err *e)
{
	struct home h = test_home();

	*e = (struct err){0};
	return users_put(
	    &h, users_file(), verb, user, bytes_of_str(password), e);
}

static bool
fits(const char *user, const char *password)
{
	struct gw_users *all;
	const struct gw_password *p;
	struct arena a;
	unsigned line;
	bool ok;

	arena_init(&a, 1 << 20);
	EXPECT_RC(gw_users_read(&a, &all, &line, test_read(users_file()), NULL),
	    RC_OK);
	p = gw_users_find(all, bytes_of_str(user));
	ok = p != NULL && gw_password_fits(p, bytes_of_str(password));
	arena_drop(&a);
	return ok;
}

TEST(test_users_put_refuses_by_row)
{
	static const struct {
		const char *user, *password, *fault;
	} row[] = {
	    {"", GOOD, "a user name has"},
	    {"a:b", GOOD, "a user name has"},
	    {" a", GOOD, "a user name has"},
	    {"a ", GOOD, "a user name has"},
	    {"a\tb", GOOD, "a user name has"},
	    {"\xff\xfe", GOOD, "a user name has"},
	    {"0123456789012345678901234567890123456789012345678901234567890123"
	     "x",
		GOOD, "a user name has"},
	    {"ann", "", "12 to 128 bytes"},
	    {"ann", "elevenchars", "12 to 128 bytes"},
	    {"ann", "password1234", "easy to guess"},
	    {"annabella", "annabella-19", "easy to guess"},
	};
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].user);
		EXPECT_RC(put(USERS_SET, row[i].user, row[i].password, &e),
		    RC_BAD_INPUT);
		EXPECT(strstr(e.text, row[i].fault) != NULL);
		EXPECT(test_read(users_file()).ptr == NULL);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_users_password_of_128_is_taken_and_129_is_not)
{
	char text[130] = "";
	struct err e;
	size_t i;

	for (i = 0; i < 129; i++)
		text[i] = (char)('a' + (int)(i * i % 23));
	EXPECT_RC(put(USERS_ADD, "ann", text, &e), RC_BAD_INPUT);
	text[128] = '\0';
	EXPECT_RC(put(USERS_ADD, "ann", text, &e), RC_OK);
	EXPECT(fits("ann", text));
}

TEST(test_users_add_and_passwd_know_who_is_there)
{
	struct err e;

	EXPECT_RC(put(USERS_PASSWD, "ann", GOOD, &e), RC_BAD_INPUT);
	EXPECT(strstr(e.text, "no user \"ann\"") != NULL);
	EXPECT_RC(put(USERS_ADD, "ann", GOOD, &e), RC_OK);
	EXPECT_RC(put(USERS_ADD, "ann", GOOD "2", &e), RC_BAD_INPUT);
	EXPECT(strstr(e.text, "is there already; use passwd") != NULL);
	EXPECT_RC(put(USERS_PASSWD, "ann", GOOD "3", &e), RC_OK);
	EXPECT(fits("ann", GOOD "3"));
	EXPECT(!fits("ann", GOOD));
}

TEST(test_users_others_comments_and_owner_stay)
{
	static const char head[] = "# who may enter\n\n";
	struct stat st;
	struct bytes text;
	struct err e;

	test_write(users_file(), head, 0640);
	EXPECT_RC(put(USERS_ADD, "ann", GOOD, &e), RC_OK);
	EXPECT_RC(put(USERS_ADD, "bob", GOOD "b", &e), RC_OK);
	EXPECT_RC(put(USERS_PASSWD, "ann", GOOD "a", &e), RC_OK);
	text = test_read(users_file());
	EXPECT(text.len > sizeof(head) &&
	       !memcmp(text.ptr, head, sizeof(head) - 1));
	EXPECT(fits("ann", GOOD "a") && fits("bob", GOOD "b"));
	CHECK(stat(users_file(), &st) == 0);
	EXPECT_U64(st.st_mode & 07777, 0640);
}

static char listed[256];

static void
note(const char *name)
{
	size_t len = strlen(listed);

	(void)snprintf(listed + len, sizeof(listed) - len, "%s;", name);
}

TEST(test_users_list_in_the_order_of_the_file)
{
	struct err e;

	listed[0] = '\0';
	EXPECT_RC(users_list(users_file(), note, &e), RC_IO);
	EXPECT_RC(put(USERS_ADD, "zoe", GOOD, &e), RC_OK);
	EXPECT_RC(put(USERS_ADD, "ann", GOOD, &e), RC_OK);
	EXPECT_RC(users_list(users_file(), note, &e), RC_OK);
	EXPECT_STR(listed, "zoe;ann;");
	EXPECT_RC(
	    users_check(users_file(), USERS_ADD, "zoe", &e), RC_BAD_INPUT);
	EXPECT_RC(users_check(users_file(), USERS_ADD, "new", &e), RC_OK);
}
