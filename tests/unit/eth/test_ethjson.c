/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON forms against recorded answers: blocks and transactions of the public
 * chain as decoded from its RLP; receipts, logs and pooled transactions read
 * back from an answer and written again. And one transaction of each type.
 */
#include "base/check.h"
#include "eth/ethjson.h"

#include <stdio.h>
#include <stdlib.h>

#include "vec.h"

/* Parses what w holds; NULL, with the test failed, when it is not whole. */
static json_t *
written(struct jsonw *w)
{
	struct bytes b = jsonw_bytes(w);
	json_t *v;

	EXPECT(jsonw_done(w));
	v = json_loadb(
	    (const char *)b.ptr, b.len, JSON_REJECT_DUPLICATES, NULL);
	EXPECT(v != NULL);
	return v;
}

/* Compares and names the first member that differs. */
static void
expect_same(struct jsonw *w, const json_t *want)
{
	json_t *got = written(w);
	const json_t *v;
	const char *key;

	if (got == NULL || json_equal(got, want)) {
		json_decref(got);
		test_count(1);
		return;
	}
	test_fail(__FILE__, __LINE__, "objects differ");
	json_object_foreach((json_t *)(uintptr_t)want, key,
	    v) if (!json_equal(v, json_object_get(got, key)))
	    test_fail(__FILE__, __LINE__, "member %s", key);
	json_object_foreach(got, key, v) if (json_object_get(want, key) == NULL)
	    test_fail(__FILE__, __LINE__, "extra member %s", key);
	json_decref(got);
}

/* ---- the public chain ---- */

enum { CHAIN_MAX = 64 };

static struct {
	struct arena a;
	struct block blocks[CHAIN_MAX];
	struct hash hashes[CHAIN_MAX];
	size_t cnt;
	const char *dir;
} chain;

static bool
load_chain(const char *archive, const char *file)
{
	char path[512];
	struct bytes in;

	chain.dir = test_unpack(archive);
	if (chain.dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return false;
	}
	snprintf(path, sizeof(path), "%s/%s", chain.dir, file);
	in = test_read(path);
	arena_init(&chain.a, 1 << 26);
	for (chain.cnt = 0; in.len > 0 && chain.cnt < CHAIN_MAX; chain.cnt++) {
		struct block *b = &chain.blocks[chain.cnt];

		EXPECT_RC(block_take(&chain.a, b, &in, NULL), RC_OK);
		chain.hashes[chain.cnt] = header_hash(&b->header);
	}
	EXPECT(chain.cnt > 0);
	return chain.cnt > 0;
}

static const struct block *
find_block(const char *hash, struct hash *out)
{
	size_t i;

	*out = vec_hash(hash);
	for (i = 0; i < chain.cnt; i++)
		if (hash_eq(&chain.hashes[i], out))
			return &chain.blocks[i];
	return NULL;
}

static const struct tx *
find_tx(const char *hash, struct ethjson_at *at)
{
	struct hash want = vec_hash(hash);
	size_t i, k;

	for (i = 0; i < chain.cnt; i++)
		for (k = 0; k < chain.blocks[i].tx_cnt; k++)
			if (hash_eq(&chain.blocks[i].txs[k].hash, &want)) {
				at->header = &chain.blocks[i].header;
				at->block_hash = chain.hashes[i];
				at->index = k;
				return &chain.blocks[i].txs[k];
			}
	return NULL;
}

/* Calls run for each answer with a result in files of one folder; returns how
 * many there were. */
static size_t
each_answer(const char *folder, void (*run)(const json_t *result))
{
	char path[512];
	const char *const *files;
	size_t cnt, i, done = 0;

	snprintf(path, sizeof(path), "%s/tests/%s", chain.dir, folder);
	files = test_files(&cnt, path, ".io");
	for (i = 0; i < cnt; i++) {
		const char *text = (const char *)test_read(files[i]).ptr;
		const json_t *result;
		json_t *root;

		text = text == NULL ? NULL : strstr(text, "<< ");
		EXPECT(text != NULL);
		if (text == NULL)
			continue;
		root = json_loads(text + 3, JSON_DISABLE_EOF_CHECK, NULL);
		result = json_object_get(root, "result");
		test_row(strrchr(files[i], '/') + 1);
		if (result != NULL && !json_is_null(result)) {
			run(result);
			done++;
		}
		json_decref(root);
	}
	return done;
}

static void
run_block(const json_t *want)
{
	const json_t *txs = json_object_get(want, "transactions");
	bool is_full = json_is_object(json_array_get(txs, 0));
	struct hash hash;
	const struct block *b = find_block(vec_str(want, "hash"), &hash);
	struct addr senders[64];
	struct hash hashes[64];
	struct jsonw w;
	size_t i;

	if (b == NULL) /* the genesis block is not in the file */
		return;
	CHECK(b->tx_cnt <= 64);
	for (i = 0; i < b->tx_cnt; i++) {
		EXPECT_RC(tx_sender(&senders[i], &b->txs[i], NULL), RC_OK);
		hashes[i] = b->txs[i].hash;
	}
	jsonw_init(&w, 1 << 20);
	if (is_full)
		ethjson_block(&w, b, &hash, senders, NULL);
	else
		ethjson_block_hashes(&w, b, &hash, hashes, b->tx_cnt, NULL);
	expect_same(&w, want);
	jsonw_free(&w);
}

static void
run_tx(const json_t *want)
{
	struct ethjson_at at;
	const struct tx *tx = find_tx(vec_str(want, "hash"), &at);
	struct addr sender;
	struct jsonw w;

	EXPECT(tx != NULL);
	if (tx == NULL)
		return;
	EXPECT_RC(tx_sender(&sender, tx, NULL), RC_OK);
	jsonw_init(&w, 1 << 20);
	ethjson_tx(&w, tx, &sender, &at);
	expect_same(&w, want);
	jsonw_free(&w);
}

TEST(test_ethjson_blocks_of_public_answers)
{
	if (!load_chain("ethereum/rpc-compat.tar.zst", "tests/chain.rlp"))
		return;
	EXPECT(each_answer("eth_getBlockByNumber", run_block) >= 3);
	EXPECT(each_answer("eth_getBlockByHash", run_block) >= 1);
	arena_drop(&chain.a);
}

TEST(test_ethjson_transactions_of_public_answers)
{
	if (!load_chain("ethereum/rpc-compat.tar.zst", "tests/chain.rlp"))
		return;
	EXPECT(each_answer("eth_getTransactionByHash", run_tx) >= 3);
	arena_drop(&chain.a);
}

/* ---- receipts and logs, read back from the answer ---- */

static void
log_of(struct log_entry *out, const json_t *v)
{
	const json_t *topics = json_object_get(v, "topics");
	size_t i;

	memset(out, 0, sizeof(*out));
	out->addr = vec_addr(vec_str(v, "address"));
	out->topic_cnt = (unsigned)json_array_size(topics);
	for (i = 0; i < out->topic_cnt; i++)
		out->topics[i] =
		    vec_hash(json_string_value(json_array_get(topics, i)));
	out->data = vec_bytes(v, "data");
}

static void
receipt_of(struct receipt *out, struct log_entry *logs, const json_t *v)
{
	const json_t *list = json_object_get(v, "logs");
	const json_t *contract = json_object_get(v, "contractAddress");
	size_t i;

	memset(out, 0, sizeof(*out));
	out->type = (enum tx_type)vec_u64(json_object_get(v, "type"));
	out->has_root = json_object_get(v, "root") != NULL;
	if (out->has_root)
		out->root = vec_hash(vec_str(v, "root"));
	else
		out->is_success = vec_u64(json_object_get(v, "status")) == 1;
	out->cumulative_gas = vec_u64(json_object_get(v, "cumulativeGasUsed"));
	out->gas_used = vec_u64(json_object_get(v, "gasUsed"));
	out->effective_price =
	    vec_u256(json_object_get(v, "effectiveGasPrice"));
	memcpy(out->bloom.b, vec_bytes(v, "logsBloom").ptr, 256);
	out->has_contract = !json_is_null(contract);
	if (out->has_contract)
		out->contract = vec_addr(json_string_value(contract));
	out->log_cnt = json_array_size(list);
	out->logs = logs;
	for (i = 0; i < out->log_cnt && i < 16; i++)
		log_of(&logs[i], json_array_get(list, i));
}

/* Answers of older releases have no blockTimestamp in logs; such a reader
 * sees one member more. */
static void
add_timestamps(json_t *receipt, uint64_t time)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(receipt, "logs"), i,
	    v) if (json_object_get(v, "blockTimestamp") == NULL)
	    json_object_set_new(v, "blockTimestamp",
		json_sprintf("0x%llx", (unsigned long long)time));
}

static void
run_receipt(const json_t *answer)
{
	json_t *want = json_deep_copy(answer);
	struct ethjson_at at;
	const struct tx *tx = find_tx(vec_str(want, "transactionHash"), &at);
	const json_t *first = json_array_get(json_object_get(want, "logs"), 0);
	struct log_entry logs[16];
	struct receipt r;
	struct addr sender;
	struct jsonw w;

	EXPECT(tx != NULL);
	if (tx != NULL) {
		receipt_of(&r, logs, want);
		add_timestamps(want, at.header->time);
		EXPECT_RC(tx_sender(&sender, tx, NULL), RC_OK);
		jsonw_init(&w, 1 << 20);
		ethjson_receipt(&w, &r, tx, &sender, &at,
		    first == NULL ? 0
				  : vec_u64(json_object_get(first, "logIndex")),
		    NULL);
		expect_same(&w, want);
		jsonw_free(&w);
	}
	json_decref(want);
}

static void
run_receipts(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) run_receipt(v);
}

static void
run_logs(const json_t *list)
{
	struct ethjson_at at;
	struct log_entry l;
	struct hash hash;
	const json_t *v;
	struct jsonw w;
	size_t i;

	json_array_foreach(list, i, v)
	{
		EXPECT(find_tx(vec_str(v, "transactionHash"), &at) != NULL);
		hash = vec_hash(vec_str(v, "transactionHash"));
		log_of(&l, v);
		jsonw_init(&w, 1 << 20);
		ethjson_log(&w, &l, &at, &hash,
		    vec_u64(json_object_get(v, "logIndex")), false);
		expect_same(&w, v);
		jsonw_free(&w);
	}
}

TEST(test_ethjson_receipts_and_logs_of_public_answers)
{
	if (!load_chain("ethereum/rpc-compat.tar.zst", "tests/chain.rlp"))
		return;
	EXPECT(each_answer("eth_getTransactionReceipt", run_receipt) >= 3);
	EXPECT(each_answer("eth_getBlockReceipts", run_receipts) >= 1);
	EXPECT(each_answer("eth_getLogs", run_logs) >= 2);
	arena_drop(&chain.a);
}

TEST(test_ethjson_receipts_of_captured_chain)
{
	json_t *root;

	if (!load_chain("ethereum/captures.tar.zst", "clique-geth/blocks.rlp"))
		return;
	root = vec_archive("captures", "clique-geth/expected.json");
	EXPECT(json_array_size(json_object_get(root, "receipts")) >= 8);
	run_receipts(json_object_get(root, "receipts"));
	json_decref(root);
	arena_drop(&chain.a);
}

/* ---- pooled transactions, rebuilt from the answer ---- */

static const struct tx_access *
access_of(struct arena *a, size_t *cnt, const json_t *list)
{
	struct tx_access *out;
	struct hash *keys;
	size_t i, k;

	*cnt = json_array_size(list);
	out = arena_array(a, *cnt, sizeof(*out));
	for (i = 0; i < *cnt; i++) {
		const json_t *v = json_array_get(list, i);
		const json_t *words = json_object_get(v, "storageKeys");

		out[i].addr = vec_addr(vec_str(v, "address"));
		out[i].key_cnt = json_array_size(words);
		out[i].keys = keys =
		    arena_array(a, out[i].key_cnt, sizeof(*keys));
		for (k = 0; k < out[i].key_cnt; k++)
			keys[k] = vec_hash(
			    json_string_value(json_array_get(words, k)));
	}
	return out;
}

static void
pooled_of(struct arena *a, struct tx *tx, const json_t *v)
{
	const json_t *to = json_object_get(v, "to");
	const json_t *fee = json_object_get(v, "maxFeePerGas");

	memset(tx, 0, sizeof(*tx));
	tx->type = (enum tx_type)vec_u64(json_object_get(v, "type"));
	tx->has_chain_id = json_object_get(v, "chainId") != NULL;
	tx->chain_id = vec_u64(json_object_get(v, "chainId"));
	tx->nonce = vec_u64(json_object_get(v, "nonce"));
	tx->gas = vec_u64(json_object_get(v, "gas"));
	tx->max_fee = vec_u256(json_object_get(v, "gasPrice"));
	tx->max_tip = tx->max_fee;
	if (fee != NULL)
		tx->max_tip =
		    vec_u256(json_object_get(v, "maxPriorityFeePerGas"));
	tx->is_create = json_is_null(to);
	if (!tx->is_create)
		tx->to = vec_addr(json_string_value(to));
	tx->value = vec_u256(json_object_get(v, "value"));
	tx->data = vec_bytes(v, "input");
	tx->access =
	    access_of(a, &tx->access_cnt, json_object_get(v, "accessList"));
	tx->r = vec_u256(json_object_get(v, "r"));
	tx->s = vec_u256(json_object_get(v, "s"));
	tx->y_parity = vec_u64(json_object_get(v, "v")) & 1;
	if (tx->type == TX_LEGACY)
		tx->y_parity ^= 1;
}

/* The rebuilt bytes must hash to the answer's hash, or the row proves
 * nothing. */
static void
run_pooled(const json_t *want)
{
	uint8_t room[4096];
	struct buf b = buf_of(room, sizeof(room));
	struct addr sender;
	struct arena a;
	struct tx tx;
	struct jsonw w;

	arena_init(&a, 1 << 16);
	pooled_of(&a, &tx, want);
	EXPECT_RC(tx_encode(&b, &tx, true, NULL), RC_OK);
	EXPECT_RC(tx_decode(&a, &tx, bytes_of_buf(&b), NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&tx.hash), vec_bytes(want, "hash"));
	EXPECT_RC(tx_sender(&sender, &tx, NULL), RC_OK);
	jsonw_init(&w, 1 << 20);
	ethjson_tx(&w, &tx, &sender, NULL);
	expect_same(&w, want);
	jsonw_free(&w);
	arena_drop(&a);
}

static void
run_pool(const json_t *content)
{
	const char *who, *nonce;
	json_t *account, *v;

	json_object_foreach(json_object_get(content, "pending"), who, account)
	    json_object_foreach(account, nonce, v) run_pooled(v);
}

TEST(test_ethjson_pooled_transactions_of_public_answer)
{
	if (!load_chain("ethereum/rpc-compat.tar.zst", "tests/chain.rlp"))
		return;
	EXPECT(each_answer("txpool_content", run_pool) == 1);
	arena_drop(&chain.a);
}

/* ---- which members which type has ---- */

static bool
has_key(const json_t *v, const char *key)
{
	return json_object_get(v, key) != NULL;
}

TEST(test_ethjson_members_of_each_type)
{
	static const char *const keys[] = {"accessList", "yParity",
	    "maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas",
	    "blobVersionedHashes", "authorizationList"};
	static const char *const want[] = {
	    "0000000", "1100000", "1111000", "1111110", "1111001"};
	json_t *root = vec_public("ethereum/tx-and-sign-vectors.json"), *row;
	struct addr from = {{0}};
	struct arena a;
	size_t i, k;

	if (root == NULL)
		return;
	arena_init(&a, 1 << 20);
	json_array_foreach(json_object_get(root, "transactions"), i, row)
	{
		const json_t *fields = json_object_get(row, "fields");
		struct jsonw w;
		struct tx tx;
		json_t *v;

		test_row(vec_str(row, "name"));
		EXPECT_RC(
		    tx_decode(&a, &tx, vec_bytes(row, "raw"), NULL), RC_OK);
		jsonw_init(&w, 1 << 20);
		ethjson_tx(&w, &tx, &from, NULL);
		v = written(&w);
		for (k = 0; k < 7; k++)
			EXPECT(
			    has_key(v, keys[k]) == (want[tx.type][k] == '1'));
		EXPECT(has_key(v, "chainId") == has_key(fields, "chainId"));
		EXPECT(json_is_null(json_object_get(v, "blockHash")));
		EXPECT(json_equal(json_object_get(v, "accessList"),
			   json_object_get(fields, "accessList")) ||
		       tx.type == TX_LEGACY);
		if (tx.type == TX_BLOB)
			EXPECT(json_equal(
			    json_object_get(v, "blobVersionedHashes"),
			    json_object_get(fields, "blobVersionedHashes")));
		json_decref(v);
		jsonw_free(&w);
	}
	arena_drop(&a);
	json_decref(root);
}

TEST(test_ethjson_set_code_authorization)
{
	static const char want[] =
	    "[{\"chainId\":\"0xae5\",\"address\":"
	    "\"0x4444444444444444444444444444444444444444\",\"nonce\":\"0x7\","
	    "\"yParity\":\"0x1\",\"r\":\"0xff\",\"s\":\"0x0\"}]";
	struct tx_auth au = {.chain_id = u256_from_u64(0xae5),
	    .nonce = 7,
	    .y_parity = 1,
	    .r = u256_from_u64(255)};
	struct tx tx = {.type = TX_SET_CODE, .auths = &au, .auth_cnt = 1};
	struct addr from = {{0}};
	json_t *v, *list = json_loads(want, 0, NULL);
	struct jsonw w;

	memset(au.addr.b, 0x44, sizeof(au.addr.b));
	jsonw_init(&w, 1 << 16);
	ethjson_tx(&w, &tx, &from, NULL);
	v = written(&w);
	EXPECT(json_equal(json_object_get(v, "authorizationList"), list));
	json_decref(list);
	json_decref(v);
	jsonw_free(&w);
}

TEST(test_ethjson_blob_receipt_and_failed_status)
{
	struct header h = {.number = 9,
	    .time = 10,
	    .field_cnt = HEADER_FIELDS_CANCUN,
	    .base_fee = u256_from_u64(7)};
	struct ethjson_at at = {.header = &h, .index = 2};
	struct hash blobs[2] = {{{1}}, {{2}}};
	struct tx tx = {.type = TX_BLOB, .blob_hashes = blobs, .blob_cnt = 2};
	struct receipt r = {.type = TX_BLOB, .gas_used = 21000};
	struct u256 price = u256_from_u64(5);
	struct addr from = {{0}};
	struct jsonw w;
	json_t *v;

	jsonw_init(&w, 1 << 16);
	ethjson_receipt(&w, &r, &tx, &from, &at, 0, &price);
	v = written(&w);
	EXPECT_STR(vec_str(v, "blobGasUsed"), "0x40000");
	EXPECT_STR(vec_str(v, "blobGasPrice"), "0x5");
	EXPECT_STR(vec_str(v, "status"), "0x0");
	EXPECT_STR(vec_str(v, "transactionIndex"), "0x2");
	EXPECT_STR(vec_str(v, "type"), "0x3");
	EXPECT(!has_key(v, "root"));
	json_decref(v);
	jsonw_reset(&w);
	/* A price below the base fee cannot be mined; it is shown as it is. */
	ethjson_tx(&w, &tx, &from, &at);
	v = written(&w);
	EXPECT_STR(vec_str(v, "gasPrice"), "0x0");
	json_decref(v);
	jsonw_free(&w);
}

/* Every field count, and what newHeads sends: the block without its body. */
TEST(test_ethjson_header_members_follow_the_fork)
{
	static const struct {
		unsigned cnt;
		const char *last, *absent;
	} rows[] = {
	    {15, "nonce", "baseFeePerGas"},
	    {16, "baseFeePerGas", "withdrawalsRoot"},
	    {17, "withdrawalsRoot", "blobGasUsed"},
	    {20, "parentBeaconBlockRoot", "requestsHash"},
	    {21, "requestsHash", "transactions"},
	};
	struct hash hash = {{0xaa}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct header h = {.field_cnt = rows[i].cnt};
		struct jsonw w;
		json_t *v;

		jsonw_init(&w, 1 << 16);
		ethjson_header(&w, &h, &hash, NULL);
		v = written(&w);
		EXPECT_U64(json_object_size(v), rows[i].cnt + 1);
		EXPECT(has_key(v, rows[i].last));
		EXPECT(!has_key(v, rows[i].absent));
		EXPECT_STR(vec_str(v, "nonce"), "0x0000000000000000");
		EXPECT_STR(vec_str(v, "extraData"), "0x");
		json_decref(v);
		jsonw_free(&w);
	}
}

/* What only the sealer and the parent decide is null before the seal. */
TEST(test_ethjson_pending_block_has_no_seal)
{
	static const char *const nulls[] = {
	    "hash", "nonce", "miner", "totalDifficulty"};
	struct header h = {.field_cnt = 16, .number = 5};
	struct block b = {.header = h};
	struct u256 td = u256_from_u64(7);
	struct jsonw w;
	json_t *v;
	size_t i;

	jsonw_init(&w, 1 << 16);
	ethjson_header(&w, &h, NULL, &td);
	v = written(&w);
	EXPECT_U64(json_object_size(v), 16 + 2);
	EXPECT_STR(vec_str(v, "number"), "0x5");
	for (i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		EXPECT(json_is_null(json_object_get(v, nulls[i])));
	json_decref(v);
	jsonw_reset(&w);
	ethjson_block(&w, &b, NULL, NULL, NULL);
	v = written(&w);
	EXPECT(json_is_null(json_object_get(v, "hash")));
	EXPECT(!has_key(v, "totalDifficulty"));
	EXPECT_U64(json_array_size(json_object_get(v, "transactions")), 0);
	EXPECT_U64(vec_u64(json_object_get(v, "size")), block_size(&b));
	json_decref(v);
	jsonw_free(&w);
}

TEST(test_ethjson_header_with_total_difficulty)
{
	struct header h = {.field_cnt = 15};
	struct hash hash = {{1}};
	struct u256 td = u256_from_u64(300);
	struct jsonw w;
	json_t *v;

	jsonw_init(&w, 1 << 16);
	ethjson_header(&w, &h, &hash, &td);
	v = written(&w);
	EXPECT_STR(vec_str(v, "totalDifficulty"), "0x12c");
	json_decref(v);
	jsonw_free(&w);
}

TEST(test_ethjson_block_with_ommer_and_total_difficulty)
{
	struct header ommer = {.field_cnt = 15, .number = 3};
	struct block b = {.ommers = &ommer, .ommer_cnt = 1};
	struct hash hash = {{1}}, ommer_hash = header_hash(&ommer);
	struct u256 td = u256_from_u64(300);
	const json_t *uncles;
	struct jsonw w;
	json_t *v;

	b.header.field_cnt = 15;
	jsonw_init(&w, 1 << 16);
	ethjson_block(&w, &b, &hash, NULL, &td);
	v = written(&w);
	EXPECT_STR(vec_str(v, "totalDifficulty"), "0x12c");
	uncles = json_object_get(v, "uncles");
	EXPECT_U64(json_array_size(uncles), 1);
	EXPECT_BYTES(test_hex(json_string_value(json_array_get(uncles, 0))),
	    hash_bytes(&ommer_hash));
	EXPECT_U64(vec_u64(json_object_get(v, "size")), block_size(&b));
	EXPECT(!has_key(v, "withdrawals"));
	json_decref(v);
	jsonw_free(&w);
}
