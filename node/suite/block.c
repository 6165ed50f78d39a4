/* SPDX-License-Identifier: Apache-2.0
 *
 * Block tests: a genesis, then blocks, each to be taken or refused, and in
 * the end one head. Every chain is imported into a store of its own by the
 * code that a node runs; the root of the state is in the head's hash.
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "chain/chain.h"
#include "consensus/pow.h"
#include "eth/rlp.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"
#include "trie/listroot.h"

/* The clock: no block of a test is in the future. */
#define NOW_S (UINT64_MAX >> 2)

/* One chain on its way. */
struct block_case {
	const struct suite *s;
	const json_t *test;
	struct suite_verdict v;
	struct arena arena;
	struct genesis g;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	char dir[256];
};

/* Genesis. ---------------------------------------------------------- */

/* struct member is a field of a header written as JSON, beside what RLP has.
 */
static enum rc
read_header(struct block_case *c, const json_t *v, struct err *e)
{
	struct header *h = &c->g.header;

	*h = (struct header){.field_cnt = HEADER_FIELDS_FRONTIER};
	TRY(suite_hash(&h->parent, suite_text(v, "parentHash"), e));
	TRY(suite_hash(&h->ommers_hash, suite_text(v, "uncleHash"), e));
	TRY(suite_addr(&h->coinbase, suite_text(v, "coinbase"), e));
	TRY(suite_hash(&h->state_root, suite_text(v, "stateRoot"), e));
	TRY(suite_hash(&h->tx_root, suite_text(v, "transactionsTrie"), e));
	TRY(suite_hash(&h->receipts_root, suite_text(v, "receiptTrie"), e));
	TRY(suite_fixed(
	    h->bloom.b, sizeof(h->bloom.b), suite_text(v, "bloom"), e));
	TRY(suite_u256(&h->difficulty, suite_get(v, "difficulty"), e));
	TRY(suite_u64(&h->number, suite_get(v, "number"), e));
	TRY(suite_u64(&h->gas_limit, suite_get(v, "gasLimit"), e));
	TRY(suite_u64(&h->gas_used, suite_get(v, "gasUsed"), e));
	TRY(suite_u64(&h->time, suite_get(v, "timestamp"), e));
	TRY(suite_data(&c->arena, &h->extra, suite_text(v, "extraData"), e));
	TRY(suite_hash(&h->mix, suite_text(v, "mixHash"), e));
	return suite_fixed(
	    h->nonce, sizeof(h->nonce), suite_text(v, "nonce"), e);
}

/* Old tests have no bytes of the genesis block, but all of its header. */
static enum rc
read_genesis(struct block_case *c, struct err *e)
{
	const json_t *header;
	struct bytes raw;
	struct block b;

	if (suite_get(c->test, "genesisRLP") == NULL) {
		TRY(suite_need(&header, c->test, "genesisBlockHeader", e));
		return suite_within(
		    e, read_header(c, header, e), "genesisBlockHeader");
	}
	TRY(suite_data(&c->arena, &raw, suite_text(c->test, "genesisRLP"), e));
	TRY(suite_within(e, block_decode(&c->arena, &b, raw, e), "genesisRLP"));
	c->g.header = b.header;
	return RC_OK;
}

static enum rc
read_test(struct block_case *c, struct err *e)
{
	struct genesis_account *accounts;

	TRY(suite_plan(&c->g.forks, &c->g.ttd, c->v.fork, e));
	TRY(suite_config(&c->g.forks, c->test, e));
	TRY(read_genesis(c, e));
	TRY(suite_accounts(&c->arena, &accounts, &c->g.account_cnt,
	    suite_get(c->test, "pre"), e));
	c->g.accounts = accounts;
	return RC_OK;
}

/* The store. -------------------------------------------------------- */

static enum rc
make_dir(struct block_case *c, struct err *e)
{
	snprintf(c->dir, sizeof(c->dir), "%s/blocktest.XXXXXX", c->s->tmp_dir);
	if (mkdtemp(c->dir) != NULL)
		return RC_OK;
	return FAIL(e, RC_IO, "%.200s: cannot make a folder", c->dir);
}

/* remove_dir removes a store with all that is in it. */
static void
remove_dir(char *dir)
{
	char *const roots[] = {dir, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *f;

	if (tree == NULL)
		return;
	while ((f = fts_read(tree)) != NULL)
		if (f->fts_info != FTS_D)
			remove(f->fts_path);
	fts_close(tree);
}

static enum rc
open_chain(struct block_case *c, struct err *e)
{
	struct store_conf conf = store_conf_default(c->dir);

	conf.map_bytes = 16 << 20;
	conf.history = 0;
	TRY(store_open(&c->store, &conf, e));
	TRY(chain_open(&c->chain, c->store, &c->g, e));
	TRY(pow_new(&c->engine, &c->g.forks, e));
	chain_set_engine(c->chain, c->engine);
	chain_set_sample(c->chain, 1); /* invariant.def holds for each head */
	return RC_OK;
}

static void
close_chain(struct block_case *c)
{
	engine_free(c->engine);
	chain_close(c->chain);
	if (c->store != NULL)
		store_close(c->store);
}

/* Blocks. ----------------------------------------------------------- */

/* expected returns the exception that a block must be refused with, one for
 * all rules or for those of the case; "" for a block of nothing but bytes,
 * NULL for a block to be taken. */
static const char *
expected(const json_t *block, const char *fork)
{
	static const char mark[] = "expectException";
	const size_t len = sizeof(mark) - 1;
	const char *key, *found = NULL;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)block, key,
	    v) if (!strncmp(key, mark, len) &&
		   (found == NULL || !strcmp(key + len, fork))) found =
	    suite_text(block, key);
	return found == NULL && json_object_size(block) == 1 ? "" : found;
}

/* needs_work tells whether a case turns on a proof of work being wrong. */
static bool
needs_work(const json_t *test)
{
	const json_t *blocks = suite_get(test, "blocks");
	size_t i;

	if (strcmp(suite_text(test, "sealEngine"), "Ethash") != 0)
		return false;
	for (i = 0; i < json_array_size(blocks); i++)
		if (!strcmp(suite_text(json_array_get(blocks, i),
				"expectExceptionALL"),
			"InvalidBlockNonce"))
			return true;
	return false;
}

static bool
is_broken(enum rc rc)
{
	return rc == RC_IO || rc == RC_CORRUPT || rc == RC_INTERNAL ||
	       rc == RC_NO_MEMORY;
}

/* judge_aside makes a node take a block that it keeps aside: only then is it
 * executed, and refused for what execution finds. What is no fault of it
 * leaves it the head, which is wrong anyway where it must be refused. */
static enum rc
judge_aside(struct block_case *c, struct bytes raw, struct err *e)
{
	struct chain_change change;
	struct header h;
	struct bytes items;
	struct hash hash;

	TRY(rlp_take_list(&items, &raw, e));
	TRY(header_take(&h, &items, e));
	hash = header_hash(&h);
	return chain_adopt(c->chain, &change, &hash, e);
}

static enum rc
offer(struct block_case *c, struct bytes raw, bool must_refuse, struct err *e)
{
	struct chain_change change;
	enum rc rc = chain_import(c->chain, &change, raw, NOW_S, e);

	if (must_refuse && rc == RC_OK && change.added_cnt == 0)
		rc = judge_aside(c, raw, e);
	return rc == RC_BLK_KNOWN ? RC_OK : rc;
}

/* mend writes block number at anew with the root of the transactions that it
 * has. Tests of a transaction that no block may hold have a header that was
 * made without it, which hides what is to be found. The mix, which nobody
 * looks at before execution, keeps two blocks with one body apart. */
static enum rc
mend(struct block_case *c, struct bytes *raw, size_t at, struct err *e)
{
	struct bytes in = *raw, *items;
	struct block b;
	size_t i;

	TRY(block_take_frontier(&c->arena, &b, &in, e));
	items = arena_array(&c->arena, b.tx_cnt, sizeof(*items));
	if (items == NULL && b.tx_cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for transactions");
	for (i = 0; i < b.tx_cnt; i++)
		items[i] = b.txs[i].raw;
	memcpy(b.header.mix.b, &at, sizeof(at));
	TRY(trie_list_root(&c->arena, &b.header.tx_root, items, b.tx_cnt, e));
	return block_encode(&c->arena, raw, &b, e);
}

/* give imports one block and says what is wrong with the outcome, if
 * anything is; else why is NULL. */
static enum rc
give(struct block_case *c, size_t i, const json_t *block, struct err *e)
{
	const char *want = expected(block, c->v.fork);
	struct err refusal = {0};
	struct bytes raw;
	enum rc rc;

	TRY(suite_data(&c->arena, &raw, suite_text(block, "rlp"), e));
	rc = offer(c, raw, want != NULL, &refusal);
	if (want != NULL && rc == RC_BLK_TX_ROOT &&
	    !suite_is_reason(want, rc, &refusal)) {
		TRY(mend(c, &raw, i, e));
		rc = offer(c, raw, true, &refusal);
	}
	if (is_broken(rc))
		return FAIL(e, rc, "%s", err_message(&refusal, rc));
	suite_judge(&c->arena, &c->v, want, rc, &refusal);
	if (c->v.why != NULL)
		c->v.why =
		    arena_str(&c->arena, "block %zu was %s", i, c->v.why);
	return RC_OK;
}

static enum rc
feed(struct block_case *c, struct err *e)
{
	const json_t *blocks;
	struct hash want;
	size_t i;

	TRY(suite_need(&blocks, c->test, "blocks", e));
	TRY(suite_hash(&want, suite_text(c->test, "lastblockhash"), e));
	for (i = 0; c->v.why == NULL && i < json_array_size(blocks); i++)
		TRY(suite_within(e, give(c, i, json_array_get(blocks, i), e),
		    "blocks: %zu", i));
	c->v.root = chain_head(c->chain)->hash;
	if (c->v.why == NULL && !hash_eq(&want, &c->v.root))
		c->v.why = "another head";
	return RC_OK;
}

static enum rc
run_chain(struct block_case *c, struct err *e)
{
	enum rc rc;

	TRY(read_test(c, e));
	TRY(make_dir(c, e));
	rc = open_chain(c, e);
	if (rc == RC_OK)
		rc = feed(c, e);
	close_chain(c);
	remove_dir(c->dir);
	return rc;
}

static enum rc
run_case(struct block_case *c, struct err *e)
{
	if (c->s->before != NULL)
		c->s->before(c->s->ctx, &c->v);
	if (needs_work(c->test))
		c->v.skipped = "proof of work is not checked";
	else
		TRY(run_chain(c, e));
	c->v.is_pass = c->v.skipped == NULL && c->v.why == NULL;
	c->s->say(c->s->ctx, &c->v);
	return RC_OK;
}

static enum rc
run_test(void *ctx, const char *name, const json_t *test, struct err *e)
{
	const struct suite *s = ctx;
	struct block_case c = {.s = s,
	    .test = test,
	    .v = {.name = name, .fork = suite_text(test, "network")}};
	enum rc rc;

	if (s->fork != NULL && strcasecmp(s->fork, c.v.fork) != 0)
		return RC_OK;
	arena_init(&c.arena, SUITE_ARENA_MAX);
	rc = run_case(&c, e);
	arena_drop(&c.arena);
	return rc;
}

enum rc
suite_block(const struct suite *s, struct bytes doc, struct err *e)
{
	struct suite copy = *s;

	return suite_each(doc, run_test, &copy, e);
}
