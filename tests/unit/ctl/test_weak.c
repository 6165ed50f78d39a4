/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords: those that lists hold, and those that are fine.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/weak.h"
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
