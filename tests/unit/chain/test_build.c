/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of our own: which candidates get in and what is said of the others,
 * commit and its refusals, staging across a crash.
 */
#include "eth/receipt.h"
#include "trie/listroot.h"
#include "yard.h"

enum { REFUSED_MAX = 16 };

/* What the refuse callback heard, and when to stop. */
struct watch {
	struct hash hash[REFUSED_MAX];
	enum rc rc[REFUSED_MAX];
	size_t cnt;
	size_t asked, stop_after; /* the deadline */
};

static void
note_refusal(void *ctx, const struct tx *tx, enum rc rc, const char *why)
{
	struct watch *w = ctx;

	EXPECT(why != NULL && why[0] != '\0');
	if (w->cnt == REFUSED_MAX)
		return;
	w->hash[w->cnt] = tx->hash;
	w->rc[w->cnt++] = rc;
}

static bool
is_late(void *ctx)
{
	struct watch *w = ctx;

	return ++w->asked > w->stop_after;
}

static enum rc
build(struct yard *y, struct header *out, struct watch *w)
{
	struct header tmpl = yard_template(y, 1);
	size_t cnt = y->tx_cnt;

	y->tx_cnt = 0;
	return chain_build(
	    y->chain, out, &tmpl, y->txs, cnt, is_late, note_refusal, w, &y->e);
}

static struct block
commit(struct yard *y, const struct header *h)
{
	EXPECT_RC(chain_commit(y->chain, &y->change, h, &y->e), RC_OK);
	return yard_decode(y, yard_raw(y, yard_head(y)));
}

TEST(test_build_refused_candidate_holds_back_its_sender_only)
{
	struct watch w = {.stop_after = 100};
	const struct tx *bad;
	struct header h;
	struct block b;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_tx(&y, 0, yard_target(1), 1);
	bad = yard_tx(&y, 1, yard_target(1), YARD_FUNDS); /* and gas */
	yard_tx(&y, 1, yard_target(1), 1);                /* cannot follow */
	yard_tx(&y, 0, yard_target(1), 2);
	yard_tx(&y, 2, yard_target(1), 4);
	EXPECT_RC(build(&y, &h, &w), RC_OK);
	EXPECT_U64(w.cnt, 1);
	EXPECT_RC(w.rc[0], RC_TX_FUNDS);
	EXPECT(hash_eq(&w.hash[0], &bad->hash));
	b = commit(&y, &h);
	EXPECT_U64(b.tx_cnt, 3);
	EXPECT_U64(yard_balance(&y, yard_target(1)), 7);
	EXPECT_U64(yard_balance(&y, yard_addr(1)), YARD_FUNDS);
	yard_close(&y);
}

TEST(test_build_nonce_gap_is_refused_and_code_runs)
{
	struct watch w = {.stop_after = 100};
	struct addr precompile = {{0}};
	struct header h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	precompile.b[19] = 2;
	y.nonce[0] = 3;
	yard_tx(&y, 0, yard_target(1), 1);
	yard_tx(&y, 1, precompile, 1);
	EXPECT_RC(build(&y, &h, &w), RC_OK);
	EXPECT_U64(w.cnt, 1);
	EXPECT_RC(w.rc[0], RC_TX_NONCE_HIGH);
	EXPECT_U64(h.gas_used, 21000); /* all it had: the call failed */
	yard_close(&y);
}

/* A full block leaves candidates for the next one without a word; one that
 * fits no block is named. */
TEST(test_build_full_block_leaves_the_rest)
{
	struct watch w = {.stop_after = 1000};
	struct header h, tmpl;
	struct tx huge = {.type = TX_DYNAMIC_FEE,
	    .has_chain_id = true,
	    .chain_id = 1337,
	    .gas = 63001,
	    .max_fee = u256_from_u64(2000000000),
	    .to = yard_target(1)};
	struct block b;
	struct yard y;
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	for (i = 0; i < 5; i++)
		yard_tx(&y, i, yard_target(1), 1);
	y.txs[5].tx = yard_sign(&y, &huge, 5);
	y.txs[5].sender = yard_addr(5);
	/* A larger step than an engine would take: only the sum counts. */
	tmpl = yard_template(&y, 1);
	tmpl.gas_limit = 63000;
	/* The huge one first: the block is not full yet. */
	y.txs[6] = y.txs[0];
	y.txs[0] = y.txs[5];
	EXPECT_RC(chain_build(y.chain, &h, &tmpl, y.txs, 5, is_late,
		      note_refusal, &w, &y.e),
	    RC_OK);
	EXPECT_U64(h.gas_used, 63000);
	EXPECT_U64(w.cnt, 1);
	EXPECT_RC(w.rc[0], RC_TX_GAS_LIMIT);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_BLK_GAS_LIMIT);
	EXPECT_U64(yard_head(&y), 0);
	y.tx_cnt = 0;
	yard_tx(&y, 6, yard_target(1), 1);
	EXPECT_RC(build(&y, &h, &w), RC_OK);
	b = commit(&y, &h);
	EXPECT_U64(b.tx_cnt, 1);
	yard_close(&y);
}

/* Something larger than what is left is left out; something smaller of
 * another sender still goes in. */
TEST(test_build_candidate_that_does_not_fit_is_passed_over)
{
	struct watch w = {.stop_after = 1000};
	struct tx big = {.type = TX_DYNAMIC_FEE,
	    .has_chain_id = true,
	    .chain_id = 1337,
	    .gas = 50000,
	    .max_fee = u256_from_u64(2000000000),
	    .to = yard_target(1)};
	struct header h, tmpl;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_tx(&y, 0, yard_target(1), 1);
	y.txs[1].tx = yard_sign(&y, &big, 1);
	y.txs[1].sender = yard_addr(1);
	y.tx_cnt = 2;
	y.nonce[1] = 1;
	yard_tx(&y, 1, yard_target(1), 1);
	yard_tx(&y, 2, yard_target(1), 1);
	tmpl = yard_template(&y, 1);
	tmpl.gas_limit = 60000;
	EXPECT_RC(chain_build(y.chain, &h, &tmpl, y.txs, 4, is_late,
		      note_refusal, &w, &y.e),
	    RC_OK);
	EXPECT_U64(h.gas_used, 42000);
	EXPECT_U64(w.cnt, 0);
	yard_close(&y);
}

/* EIP-7934's bound, with room for the rest: 66 transactions of 128,000 bytes
 * are more than 8 MiB. */
TEST(test_build_block_stays_below_its_largest_size)
{
	enum { LARGE = 66, DATA = 128000 };
	struct header h, tmpl;
	struct yard y;
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	for (i = 0; i < LARGE; i++) {
		struct tx tx = {.type = TX_DYNAMIC_FEE,
		    .has_chain_id = true,
		    .chain_id = 1337,
		    .nonce = i / YARD_KEYS,
		    .gas = 21000 + 4 * DATA,
		    .max_fee = u256_from_u64(2000000000),
		    .to = yard_target(1),
		    .data = bytes_of(arena_alloc(&y.arena, DATA), DATA)};

		y.txs[i].tx = yard_sign(&y, &tx, i % YARD_KEYS);
		y.txs[i].sender = yard_addr(i % YARD_KEYS);
	}
	tmpl = yard_template(&y, 1);
	tmpl.gas_limit = 100000000;
	EXPECT_RC(chain_build(
		      y.chain, &h, &tmpl, y.txs, LARGE, NULL, NULL, NULL, &y.e),
	    RC_OK);
	EXPECT_U64(h.gas_used, 65 * (21000 + 4 * DATA));
	yard_close(&y);
}

/* Shanghai's header and body have one list more, empty here. */
TEST(test_build_under_shanghai_carries_an_empty_list)
{
	struct yard a, b;
	struct bytes raw;
	struct block block;

	yard_open(&a, "a", FORK_SHANGHAI);
	yard_open(&b, "b", FORK_SHANGHAI);
	yard_tx(&a, 0, yard_target(1), 5);
	raw = yard_block(&a, 1);
	block = yard_decode(&a, raw);
	EXPECT(block.has_withdrawals);
	EXPECT_U64(block.withdrawal_cnt, 0);
	EXPECT(hash_eq(&block.header.withdrawals_root, &HASH_EMPTY_TRIE));
	EXPECT_RC(yard_give(&b, raw), RC_OK);
	EXPECT_U64(yard_balance(&b, yard_target(1)), 5);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_build_deadline_stops_the_start_of_transactions)
{
	struct watch w = {.stop_after = 2};
	struct header h;
	struct yard y;
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	for (i = 0; i < 5; i++)
		yard_tx(&y, i, yard_target(1), 1);
	EXPECT_RC(build(&y, &h, &w), RC_OK);
	EXPECT_U64(h.gas_used, 42000);
	EXPECT_U64(w.cnt, 0);
	yard_close(&y);
}

TEST(test_build_template_of_another_head_is_refused)
{
	struct header h, tmpl;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	tmpl = yard_template(&y, 1);
	yard_block(&y, 1);
	EXPECT_RC(
	    chain_build(y.chain, &h, &tmpl, NULL, 0, NULL, NULL, NULL, &y.e),
	    RC_NOT_FOUND);
	tmpl = yard_template(&y, 1);
	tmpl.number++;
	EXPECT_RC(
	    chain_build(y.chain, &h, &tmpl, NULL, 0, NULL, NULL, NULL, &y.e),
	    RC_NOT_FOUND);
	yard_close(&y);
}

/* Committing. ------------------------------------------------------------- */

TEST(test_commit_without_build_is_refused)
{
	struct header h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	h = yard_template(&y, 1);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_NOT_FOUND);
	EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_OK);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_NOT_FOUND);
	yard_close(&y);
}

TEST(test_commit_of_a_changed_header_is_refused)
{
	struct header h, changed;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_tx(&y, 0, yard_target(1), 1);
	EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
	changed = h;
	changed.gas_used++;
	EXPECT_RC(
	    chain_commit(y.chain, &y.change, &changed, &y.e), RC_NOT_FOUND);
	changed = h;
	changed.time++;
	EXPECT_RC(
	    chain_commit(y.chain, &y.change, &changed, &y.e), RC_NOT_FOUND);
	EXPECT_U64(yard_head(&y), 0);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_OK);
	yard_close(&y);
}

TEST(test_commit_with_a_wrong_seal_is_refused)
{
	struct header h;
	struct yard y;
	uint8_t *extra;

	yard_open_clique(&y, "a", 1); /* in turn at block 1 */
	EXPECT_RC(yard_build(&y, &h, 0), RC_OK);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_BAD_SIGNATURE);
	yard_seal(&y, &h);
	extra = arena_alloc(&y.arena, h.extra.len);
	memcpy(extra, h.extra.ptr, h.extra.len);
	extra[40] ^= 1;
	h.extra.ptr = extra;
	EXPECT(chain_commit(y.chain, &y.change, &h, &y.e) != RC_OK);
	EXPECT_U64(yard_head(&y), 0);
	extra[40] ^= 1;
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_OK);
	EXPECT_U64(yard_head(&y), 1);
	yard_close(&y);
}

/* Under Clique the fees go to the sealer, not to the header's beneficiary. */
TEST(test_commit_under_clique_pays_the_sealer)
{
	struct yard y;

	yard_open_clique(&y, "a", 1);
	yard_tx(&y, 5, yard_target(1), 1);
	yard_block(&y, 0);
	EXPECT_U64(yard_balance(&y, yard_addr(1)), YARD_FUNDS + 21000 * 100);
	EXPECT_U64(yard_balance(&y, (struct addr){{0}}), 0);
	yard_close(&y);
}

TEST(test_commit_fills_store_and_change)
{
	const struct store_view *v;
	const struct tx *first, *second;
	struct receipt *receipts;
	uint64_t number, index;
	struct bytes packed, senders;
	struct addr two[2];
	struct hash hash;
	struct yard y;
	size_t cnt;

	yard_open(&y, "a", FORK_LONDON);
	first = yard_tx(&y, 3, yard_target(1), 5);
	second = yard_tx(&y, 2, yard_target(2), 6);
	yard_block(&y, 1);
	EXPECT_U64(y.change.added_cnt, 1);
	EXPECT_U64(y.change.rewind_to, 0);
	EXPECT_U64(y.change.removed_cnt, 0);
	EXPECT_U64(y.change.touched_cnt, 2);
	two[0] = yard_addr(2); /* ascending */
	two[1] = yard_addr(3);
	EXPECT(!memcmp(y.change.touched, two, sizeof(two)));
	v = chain_view(y.chain);
	hash = yard_hash(&y, 1);
	EXPECT_RC(store_tx_at(v, &number, &index, &second->hash, NULL), RC_OK);
	EXPECT_U64(number, 1);
	EXPECT_U64(index, 1);
	EXPECT_RC(store_senders(v, &senders, &hash, NULL), RC_OK);
	two[0] = yard_addr(3);
	two[1] = yard_addr(2);
	EXPECT_BYTES(senders, bytes_of(two, sizeof(two)));
	EXPECT_RC(store_receipts(v, &packed, &hash, NULL), RC_OK);
	EXPECT_RC(
	    receipts_unpack(&y.arena, &receipts, &cnt, packed, NULL), RC_OK);
	EXPECT_U64(cnt, 2);
	EXPECT_U64(receipts[1].cumulative_gas, 42000);
	EXPECT_U64(receipts[1].gas_used, 21000);
	EXPECT(receipts[0].is_success);
	EXPECT(hash_eq(&y.change.added[0]->tx_hashes[0], &first->hash));
	yard_close(&y);
}

/* Transactions of every type that needs no code are equal to the trie. */
TEST(test_commit_with_all_types_has_the_lists_roots)
{
	struct tx_access access = {.addr = yard_target(9)};
	struct tx legacy = {.gas = 21000,
	    .max_fee = u256_from_u64(2000000000),
	    .max_tip = u256_from_u64(2000000000),
	    .to = yard_target(1)};
	struct tx old = legacy, list = legacy;
	struct bytes items[4];
	struct hash root;
	struct block b;
	struct yard y;
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	legacy.has_chain_id = true; /* EIP-155 */
	legacy.chain_id = 1337;
	list.type = TX_ACCESS_LIST;
	list.has_chain_id = true;
	list.chain_id = 1337;
	list.gas = 23400;
	list.access = &access;
	list.access_cnt = 1;
	y.txs[0].tx = yard_sign(&y, &legacy, 0);
	y.txs[1].tx = yard_sign(&y, &old, 1);
	y.txs[2].tx = yard_sign(&y, &list, 2);
	for (i = 0; i < 3; i++)
		y.txs[i].sender = yard_addr(i);
	y.tx_cnt = 3;
	yard_tx(&y, 3, yard_target(1), 1);
	b = yard_decode(&y, yard_block(&y, 1));
	EXPECT_U64(b.tx_cnt, 4);
	EXPECT_U64(b.header.gas_used, 3 * 21000 + 23400);
	for (i = 0; i < 4; i++)
		items[i] = b.txs[i].raw;
	EXPECT_RC(trie_list_root(&y.arena, &root, items, 4, NULL), RC_OK);
	EXPECT(hash_eq(&root, &b.header.tx_root));
	EXPECT_RC(chain_check_head(y.chain, NULL), RC_OK);
	yard_close(&y);
}

/* Receipts before Byzantium carry the state root after each transaction:
 * that of the first is the root of a block which holds it alone. */
TEST(test_commit_before_byzantium_receipts_carry_roots)
{
	struct receipt *receipts;
	struct bytes packed;
	struct header one, two;
	struct hash hash;
	struct yard y;
	size_t cnt;

	yard_open(&y, "a", FORK_SPURIOUS);
	y.g.engine = GENESIS_CLIQUE; /* no block reward behind the last one */
	yard_tx(&y, 0, yard_target(1), 5);
	EXPECT_RC(yard_build(&y, &one, 1), RC_OK);
	y.nonce[0] = 0;
	yard_tx(&y, 0, yard_target(1), 5);
	yard_tx(&y, 1, yard_target(1), 6);
	EXPECT_RC(yard_build(&y, &two, 1), RC_OK);
	EXPECT_RC(chain_commit(y.chain, &y.change, &two, &y.e), RC_OK);
	hash = yard_hash(&y, 1);
	EXPECT_RC(
	    store_receipts(chain_view(y.chain), &packed, &hash, NULL), RC_OK);
	EXPECT_RC(
	    receipts_unpack(&y.arena, &receipts, &cnt, packed, NULL), RC_OK);
	EXPECT_U64(cnt, 2);
	EXPECT(receipts[0].has_root && receipts[1].has_root);
	EXPECT(hash_eq(&receipts[0].root, &one.state_root));
	EXPECT(hash_eq(&receipts[1].root, &two.state_root));
	yard_close(&y);
}

/* Without an engine in the genesis blocks bear the rewards of proof of work.
 */
TEST(test_commit_without_engine_pays_rewards)
{
	struct header h, tmpl;
	struct yard y;

	yard_open(&y, "a", FORK_BYZANTIUM);
	tmpl = yard_template(&y, 1);
	tmpl.coinbase = yard_target(4);
	EXPECT_RC(
	    chain_build(y.chain, &h, &tmpl, NULL, 0, NULL, NULL, NULL, NULL),
	    RC_OK);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_OK);
	EXPECT_U64(yard_balance(&y, yard_target(4)), 3000000000000000000ULL);
	yard_close(&y);
}

/* Staging. ----------------------------------------------------------------- */

TEST(test_stage_without_build_is_refused)
{
	struct engine_chain link;
	struct header h;
	struct yard y;

	yard_open_clique(&y, "a", 1);
	link = chain_engine_link(y.chain);
	EXPECT_RC(link.stage(link.ctx, NULL), RC_NOT_FOUND);
	EXPECT_RC(link.staged(link.ctx, &h, NULL), RC_NOT_FOUND);
	yard_close(&y);
}

/* Signed, not committed, killed: the same bytes come back. */
TEST(test_staged_block_after_a_crash_is_the_same)
{
	struct engine_chain link;
	struct header before, after;
	struct hash a, b;
	struct yard y;

	yard_open_clique(&y, "a", 1);
	yard_tx(&y, 5, yard_target(1), 9);
	yard_tx(&y, 6, yard_target(2), 9);
	EXPECT_RC(yard_build(&y, &before, 0), RC_OK);
	link = chain_engine_link(y.chain);
	EXPECT_RC(link.stage(link.ctx, NULL), RC_OK);
	a = header_hash(&before);
	yard_stop(&y);
	EXPECT_RC(yard_start(&y), RC_OK);
	EXPECT_U64(yard_head(&y), 0);
	link = chain_engine_link(y.chain);
	EXPECT_RC(link.staged(link.ctx, &after, &y.e), RC_OK);
	b = header_hash(&after);
	EXPECT(hash_eq(&a, &b));
	yard_seal(&y, &after);
	EXPECT_RC(chain_commit(y.chain, &y.change, &after, &y.e), RC_OK);
	EXPECT_U64(yard_balance(&y, yard_target(2)), 9);
	/* Its parent is the head no longer. */
	EXPECT_RC(link.staged(link.ctx, &after, NULL), RC_NOT_FOUND);
	yard_close(&y);
}

TEST(test_stage_of_a_second_block_replaces_the_first)
{
	struct engine_chain link;
	struct hash first, second, staged;
	struct header h;
	struct yard y;

	yard_open_clique(&y, "a", 1);
	link = chain_engine_link(y.chain);
	EXPECT_RC(yard_build(&y, &h, 0), RC_OK);
	first = header_hash(&h);
	EXPECT_RC(link.stage(link.ctx, NULL), RC_OK);
	yard_tx(&y, 5, yard_target(1), 9);
	EXPECT_RC(yard_build(&y, &h, 0), RC_OK);
	second = header_hash(&h);
	EXPECT_RC(link.stage(link.ctx, NULL), RC_OK);
	EXPECT_RC(link.staged(link.ctx, &h, NULL), RC_OK);
	staged = header_hash(&h);
	EXPECT(hash_eq(&staged, &second));
	EXPECT(!hash_eq(&staged, &first));
	yard_close(&y);
}
