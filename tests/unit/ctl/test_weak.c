/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords: those that lists hold, and those that are fine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "ctl/weak.h"
#include "http/password.h"
#include "test.h"

static const char *const own[] = {"treasurer", "wallet", NULL};

/* Spec  ASVS 6.2.4 */
TEST(test_weak_common_ones_are_refused)
{
	static const char *const row[] = {
	    "password1234",
	    "Password123!",
	    "P@ssw0rd2024!",
	    "passwordpassword",
	    "123456789012",
	    "098765432109",
	    "aaaaaaaaaaaa",
	    "abcabcabcabc",
	    "abcdefghijkl",
	    "qwertyuiop12",
	    "qwertyuiopasdfghjkl",
	    "1q2w3e4r5t6y",
	    "1qaz2wsx3edc",
	    "administrator",
	    "Administrator1!",
	    "iloveyou1234",
	    "letmeinplease",
	    "welcome12345",
	    "Summer2024!!!",
	    "football2019",
	    "superman12345",
	    "manchester1999",
	    "qazwsxqazwsx",
	    "trustno1trustno1",
	    "zxcvbnm12345",
	    "changeme2023",
	    "Sekisho2024!",
	    "treasurer2024",
	    "wallet-wallet-wallet",
	    "!@#$%^&*()!@",
	    "111111222222",
	    "Passw0rd!Passw0rd!",
	    "q1w2e3r4t5y6",
	    "zaq1xsw2cde3",
	    "facebook1234",
	    "linkedin1234",
	    "realmadrid12",
	    "winniethepooh",
	    "mickeymouse1",
	    "goodmorning1",
	    "godisgood123",
	    "iamthebest12",
	    "masterofpuppets",
	    "tokyo2020tokyo",
	    "japan1234567",
	    "cryptocurrency",
	    "tinkerbell12",
	    "harrypotter123",
	    "lordoftherings",
	    "gameofthrones",
	    "correcthorse",
	    "onetwothreefour",
	    "opensesame12",
	    "supercalifragilistic",
	    "a1b2c3d4e5f6",
	    /* whatever heads lists of leaked ones, also below the least
	     * length */
	    "123456",
	    "password1",
	    "qwerty123",
	    "iloveyou",
	    "p@ssw0rd",
	    "sakura2024",
	    "111111",
	    "123123",
	    "abc123",
	    "1q2w3e4r",
	    "admin123",
	    "letmein",
	    "dragon",
	    "monkey1",
	    "pa55word",
	    "qwertyuiop",
	    "1qaz2wsx",
	    "zaq12wsx",
	    "000000",
	    "654321",
	    "michael",
	    "princess1",
	    "starwars",
	    "he1lo123",
	    "S@kura2024!!",
	    "Takahashi1985",
	    "tanaka19850412",
	    "yamada1985-04-12",
	    "hanako1985/04/12",
	    "suzuki850412",
	    "12.04.1985",
	    "daisuki12345",
	    "arigatou2024",
	    "hanshintigers",
	    "yomiuri2023!",
	    "Yokohama#2020",
	    "jonathan1990!",
	    "liverpoolfc92",
	    "strawberry123",
	    "hamburger2000",
	    "butterfly4ever",
	    "september2019",
	    "montag123456",
	    "Mitsubishi1!",
	    "finalfantasy7",
	    "tanakahanako12",
	};
	struct err e = {0};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT_RC(
		    weak_check(bytes_of_str(row[i]), own, &e), RC_BAD_INPUT);
	}
	test_count(i);
	test_row(NULL);
	EXPECT(strstr(e.text, "pieces") != NULL);
}

TEST(test_weak_good_ones_are_taken)
{
	static const char *const row[] = {
	    "gw4tk9x2pmz7",
	    "correct horse battery",
	    "maple otter saddle violin",
	    "orange-giraffe-kettle-thursday",
	    "sakura no hana wo mimashita",
	    "my 2 dogs bark at 4 postmen!",
	    "kaze ga fuku to okeya ga moukaru",
	    "Ich esse montags nur Quark.",
	    "7391846205183",
	    "v8$Lq!r2-Zt9w",
	    "the rain in Spain stays",
	    "\xe9\x96\xa2\xe6\x89\x80 hakone 1619",
	    "xK3 password Jw7q",
	    "jf83hdk2nv7s0q1m",
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT_RC(weak_check(bytes_of_str(row[i]), own, NULL), RC_OK);
	}
	test_count(i);
	test_row(NULL);
}

static const char *const common[] = {
#define WORD(text) text,
#include "ctl/weak.def"
#undef WORD
};

/* Reliability A10: what common words make with what people put behind them,
 * of a length that would be taken otherwise. Finding each word also shows that
 * the table is in the order in which it is searched. */
TEST(test_weak_three_thousand_common_ones_are_refused)
{
	static const char *const ends[] = {
	    "", "1234", "2024!", "12345678", "!!!", "19850412", "abc123"};
	char text[64];
	size_t i, k, len, cnt = 0;

	EXPECT(ARRAY_CNT(common) >= 3000);
	for (i = 0; i < ARRAY_CNT(common); i++) {
		test_row(common[i]);
		/* One piece, and a character that ends it. */
		len = (size_t)snprintf(text, sizeof(text), "%s~", common[i]);
		EXPECT_U64(weak_pieces(bytes_of(text, len), NULL), 2);
		for (k = 0; k < ARRAY_CNT(ends); k++) {
			len = (size_t)snprintf(
			    text, sizeof(text), "%s%s", common[i], ends[k]);
			if (len < GW_PASSWORD_MIN)
				continue;
			EXPECT_RC(weak_check(bytes_of(text, len), NULL, NULL),
			    RC_BAD_INPUT);
			cnt++;
		}
	}
	test_row(NULL);
	EXPECT(cnt >= 3000);
	printf("weak: %zu common words, %zu passwords of them refused\n",
	    ARRAY_CNT(common), cnt);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

TEST(test_weak_common_words_are_different_ones)
{
	static char copy[ARRAY_CNT(common)][16];
	size_t i;

	for (i = 0; i < ARRAY_CNT(common); i++) {
		EXPECT(strlen(common[i]) >= 3 && strlen(common[i]) < 16);
		(void)snprintf(copy[i], sizeof(copy[i]), "%s", common[i]);
	}
	qsort(copy, ARRAY_CNT(copy), sizeof(copy[0]), by_text);
	for (i = 1; i < ARRAY_CNT(copy); i++)
		EXPECT(strcmp(copy[i - 1], copy[i]) != 0);
}

/* What a generator makes is hardly ever refused, however many words there
 * are: at most one of a thousand. */
TEST(test_weak_random_ones_are_taken)
{
	static const struct {
		const char *from;
		size_t len;
	} row[] = {
	    {"abcdefghijklmnopqrstuvwxyz", 12},
	    {"abcdefghijklmnopqrstuvwxyz0123456789", 12},
	    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		24},
	    {"0123456789abcdef", 32},
	};
	struct rng_test r = {.state = 1619};
	char text[64];
	size_t i, k, n, bad;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].from);
		for (n = 0, bad = 0; n < 5000; n++) {
			for (k = 0; k < row[i].len; k++)
				text[k] = row[i].from[rng_test_below(
				    &r, strlen(row[i].from))];
			bad += weak_check(bytes_of(text, row[i].len), NULL,
				   NULL) != RC_OK;
		}
		EXPECT(bad <= 5);
		test_count(1);
	}
	test_row(NULL);
}

TEST(test_weak_pieces_by_row)
{
	static const struct {
		const char *text;
		size_t want;
	} row[] = {
	    {"", 0}, {"x", 1}, {"xy", 2}, {"xyz", 1}, /* a sequence */
	    {"zyxw", 1},                              /* backwards */
	    {"xyq", 3},                               /* two steps are none */
	    {"aaaa", 2}, /* one piece, several times */
	    {"baaa", 2}, /* a character, a repetition */
	    {"rewq", 1}, /* a row of keys, backwards */
	    {"1987", 1}, /* a year */
	    {"1787", 4}, /* none */
	    {"19871231", 1}, {"31121987", 1}, {"12311987", 1}, {"871231", 1},
	    {"1987-12-31", 1}, {"31.12.87", 1}, {"12/31/1987", 1},
	    {"1987129", 4},  /* half a date: a year and three digits */
	    {"19874932", 5}, /* no month has that name */
	    {"he1io", 1}, {"hello", 1}, {"sakurasakura", 2}, {"sakurayama", 2},
	    {"PASSWORD", 1}, {"p4ssw0rd", 1}, {"passwordx7", 3},
	    {"treasurer!", 2}, {"hdkhdk", 4}, /* three, and once more */
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].text);
		EXPECT_U64(
		    weak_pieces(bytes_of_str(row[i].text), own), row[i].want);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_weak_any_bytes_of_any_length)
{
	uint8_t raw[600];
	size_t i;

	for (i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 7 + i / 256);
	for (i = 0; i < sizeof(raw); i++)
		EXPECT(weak_pieces(bytes_of(raw, i), NULL) <= i + 1);
	memset(raw, 0, sizeof(raw));
	EXPECT_U64(weak_pieces(bytes_of(raw, sizeof(raw)), NULL), 2);
}
