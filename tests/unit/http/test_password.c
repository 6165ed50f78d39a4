/* SPDX-License-Identifier: Apache-2.0
 *
 * Password records, users files, remembered passwords, base64.
 */
#include "http/password.h"

#include "http/b64.h"
#include "http/creds.h"
#include "http/users.h"
#include "test.h"

/* Made with Python's hashlib.scrypt: password "correct horse", N 16384, r 8,
 * p 5, salt 00 01 ... 0f. */
static const char record[] =
    "scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "d46e517c2ce3291702fcb804dd12495211a0be8bd46863e1458da6e794dfa62e";

TEST(test_password_of_another_program_is_checked)
{
	struct gw_password p;

	EXPECT_RC(gw_password_read(&p, bytes_of_str(record), NULL), RC_OK);
	EXPECT(gw_password_fits(&p, bytes_of_str("correct horse")));
	EXPECT(!gw_password_fits(&p, bytes_of_str("correct horse ")));
	EXPECT(!gw_password_fits(&p, bytes_of("correct horse\0", 14)));
	EXPECT(!gw_password_fits(&p, bytes_of_str("")));
}

TEST(test_password_sealed_is_read_back_and_never_twice_the_same)
{
	char a[GW_PASSWORD_TEXT_MAX], b[GW_PASSWORD_TEXT_MAX];
	struct bytes word = bytes_of_str("p\xc3\xa4ssw\xc3\xb6rd 12");
	struct gw_password p;

	EXPECT_RC(gw_password_seal(a, word, NULL), RC_OK);
	EXPECT_RC(gw_password_seal(b, word, NULL), RC_OK);
	EXPECT(strcmp(a, b) != 0);
	EXPECT_RC(gw_password_read(&p, bytes_of_str(a), NULL), RC_OK);
	EXPECT(gw_password_fits(&p, word));
	p = gw_password_decoy(&p);
	EXPECT(!gw_password_fits(&p, word));
}

TEST(test_password_out_of_bounds_is_not_sealed)
{
	char out[GW_PASSWORD_TEXT_MAX], long_word[GW_PASSWORD_MAX + 1];

	memset(long_word, 'x', sizeof(long_word));
	EXPECT_RC(gw_password_seal(out, bytes_of_str("short word1"), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(gw_password_seal(
		      out, bytes_of(long_word, GW_PASSWORD_MAX + 1), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(gw_password_seal(out, bytes_of("with a nul\0byte", 15), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(
	    gw_password_seal(out, bytes_of(long_word, GW_PASSWORD_MAX), NULL),
	    RC_OK);
}

TEST(test_password_record_that_is_weak_or_broken_is_refused)
{
#define SALT "000102030405060708090a0b0c0d0e0f"
#define HASH SALT SALT
	static const char *const bad[] = {
	    "",
	    "scrypt",
	    "md5$1$2$3",
	    "scrypt$16384$8$5$" SALT,
	    "scrypt$16384$8$5$" SALT "$" HASH "$",
	    "scrypt$16384$8$5$" SALT "$" HASH "00",
	    "scrypt$16384$8$5$" SALT "00$" HASH,
	    "scrypt$16384$8$5$" SALT "$" SALT
	    "0001020304050607x8090a0b0c0d0e0f",
	    "scrypt$16383$8$5$" SALT "$" HASH, /* no power of two */
	    "scrypt$8192$8$5$" SALT "$" HASH,  /* too cheap */
	    "scrypt$16384$8$4$" SALT "$" HASH,
	    "scrypt$1$8$5$" SALT "$" HASH,
	    "scrypt$4194304$8$1$" SALT "$" HASH, /* 4 GiB */
	    "scrypt$16384$8$65$" SALT "$" HASH,
	    "scrypt$016384$8$5$" SALT "$" HASH,
	    "scrypt$-16384$8$5$" SALT "$" HASH,
	    "scrypt$999999999$8$5$" SALT "$" HASH,
	};
	struct gw_password p;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i]);
		EXPECT_RC(
		    gw_password_read(&p, bytes_of_str(bad[i]), NULL), RC_CONF);
		test_count(1);
	}
	EXPECT_RC(gw_password_read(&p,
		      bytes_of_str("scrypt$131072$8$1$" SALT "$" HASH), NULL),
	    RC_OK);
}

#define REC "scrypt$16384$8$5$" SALT "$" HASH "\n"

TEST(test_users_file_is_read_and_faults_are_placed)
{
	static const struct {
		const char *text;
		unsigned line; /* 0: good */
	} row[] = {
	    {"# x\n\nann:" REC "b b:" REC "\xc3\xbc:" REC, 0},
	    {"ann:" REC "ann:" REC, 2},
	    {"ann" REC, 1},
	    {"\n:" REC, 2},
	    {"ann:x\n", 1},
	    {" ann:" REC, 1},
	    {"a\x01:" REC, 1},
	    {"\xff:" REC, 1},
	    {"# nobody\n", 2},
	    {"", 1},
	};
	struct gw_users *u;
	struct arena a;
	unsigned line;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum rc rc;

		arena_init(&a, 1 << 20);
		test_row(row[i].text);
		rc = gw_users_read(
		    &a, &u, &line, bytes_of_str(row[i].text), NULL);
		EXPECT_RC(rc, row[i].line == 0 ? RC_OK : RC_CONF);
		if (rc != RC_OK)
			EXPECT_U64(line, row[i].line);
		arena_drop(&a);
		test_count(1);
	}
	arena_init(&a, 1 << 20);
	EXPECT_RC(gw_users_read(&a, &u, &line, bytes_of_str(row[0].text), NULL),
	    RC_OK);
	EXPECT_U64(gw_users_cnt(u), 3);
	EXPECT(gw_users_find(u, bytes_of_str("b b")) != NULL);
	EXPECT(gw_users_find(u, bytes_of_str("\xc3\xbc")) != NULL);
	EXPECT(gw_users_find(u, bytes_of_str("Ann")) == NULL);
	EXPECT(gw_users_find(u, bytes_of_str("an")) == NULL);
	EXPECT_U64(gw_users_decoy(u)->n, 16384);
	arena_drop(&a);
}

TEST(test_creds_remember_exactly_what_was_shown)
{
	struct gw_creds *c = gw_creds_new();
	struct bytes ann = bytes_of_str("ann"), pw = bytes_of_str("secret"),
		     s = bytes_of_str("wallet");
	struct gw_password p = {.hash = {1}}, q = {.hash = {2}};
	struct gw_creds_key k = gw_creds_key(c, s, ann, pw, &p), other;

	gw_creds_add(c, &k, 1000);
	EXPECT(gw_creds_has(c, &k, 1000, 1000));
	EXPECT(gw_creds_has(c, &k, 1999, 1000));
	EXPECT(!gw_creds_has(c, &k, 2000, 1000));
	/* for as long as is said now, not when it was added */
	EXPECT(gw_creds_has(c, &k, 2000, 1001));
	EXPECT(!gw_creds_has(c, &k, 1500, 500));
	EXPECT(!gw_creds_has(c, &k, 1000, 0));
	other = gw_creds_key(c, bytes_of_str("rpc"), ann, pw, &p);
	EXPECT(!gw_creds_has(c, &other, 1500, 1000));
	other = gw_creds_key(c, s, ann, bytes_of_str("secrets"), &p);
	EXPECT(!gw_creds_has(c, &other, 1500, 1000));
	other = gw_creds_key(c, s, ann, pw, &q);
	EXPECT(!gw_creds_has(c, &other, 1500, 1000));
	/* the border between name and password counts */
	other =
	    gw_creds_key(c, s, bytes_of_str("anns"), bytes_of_str("ecret"), &p);
	EXPECT(!gw_creds_has(c, &other, 1500, 1000));
	gw_creds_free(c);
}

TEST(test_creds_table_is_bounded_and_drops_the_oldest)
{
	struct gw_creds *c = gw_creds_new();
	struct gw_creds_key k = {{0}};
	const uint64_t now = 1 + 4 * GW_CREDS_MAX;
	uint32_t i, left = 0;

	for (i = 0; i < 4 * GW_CREDS_MAX; i++) {
		be32_put(k.b, i);
		be32_put(k.b + 4, i);
		gw_creds_add(c, &k, 1 + i);
		EXPECT(gw_creds_has(c, &k, 1 + i, 1));
	}
	for (i = 0; i < 4 * GW_CREDS_MAX; i++) {
		be32_put(k.b, i);
		be32_put(k.b + 4, i);
		left += gw_creds_has(c, &k, now, now);
		if (i >= 3 * GW_CREDS_MAX)
			EXPECT(gw_creds_has(c, &k, now, now));
	}
	EXPECT_U64(left, GW_CREDS_MAX);
	gw_creds_free(c);
}

TEST(test_b64_only_canonical_text_is_read)
{
	static const struct {
		const char *text, *out; /* NULL: refused */
	} row[] = {
	    {"", ""},
	    {"Zg==", "f"},
	    {"Zm8=", "fo"},
	    {"Zm9v", "foo"},
	    {"Zm9vYmFy", "foobar"},
	    {"YTpi", "a:b"},
	    {"/+8=", "\xff\xef"},
	    {"Zg", NULL},
	    {"Zg=", NULL},
	    {"Zh==", NULL},
	    {"Zm9=", NULL},
	    {"Z===", NULL},
	    {"====", NULL},
	    {"Zm9v\n", NULL},
	    {"Zm 9v", NULL},
	    {"Zg==Zg==", NULL},
	    {"Zm9-", NULL},
	    {"=Zm9", NULL},
	};
	struct arena a;
	struct bytes out;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok;

		arena_init(&a, 1024);
		test_row(row[i].text);
		ok = gw_b64_read(&a, &out, bytes_of_str(row[i].text));
		EXPECT_U64(ok, row[i].out != NULL);
		if (ok && row[i].out != NULL)
			EXPECT_BYTES(out, bytes_of_str(row[i].out));
		arena_drop(&a);
		test_count(1);
	}
}
