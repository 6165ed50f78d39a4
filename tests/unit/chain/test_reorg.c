/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches: kept aside, chosen, undone, all or nothing, across crashes.
 */
#include "chain/chain_priv.h"
#include "crypto/rng.h"
#include "eth/basefee.h"
#include "yard.h"

/* Two nodes with one common block and then branches of their own. */
struct fork_pair {
	struct yard a, b;
	struct bytes of_b[16]; /* b's blocks behind the common one */
	size_t cnt;
};

static void
open_fork(struct fork_pair *p, size_t a_len, size_t b_len)
{
	size_t i;

	yard_open(&p->a, "a", FORK_LONDON);
	yard_open(&p->b, "b", FORK_LONDON);
	yard_tx(&p->a, 0, yard_target(1), 1);
	EXPECT_RC(yard_give(&p->b, yard_block(&p->a, 10)), RC_OK);
	p->b.nonce[0] = 1;
	for (i = 0; i < a_len; i++) {
		yard_tx(&p->a, 1, yard_target(2), 100 + i);
		yard_tx(&p->a, 0, yard_target(3), 1);
		yard_block(&p->a, 10);
	}
	for (i = 0; i < b_len; i++) {
		yard_tx(&p->b, 2, yard_target(4), 1000 + i);
		yard_tx(&p->b, 0, yard_target(2), 3);
		p->of_b[i] = yard_block(&p->b, 10);
	}
	p->cnt = b_len;
}

static void
close_fork(struct fork_pair *p)
{
	yard_close(&p->a);
	yard_close(&p->b);
}

static void
expect_same(struct yard *a, struct yard *b)
{
	size_t i;

	EXPECT(
	    hash_eq(&chain_head(a->chain)->hash, &chain_head(b->chain)->hash));
	for (i = 0; i < YARD_KEYS; i++)
		EXPECT_U64(yard_balance(a, yard_addr(i)),
		    yard_balance(b, yard_addr(i)));
	for (i = 0; i < 8; i++)
		EXPECT_U64(yard_balance(a, yard_target((uint8_t)i)),
		    yard_balance(b, yard_target((uint8_t)i)));
	EXPECT_RC(chain_check_head(a->chain, &a->e), RC_OK);
}

TEST(test_reorg_shorter_branch_is_kept_aside)
{
	struct fork_pair p;
	struct hash head;
	struct bytes raw;

	open_fork(&p, 2, 2);
	head = chain_head(p.a.chain)->hash;
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	EXPECT_U64(p.a.change.added_cnt, 0);
	EXPECT_RC(yard_give(&p.a, p.of_b[1]), RC_OK); /* a tie stays */
	EXPECT_U64(p.a.change.added_cnt, 0);
	EXPECT(hash_eq(&chain_head(p.a.chain)->hash, &head));
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_BLK_KNOWN);
	head = yard_hash(&p.b, 3);
	EXPECT_RC(store_raw(chain_view(p.a.chain), &raw, &head, NULL), RC_OK);
	EXPECT_BYTES(raw, p.of_b[1]);
	close_fork(&p);
}

/* put_logger lists a creation whose code logs nothing at all, once. */
static struct hash
put_logger(struct yard *y, size_t from)
{
	static const uint8_t code[] = {0x60, 0x00, 0x60, 0x00, 0xa0};
	struct tx tx = {.type = TX_DYNAMIC_FEE,
	    .has_chain_id = true,
	    .chain_id = y->g.forks.chain_id,
	    .nonce = y->nonce[from]++,
	    .gas = 100000,
	    .max_fee = u256_from_u64(2000000000),
	    .max_tip = u256_from_u64(100),
	    .is_create = true,
	    .data = bytes_of(code, sizeof(code))};

	y->txs[y->tx_cnt].tx = yard_sign(y, &tx, from);
	y->txs[y->tx_cnt].sender = yard_addr(from);
	return y->txs[y->tx_cnt++].tx->hash;
}

TEST(test_reorg_undone_logs_are_kept_for_who_listens)
{
	const struct chain_undone *u;
	struct yard a, b;
	struct hash logger;
	struct receipt r;
	struct bytes items, of_b[2];
	struct arena arena;
	size_t i;

	arena_init(&arena, 1 << 20);
	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	yard_tx(&a, 0, yard_target(1), 1);
	logger = put_logger(&a, 1);
	yard_block(&a, 10);
	for (i = 0; i < 2; i++)
		of_b[i] = yard_block(&b, 10);
	EXPECT_RC(yard_give(&a, of_b[0]), RC_OK);
	EXPECT_RC(yard_give(&a, of_b[1]), RC_OK);
	EXPECT_U64(a.change.removed_cnt, 1);
	u = &a.change.undone[0];
	EXPECT_U64(u->tx_cnt, 2);
	for (i = 0; i < 2 && !hash_eq(&u->tx_hashes[i], &logger); i++)
		continue;
	EXPECT(i < 2);
	EXPECT_RC(receipts_open(&items, u->receipts, NULL), RC_OK);
	for (; i < 2; i--) /* this far into the receipts */
		EXPECT_RC(receipts_next(&arena, &r, &items, NULL), RC_OK);
	EXPECT_U64(r.log_cnt, 1);
	yard_close(&a);
	yard_close(&b);
	arena_drop(&arena);
}

TEST(test_reorg_heavier_branch_becomes_the_chain)
{
	struct addr senders[3];
	struct hash old[2];
	struct fork_pair p;
	struct bytes raw;
	size_t i;

	open_fork(&p, 2, 3);
	old[0] = yard_hash(&p.a, 3);
	old[1] = yard_hash(&p.a, 2);
	for (i = 0; i < 2; i++)
		EXPECT_RC(yard_give(&p.a, p.of_b[i]), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[2]), RC_OK);
	EXPECT_U64(p.a.change.added_cnt, 3);
	EXPECT_U64(p.a.change.rewind_to, 1);
	EXPECT_U64(p.a.change.removed_cnt, 2);
	EXPECT(hash_eq(&p.a.change.removed[0], &old[0]));
	EXPECT(hash_eq(&p.a.change.removed[1], &old[1]));
	EXPECT_U64(p.a.change.added[0]->header.number, 2);
	EXPECT_U64(p.a.change.added[2]->header.number, 4);
	/* Senders of both branches and recipients of the undone one. */
	for (i = 0; i < 3; i++)
		senders[i] = yard_addr(i);
	EXPECT_U64(p.a.change.touched_cnt, 5);
	for (i = 0; i < 3; i++) {
		size_t k, seen = 0;

		for (k = 0; k < p.a.change.touched_cnt; k++)
			seen += addr_eq(&p.a.change.touched[k], &senders[i]);
		EXPECT_U64(seen, 1);
	}
	expect_same(&p.a, &p.b);
	/* Who sent what was undone: keys 1 and 0, in each block. */
	for (i = 0; i < 2; i++) {
		EXPECT(addr_eq(&p.a.change.removed_senders[i][0], &senders[1]));
		EXPECT(addr_eq(&p.a.change.removed_senders[i][1], &senders[0]));
	}
	/* And what the blocks were, which had no logs. */
	for (i = 0; i < 2; i++) {
		const struct chain_undone *u = &p.a.change.undone[i];
		struct hash h = header_hash(u->header);

		EXPECT(hash_eq(&h, &old[i]));
		EXPECT_U64(u->tx_cnt, 2);
		EXPECT(!hash_is_zero(&u->tx_hashes[1]));
		EXPECT_U64(u->receipts.len, 0);
	}
	/* Undone blocks stay readable by hash, their transactions do not count
	 * as mined. */
	EXPECT_RC(store_raw(chain_view(p.a.chain), &raw, &old[0], NULL), RC_OK);
	EXPECT(!store_is_canonical(chain_view(p.a.chain), &old[0]));
	close_fork(&p);
}

TEST(test_reorg_one_heavy_block_undoes_two)
{
	struct fork_pair p;

	open_fork(&p, 2, 0);
	yard_tx(&p.b, 2, yard_target(4), 1000);
	EXPECT_RC(yard_give(&p.a, yard_block(&p.b, 25)), RC_OK);
	EXPECT_U64(p.a.change.added_cnt, 1);
	EXPECT_U64(p.a.change.removed_cnt, 2);
	EXPECT_U64(yard_head(&p.a), 2);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

TEST(test_reorg_there_and_back_again)
{
	struct fork_pair p;
	struct hash first;
	struct bytes raw;

	open_fork(&p, 2, 3);
	first = chain_head(p.a.chain)->hash;
	EXPECT_RC(yard_give(&p.b, yard_raw(&p.a, 2)), RC_OK);
	EXPECT_RC(yard_give(&p.b, yard_raw(&p.a, 3)), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[1]), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[2]), RC_OK);
	expect_same(&p.a, &p.b);
	/* b is brought over to a's old branch and extends it; a follows. */
	EXPECT_RC(chain_adopt(p.b.chain, &p.b.change, &first, &p.b.e), RC_OK);
	EXPECT_U64(p.b.change.added_cnt, 2);
	EXPECT_U64(p.b.change.removed_cnt, 3);
	raw = yard_block(&p.b, 20);
	EXPECT_RC(yard_give(&p.a, raw), RC_OK);
	EXPECT_U64(p.a.change.added_cnt, 3);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

TEST(test_reorg_survives_a_crash_right_behind_it)
{
	struct fork_pair p;
	size_t i;

	open_fork(&p, 3, 4);
	EXPECT_RC(chain_flush(p.a.chain, true, NULL), RC_OK);
	for (i = 0; i < p.cnt; i++)
		EXPECT_RC(yard_give(&p.a, p.of_b[i]), RC_OK);
	expect_same(&p.a, &p.b);
	yard_stop(&p.a);
	EXPECT_RC(yard_start(&p.a), RC_OK);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

TEST(test_reorg_below_a_flush_reads_history)
{
	struct fork_pair p;
	size_t i;

	open_fork(&p, 5, 6);
	EXPECT_RC(chain_flush(p.a.chain, true, NULL), RC_OK);
	for (i = 0; i < p.cnt; i++)
		EXPECT_RC(yard_give(&p.a, p.of_b[i]), RC_OK);
	EXPECT_U64(p.a.change.removed_cnt, 5);
	expect_same(&p.a, &p.b);
	EXPECT_RC(chain_flush(p.a.chain, true, NULL), RC_OK);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

/* The branch's middle block lies about its state: nothing changes, and the
 * lie is not executed a second time. */
TEST(test_reorg_with_a_bad_block_changes_nothing)
{
	struct bytes lie, tip;
	struct fork_pair p;
	struct block b;
	struct hash head;

	open_fork(&p, 2, 2);
	head = chain_head(p.a.chain)->hash;
	b = yard_decode(&p.b, p.of_b[0]);
	b.header.state_root.b[3] ^= 1;
	lie = yard_forge(&p.b, &b);
	EXPECT_RC(yard_give(&p.a, lie), RC_OK); /* aside, not executed */
	b.header.parent = header_hash(&b.header);
	b.header.number++;
	b.header.time++;
	b.header.difficulty = u256_from_u64(100);
	b.tx_cnt = 0;
	b.header.tx_root = HASH_EMPTY_TRIE;
	basefee_next(&b.header.base_fee, &p.b.g.forks,
	    &(struct header){.gas_limit = 30000000,
		.gas_used = 42000,
		.base_fee = yard_decode(&p.b, p.of_b[0]).header.base_fee});
	tip = yard_forge(&p.b, &b);
	EXPECT_RC(yard_give(&p.a, tip), RC_BLK_STATE_ROOT);
	EXPECT(hash_eq(&chain_head(p.a.chain)->hash, &head));
	EXPECT_RC(yard_give(&p.a, tip), RC_BLK_PARENT);
	EXPECT_RC(
	    chain_adopt(p.a.chain, &p.a.change, &(struct hash){{0}}, NULL),
	    RC_NOT_FOUND);
	/* The honest branch still wins. */
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[1]), RC_OK);
	EXPECT_RC(yard_give(&p.a, yard_block(&p.b, 50)), RC_OK);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

TEST(test_reorg_deeper_than_the_state_history_is_refused)
{
	struct fork_pair p;
	struct hash head;
	struct bytes heavy;

	open_fork(&p, 8, 0);
	yard_stop(&p.a);
	p.a.conf.history = 4;
	EXPECT_RC(yard_start(&p.a), RC_OK);
	EXPECT_RC(chain_flush(p.a.chain, true, NULL), RC_OK);
	yard_block(&p.a, 10);
	EXPECT_RC(chain_flush(p.a.chain, true, NULL), RC_OK);
	head = chain_head(p.a.chain)->hash;
	EXPECT(store_view_oldest(chain_view(p.a.chain)) > 1);
	heavy = yard_block(&p.b, 1000);
	EXPECT_RC(yard_give(&p.a, heavy), RC_TOO_LARGE);
	EXPECT(hash_eq(&chain_head(p.a.chain)->hash, &head));
	close_fork(&p);
}

/* Nothing that far back could ever become the chain again. The head is only
 * said to be far ahead: a thousand real blocks would show no more. */
TEST(test_reorg_side_block_from_long_ago_is_not_kept)
{
	struct fork_pair p;

	open_fork(&p, 3, 2);
	p.a.chain->head.number += CHAIN_REORG_MAX - 1; /* 4 and that */
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_TOO_LARGE);
	EXPECT_RC(yard_give(&p.a, p.of_b[1]), RC_BLK_PARENT);
	p.a.chain->head.number--;
	p.a.chain->head.number--;
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	close_fork(&p);
}

TEST(test_adopt_unknown_or_canonical_block_is_refused)
{
	struct fork_pair p;
	struct hash hash;

	open_fork(&p, 2, 2);
	hash = yard_hash(&p.b, 3);
	EXPECT_RC(
	    chain_adopt(p.a.chain, &p.a.change, &hash, NULL), RC_NOT_FOUND);
	hash = yard_hash(&p.a, 2);
	EXPECT_RC(
	    chain_adopt(p.a.chain, &p.a.change, &hash, NULL), RC_NOT_FOUND);
	close_fork(&p);
}

TEST(test_adopt_side_block_that_would_not_be_preferred)
{
	struct fork_pair p;
	struct hash hash;

	open_fork(&p, 3, 1);
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	hash = yard_hash(&p.b, 2);
	EXPECT_RC(chain_adopt(p.a.chain, &p.a.change, &hash, NULL), RC_OK);
	EXPECT_U64(yard_head(&p.a), 2);
	EXPECT_U64(p.a.change.removed_cnt, 3);
	expect_same(&p.a, &p.b);
	close_fork(&p);
}

/* A block built before the head moved can no longer be committed. */
TEST(test_reorg_forgets_the_block_under_construction)
{
	struct fork_pair p;
	struct header h;

	open_fork(&p, 0, 1);
	EXPECT_RC(yard_build(&p.a, &h, 1), RC_OK);
	EXPECT_RC(yard_give(&p.a, p.of_b[0]), RC_OK);
	EXPECT_RC(
	    chain_commit(p.a.chain, &p.a.change, &h, &p.a.e), RC_NOT_FOUND);
	close_fork(&p);
}

/* Two Clique sealers that do not hear each other: in turn is heavier. */
TEST(test_reorg_under_clique_takes_the_in_turn_branch)
{
	struct yard in, out;
	struct bytes raw_in, raw_out;

	yard_open_clique(&in, "in", 1); /* in turn at block 1 */
	yard_open_clique(&out, "out", 2);
	yard_tx(&in, 5, yard_target(1), 1);
	yard_tx(&out, 6, yard_target(1), 2);
	raw_in = yard_block(&in, 0);
	raw_out = yard_block(&out, 0);
	EXPECT_RC(yard_give(&in, raw_out), RC_OK);
	EXPECT_U64(in.change.added_cnt, 0);
	EXPECT_RC(yard_give(&out, raw_in), RC_OK);
	EXPECT_U64(out.change.added_cnt, 1);
	EXPECT_U64(out.change.removed_cnt, 1);
	expect_same(&in, &out);
	EXPECT_U64(yard_balance(&out, yard_target(1)), 1);
	/* The out-of-turn sealer goes on from the common head. */
	EXPECT_RC(yard_give(&in, yard_block(&out, 0)), RC_OK);
	expect_same(&in, &out);
	yard_close(&in);
	yard_close(&out);
}

/* EIP-161 ends an account whose storage alone keeps it: all its slots go,
 * and come back when the block that did it is undone. */
static void
expect_ghost(struct yard *y, bool want)
{
	struct addr ghost = yard_ghost();
	struct account acc;
	struct u256 v;
	bool found;
	size_t i;

	EXPECT_RC(store_account(chain_view(y->chain), yard_head(y), &acc,
		      &found, &ghost, NULL),
	    RC_OK);
	EXPECT(found == want);
	for (i = 0; i < 3; i++) {
		struct hash key = yard_ghost_key(i);

		EXPECT_RC(store_slot(chain_view(y->chain), yard_head(y), &v,
			      &ghost, &key, NULL),
		    RC_OK);
		EXPECT_U64(v.w[0], want ? i + 1 : 0);
	}
	EXPECT_RC(chain_check_head(y->chain, &y->e), RC_OK);
}

TEST(test_reorg_ends_and_revives_an_account_with_storage)
{
	struct bytes end, heavy[2], last;
	struct yard a, b;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	yard_tx(&a, 0, yard_ghost(), 0);
	end = yard_block(&a, 2);
	expect_ghost(&a, false);
	EXPECT_RC(yard_give(&b, end), RC_OK);
	EXPECT_RC(chain_flush(a.chain, true, NULL), RC_OK);
	yard_stop(&a);
	EXPECT_RC(yard_start(&a), RC_OK);
	expect_ghost(&a, false);
	yard_stop(&b); /* not flushed: replayed */
	EXPECT_RC(yard_start(&b), RC_OK);
	expect_ghost(&b, false);
	yard_close(&b);

	/* Undone by two blocks, of which the second ends it again: the list
	 * of its slots is that of genesis seen through the first. */
	yard_open(&b, "b", FORK_LONDON);
	yard_tx(&b, 1, yard_target(1), 5);
	heavy[0] = yard_block(&b, 1);
	expect_ghost(&b, true);
	yard_tx(&b, 1, yard_ghost(), 0);
	heavy[1] = yard_block(&b, 10);
	expect_ghost(&b, false);
	EXPECT_RC(yard_give(&a, heavy[0]), RC_OK);
	EXPECT_RC(yard_give(&a, heavy[1]), RC_OK);
	EXPECT_U64(a.change.removed_cnt, 1);
	EXPECT_U64(a.change.added_cnt, 2);
	expect_ghost(&a, false);
	/* With money it is there again, without its storage. */
	yard_tx(&b, 2, yard_ghost(), 7);
	last = yard_block(&b, 10);
	EXPECT_RC(yard_give(&a, last), RC_OK);
	EXPECT_U64(yard_balance(&a, yard_ghost()), 7);
	EXPECT_RC(chain_check_head(a.chain, NULL), RC_OK);
	yard_close(&a);
	yard_close(&b);
}

/* Random branches between two nodes that exchange blocks late: whatever the
 * order, both end on the same chain with balances that replaying gives. */
TEST(test_reorg_random_exchange_converges)
{
	enum { ROUNDS = 60, PENDING_MAX = 256 };
	struct rng_test rng = {.state = 20261};
	struct bytes pending[2][PENDING_MAX];
	size_t cnt[2] = {0, 0}, sent[2] = {0, 0}, i, reorgs = 0;
	struct yard y[2], fresh;

	yard_open(&y[0], "a", FORK_LONDON);
	yard_open(&y[1], "b", FORK_LONDON);
	yard_open(&fresh, "c", FORK_LONDON);
	for (i = 0; i < ROUNDS; i++) {
		size_t who = (size_t)rng_test_below(&rng, 2), k;
		struct yard *me = &y[who], *other = &y[1 - who];

		yard_sync_nonces(me);
		for (k = 0; k < rng_test_below(&rng, 3); k++)
			yard_tx(me, (size_t)rng_test_below(&rng, YARD_KEYS),
			    yard_addr((size_t)rng_test_below(&rng, YARD_KEYS)),
			    rng_test_below(&rng, 1000));
		pending[who][cnt[who]++] =
		    yard_block(me, 1 + rng_test_below(&rng, 5));
		if (rng_test_below(&rng, 4) > 0)
			continue;
		for (; sent[who] < cnt[who]; sent[who]++) {
			EXPECT_RC(
			    yard_give(other, pending[who][sent[who]]), RC_OK);
			reorgs += other->change.removed_cnt > 0;
		}
		if (rng_test_below(&rng, 3) == 0)
			EXPECT_RC(chain_flush(other->chain, true, NULL), RC_OK);
	}
	for (i = 0; i < 2; i++)
		for (; sent[i] < cnt[i]; sent[i]++)
			EXPECT_RC(
			    yard_give(&y[1 - i], pending[i][sent[i]]), RC_OK);
	/* A last heavy block settles ties. */
	EXPECT_RC(yard_give(&y[1], yard_block(&y[0], 1000)), RC_OK);
	expect_same(&y[0], &y[1]);
	EXPECT(reorgs >= 3);
	for (i = 1; i <= yard_head(&y[0]); i++)
		EXPECT_RC(yard_give(&fresh, yard_raw(&y[0], i)), RC_OK);
	expect_same(&fresh, &y[0]);
	yard_close(&y[0]);
	yard_close(&y[1]);
	yard_close(&fresh);
}
