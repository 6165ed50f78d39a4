/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration text: what is read, and the line and reason of what is not.
 */
#include "base/ini.h"
#include "test.h"

static bool
is(struct bytes b, const char *s)
{
	return bytes_eq(b, bytes_of_str(s));
}

TEST(test_ini_sections_and_pairs_are_read_in_order)
{
	struct ini ini = ini_open(bytes_of_str("# top\n\n[surface wallet] # x\n"
					       "realm = \"a # b \" # c\r\n"
					       "empty =\n[tls]\nlast = 1"));
	struct ini_item it;

	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(it.kind == INI_SECTION && is(it.key, "surface") &&
	       is(it.value, "wallet"));
	EXPECT_U64(ini.line, 3);
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(it.kind == INI_PAIR && is(it.key, "realm") &&
	       is(it.value, "a # b "));
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(is(it.key, "empty") && it.value.len == 0);
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(
	    it.kind == INI_SECTION && is(it.key, "tls") && it.value.len == 0);
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(is(it.key, "last") && is(it.value, "1"));
	EXPECT_U64(ini.line, 7);
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_OK);
	EXPECT(it.kind == INI_END);
}

TEST(test_ini_broken_line_is_refused_with_its_number)
{
	static const struct {
		const char *text;
		unsigned line;
	} row[] = {
	    {"a = 1\nno equals sign\n", 2},
	    {"[open\n", 1},
	    {"[]\n", 1},
	    {"[Upper]\n", 1},
	    {"\n\nKey = 1\n", 3},
	    {" = 1\n", 1},
	    {"a = \"open\n", 1},
	    {"a = \"b\" c\"\n", 1},
	};
	struct ini_item it;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ini ini = ini_open(bytes_of_str(row[i].text));
		enum rc rc;

		test_row(row[i].text);
		do
			rc = ini_next(&it, &ini, &e);
		while (rc == RC_OK && it.kind != INI_END);
		EXPECT_RC(rc, RC_CONF);
		EXPECT_U64(ini.line, row[i].line);
		EXPECT(e.text[0] != '\0');
	}
}

TEST(test_ini_nul_and_long_line_are_refused)
{
	static char text[INI_LINE_MAX + 16];
	struct ini ini = ini_open(bytes_of("a = \0b\n", 7));
	struct ini_item it;

	EXPECT_RC(ini_next(&it, &ini, NULL), RC_CONF);
	memset(text, 'a', sizeof(text));
	ini = ini_open(bytes_of(text, sizeof(text)));
	EXPECT_RC(ini_next(&it, &ini, NULL), RC_CONF);
}

TEST(test_ini_values_keep_their_ranges)
{
	uint64_t v;
	bool b;

	EXPECT_RC(ini_u64(&v, bytes_of_str("17"), 0, 20, NULL), RC_OK);
	EXPECT_U64(v, 17);
	EXPECT_RC(ini_u64(&v, bytes_of_str("21"), 0, 20, NULL), RC_CONF);
	EXPECT_RC(ini_u64(&v, bytes_of_str("-1"), 0, 20, NULL), RC_CONF);
	EXPECT_RC(ini_u64(&v, bytes_of_str(""), 0, 20, NULL), RC_CONF);
	EXPECT_RC(ini_u64(&v, bytes_of_str("18446744073709551616"), 0,
		      UINT64_MAX, NULL),
	    RC_CONF);
	EXPECT_RC(
	    ini_duration_ms(&v, bytes_of_str("5m"), 0, 600000, NULL), RC_OK);
	EXPECT_U64(v, 300000);
	EXPECT_RC(
	    ini_duration_ms(&v, bytes_of_str("5"), 0, 600000, NULL), RC_CONF);
	EXPECT_RC(ini_size(&v, bytes_of_str("2G"), 0, UINT64_MAX, NULL), RC_OK);
	EXPECT_U64(v, 2147483648);
	EXPECT_RC(ini_size(&v, bytes_of_str("99999999999999999999G"), 0,
		      UINT64_MAX, NULL),
	    RC_CONF);
	EXPECT_RC(ini_bool(&b, bytes_of_str("yes"), NULL), RC_OK);
	EXPECT(b);
	EXPECT_RC(ini_bool(&b, bytes_of_str("true"), NULL), RC_CONF);
}
