/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/path_priv.h"

#include "test.h"

/* Yellow Paper appendix C: flags 0 to 3 in the first nibble. */
static const struct {
	const char *name, *key, *compact;
	size_t from, to;
	bool is_leaf;
} rows[] = {
    {"even extension", "123456", "00123456", 0, 6, false},
    {"odd extension", "123456", "112345", 0, 5, false},
    {"even leaf", "0f1cb8", "200f1cb8", 0, 6, true},
    {"odd leaf", "0f1cb8", "3f1cb8", 1, 6, true},
    {"even leaf from an odd place", "123456", "202345", 1, 5, true},
    {"odd extension from an odd place", "123456", "12", 1, 2, false},
    {"odd leaf from an even place", "123456", "33", 2, 3, true},
    {"empty leaf", "1234", "20", 4, 4, true},
    {"empty leaf at an odd place", "1234", "20", 3, 3, true},
    {"empty extension", "1234", "00", 0, 0, false},
};

TEST(test_compact_put_and_take_agree_with_appendix_c)
{
	uint8_t out[8], key[8];
	bool is_leaf;
	size_t i, at, to;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes want = test_hex(rows[i].compact);
		struct bytes full = test_hex(rows[i].key);

		test_row(rows[i].name);
		EXPECT_U64(compact_len(rows[i].from, rows[i].to), want.len);
		compact_put(
		    out, full.ptr, rows[i].from, rows[i].to, rows[i].is_leaf);
		EXPECT_BYTES(bytes_of(out, want.len), want);
		memset(key, 0xee, sizeof(key));
		EXPECT(compact_take(
		    key, &to, &is_leaf, rows[i].from, rows[i].to, want));
		EXPECT_U64(to, rows[i].to);
		EXPECT(is_leaf == rows[i].is_leaf);
		for (at = 0; at < 16; at++)
			EXPECT_U64(nib_at(key, at),
			    at >= rows[i].from && at < to ? nib_at(full.ptr, at)
							  : 0xe);
	}
	test_row(NULL);
}

TEST(test_compact_take_malformed_is_refused)
{
	static const struct {
		const char *name, *compact;
		size_t max;
	} bad[] = {
	    {"nothing", "", 64},
	    {"flag 4", "40", 64},
	    {"flag f", "f1", 64},
	    {"even with padding", "0112", 64},
	    {"even leaf with padding", "2f12", 64},
	    {"too long by one", "111234", 4},
	    {"too long by two", "001234", 2},
	    {"no room at all", "11", 0},
	};
	uint8_t key[32] = {0};
	bool is_leaf;
	size_t i, to;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i].name);
		EXPECT(!compact_take(key, &to, &is_leaf, 0, bad[i].max,
		    test_hex(bad[i].compact)));
	}
	test_row(NULL);
}

TEST(test_nib_same_finds_first_difference)
{
	uint8_t a[4], b[4];
	size_t at, from, to;

	for (at = 0; at < 8; at++) {
		memset(a, 0x77, sizeof(a));
		memset(b, 0x77, sizeof(b));
		nib_set(b, at, 3);
		EXPECT_U64(nib_at(b, at), 3);
		EXPECT_U64(nib_at(b, at ^ 1U), 7);
		for (from = 0; from <= 8; from++)
			for (to = from; to <= 8; to++)
				EXPECT_U64(nib_same(a, b, from, to),
				    at >= from && at < to ? at : to);
	}
}

TEST(test_path_of_and_text_unpack_nibbles)
{
	char text[PATH_TEXT_MAX];
	struct trie_path path;

	path_of(&path, test_hex("a1b2").ptr, 3);
	EXPECT_BYTES(bytes_of(path.nib, path.len), test_hex("0a010b"));
	EXPECT_STR(path_text(text, test_hex("a1b2").ptr, 3), "a1b");
	EXPECT_STR(path_text(text, NULL, 0), "");
}
