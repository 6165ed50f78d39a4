/* SPDX-License-Identifier: Apache-2.0
 *
 * Hex data and quantities: what must be refused, then round trips.
 */
#include "base/hex.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

TEST(test_hex_read_bad_text_refused)
{
	static const char *const bad[] = {"", "0", "0X", "12", "0x1", "0x123",
	    "0xg0", "0x0g", "0x 1", "x0", "0x1 ", "0x\xff\xff", "0x12 "};
	struct arena a;
	struct bytes out;
	uint8_t two[2];
	size_t i;

	arena_init(&a, 1000);
	for (i = 0; i < ARRAY_CNT(bad); i++) {
		struct bytes text = bytes_of_str(bad[i]);

		test_row(bad[i]);
		EXPECT_RC(hex_read(&a, &out, text, NULL), RC_BAD_INPUT);
		EXPECT_RC(
		    hex_read_fixed(two, 2, text, false, NULL), RC_BAD_INPUT);
		EXPECT_RC(
		    hex_read_fixed(two, 2, text, true, NULL), RC_BAD_INPUT);
	}
	test_row(NULL);
	arena_drop(&a);
}

TEST(test_hex_read_more_than_the_arena_holds_refused)
{
	struct bytes out;
	struct arena a;

	arena_init(&a, 1);
	EXPECT_RC(
	    hex_read(&a, &out, bytes_of_str("0x0102"), NULL), RC_NO_MEMORY);
	EXPECT_RC(hex_read(&a, &out, bytes_of_str("0x01"), NULL), RC_OK);
	arena_drop(&a);
}

TEST(test_hex_read_fixed_takes_prefix_as_told)
{
	uint8_t out[2] = {0};

	EXPECT_RC(
	    hex_read_fixed(out, 2, bytes_of_str("0x12aB"), false, NULL), RC_OK);
	EXPECT_BYTES(bytes_of(out, 2), test_hex("12ab"));
	EXPECT_RC(hex_read_fixed(out, 2, bytes_of_str("cdef"), false, NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(
	    hex_read_fixed(out, 2, bytes_of_str("cdef"), true, NULL), RC_OK);
	EXPECT_BYTES(bytes_of(out, 2), test_hex("cdef"));
	EXPECT_RC(hex_read_fixed(out, 2, bytes_of_str("0x0x12"), true, NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(hex_read_fixed(out, 2, bytes_of_str("0x123456"), true, NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(
	    hex_read_fixed(out, 0, bytes_of_str("0x"), false, NULL), RC_OK);
}

TEST(test_hex_put_all_bytes_read_back)
{
	char text[2 * 256 + 3];
	uint8_t all[256];
	struct arena a;
	struct bytes out;
	size_t i;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	arena_init(&a, 1000);
	EXPECT(hex_put0x(text, bytes_of(all, sizeof(all))) == text);
	EXPECT(strlen(text) == sizeof(text) - 1);
	EXPECT(memcmp(text, "0x000102", 8) == 0);
	EXPECT_RC(hex_read(&a, &out, bytes_of_str(text), NULL), RC_OK);
	EXPECT_BYTES(out, bytes_of(all, sizeof(all)));
	EXPECT_RC(hex_read(&a, &out, bytes_of_str("0x"), NULL), RC_OK);
	EXPECT(out.len == 0);
	EXPECT_STR(hex_put0x(text, bytes_of(NULL, 0)), "0x");
	arena_drop(&a);
}

TEST(test_hex_u64_has_no_leading_zero)
{
	static const struct {
		const char *want;
		uint64_t v;
	} rows[] = {
	    {"0x0", 0},
	    {"0x1", 1},
	    {"0xf", 15},
	    {"0x10", 16},
	    {"0x400", 1024},
	    {"0xfedcba9876543210", 0xfedcba9876543210},
	    {"0xffffffffffffffff", UINT64_MAX},
	};
	char text[HEX_U64_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		uint64_t back = 0;

		EXPECT_U64(hex_u64(text, rows[i].v), strlen(rows[i].want));
		EXPECT_STR(text, rows[i].want);
		EXPECT_RC(
		    hex_quantity_u64(&back, bytes_of_str(text), NULL), RC_OK);
		EXPECT_U64(back, rows[i].v);
	}
}

TEST(test_hex_quantity_bad_text_refused)
{
	static const char *const bad[] = {"", "0", "0x", "0x00", "0x01",
	    "0x0400", "ff", "0xfg", "-0x1", "0x1 ", "0X1", "1024"};
	struct u256 v;
	uint64_t u;
	size_t i;

	for (i = 0; i < ARRAY_CNT(bad); i++) {
		test_row(bad[i]);
		EXPECT_RC(
		    hex_quantity(&v, bytes_of_str(bad[i]), NULL), RC_BAD_INPUT);
		EXPECT_RC(hex_quantity_u64(&u, bytes_of_str(bad[i]), NULL),
		    RC_BAD_INPUT);
	}
	test_row(NULL);
	EXPECT_RC(
	    hex_quantity_u64(&u, bytes_of_str("0x10000000000000000"), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(
	    hex_quantity(&v, bytes_of_str("0x10000000000000000"), NULL), RC_OK);
	EXPECT_U64(v.w[1], 1);
}

TEST(test_hex_read_without_memory_refused)
{
	struct bytes out;
	struct arena a;

	arena_init(&a, 1000);
	test_alloc_fail(1);
	EXPECT_RC(hex_read(&a, &out, bytes_of_str("0x01"), NULL), RC_NO_MEMORY);
	EXPECT(test_alloc_did_fail());
	arena_drop(&a);
}
