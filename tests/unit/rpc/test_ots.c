/* SPDX-License-Identifier: Apache-2.0
 *
 * What Otterscan asks: its blocks, its pages of an address, and what a
 * transaction did inside, in its shapes and from both sides of a flush.
 */
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define ADDR "\"0x00000000000000000000000000000000000000ee\""
#define HASH                                                                   \
	"\"0x00000000000000000000000000000000000000000000000000000000000000"   \
	"ee\""

TEST(test_ots_bad_arguments_are_named)
{
	static const struct {
		const char *method, *params, *want;
	} rows[] = {
	    {"erigon_getHeaderByNumber", "[]",
		"-32602 missing value for required argument 0"},
	    {"erigon_getHeaderByNumber", "[-1]",
		"-32602 invalid argument 0: not a count"},
	    {"erigon_getHeaderByNumber", "[1.5]",
		"-32602 invalid argument 0: not a count"},
	    {"erigon_getHeaderByNumber", "[9223372036854775808]",
		"-32602 invalid argument 0: block number larger than int64"},
	    {"erigon_getHeaderByNumber", "[true]",
		"-32602 invalid argument 0: not a hex string"},
	    {"ots_getApiLevel", "[1]",
		"-32602 too many arguments, want at most 0"},
	    {"ots_hasCode", "[" ADDR ",99]", "-32000 header not found"},
	    {"ots_hasCode", "[\"0x1\",\"latest\"]",
		"-32602 invalid argument 0: hex data has 1 digits, want 40"},
	    {"ots_getBlockDetails", "[\"newest\"]",
		"-32602 invalid argument 0: hex number without 0x prefix"},
	    {"ots_getBlockDetailsByHash", "[7]",
		"-32602 invalid argument 0: not a hex string"},
	    {"ots_getBlockTransactions", "[0,0]",
		"-32602 missing value for required argument 2"},
	    {"ots_getBlockTransactions", "[0,-1,25]",
		"-32602 invalid argument 1: not a count"},
	    {"ots_getBlockTransactions", "[0,4294967296,25]",
		"-32602 invalid argument 1: no such page"},
	    {"ots_getBlockTransactions", "[0,0,256]",
		"-32602 invalid argument 2: max allowed page size: 255"},
	    {"ots_getBlockTransactions", "[\"pending\",0,25]",
		"-32000 which transactions the pending block has is not "
		"known"},
	    {"ots_searchTransactionsBefore", "[" HASH ",0,25]",
		"-32602 invalid argument 0: hex data has 64 digits, want 40"},
	    {"ots_searchTransactionsBefore", "[" ADDR ",\"latest\",25]",
		"-32602 invalid argument 1: hex number without 0x prefix"},
	    {"ots_searchTransactionsAfter", "[" ADDR ",0,0]",
		"-32602 invalid argument 2: min allowed page size: 1"},
	    {"ots_searchTransactionsAfter", "[" ADDR ",0,101]",
		"-32602 invalid argument 2: max allowed page size: 100"},
	    {"ots_getTransactionBySenderAndNonce", "[" ADDR "]",
		"-32602 missing value for required argument 1"},
	    {"ots_getTransactionBySenderAndNonce", "[" ADDR ",-1]",
		"-32602 invalid argument 1: not a count"},
	    {"ots_getTransactionBySenderAndNonce", "[" ADDR ",0]", "null"},
	    {"ots_getContractCreator", "[" HASH "]",
		"-32602 invalid argument 0: hex data has 64 digits, want 40"},
	    {"ots_getContractCreator", "[" ADDR "]", "null"},
	    {"ots_getContractCreator", "[\"" RIG_CODE_ADDR "\"]", "null"},
	    {"ots_traceTransaction", "[" HASH "]",
		"-32000 transaction not found"},
	    {"ots_getInternalOperations", "[" ADDR "]",
		"-32602 invalid argument 0: hex data has 40 digits, want 64"},
	    {"ots_getTransactionError", "[" HASH "]",
		"-32000 transaction not found"},
	    /* Nothing there is no error. */
	    {"erigon_getHeaderByNumber", "[99]", "null"},
	    {"ots_getBlockDetails", "[99]", "null"},
	    {"ots_getBlockDetailsByHash", "[" HASH "]", "null"},
	    {"ots_getBlockTransactions", "[99,0,25]", "null"},
	    {"ots_searchTransactionsBefore", "[" ADDR ",0,25]",
		"{\"txs\":[],\"receipts\":[],\"firstPage\":true,"
		"\"lastPage\":true}"},
	    {"ots_searchTransactionsAfter", "[" ADDR ",18446744073709551615,1]",
		"{\"txs\":[],\"receipts\":[],\"firstPage\":true,"
		"\"lastPage\":false}"},
	    {"ots_getApiLevel", "[]", "8"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rig_fmt(&r, "%s %s", rows[i].method, rows[i].params));
		EXPECT_CALL(&r, rows[i].method, rows[i].params, rows[i].want);
	}
	rig_close(&r);
}

TEST(test_ots_has_code_of_that_block)
{
	struct rig_tx make = {.from = 1,
	    .is_create = true,
	    .gas = 100000,
	    .data = "0x60006000526001601ff3"};
	const char *made;
	struct rig r;

	rig_open(&r);
	made = rig_fmt(&r, "[\"%s\"]", rig_send(&r, &make));
	(void)rig_mine(&r);
	made = rig_member(
	    &r, "eth_getTransactionReceipt", made, "contractAddress");
	EXPECT_CALL(&r, "ots_hasCode", "[\"" RIG_CODE_ADDR "\"]", "true");
	EXPECT_CALL(&r, "ots_hasCode", "[" ADDR ",\"latest\"]", "false");
	EXPECT_CALL(&r, "ots_hasCode",
	    rig_fmt(&r, "[\"%s\",\"latest\"]", rig_addr_text(1)), "false");
	EXPECT_CALL(&r, "ots_hasCode", rig_fmt(&r, "[\"%s\",1]", made), "true");
	EXPECT_CALL(
	    &r, "ots_hasCode", rig_fmt(&r, "[\"%s\",\"0x0\"]", made), "false");
	rig_close(&r);
}

/* Inside transactions. ---------------------------------------------------- */

/*
 * Init code that calls 0xdd with 3 wei, a precompile with 1 and, by
 * DELEGATECALL, code; makes an empty contract with 1 wei and one that
 * reverts with 2; and leaves the rest to 0xee.
 */
#define SEND_DD "6000600060006000600360dd6000f150"
#define SEND_04 "6000600060006000600160046000f150"
#define DELEGATE                                                               \
	"600060006000600073c0de00000000000000000000000000000000000161ffff"     \
	"f450"
#define MAKE     "600060006001f050"
#define MAKE_BAD "6460006000fd6000526005601b6002f050"
#define DESTROY  "60eeff"
#define ACTS     "0x" SEND_DD SEND_04 DELEGATE MAKE MAKE_BAD DESTROY

/* Init code that reverts with four bytes. */
#define REVERTS "0x63deadbeef6000526004601cfd"

#define DD   "0x00000000000000000000000000000000000000dd"
#define EE   "0x00000000000000000000000000000000000000ee"
#define FOUR "0x0000000000000000000000000000000000000004"

struct story {
	struct rig r;
	const char *acts, *reverts, *starves,
	    *pays;                         /* transactions, as params */
	const char *made, *first, *second; /* contracts */
};

static const char *
send_as_params(struct story *s, const struct rig_tx *t)
{
	return rig_fmt(&s->r, "[\"%s\"]", rig_send(&s->r, t));
}

/* The addresses of the contracts are what callTracer says. */
static void
learn(struct story *s)
{
	json_t *v, *calls;

	s->made = rig_member(
	    &s->r, "eth_getTransactionReceipt", s->acts, "contractAddress");
	v = rig_json(rig_result(&s->r, "debug_traceTransaction",
	    rig_fmt(
		&s->r, "[%.68s,{\"tracer\":\"callTracer\"}]", s->acts + 1)));
	calls = json_object_get(v, "calls");
	s->first = rig_fmt(&s->r, "%s",
	    json_string_value(json_object_get(json_array_get(calls, 3), "to")));
	json_decref(v);
}

static void
tell(struct story *s)
{
	struct rig_tx t = {
	    .from = 1, .is_create = true, .gas = 500000, .value = 10};

	rig_open(&s->r);
	t.data = ACTS;
	s->acts = send_as_params(s, &t);
	t.nonce = 1;
	t.data = REVERTS;
	s->reverts = send_as_params(s, &t);
	t.nonce = 2;
	t.gas = 60000;
	t.data = "0x5b600056";
	s->starves = send_as_params(s, &t);
	t = (struct rig_tx){
	    .from = 1, .nonce = 3, .gas = 21000, .value = 7, .to = EE};
	s->pays = send_as_params(s, &t);
	EXPECT_U64(rig_mine(&s->r), 1);
	learn(s);
}

TEST(test_ots_trace_is_a_list_of_calls_with_depths)
{
	json_t *v, *bad;
	struct story s;
	const char *want;

	tell(&s);
	v = rig_json(rig_result(&s.r, "ots_traceTransaction", s.acts));
	/* The one that reverts: its address is nobody's business but the
	 * caller's nonce's. */
	bad = json_array_get(v, 4);
	EXPECT_STR(
	    json_string_value(json_object_get(bad, "input")), "0x60006000fd");
	want = json_string_value(json_object_get(bad, "to"));
	EXPECT_CALL(&s.r, "ots_traceTransaction", s.acts,
	    rig_fmt(&s.r,
		"[{\"type\":\"CREATE\",\"depth\":0,\"from\":\"%s\",\"to\":"
		"\"%s\",\"value\":\"0xa\",\"input\":\"" ACTS
		"\",\"output\":\"0x\"},"
		"{\"type\":\"CALL\",\"depth\":1,\"from\":\"%s\",\"to\":\"" DD
		"\",\"value\":\"0x3\",\"input\":\"0x\",\"output\":\"0x\"},"
		"{\"type\":\"DELEGATECALL\",\"depth\":1,\"from\":\"%s\","
		"\"to\":\"" RIG_CODE_ADDR
		"\",\"value\":null,\"input\":\"0x\",\"output\":\"0x\"},"
		"{\"type\":\"CREATE\",\"depth\":1,\"from\":\"%s\",\"to\":"
		"\"%s\",\"value\":\"0x1\",\"input\":\"0x\",\"output\":\"0x\"},"
		"{\"type\":\"CREATE\",\"depth\":1,\"from\":\"%s\",\"to\":"
		"\"%s\",\"value\":\"0x2\",\"input\":\"0x60006000fd\","
		"\"output\":\"0x\"},"
		"{\"type\":\"SELFDESTRUCT\",\"depth\":1,\"from\":\"%s\","
		"\"to\":\"" EE "\",\"value\":\"0x5\",\"input\":\"0x\","
		"\"output\":\"0x\"}]",
		rig_addr_text(1), s.made, s.made, s.made, s.made, s.first,
		s.made, want, s.made));
	/* What was undone is nowhere in the index, what stayed is. */
	EXPECT(strstr(rig_result(&s.r, "ots_searchTransactionsBefore",
			  rig_fmt(&s.r, "[\"%s\",0,1]", want)),
		   "\"txs\":[]") != NULL);
	EXPECT(strstr(rig_result(&s.r, "ots_searchTransactionsBefore",
			  rig_fmt(&s.r, "[\"%s\",0,1]", s.first)),
		   rig_fmt(&s.r, "%.68s", s.acts + 1)) != NULL);
	json_decref(v);
	EXPECT_CALL(&s.r, "ots_traceTransaction", s.reverts,
	    rig_fmt(&s.r,
		"[{\"type\":\"CREATE\",\"depth\":0,\"from\":\"%s\",\"to\":"
		"\"%s\",\"value\":\"0xa\",\"input\":\"" REVERTS
		"\",\"output\":\"0xdeadbeef\"}]",
		rig_addr_text(1),
		rig_member(&s.r, "eth_getTransactionReceipt", s.reverts,
		    "contractAddress")));
	rig_close(&s.r);
}

TEST(test_ots_operations_are_what_moved_and_stayed)
{
	struct story s;

	tell(&s);
	EXPECT_CALL(&s.r, "ots_getInternalOperations", s.acts,
	    rig_fmt(&s.r,
		"[{\"type\":0,\"from\":\"%s\",\"to\":\"" DD
		"\",\"value\":\"0x3\"},"
		"{\"type\":0,\"from\":\"%s\",\"to\":\"" FOUR
		"\",\"value\":\"0x1\"},"
		"{\"type\":2,\"from\":\"%s\",\"to\":\"%s\",\"value\":\"0x1\"},"
		"{\"type\":1,\"from\":\"%s\",\"to\":\"" EE
		"\",\"value\":\"0x5\"}]",
		s.made, s.made, s.made, s.first, s.made));
	EXPECT_CALL(&s.r, "ots_getInternalOperations", s.reverts, "[]");
	EXPECT_CALL(&s.r, "ots_getInternalOperations", s.pays, "[]");
	rig_close(&s.r);
}

TEST(test_ots_error_is_what_a_revert_returned)
{
	struct story s;

	tell(&s);
	EXPECT_CALL(
	    &s.r, "ots_getTransactionError", s.reverts, "\"0xdeadbeef\"");
	EXPECT_CALL(&s.r, "ots_getTransactionError", s.starves, "\"0x\"");
	EXPECT_CALL(&s.r, "ots_getTransactionError", s.acts, "\"0x\"");
	rig_close(&s.r);
}

/* Blocks. ------------------------------------------------------------------ */

/* same_but compares objects apart from members that are listed: they are
 * looked at by the caller. */
static bool
same_but(json_t *got, json_t *want, const char *const *but, size_t cnt)
{
	bool is_same;
	size_t i;

	got = json_deep_copy(got);
	want = json_deep_copy(want);
	for (i = 0; i < cnt; i++) {
		(void)json_object_del(got, but[i]);
		(void)json_object_del(want, but[i]);
	}
	is_same = json_equal(got, want) == 1;
	json_decref(got);
	json_decref(want);
	return is_same;
}

TEST(test_ots_block_is_the_block_without_what_is_not_shown)
{
	static const char *const but[] = {
	    "transactions", "transactionCount", "logsBloom"};
	struct story s;
	json_t *got, *by_hash, *want, *block;

	tell(&s);
	got = rig_json(rig_result(&s.r, "ots_getBlockDetails", "[1]"));
	by_hash = rig_json(rig_result(&s.r, "ots_getBlockDetailsByHash",
	    rig_fmt(&s.r, "[\"%s\"]", rig_hash(&s.r, 1))));
	want = rig_json(rig_result(&s.r, "eth_getBlockByNumber", "[\"0x1\"]"));
	block = json_object_get(got, "block");
	EXPECT(json_equal(got, by_hash) == 1);
	EXPECT(same_but(block, want, but, 3));
	EXPECT(json_is_null(json_object_get(block, "logsBloom")));
	EXPECT(json_object_get(block, "transactions") == NULL);
	EXPECT_U64((uint64_t)json_integer_value(
		       json_object_get(block, "transactionCount")),
	    4);
	/* Gas of all at the base fee, the price of legacy transactions here. */
	EXPECT_STR(json_string_value(json_object_get(got, "totalFees")),
	    rig_fmt(&s.r, "0x%llx",
		RIG_BASE_FEE * strtoull(json_string_value(
					    json_object_get(want, "gasUsed")),
				   NULL, 16)));
	EXPECT_STR(json_string_value(json_object_get(
		       json_object_get(got, "issuance"), "blockReward")),
	    "0x0");
	json_decref(got);
	json_decref(by_hash);
	json_decref(want);
	EXPECT_CALL(&s.r, "erigon_getHeaderByNumber", "[1]",
	    rig_result(&s.r, "eth_getHeaderByNumber", "[\"0x1\"]"));
	EXPECT_CALL(&s.r, "erigon_getHeaderByNumber", "[\"latest\"]",
	    rig_result(&s.r, "eth_getHeaderByNumber", "[\"0x1\"]"));
	/* Which is a block before it is one. */
	got =
	    rig_json(rig_result(&s.r, "ots_getBlockDetails", "[\"pending\"]"));
	EXPECT(json_is_null(
	    json_object_get(json_object_get(got, "block"), "hash")));
	EXPECT_STR(json_string_value(json_object_get(got, "totalFees")), "0x0");
	json_decref(got);
	rig_close(&s.r);
}

/* check_page compares a page of block 1 with transactions first and on. */
static void
check_page(
    struct story *s, const char *params, const char *const *txs, size_t cnt)
{
	static const char *const tx_but[] = {"input"};
	static const char *const receipt_but[] = {"logs", "logsBloom"};
	json_t *got =
	    rig_json(rig_result(&s->r, "ots_getBlockTransactions", params));
	json_t *list =
	    json_object_get(json_object_get(got, "fullblock"), "transactions");
	json_t *receipts = json_object_get(got, "receipts");
	size_t i;

	test_row(rig_fmt(&s->r, "page %s", params));
	EXPECT_U64(json_array_size(list), cnt);
	EXPECT_U64(json_array_size(receipts), cnt);
	for (i = 0; i < cnt; i++) {
		json_t *tx = json_array_get(list, i);
		json_t *receipt = json_array_get(receipts, i);
		json_t *want = rig_json(
		    rig_result(&s->r, "eth_getTransactionByHash", txs[i]));

		EXPECT(same_but(tx, want, tx_but, 1));
		EXPECT(strncmp(json_string_value(json_object_get(tx, "input")),
			   json_string_value(json_object_get(want, "input")),
			   10) == 0);
		EXPECT(strlen(json_string_value(
			   json_object_get(tx, "input"))) <= 10);
		json_decref(want);
		want = rig_json(
		    rig_result(&s->r, "eth_getTransactionReceipt", txs[i]));
		EXPECT(same_but(receipt, want, receipt_but, 2));
		EXPECT(json_is_null(json_object_get(receipt, "logs")));
		EXPECT(json_is_null(json_object_get(receipt, "logsBloom")));
		json_decref(want);
	}
	json_decref(got);
}

TEST(test_ots_block_pages_begin_at_its_end)
{
	const char *txs[4];
	struct story s;

	tell(&s);
	txs[0] = s.acts;
	txs[1] = s.reverts;
	txs[2] = s.starves;
	txs[3] = s.pays;
	check_page(&s, "[1,0,25]", txs, 4);
	check_page(&s, "[1,0,3]", txs + 1, 3);
	check_page(&s, "[1,1,3]", txs, 1);
	check_page(&s, "[\"0x1\",\"0x1\",\"0x2\"]", txs, 2);
	check_page(&s, "[1,2,3]", txs, 0);
	check_page(&s, "[1,4294967295,255]", txs, 0);
	check_page(&s, "[1,0,0]", txs, 0);
	check_page(&s, "[0,0,25]", txs, 0);
	rig_close(&s.r);
}

/* Pages of an address. ------------------------------------------------------
 */

enum { SENT = 7 };

/* Blocks 1, 3 and 5 have 1, 2 and 3 transactions of key 1 to contract A, and
 * block 6 one of key 2 to key 1; others have none. */
static void
send_some(struct rig *r, const char *sent[SENT])
{
	struct rig_tx t = {.from = 1, .gas = 50000, .to = RIG_LOG_A};
	unsigned i, k, n = 0;

	for (i = 1; i <= 5; i++) {
		for (k = 0; i % 2 == 1 && k < (i + 1) / 2; k++) {
			t.nonce = n;
			sent[n++] = rig_fmt(r, "[\"%s\"]", rig_send(r, &t));
		}
		EXPECT_U64(rig_mine(r), i);
	}
	t = (struct rig_tx){.from = 2, .gas = 21000, .to = rig_addr_text(1)};
	sent[n] = rig_fmt(r, "[\"%s\"]", rig_send(r, &t));
	EXPECT_U64(rig_mine(r), 6);
}

/* check_found compares what a search finds: from newest down to oldest, which
 * are places in sent. */
static void
check_found(struct rig *r, const char *method, const char *params,
    const char *const *sent, unsigned newest, unsigned cnt, const char *flags)
{
	static const char *const but[] = {"timestamp"};
	json_t *got = rig_json(rig_result(
	    r, method, rig_fmt(r, "[\"%s\",%s]", rig_addr_text(1), params)));
	json_t *txs = json_object_get(got, "txs");
	json_t *receipts = json_object_get(got, "receipts");
	bool is_first = json_is_true(json_object_get(got, "firstPage"));
	bool is_last = json_is_true(json_object_get(got, "lastPage"));
	unsigned i;

	test_row(rig_fmt(r, "%s %s", method, params));
	EXPECT_U64(json_array_size(txs), cnt);
	EXPECT_U64(json_array_size(receipts), cnt);
	EXPECT(is_first == (strchr(flags, 'f') != NULL));
	EXPECT(is_last == (strchr(flags, 'l') != NULL));
	for (i = 0; i < cnt; i++) {
		const char *hash = sent[newest - i];
		json_t *want =
		    rig_json(rig_result(r, "eth_getTransactionByHash", hash));
		json_t *receipt = json_array_get(receipts, i);

		EXPECT(json_equal(json_array_get(txs, i), want) == 1);
		EXPECT_U64(strtoull(json_string_value(json_object_get(
					want, "blockTimestamp")),
			       NULL, 16),
		    (uint64_t)json_integer_value(
			json_object_get(receipt, "timestamp")));
		json_decref(want);
		want =
		    rig_json(rig_result(r, "eth_getTransactionReceipt", hash));
		EXPECT(same_but(receipt, want, but, 1));
		json_decref(want);
	}
	json_decref(got);
}

TEST(test_ots_search_pages_by_whole_blocks)
{
	static const struct {
		const char *method, *params, *flags;
		unsigned newest, cnt;
	} rows[] = {
	    {"ots_searchTransactionsBefore", "0,25", "fl", 6, 7},
	    {"ots_searchTransactionsBefore", "0,7", "fl", 6, 7},
	    {"ots_searchTransactionsBefore", "0,1", "f", 6, 1},
	    /* The second page has more than was asked for. */
	    {"ots_searchTransactionsBefore", "6,1", "", 5, 3},
	    {"ots_searchTransactionsBefore", "5,1", "", 2, 2},
	    {"ots_searchTransactionsBefore", "\"0x3\",1", "l", 0, 1},
	    {"ots_searchTransactionsBefore", "1,1", "l", 0, 0},
	    {"ots_searchTransactionsBefore", "99,2", "", 6, 4},
	    {"ots_searchTransactionsAfter", "0,25", "fl", 6, 7},
	    {"ots_searchTransactionsAfter", "0,2", "l", 2, 3},
	    {"ots_searchTransactionsAfter", "1,1", "", 2, 2},
	    {"ots_searchTransactionsAfter", "3,2", "", 5, 3},
	    {"ots_searchTransactionsAfter", "5,1", "f", 6, 1},
	    {"ots_searchTransactionsAfter", "6,1", "f", 0, 0},
	};
	const char *sent[SENT];
	unsigned round;
	struct rig r;
	size_t i;

	rig_open(&r);
	send_some(&r, sent);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			check_found(&r, rows[i].method, rows[i].params, sent,
			    rows[i].newest, rows[i].cnt, rows[i].flags);
		rig_flush(&r, true);
	}
	rig_close(&r);
}

/* One transaction. --------------------------------------------------------- */

TEST(test_ots_transaction_of_a_nonce)
{
	const char *sent[SENT];
	unsigned i, round;
	struct rig r;

	rig_open(&r);
	send_some(&r, sent);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 6; i++)
			EXPECT_CALL(&r, "ots_getTransactionBySenderAndNonce",
			    rig_fmt(&r, "[\"%s\",%u]", rig_addr_text(1), i),
			    rig_fmt(&r, "%.68s", sent[i] + 1));
		EXPECT_CALL(&r, "ots_getTransactionBySenderAndNonce",
		    rig_fmt(&r, "[\"%s\",6]", rig_addr_text(1)), "null");
		EXPECT_CALL(&r, "ots_getTransactionBySenderAndNonce",
		    rig_fmt(&r, "[\"%s\",\"0x0\"]", rig_addr_text(2)),
		    rig_fmt(&r, "%.68s", sent[6] + 1));
		rig_flush(&r, true);
	}
	rig_close(&r);
}

/*
 * A factory that makes a contract of one byte by CREATE and, with salt 1, by
 * CREATE2, and returns the addresses.
 */
#define CHILD "60016000526001601ff3" /* 10 bytes of init code */
#define FACTORY                                                                \
	"69" CHILD "600052600a60166000f0600052"                                \
	"69" CHILD "6020526001600a60366000f560205260406000f3"
#define FACTORY_LEN "37"

static const char *
word_addr(struct rig *r, const char *words, unsigned i)
{
	return rig_fmt(r, "0x%.40s", words + 3 + 64 * (size_t)i + 24);
}

TEST(test_ots_creator_of_what_a_contract_made)
{
	struct rig_tx t = {.from = 1, .is_create = true, .gas = 500000};
	const char *made, *called, *factory, *words, *first, *second;
	unsigned round;
	struct rig r;

	rig_open(&r);
	t.data = "0x60" FACTORY_LEN "600c60003960" FACTORY_LEN "6000f3" FACTORY;
	made = rig_fmt(&r, "%s", rig_send(&r, &t));
	(void)rig_mine(&r);
	factory = rig_member(&r, "eth_getTransactionReceipt",
	    rig_fmt(&r, "[\"%s\"]", made), "contractAddress");
	words = rig_fmt(&r, "%s",
	    rig_result(
		&r, "eth_call", rig_fmt(&r, "[{\"to\":\"%s\"}]", factory)));
	first = word_addr(&r, words, 0);
	second = word_addr(&r, words, 1);
	EXPECT_CALL(&r, "ots_getContractCreator",
	    rig_fmt(&r, "[\"%s\"]", first), "null");
	t = (struct rig_tx){.from = 2, .gas = 500000, .to = factory};
	called = rig_fmt(&r, "%s", rig_send(&r, &t));
	(void)rig_mine(&r);
	for (round = 0; round < 2; round++) {
		EXPECT_CALL(&r, "ots_getContractCreator",
		    rig_fmt(&r, "[\"%s\"]", factory),
		    rig_fmt(&r, "{\"hash\":\"%s\",\"creator\":\"%s\"}", made,
			rig_addr_text(1)));
		EXPECT_CALL(&r, "ots_getContractCreator",
		    rig_fmt(&r, "[\"%s\"]", first),
		    rig_fmt(&r, "{\"hash\":\"%s\",\"creator\":\"%s\"}", called,
			factory));
		EXPECT_CALL(&r, "ots_getContractCreator",
		    rig_fmt(&r, "[\"%s\"]", second),
		    rig_fmt(&r, "{\"hash\":\"%s\",\"creator\":\"%s\"}", called,
			factory));
		/* Its history begins with its creation. */
		EXPECT(strstr(rig_result(&r, "ots_searchTransactionsBefore",
				  rig_fmt(&r, "[\"%s\",0,1]", first)),
			   called) != NULL);
		rig_flush(&r, true);
	}
	rig_close(&r);
}
