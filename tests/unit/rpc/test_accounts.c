/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts that a node keeps: what is asked of the keeper, what becomes of
 * its answers, and that no password stays behind. The keys are the rig's.
 */
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define VERSION "\"jsonrpc\":\"2.0\""
#define DATA    "0x1234"

/* A keeper with the rig's keys: key 1 is unlocked. */
struct keeper {
	struct rig *rig;
	uint64_t nonce; /* of every account */
	bool is_once;
	uint32_t seconds;   /* of the last unlock */
	uint8_t digest[32]; /* of the last signature */
	enum rc fails;      /* what everything answers; RC_OK: nothing */
	unsigned made;
};

static enum rc
fake_list(
    void *ctx, struct arena *a, struct addr **out, size_t *cnt, struct err *e)
{
	const struct keeper *k = ctx;

	if (k->fails != RC_OK)
		return FAIL(e, k->fails, "fake");
	*cnt = 1;
	*out = arena_alloc(a, sizeof(**out));
	**out = rig_addr(1);
	return RC_OK;
}

static enum rc
fake_make(void *ctx, struct addr *out, struct bytes password, struct err *e)
{
	struct keeper *k = ctx;

	if (!bytes_eq(password, bytes_of_str("secret")))
		return FAIL(e, RC_INTERNAL, "another password");
	k->made++;
	*out = rig_addr(2);
	return RC_OK;
}

static enum rc
fake_unlock(void *ctx, const struct addr *addr, struct bytes password,
    uint32_t seconds, struct err *e)
{
	struct keeper *k = ctx;

	(void)addr;
	if (!bytes_eq(password, bytes_of_str("secret")))
		return FAIL(
		    e, RC_BAD_PASSWORD, "%s", err_text(RC_BAD_PASSWORD));
	k->seconds = seconds;
	k->is_once = seconds == RPC_KEYS_ONCE;
	return RC_OK;
}

static enum rc
fake_lock(void *ctx, const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	return RC_OK;
}

static enum rc
fake_sign(void *ctx, uint8_t sig[65], const struct addr *addr, bool is_tx,
    struct bytes message, struct err *e)
{
	struct keeper *k = ctx;
	struct addr mine = rig_addr(1);
	struct hash digest = hash_keccak(message);

	if (!addr_eq(addr, &mine) && !k->is_once)
		return FAIL(e, RC_KEY_LOCKED, "%s", err_text(RC_KEY_LOCKED));
	EXPECT(is_tx == (message.ptr[0] != 0x19));
	k->is_once = false;
	memcpy(k->digest, digest.b, sizeof(k->digest));
	rig_sign(sig, 1, &digest);
	return RC_OK;
}

static enum rc
fake_nonce(void *ctx, uint64_t *out, const struct addr *addr, struct err *e)
{
	const struct keeper *k = ctx;

	(void)e;
	*out = pool_nonce(k->rig->pool, addr, k->nonce);
	return RC_OK;
}

static struct rpc_keys keys;

static void
open_rig(struct rig *r, struct keeper *k)
{
	rig_open(r);
	*k = (struct keeper){.rig = r};
	keys = (struct rpc_keys){fake_list, fake_make, fake_unlock, fake_lock,
	    fake_sign, fake_nonce, k};
	r->keys = &keys;
	r->node.has_accounts = true;
}

/* FROM is replaced by the address of key 1. */
static const char *
with_from(struct rig *r, const char *text)
{
	const char *at = strstr(text, "FROM");

	if (at == NULL)
		return text;
	return rig_fmt(r, "%.*s%s%s", (int)(at - text), text, rig_addr_text(1),
	    at + strlen("FROM"));
}

TEST(test_accounts_bad_arguments_are_refused)
{
	static const struct {
		const char *method, *params, *want;
	} rows[] = {
	    {"eth_sign", "[\"FROM\"]",
		"-32602 missing value for required argument 1"},
	    {"personal_newAccount", "[]",
		"-32602 missing value for required argument 0"},
	    {"personal_unlockAccount", "[\"FROM\",\"secret\",31622401]",
		"-32000 unlock duration too large"},
	    {"personal_unlockAccount", "[\"FROM\",\"wrong\"]",
		"-32000 could not decrypt key with given password"},
	    {"personal_ecRecover", "[\"" DATA "\",\"0x00\"]",
		"-32000 signature must be 65 bytes long"},
	    {"eth_signTypedData_v4", "[\"FROM\",\"{}\"]",
		"-32602 invalid argument 1: primaryType: not a string"},
	    {"eth_signTypedData_v4", "[\"FROM\",{}]",
		"-32602 invalid argument 1: primaryType: not a string"},
	    {"eth_signTypedData_v4", "[\"FROM\",\"[\"]",
		"-32602 invalid argument 1: typed data is no JSON object"},
	    {"eth_sendTransaction", "[1]",
		"-32602 invalid argument 0: not an object"},
	    {"eth_sendTransaction", "[{}]", "-32000 unknown account"},
	    {"eth_sendTransaction", "[{\"from\":\"FROM\"}]",
		"-32000 contract creation without any data provided"},
	    {"eth_sendTransaction",
		"[{\"from\":\"FROM\",\"blobVersionedHashes\":[]}]",
		"-32000 blob transactions (EIP-4844) are not signed by this "
		"node"},
	    {"eth_sendTransaction",
		"[{\"from\":\"FROM\",\"to\":\"" RIG_CODE_ADDR
		"\",\"gas\":\"0x8000\",\"maxFeePerGas\":\"0x8\","
		"\"maxPriorityFeePerGas\":"
		"\"0x9\"}]",
		"-32000 max priority fee per gas higher than max fee per "
		"gas"},
	    {"eth_signTransaction",
		"[{\"from\":\"FROM\",\"to\":\"" RIG_CODE_ADDR "\"}]",
		"-32000 gas not specified"},
	    {"eth_signTransaction",
		"[{\"from\":\"FROM\",\"gas\":\"0x5208\",\"to\":\"" RIG_CODE_ADDR
		"\"}]",
		"-32000 missing gasPrice or maxFeePerGas/"
		"maxPriorityFeePerGas"},
	    {"eth_signTransaction",
		"[{\"from\":\"FROM\",\"gas\":\"0x5208\",\"gasPrice\":\"0x7\","
		"\"to\":\"" RIG_CODE_ADDR "\"}]",
		"-32000 nonce not specified"},
	};
	struct keeper k;
	struct rig r;
	size_t i;

	open_rig(&r, &k);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(&r, rows[i].method, with_from(&r, rows[i].params),
		    rows[i].want);
	rig_close(&r);
}

TEST(test_accounts_node_without_any)
{
	struct keeper k;
	struct rig r;

	open_rig(&r, &k);
	r.node.has_accounts = false;
	EXPECT_CALL(&r, "eth_accounts", "[]", "[]");
	EXPECT_CALL(&r, "personal_listAccounts", "[]", "[]");
	EXPECT_CALL(&r, "personal_newAccount", "[\"secret\"]",
	    "-32000 this node keeps no accounts: \"accounts\" is not set in "
	    "its configuration");
	rig_close(&r);
}

TEST(test_accounts_gateway_sees_none)
{
	struct keeper k;
	struct rig r;

	open_rig(&r, &k);
	EXPECT_STR(rig_ask_gateway(&r,
		       "{" VERSION ",\"id\":1,\"method\":\"eth_accounts\"}"),
	    "{" VERSION ",\"id\":1,\"result\":[]}");
	EXPECT(strstr(rig_ask_gateway(&r,
			  "[{" VERSION ",\"id\":1,\"method\":"
			  "\"personal_newAccount\",\"params\":[\"secret\"]}]"),
		   "-32601") != NULL);
	EXPECT_U64(k.made, 0);
	rig_close(&r);
}

TEST(test_accounts_made_listed_unlocked_and_locked)
{
	struct keeper k;
	struct rig r;
	const char *one, *two;

	open_rig(&r, &k);
	one = rig_fmt(&r, "[\"%s\"]", rig_addr_text(1));
	two = rig_fmt(&r, "\"%s\"", rig_addr_text(2));
	EXPECT_CALL(&r, "personal_newAccount", "[\"secret\"]", two);
	EXPECT_CALL(&r, "personal_newAccount", "[\"\\u0073ecret\"]", two);
	EXPECT_CALL(&r, "eth_accounts", "[]", one);
	EXPECT_CALL(&r, "personal_listAccounts", "[]", one);
	EXPECT_CALL(&r, "personal_unlockAccount",
	    with_from(&r, "[\"FROM\",\"secret\"]"), "true");
	EXPECT_U64(k.seconds, 300);
	EXPECT_CALL(&r, "personal_unlockAccount",
	    with_from(&r, "[\"FROM\",\"secret\",null]"), "true");
	EXPECT_U64(k.seconds, 300);
	EXPECT_CALL(&r, "personal_unlockAccount",
	    with_from(&r, "[\"FROM\",\"secret\",0]"), "true");
	EXPECT_U64(k.seconds, 0);
	EXPECT_CALL(&r, "personal_unlockAccount",
	    with_from(&r, "[\"FROM\",\"secret\",\"0x10\"]"), "true");
	EXPECT_U64(k.seconds, 16);
	EXPECT_CALL(
	    &r, "personal_lockAccount", with_from(&r, "[\"FROM\"]"), "true");
	k.fails = RC_UNAVAILABLE;
	EXPECT_CALL(&r, "eth_accounts", "[]", "-32002 fake");
	rig_close(&r);
}

/* The bytes that are hashed, and a signature that recovers to the account. */
TEST(test_accounts_text_is_signed_with_its_prefix)
{
	struct bytes message = bytes_of_str("\x19"
					    "Ethereum Signed Message:\n2"
					    "\x12\x34");
	struct hash want = hash_keccak(message);
	struct keeper k;
	struct rig r;
	const char *sig;

	open_rig(&r, &k);
	sig = rig_result(
	    &r, "eth_sign", with_from(&r, "[\"FROM\",\"" DATA "\"]"));
	EXPECT_BYTES(bytes_of(k.digest, 32), hash_bytes(&want));
	sig = rig_fmt(&r, "%s", sig);
	EXPECT_CALL(&r, "personal_ecRecover",
	    rig_fmt(&r, "[\"" DATA "\",%s]", sig),
	    rig_fmt(&r, "\"%s\"", rig_addr_text(1)));
	EXPECT_CALL(
	    &r, "personal_sign", with_from(&r, "[\"" DATA "\",\"FROM\"]"), sig);
	rig_close(&r);
}

TEST(test_accounts_password_signs_once)
{
	const char *two, *with;
	struct keeper k;
	struct rig r;

	open_rig(&r, &k);
	two = rig_fmt(&r, "[\"" DATA "\",\"%s\"]", rig_addr_text(2));
	with =
	    rig_fmt(&r, "[\"" DATA "\",\"%s\",\"secret\"]", rig_addr_text(2));
	EXPECT_CALL(&r, "personal_sign", two,
	    "-32000 authentication needed: password or unlock");
	EXPECT(strlen(rig_result(&r, "personal_sign", with)) == 134);
	EXPECT_CALL(&r, "personal_sign", two,
	    "-32000 authentication needed: password or unlock");
	rig_close(&r);
}

TEST(test_accounts_transaction_is_filled_in)
{
	struct keeper k;
	struct rig r;
	const char *hash;

	open_rig(&r, &k);
	hash = rig_fmt(&r, "[%s]",
	    rig_result(&r, "eth_sendTransaction",
		with_from(&r, "[{\"from\":\"FROM\",\"to\":\"" RIG_CODE_ADDR
			      "\",\"value\":\"0x5\"}]")));
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", hash, "type"), "0x2");
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", hash, "nonce"), "0x0");
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionByHash", hash, "maxFeePerGas"),
	    "0xe"); /* twice the base fee */
	EXPECT_STR(rig_member(&r, "eth_getTransactionByHash", hash, "from"),
	    rig_addr_text(1));
	EXPECT_U64(rig_mine(&r), 1);
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionReceipt", hash, "status"), "0x1");
	rig_close(&r);
}

/* Prices decide the envelope; what is given stays. */
TEST(test_accounts_transaction_envelopes)
{
	static const struct {
		const char *more, *type;
	} rows[] = {
	    {"\"gasPrice\":\"0x9\"", "0x0"},
	    {"\"gasPrice\":\"0x9\",\"accessList\":[]", "0x1"},
	    {"\"maxFeePerGas\":\"0x9\"", "0x2"},
	    {"\"accessList\":[]", "0x2"},
	};
	struct keeper k;
	struct rig r;
	size_t i;

	open_rig(&r, &k);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *hash = rig_fmt(&r, "[%s]",
		    rig_result(&r, "eth_sendTransaction",
			rig_fmt(&r,
			    "[{\"from\":\"%s\",\"to\":\"" RIG_CODE_ADDR
			    "\",\"gas\":\"0x8000\",%s}]",
			    rig_addr_text(1), rows[i].more)));

		test_row(rows[i].more);
		EXPECT_STR(
		    rig_member(&r, "eth_getTransactionByHash", hash, "type"),
		    rows[i].type);
		EXPECT_STR(
		    rig_member(&r, "eth_getTransactionByHash", hash, "gas"),
		    "0x8000");
	}
	rig_close(&r);
}

TEST(test_accounts_signed_transaction_is_not_sent)
{
	struct keeper k;
	struct rig r;
	const char *raw;

	open_rig(&r, &k);
	raw = rig_fmt(&r, "%s",
	    rig_member(&r, "eth_signTransaction",
		with_from(&r, "[{\"from\":\"FROM\",\"to\":\"" RIG_CODE_ADDR
			      "\",\"gas\":\"0x8000\",\"nonce\":\"0x0\","
			      "\"gasPrice\":\"0x7\"}]"),
		"raw"));
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x0\",\"queued\":\"0x0\"}");
	(void)rig_result(
	    &r, "eth_sendRawTransaction", rig_fmt(&r, "[\"%s\"]", raw));
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x1\",\"queued\":\"0x0\"}");
	rig_close(&r);
}

/* One behind the other, and none behind one that was refused. */
TEST(test_accounts_batch_takes_nonces_in_order)
{
	static const char call[] =
	    "{" VERSION ",\"id\":%d,\"method\":\"eth_sendTransaction\","
	    "\"params\":[{\"from\":\"%s\",\"to\":\"" RIG_CODE_ADDR
	    "\",\"gas\":\"0x8000\",\"value\":\"%s\"}]}";
	struct keeper k;
	struct rig r;
	const char *cheap[3], *dear, *answer;
	int i;

	open_rig(&r, &k);
	for (i = 0; i < 3; i++)
		cheap[i] = rig_fmt(&r, call, i, rig_addr_text(1), "0x1");
	dear = rig_fmt(&r, call, 9, rig_addr_text(1), "0xffffffffffffffffffff");
	answer = rig_ask(
	    &r, rig_fmt(&r, "[%s,%s,%s]", cheap[0], cheap[1], cheap[2]));
	EXPECT(strstr(answer, "error") == NULL);
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x3\",\"queued\":\"0x0\"}");
	answer = rig_ask(&r, rig_fmt(&r, "[%s,%s]", dear, cheap[0]));
	EXPECT(strstr(answer, "insufficient funds") != NULL);
	EXPECT(strstr(answer, "the transaction before it in this batch was "
			      "refused") != NULL);
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x3\",\"queued\":\"0x0\"}");
	rig_close(&r);
}

/* A keeper that never comes: the node is ending. */
TEST(test_accounts_without_a_turn_say_so)
{
	struct keeper k;
	struct rig r;

	open_rig(&r, &k);
	r.keys = NULL;
	EXPECT_CALL(&r, "personal_newAccount", "[\"secret\"]",
	    "-32002 the node is stopping");
	rig_close(&r);
}

/* Filling and what waits. -------------------------------------------------- */

TEST(test_fill_bad_transaction_is_refused)
{
	static const struct {
		const char *params, *want;
	} rows[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[1]", "-32602 invalid argument 0: not an object"},
	    {"[{}]", "-32000 contract creation without any data provided"},
	    {"[{\"to\":\"" RIG_CODE_ADDR "\",\"gasPrice\":\"0x7\","
	     "\"maxFeePerGas\":\"0x7\"}]",
		"-32602 invalid argument 0: both gasPrice and (maxFeePerGas or "
		"maxPriorityFeePerGas) specified"},
	    {"[{\"to\":\"" RIG_CODE_ADDR "\",\"chainId\":\"0x1\"}]",
		"-32602 invalid argument 0: chainId does not match node's "
		"(have=1, want=31337)"},
	    {"[{\"to\":\"" RIG_CODE_ADDR "\",\"maxFeePerBlobGas\":\"0x1\"}]",
		"-32000 blob transactions (EIP-4844) are not signed by this "
		"node"},
	    {"[{\"to\":\"" RIG_CODE_ADDR "\",\"maxFeePerGas\":\"0x1\","
	     "\"maxPriorityFeePerGas\":\"0x2\",\"gas\":\"0x8000\"}]",
		"-32000 max priority fee per gas higher than max fee per gas"},
	    {"[{\"data\":\"0x60006000fd\"}]", "3 execution reverted"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(
		    &r, "eth_fillTransaction", rows[i].params, rows[i].want);
	rig_close(&r);
}

/* Each kind: what was given stays, what was not is there. The node keeps no
 * accounts for it. */
TEST(test_fill_makes_a_whole_transaction_of_its_kind)
{
	static const struct {
		const char *more, *type, *front;
	} rows[] = {
	    {"", "0x2", "0x02"},
	    {",\"gasPrice\":\"0x9\"", "0x0", "0xd"},
	    {",\"gasPrice\":\"0x9\",\"accessList\":[]", "0x1", "0x01"},
	    {",\"nonce\":\"0x5\",\"gas\":\"0x9999\",\"maxFeePerGas\":"
	     "\"0x33\",\"maxPriorityFeePerGas\":\"0x1\"",
		"0x2", "0x02"},
	};
	const char *ask, *tx;
	struct rig r;
	json_t *doc;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask = rig_fmt(&r,
		    "[{\"from\":\"%s\",\"to\":\"" RIG_CODE_ADDR
		    "\",\"value\":\"0x3\"%s}]",
		    rig_addr_text(1), rows[i].more);
		doc = rig_json(rig_result(&r, "eth_fillTransaction", ask));
		tx = json_string_value(
		    json_object_get(json_object_get(doc, "tx"), "type"));
		test_row(rows[i].more);
		EXPECT_STR(tx, rows[i].type);
		EXPECT(strncmp(json_string_value(json_object_get(doc, "raw")),
			   rows[i].front, strlen(rows[i].front)) == 0);
		test_row(NULL);
		json_decref(doc);
	}
	doc = rig_json(rig_result(&r, "eth_fillTransaction", ask));
	tx = json_dumps(
	    json_object_get(doc, "tx"), JSON_COMPACT | JSON_PRESERVE_ORDER);
	EXPECT_STR(strstr(tx, "\"from\":"),
	    rig_fmt(&r,
		"\"from\":\"%s\",\"gas\":\"0x9999\",\"gasPrice\":\"0x33\","
		"\"maxFeePerGas\":\"0x33\",\"maxPriorityFeePerGas\":\"0x1\","
		"\"hash\":%s,\"input\":\"0x\",\"nonce\":\"0x5\",\"to\":"
		"\"" RIG_CODE_ADDR "\",\"value\":\"0x3\",\"type\":\"0x2\","
		"\"chainId\":\"0x7a69\",\"accessList\":[],"
		"\"yParity\":\"0x0\",\"v\":\"0x0\",\"r\":\"0x0\","
		"\"s\":\"0x0\"}",
		rig_addr_text(1),
		rig_result(&r, "web3_sha3",
		    rig_fmt(&r, "[\"%s\"]",
			json_string_value(json_object_get(doc, "raw"))))));
	free((void *)(uintptr_t)tx);
	json_decref(doc);
	rig_close(&r);
}

static uint64_t
filled(const json_t *doc, const char *name)
{
	return strtoull(json_string_value(
			    json_object_get(json_object_get(doc, "tx"), name)),
	    NULL, 16);
}

/* A client that signs what the gateway's socket filled in gets it mined, one
 * behind the other. */
TEST(test_fill_signed_by_the_client_is_mined)
{
	struct rig_tx t = {.from = 1, .type = TX_DYNAMIC_FEE};
	const char *answer, *hash = NULL;
	struct rig r;
	json_t *doc;
	unsigned i;

	rig_open(&r);
	for (i = 0; i < 3; i++) {
		answer = rig_ask_gateway(
		    &r, rig_fmt(&r,
			    "{" VERSION ",\"id\":1,\"method\":"
			    "\"eth_fillTransaction\",\"params\":[{\"from\":"
			    "\"%s\",\"to\":\"" RIG_LOG_A "\"}]}",
			    rig_addr_text(1)));
		doc = rig_json(answer);
		t.nonce = filled(json_object_get(doc, "result"), "nonce");
		t.gas = filled(json_object_get(doc, "result"), "gas");
		t.fee = filled(json_object_get(doc, "result"), "maxFeePerGas");
		t.tip = filled(
		    json_object_get(doc, "result"), "maxPriorityFeePerGas");
		json_decref(doc);
		EXPECT_U64(t.nonce, i);
		t.to = RIG_LOG_A;
		hash = rig_fmt(&r, "[\"%s\"]", rig_send(&r, &t));
	}
	(void)rig_mine(&r);
	EXPECT_STR(
	    rig_member(&r, "eth_getTransactionReceipt", hash, "status"), "0x1");
	rig_close(&r);
}

TEST(test_pending_transactions_are_the_accounts_own)
{
	struct rig_tx mine = {.from = 1}, gap = {.from = 1, .nonce = 2};
	struct rig_tx other = {.from = 2};
	struct keeper k;
	struct rig r;
	const char *hash;

	open_rig(&r, &k);
	EXPECT_CALL(&r, "eth_pendingTransactions", "[]", "[]");
	(void)rig_send(&r, &gap);
	(void)rig_send(&r, &other);
	EXPECT_CALL(&r, "eth_pendingTransactions", "[]", "[]");
	hash = rig_fmt(&r, "[\"%s\"]", rig_send(&r, &mine));
	EXPECT_CALL(&r, "eth_pendingTransactions", "[]",
	    rig_fmt(
		&r, "[%s]", rig_result(&r, "eth_getTransactionByHash", hash)));
	EXPECT(strstr(rig_ask_gateway(&r, "{" VERSION ",\"id\":1,\"method\":"
					  "\"eth_pendingTransactions\"}"),
		   "-32601") != NULL);
	k.fails = RC_UNAVAILABLE;
	EXPECT_CALL(&r, "eth_pendingTransactions", "[]", "-32002 fake");
	r.node.has_accounts = false;
	EXPECT_CALL(&r, "eth_pendingTransactions", "[]", "[]");
	rig_close(&r);
}
