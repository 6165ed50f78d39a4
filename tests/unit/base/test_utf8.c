/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 by the rows of RFC 3629 section 4 and their neighbours.
 */
#include "base/utf8_priv.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

TEST(test_utf8_len_boundaries)
{
	static const struct {
		const char *hex;
		size_t want;
	} rows[] = {
	    {"00", 1},
	    {"7f", 1},
	    {"80", 0},       /* a tail alone */
	    {"c080", 0},     /* overlong NUL */
	    {"c1bf", 0},     /* overlong */
	    {"c280", 2},     /* U+0080 */
	    {"dfbf", 2},     /* U+07FF */
	    {"c2", 0},       /* cut */
	    {"c241", 0},     /* no tail */
	    {"e08080", 0},   /* overlong */
	    {"e09fbf", 0},   /* overlong */
	    {"e0a080", 3},   /* U+0800 */
	    {"ed9fbf", 3},   /* U+D7FF */
	    {"eda080", 0},   /* surrogate */
	    {"edbfbf", 0},   /* surrogate */
	    {"ee8080", 3},   /* U+E000 */
	    {"efbfbf", 3},   /* U+FFFF */
	    {"e381", 0},     /* cut */
	    {"f08fbfbf", 0}, /* overlong */
	    {"f0908080", 4}, /* U+10000 */
	    {"f48fbfbf", 4}, /* U+10FFFF */
	    {"f4908080", 0}, /* above */
	    {"f5808080", 0}, /* above */
	    {"f09f98", 0},   /* cut */
	    {"ff", 0},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		struct bytes in = test_hex(rows[i].hex);

		test_row(rows[i].hex);
		EXPECT_U64(utf8_len(in.ptr, in.len), rows[i].want);
	}
	test_row(NULL);
	EXPECT_U64(utf8_len(NULL, 0), 0);
	test_count(i);
}

TEST(test_utf8_cut_never_splits)
{
	static const char text[] = "a\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80z";
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
	size_t i;

	for (i = 0; i < ARRAY_CNT(want); i++)
		EXPECT_U64(utf8_cut(text, i), want[i]);
}
