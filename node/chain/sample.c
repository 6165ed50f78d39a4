/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises checked while a node works: one head in CHAIN_SAMPLE_ONE_IN goes
 * through invariant.def beside what was appended, and its state root is
 * computed again from the parent's trie. Nothing is executed and no sender
 * recovered again: that is what debug builds and audits do to every block.
 * Which heads belong to the sample is in their hashes, so that all nodes of
 * a chain look at the same ones.
 */
#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "chain/chain_priv.h"
#include "eth/receipt.h"

/* A look-up through the trie costs as much as several transactions. */
enum { SAMPLE_LOOKUP_MAX = 256, HASH_TEXT_MAX = 2 * 32 + 3 };

static bool
is_chosen(const struct chain *c, const struct store_block *b)
{
	return c->sample_one_in > 0 && b->header.number > 0 &&
	       be64(b->hash.b) % c->sample_one_in == 0;
}

/* The diff is shared with readers, and hashing writes storage roots into it:
 * that happens to a copy. */
static enum rc
check_root(const struct chain *c, struct arena *a, const struct store_block *b,
    struct err *e)
{
	char got[HASH_TEXT_MAX], want[HASH_TEXT_MAX];
	struct chain_link link = {
	    .view = c->view, .number = b->header.number - 1};
	struct state_diff diff = b->diff;
	struct bytes copy =
	    bytes_of(diff.accounts, diff.account_cnt * sizeof(*diff.accounts));
	struct state_tries tries = chain_tries(&link);
	struct state_nodes nodes;
	struct header parent;
	struct hash root;

	if (link.number < store_view_oldest(c->view))
		return RC_OK;
	if (diff.account_cnt > 0) {
		diff.accounts =
		    arena_array(a, diff.account_cnt, sizeof(*diff.accounts));
		if (diff.accounts == NULL)
			return FAIL(e, RC_NO_MEMORY, "no memory for a check");
		memcpy(diff.accounts, copy.ptr, copy.len);
	}
	TRY(store_header(c->view, &parent, &b->header.parent, e));
	TRY(state_root(a, &root, &nodes, &diff, &parent.state_root, &tries, e));
	if (hash_eq(&root, &b->header.state_root))
		return RC_OK;
	return FAIL(e, RC_CORRUPT,
	    "state_root: block %llu: the trie gives %s, the header says %s",
	    (unsigned long long)b->header.number,
	    hex_put0x(got, hash_bytes(&root)),
	    hex_put0x(want, hash_bytes(&b->header.state_root)));
}

static enum rc
check(const struct chain *c, struct arena *a, const struct store_block *b,
    struct err *e)
{
	struct bytes raw = b->raw;
	struct receipt *receipts;
	struct block block;
	size_t cnt;
	struct chain_facts f = {.scratch = a,
	    .view = c->view,
	    .genesis = c->genesis,
	    .block = &block,
	    .hash = b->hash,
	    .senders = b->senders,
	    .burnt = b->burnt,
	    .diff = &b->diff,
	    .lookup_max = SAMPLE_LOOKUP_MAX};

	TRY(block_take_frontier(a, &block, &raw, e));
	TRY(receipts_unpack(a, &receipts, &cnt, b->receipts, e));
	if (block.tx_cnt != b->tx_cnt || cnt != b->tx_cnt)
		return FAIL(e, RC_CORRUPT,
		    "%zu transactions, %zu in the block, %zu receipts",
		    b->tx_cnt, block.tx_cnt, cnt);
	f.receipts = receipts;
	TRY(chain_check_all(&f, e));
	return check_root(c, a, b, e);
}

enum rc
chain_sample(const struct chain *c, const struct store_block *b, struct err *e)
{
	struct err why = {0};
	struct arena a;
	enum rc rc;

	if (!is_chosen(c, b))
		return RC_OK;
	arena_init(&a, c->block_bytes_max);
	rc = check(c, &a, b, &why);
	arena_drop(&a);
	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_IO)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	/* Says nothing about the block. */
	if (rc == RC_NO_MEMORY) {
		log_warn("chain", "head not checked block=%llu: %s",
		    (unsigned long long)b->header.number, why.text);
		return RC_OK;
	}
	return FAIL(e, RC_CORRUPT, "invariant %s", err_message(&why, rc));
}
