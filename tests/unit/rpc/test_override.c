/* SPDX-License-Identifier: Apache-2.0
 *
 * Overrides of state and block, and access lists, by small programs whose
 * result shows what they found.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

/* A program ends with RET: its word is the result. */
#define RET  "60005260206000f3"
#define ADDR "0x00000000000000000000000000000000000000aa"
#define WORD(tail)                                                             \
	"0x0000000000000000000000000000000000000000000000000000000000000"      \
	"0" tail

/* call asks eth_call of ADDR, with these overrides. */
static const char *
call(struct rig *r, const char *state, const char *block)
{
	return rig_fmt(
	    r, "[{\"to\":\"" ADDR "\"},\"latest\",%s,%s]", state, block);
}

static const char *
code(struct rig *r, const char *program, const char *more)
{
	return rig_fmt(
	    r, "{\"" ADDR "\":{\"code\":\"0x%s" RET "\"%s}}", program, more);
}

TEST(test_override_of_accounts_by_row)
{
	static const struct {
		const char *program, *more, *want;
	} row[] = {
	    {"602a", "", "\"" WORD("2a") "\""},
	    {"3031", ",\"balance\":\"0x7\"", "\"" WORD("07") "\""},
	    {"600154", "", "\"" WORD("00") "\""},
	    {"600154", ",\"state\":{\"" WORD("01") "\":\"" WORD("09") "\"}",
		"\"" WORD("09") "\""},
	    {"600154", ",\"stateDiff\":{\"" WORD("01") "\":\"" WORD("08") "\"}",
		"\"" WORD("08") "\""},
	    /* The address of what it creates shows its nonce: another one
	     * is another address. */
	    {"600060006000f0", ",\"nonce\":\"0x5\"", NULL},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i + 1 < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].program);
		EXPECT_CALL(&r, "eth_call",
		    call(&r, code(&r, row[i].program, row[i].more), "{}"),
		    row[i].want);
	}
	/* Another nonce, another address. */
	EXPECT(strcmp(rig_fmt(&r, "%s",
			  rig_result(&r, "eth_call",
			      call(&r, code(&r, row[i].program, ""), "{}"))),
		   rig_result(&r, "eth_call",
		       call(&r, code(&r, row[i].program, row[i].more),
			   "{}"))) != 0);
	test_row(NULL);
	rig_close(&r);
}

/* RIG_CODE_ADDR has 0x2a in slot 1: state takes it away, stateDiff does
 * not. */
TEST(test_override_state_replaces_and_diff_adds)
{
	static const char fmt[] =
	    "[{\"to\":\"" RIG_CODE_ADDR "\"},\"latest\",{\"" RIG_CODE_ADDR
	    "\":{\"code\":\"0x600154" RET
	    "\",\"%s\":{\"" WORD("02") "\":\"" WORD("03") "\"}}}]";
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(
	    &r, "eth_call", rig_fmt(&r, fmt, "state"), "\"" WORD("00") "\"");
	EXPECT_CALL(&r, "eth_call", rig_fmt(&r, fmt, "stateDiff"),
	    "\"" WORD("2a") "\"");
	/* Nothing of it stays. */
	EXPECT_CALL(&r, "eth_getStorageAt", "[\"" RIG_CODE_ADDR "\",\"0x1\"]",
	    "\"" WORD("2a") "\"");
	EXPECT_CALL(&r, "eth_getCode", "[\"" RIG_CODE_ADDR "\"]", "\"0x6001\"");
	rig_close(&r);
}

TEST(test_override_of_the_block_by_row)
{
	static const struct {
		const char *program, *block, *want;
	} row[] = {
	    {"43", "{\"number\":\"0x99\"}", "\"" WORD("99") "\""},
	    {"42", "{\"time\":\"0x98\"}", "\"" WORD("98") "\""},
	    {"45", "{\"gasLimit\":\"0x97\"}", "\"" WORD("97") "\""},
	    {"44", "{\"difficulty\":\"0x96\"}", "\"" WORD("96") "\""},
	    {"41", "{\"feeRecipient\":\"" ADDR "\"}", "\"" WORD("aa") "\""},
	    {"41", "{\"coinbase\":\"" ADDR "\"}", "\"" WORD("aa") "\""},
	    /* Who pays nothing sees no base fee. */
	    {"48", "{\"baseFeePerGas\":\"0x95\"}", "\"" WORD("00") "\""},
	    /* Blocks that are not there have no hash, whatever its number. */
	    {"600540", "{\"number\":\"0x99\"}", "\"" WORD("00") "\""},
	    {"43", "1", "-32602 block overrides: not an object"},
	    {"43", "{\"number\":1}", "-32602 number: not a hex string"},
	    {"43", "{\"withdrawals\":[]}",
		"-32000 beaconRoot and withdrawals change nothing in a call"},
	    {"43", "{\"beaconRoot\":\"" WORD("01") "\"}",
		"-32000 beaconRoot and withdrawals change nothing in a call"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].block);
		EXPECT_CALL(&r, "eth_call",
		    call(&r, code(&r, row[i].program, ""), row[i].block),
		    row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}

TEST(test_override_base_fee_is_seen_by_who_pays)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_call",
	    rig_fmt(&r,
		"[{\"to\":\"" ADDR "\",\"from\":\"%s\",\"gas\":\"0xffff\","
		"\"maxFeePerGas\":\"0x99\",\"maxPriorityFeePerGas\":\"0x2\"},"
		"\"latest\",%s,{\"baseFeePerGas\":\"0x20\"}]",
		rig_addr_text(1), code(&r, "483a01", "")),
	    "\"" WORD("42") "\""); /* 0x20, and a price of 0x22 */
	rig_close(&r);
}

/* The identity, precompile 4, moves; what was there is code. */
TEST(test_override_moves_precompiles)
{
	static const char moved[] =
	    "[{\"to\":\"%s\",\"data\":\"0x1234\"},\"latest\",{"
	    "\"0x0000000000000000000000000000000000000004\":{\"code\":"
	    "\"0x602a" RET "\",\"movePrecompileToAddress\":\"" ADDR "\"}}]";
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_call", rig_fmt(&r, moved, ADDR), "\"0x1234\"");
	EXPECT_CALL(&r, "eth_call",
	    rig_fmt(&r, moved, "0x0000000000000000000000000000000000000004"),
	    "\"" WORD("2a") "\"");
	rig_close(&r);
}

TEST(test_override_bad_ones_by_row)
{
	static const struct {
		const char *state, *want;
	} row[] = {
	    {"1", "-32602 state overrides: not an object"},
	    {"{\"0x12\":{}}", "-32602 hex data has 2 digits, want 40"},
	    {"{\"" ADDR "\":1}", "-32602 an override: not an object"},
	    {"{\"" ADDR "\":{\"nonce\":5}}", "-32602 nonce: not a hex string"},
	    {"{\"" ADDR "\":{\"code\":\"0x1\"}}",
		"-32602 code: hex data of odd length 1"},
	    {"{\"" ADDR "\":{\"state\":[]}}", "-32602 state: not an object"},
	    {"{\"" ADDR "\":{\"state\":{\"0x1\":\"0x2\"}}}",
		"-32602 hex data has 1 digits, want 64"},
	    {"{\"" ADDR "\":{\"state\":{},\"stateDiff\":{}}}",
		"-32000 account 0x00000000000000000000000000000000000000AA has "
		"both 'state' and 'stateDiff'"},
	    {"{\"" ADDR "\":{\"movePrecompileToAddress\":\"" RIG_CODE_ADDR
	     "\"}}",
		"-32000 account 0x00000000000000000000000000000000000000AA is "
		"not a precompile"},
	    {"{\"0x0000000000000000000000000000000000000004\":{"
	     "\"movePrecompileToAddress\":\"0x000000000000000000000000000000000"
	     "0000004\"}}",
		"-32000 account 0x0000000000000000000000000000000000000004 is "
		"already overridden"},
	    {"{\"0x0000000000000000000000000000000000000004\":{"
	     "\"movePrecompileToAddress\":\"" ADDR "\"},"
	     "\"0x0000000000000000000000000000000000000002\":{"
	     "\"movePrecompileToAddress\":\"" ADDR "\"}}",
		"-38023 two precompiles are moved to "
		"0x00000000000000000000000000000000000000AA"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].state);
		EXPECT_CALL(
		    &r, "eth_call", call(&r, row[i].state, "{}"), row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}

/* put_slots writes an override of cnt slots of n accounts from first on. */
static size_t
put_slots(char *text, size_t cap, unsigned account, size_t cnt)
{
	size_t i, len = (size_t)snprintf(
		      text, cap, "\"0x%040x\":{\"stateDiff\":{", account);

	for (i = 0; i < cnt; i++)
		len += (size_t)snprintf(text + len, cap - len,
		    "%s\"0x%064zx\":\"" WORD("01") "\"", i == 0 ? "" : ",", i);
	return len + (size_t)snprintf(text + len, cap - len, "}}");
}

/* slots writes overrides of 1,000 slots each for accounts, and one more. */
static const char *
slots(struct rig *r, unsigned accounts, size_t more)
{
	size_t cap = 1000 * 140 * (accounts + 1), len = 1;
	char *text = arena_alloc(&r->arena, cap);
	unsigned i;

	text[0] = '{';
	for (i = 0; i < accounts; i++) {
		len += put_slots(text + len, cap - len, 0x1000 + i, 1000);
		text[len++] = ',';
	}
	len += put_slots(text + len, cap - len, 0x1000 + i, more);
	text[len++] = '}';
	text[len] = '\0';
	return call(r, text, "{}");
}

TEST(test_override_slots_are_bounded)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_call", slots(&r, 10, 0), "\"0x\"");
	EXPECT_CALL(&r, "eth_call", slots(&r, 10, 1),
	    "-32005 limit exceeded: overrides set more than 10000 slots");
	rig_close(&r);
}

TEST(test_override_counts_in_estimates)
{
	struct rig r;

	rig_open(&r);
	EXPECT(strstr(rig_call(&r, "eth_estimateGas",
			  "[{\"from\":\"" ADDR "\",\"to\":\"" ADDR
			  "\",\"value\":\"0x5\"}]"),
		   "insufficient funds") != NULL);
	EXPECT_CALL(&r, "eth_estimateGas",
	    "[{\"from\":\"" ADDR "\",\"to\":\"" ADDR
	    "\",\"value\":\"0x5\"},\"latest\",{\"" ADDR
	    "\":{\"balance\":\"0x5\"}}]",
	    "\"0x5208\"");
	/* Not more gas than the balance that is made up pays for. */
	EXPECT(strstr(rig_call(&r, "eth_estimateGas",
			  "[{\"from\":\"" ADDR "\",\"to\":\"" ADDR
			  "\",\"gasPrice\":\"0x7\"},\"latest\",{\"" ADDR
			  "\":{\"balance\":\"0x23e38\",\"code\":\"0x5b600056\""
			  "}}]"),
		   "gas required exceeds allowance (21000)") != NULL);
	rig_close(&r);
}

/* An authorization costs 25,000 gas up front (EIP-7702), from Prague on. */
TEST(test_call_object_authorization_costs_gas)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_estimateGas",
	    "[{\"to\":\"" ADDR "\",\"authorizationList\":[{\"address\":\"" ADDR
	    "\",\"chainId\":\"0x1\",\"nonce\":\"0x0\",\"yParity\":\"0x0\","
	    "\"r\":\"0x1\",\"s\":\"0x2\"}]}]",
	    "\"0xb3b0\"");
	rig_close(&r);
}

TEST(test_access_list_has_what_was_touched)
{
	struct rig r;

	rig_open(&r);
	/* Nothing but the sender and who is called. */
	EXPECT_CALL(&r, "eth_createAccessList", "[{\"to\":\"" ADDR "\"}]",
	    "{\"accessList\":[],\"gasUsed\":\"0x5208\"}");
	/* A slot of its own, an account's balance, a precompile's. */
	EXPECT_CALL(&r, "eth_createAccessList",
	    rig_fmt(&r, "[{\"to\":\"" ADDR "\"},\"latest\",%s]",
		code(&r,
		    "600154"
		    "73"
		    "c0de000000000000000000000000000000000001"
		    "31"
		    "600431",
		    "")),
	    "{\"accessList\":[{\"address\":\"" ADDR
	    "\",\"storageKeys\":[\"" WORD(
		"01") "\"]},{\"address\":\"" RIG_CODE_ADDR
		      "\",\"storageKeys\":[]}],\"gasUsed\":\"0x6d78\"}");
	rig_close(&r);
}

TEST(test_access_list_of_a_call_that_fails)
{
	struct rig r;

	rig_open(&r);
	EXPECT(
	    strstr(rig_call(&r, "eth_createAccessList",
		       "[{\"to\":\"" ADDR "\",\"gas\":\"0xffff\"},\"latest\","
		       "{\"" ADDR "\":{\"code\":\"0x60015460006000fd\"}}]"),
		"{\"accessList\":[{\"address\":\"" ADDR
		"\",\"storageKeys\":[\"" WORD(
		    "01") "\"]}],\"error\":"
			  "\"execution reverted\",\"gasUsed\":\"0x") != NULL);
	EXPECT_CALL(&r, "eth_createAccessList", "[1]",
	    "-32602 invalid argument 0: not an object");
	EXPECT_CALL(&r, "eth_createAccessList",
	    "[{\"to\":\"" ADDR "\",\"gas\":\"0x5207\"}]",
	    "-32000 intrinsic gas too low: gas 20999, minimum needed 21000");
	rig_close(&r);
}

/* A program that reverts with what it is called with: the words that Solidity
 * puts into a revert are told, and the data is there for clients. */
TEST(test_override_revert_has_its_reason)
{
	static const char params[] =
	    "[{\"to\":\"" ADDR "\",\"data\":\"%s\"},\"latest\",{\"" ADDR
	    "\":{\"code\":\"0x3660006000373660"
	    "00fd\"}}]";
	static const char error[] =
	    "0x08c379a0"
	    "0000000000000000000000000000000000000000000000000000000000000020"
	    "0000000000000000000000000000000000000000000000000000000000000002"
	    "6e6f000000000000000000000000000000000000000000000000000000000000";
	struct rig r;

	rig_open(&r);
	EXPECT(
	    strstr(rig_call(&r, "eth_call", rig_fmt(&r, params, error)),
		rig_fmt(&r,
		    "\"error\":{\"code\":3,\"message\":\"execution reverted: "
		    "no\",\"data\":\"%s\"}",
		    error)) != NULL);
	EXPECT(
	    strstr(rig_call(&r, "eth_estimateGas", rig_fmt(&r, params, error)),
		"\"message\":\"execution reverted: no\"") != NULL);
	EXPECT(strstr(rig_call(&r, "eth_call", rig_fmt(&r, params, "0x1234")),
		   "\"message\":\"execution reverted\",\"data\":\"0x1234\"") !=
	       NULL);
	rig_close(&r);
}
