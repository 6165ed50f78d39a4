/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of country data: what is refused and why, what becomes one range.
 */
#include "ctl/geosrc.h"

#include <stdio.h>

#include "base/check.h"
#include "test.h"

#define NO_FORM "neither two numbers below 2^32 nor two addresses of IPv6"

TEST(test_geosrc_bad_lines_are_refused_with_their_number)
{
	static const struct {
		const char *text, *said;
	} row[] = {
	    {"1\n", "f:1: expected FIRST,LAST,COUNTRY"},
	    {"# x\n\n1,2\n", "f:3: expected FIRST,LAST,COUNTRY"},
	    {",,JP", "f:1: " NO_FORM},
	    {"1,,JP", "f:1: " NO_FORM},
	    {" 1,2,JP", "f:1: " NO_FORM},
	    {"-1,2,JP", "f:1: " NO_FORM},
	    {"1,4294967296,JP", "f:1: " NO_FORM},
	    {"1,00000000002,JP", "f:1: " NO_FORM},
	    {"1,18446744073709551617,JP", "f:1: " NO_FORM},
	    {"1.2.3.4,1.2.3.5,JP", "f:1: " NO_FORM},
	    {"1,2001::,JP", "f:1: " NO_FORM},
	    {"2001::,2,JP", "f:1: " NO_FORM},
	    {"2001::,2001:::,JP", "f:1: " NO_FORM},
	    {"::1,::2,JP", "f:1: " NO_FORM},
	    {"::ffff:1.2.3.4,::ffff:1.2.3.5,JP", "f:1: " NO_FORM},
	    {"::1:0:0,2001::,JP",
		"f:1: the range of IPv6 goes over IPv4 (::ffff:0:0/96)"},
	    {"2,1,JP", "f:1: the range ends before it begins"},
	    {"2001::1,2001::,JP", "f:1: the range ends before it begins"},
	    {"1,2,", "f:1: the country is neither a code nor ??"},
	    {"1,2,J", "f:1: the country is neither a code nor ??"},
	    {"1,2,jp", "f:1: the country is neither a code nor ??"},
	    {"1,2,JPN", "f:1: the country is neither a code nor ??"},
	    {"1,2,JP\r\n", "f:1: the country is neither a code nor ??"},
	    {"1,2,JP,x", "f:1: the country is neither a code nor ??"},
	    {"1,2,1A", "f:1: the country is neither a code nor ??"},
	    {"1,5,JP\n5,6,US\n", "f:2: the range overlaps or is out of order"},
	    {"1,5,??\n5,6,US\n", "f:2: the range overlaps or is out of order"},
	    {"7,8,JP\n5,6,US\n", "f:2: the range overlaps or is out of order"},
	    {"2001::,2001::1,JP\n1,2,US\n",
		"f:2: the range overlaps or is out of order"},
	};
	struct geo_source s = {0};
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].said);
		EXPECT_RC(geosrc_read(&s, "f", bytes_of_str(row[i].text), &e),
		    RC_BAD_INPUT);
		EXPECT_STR(e.text, row[i].said);
		geosrc_free(&s);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_geosrc_line_of_the_bound_is_read_and_one_above_refused)
{
	char line[GEOSRC_LINE_MAX + 1];
	struct geo_source s = {0};
	struct err e;

	memset(line, '#', sizeof(line));
	EXPECT_RC(
	    geosrc_read(&s, "f", bytes_of(line, GEOSRC_LINE_MAX), &e), RC_OK);
	EXPECT_RC(geosrc_read(&s, "f", bytes_of(line, sizeof(line)), &e),
	    RC_BAD_INPUT);
	EXPECT_STR(e.text, "f:1: the line is too long");
	geosrc_free(&s);
}

static void
expect_range(const struct geo_range *r, const char *text)
{
	char first[GW_ADDR_TEXT_MAX], last[GW_ADDR_TEXT_MAX], got[128];

	(void)snprintf(got, sizeof(got), "%s %s %c%c",
	    gw_addr_text(first, &r->first), gw_addr_text(last, &r->last),
	    r->country.code[0], r->country.code[1]);
	EXPECT_STR(got, text);
}

TEST(test_geosrc_neighbours_of_one_country_become_one_range)
{
	static const char v4[] = "# Generated: Thu, 01 Jan 1970 00:01:40 GMT\n"
				 "16,31,JP\n32,40,JP\n42,43,JP\n44,44,US\n"
				 "45,46,??\n47,47,US\n4294967295,4294967295,A1";
	static const char v6[] = "# Generated: Thu, 01 Jan 1970 00:01:39 GMT\n"
				 "0:0:0:0:0:1:0:0,::1:0:1,A1\n"
				 "2001::,2001::ffff,JP\n"
				 "2001::1:0,2001::1:5,JP\n";
	static const char *const want[] = {"::10 ::28 JP", "::2a ::2b JP",
	    "::2c ::2c US", "::2f ::2f US",
	    "::255.255.255.255 ::255.255.255.255 A1", "::1:0:0 ::1:0:1 A1",
	    "2001:: 2001::1:5 JP"};
	struct geo_source s = {0};
	struct err e;
	size_t i;

	EXPECT_RC(geosrc_read(&s, "f", bytes_of_str(v4), &e), RC_OK);
	EXPECT_RC(geosrc_read(&s, "f", bytes_of_str(v6), &e), RC_OK);
	EXPECT_U64(s.line_cnt, 10);
	EXPECT_U64(s.made_unix, 100);
	EXPECT_U64(s.cnt, ARRAY_CNT(want));
	for (i = 0; i < s.cnt && i < ARRAY_CNT(want); i++)
		expect_range(&s.ranges[i], want[i]);
	geosrc_free(&s);
}

TEST(test_geosrc_without_memory_says_so)
{
	struct geo_source s = {0};
	struct err e;
	size_t n;
	enum rc rc;

	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = geosrc_read(&s, "f", bytes_of_str("1,2,JP\n"), &e);
		geosrc_free(&s);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(n > 1);
}
