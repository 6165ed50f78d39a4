/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as the suites write them, and what is refused.
 */
#include "suite/value_priv.h"

#include "test.h"

static const struct {
	const char *json;
	enum rc want;
	uint64_t value;
} numbers[] = {
    {"\"0x\"", RC_OK, 0},
    {"\"\"", RC_OK, 0},
    {"\"0x00\"", RC_OK, 0},
    {"\"0x0a\"", RC_OK, 10},
    {"\"0xA\"", RC_OK, 10},
    {"7", RC_OK, 7},
    {"\"0x000000000000000000000000000000000000000000000000000000000000000000"
     "0012\"",
	RC_OK, 18},
    {"\"0xffffffffffffffff\"", RC_OK, UINT64_MAX},
    {"\"0x10000000000000000\"", RC_TOO_LARGE, 0},
    {"\"0x1000000000000000000000000000000000000000000000000000000000000000"
     "0\"",
	RC_TOO_LARGE, 0},
    {"\"0x:bigint 0x10\"", RC_TOO_LARGE, 0},
    {"\"0xg\"", RC_BAD_INPUT, 0},
    {"\"12z\"", RC_BAD_INPUT, 0},
    {"-1", RC_BAD_INPUT, 0},
    {"true", RC_BAD_INPUT, 0},
};

TEST(test_value_numbers_are_read_with_patience)
{
	uint64_t got;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *v = json_loads(numbers[i].json, JSON_DECODE_ANY, NULL);

		test_row(numbers[i].json);
		EXPECT_RC(suite_u64(&got, v, NULL), numbers[i].want);
		EXPECT_U64(got, numbers[i].value);
		json_decref(v);
	}
	EXPECT_RC(suite_u64(&got, NULL, NULL), RC_OK);
	EXPECT_U64(got, 0);
}

TEST(test_value_short_addresses_are_padded_on_the_left)
{
	struct addr a;
	struct err e;

	EXPECT_RC(suite_addr(&a, "0x1ab", NULL), RC_OK);
	EXPECT_BYTES(
	    addr_bytes(&a), test_hex("00000000000000000000000000000000000001"
				     "ab"));
	EXPECT_RC(suite_addr(&a, "", NULL), RC_OK);
	EXPECT(addr_is_zero(&a));
	EXPECT_RC(
	    suite_addr(&a, "0x12345678901234567890123456789012345678901", &e),
	    RC_TOO_LARGE);
	EXPECT_RC(suite_addr(&a, "0x12x4", &e), RC_BAD_INPUT);
	EXPECT_STR(e.text, "\"0x12x4\" is no hex");
}

static enum rc
see(void *ctx, const char *name, const json_t *test, struct err *e)
{
	const json_t *v;

	*(const char **)ctx = name[0] == 'b' ? "b" : "other";
	return suite_need(&v, test, "x", e);
}

TEST(test_value_errors_name_the_place)
{
	static const struct {
		const char *doc, *text;
		enum rc want;
	} rows[] = {
	    {"{\"b\":\n {\"x\" \t: 1}, \"_c\": 3}", "", RC_OK},
	    {"{\"b\": {\"y\": 1}}", "b: x is missing", RC_BAD_INPUT},
	    {"{\"b\": {\"x\": null}}", "b: x is missing", RC_BAD_INPUT},
	    {"{\"b\": 1}", "b: not a test", RC_BAD_INPUT},
	    {"[]", "not an object of tests", RC_BAD_INPUT},
	    {"{\"b\": {\n\"x\": }}",
		"line 2, column 6: unexpected token near '}'", RC_BAD_JSON},
	    {"", "line 1, column 0: '[' or '{' expected near end of file",
		RC_BAD_JSON},
	};
	const char *seen = NULL;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};

		test_row(rows[i].doc);
		EXPECT_RC(suite_each(bytes_of_str(rows[i].doc), see, &seen, &e),
		    rows[i].want);
		EXPECT_STR(e.text, rows[i].text);
	}
	EXPECT_STR(seen, "b");
}
