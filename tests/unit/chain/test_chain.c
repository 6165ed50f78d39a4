/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and reopening, crashes between record and tables, the engine's
 * view of the chain, flushing.
 */
#include "chain/chain.h"

#include <stdio.h>

#include "base/hex.h"
#include "eth/receipt.h"
#include "yard.h"

enum { HASH_TEXT_MAX = 2 * 32 + 3 };

TEST(test_chain_open_empty_store_begins_with_genesis)
{
	struct hash hash;
	struct header h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	EXPECT_U64(yard_head(&y), 0);
	EXPECT_RC(chain_genesis_header(&y.arena, &h, &hash, &y.g, NULL), RC_OK);
	EXPECT(hash_eq(&chain_head(y.chain)->hash, &hash));
	EXPECT(
	    hash_eq(&chain_head(y.chain)->header->state_root, &h.state_root));
	EXPECT_U64(yard_balance(&y, yard_addr(3)), YARD_FUNDS);
	EXPECT_RC(chain_check_head(y.chain, NULL), RC_OK);
	yard_close(&y);
}

TEST(test_chain_open_other_genesis_is_refused_with_both_hashes)
{
	char stored[HASH_TEXT_MAX], given[HASH_TEXT_MAX], want[256];
	struct hash hash;
	struct header h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	hash = chain_head(y.chain)->hash;
	hex_put0x(stored, hash_bytes(&hash));
	yard_stop(&y);
	y.g.header.time++;
	EXPECT_RC(chain_genesis_header(&y.arena, &h, &hash, &y.g, NULL), RC_OK);
	hex_put0x(given, hash_bytes(&hash));
	EXPECT_RC(yard_start(&y), RC_CONF);
	snprintf(want, sizeof(want),
	    "the stored chain begins with genesis %s, the genesis file gives "
	    "%s",
	    stored, given);
	EXPECT_STR(y.e.text, want);
	y.g.header.time--;
	EXPECT_RC(yard_start(&y), RC_OK);
	yard_close(&y);
}

/* Another allocation has another root and so another hash. */
TEST(test_chain_open_other_allocation_is_refused)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_stop(&y);
	y.g.account_cnt--;
	EXPECT_RC(yard_start(&y), RC_CONF);
	y.g.account_cnt++;
	EXPECT_RC(yard_start(&y), RC_OK);
	yard_close(&y);
}

/* A start need not see the accounts again when the document's root is kept. */
TEST(test_chain_open_with_known_root_needs_no_accounts)
{
	struct hash root;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	root = chain_head(y.chain)->header->state_root;
	yard_block(&y, 1);
	yard_stop(&y);
	y.g.account_cnt = 0;
	y.g.header.state_root = root;
	EXPECT_RC(yard_start(&y), RC_OK);
	EXPECT_U64(yard_head(&y), 1);
	yard_stop(&y);
	y.g.header.state_root.b[7] ^= 1;
	EXPECT_RC(yard_start(&y), RC_CONF);
	yard_close(&y);
}

TEST(test_chain_open_empty_store_with_wrong_root_is_refused)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_stop(&y);
	yard_move(&y, "b");
	y.g.header.state_root.b[0] = 1;
	EXPECT_RC(yard_start(&y), RC_CONF);
	/* Nothing was written: the right document may follow. */
	memset(&y.g.header.state_root, 0, sizeof(struct hash));
	EXPECT_RC(yard_start(&y), RC_OK);
	yard_close(&y);
}

/* Crashes. ------------------------------------------------------------- */

static void
make_blocks(struct yard *y, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		yard_tx(
		    y, i % YARD_KEYS, yard_target((uint8_t)(i % 5)), 10 + i);
		yard_tx(y, (i + 1) % YARD_KEYS, yard_addr(i % YARD_KEYS), 7);
		yard_block(y, 1);
	}
}

/* same_as_before reopens and compares head, balances and roots. */
static void
expect_same_after_crash(struct yard *y)
{
	struct hash hash = chain_head(y->chain)->hash;
	uint64_t number = yard_head(y), balances[YARD_KEYS];
	size_t i;

	for (i = 0; i < YARD_KEYS; i++)
		balances[i] = yard_balance(y, yard_addr(i));
	yard_stop(y);
	EXPECT_RC(yard_start(y), RC_OK);
	EXPECT_U64(yard_head(y), number);
	EXPECT(hash_eq(&chain_head(y->chain)->hash, &hash));
	for (i = 0; i < YARD_KEYS; i++)
		EXPECT_U64(yard_balance(y, yard_addr(i)), balances[i]);
	EXPECT_RC(chain_check_head(y->chain, &y->e), RC_OK);
}

TEST(test_chain_crash_without_flush_keeps_every_block)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	make_blocks(&y, 7);
	expect_same_after_crash(&y);
	make_blocks(&y, 3); /* and goes on */
	expect_same_after_crash(&y);
	EXPECT_U64(yard_head(&y), 10);
	yard_close(&y);
}

TEST(test_chain_crash_behind_flush_keeps_every_block)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	make_blocks(&y, 5);
	EXPECT_RC(chain_flush(y.chain, true, NULL), RC_OK);
	make_blocks(&y, 4);
	expect_same_after_crash(&y);
	EXPECT_RC(chain_flush(y.chain, true, NULL), RC_OK);
	expect_same_after_crash(&y);
	yard_close(&y);
}

/* More blocks in the log than the store keeps in memory at once. */
TEST(test_chain_crash_with_many_blocks_flushes_on_the_way)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	make_blocks(&y, 20);
	y.conf.layer_max = 1;
	expect_same_after_crash(&y);
	yard_close(&y);
}

/* A caller that never flushes does not come to a stop. */
TEST(test_chain_that_nobody_flushes_flushes_itself)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_stop(&y);
	y.conf.layer_max = 1;
	EXPECT_RC(yard_start(&y), RC_OK);
	make_blocks(&y, 2 * STORE_LAYER_SLACK + 3);
	EXPECT_U64(yard_head(&y), 2 * STORE_LAYER_SLACK + 3);
	expect_same_after_crash(&y);
	yard_close(&y);
}

/* A record of the log whose changes do not have the root that its header
 * says must not become state. */
TEST(test_chain_replay_of_wrong_changes_is_corrupt)
{
	struct store_block *b = store_block_new(1 << 20);
	struct hash head;
	struct block block = {0};
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	head = chain_head(y.chain)->hash;
	block.header = yard_template(&y, 1);
	block.header.state_root = head; /* any */
	block.header.tx_root = block.header.receipts_root = HASH_EMPTY_TRIE;
	yard_stop(&y);
	EXPECT_RC(store_open(&y.store, &y.conf, NULL), RC_OK);
	/* Replaying genesis is the writer's duty before it may append. */
	EXPECT_RC(chain_open(&y.chain, y.store, &y.g, NULL), RC_OK);
	chain_close(y.chain);
	b->header = block.header;
	b->hash = header_hash(&b->header);
	b->total_difficulty = u256_from_u64(2);
	EXPECT_RC(block_encode(&b->arena, &b->raw, &block, NULL), RC_OK);
	EXPECT_RC(receipts_pack(&b->arena, &b->receipts, NULL, 0, NULL), RC_OK);
	EXPECT_RC(store_append(y.store, &b, 1, 0, NULL), RC_OK);
	store_close(y.store);
	y.chain = NULL;
	y.store = NULL;
	y.engine = NULL;
	EXPECT_RC(yard_start(&y), RC_CORRUPT);
	EXPECT(strstr(y.e.text, "block 1 of the log gives state root") != NULL);
	yard_close(&y);
}

/* The engine's link. ----------------------------------------------------- */

TEST(test_chain_link_reads_headers_and_keeps_values)
{
	struct engine_chain link;
	struct bytes value;
	struct header h;
	struct hash hash;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_block(&y, 1);
	link = chain_engine_link(y.chain);
	hash = yard_hash(&y, 1);
	EXPECT_RC(link.header(link.ctx, &h, &hash, NULL), RC_OK);
	EXPECT_U64(h.number, 1);
	hash.b[0] ^= 1;
	EXPECT_RC(link.header(link.ctx, &h, &hash, NULL), RC_NOT_FOUND);
	EXPECT_RC(link.load(link.ctx, &value, "snap", NULL), RC_NOT_FOUND);
	EXPECT_RC(
	    link.keep(link.ctx, "snap", bytes_of_str("one"), NULL), RC_OK);
	EXPECT_RC(link.load(link.ctx, &value, "snap", NULL), RC_OK);
	EXPECT_BYTES(value, bytes_of_str("one"));
	EXPECT_RC(
	    link.keep(link.ctx, "snap", bytes_of_str("two"), NULL), RC_OK);
	EXPECT_RC(link.load(link.ctx, &value, "snap", NULL), RC_OK);
	EXPECT_BYTES(value, bytes_of_str("two"));
	yard_block(&y, 1);
	EXPECT_RC(link.load(link.ctx, &value, "snap", NULL), RC_OK);
	EXPECT_BYTES(value, bytes_of_str("two"));
	EXPECT_RC(link.keep(link.ctx, "snap", bytes_of(NULL, 0), NULL), RC_OK);
	EXPECT_RC(link.load(link.ctx, &value, "snap", NULL), RC_NOT_FOUND);
	yard_close(&y);
}

/* Pointers to the head's header outlive flushes and side blocks. */
TEST(test_chain_head_header_survives_a_flush)
{
	const struct header *h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_block(&y, 1);
	h = chain_head(y.chain)->header;
	EXPECT_RC(chain_flush(y.chain, true, NULL), RC_OK);
	EXPECT(chain_head(y.chain)->header == h);
	EXPECT_U64(h->number, 1);
	yard_close(&y);
}

TEST(test_chain_flush_when_not_due_does_nothing)
{
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	y.conf.layer_max = 1000;
	yard_block(&y, 1);
	EXPECT(!store_flush_due(y.store));
	EXPECT_RC(chain_flush(y.chain, false, NULL), RC_OK);
	yard_close(&y);
}

/* Subscribers. ----------------------------------------------------------- */

struct heard {
	size_t changes, added;
	uint64_t last;
};

static void
hear(void *ctx, const struct chain_change *change)
{
	struct heard *h = ctx;

	h->changes++;
	h->added += change->added_cnt;
	h->last = change->added[change->added_cnt - 1]->header.number;
}

TEST(test_chain_subscribers_hear_each_change)
{
	struct heard one = {0}, two = {0};
	struct yard y;
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	EXPECT_RC(chain_subscribe(y.chain, hear, &one, NULL), RC_OK);
	yard_block(&y, 1);
	EXPECT_RC(chain_subscribe(y.chain, hear, &two, NULL), RC_OK);
	yard_block(&y, 1);
	EXPECT_U64(one.changes, 2);
	EXPECT_U64(one.last, 2);
	EXPECT_U64(two.changes, 1);
	for (i = 2; i < CHAIN_SUBSCRIBER_MAX; i++)
		EXPECT_RC(chain_subscribe(y.chain, hear, &two, NULL), RC_OK);
	EXPECT_RC(chain_subscribe(y.chain, hear, &two, NULL), RC_NO_SPACE);
	yard_close(&y);
}
