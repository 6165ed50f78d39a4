/* SPDX-License-Identifier: Apache-2.0
 *
 * Call data, logs and revert data against the contract ABI's encoding, word by
 * word as its specification has them.
 */
#include "portal/explorer/abi_priv.h"

#include "base/hex.h"
#include "test.h"

#define W0    "0000000000000000000000000000000000000000000000000000000000000000"
#define W1    "0000000000000000000000000000000000000000000000000000000000000001"
#define W2    "0000000000000000000000000000000000000000000000000000000000000002"
#define WADDR "000000000000000000000000deaddeaddeaddeaddeaddeaddeaddeaddeaddead"
#define ADDR  "0xdeaDDeADDEaDdeaDdEAddEADDEAdDeadDEADDEaD"
#define WBIG  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define BIG                                                                    \
	"1157920892373161954235709850086879078532699846656405640394575840079"  \
	"13129639935"
/* What a string begins with that is the only argument, and its length. */
#define AT20 "0000000000000000000000000000000000000000000000000000000000000020"

static struct bytes
data_of(struct arena *a, const char *hex)
{
	struct bytes out;

	EXPECT(hex_read(a, &out, bytes_of_str(hex), NULL) == RC_OK);
	return out;
}

static const struct {
	const char *name;
	enum xp_abi_kind kind;
	const char *data;
	const char *text; /* NULL: not decoded */
	const char *values[7];
} calls[] = {
    {"transfer", XP_ABI_FUNCTION, "0xa9059cbb" WADDR WBIG,
	"transfer(address to, uint256 value)", {ADDR, BIG}},
    {"no argument", XP_ABI_FUNCTION, "0x18160ddd", "totalSupply()", {NULL}},
    {"approval for all", XP_ABI_FUNCTION, "0xa22cb465" WADDR W1,
	"setApprovalForAll(address operator, bool approved)", {ADDR, "true"}},
    {"permit, EIP-2612", XP_ABI_FUNCTION,
	"0xd505accf" WADDR WADDR W1 W2
	"000000000000000000000000000000000000000000000000000000000000001b" W1
	    WBIG,
	"permit(address owner, address spender, uint256 value, uint256 "
	"deadline, uint8 v, bytes32 r, bytes32 s)",
	{ADDR, ADDR, "1", "2", "27", "0x" W1, "0x" WBIG}},
    {"more than uint8", XP_ABI_FUNCTION,
	"0xd505accf" WADDR WADDR W1 W2
	"000000000000000000000000000000000000000000000000000000000000011b" W1
	    WBIG,
	NULL, {NULL}},
    {"bytes4, EIP-165", XP_ABI_FUNCTION,
	"0x01ffc9a7"
	"80ac58cd00000000000000000000000000000000000000000000000000000000",
	"supportsInterface(bytes4 interfaceId)", {"0x80ac58cd"}},
    {"bytes", XP_ABI_FUNCTION,
	"0xb88d4fde" WADDR WADDR W2
	"0000000000000000000000000000000000000000000000000000000000000080" W2
	"cafe000000000000000000000000000000000000000000000000000000000000",
	"safeTransferFrom(address from, address to, uint256 tokenId, "
	"bytes data)",
	{ADDR, ADDR, "2", "0xcafe"}},
    {"reason", XP_ABI_ERROR,
	"0x08c379a0" AT20
	"0000000000000000000000000000000000000000000000000000000000000003"
	"3c623e0000000000000000000000000000000000000000000000000000000000",
	"Error(string reason)", {"<b>"}},
    {"empty reason", XP_ABI_ERROR, "0x08c379a0" AT20 W0, "Error(string reason)",
	{""}},
    {"panic", XP_ABI_ERROR, "0x4e487b71" W1, "Panic(uint256 code)", {"1"}},
    {"what stands behind is let be", XP_ABI_FUNCTION,
	"0xa9059cbb" WADDR W1 "00", "transfer(address to, uint256 value)",
	{ADDR, "1"}},

    {"nothing", XP_ABI_FUNCTION, "0x", NULL, {NULL}},
    {"half a selector", XP_ABI_FUNCTION, "0xa9059c", NULL, {NULL}},
    {"no such function", XP_ABI_FUNCTION, "0xdeadbeef" W0 W0, NULL, {NULL}},
    {"a function is no error", XP_ABI_ERROR, "0xa9059cbb" WADDR W1, NULL,
	{NULL}},
    {"a word is missing", XP_ABI_FUNCTION, "0xa9059cbb" WADDR, NULL, {NULL}},
    {"a word is torn", XP_ABI_FUNCTION, "0xa9059cbb" WADDR "00", NULL, {NULL}},
    {"an address too long", XP_ABI_FUNCTION, "0xa9059cbb" WBIG W1, NULL,
	{NULL}},
    {"neither true nor false", XP_ABI_FUNCTION, "0xa22cb465" WADDR W2, NULL,
	{NULL}},
    {"bytes4 of five", XP_ABI_FUNCTION,
	"0x01ffc9a7"
	"80ac58cd01000000000000000000000000000000000000000000000000000000",
	NULL, {NULL}},
    {"text that is not there", XP_ABI_ERROR, "0x08c379a0" AT20, NULL, {NULL}},
    {"text behind the end", XP_ABI_ERROR, "0x08c379a0" WBIG W1, NULL, {NULL}},
    {"text at the end", XP_ABI_ERROR,
	"0x08c379a0"
	"0000000000000000000000000000000000000000000000000000000000000040" W1,
	NULL, {NULL}},
    {"text longer than there is", XP_ABI_ERROR, "0x08c379a0" AT20 W1, NULL,
	{NULL}},
    {"text longer than can be", XP_ABI_ERROR, "0x08c379a0" AT20 WBIG, NULL,
	{NULL}},
    {"length near 2^64", XP_ABI_ERROR,
	"0x08c379a0" AT20
	"000000000000000000000000000000000000000000000000ffffffffffffffff",
	NULL, {NULL}},
    {"place near 2^64", XP_ABI_ERROR,
	"0x08c379a0"
	"000000000000000000000000000000000000000000000000fffffffffffffff0" W1,
	NULL, {NULL}},
};

TEST(test_abi_call_data_is_decoded_or_left_alone)
{
	struct arena a;
	size_t i, j;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct xp_decoded d;
		bool is_ok;

		test_row(calls[i].name);
		is_ok = xp_decode(
		    &a, &d, calls[i].kind, data_of(&a, calls[i].data));
		EXPECT(is_ok == (calls[i].text != NULL));
		EXPECT(is_ok || (d.arg_cnt == 0 && d.text.len == 0));
		if (is_ok && calls[i].text != NULL)
			EXPECT_BYTES(d.text, bytes_of_str(calls[i].text));
		for (j = 0; j < d.arg_cnt && calls[i].values[j] != NULL; j++)
			EXPECT_BYTES(
			    d.args[j].value, bytes_of_str(calls[i].values[j]));
		EXPECT(j == d.arg_cnt);
		test_count(1);
	}
	arena_drop(&a);
}

#define TRANSFER                                                               \
	"ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#define FOR_ALL                                                                \
	"17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31"

TEST(test_abi_log_is_decoded_by_how_many_topics_it_has)
{
	static const struct {
		const char *name, *topics[EVENT_TOPIC_MAX], *data, *text;
		const char *values[3];
	} row[] = {
	    {"ERC-20", {TRANSFER, WADDR, WADDR}, "0x" W2,
		"Transfer(address indexed from, address indexed to, uint256 "
		"value)",
		{ADDR, ADDR, "2"}},
	    {"ERC-721", {TRANSFER, WADDR, WADDR, W1}, "0x",
		"Transfer(address indexed from, address indexed to, uint256 "
		"indexed tokenId)",
		{ADDR, ADDR, "1"}},
	    {"a flag", {FOR_ALL, WADDR, WADDR}, "0x" W0,
		"ApprovalForAll(address indexed owner, address indexed "
		"operator, bool approved)",
		{ADDR, ADDR, "false"}},
	    {"too few topics", {TRANSFER, WADDR}, "0x" W2, NULL, {NULL}},
	    {"no data", {TRANSFER, WADDR, WADDR}, "0x", NULL, {NULL}},
	    {"no address", {TRANSFER, WBIG, WADDR}, "0x" W2, NULL, {NULL}},
	    {"another event", {WBIG, WADDR, WADDR}, "0x" W2, NULL, {NULL}},
	    {"anonymous", {NULL}, "0x" W2, NULL, {NULL}},
	    {"a short topic", {"ddf2", WADDR, WADDR}, "0x" W2, NULL, {NULL}},
	};
	struct arena a;
	size_t i, j;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bytes topics[EVENT_TOPIC_MAX];
		struct xp_decoded d;
		bool is_ok;

		test_row(row[i].name);
		for (j = 0; j < EVENT_TOPIC_MAX && row[i].topics[j] != NULL;
		     j++)
			topics[j] = data_of(
			    &a, arena_str(&a, "0x%s", row[i].topics[j]));
		is_ok =
		    xp_decode_log(&a, &d, topics, j, data_of(&a, row[i].data));
		EXPECT(is_ok == (row[i].text != NULL));
		if (is_ok && row[i].text != NULL)
			EXPECT_BYTES(d.text, bytes_of_str(row[i].text));
		for (j = 0; j < d.arg_cnt; j++)
			EXPECT_BYTES(
			    d.args[j].value, bytes_of_str(row[i].values[j]));
		test_count(1);
	}
	arena_drop(&a);
}

#define W6 "0000000000000000000000000000000000000000000000000000000000000006"
/* Error(string) with six characters. */
#define SAYS(hex)                                                              \
	"0x08c379a0" AT20 W6 hex                                               \
	"0000000000000000000000000000000000000000000000000000"

TEST(test_abi_reason_is_in_the_page_s_language)
{
	static const struct {
		const char *name, *data, *en, *ja;
	} row[] = {
	    {"a code", SAYS("313530313032"), "the balance is too low (150102)",
		"残高が不足しています (150102)"},
	    {"no code of ours", SAYS("393939393939"), "", ""},
	    {"a panic",
		"0x4e487b71"
		"000000000000000000000000000000000000000000000000000000000000"
		"0012",
		"division or modulo by zero", "0による除算です"},
	    {"nothing", "0x", "", ""},
	};
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bytes data = data_of(&a, row[i].data);

		test_row(row[i].name);
		EXPECT_BYTES(
		    xp_reason(&a, GW_LANG_EN, data), bytes_of_str(row[i].en));
		EXPECT_BYTES(
		    xp_reason(&a, GW_LANG_JA, data), bytes_of_str(row[i].ja));
		test_count(1);
	}
	arena_drop(&a);
}

TEST(test_abi_without_memory_nothing_is_decoded)
{
	struct xp_decoded d;
	struct arena a, none;

	arena_init(&a, 1 << 20);
	arena_init(&none, 1);
	EXPECT(!xp_decode(
	    &none, &d, XP_ABI_FUNCTION, data_of(&a, "0xa9059cbb" WADDR W1)));
	EXPECT_U64(d.arg_cnt, 0);
	arena_drop(&a);
}
