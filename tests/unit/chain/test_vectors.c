/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains that others made: recorded Clique chains with their real seals, and
 * the public block suite as far as it needs no machine and no ommers.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "eth/rlp.h"
#include "yard.h"

/* A node for one foreign chain. */
struct guest {
	struct arena arena;
	struct genesis g;
	struct store_conf conf;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	char dir[96];
};

static void
guest_open(struct guest *n)
{
	static unsigned serial;

	snprintf(
	    n->dir, sizeof(n->dir), "%s/guest.%u", test_tmpdir(), ++serial);
	n->conf = store_conf_default(n->dir);
	n->conf.map_bytes = 64 << 20;
	if (mkdir(n->dir, 0700) != 0 ||
	    store_open(&n->store, &n->conf, NULL) != RC_OK ||
	    chain_open(&n->chain, n->store, &n->g, NULL) != RC_OK)
		abort();
	n->engine = engine_none();
	chain_set_engine(n->chain, n->engine);
}

static void
guest_close(struct guest *n)
{
	if (n->engine != NULL)
		engine_free(n->engine);
	chain_close(n->chain);
	store_close(n->store);
	arena_drop(&n->arena);
}

/* Clique chains. ----------------------------------------------------------- */

static void
clique_open(struct guest *n, const char *dir, uint64_t period, uint64_t epoch)
{
	struct clique_conf conf = {
	    .period_s = period, .epoch = epoch, .forks = &n->g.forks};
	struct engine_chain link;
	char path[256];

	*n = (struct guest){0};
	arena_init(&n->arena, 64 << 20);
	snprintf(path, sizeof(path), "%s/genesis.json", dir);
	if (genesis_read(&n->arena, &n->g, test_read(path), NULL) != RC_OK)
		abort();
	n->g.engine = GENESIS_CLIQUE;
	guest_open(n);
	link = chain_engine_link(n->chain);
	EXPECT_RC(clique_new(&n->engine, &conf, &link, NULL), RC_OK);
	chain_set_engine(n->chain, n->engine);
}

/* feed imports the blocks of a file until one is refused. */
static enum rc
feed(struct guest *n, const char *dir, struct err *e)
{
	struct chain_change change;
	struct bytes file, block;
	char path[256];
	enum rc rc = RC_OK;

	snprintf(path, sizeof(path), "%s/blocks.rlp", dir);
	file = test_read(path);
	while (rc == RC_OK && file.len > 0) {
		EXPECT_RC(rlp_take_raw(&block, &file, NULL), RC_OK);
		rc = chain_import(n->chain, &change, block, 4000000000, e);
		if (rc == RC_BLK_KNOWN)
			rc = RC_OK; /* genesis */
	}
	return rc;
}

/* Sixteen blocks by three sealers, checkpoints included, until the first that
 * creates a contract. */
TEST(test_vectors_clique_of_go_ethereum_up_to_its_first_contract)
{
	const char *base = test_unpack("ethereum/captures.tar.zst");
	char dir[200], path[256];
	const json_t *want;
	struct err e = {0};
	struct guest n;
	struct hash hash;
	json_t *doc;
	uint64_t i;

	if (base == NULL) {
		test_skip("ethereum/captures.tar.zst cannot be unpacked");
		return;
	}
	snprintf(dir, sizeof(dir), "%s/clique-geth", base);
	clique_open(&n, dir, 1, 25);
	EXPECT_RC(feed(&n, dir, &e), RC_EVM_NONE);
	EXPECT_STR(e.text, "transaction 1: EVM not available: contract "
			   "creation");
	EXPECT_U64(chain_head(n.chain)->number, 16);
	snprintf(path, sizeof(path), "%s/expected.json", dir);
	doc = json_load_file(path, 0, NULL);
	want = json_object_get(doc, "hashes");
	for (i = 0; i <= 16; i++) {
		EXPECT_RC(
		    store_hash_of(chain_view(n.chain), &hash, i, NULL), RC_OK);
		EXPECT_BYTES(hash_bytes(&hash),
		    test_hex(json_string_value(json_array_get(want, i))));
	}
	json_decref(doc);
	guest_close(&n);
}

TEST(test_vectors_clique_of_besu_with_a_transaction)
{
	const char *base = test_unpack("ethereum/chains.tar.zst");
	struct err e = {0};
	struct guest n;
	char dir[200];

	if (base == NULL) {
		test_skip("ethereum/chains.tar.zst cannot be unpacked");
		return;
	}
	snprintf(dir, sizeof(dir), "%s/clique", base);
	clique_open(&n, dir, 10, 30000);
	EXPECT_RC(feed(&n, dir, &e), RC_OK);
	EXPECT_U64(chain_head(n.chain)->number, 2);
	EXPECT_RC(chain_check_head(n.chain, NULL), RC_OK);
	guest_close(&n);
}

/* The public block suite. ----------------------------------------------------
 */

static const char *
text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

static struct addr
addr_from(const char *s)
{
	struct bytes b = test_hex(s);
	struct addr a = {{0}};

	memcpy(a.b + sizeof(a.b) - b.len, b.ptr, b.len);
	return a;
}

static struct u256
number(const char *s)
{
	struct u256 v = U256_ZERO;

	if (strcmp(s, "0x") != 0 && s[0] != '\0')
		u256_from_hex(&v, bytes_of_str(s), NULL);
	return v;
}

static int
by_addr(const void *a, const void *b)
{
	const struct genesis_account *x = a, *y = b;

	return memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));
}

static void
read_slots(struct guest *n, struct genesis_account *acc, const json_t *storage)
{
	struct genesis_slot *slots =
	    arena_array(&n->arena, json_object_size(storage), sizeof(*slots));
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)storage, k, v)
	{
		struct u256 key = number(k);

		u256_to_be(slots[acc->slot_cnt].key.b, &key);
		slots[acc->slot_cnt++].value = number(json_string_value(v));
	}
	acc->slots = slots;
}

static void
read_alloc(struct guest *n, const json_t *pre)
{
	struct genesis_account *acc =
	    arena_array(&n->arena, json_object_size(pre), sizeof(*acc));
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)pre, k, v)
	{
		struct genesis_account *out = &acc[n->g.account_cnt++];

		out->addr = addr_from(k);
		out->balance = number(text(v, "balance"));
		out->nonce = number(text(v, "nonce")).w[0];
		out->code = test_hex(text(v, "code"));
		read_slots(n, out, json_object_get(v, "storage"));
	}
	if (n->g.account_cnt > 0)
		qsort(acc, n->g.account_cnt, sizeof(*acc), by_addr);
	n->g.accounts = acc;
}

/* Forks by their names in the suite. */
static const struct {
	const char *name;
	enum fork f;
} networks[] = {{"Frontier", FORK_FRONTIER}, {"Homestead", FORK_HOMESTEAD},
    {"EIP150", FORK_TANGERINE}, {"EIP158", FORK_SPURIOUS},
    {"Byzantium", FORK_BYZANTIUM}, {"Constantinople", FORK_CONSTANTINOPLE},
    {"ConstantinopleFix", FORK_PETERSBURG}, {"Istanbul", FORK_ISTANBUL},
    {"Berlin", FORK_BERLIN}, {"London", FORK_LONDON}, {"Paris", FORK_PARIS},
    {"Shanghai", FORK_SHANGHAI}};

/* read_forks gives why the network cannot be run yet, or NULL. */
static const char *
read_forks(struct fork_plan *p, const char *network)
{
	size_t i, k;

	*p = fork_plan_none();
	p->chain_id = 1;
	for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		if (strcmp(networks[i].name, network) != 0)
			continue;
		for (k = 0; k <= (size_t)networks[i].f; k++)
			p->at[k] = k == FORK_DAO ? FORK_NEVER : 0;
		return NULL;
	}
	return strstr(network, "At") != NULL
		   ? "a fork in the middle of the chain"
		   : "Cancun and later need the machine";
}

static struct hash
hash_from(const char *s)
{
	struct hash h;

	CHECK(test_hex(s).len == sizeof(h.b));
	memcpy(h.b, test_hex(s).ptr, sizeof(h.b));
	return h;
}

/* Frontier's genesis, of the files that give it in words only. */
static void
read_genesis(struct header *h, const json_t *words)
{
	struct bytes bloom = test_hex(text(words, "bloom"));
	struct bytes nonce = test_hex(text(words, "nonce"));
	struct hash hash;

	CHECK(bloom.len == sizeof(h->bloom) && nonce.len == sizeof(h->nonce));
	*h = (struct header){
	    .parent = hash_from(text(words, "parentHash")),
	    .ommers_hash = hash_from(text(words, "uncleHash")),
	    .coinbase = addr_from(text(words, "coinbase")),
	    .state_root = hash_from(text(words, "stateRoot")),
	    .tx_root = hash_from(text(words, "transactionsTrie")),
	    .receipts_root = hash_from(text(words, "receiptTrie")),
	    .difficulty = number(text(words, "difficulty")),
	    .gas_limit = number(text(words, "gasLimit")).w[0],
	    .time = number(text(words, "timestamp")).w[0],
	    .extra = test_hex(text(words, "extraData")),
	    .mix = hash_from(text(words, "mixHash")),
	    .field_cnt = 15,
	};
	memcpy(&h->bloom, bloom.ptr, bloom.len);
	memcpy(h->nonce, nonce.ptr, nonce.len);
	hash = header_hash(h);
	EXPECT_BYTES(hash_bytes(&hash), test_hex(text(words, "hash")));
}

/* suite_open gives why the case cannot be run yet, or NULL. */
static const char *
suite_open(struct guest *n, const json_t *test)
{
	struct bytes raw = test_hex(text(test, "genesisRLP"));
	const char *why;
	struct block b;

	*n = (struct guest){0};
	if (!strcmp(text(test, "sealEngine"), "Ethash"))
		return "proof of work";
	why = read_forks(&n->g.forks, text(test, "network"));
	if (why != NULL)
		return why;
	arena_init(&n->arena, 64 << 20);
	if (raw.len == 0)
		read_genesis(
		    &n->g.header, json_object_get(test, "genesisBlockHeader"));
	else if (block_decode(&n->arena, &b, raw, NULL) == RC_OK)
		n->g.header = b.header;
	else
		test_fail(__FILE__, __LINE__, "the genesis is no block");
	read_alloc(n, json_object_get(test, "pre"));
	guest_open(n); /* the root is that of the header, or it ends here */
	return NULL;
}

/* A block that must be refused says so, or has nothing but its bytes. */
static bool
is_bad(const json_t *block)
{
	const char *k;
	json_t *v;

	if (json_object_size(block) == 1)
		return true;

	json_object_foreach((json_t *)(uintptr_t)block, k,
	    v) if (strncmp(k, "expectException", 15) == 0) return true;
	return false;
}

/* suite_feed imports all blocks; gives why the case is for later, or NULL. */
static const char *
suite_feed(struct guest *n, const json_t *blocks)
{
	struct chain_change change;
	size_t i;

	for (i = 0; i < json_array_size(blocks); i++) {
		const json_t *block = json_array_get(blocks, i);
		struct err e = {0};
		enum rc rc = chain_import(n->chain, &change,
		    test_hex(text(block, "rlp")), 4000000000, &e);

		if (rc == RC_EVM_NONE || rc == RC_UNSUPPORTED)
			return "needs the machine";
		/* The engine without seals lets it pass. */
		if (is_bad(block) && rc == RC_OK)
			return "only proof of work or the merge forbids it";
		if (!is_bad(block) && rc != RC_OK)
			test_fail(__FILE__, __LINE__, "block %zu: %s", i,
			    err_message(&e, rc));
	}
	return NULL;
}

static bool
suite_case(const char *name, const json_t *test)
{
	const char *why;
	struct guest n;

	test_row(name);
	why = suite_open(&n, test);
	if (why == NULL) {
		why = suite_feed(&n, json_object_get(test, "blocks"));
		if (why == NULL)
			EXPECT_BYTES(hash_bytes(&chain_head(n.chain)->hash),
			    test_hex(text(test, "lastblockhash")));
		guest_close(&n);
	}
	if (why != NULL)
		test_left_out(why);
	test_row(NULL);
	return why == NULL;
}

/* Folders that hold chains of transfers. */
static bool
is_wanted(const char *path)
{
	static const char *const folders[] = {"/bcForgedTest/",
	    "/bcValidBlockTest/", "/bcBlockGasLimitTest/", "/bcGasPricerTest/",
	    "/bcMultiChainTest/", "/bcTotalDifficultyTest/", "/bcEIP1559/",
	    "/bc4895-withdrawals/", "/eip4895_withdrawals/",
	    "/eip2930_access_list/", "/validation/"};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strstr(path, folders[i]) != NULL)
			return true;
	return test_whole();
}

static void
run_block_suite(const char *archive, size_t least)
{
	const char *dir = test_unpack(archive), *name;
	const char *const *files;
	size_t i, cnt, cases = 0;
	json_t *doc, *test;

	if (dir == NULL) {
		test_skip("the archive cannot be unpacked");
		return;
	}
	files = test_files(&cnt, dir, ".json");
	for (i = 0; i < cnt; i++) {
		if (!is_wanted(files[i]))
			continue;
		doc = json_load_file(files[i], 0, NULL);
		json_object_foreach(doc, name, test) cases +=
		    suite_case(name, test);
		json_decref(doc);
	}
	test_count(cases);
	EXPECT(cases >= least);
}

TEST(test_vectors_public_block_suite_chains_of_transfers)
{
	run_block_suite("ethereum/legacy-blockchain.tar.zst", 100);
}

TEST(test_vectors_current_block_suite_chains_of_transfers)
{
	run_block_suite("ethereum/eest-blockchain.tar.zst", 1);
}
