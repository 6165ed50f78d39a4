/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions from the wire to the pool and into blocks: refusals with the
 * texts that clients know, order in batches, pending answers, and the moment
 * in which a transaction leaves the pool for a block.
 */
#include "rig.h"

#define VERSION "\"jsonrpc\":\"2.0\""

static const char *
send_text(struct rig *r, const struct rig_tx *t, int id)
{
	return rig_fmt(r,
	    "{" VERSION ",\"id\":%d,\"method\":\"eth_sendRawTransaction\","
	    "\"params\":[\"%s\"]}",
	    id, rig_raw(r, t));
}

TEST(test_send_refusals_have_known_texts)
{
	static const struct {
		const char *name;
		struct rig_tx tx;
		const char *want; /* NULL: accepted */
	} rows[] = {
	    {"plain", {.from = 1}, NULL},
	    {"access list", {.from = 1, .type = TX_ACCESS_LIST}, NULL},
	    {"dynamic fee", {.from = 1, .type = TX_DYNAMIC_FEE, .fee = 9},
		NULL},
	    {"below the base fee waits", {.from = 1, .fee = 1}, NULL},
	    {"other chain", {.from = 1, .chain_id = 1},
		"-32000 invalid sender: invalid chain id for signer: have 1 "
		"want 31337"},
	    {"other chain, type 2",
		{.from = 1, .chain_id = 1, .type = TX_DYNAMIC_FEE, .fee = 9},
		"-32000 invalid sender: invalid chain id for signer: have 1 "
		"want 31337"},
	    {"unprotected", {.from = 1, .is_unprotected = true},
		"-32000 only replay-protected (EIP-155) transactions allowed "
		"over RPC"},
	    {"low gas", {.from = 1, .gas = 20999},
		"-32000 intrinsic gas too low: gas 20999, minimum needed "
		"21000"},
	    {"low gas for data", {.from = 1, .gas = 21000, .data_len = 1},
		"-32000 intrinsic gas too low: gas 21000, minimum needed "
		"21004"},
	    {"gas above the block", {.from = 1, .gas = 30000001},
		"-32000 exceeds block gas limit"},
	    {"tip above fee",
		{.from = 1, .type = TX_DYNAMIC_FEE, .fee = 8, .tip = 9},
		NULL /* see below */},
	    {"creation", {.from = 1, .is_create = true, .gas = 100000}, NULL},
	    {"creation without gas for one", {.from = 1, .is_create = true},
		"-32000 intrinsic gas too low: gas 21000, minimum needed "
		"53000"},
	    {"call of code", {.from = 1, .to = RIG_CODE_ADDR}, NULL},
	    {"call of a precompile",
		{.from = 1, .to = "0x0000000000000000000000000000000000000002"},
		NULL},
	    {"value above balance", {.from = 1, .value = RIG_FUNDS},
		"-32000 insufficient funds for gas * price + value: balance "
		"1000000000000000000, tx cost 1000000000000147000, overshot "
		"147000"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r;
		const char *got;

		rig_open(&r);
		test_row(rows[i].name);
		got = rig_send(&r, &rows[i].tx);
		if (rows[i].want != NULL)
			EXPECT_STR(got, rows[i].want);
		else if (rows[i].tx.tip > rows[i].tx.fee)
			EXPECT(strstr(got, "max priority fee per gas higher "
					   "than max fee per gas") != NULL);
		else
			EXPECT(strlen(got) == 66 && got[0] == '0');
		rig_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

/* The bound moves with heads. */
TEST(test_send_gas_bound_is_asked_each_time)
{
	const struct rig_tx t = {.from = 1, .gas = 60000};
	_Atomic(uint64_t) gas_max = 59999;
	struct rig r;

	rig_open(&r);
	r.node.gas_max = &gas_max;
	EXPECT_STR(rig_send(&r, &t), "-32000 exceeds block gas limit");
	gas_max = 60000;
	EXPECT_U64(strlen(rig_send(&r, &t)), 66);
	rig_close(&r);
}

TEST(test_send_gas_bound_untold_is_the_heads)
{
	const struct rig_tx t = {.from = 1, .gas = 60000};
	struct rig r;

	rig_open_small(&r, 2); /* 42,000 gas */
	EXPECT(r.node.gas_max == NULL);
	EXPECT_STR(rig_send(&r, &t), "-32000 exceeds block gas limit");
	rig_close(&r);
}

TEST(test_send_bad_bytes_refused)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_sendRawTransaction", "[]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "eth_sendRawTransaction", "[1]",
	    "-32602 invalid argument 0: not a hex string");
	EXPECT_CALL(&r, "eth_sendRawTransaction", "[\"c0\"]",
	    "-32602 invalid argument 0: hex data without 0x prefix");
	EXPECT_CALL(&r, "eth_sendRawTransaction", "[\"0xc\"]",
	    "-32602 invalid argument 0: hex data of odd length 1");
	rig_close(&r);
}

/* Bytes that are no transaction are refused as go-ethereum refuses them. */
TEST(test_send_undecodable_bytes_refused)
{
	static const struct {
		const char *raw, *want;
	} rows[] = {
	    {"0x", "-32000 typed transaction too short"},
	    {"0x02", "-32000 typed transaction too short"},
	    {"0x7f", "-32000 typed transaction too short"},
	    {"0x00c0", "-32000 transaction type not supported: type byte 0x00"},
	    {"0x05c0", "-32000 transaction type not supported: type byte 0x05"},
	    {"0x80", "-32000 rlp: expected input list"},
	    {"0xb801ff", "-32000 rlp: expected input list"},
	    {"0xf8", "-32000 rlp: value size exceeds available input length"},
	    {"0xc401", "-32000 rlp: value size exceeds available input length"},
	    {"0x03f84e01",
		"-32000 rlp: value size exceeds available input length"},
	    {"0xc282ff", "-32000 rlp: element is larger than containing list"},
	    {"0x02c282ff",
		"-32000 rlp: element is larger than containing list"},
	    {"0xf800", "-32000 rlp: RLP length with leading zero"},
	    {"0xc100",
		"-32000 rlp: transaction nonce: integer with leading zero"},
	    {"0xc0", "-32000 rlp: transaction ends before nonce"},
	    {"0x03c0", "-32000 rlp: transaction ends before chainId"},
	    {"0xc1c0", "-32000 rlp: transaction nonce: RLP list where a string "
		       "belongs"},
	    {"0xc000", "-32000 rlp: input contains more than one value"},
	};
	struct rig_tx t = {.from = 1};
	const char *raw;
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(&r, "eth_sendRawTransaction",
		    rig_fmt(&r, "[\"%s\"]", rows[i].raw), rows[i].want);
	test_count(i);
	raw = rig_raw(&r, &t);
	EXPECT_CALL(&r, "eth_sendRawTransaction",
	    rig_fmt(&r, "[\"%s00\"]", raw),
	    "-32000 rlp: input contains more than one value");
	EXPECT_CALL(&r, "eth_sendRawTransaction",
	    rig_fmt(&r, "[\"%.*s\"]", (int)strlen(raw) - 2, raw),
	    "-32000 rlp: value size exceeds available input length");
	rig_close(&r);
}

/* Signatures that give no sender: all begin with go-ethereum's words. */
TEST(test_send_without_a_sender_refused)
{
	static const char body[] = "80808252089400000000000000000000000000000"
				   "000000000000180";
	static const struct {
		const char *name, *head, *vrs, *why;
	} rows[] = {
	    {"v 0", "df", "800101",
		": invalid transaction v, r, s values: v is 0"},
	    {"v 29", "df", "1d0101",
		": invalid transaction v, r, s values: v is 29"},
	    {"r 0", "e1", "82f4f58001",
		": invalid transaction v, r, s values: r out of range"},
	    {"s 0", "e1", "82f4f50180",
		": invalid transaction v, r, s values: s out of range"},
	    {"s high", "f841",
		"82f4f501a08000000000000000000000000000000000000000000000000000"
		"000000000000",
		": invalid transaction v, r, s values: s above half the group "
		"order"},
	    {"another chain", "df", "250101",
		": invalid chain id for signer: have 1 want 31337"},
	    {"no point", "e1", "82f4f50501", ""},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_CALL(&r, "eth_sendRawTransaction",
		    rig_fmt(
			&r, "[\"0x%s%s%s\"]", rows[i].head, body, rows[i].vrs),
		    rig_fmt(&r, "-32000 invalid sender%s", rows[i].why));
	}
	test_row(NULL);
	test_count(i);
	rig_close(&r);
}

TEST(test_send_oversized_refused_before_decoding)
{
	struct rig r;
	size_t len = 2 * (size_t)TX_RAW_MAX + 4;
	char *hex;

	rig_open(&r);
	hex = arena_alloc(&r.arena, len + 1);
	memset(hex, 'f', len);
	memcpy(hex, "0x", 2);
	EXPECT_CALL(&r, "eth_sendRawTransaction", rig_fmt(&r, "[\"%s\"]", hex),
	    "-32000 oversized data: transaction size 131073, limit 131072");
	rig_close(&r);
}

TEST(test_send_nonce_known_replacement_texts)
{
	struct rig_tx a = {.from = 1, .fee = 100};
	struct rig_tx cheap = {.from = 1, .fee = 109, .value = 1};
	struct rig_tx better = {.from = 1, .fee = 110, .value = 1};
	struct rig r;

	rig_open(&r);
	EXPECT(strlen(rig_send(&r, &a)) == 66);
	EXPECT(r.needs_sync);
	EXPECT_STR(rig_send(&r, &a), "-32000 already known");
	/* The first may not be synced yet, and this tells of it. */
	EXPECT(r.needs_sync);
	EXPECT_STR(
	    rig_send(&r, &cheap), "-32000 replacement transaction underpriced");
	EXPECT(strlen(rig_send(&r, &better)) == 66);
	(void)rig_mine(&r);
	EXPECT_STR(
	    rig_send(&r, &a), "-32000 nonce too low: next nonce 1, tx nonce 0");
	rig_close(&r);
}

TEST(test_send_batch_goes_in_order)
{
	struct rig_tx t[3] = {
	    {.from = 1}, {.from = 1, .nonce = 1}, {.from = 1, .nonce = 2}};
	struct rig r;
	const char *answer;
	json_t *v;

	rig_open(&r);
	answer = rig_ask(
	    &r, rig_fmt(&r,
		    "[%s,{" VERSION ",\"id\":9,\"method\":"
		    "\"eth_getTransactionCount\",\"params\":[\"%s\","
		    "\"pending\"]},%s,%s,{" VERSION ",\"id\":10,\"method\":"
		    "\"txpool_status\"}]",
		    send_text(&r, &t[0], 1), rig_addr_text(1),
		    send_text(&r, &t[1], 2), send_text(&r, &t[2], 3)));
	v = rig_json(answer);
	EXPECT_U64(json_array_size(v), 5);
	/* Each call sees those before it and none behind it. */
	EXPECT_STR(
	    json_string_value(json_object_get(json_array_get(v, 1), "result")),
	    "0x1");
	EXPECT_STR(
	    json_string_value(json_object_get(
		json_object_get(json_array_get(v, 4), "result"), "pending")),
	    "0x3");
	json_decref(v);
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x3\",\"queued\":\"0x0\"}");
	EXPECT_CALL(&r, "eth_getTransactionCount",
	    rig_fmt(&r, "[\"%s\",\"pending\"]", rig_addr_text(1)), "\"0x3\"");
	EXPECT_CALL(&r, "eth_getTransactionCount",
	    rig_fmt(&r, "[\"%s\",\"latest\"]", rig_addr_text(1)), "\"0x0\"");
	rig_close(&r);
}

TEST(test_send_as_notification_is_done_without_answer)
{
	struct rig_tx t = {.from = 1};
	struct rig r;

	rig_open(&r);
	EXPECT_STR(
	    rig_ask(&r, rig_fmt(&r,
			    "{" VERSION ",\"method\":"
			    "\"eth_sendRawTransaction\",\"params\":[\"%s\"]}",
			    rig_raw(&r, &t))),
	    "");
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x1\",\"queued\":\"0x0\"}");
	rig_close(&r);
}

TEST(test_send_pending_then_mined)
{
	struct rig_tx t = {
	    .from = 1, .type = TX_DYNAMIC_FEE, .fee = 20, .tip = 2, .value = 3};
	struct rig r;
	const char *raw, *hash, *params;

	rig_open(&r);
	raw = rig_raw(&r, &t);
	hash = rig_send(&r, &t);
	params = rig_fmt(&r, "[\"%s\"]", hash);
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", params, "blockHash"),
	    "null");
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", params, "gasPrice"),
	    "0x14");
	EXPECT(r.needs_sync);
	EXPECT_CALL(&r, "eth_getRawTransactionByHash", params,
	    rig_fmt(&r, "\"%s\"", raw));
	EXPECT_CALL(&r, "eth_getTransactionReceipt", params, "null");
	(void)rig_mine(&r);
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", params, "blockHash"),
	    rig_hash(&r, 1));
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", params, "gasPrice"),
	    "0x9");
	EXPECT_CALL(&r, "eth_getRawTransactionByHash", params,
	    rig_fmt(&r, "\"%s\"", raw));
	EXPECT_STR(rig_member(&r, "eth_getTransactionReceipt", params,
		       "effectiveGasPrice"),
	    "0x9");
	EXPECT_STR(rig_member(&r, "eth_getTransactionReceipt", params, "from"),
	    rig_addr_text(1));
	rig_close(&r);
}

TEST(test_send_mined_between_two_turns_is_found)
{
	struct rig_tx t = {.from = 1};
	struct rig r;
	const char *hash, *answer;
	bool needs_sync = false;

	rig_open(&r);
	hash = rig_send(&r, &t);
	/* The reader's view is of before the block, the pool's turn after. */
	rig_begin(&r, RPC_GATEWAY,
	    bytes_of_str(rig_fmt(&r,
		"{" VERSION ",\"id\":1,\"method\":\"eth_getTransactionByHash"
		"\",\"params\":[\"%s\"]}",
		hash)));
	EXPECT(rpc_needs_pool(r.doc));
	(void)rig_mine(&r);
	EXPECT_RC(rpc_run_pool(r.doc, r.pool, 0, &needs_sync, NULL), RC_OK);
	EXPECT(!needs_sync);
	answer = rig_fmt(&r, "%s", (const char *)rpc_finish(r.doc).ptr);
	EXPECT(strstr(answer, "\"blockNumber\":\"0x1\"") != NULL);
	/* The same for a nonce. */
	rig_begin(&r, RPC_GATEWAY,
	    bytes_of_str(rig_fmt(&r,
		"{" VERSION ",\"id\":1,\"method\":\"eth_getTransactionCount"
		"\",\"params\":[\"%s\",\"pending\"]}",
		rig_addr_text(2))));
	t.from = 2;
	{
		struct rpc_doc *first = r.doc;

		r.doc = NULL;
		(void)rig_send(&r, &t);
		(void)rig_mine(&r);
		rpc_free(r.doc);
		r.doc = first;
	}
	EXPECT_STR(rig_end(&r), "{" VERSION ",\"id\":1,\"result\":\"0x1\"}");
	rig_close(&r);
}
