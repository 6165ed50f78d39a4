/* SPDX-License-Identifier: Apache-2.0
 *
 * The public question and answer files of execution-apis, as far as no code
 * has to run for them: the chain's blocks are stored as they are, without
 * state, and what they and their transactions look like is compared member
 * by member. Texts of errors are not compared, as the suite demands.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rig.h"

enum { BLOCK_BYTES_MAX = 64 << 20 };

/* Files whose answers need neither execution nor its receipts. */
static const char *const files[] = {
    "eth_blockNumber/simple-test.io",
    "eth_chainId/get-chain-id.io",
    "eth_syncing/check-syncing.io",
    "eth_getBalance/get-balance-unknown-account.io",
    "eth_getStorageAt/get-storage-invalid-key-too-large.io",
    "eth_getBlockByHash/get-block-by-hash.io",
    "eth_getBlockByHash/get-block-by-empty-hash.io",
    "eth_getBlockByHash/get-block-by-notfound-hash.io",
    "eth_getBlockByNumber/get-block-merge-fork.io",
    "eth_getBlockByNumber/get-block-notfound.io",
    "eth_getBlockByNumber/get-block-shanghai-fork.io",
    "eth_getBlockByNumber/get-finalized.io",
    "eth_getBlockByNumber/get-genesis.io",
    "eth_getBlockReceipts/get-block-receipts-earliest.io",
    "eth_getBlockReceipts/get-block-receipts-empty.io",
    "eth_getBlockReceipts/get-block-receipts-future.io",
    "eth_getBlockTransactionCountByNumber/get-block-n.io",
    "eth_getBlockTransactionCountByNumber/get-genesis.io",
    "eth_getTransactionByHash/get-access-list.io",
    "eth_getTransactionByHash/get-dynamic-fee.io",
    "eth_getTransactionByHash/get-empty-tx.io",
    "eth_getTransactionByHash/get-legacy-tx.io",
    "eth_getTransactionReceipt/get-notfound-tx.io",
};

struct chain_of_file {
	struct arena arena;
	struct genesis g;
	struct store *store;
	struct pool *pool;
	struct evm *vm;
	struct clock_fake hands;
	struct clock clock;
	_Atomic(uint64_t) final_depth;
	struct rpc_node node;
};

static void
must(enum rc rc, const char *what)
{
	if (rc == RC_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err_name(rc));
	abort();
}

static enum rc
no_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*nonce = 0;
	*balance = U256_ZERO;
	return RC_OK;
}

/* fill_txs sets hashes, senders and empty receipts of a block. */
static void
fill_txs(struct store_block *b, const struct block *block)
{
	size_t i, n = block->tx_cnt;
	struct hash *hashes = arena_array(&b->arena, n + 1, sizeof(*hashes));
	struct addr *senders = arena_array(&b->arena, n + 1, sizeof(*senders));
	struct receipt *r = arena_array(&b->arena, n + 1, sizeof(*r));

	for (i = 0; i < n; i++) {
		hashes[i] = block->txs[i].hash;
		must(tx_sender(&senders[i], &block->txs[i], NULL), "sender");
	}
	b->tx_hashes = hashes;
	b->senders = senders;
	b->tx_cnt = n;
	must(receipts_pack(&b->arena, &b->receipts, r, n, NULL), "receipts");
}

/* append_next stores the block at the front of in. */
static void
append_next(struct chain_of_file *c, struct bytes *in)
{
	struct store_block *b = store_block_new(BLOCK_BYTES_MAX);
	struct bytes from = *in, raw;
	struct block block;

	must(block_take_frontier(&c->arena, &block, in, NULL), "block");
	raw = arena_copy(&b->arena, bytes_of(from.ptr, from.len - in->len));
	from = raw;
	must(block_take_frontier(&b->arena, &block, &from, NULL), "block");
	b->raw = raw;
	b->header = block.header;
	b->hash = header_hash(&b->header);
	fill_txs(b, &block);
	must(store_append(c->store, &b, 1, block.header.number - 1, NULL),
	    "append");
}

static void
open_store(struct chain_of_file *c, const char *dir)
{
	struct store_conf conf = store_conf_default(test_tmpdir());
	struct store_block *genesis;
	struct bytes in;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/tests/genesis.json", dir);
	must(genesis_read(&c->arena, &c->g, test_read(path), NULL),
	    "genesis.json");
	conf.map_bytes = 64 << 20;
	must(store_open(&c->store, &conf, NULL), "store");
	must(chain_genesis_block(&genesis, &c->g, NULL), "genesis block");
	must(store_append(c->store, &genesis, 1, 0, NULL), "genesis");
	(void)snprintf(path, sizeof(path), "%s/tests/chain.rlp", dir);
	in = test_read(path);
	while (in.len > 0)
		append_next(c, &in);
}

static void
open_chain(struct chain_of_file *c, const char *dir)
{
	struct pool_view view = {.account = no_account};
	struct pool_conf conf;

	*c = (struct chain_of_file){.pool = NULL};
	arena_init(&c->arena, 256 << 20);
	open_store(c, dir);
	conf = pool_conf_open(c->g.forks.chain_id);
	must(pool_open(&c->pool, &conf, &view, 0, NULL), "pool");
	c->vm = evm_new();
	if (c->vm == NULL)
		abort();
	c->clock = clock_of_fake(&c->hands);
	c->node = (struct rpc_node){
	    .store = c->store,
	    .genesis = &c->g,
	    .clock = &c->clock,
	    .client_version = "test",
	    .batch_max = {1000, 100},
	    .final_depth = &c->final_depth,
	};
}

/* answer parses the answer to a question; the text of an error is dropped. */
static json_t *
parse(struct bytes text)
{
	json_t *v = json_loadb(
	    (const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);

	if (v != NULL && json_object_get(v, "error") != NULL)
		json_object_del(json_object_get(v, "error"), "message");
	return v;
}

static void
compare(struct chain_of_file *c, struct bytes question, struct bytes want)
{
	struct rpc_doc *d = rpc_begin(&c->node, c->vm, RPC_LOCAL, question);
	json_t *got, *expected = parse(want);
	bool needs_sync;
	char *text;

	if (rpc_needs_pool(d))
		must(rpc_run_pool(d, c->pool, 0, &needs_sync, NULL), "pool");
	got = parse(rpc_finish(d));
	EXPECT(expected != NULL && got != NULL);
	if (expected != NULL && got != NULL && !json_equal(got, expected)) {
		text = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS);
		test_fail(__FILE__, __LINE__, "got  %.3000s", text);
		free(text);
		text = json_dumps(expected, JSON_COMPACT | JSON_SORT_KEYS);
		test_fail(__FILE__, __LINE__, "want %.3000s", text);
		free(text);
	}
	json_decref(got);
	json_decref(expected);
	rpc_free(d);
}

/* take_line cuts one line off the front of in. */
static struct bytes
take_line(struct bytes *in)
{
	const uint8_t *end = memchr(in->ptr, '\n', in->len);
	size_t len = end == NULL ? in->len : (size_t)(end - in->ptr);
	struct bytes line = bytes_of(in->ptr, len);

	in->ptr += end == NULL ? len : len + 1;
	in->len -= end == NULL ? len : len + 1;
	return line;
}

static size_t
run_file(struct chain_of_file *c, const char *path)
{
	struct bytes in = test_read(path), line, question = {NULL, 0};
	size_t cnt = 0;

	while (in.len > 0) {
		line = take_line(&in);
		if (line.len < 3)
			continue;
		if (memcmp(line.ptr, ">> ", 3) == 0)
			question = bytes_of(line.ptr + 3, line.len - 3);
		if (memcmp(line.ptr, "<< ", 3) == 0) {
			compare(
			    c, question, bytes_of(line.ptr + 3, line.len - 3));
			cnt++;
		}
	}
	return cnt;
}

TEST(test_rpc_public_answers_about_blocks_match)
{
	const char *dir = test_unpack("ethereum/rpc-compat.tar.zst");
	struct chain_of_file c;
	char path[256];
	size_t i, cnt, total = 0;

	if (dir == NULL) {
		test_skip("ethereum/rpc-compat.tar.zst, zstd or tar missing");
		return;
	}
	open_chain(&c, dir);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		test_row(files[i]);
		(void)snprintf(
		    path, sizeof(path), "%s/tests/%s", dir, files[i]);
		cnt = run_file(&c, path);
		EXPECT(cnt > 0);
		total += cnt;
	}
	test_row(NULL);
	test_count(total);
	evm_free(c.vm);
	pool_close(c.pool);
	store_close(c.store);
	arena_drop(&c.arena);
}
