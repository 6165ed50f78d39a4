/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of a revert: what Solidity's require and assert return, and what
 * only looks like it.
 */
#include "eth/reason.h"

#include <string.h>

#include "test.h"

#define ERROR   "08c379a0"
#define PANIC   "4e487b71"
#define ZEROS   "000000000000000000000000000000000000000000000000000000000000"
#define WORD(n) ZEROS n
#define TEXT_NO                                                                \
	"6e6f000000000000000000000000000000000000000000000000000000000000"
#define ALL_ONES                                                               \
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct {
	const char *name, *data, *want; /* NULL: no words */
} rows[] = {
    {"nothing", "", NULL},
    {"half a selector", "08c3", NULL},
    {"another error", "deadbeef" WORD("0020") WORD("0002") TEXT_NO, NULL},
    {"a selector alone", ERROR, NULL},
    {"an offset alone", ERROR WORD("0020"), NULL},
    {"an offset behind the end", ERROR WORD("0061") WORD("0002") TEXT_NO, NULL},
    {"an offset without end", ERROR ALL_ONES WORD("0002") TEXT_NO, NULL},
    {"a length behind the end", ERROR WORD("0020") WORD("0021") TEXT_NO, NULL},
    {"a length without end", ERROR WORD("0020") ALL_ONES TEXT_NO, NULL},
    {"words", ERROR WORD("0020") WORD("0002") TEXT_NO, "no"},
    {"words without their padding", ERROR WORD("0020") WORD("0002") "6e6f",
	"no"},
    {"words farther behind",
	ERROR WORD("0040") WORD("0009") WORD("0002") "6e6f", "no"},
    {"no words", ERROR WORD("0020") WORD("0000"), ""},
    {"a panic cut short", PANIC ZEROS "00", NULL},
    {"generic panic", PANIC WORD("0000"), "generic panic"},
    {"assert", PANIC WORD("0001"), "assert(false)"},
    {"overflow", PANIC WORD("0011"), "arithmetic underflow or overflow"},
    {"division", PANIC WORD("0012"), "division or modulo by zero"},
    {"enum", PANIC WORD("0021"), "enum overflow"},
    {"storage bytes", PANIC WORD("0022"),
	"invalid encoded storage byte array accessed"},
    {"pop", PANIC WORD("0031"),
	"out-of-bounds array access; popping on an empty array"},
    {"index", PANIC WORD("0032"), "out-of-bounds access of an array or bytesN"},
    {"memory", PANIC WORD("0041"), "out of memory"},
    {"function", PANIC WORD("0051"), "uninitialized function"},
    {"an unknown panic", PANIC WORD("0099"), "unknown panic code: 0x99"},
    {"a panic beyond 64 bits", PANIC ALL_ONES,
	"unknown panic code: 0x" ALL_ONES},
};

TEST(test_reason_vectors)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes out = {NULL, 0}, data = test_hex(rows[i].data);
		char room[REASON_PANIC_MAX];
		bool has_words = reason_read(&out, room, data);

		test_row(rows[i].name);
		EXPECT(has_words == (rows[i].want != NULL));
		if (has_words && rows[i].want != NULL)
			EXPECT_BYTES(out, bytes_of_str(rows[i].want));
	}
	test_row(NULL);
	test_count(i);
}
