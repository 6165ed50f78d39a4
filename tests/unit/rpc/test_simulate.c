/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_simulateV1: what is refused, what is bounded, and that blocks build on
 * each other. Whole answers are compared by `make rpc-compat`.
 */
#include <string.h>

#include "rig.h"

#define ADDR         "0x00000000000000000000000000000000000000aa"
#define BLOCKS(list) "[{\"blockStateCalls\":[" list "]}]"

TEST(test_simulate_bad_arguments_by_row)
{
	static const struct {
		const char *params, *want;
	} row[] = {
	    {"[1]", "-32602 invalid argument 0: not an object"},
	    {"[{}]", "-32602 empty input"},
	    {"[{\"blockStateCalls\":[]}]", "-32602 empty input"},
	    {"[{\"validation\":1}]", "-32602 validation: not a boolean"},
	    {BLOCKS("1"),
		"-32602 invalid argument 0: blockStateCalls: not an object"},
	    {BLOCKS("{\"calls\":1}"),
		"-32602 invalid argument 0: calls: not an array"},
	    {BLOCKS("{\"calls\":[1]}"),
		"-32602 invalid argument 0: not an object"},
	    {BLOCKS("{\"blockOverrides\":{\"number\":\"0x0\"}}"),
		"-38020 block numbers must be in order: 0 <= 0"},
	    {BLOCKS("{\"blockOverrides\":{\"number\":\"0x3\"}},"
		    "{\"blockOverrides\":{\"number\":\"0x3\"}}"),
		"-38020 block numbers must be in order: 3 <= 3"},
	    {BLOCKS("{\"blockOverrides\":{\"number\":\"0x101\"}}"),
		"-38026 too many blocks"},
	    {BLOCKS("{\"blockOverrides\":{\"time\":\"0x0\"}}"),
		"-38021 block timestamps must be in order: 0 <= 1000"},
	    {BLOCKS("{\"calls\":[{\"gas\":\"0x5207\",\"to\":\"" ADDR "\"}]}"),
		"-38013 err: intrinsic gas too low: gas 20999, minimum needed "
		"21000 "
		"(supplied gas 20999)"},
	    {BLOCKS("{\"blockOverrides\":{\"gasLimit\":\"0x5208\"},\"calls\":[{"
		    "\"gas\":\"0x5209\",\"to\":\"" ADDR "\"}]}"),
		"-38015 block gas limit reached: remaining: 21000, required: "
		"21001"},
	    {BLOCKS("{\"calls\":[{\"nonce\":\"0xffffffffffffffff\",\"to\":"
		    "\"" ADDR "\",\"maxFeePerGas\":\"0x1\","
		    "\"maxPriorityFeePerGas\":\"0x2\"}]}"),
		"-32602 err: max priority fee per gas higher than max fee per "
		"gas: maxPriorityFeePerGas: 2, maxFeePerGas: 1 (supplied gas "
		"30000000)"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].params);
		if (row[i].want != NULL)
			EXPECT_CALL(
			    &r, "eth_simulateV1", row[i].params, row[i].want);
	}
	EXPECT_CALL(&r, "eth_simulateV1",
	    "[{\"blockStateCalls\":[{}]},\"0x9\"]", "-32000 header not found");
	EXPECT(strstr(rig_call(&r, "eth_simulateV1",
			  BLOCKS("{\"calls\":[{\"value\":\"0x1\",\"to\":\"" ADDR
				 "\"}]}")),
		   "\"code\":-38014,") != NULL);
	test_row(NULL);
	rig_close(&r);
}

TEST(test_simulate_strict_nonces_by_row)
{
	static const struct {
		const char *nonce;
		bool is_strict;
		const char *want;
	} row[] = {
	    {"0x1", true, "\"code\":-38011,"},
	    {"0x1", false, "\"status\":\"0x1\""},
	    {"0x0", true, "\"status\":\"0x1\""},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].nonce);
		EXPECT(strstr(rig_call(&r, "eth_simulateV1",
				  rig_fmt(&r,
				      "[{\"validation\":%s,\"blockStateCalls\":"
				      "[{\"calls\":[{\"from\":\"%s\",\"to\":"
				      "\"" ADDR "\",\"gas\":\"0x5208\","
				      "\"gasPrice\":\"0x7\",\"nonce\":\"%s\"}"
				      "]}]}]",
				      row[i].is_strict ? "true" : "false",
				      rig_addr_text(1), row[i].nonce)),
			   row[i].want) != NULL);
	}
	test_row(NULL);
	rig_close(&r);
}

/* What a program that ends with its input as REVERT's data, or in another way,
 * is said to have failed of. */
TEST(test_simulate_failed_call_has_its_words)
{
	static const char echo[] = "3660006000373660"
				   "00fd";
	static const struct {
		const char *name, *code, *input, *want;
	} row[] = {
	    {"Error(string)", echo,
		"0x08c379a0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"20"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"6e6f0000000000000000000000000000000000000000000000000000000000"
		"00",
		"\"error\":{\"message\":\"execution reverted: no\",\"code\":3,"
		"\"data\":\"0x08c379a000"},
	    {"Panic(uint256)", echo,
		"0x4e487b71"
		"00000000000000000000000000000000000000000000000000000000000000"
		"12",
		"\"error\":{\"message\":\"execution reverted: division or "
		"modulo "
		"by zero\",\"code\":3,\"data\":\"0x4e487b7100"},
	    {"words cut short", echo, "0x08c379a000",
		"\"error\":{\"message\":\"execution reverted\",\"code\":3,"
		"\"data\":\"0x08c379a000\"}"},
	    {"no data", echo, "0x",
		"\"error\":{\"message\":\"execution reverted\",\"code\":3,"
		"\"data\":\"0x\"}"},
	    {"no revert", "fe", "0x",
		"\"error\":{\"message\":\"invalid opcode\",\"code\":-32015}"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *got = rig_call(&r, "eth_simulateV1",
		    rig_fmt(&r,
			BLOCKS("{\"stateOverrides\":{\"" ADDR
			       "\":{\"code\":\"0x%s\"}},\"calls\":[{\"to\":"
			       "\"" ADDR "\",\"input\":\"%s\"}]}"),
			row[i].code, row[i].input));

		test_row(row[i].name);
		EXPECT(strstr(got, "\"status\":\"0x0\",") != NULL);
		EXPECT(strstr(got, row[i].want) != NULL);
	}
	test_row(NULL);
	rig_close(&r);
}

/* result returns the answer's array; the caller drops it. */
static json_t *
result(struct rig *r, const char *params)
{
	return rig_json(rig_result(r, "eth_simulateV1", params));
}

static const char *
text(const json_t *blocks, size_t i, const char *member)
{
	const char *s = json_string_value(
	    json_object_get(json_array_get(blocks, i), member));

	return s == NULL ? "(none)" : s;
}

/* What a block leaves behind is the next one's: a balance moves twice. */
TEST(test_simulate_blocks_build_on_each_other)
{
	struct rig r;
	const json_t *call;
	json_t *v;

	rig_open(&r);
	v = result(&r,
	    rig_fmt(&r,
		BLOCKS("{\"calls\":[{\"from\":\"%s\",\"to\":\"" ADDR
		       "\",\"value\":\"0x5\"}]},"
		       "{\"blockOverrides\":{\"number\":\"0x4\"},\"calls\":["
		       "{\"from\":\"" ADDR "\",\"to\":\"" RIG_CODE_ADDR
		       "\",\"value\":\"0x5\"},"
		       "{\"data\":\"0xfe\",\"gas\":\"0xffff\"}]}"),
		rig_addr_text(1)));
	EXPECT_U64(json_array_size(v), 4);
	EXPECT_STR(text(v, 0, "parentHash"), rig_hash(&r, 0));
	EXPECT_STR(text(v, 1, "parentHash"), text(v, 0, "hash"));
	EXPECT_STR(text(v, 3, "parentHash"), text(v, 2, "hash"));
	EXPECT_STR(text(v, 3, "number"), "0x4");
	EXPECT_STR(text(v, 1, "stateRoot"), text(v, 0, "stateRoot"));
	EXPECT(strcmp(text(v, 3, "stateRoot"), text(v, 0, "stateRoot")) != 0);
	call =
	    json_array_get(json_object_get(json_array_get(v, 3), "calls"), 0);
	EXPECT_STR(json_string_value(json_object_get(call, "status")), "0x1");
	call =
	    json_array_get(json_object_get(json_array_get(v, 3), "calls"), 1);
	EXPECT_STR(json_string_value(json_object_get(call, "status")), "0x0");
	EXPECT_U64((uint64_t)-json_integer_value(
		       json_object_get(json_object_get(call, "error"), "code")),
	    32015);
	json_decref(v);
	/* The chain knows nothing of it. */
	EXPECT_CALL(&r, "eth_getBalance", "[\"" ADDR "\"]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_blockNumber", "[]", "\"0x0\"");
	rig_close(&r);
}

/* All calls together get the gas of one eth_call. */
TEST(test_simulate_gas_is_bounded_over_all_blocks)
{
	struct rig r;

	rig_open(&r);
	EXPECT(strstr(rig_call(&r, "eth_simulateV1",
			  BLOCKS("{\"calls\":[{\"data\":\"0xfe\"}]},"
				 "{\"calls\":[{\"data\":\"0xfe\"}]},"
				 "{\"calls\":[{\"data\":\"0xfe\"}]}")),
		   "(supplied gas 0)") != NULL);
	rig_close(&r);
}

TEST(test_simulate_transfers_are_logged_on_request)
{
	static const char params[] =
	    "[{\"traceTransfers\":%s,\"blockStateCalls\":[{\"calls\":[{"
	    "\"from\":\"%s\",\"to\":\"" ADDR "\",\"value\":\"0x5\"}]}]}]";
	struct rig r;

	rig_open(&r);
	EXPECT(strstr(rig_call(&r, "eth_simulateV1",
			  rig_fmt(&r, params, "true", rig_addr_text(1))),
		   "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee") != NULL);
	EXPECT(strstr(rig_call(&r, "eth_simulateV1",
			  rig_fmt(&r, params, "false", rig_addr_text(1))),
		   "\"logs\":[]") != NULL);
	rig_close(&r);
}
