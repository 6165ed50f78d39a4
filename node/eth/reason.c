/* SPDX-License-Identifier: Apache-2.0
 *
 * The two errors that the compiler itself knows. Those that a contract
 * declares need its ABI and are not read here.
 */
#include "eth/reason.h"

#include <stdio.h>
#include <string.h>

#include "base/u256.h"

enum { SELECTOR_LEN = 4, WORD_LEN = 32 };

/* Selectors of Error(string) and Panic(uint256). */
static const uint8_t error_selector[SELECTOR_LEN] = {0x08, 0xc3, 0x79, 0xa0};
static const uint8_t panic_selector[SELECTOR_LEN] = {0x4e, 0x48, 0x7b, 0x71};

/* Solidity documentation, "Panic via assert and Error via require". */
static const struct {
	uint64_t code;
	const char *text;
} panics[] = {
    {0x00, "generic panic"},
    {0x01, "assert(false)"},
    {0x11, "arithmetic underflow or overflow"},
    {0x12, "division or modulo by zero"},
    {0x21, "enum overflow"},
    {0x22, "invalid encoded storage byte array accessed"},
    {0x31, "out-of-bounds array access; popping on an empty array"},
    {0x32, "out-of-bounds access of an array or bytesN"},
    {0x41, "out of memory"},
    {0x51, "uninitialized function"},
};

/* take_word reads a word off the front of in. */
static bool
take_word(struct u256 *out, struct bytes *in)
{
	struct bytes word;

	if (!bytes_take(&word, in, WORD_LEN))
		return false;
	u256_from_be(out, word);
	return true;
}

/* read_text reads the one string of the arguments. */
static bool
read_text(struct bytes *out, struct bytes args)
{
	struct bytes rest = args, skipped;
	struct u256 at, len;

	if (!take_word(&at, &rest) || !u256_is_u64(&at) ||
	    !bytes_take(&skipped, &args, at.w[0]))
		return false;
	return take_word(&len, &args) && u256_is_u64(&len) &&
	       bytes_take(out, &args, len.w[0]);
}

static bool
read_panic(struct bytes *out, char room[REASON_PANIC_MAX], struct bytes args)
{
	char hex[U256_HEX_MAX];
	struct u256 code;
	size_t i;

	if (!take_word(&code, &args))
		return false;
	for (i = 0; i < sizeof(panics) / sizeof(panics[0]); i++) {
		if (u256_is_u64(&code) && code.w[0] == panics[i].code) {
			*out = bytes_of_str(panics[i].text);
			return true;
		}
	}
	u256_hex(hex, &code);
	(void)snprintf(room, REASON_PANIC_MAX, "unknown panic code: %s", hex);
	*out = bytes_of_str(room);
	return true;
}

bool
reason_read(struct bytes *out, char room[REASON_PANIC_MAX], struct bytes data)
{
	struct bytes selector;

	if (!bytes_take(&selector, &data, SELECTOR_LEN))
		return false;
	if (memcmp(selector.ptr, error_selector, SELECTOR_LEN) == 0)
		return read_text(out, data);
	if (memcmp(selector.ptr, panic_selector, SELECTOR_LEN) == 0)
		return read_panic(out, room, data);
	return false;
}
