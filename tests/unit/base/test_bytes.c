/* SPDX-License-Identifier: Apache-2.0
 *
 * Views, bounded writers, big-endian integers.
 */
#include "base/bytes.h"

#include "base/check.h"
#include "test.h"

TEST(test_buf_put_beyond_cap_refused_and_untouched)
{
	uint8_t mem[4] = {9, 9, 9, 9};
	struct buf b = buf_of(mem, 3);

	EXPECT(buf_put(&b, "ab", 2));
	EXPECT(!buf_put(&b, "cd", 2));
	EXPECT_U64(b.len, 2);
	EXPECT(buf_put_u8(&b, 'c'));
	EXPECT(!buf_put_u8(&b, 'd'));
	EXPECT(buf_put(&b, NULL, 0));
	EXPECT(mem[3] == 9);
	EXPECT_BYTES(bytes_of_buf(&b), bytes_of_str("abc"));
}

TEST(test_bytes_take_too_much_refused_and_untouched)
{
	struct bytes in = bytes_of_str("abcd"), out = {NULL, 0};

	EXPECT(!bytes_take(&out, &in, 5));
	EXPECT(out.ptr == NULL && in.len == 4);
	EXPECT(bytes_take(&out, &in, 3));
	EXPECT_BYTES(out, bytes_of_str("abc"));
	EXPECT_BYTES(in, bytes_of_str("d"));
	EXPECT(bytes_take(&out, &in, 1) && in.len == 0);
	EXPECT(bytes_take(&out, &in, 0) && out.len == 0);
}

TEST(test_bytes_cmp_orders_by_content_then_length)
{
	static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};
	size_t i, k;

	for (i = 0; i < ARRAY_CNT(sorted); i++) {
		for (k = 0; k < ARRAY_CNT(sorted); k++) {
			struct bytes a = bytes_of_str(sorted[i]);
			struct bytes b = bytes_of_str(sorted[k]);

			EXPECT(bytes_cmp(a, b) == (i > k) - (i < k));
			EXPECT(bytes_eq(a, b) == (i == k));
		}
	}
	EXPECT(bytes_cmp(bytes_of(NULL, 0), bytes_of(NULL, 0)) == 0);
}

TEST(test_be_put_and_get_most_significant_first)
{
	uint8_t p[8];

	be64_put(p, 0x0102030405060708);
	EXPECT_BYTES(bytes_of(p, 8), test_hex("0102030405060708"));
	EXPECT_U64(be64(p), 0x0102030405060708);
	EXPECT_U64(be32(p), 0x01020304);
	EXPECT_U64(be16(p + 6), 0x0708);
	be32_put(p, 0xfffefdfc);
	EXPECT_U64(be32(p), 0xfffefdfc);
	be16_put(p, 0xfffe);
	EXPECT_U64(be16(p), 0xfffe);
	EXPECT_U64(be64(p) >> 48, 0xfffe);
}

TEST(test_bytes_dec_digits_within_bound_or_nothing)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool is_good;
		uint64_t n;
	} row[] = {
	    {"", 9, false, 0},
	    {"+1", 9, false, 0},
	    {"-1", 9, false, 0},
	    {" 1", 9, false, 0},
	    {"1 ", 9, false, 0},
	    {"1x", 99, false, 0},
	    {"0x1", 99, false, 0},
	    {"10", 9, false, 0},
	    {"9", 8, false, 0},
	    {"1", 0, false, 0},
	    {"18446744073709551616", UINT64_MAX, false, 0},
	    {"99999999999999999999", UINT64_MAX, false, 0},
	    {"0", 0, true, 0},
	    {"9", 9, true, 9},
	    {"0019", 19, true, 19},
	    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		uint64_t n = 77;

		test_row(row[i].text);
		EXPECT(bytes_dec(&n, bytes_of_str(row[i].text), row[i].max) ==
		       row[i].is_good);
		EXPECT_U64(n, row[i].is_good ? row[i].n : 77);
		test_count(1);
	}
	test_row(NULL);
}

TEST(test_buf_put_dec_digits_or_untouched)
{
	static const struct {
		uint64_t v;
		unsigned least;
		const char *text;
	} row[] = {
	    {0, 0, "0"},
	    {0, 3, "000"},
	    {7, 3, "007"},
	    {999, 3, "999"},
	    {1000, 3, "1000"},
	    {9999999999999999999u, 0, "9999999999999999999"},
	    {10000000000000000000u, 0, "10000000000000000000"},
	    {UINT64_MAX, 0, "18446744073709551615"},
	    {1, 20, "00000000000000000001"},
	    {1, 99, "00000000000000000001"},
	};
	char room[32];
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct buf b = buf_of(room, sizeof(room));

		test_row(row[i].text);
		EXPECT(buf_put_dec(&b, row[i].v, row[i].least));
		EXPECT_BYTES(bytes_of_buf(&b), bytes_of_str(row[i].text));
		b = buf_of(room, strlen(row[i].text) - 1);
		EXPECT(!buf_put_dec(&b, row[i].v, row[i].least));
		EXPECT_U64(b.len, 0);
		test_count(1);
	}
	test_row(NULL);
}
