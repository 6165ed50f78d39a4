/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out at every point of a block's way: each step is tried
 * with a bound that grows from nothing, fails without a trace until the bound
 * suffices, and then succeeds as if nothing had been.
 */
#include <stdio.h>

#include "chain/chain_priv.h"
#include "yard.h"

enum { FIRST = 256, LAST = 64 << 20, TRIES_MAX = 2000 };

typedef enum rc step_fn(struct yard *y, void *arg);

/* grow runs step under growing bounds; what fails must leave the head. */
static void
grow(struct yard *y, step_fn *step, void *arg)
{
	struct hash head = chain_head(y->chain)->hash;
	size_t max = FIRST, tries = 0;
	enum rc rc;

	do {
		chain_set_block_bytes(y->chain, max);
		y->e = (struct err){0};
		rc = step(y, arg);
		if (rc == RC_OK)
			break;
		if (rc != RC_NO_MEMORY && rc != RC_TOO_LARGE)
			test_fail(__FILE__, __LINE__, "bound %zu: %s: %s", max,
			    err_name(rc), err_message(&y->e, rc));
		EXPECT(y->e.text[0] != '\0');
		EXPECT(hash_eq(&chain_head(y->chain)->hash, &head));
		max += 48 + max / 64;
	} while (++tries < TRIES_MAX && max < LAST);
	EXPECT_RC(rc, RC_OK);
	EXPECT(tries > 20);
	chain_set_block_bytes(y->chain, CHAIN_BLOCK_BYTES_MAX);
}

static enum rc
step_import(struct yard *y, void *arg)
{
	const struct bytes *raw = arg;

	return chain_import(y->chain, &y->change, *raw, 1000000, &y->e);
}

static enum rc
step_build(struct yard *y, void *arg)
{
	struct header tmpl = yard_template(y, 1), h;

	(void)arg;
	return chain_build(
	    y->chain, &h, &tmpl, y->txs, y->tx_cnt, NULL, NULL, NULL, &y->e);
}

static enum rc
step_staged(struct yard *y, void *arg)
{
	struct engine_chain link = chain_engine_link(y->chain);

	return link.staged(link.ctx, arg, &y->e);
}

static enum rc
step_check(struct yard *y, void *arg)
{
	(void)arg;
	return chain_check_head(y->chain, &y->e);
}

static void
list_transfers(struct yard *y)
{
	size_t i;

	for (i = 0; i < 6; i++)
		yard_tx(y, i, yard_target((uint8_t)i), i);
	yard_tx(y, 6, yard_ghost(), 0);
}

TEST(test_bounds_import_fails_whole_until_it_fits)
{
	struct yard a, b;
	struct bytes raw;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	list_transfers(&a);
	raw = yard_block(&a, 1);
	grow(&b, step_import, &raw);
	EXPECT_U64(yard_head(&b), 1);
	EXPECT_U64(yard_balance(&b, yard_target(5)), 5);
	EXPECT_RC(chain_check_head(b.chain, NULL), RC_OK);
	yard_close(&a);
	yard_close(&b);
}

/* Before Byzantium every receipt takes memory for a root. */
TEST(test_bounds_import_with_roots_fails_whole_until_it_fits)
{
	struct yard a, b;
	struct bytes raw;

	yard_open(&a, "a", FORK_SPURIOUS);
	yard_open(&b, "b", FORK_SPURIOUS);
	list_transfers(&a);
	raw = yard_block(&a, 1);
	grow(&b, step_import, &raw);
	EXPECT_U64(yard_head(&b), 1);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_bounds_reorg_fails_whole_until_it_fits)
{
	struct bytes raw[3];
	struct yard a, b;
	size_t i;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	yard_tx(&b, 7, yard_target(9), 1);
	yard_block(&b, 3);
	for (i = 0; i < 3; i++) {
		yard_sync_nonces(&a);
		list_transfers(&a);
		raw[i] = yard_block(&a, i == 2 ? 9 : 1);
	}
	EXPECT_RC(yard_give(&b, raw[0]), RC_OK);
	EXPECT_RC(yard_give(&b, raw[1]), RC_OK);
	grow(&b, step_import, &raw[2]);
	EXPECT(hash_eq(&chain_head(a.chain)->hash, &chain_head(b.chain)->hash));
	EXPECT_U64(yard_balance(&b, yard_target(9)), 0);
	EXPECT_RC(chain_check_head(b.chain, NULL), RC_OK);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_bounds_build_fails_whole_until_it_fits)
{
	struct header tmpl, h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	list_transfers(&y);
	grow(&y, step_build, NULL);
	tmpl = yard_template(&y, 1);
	EXPECT_RC(chain_build(y.chain, &h, &tmpl, y.txs, y.tx_cnt, NULL, NULL,
		      NULL, &y.e),
	    RC_OK);
	EXPECT_U64(h.gas_used, 7 * 21000);
	EXPECT_RC(chain_commit(y.chain, &y.change, &h, &y.e), RC_OK);
	yard_close(&y);
}

TEST(test_bounds_staged_fails_whole_until_it_fits)
{
	struct engine_chain link;
	struct header before, after;
	struct hash hash;
	struct yard y;

	yard_open_clique(&y, "a", 1);
	list_transfers(&y);
	EXPECT_RC(yard_build(&y, &before, 0), RC_OK);
	hash = header_hash(&before);
	link = chain_engine_link(y.chain);
	EXPECT_RC(link.stage(link.ctx, NULL), RC_OK);
	grow(&y, step_staged, &after);
	EXPECT(hash_eq(&hash, &(struct hash[]){header_hash(&after)}[0]));
	yard_close(&y);
}

TEST(test_bounds_check_fails_until_it_fits)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	list_transfers(&y);
	yard_block(&y, 1);
	grow(&y, step_check, NULL);
	yard_close(&y);
}

/* Sealing copies the block once more. */
TEST(test_bounds_commit_without_room_fails_and_can_be_built_again)
{
	struct arena *a;
	struct header h;
	struct yard y;
	size_t room;

	yard_open(&y, "a", FORK_LONDON);
	for (room = 0; room < 300; room += 100) {
		yard_sync_nonces(&y);
		list_transfers(&y);
		EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
		a = &y.chain->built.block->arena;
		a->max_bytes = a->used_bytes + room;
		EXPECT_RC(chain_stage(y.chain, &y.e), RC_NO_MEMORY);
		EXPECT_RC(
		    chain_commit(y.chain, &y.change, &h, &y.e), RC_NO_MEMORY);
		EXPECT_U64(yard_head(&y), 0);
	}
	yard_sync_nonces(&y);
	list_transfers(&y);
	yard_block(&y, 1);
	EXPECT_U64(yard_head(&y), 1);
	yard_close(&y);
}

/* What a change tells is put together before anything is written. */
TEST(test_bounds_change_without_room_leaves_the_head)
{
	struct header h;
	struct yard y;
	size_t max;

	yard_open(&y, "a", FORK_LONDON);
	list_transfers(&y);
	EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
	for (max = 0; max < 200; max += 16) {
		y.chain->change.max_bytes = max;
		if (chain_commit(y.chain, &y.change, &h, &y.e) == RC_OK)
			break;
		EXPECT_U64(yard_head(&y), 0);
		yard_sync_nonces(&y);
		list_transfers(&y);
		EXPECT_RC(yard_build(&y, &h, 1), RC_OK);
	}
	EXPECT(max > 0);
	yard_close(&y);
}

TEST(test_bounds_genesis_root_fails_until_it_fits)
{
	size_t max = FIRST, tries = 0;
	struct hash root, want;
	struct header h;
	struct arena a;
	struct yard y;
	enum rc rc;

	yard_open(&y, "a", FORK_LONDON);
	want = chain_head(y.chain)->header->state_root;
	do {
		arena_init(&a, max);
		rc = chain_genesis_header(&a, &h, &root, &y.g, NULL);
		if (rc != RC_OK)
			EXPECT_RC(rc, RC_NO_MEMORY);
		arena_drop(&a);
		max += 64;
	} while (rc != RC_OK && ++tries < TRIES_MAX);
	EXPECT_RC(rc, RC_OK);
	EXPECT(tries > 20);
	EXPECT(hash_eq(&h.state_root, &want));
	yard_close(&y);
}
