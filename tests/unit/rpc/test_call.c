/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_call and eth_estimateGas: transfers, code, reverts with their data, and
 * what is wrong with a call object is named.
 */
#include "rig.h"

#define TO "\"to\":\"0x7000000000000000000000000000000000000001\""

TEST(test_call_without_code_gives_nothing)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_call", "[{" TO "}]", "\"0x\"");
	EXPECT_CALL(&r, "eth_call",
	    "[{" TO ",\"data\":\"0x1234\"},\"latest\",{},null]", "\"0x\"");
	EXPECT_CALL(&r, "eth_call",
	    rig_fmt(&r, "[{" TO ",\"from\":\"%s\",\"value\":\"0x5\"},\"0x0\"]",
		rig_addr_text(1)),
	    "\"0x\"");
	rig_close(&r);
}

/* Init code that returns a word, reverts with one, halts. */
#define WORD     "00000000000000000000000000000000000000000000000000000000000000ab"
#define STORE_AB "60ab600052"

TEST(test_call_runs_code)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(
	    &r, "eth_call", "[{\"to\":\"" RIG_CODE_ADDR "\"}]", "\"0x\"");
	EXPECT_CALL(&r, "eth_call", "[{\"data\":\"0x" STORE_AB "60206000f3\"}]",
	    "\"0x" WORD "\"");
	EXPECT_CALL(&r, "eth_call",
	    "[{\"to\":\"0x0000000000000000000000000000000000000004\","
	    "\"data\":\"0x1234\"}]",
	    "\"0x1234\"");
	EXPECT(strstr(rig_call(&r, "eth_call",
			  "[{\"data\":\"0x" STORE_AB "60206000fd\"}]"),
		   "execution reverted") != NULL);
	EXPECT_CALL(
	    &r, "eth_call", "[{\"data\":\"0xfe\"}]", "-32000 invalid opcode");
	EXPECT_CALL(
	    &r, "eth_call", "[{\"data\":\"0x5b600056\"}]", "-32000 out of gas");
	rig_close(&r);
}

TEST(test_estimate_transfers)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_estimateGas", "[{" TO "}]", "\"0x5208\"");
	EXPECT_CALL(&r, "eth_estimateGas",
	    rig_fmt(&r,
		"[{" TO ",\"from\":\"%s\",\"value\":\"0x1\"},\"latest\"]",
		rig_addr_text(1)),
	    "\"0x5208\"");
	/* Two bytes, of which one is zero: 16 and 4. */
	EXPECT_CALL(&r, "eth_estimateGas", "[{" TO ",\"input\":\"0x0001\"}]",
	    "\"0x521c\"");
	/* EIP-2930: 2,400 and two keys of 1,900. */
	EXPECT_CALL(&r, "eth_estimateGas",
	    "[{" TO ",\"accessList\":[{\"address\":"
	    "\"0x7000000000000000000000000000000000000001\",\"storageKeys\":["
	    "\"0x0000000000000000000000000000000000000000000000000000000000000"
	    "001\",\"0x0000000000000000000000000000000000000000000000000000000"
	    "000000002\"]}]}]",
	    "\"0x6a40\"");
	/* 53,000, data of 20, a push of 3. */
	EXPECT_CALL(
	    &r, "eth_estimateGas", "[{\"data\":\"0x6000\"}]", "\"0xcf1f\"");
	EXPECT_CALL(&r, "eth_estimateGas", "[{\"to\":\"" RIG_CODE_ADDR "\"}]",
	    "\"0x520b\"");
	EXPECT_CALL(&r, "eth_estimateGas", "[{\"data\":\"0xfe\"}]",
	    "-32000 invalid opcode");
	EXPECT(strstr(rig_call(&r, "eth_estimateGas",
			  "[{" TO ",\"value\":\"0x1\"}]"),
		   "insufficient funds") != NULL);
	EXPECT(strstr(rig_call(&r, "eth_estimateGas",
			  "[{" TO ",\"gas\":\"0x5207\"}]"),
		   "gas required exceeds allowance (20999)") != NULL);
	rig_close(&r);
}

TEST(test_call_bad_objects_refused)
{
	static const struct {
		const char *params, *want;
	} rows[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[1]", "-32602 invalid argument 0: not an object"},
	    {"[[]]", "-32602 invalid argument 0: not an object"},
	    {"[{\"to\":1}]", "-32602 invalid argument 0: to: not a hex string"},
	    {"[{\"to\":\"0x12\"}]",
		"-32602 invalid argument 0: to: hex data has 2 digits, want "
		"40"},
	    {"[{" TO ",\"from\":\"x\"}]",
		"-32602 invalid argument 0: from: hex data without 0x prefix"},
	    {"[{" TO ",\"gas\":21000}]",
		"-32602 invalid argument 0: gas: not a hex string"},
	    {"[{" TO ",\"gas\":\"0x010\"}]",
		"-32602 invalid argument 0: gas: hex number with leading zero "
		"digits"},
	    {"[{" TO ",\"value\":\"0x\"}]", NULL},
	    {"[{" TO ",\"data\":\"0x123\"}]",
		"-32602 invalid argument 0: data: hex data of odd length 3"},
	    {"[{" TO ",\"data\":\"0x12\",\"input\":\"0x13\"}]",
		"-32602 invalid argument 0: both \"data\" and \"input\" are "
		"set and not equal. Please use \"input\" to pass transaction "
		"call data"},
	    {"[{" TO ",\"data\":\"0x12\",\"input\":\"0x12\"}]", "\"0x\""},
	    {"[{" TO ",\"gasPrice\":\"0x9\",\"maxFeePerGas\":\"0x9\"}]",
		"-32602 invalid argument 0: both gasPrice and (maxFeePerGas or "
		"maxPriorityFeePerGas) specified"},
	    {"[{" TO ",\"maxFeePerGas\":\"0x1\","
	     "\"maxPriorityFeePerGas\":\"0x2\"}]",
		"-32602 invalid argument 0: maxFeePerGas less than "
		"maxPriorityFeePerGas"},
	    {"[{" TO ",\"chainId\":\"0x1\"}]",
		"-32602 invalid argument 0: chainId does not match node's "
		"(have=1, want=31337)"},
	    {"[{" TO ",\"chainId\":\"0x7a69\"}]", "\"0x\""},
	    {"[{" TO ",\"accessList\":{}}]",
		"-32602 invalid argument 0: accessList: not an array"},
	    {"[{" TO ",\"accessList\":[1]}]",
		"-32602 invalid argument 0: accessList: not an object"},
	    {"[{" TO ",\"accessList\":[{}]}]",
		"-32602 invalid argument 0: not a hex string"},
	    {"[{" TO ",\"authorizationList\":[]}]", "\"0x\""},
	    {"[{" TO ",\"authorizationList\":1}]",
		"-32602 invalid argument 0: authorizationList: not an array"},
	    {"[{" TO ",\"authorizationList\":[1]}]",
		"-32602 invalid argument 0: authorizationList: not an object"},
	    {"[{" TO ",\"authorizationList\":[{}]}]",
		"-32602 invalid argument 0: authorizationList: not a hex "
		"string"},
	    {"[{" TO ",\"blobs\":[]}]",
		"-32000 blobs are not supported; give blobVersionedHashes"},
	    {"[{" TO ",\"blobVersionedHashes\":[\"0x12\"]}]",
		"-32602 invalid argument 0: hex data has 2 digits, want 64"},
	    {"[{" TO "},\"0x9\"]", "-32000 header not found"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].want != NULL)
			EXPECT_CALL(
			    &r, "eth_call", rows[i].params, rows[i].want);
		else
			EXPECT(strstr(rig_call(&r, "eth_call", rows[i].params),
				   "\"code\":-32602,") != NULL);
	}
	test_count(i);
	rig_close(&r);
}

/* Code that never ends: 0: JUMPDEST, PUSH1 0, JUMP. */
#define ENDLESS "[{\"data\":\"0x5b600056\"}]"

/* Each look at this clock is a second later. */
static uint64_t
hurried_ms(void *ctx)
{
	uint64_t *now = ctx;

	return *now += 1000;
}

/* Reliability N4: 5 s, whatever the gas. */
TEST(test_call_ends_when_its_time_is_up)
{
	static const char *const methods[] = {
	    "eth_call", "eth_estimateGas", "eth_createAccessList"};
	uint64_t now = 0;
	struct clock hurried = {.mono_ms = hurried_ms, .ctx = &now};
	struct rig r;
	size_t i;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_call", ENDLESS, "-32000 out of gas");
	hurried.wall_ms = r.clock.wall_ms;
	r.node.clock = &hurried;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		EXPECT_CALL(
		    &r, methods[i], ENDLESS, "-32002 execution timeout");
	r.node.clock = &r.clock;
	EXPECT_CALL(&r, "eth_call", ENDLESS, "-32000 out of gas");
	rig_close(&r);
}

/* ask_unwanted is rig_ask of a question that nobody waits for. */
static const char *
ask_unwanted(struct rig *r, const char *text)
{
	static const _Atomic(bool) yes = true;

	rpc_free(r->doc);
	r->doc = rpc_open(&r->node, RPC_GATEWAY, bytes_of_str(text));
	EXPECT(r->doc != NULL && rpc_run(r->doc, r->vm, &yes));
	return rig_end(r);
}

/* What only reads is not begun; what changes something is done. */
TEST(test_call_that_nobody_waits_for_is_not_made)
{
	struct rig_tx tx = {.value = 1};
	const char *text;
	struct rig r;

	rig_open(&r);
	text = ask_unwanted(
	    &r, rig_fmt(&r,
		    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_"
		    "getBlockByNumber\",\"params\":[\"latest\",false]},"
		    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
		    "\"eth_sendRawTransaction\",\"params\":[\"%s\"]}]",
		    rig_raw(&r, &tx)));
	EXPECT(strstr(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
			    "\"code\":-32002,\"message\":\"execution "
			    "timeout\"}}") != NULL);
	EXPECT(strstr(text, "\"id\":2,\"result\":\"0x") != NULL);
	EXPECT_U64(rig_mine(&r), 1);
	rig_close(&r);
}
