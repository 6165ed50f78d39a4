/* SPDX-License-Identifier: Apache-2.0
 *
 * Foreign blocks: every way to be wrong first, each leaving the chain as it
 * was, then good ones.
 */
#include "eth/addr.h"
#include "trie/listroot.h"
#include "yard.h"

/* A good block of two transfers, made by one node and broken for another. */
struct pair {
	struct yard maker, taker;
	struct bytes good;
	struct block block; /* of good, to be changed */
};

static void
open_pair(struct pair *p, enum fork f)
{
	yard_open(&p->maker, "maker", f);
	yard_open(&p->taker, "taker", f);
	yard_tx(&p->maker, 0, yard_target(1), 5);
	yard_tx(&p->maker, 1, yard_target(2), 6);
	p->good = yard_block(&p->maker, 2);
	p->block = yard_decode(&p->maker, p->good);
}

static void
close_pair(struct pair *p)
{
	yard_close(&p->maker);
	yard_close(&p->taker);
}

enum harm {
	STATE_ROOT,
	RECEIPTS_ROOT,
	TX_ROOT,
	GAS_USED,
	BLOOM,
	BASE_FEE,
	NUMBER,
	PARENT,
	TIME,
	GAS_LIMIT,
	GAS_ABOVE_LIMIT,
	OMMERS_HASH,
	OMMERS,
	FIELDS,
	LIST_WITHOUT_ROOT,
	TX_GONE,
	TX_TWICE,
	TX_OF_ANOTHER_CHAIN,
	TD_OVERFLOW
};

static const struct {
	const char *name;
	enum harm harm;
	enum rc want;
} rows[] = {
    {"state root", STATE_ROOT, RC_BLK_STATE_ROOT},
    {"receipts root", RECEIPTS_ROOT, RC_BLK_RECEIPTS},
    {"transactions root", TX_ROOT, RC_BLK_TX_ROOT},
    {"gas used", GAS_USED, RC_BLK_GAS_USED},
    {"bloom", BLOOM, RC_BLK_BLOOM},
    {"base fee", BASE_FEE, RC_BLK_BASE_FEE},
    {"number", NUMBER, RC_BLK_PARENT},
    {"parent", PARENT, RC_BLK_PARENT},
    {"time of the parent", TIME, RC_BLK_TIME},
    {"gas limit step", GAS_LIMIT, RC_BLK_GAS_LIMIT},
    {"gas used above limit", GAS_ABOVE_LIMIT, RC_BLK_GAS_USED},
    {"ommers hash", OMMERS_HASH, RC_BLK_UNCLES},
    {"an ommer", OMMERS, RC_BLK_UNCLES},
    {"Shanghai's field under London", FIELDS, RC_BLK_FORK},
    {"withdrawals without their root", LIST_WITHOUT_ROOT, RC_BLK_FORK},
    {"a transaction less", TX_GONE, RC_BLK_TX_ROOT},
    {"a transaction twice", TX_TWICE, RC_TX_NONCE_LOW},
    {"a transaction for another chain", TX_OF_ANOTHER_CHAIN, RC_TX_CHAIN_ID},
    {"total difficulty above 2^256", TD_OVERFLOW, RC_BLK_DIFFICULTY},
};

/* retotal recomputes the transactions root, so that what is wrong in a
 * transaction is found where it should be. */
static void
retotal(struct pair *p)
{
	struct bytes items[8];
	size_t i;

	for (i = 0; i < p->block.tx_cnt; i++)
		items[i] = p->block.txs[i].raw;
	EXPECT_RC(trie_list_root(&p->maker.arena, &p->block.header.tx_root,
		      items, p->block.tx_cnt, NULL),
	    RC_OK);
}

static void
foreign_tx(struct pair *p)
{
	struct tx tx = p->block.txs[0];

	tx.chain_id = 7;
	p->block.txs[0] = *yard_sign(&p->maker, &tx, 0);
	retotal(p);
}

static void
add_ommer(struct pair *p)
{
	static struct header ommer;

	ommer = p->block.header;
	p->block.ommers = &ommer;
	p->block.ommer_cnt = 1;
	EXPECT_RC(block_ommers_hash(&p->maker.arena,
		      &p->block.header.ommers_hash, &p->block, NULL),
	    RC_OK);
}

static void
harm(struct pair *p, enum harm harm)
{
	struct header *h = &p->block.header;

	switch (harm) {
	case STATE_ROOT:
		h->state_root.b[0] ^= 1;
		break;
	case RECEIPTS_ROOT:
		h->receipts_root.b[0] ^= 1;
		break;
	case TX_ROOT:
		h->tx_root.b[0] ^= 1;
		break;
	case GAS_USED:
		h->gas_used++;
		break;
	case BLOOM:
		h->bloom.b[5] = 1;
		break;
	case BASE_FEE:
		h->base_fee.w[0]++;
		break;
	case NUMBER:
		h->number++;
		break;
	case PARENT:
		h->parent.b[0] ^= 1;
		break;
	case TIME:
		h->time = 1000;
		break;
	case GAS_LIMIT:
		h->gas_limit *= 2;
		break;
	case GAS_ABOVE_LIMIT:
		h->gas_used = h->gas_limit + 1;
		break;
	case OMMERS_HASH:
		h->ommers_hash.b[0] ^= 1;
		break;
	case OMMERS:
		add_ommer(p);
		break;
	case FIELDS:
		h->field_cnt = HEADER_FIELDS_SHANGHAI;
		p->block.has_withdrawals = true;
		break;
	case LIST_WITHOUT_ROOT:
		p->block.has_withdrawals = true;
		break;
	case TX_GONE:
		p->block.tx_cnt--;
		break;
	case TX_TWICE:
		p->block.txs[1] = p->block.txs[0];
		retotal(p);
		break;
	case TX_OF_ANOTHER_CHAIN:
		foreign_tx(p);
		break;
	case TD_OVERFLOW:
		memset(&h->difficulty, 0xff, sizeof(h->difficulty));
		break;
	}
}

TEST(test_import_broken_block_is_refused_and_changes_nothing)
{
	struct hash head;
	struct pair p;
	size_t i;

	open_pair(&p, FORK_LONDON);
	head = chain_head(p.taker.chain)->hash;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		p.block = yard_decode(&p.maker, p.good);
		harm(&p, rows[i].harm);
		EXPECT_RC(yard_give(&p.taker, yard_forge(&p.maker, &p.block)),
		    rows[i].want);
		EXPECT(p.taker.e.text[0] != '\0');
		EXPECT_U64(p.taker.change.added_cnt, 0);
		EXPECT(hash_eq(&chain_head(p.taker.chain)->hash, &head));
		EXPECT_U64(yard_balance(&p.taker, yard_target(1)), 0);
	}
	test_row(NULL);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_OK);
	EXPECT_U64(yard_balance(&p.taker, yard_target(1)), 5);
	close_pair(&p);
}

TEST(test_import_bytes_that_are_no_block_are_refused)
{
	struct pair p;
	uint8_t *longer;
	size_t len;

	open_pair(&p, FORK_LONDON);
	longer = arena_alloc(&p.maker.arena, p.good.len + 1);
	memcpy(longer, p.good.ptr, p.good.len);
	EXPECT_RC(
	    yard_give(&p.taker, bytes_of(longer, p.good.len + 1)), RC_TRAILING);
	for (len = 0; len < p.good.len; len += 1 + len / 7)
		EXPECT(yard_give(&p.taker, bytes_of(p.good.ptr, len)) != RC_OK);
	EXPECT_U64(yard_head(&p.taker), 0);
	close_pair(&p);
}

TEST(test_import_known_block_says_so)
{
	struct pair p;

	open_pair(&p, FORK_LONDON);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_OK);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_BLK_KNOWN);
	EXPECT_RC(yard_give(&p.maker, p.good), RC_BLK_KNOWN);
	close_pair(&p);
}

/* What was refused for good is not tried again, nor what descends from it. */
TEST(test_import_remembers_what_it_refused)
{
	struct bytes bad, child;
	struct block b;
	struct pair p;

	open_pair(&p, FORK_LONDON);
	p.block.header.state_root.b[0] ^= 1;
	bad = yard_forge(&p.maker, &p.block);
	EXPECT_RC(yard_give(&p.taker, bad), RC_BLK_STATE_ROOT);
	EXPECT_RC(yard_give(&p.taker, bad), RC_BLK_PARENT);
	b = yard_decode(&p.maker, yard_block(&p.maker, 2));
	b.header.parent = header_hash(&p.block.header);
	child = yard_forge(&p.maker, &b);
	EXPECT_RC(yard_give(&p.taker, child), RC_BLK_PARENT);
	EXPECT(strstr(p.taker.e.text, "refused before") != NULL);
	close_pair(&p);
}

/* A contract that stores its caller's value in slot 0 when it is called;
 * its init code stores 7 there. Both run on the importer as on the maker. */
TEST(test_import_runs_code_as_the_maker_did)
{
	static const char init[] = "6007600055"               /* slot 0 = 7 */
				   "6004601160003960046000f3" /* return code */
				   "34600055"; /* slot 0 = value */
	struct tx tx = {.type = TX_DYNAMIC_FEE,
	    .is_create = true,
	    .gas = 200000,
	    .max_fee = u256_from_u64(2000000000),
	    .max_tip = U256_ONE};
	struct addr from = yard_addr(0), made;
	struct u256 value;
	struct hash slot = {{0}};
	struct pair p;

	open_pair(&p, FORK_LONDON);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_OK);
	yard_sync_nonces(&p.maker);
	tx.has_chain_id = true;
	tx.chain_id = p.maker.g.forks.chain_id;
	tx.nonce = p.maker.nonce[0];
	tx.data = test_hex(init);
	p.maker.txs[p.maker.tx_cnt++] = (struct chain_candidate){
	    .tx = yard_sign(&p.maker, &tx, 0), .sender = yard_addr(0)};
	EXPECT_RC(yard_give(&p.taker, yard_block(&p.maker, 2)), RC_OK);
	made = addr_create(&from, tx.nonce);
	EXPECT_RC(store_slot(
		      chain_view(p.taker.chain), 2, &value, &made, &slot, NULL),
	    RC_OK);
	EXPECT_U64(value.w[0], 7);

	tx.is_create = false;
	tx.to = made;
	tx.nonce++;
	tx.data = bytes_of(NULL, 0);
	tx.value = u256_from_u64(9);
	p.maker.txs[p.maker.tx_cnt++] = (struct chain_candidate){
	    .tx = yard_sign(&p.maker, &tx, 0), .sender = yard_addr(0)};
	EXPECT_RC(yard_give(&p.taker, yard_block(&p.maker, 2)), RC_OK);
	EXPECT_RC(store_slot(
		      chain_view(p.taker.chain), 3, &value, &made, &slot, NULL),
	    RC_OK);
	EXPECT_U64(value.w[0], 9);
	EXPECT_U64(yard_balance(&p.taker, made), 9);
	EXPECT_RC(chain_check_head(p.taker.chain, &p.taker.e), RC_OK);
	close_pair(&p);
}

TEST(test_import_cancun_block_needs_its_fields)
{
	struct pair p;

	open_pair(&p, FORK_LONDON);
	p.taker.g.forks.at[FORK_SHANGHAI] = 0;
	p.taker.g.forks.at[FORK_CANCUN] = 0;
	EXPECT_RC(yard_give(&p.taker, p.good), RC_BLK_FORK);
	EXPECT_STR(p.taker.e.text, "header has 16 fields, CANCUN has 20");
	close_pair(&p);
}

/* Shanghai: the withdrawals' root and their payment. */
TEST(test_import_withdrawals_are_checked_and_paid)
{
	struct withdrawal w = {.index = 1, .validator = 2, .amount_gwei = 3};
	uint8_t rlp[WITHDRAWAL_RLP_MAX];
	struct store_block *genesis;
	struct header *h;
	struct bytes one;
	struct block b = {0};
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	y.g.forks.at[FORK_PARIS] = 0;
	y.g.forks.at[FORK_SHANGHAI] = 1001; /* from block 1 on */
	w.addr = yard_target(3);
	b.withdrawals = &w;
	b.withdrawal_cnt = 1;
	b.has_withdrawals = true;
	b.header = yard_template(&y, 1);
	h = &b.header;
	h->field_cnt = HEADER_FIELDS_SHANGHAI;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	h->withdrawals_root = HASH_EMPTY_TRIE;
	EXPECT_RC(yard_give(&y, yard_forge(&y, &b)), RC_BLK_TX_ROOT);
	one = bytes_of(rlp, withdrawal_encode(rlp, &w));
	EXPECT_RC(trie_list_root(&y.arena, &h->withdrawals_root, &one, 1, NULL),
	    RC_OK);
	EXPECT_RC(yard_give(&y, yard_forge(&y, &b)), RC_BLK_STATE_ROOT);
	/* The root it should have: that of a genesis with one account more. */
	{
		struct genesis g = y.g;
		struct genesis_account *acc =
		    arena_array(&y.arena, g.account_cnt + 1, sizeof(*acc));

		memcpy(acc, g.accounts, g.account_cnt * sizeof(*acc));
		acc[g.account_cnt].addr = w.addr;
		acc[g.account_cnt++].balance = u256_from_u64(3000000000);
		g.accounts = acc;
		EXPECT_RC(chain_genesis_block(&genesis, &g, NULL), RC_OK);
		h->state_root = genesis->header.state_root;
		store_block_free(genesis);
	}
	EXPECT_RC(yard_give(&y, yard_forge(&y, &b)), RC_OK);
	EXPECT_U64(yard_balance(&y, w.addr), 3000000000);
	EXPECT_RC(chain_check_head(y.chain, NULL), RC_OK);
	yard_close(&y);
}

/* Good blocks. ------------------------------------------------------------ */

TEST(test_import_chain_of_another_node_ends_in_the_same_state)
{
	struct yard a, b;
	uint64_t i;
	size_t k;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	for (i = 0; i < 12; i++) {
		for (k = 0; k < i % 4; k++)
			yard_tx(&a, (size_t)(i + k) % YARD_KEYS,
			    yard_addr((size_t)(i * k) % YARD_KEYS), 1000 + i);
		EXPECT_RC(yard_give(&b, yard_block(&a, 1)), RC_OK);
		EXPECT_U64(b.change.added_cnt, 1);
	}
	EXPECT(hash_eq(&chain_head(a.chain)->hash, &chain_head(b.chain)->hash));
	for (k = 0; k < YARD_KEYS; k++)
		EXPECT_U64(yard_balance(&a, yard_addr(k)),
		    yard_balance(&b, yard_addr(k)));
	EXPECT_RC(chain_check_head(b.chain, NULL), RC_OK);
	yard_close(&a);
	yard_close(&b);
}

/* Three sealers in turn, each node hearing of the others' blocks. */
TEST(test_import_under_clique_three_sealers_agree)
{
	struct yard y[YARD_SIGNERS];
	static const char *const names[] = {"a", "b", "c"};
	size_t i, k;

	for (i = 0; i < YARD_SIGNERS; i++)
		yard_open_clique(&y[i], names[i], i);
	for (i = 1; i <= 9; i++) {
		struct yard *sealer = &y[i % YARD_SIGNERS];
		struct bytes raw;

		sealer->nonce[5] = i - 1;
		yard_tx(sealer, 5, yard_target(1), i);
		raw = yard_block(sealer, 0);
		for (k = 0; k < YARD_SIGNERS; k++)
			if (&y[k] != sealer)
				EXPECT_RC(yard_give(&y[k], raw), RC_OK);
	}
	for (k = 0; k < YARD_SIGNERS; k++) {
		EXPECT_U64(yard_head(&y[k]), 9);
		EXPECT_U64(yard_balance(&y[k], yard_target(1)), 45);
		/* Three blocks each, one transfer a block. */
		EXPECT_U64(yard_balance(&y[0], yard_addr(k)),
		    YARD_FUNDS + 3 * 21000 * 100);
	}
	for (k = 0; k < YARD_SIGNERS; k++)
		yard_close(&y[k]);
}

/* The same sealer twice running: the engine's refusal reaches the caller. */
TEST(test_import_under_clique_refuses_what_the_engine_refuses)
{
	struct header h;
	struct yard a, b;
	struct block block;

	yard_open_clique(&a, "a", 1);
	yard_open_clique(&b, "b", 2);
	EXPECT_RC(yard_give(&b, yard_block(&a, 0)), RC_OK);
	EXPECT_RC(yard_build(&a, &h, 1), RC_OK);
	yard_seal(&a, &h);
	EXPECT_RC(chain_commit(a.chain, &a.change, &h, &a.e), RC_BLK_RECENT);
	block = (struct block){.header = h};
	EXPECT_RC(yard_give(&b, yard_forge(&a, &block)), RC_BLK_RECENT);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_import_block_of_the_future_is_taken_later)
{
	struct yard a, b;
	struct bytes raw;

	yard_open_clique(&a, "a", 1);
	yard_open_clique(&b, "b", 2);
	raw = yard_block(&a, 0);
	EXPECT_RC(
	    chain_import(b.chain, &b.change, raw, 0, &b.e), RC_BLK_FUTURE);
	EXPECT_U64(chain_head(b.chain)->number, 0);
	/* Not remembered as bad: its time has come. */
	EXPECT_RC(yard_give(&b, raw), RC_OK);
	EXPECT_U64(chain_head(b.chain)->number, 1);
	yard_close(&a);
	yard_close(&b);
}

/* The recovery hook. --------------------------------------------------------
 */

static enum rc
count_and_recover(void *ctx, struct addr *out, const struct tx *txs, size_t cnt,
    struct err *e)
{
	size_t i, *calls = ctx;

	++*calls;
	for (i = 0; i < cnt; i++)
		TRY(tx_sender(&out[i], &txs[i], e));
	return RC_OK;
}

static enum rc
fail_to_recover(void *ctx, struct addr *out, const struct tx *txs, size_t cnt,
    struct err *e)
{
	(void)ctx;
	(void)out;
	(void)txs;
	(void)cnt;
	return FAIL(e, RC_TX_SENDER, "not today");
}

TEST(test_import_recovers_through_the_hook)
{
	size_t calls = 0;
	struct pair p;

	open_pair(&p, FORK_LONDON);
	chain_set_recover(p.taker.chain, fail_to_recover, NULL);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_TX_SENDER);
	yard_stop(&p.taker); /* the refusal is forgotten */
	EXPECT_RC(yard_start(&p.taker), RC_OK);
	chain_set_recover(p.taker.chain, count_and_recover, &calls);
	EXPECT_RC(yard_give(&p.taker, p.good), RC_OK);
	EXPECT(calls >= 1);
	close_pair(&p);
}
