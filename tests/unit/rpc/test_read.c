/* SPDX-License-Identifier: Apache-2.0
 *
 * State and blocks: what is there, what is not, how blocks are named.
 */
#include "rig.h"

#define NOBODY "0x00000000000000000000000000000000000000ee"
#define WORD_2A                                                                \
	"\"0x000000000000000000000000000000000000000000000000000000000000002a" \
	"\""
#define WORD_0                                                                 \
	"\"0x0000000000000000000000000000000000000000000000000000000000000000" \
	"\""
#define NO_HASH                                                                \
	"\"0x00000000000000000000000000000000000000000000000000000000deadbeef" \
	"\""

/* open_with_blocks opens a chain of four blocks above genesis: block 1 has
 * two transfers, block 3 one, the others none. */
static void
open_with_blocks(struct rig *r)
{
	struct rig_tx a = {.from = 1, .value = 1000};
	struct rig_tx b = {
	    .from = 2, .value = 5, .fee = 50, .tip = 3, .type = TX_DYNAMIC_FEE};
	struct rig_tx c = {.from = 1,
	    .nonce = 1,
	    .value = 1,
	    .type = TX_ACCESS_LIST,
	    .gas = 30000,
	    .data_len = 10};

	rig_open(r);
	EXPECT(strlen(rig_send(r, &a)) == 66);
	EXPECT(strlen(rig_send(r, &b)) == 66);
	EXPECT_U64(rig_mine(r), 1);
	EXPECT_U64(rig_mine(r), 2);
	EXPECT(strlen(rig_send(r, &c)) == 66);
	EXPECT_U64(rig_mine(r), 3);
	EXPECT_U64(rig_mine(r), 4);
}

TEST(test_read_balance_nonce_code_storage)
{
	struct rig r;
	const char *a;

	open_with_blocks(&r);
	a = rig_addr_text(1);
	EXPECT_CALL(&r, "eth_blockNumber", "[]", "\"0x4\"");
	EXPECT_CALL(&r, "eth_getBalance", rig_fmt(&r, "[\"%s\",\"0x0\"]", a),
	    "\"0xde0b6b3a7640000\"");
	/* 1,000 and 21,000 gas at 7. */
	EXPECT_CALL(&r, "eth_getBalance", rig_fmt(&r, "[\"%s\",\"0x1\"]", a),
	    "\"0xde0b6b3a761bde0\"");
	EXPECT_CALL(&r, "eth_getBalance",
	    "[\"0x7000000000000000000000000000000000000001\"]", "\"0x3ee\"");
	EXPECT_CALL(&r, "eth_getBalance", "[\"" NOBODY "\"]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_getTransactionCount", rig_fmt(&r, "[\"%s\"]", a),
	    "\"0x2\"");
	EXPECT_CALL(&r, "eth_getTransactionCount",
	    rig_fmt(&r, "[\"%s\",\"0x2\"]", a), "\"0x1\"");
	EXPECT_CALL(&r, "eth_getTransactionCount",
	    "[\"" NOBODY "\",\"pending\"]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_getCode", "[\"" RIG_CODE_ADDR "\"]", "\"0x6001\"");
	EXPECT_CALL(&r, "eth_getCode", "[\"" NOBODY "\",\"latest\"]", "\"0x\"");
	EXPECT_CALL(
	    &r, "eth_getStorageAt", "[\"" RIG_CODE_ADDR "\",\"0x1\"]", WORD_2A);
	EXPECT_CALL(&r, "eth_getStorageAt",
	    "[\"" RIG_CODE_ADDR "\",\"0x01\",\"0x1\"]", WORD_2A);
	EXPECT_CALL(&r, "eth_getStorageAt",
	    "[\"" RIG_CODE_ADDR "\",\"1\",\"latest\"]", WORD_2A);
	EXPECT_CALL(&r, "eth_getStorageAt",
	    "[\"" RIG_CODE_ADDR "\",\"0x\",\"latest\"]", WORD_0);
	rig_close(&r);
}

TEST(test_read_blocks_named_in_every_way)
{
	static const struct {
		const char *name, *number;
	} rows[] = {
	    {"\"latest\"", "0x4"},
	    {"\"pending\"", "0x5"},
	    {"\"earliest\"", "0x0"},
	    {"\"safe\"", "0x2"},
	    {"\"finalized\"", "0x2"},
	    {"\"0x0\"", "0x0"},
	    {"\"0x3\"", "0x3"},
	    {"\"0x5\"", "-"},
	    {"\"0x7fffffffffffffff\"", "-"},
	};
	const char *by_hash, *balance;
	struct rig r;
	size_t i;

	open_with_blocks(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_STR(
		    rig_member(&r, "eth_getBlockByNumber",
			rig_fmt(&r, "[%s,false]", rows[i].name), "number"),
		    rows[i].number);
	}
	test_row(NULL);
	EXPECT_CALL(&r, "eth_getBlockByNumber", "[\"0x5\",true]", "null");
	/* EIP-1898 */
	balance = "\"0xde0b6b3a761bde0\"";
	by_hash = rig_hash(&r, 1);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",{\"blockNumber\":\"0x1\"}]", rig_addr_text(1)),
	    balance);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",{\"blockHash\":\"%s\"}]", rig_addr_text(1),
		by_hash),
	    balance);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r,
		"[\"%s\",{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
		rig_addr_text(1), by_hash),
	    balance);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",\"%s\"]", rig_addr_text(1), by_hash), balance);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",{\"blockNumber\":\"earliest\"}]",
		rig_addr_text(1)),
	    "\"0xde0b6b3a7640000\"");
	rig_close(&r);
}

TEST(test_read_final_tags_without_finality_refused)
{
	struct rig r;

	rig_open(&r);
	EXPECT_STR(rig_member(&r, "eth_getBlockByNumber",
		       "[\"finalized\",false]", "number"),
	    "0x0");
	r.node.final_depth = NULL;
	EXPECT_CALL(&r, "eth_getBlockByNumber", "[\"safe\",false]",
	    "-32000 safe block not found");
	EXPECT_CALL(&r, "eth_getBalance", "[\"" NOBODY "\",\"finalized\"]",
	    "-32000 finalized block not found");
	rig_close(&r);
}

TEST(test_read_bad_arguments_refused)
{
	static const struct {
		const char *method, *params, *want;
	} rows[] = {
	    {"eth_getBalance", "[1]",
		"-32602 invalid argument 0: not a hex string"},
	    {"eth_getBalance", "[{}]",
		"-32602 invalid argument 0: not a hex string"},
	    {"eth_getBalance", "[\"0x12\"]",
		"-32602 invalid argument 0: hex data has 2 digits, want 40"},
	    {"eth_getBalance", "[\"00000000000000000000000000000000000000ee\"]",
		"-32602 invalid argument 0: hex data without 0x prefix"},
	    {"eth_getBalance",
		"[\"0x00000000000000000000000000000000000000eg\"]",
		"-32602 invalid argument 0: hex data has byte 0x67 among its "
		"digits"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"0x01\"]",
		"-32602 invalid argument 1: hex number with leading zero "
		"digits"},
	    {"eth_getBalance", "[\"" NOBODY "\",1]",
		"-32602 invalid argument 1: not a hex string"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"newest\"]",
		"-32602 invalid argument 1: hex number without 0x prefix"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"\"]",
		"-32602 invalid argument 1: hex number without 0x prefix"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"0x\"]", NULL},
	    {"eth_getBalance", "[\"" NOBODY "\",\"0x8000000000000000\"]",
		"-32602 invalid argument 1: block number larger than int64"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"0x10000000000000000\"]",
		"-32602 invalid argument 1: hex number > 64 bits"},
	    {"eth_getBalance", "[\"" NOBODY "\",{}]",
		"-32602 invalid argument 1: neither blockNumber nor "
		"blockHash"},
	    {"eth_getBalance",
		"[\"" NOBODY
		"\",{\"blockNumber\":\"0x0\",\"blockHash\":" NO_HASH "}]",
		"-32602 invalid argument 1: cannot specify both BlockHash and "
		"BlockNumber, choose one or the other"},
	    {"eth_getBalance", "[\"" NOBODY "\",{\"blockHash\":\"0x12\"}]",
		"-32602 invalid argument 1: hex data has 2 digits, want 64"},
	    {"eth_getBalance",
		"[\"" NOBODY "\",{\"blockHash\":" NO_HASH
		",\"requireCanonical\":1}]",
		"-32602 invalid argument 1: requireCanonical: not a boolean"},
	    {"eth_getBalance", "[\"" NOBODY "\",\"0x5\"]",
		"-32000 header not found"},
	    {"eth_getBalance", "[\"" NOBODY "\"," NO_HASH "]",
		"-32000 header not found"},
	    {"eth_getBalance", "[\"" NOBODY "\",{\"blockHash\":" NO_HASH "}]",
		"-32000 header not found"},
	    {"eth_getTransactionCount", "[\"0x\"]", NULL},
	    {"eth_getTransactionCount", "[\"" NOBODY "\",\"0x9\"]",
		"-32000 header not found"},
	    {"eth_getCode", "[\"0x1\"]", NULL},
	    {"eth_getStorageAt", "[\"" NOBODY "\"]",
		"-32602 missing value for required argument 1"},
	    {"eth_getStorageAt", "[\"" NOBODY "\",1]",
		"-32602 invalid argument 1: not a hex string"},
	    {"eth_getStorageAt", "[\"" NOBODY "\",\"0xxyz\"]",
		"-32602 unable to decode storage key: hex string invalid"},
	    {"eth_getStorageAt",
		"[\"" NOBODY "\",\"0x0000000000000000000000000000000000000000"
		"0000000000000000000000000\"]",
		"-32602 storage key too long (want at most 32 bytes): 65 "
		"digits"},
	    {"eth_getBlockByNumber", "[\"0x0\",1]",
		"-32602 invalid argument 1: not a boolean"},
	    {"eth_getBlockByNumber", "[" NO_HASH ",false]", NULL},
	    {"eth_getBlockByNumber", "[null]",
		"-32602 missing value for required argument 0"},
	    {"eth_getBlockByHash", "[\"latest\",false]",
		"-32602 invalid argument 0: hex data without 0x prefix"},
	    {"eth_getBlockByHash", "[\"0x00\",false]",
		"-32602 invalid argument 0: hex data has 2 digits, want 64"},
	    {"eth_getBlockReceipts", "[]",
		"-32602 missing value for required argument 0"},
	    {"eth_getBlockReceipts", "[true]",
		"-32602 invalid argument 0: not a hex string"},
	    {"eth_getTransactionByHash", "[\"0x12\"]",
		"-32602 invalid argument 0: hex data has 2 digits, want 64"},
	    {"eth_getTransactionReceipt", "[]",
		"-32602 missing value for required argument 0"},
	    {"eth_getTransactionByBlockNumberAndIndex", "[\"0x0\"]",
		"-32602 missing value for required argument 1"},
	    {"eth_getTransactionByBlockNumberAndIndex", "[\"0x0\",0]",
		"-32602 invalid argument 1: not a hex string"},
	    {"eth_getUncleByBlockNumberAndIndex", "[\"0x0\",\"0x00\"]", NULL},
	    {"web3_sha3", "[\"0x123\"]",
		"-32602 invalid argument 0: hex data of odd length 3"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got;

		if (rows[i].want != NULL) {
			EXPECT_CALL(
			    &r, rows[i].method, rows[i].params, rows[i].want);
			continue;
		}
		got = rig_call(&r, rows[i].method, rows[i].params);
		test_row(rows[i].params);
		EXPECT(strstr(got, "\"code\":-32602,") != NULL);
		test_row(NULL);
	}
	test_count(i);
	rig_close(&r);
}

TEST(test_read_block_object_whole)
{
	struct rig r;
	const char *full, *hashes;
	json_t *v, *txs, *tx;

	open_with_blocks(&r);
	hashes = rig_result(&r, "eth_getBlockByNumber", "[\"0x1\",false]");
	full = rig_result(&r, "eth_getBlockByHash",
	    rig_fmt(&r, "[\"%s\",true]", rig_hash(&r, 1)));
	v = rig_json(hashes);
	EXPECT_STR(
	    json_string_value(json_object_get(v, "hash")), rig_hash(&r, 1));
	EXPECT_STR(json_string_value(json_object_get(v, "parentHash")),
	    rig_hash(&r, 0));
	EXPECT_STR(json_string_value(json_object_get(v, "gasUsed")), "0xa410");
	EXPECT_STR(
	    json_string_value(json_object_get(v, "baseFeePerGas")), "0x7");
	EXPECT_STR(json_string_value(json_object_get(v, "timestamp")), "0x3e9");
	EXPECT_U64(json_array_size(json_object_get(v, "uncles")), 0);
	txs = json_object_get(v, "transactions");
	EXPECT_U64(json_array_size(txs), 2);
	/* The tip of 3 goes before none. */
	tx = rig_json(full);
	EXPECT_STR(json_string_value(json_object_get(
		       json_array_get(json_object_get(tx, "transactions"), 0),
		       "hash")),
	    json_string_value(json_array_get(txs, 0)));
	EXPECT_STR(json_string_value(json_object_get(
		       json_array_get(json_object_get(tx, "transactions"), 0),
		       "from")),
	    rig_addr_text(2));
	EXPECT_STR(json_string_value(json_object_get(
		       json_array_get(json_object_get(tx, "transactions"), 0),
		       "gasPrice")),
	    "0xa");
	EXPECT_STR(json_string_value(json_object_get(
		       json_array_get(json_object_get(tx, "transactions"), 1),
		       "transactionIndex")),
	    "0x1");
	/* Both forms agree in everything else. */
	json_object_del(v, "transactions");
	json_object_del(tx, "transactions");
	EXPECT(json_equal(v, tx));
	json_decref(tx);
	json_decref(v);
	EXPECT_STR(rig_member(&r, "eth_getHeaderByNumber", "[\"0x1\"]", "hash"),
	    rig_hash(&r, 1));
	EXPECT_STR(rig_member(&r, "eth_getHeaderByHash",
		       rig_fmt(&r, "[\"%s\"]", rig_hash(&r, 3)), "number"),
	    "0x3");
	EXPECT_STR(rig_member(&r, "eth_getHeaderByNumber", "[\"0x1\"]",
		       "transactions"),
	    "-");
	rig_close(&r);
}

TEST(test_read_counts_and_absences)
{
	struct rig r;
	const char *one, *none;

	open_with_blocks(&r);
	one = rig_fmt(&r, "[\"%s\"]", rig_hash(&r, 1));
	none = "[" NO_HASH "]";
	EXPECT_CALL(
	    &r, "eth_getBlockTransactionCountByNumber", "[\"0x1\"]", "\"0x2\"");
	EXPECT_CALL(
	    &r, "eth_getBlockTransactionCountByNumber", "[\"0x0\"]", "\"0x0\"");
	EXPECT_CALL(
	    &r, "eth_getBlockTransactionCountByNumber", "[\"0x9\"]", "null");
	EXPECT_CALL(&r, "eth_getBlockTransactionCountByHash", one, "\"0x2\"");
	EXPECT_CALL(&r, "eth_getBlockTransactionCountByHash", none, "null");
	EXPECT_CALL(
	    &r, "eth_getUncleCountByBlockNumber", "[\"latest\"]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_getUncleCountByBlockNumber", "[\"0x9\"]", "null");
	EXPECT_CALL(&r, "eth_getUncleCountByBlockHash", one, "\"0x0\"");
	EXPECT_CALL(&r, "eth_getUncleCountByBlockHash", none, "null");
	EXPECT_CALL(&r, "eth_getUncleByBlockNumberAndIndex",
	    "[\"0x1\",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getUncleByBlockHashAndIndex",
	    "[" NO_HASH ",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getBlockByHash", "[" NO_HASH ",true]", "null");
	EXPECT_CALL(&r, "eth_getHeaderByHash", none, "null");
	EXPECT_CALL(&r, "eth_getHeaderByNumber", "[\"0x9\"]", "null");
	EXPECT_CALL(&r, "eth_getTransactionByHash", none, "null");
	EXPECT_CALL(&r, "eth_getRawTransactionByHash", none, "null");
	EXPECT_CALL(&r, "eth_getTransactionReceipt", none, "null");
	EXPECT_CALL(&r, "eth_getTransactionByBlockNumberAndIndex",
	    "[\"0x1\",\"0x2\"]", "null");
	EXPECT_CALL(&r, "eth_getTransactionByBlockNumberAndIndex",
	    "[\"0x9\",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getTransactionByBlockHashAndIndex",
	    "[" NO_HASH ",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getBlockReceipts", "[\"0x9\"]", "null");
	EXPECT_CALL(&r, "eth_getBlockReceipts", none, "null");
	EXPECT_CALL(&r, "eth_getBlockReceipts", "[\"earliest\"]", "[]");
	EXPECT_CALL(&r, "eth_getBlockReceipts", "[\"0x2\"]", "[]");
	rig_close(&r);
}

/* Genesis has difficulty 1, each block of the one signer 2. */
TEST(test_read_total_difficulty_is_the_sum)
{
	static const struct {
		const char *method, *number, *want;
	} rows[] = {
	    {"eth_getBlockByNumber", "[\"0x0\",false]", "0x1"},
	    {"eth_getBlockByNumber", "[\"0x1\",false]", "0x3"},
	    {"eth_getBlockByNumber", "[\"0x1\",true]", "0x3"},
	    {"eth_getBlockByNumber", "[\"latest\",true]", "0x9"},
	    {"eth_getHeaderByNumber", "[\"0x3\"]", "0x7"},
	    {"eth_getBlockByNumber", "[\"pending\",true]", "null"},
	    {"eth_getHeaderByNumber", "[\"pending\"]", "null"},
	};
	struct rig r;
	size_t i;

	open_with_blocks(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].number);
		EXPECT_STR(rig_member(&r, rows[i].method, rows[i].number,
			       "totalDifficulty"),
		    rows[i].want);
	}
	test_row(NULL);
	EXPECT_STR(rig_member(&r, "eth_getBlockByHash",
		       rig_fmt(&r, "[\"%s\",false]", rig_hash(&r, 2)),
		       "totalDifficulty"),
	    "0x5");
	/* Only where it decides anything. */
	r.g.engine = GENESIS_QBFT;
	EXPECT_STR(rig_member(&r, "eth_getBlockByNumber", "[\"0x1\",false]",
		       "totalDifficulty"),
	    "-");
	rig_close(&r);
}

/* The next block, as it would be with nothing in it: the block that is then
 * sealed empty has these very members. */
TEST(test_read_pending_block_is_the_next)
{
	static const char *const same[] = {"number", "parentHash", "stateRoot",
	    "transactionsRoot", "receiptsRoot", "sha3Uncles", "logsBloom",
	    "difficulty", "gasLimit", "gasUsed", "timestamp", "mixHash",
	    "baseFeePerGas", "size", "transactions", "uncles", "extraData"};
	static const char *const nulls[] = {"hash", "nonce", "miner"};
	struct rig_tx t = {.from = 3};
	struct rig r;
	json_t *pending, *next, *header;
	size_t i;

	open_with_blocks(&r);
	pending = rig_json(
	    rig_result(&r, "eth_getBlockByNumber", "[\"pending\",true]"));
	header =
	    rig_json(rig_result(&r, "eth_getHeaderByNumber", "[\"pending\"]"));
	EXPECT_U64(rig_mine(&r), 5);
	next = rig_json(
	    rig_result(&r, "eth_getBlockByNumber", "[\"latest\",true]"));
	/* A seal has as many bytes as the place that is left for it. */
	json_object_set_new(
	    next, "extraData", json_string(rig_fmt(&r, "0x%0194d", 0)));
	EXPECT_U64(json_object_size(pending), json_object_size(next));
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		test_row(same[i]);
		EXPECT(json_equal(json_object_get(pending, same[i]),
		    json_object_get(next, same[i])));
		EXPECT(json_object_get(header, same[i]) == NULL ||
		       json_equal(json_object_get(header, same[i]),
			   json_object_get(next, same[i])));
	}
	for (i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		test_row(nulls[i]);
		EXPECT(json_is_null(json_object_get(pending, nulls[i])));
		EXPECT(json_is_null(json_object_get(header, nulls[i])));
	}
	test_row(NULL);
	json_decref(pending);
	json_decref(header);
	json_decref(next);
	/* Time that passes shows, and a transaction that waits does not. */
	EXPECT(strlen(rig_send(&r, &t)) == 66);
	r.hands.wall_ms += 60000;
	EXPECT_STR(rig_member(&r, "eth_getBlockByNumber", "[\"pending\",false]",
		       "timestamp"),
	    rig_fmt(
		&r, "0x%llx", (unsigned long long)(r.hands.wall_ms / 1000)));
	EXPECT_CALL(&r, "eth_getBlockTransactionCountByNumber", "[\"pending\"]",
	    "\"0x0\"");
	EXPECT_CALL(
	    &r, "eth_getUncleCountByBlockNumber", "[\"pending\"]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_getUncleByBlockNumberAndIndex",
	    "[\"pending\",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getTransactionByBlockNumberAndIndex",
	    "[\"pending\",\"0x0\"]", "null");
	EXPECT_CALL(&r, "eth_getBlockReceipts", "[\"pending\"]", "[]");
	/* The state is the head's, plus nothing. */
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",\"pending\"]", rig_addr_text(3)),
	    "\"0xde0b6b3a7640000\"");
	rig_close(&r);
}

TEST(test_read_pending_block_needs_a_sealer)
{
	struct rig r;

	rig_open(&r);
	r.g.engine = GENESIS_NO_ENGINE;
	EXPECT_CALL(&r, "eth_getBlockByNumber", "[\"pending\",false]",
	    "-32000 pending block is not available");
	EXPECT_CALL(&r, "eth_getHeaderByNumber", "[\"pending\"]",
	    "-32000 pending block is not available");
	EXPECT_CALL(
	    &r, "eth_getBalance", "[\"" NOBODY "\",\"pending\"]", "\"0x0\"");
	rig_close(&r);
}

TEST(test_read_transactions_and_receipts_agree)
{
	struct rig r;
	const char *hash, *by_hash;
	json_t *all, *one;
	size_t i;

	open_with_blocks(&r);
	all = rig_json(rig_result(&r, "eth_getBlockReceipts", "[\"0x1\"]"));
	EXPECT_U64(json_array_size(all), 2);
	for (i = 0; i < json_array_size(all); i++) {
		json_t *rec = json_array_get(all, i);

		hash =
		    json_string_value(json_object_get(rec, "transactionHash"));
		one = rig_json(rig_result(&r, "eth_getTransactionReceipt",
		    rig_fmt(&r, "[\"%s\"]", hash)));
		EXPECT(json_equal(one, rec));
		json_decref(one);
		EXPECT_STR(
		    json_string_value(json_object_get(rec, "status")), "0x1");
		by_hash = rig_result(&r, "eth_getTransactionByHash",
		    rig_fmt(&r, "[\"%s\"]", hash));
		EXPECT_STR(
		    rig_result(&r, "eth_getTransactionByBlockNumberAndIndex",
			rig_fmt(&r, "[\"0x1\",\"0x%zx\"]", i)),
		    by_hash);
		EXPECT_STR(
		    rig_result(&r, "eth_getTransactionByBlockHashAndIndex",
			rig_fmt(&r, "[\"%s\",\"0x%zx\"]", rig_hash(&r, 1), i)),
		    by_hash);
	}
	json_decref(all);
	EXPECT_STR(rig_member(&r, "eth_getTransactionByBlockNumberAndIndex",
		       "[\"0x3\",\"0x0\"]", "type"),
	    "0x1");
	rig_close(&r);
}

TEST(test_read_old_state_beyond_history_says_so)
{
	struct rig r;
	unsigned i;

	rig_open(&r);
	for (i = 0; i < 300; i++)
		(void)rig_mine(&r);
	EXPECT_CALL(&r, "eth_getBalance",
	    rig_fmt(&r, "[\"%s\",\"0x12b\"]", rig_addr_text(1)),
	    "\"0xde0b6b3a7640000\"");
	EXPECT(strstr(rig_call(&r, "eth_getBalance",
			  rig_fmt(&r, "[\"%s\",\"0x1\"]", rig_addr_text(1))),
		   "\"code\":-32000,") != NULL);
	rig_close(&r);
}

TEST(test_account_info_is_what_three_methods_say)
{
	static const char *const who[] = {
	    RIG_CODE_ADDR, "0x00000000000000000000000000000000000000ee"};
	struct rig_tx t = {.from = 1};
	struct rig r;
	size_t i;

	rig_open(&r);
	(void)rig_send(&r, &t);
	(void)rig_mine(&r);
	for (i = 0; i < 3; i++) {
		const char *p = rig_fmt(&r, "[\"%s\",\"latest\"]",
		    i < 2 ? who[i] : rig_addr_text(1));

		EXPECT_CALL(&r, "eth_getAccountInfo", p,
		    rig_fmt(&r, "{\"balance\":%s,\"nonce\":%s,\"code\":%s}",
			rig_result(&r, "eth_getBalance", p),
			rig_result(&r, "eth_getTransactionCount", p),
			rig_result(&r, "eth_getCode", p)));
	}
	EXPECT_STR(
	    rig_member(&r, "eth_getAccountInfo",
		rig_fmt(&r, "[\"%s\",\"0x0\"]", rig_addr_text(1)), "nonce"),
	    "0x0");
	EXPECT_CALL(&r, "eth_getAccountInfo", "[\"0x12\"]",
	    "-32602 invalid argument 0: hex data has 2 digits, want 40");
	EXPECT_CALL(&r, "eth_getAccountInfo",
	    "[\"" RIG_CODE_ADDR "\",\"0x63\"]", "-32000 header not found");
	rig_close(&r);
}

/* The hashes of a block in memory are the store's, those of one in the tables
 * are made of its bytes. */
TEST(test_read_block_in_memory_is_that_in_the_tables)
{
	static const char params[] = "[\"0x1\",false]";
	struct rig_tx t = {.from = 1};
	const char *sent[3], *before, *after;
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < 3; i++) {
		t.type = i == 1 ? TX_DYNAMIC_FEE : TX_LEGACY;
		t.nonce = i;
		sent[i] = rig_send(&r, &t);
	}
	EXPECT_U64(rig_mine(&r), 1);
	before = rig_result(&r, "eth_getBlockByNumber", params);
	EXPECT(strstr(before,
		   rig_fmt(&r, "\"transactions\":[\"%s\",\"%s\",\"%s\"]",
		       sent[0], sent[1], sent[2])) != NULL);
	rig_flush(&r, true);
	after = rig_result(&r, "eth_getBlockByNumber", params);
	EXPECT_STR(after, before);
	rig_close(&r);
}
