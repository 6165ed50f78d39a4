/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads checked while a node works: good ones pass, each kind of damage to
 * what was appended is named, and the step that brought it fails.
 */
#include <stdio.h>
#include <time.h>

#include "chain/chain_priv.h"
#include "yard.h"

enum damage {
	NOTHING,
	BALANCE,
	NONCE,
	SENDERS,
	RECEIPTS,
	COUNT,
	RAW,
	LOST_CHANGE,
	STORAGE_ROOT
};

static const struct {
	const char *name;
	enum damage damage;
	const char *want; /* "" is no finding */
} rows[] = {
    {"nothing", NOTHING, ""},
    {"money from nowhere", BALANCE, "invariant balance_sum"},
    {"a nonce", NONCE, "invariant nonces"},
    {"senders", SENDERS, "invariant senders"},
    {"receipts", RECEIPTS, "invariant"},
    {"a transaction too many", COUNT, "transactions, 3 in the block"},
    {"block bytes", RAW, "invariant"},
    {"a change that is missing", LOST_CHANGE, "invariant"},
    {"a storage root", STORAGE_ROOT, "invariant flat_state"},
};

/* A block of three transfers. */
static void
open_block(struct yard *y)
{
	yard_open(y, "a", FORK_LONDON);
	chain_set_sample(y->chain, 1);
	yard_tx(y, 0, yard_target(1), 5);
	yard_tx(y, 1, yard_target(2), 6);
	yard_tx(y, 0, yard_target(1), 7);
	yard_block(y, 1);
	EXPECT_U64(y->change.added_cnt, 1);
}

static struct bytes
flipped(struct arena *a, struct bytes in, size_t at)
{
	struct bytes copy = arena_copy(a, in);

	((uint8_t *)(uintptr_t)copy.ptr)[at] ^= 1;
	return copy;
}

/* A block like b, damaged; in the arena. */
static struct store_block
doctored(struct arena *a, const struct store_block *b, enum damage damage)
{
	struct store_block out = *b;
	struct bytes accounts =
	    arena_copy(a, bytes_of(b->diff.accounts,
			      b->diff.account_cnt * sizeof(*b->diff.accounts)));
	struct bytes senders = arena_copy(
	    a, bytes_of(b->senders, b->tx_cnt * sizeof(*b->senders)));
	struct state_account_change *c = (void *)(uintptr_t)accounts.ptr;
	struct addr *from = (void *)(uintptr_t)senders.ptr;
	size_t i;

	out.diff.accounts = c;
	out.senders = from;
	switch (damage) {
	case NOTHING:
		break;
	case BALANCE:
		c[0].after.balance.w[0] ^= 1;
		break;
	case NONCE:
		for (i = 0; i < out.diff.account_cnt; i++)
			c[i].after.nonce = 0;
		break;
	case SENDERS:
		from[1] = from[0];
		break;
	case RECEIPTS:
		out.receipts = flipped(a, out.receipts, out.receipts.len - 1);
		break;
	case COUNT:
		out.tx_cnt++;
		break;
	case RAW:
		out.raw = flipped(a, out.raw, 200);
		break;
	case LOST_CHANGE:
		out.diff.account_cnt--;
		break;
	case STORAGE_ROOT:
		memset(&c[0].after.storage_root, 0x11, sizeof(struct hash));
		break;
	}
	return out;
}

TEST(test_sample_damage_is_named)
{
	struct yard y;
	size_t i;

	open_block(&y);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_block b;
		struct err e = {0};
		struct arena a;
		enum rc rc;

		test_row(rows[i].name);
		arena_init(&a, 1 << 24);
		b = doctored(&a, y.change.added[0], rows[i].damage);
		rc = chain_sample(y.chain, &b, &e);
		EXPECT_RC(rc, rows[i].want[0] == '\0' ? RC_OK : RC_CORRUPT);
		EXPECT(strstr(e.text, rows[i].want) != NULL);
		arena_drop(&a);
	}
	yard_close(&y);
}

TEST(test_sample_wrong_state_root_is_found)
{
	struct store_block b;
	struct err e = {0};
	struct yard y;

	open_block(&y);
	b = *y.change.added[0];
	b.header.state_root.b[0] ^= 1;
	EXPECT_RC(chain_sample(y.chain, &b, &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "state_root: block 1: the trie gives") != NULL);
	yard_close(&y);
}

/* One in so many by the hash; none when told so; never genesis. */
TEST(test_sample_hash_decides_who_is_looked_at)
{
	struct store_block b;
	unsigned chosen = 0, i;
	struct yard y;

	open_block(&y);
	b = *y.change.added[0];
	b.header.state_root.b[0] ^= 1;
	chain_set_sample(y.chain, 64);
	for (i = 0; i < 256; i++) {
		b.hash.b[7] = (uint8_t)i;
		chosen += chain_sample(y.chain, &b, NULL) != RC_OK;
	}
	EXPECT_U64(chosen, 4);
	chain_set_sample(y.chain, 0);
	EXPECT_RC(chain_sample(y.chain, &b, NULL), RC_OK);
	chain_set_sample(y.chain, 1);
	EXPECT_RC(chain_sample(y.chain, &b, NULL), RC_CORRUPT);
	b.header.number = 0;
	EXPECT_RC(chain_sample(y.chain, &b, NULL), RC_OK);
	yard_close(&y);
}

/* Lack of memory is no finding. */
TEST(test_sample_without_memory_passes)
{
	struct store_block b;
	struct yard y;

	open_block(&y);
	b = *y.change.added[0];
	b.header.state_root.b[0] ^= 1;
	chain_set_block_bytes(y.chain, 64);
	EXPECT_RC(chain_sample(y.chain, &b, NULL), RC_OK);
	yard_close(&y);
}

/* Debug builds look at the head before, and end the process. */
#ifndef SEKISHO_DEBUG
TEST(test_sample_violation_fails_the_commit)
{
	struct state_account_change *c;
	struct header h;
	struct yard y;

	open_block(&y);
	yard_tx(&y, 2, yard_target(3), 9);
	EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
	c = y.chain->built.block->diff.accounts;
	c[0].after.balance.w[0] ^= 1;
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_CORRUPT);
	EXPECT(strstr(y.e.text, "invariant balance_sum") != NULL);
	yard_close(&y);
}
#endif
