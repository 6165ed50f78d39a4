/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains that others made: recorded Clique chains with their real seals. The
 * public block suite is run by the library for that (node/suite).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "consensus/pow.h"
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

/* Fifty blocks by three sealers: checkpoints, votes, contracts. */
TEST(test_vectors_clique_of_go_ethereum)
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
	EXPECT_RC(feed(&n, dir, &e), RC_OK);
	EXPECT_U64(chain_head(n.chain)->number, 49);
	snprintf(path, sizeof(path), "%s/expected.json", dir);
	doc = json_load_file(path, 0, NULL);
	want = json_object_get(doc, "hashes");
	EXPECT_U64(json_array_size(want), 50);
	for (i = 0; i < 50; i++) {
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

/* Fifty-five blocks by other programs: proof of work, the change to proof of
 * stake by total difficulty, then every fork to the newest with system
 * contracts, blobs and requests. */
TEST(test_vectors_public_chain_of_all_forks_is_imported)
{
	const char *base = test_unpack("ethereum/rpc-compat.tar.zst");
	struct chain_change change;
	struct bytes file, block;
	struct err e = {0};
	struct guest n = {0};
	char path[256];

	if (base == NULL) {
		test_skip("ethereum/rpc-compat.tar.zst cannot be unpacked");
		return;
	}
	arena_init(&n.arena, 64 << 20);
	snprintf(path, sizeof(path), "%s/tests/genesis.json", base);
	EXPECT_RC(genesis_read(&n.arena, &n.g, test_read(path), NULL), RC_OK);
	guest_open(&n);
	EXPECT_RC(pow_new(&n.engine, &n.g.forks, NULL), RC_OK);
	chain_set_engine(n.chain, n.engine);
	chain_set_sample(n.chain, 1);
	snprintf(path, sizeof(path), "%s/tests/chain.rlp", base);
	file = test_read(path);
	while (file.len > 0) {
		enum rc rc;

		EXPECT_RC(rlp_take_raw(&block, &file, NULL), RC_OK);
		rc = chain_import(n.chain, &change, block, 4000000000, &e);
		if (rc != RC_OK && rc != RC_BLK_KNOWN)
			test_fail(__FILE__, __LINE__, "block %llu: %s",
			    (unsigned long long)chain_head(n.chain)->number + 1,
			    err_message(&e, rc));
	}
	EXPECT_U64(chain_head(n.chain)->number, 54);
	guest_close(&n);
}
