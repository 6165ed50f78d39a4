/* SPDX-License-Identifier: Apache-2.0
 *
 * What a JSON-RPC call costs on the reader's, pool's and finishing side, in
 * one thread over a real store: sending transactions alone and in batches of
 * 100, reading, a token's balanceOf through the machine, and what a block of
 * 5,000 transfers makes of lookups. CPU time of this thread; one TSV line per
 * case: name, items, microseconds, microseconds per item.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "benchfile.h"
#include "chain/chain.h"
#include "rpc/rpc.h"
#include "rpc/stream.h"
#include "tree.h"

enum { SEND_CNT = 5000, READ_CNT = 20000, BATCH = 100, TEXT_MAX = 512 };

/* Who sends, with key 1, and the token of which it holds 100. */
#define SENDER "7e5f4552091a69125d5dfcb7b8c2659029395bdf"
#define TOKEN  "0xe1c2000000000000000000000000000000000001"

#define CALL(id, method, params)                                               \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method              \
	"\",\"params\":" params "}"

static struct bench {
	char dir[64];
	struct arena arena;
	struct genesis g;
	struct clock_fake hands;
	struct clock clock;
	struct store *store;
	struct chain *chain;
	struct pool *pool;
	struct evm *vm;
	struct rpc_node node;
	struct addr sender;
	uint64_t nonce; /* of the sender at the head */
	const char *raw[2 * SEND_CNT];
} b;

static double
cpu_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
report(const char *name, size_t cnt, double us)
{
	printf("%s\t%zu\t%.0f\t%.3f\n", name, cnt, us, us / (double)cnt);
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*nonce = b.nonce;
	*balance = u256_from_u64(UINT64_MAX);
	return RC_OK;
}

static void
sign_all(void)
{
	static const uint8_t key[32] = {[31] = 1};
	size_t i;

	for (i = 0; i < 2 * SEND_CNT; i++) {
		struct tx tx = {.has_chain_id = true,
		    .chain_id = 31337,
		    .nonce = i,
		    .gas = 21000,
		    .value = U256_ONE};
		char *text;

		be32_put(tx.to.b, (uint32_t)i + 0x70000000);
		CHECK(tx_sign(&b.arena, &tx, key, NULL) == RC_OK);
		text = arena_alloc(&b.arena, 2 * tx.raw.len + 3);
		b.raw[i] = hex_put0x(text, tx.raw);
		if (i == 0)
			CHECK(tx_sender(&b.sender, &tx, NULL) == RC_OK);
	}
}

/* genesis_text funds the first key, with tokens as well. */
static const char *
genesis_text(void)
{
	struct bytes code =
	    bench_read_hex(&b.arena, "token", "token.runtime.hex");
	char *code_text = arena_alloc(&b.arena, 2 * code.len + 3);
	struct hash place = bench_token_place(&b.sender);
	char place_text[67];

	CHECK(code_text != NULL);
	return arena_str(&b.arena,
	    "{\"config\":{\"chainId\":31337,\"homesteadBlock\":0,"
	    "\"eip150Block\":0,\"eip155Block\":0,\"eip158Block\":0,"
	    "\"byzantiumBlock\":0,\"constantinopleBlock\":0,"
	    "\"petersburgBlock\":0,\"istanbulBlock\":0,\"berlinBlock\":0,"
	    "\"londonBlock\":0,\"sekisho\":{\"fixedBaseFee\":\"0x0\"}},"
	    "\"difficulty\":\"0x1\",\"gasLimit\":\"0xb2d05e00\",\"alloc\":{"
	    "\"0x" SENDER "\":{\"balance\":\"1000000000000000000\"},"
	    "\"" TOKEN "\":{\"balance\":\"0\",\"code\":\"%s\","
	    "\"storage\":{\"%s\":\"0x64\"}}}}",
	    hex_put0x(code_text, code),
	    hex_put0x(place_text, hash_bytes(&place)));
}

static void
open_chain(void)
{
	struct store_conf conf = store_conf_default(b.dir);

	CHECK(genesis_read(
		  &b.arena, &b.g, bytes_of_str(genesis_text()), NULL) == RC_OK);
	CHECK(store_open(&b.store, &conf, NULL) == RC_OK);
	CHECK(chain_open(&b.chain, b.store, &b.g, NULL) == RC_OK);
	chain_set_engine(b.chain, engine_none());
}

static void
open_all(void)
{
	struct pool_conf conf = pool_conf_open(31337);
	struct pool_view view = {.account = read_account};

	(void)snprintf(b.dir, sizeof(b.dir), "/tmp/sekisho-bench.XXXXXX");
	CHECK(mkdtemp(b.dir) != NULL);
	arena_init(&b.arena, 256 << 20);
	sign_all();
	open_chain();
	b.vm = evm_new();
	CHECK(b.vm != NULL);
	conf.per_account_max = 2 * SEND_CNT;
	CHECK(pool_open(&b.pool, &conf, &view, 0, NULL) == RC_OK);
	b.clock = clock_of_fake(&b.hands);
	b.node = (struct rpc_node){
	    .store = b.store,
	    .genesis = &b.g,
	    .clock = &b.clock,
	    .client_version = "bench",
	    .batch_max = {1000, 100},
	};
}

/* ask puts one document through all turns; the answer must be a result. */
static void
ask(struct bytes text)
{
	struct rpc_doc *d = rpc_begin(&b.node, b.vm, RPC_GATEWAY, text);
	struct bytes answer;
	bool needs_sync;

	CHECK(d != NULL);
	if (rpc_needs_pool(d))
		CHECK(rpc_run_pool(d, b.pool, 0, &needs_sync, NULL) == RC_OK);
	answer = rpc_finish(d);
	CHECK(memmem(answer.ptr, answer.len, "\"error\"", 7) == NULL);
	rpc_free(d);
}

#define BALANCE_OF                                                             \
	CALL("1", "eth_call",                                                  \
	    "[{\"to\":\"" TOKEN "\",\"data\":\"0x70a08231"                     \
	    "000000000000000000000000" SENDER "\"},\"latest\"]")

/* balance_of is the last 64 bits of what the token answers. */
static uint64_t
balance_of(void)
{
	struct rpc_doc *d =
	    rpc_begin(&b.node, b.vm, RPC_GATEWAY, bytes_of_str(BALANCE_OF));
	struct bytes answer = rpc_finish(d);
	const char *at = memmem(answer.ptr, answer.len, "\"0x", 3);
	char digits[65];

	CHECK(at != NULL);
	memcpy(digits, at + 3, 64);
	digits[64] = '\0';
	rpc_free(d);
	return strtoull(digits, NULL, 16);
}

static size_t
send_text(char *out, size_t cap, size_t i)
{
	return (size_t)snprintf(out, cap,
	    CALL("%zu", "eth_sendRawTransaction", "[\"%s\"]"), i, b.raw[i]);
}

static void
send_single(void)
{
	char text[TEXT_MAX];
	double from = cpu_us();
	size_t i;

	for (i = 0; i < SEND_CNT; i++)
		ask(bytes_of(text, send_text(text, sizeof(text), i)));
	report("rpc_send_single", SEND_CNT, cpu_us() - from);
}

static void
send_batches(void)
{
	static char text[BATCH * TEXT_MAX];
	double us = 0, from;
	size_t i, k, len;

	for (i = SEND_CNT; i < 2 * SEND_CNT; i += BATCH) {
		len = (size_t)snprintf(text, sizeof(text), "[");
		for (k = 0; k < BATCH; k++) {
			len += send_text(text + len, sizeof(text) - len, i + k);
			text[len++] = k + 1 < BATCH ? ',' : ']';
		}
		from = cpu_us();
		ask(bytes_of(text, len));
		us += cpu_us() - from;
	}
	report("rpc_send_batch100", SEND_CNT, us);
}

/* scan cuts the batches' text again, as the socket's side does. */
static void
scan(void)
{
	static char text[BATCH * TEXT_MAX];
	struct rpc_stream s = {0};
	struct bytes in, doc;
	double from;
	size_t i, len = 0;

	for (i = 0; i < BATCH; i++)
		len += send_text(text + len, sizeof(text) - len, i);
	from = cpu_us();
	for (i = 0; i < 100; i++) {
		in = bytes_of(text, len);
		while (rpc_stream_take(&s, &doc, &in, NULL) == RC_OK)
			;
	}
	report("rpc_scan", 100 * BATCH, cpu_us() - from);
}

/* mine makes one block of the first half of what was sent. */
static void
mine(void)
{
	const struct store_head *head = chain_head(b.chain);
	struct u256 zero = U256_ZERO;
	struct header tmpl = {.parent = head->hash,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .number = 1,
	    .time = 1,
	    .gas_limit = head->header->gas_limit,
	    .field_cnt = HEADER_FIELDS_LONDON,
	    .difficulty = U256_ONE};
	struct chain_candidate *c;
	struct chain_change change;
	struct header built;
	struct pool_tx **txs;
	size_t i, cnt;

	CHECK(pool_pick(b.pool, &b.arena, &txs, &cnt,
		  (uint64_t)SEND_CNT * 21000, &zero, NULL) == RC_OK);
	c = arena_array(&b.arena, cnt, sizeof(*c));
	for (i = 0; i < cnt; i++)
		c[i] = (struct chain_candidate){
		    .tx = &txs[i]->tx, .sender = txs[i]->sender};
	CHECK(chain_build(b.chain, &built, &tmpl, c, cnt, NULL, NULL, NULL,
		  NULL) == RC_OK);
	CHECK(chain_commit(b.chain, &change, &built, NULL) == RC_OK);
	for (i = 0; i < cnt; i++)
		pool_tx_put(txs[i]);
	b.nonce = cnt;
}

static void
read_many(const char *name, const char *text, size_t cnt)
{
	double from = cpu_us();
	size_t i;

	for (i = 0; i < cnt; i++)
		ask(bytes_of_str(text));
	report(name, cnt, cpu_us() - from);
}

/* read_hash asks about the last transaction of the block. */
static void
read_hash(const char *name, const char *method, size_t cnt)
{
	char text[TEXT_MAX], hex[67];
	struct pool_tx *t;
	struct arena a;
	struct bytes raw;

	arena_init(&a, 1 << 16);
	CHECK(hex_read(&a, &raw, bytes_of_str(b.raw[SEND_CNT - 1]), NULL) ==
	      RC_OK);
	CHECK(pool_tx_decode(&t, raw, NULL) == RC_OK);
	(void)snprintf(text, sizeof(text), CALL("1", "%s", "[\"%s\"]"), method,
	    hex_put0x(hex, hash_bytes(&t->tx.hash)));
	pool_tx_put(t);
	arena_drop(&a);
	read_many(name, text, cnt);
}

int
main(void)
{
	log_open("bench_rpc", LOG_LV_ERROR);
	open_all();
	send_single();
	send_batches();
	scan();
	mine();
	read_many("rpc_chain_id", CALL("1", "eth_chainId", "[]"), READ_CNT);
	read_many(
	    "rpc_block_number", CALL("1", "eth_blockNumber", "[]"), READ_CNT);
	read_many("rpc_balance",
	    CALL("1", "eth_getBalance", "[\"0x" SENDER "\",\"latest\"]"),
	    READ_CNT);
	CHECK(balance_of() == 100);
	read_many("rpc_call_balance_of", BALANCE_OF, READ_CNT);
	read_many("rpc_gas_price", CALL("1", "eth_gasPrice", "[]"), 1000);
	read_many("rpc_block_hashes",
	    CALL("1", "eth_getBlockByNumber", "[\"0x1\",false]"), 20);
	read_many("rpc_block_full",
	    CALL("1", "eth_getBlockByNumber", "[\"0x1\",true]"), 20);
	read_hash("rpc_tx_of_5000", "eth_getTransactionByHash", 2000);
	read_hash("rpc_receipt_of_5000", "eth_getTransactionReceipt", 2000);
	evm_free(b.vm);
	pool_close(b.pool);
	chain_close(b.chain);
	store_close(b.store);
	arena_drop(&b.arena);
	return tree_remove(b.dir);
}
