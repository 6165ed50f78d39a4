/* SPDX-License-Identifier: Apache-2.0
 *
 * An audit of good stores finds nothing; of stores that were made to lie it
 * says what and where.
 */
#include <stdio.h>

#include "chain/chain_priv.h"
#include "yard.h"

enum { SAID_MAX = 8192 };

struct heard {
	char text[SAID_MAX];
	size_t lines;
};

static void
hear(void *ctx, const char *line)
{
	struct heard *h = ctx;
	size_t len = strlen(h->text);

	h->lines++;
	snprintf(h->text + len, sizeof(h->text) - len, "%s\n", line);
}

static enum rc
audit(struct yard *y, struct heard *h)
{
	memset(h, 0, sizeof(*h));
	y->e = (struct err){0};
	return chain_audit(y->store, &y->g, y->engine, hear, h, &y->e);
}

static void
some_blocks(struct yard *y, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		yard_tx(
		    y, i % YARD_KEYS, yard_target((uint8_t)(i % 5)), 10 + i);
		yard_tx(y, (i + 3) % YARD_KEYS, yard_addr(i % YARD_KEYS), 7);
		yard_block(y, y->is_clique ? 0 : 3);
	}
}

TEST(test_audit_of_a_good_chain_finds_nothing)
{
	struct heard h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	EXPECT_RC(audit(&y, &h), RC_OK); /* genesis alone */
	some_blocks(&y, 9);
	EXPECT_RC(audit(&y, &h), RC_OK);
	EXPECT_STR(h.text, "");
	EXPECT_RC(chain_flush(y.chain, true, NULL), RC_OK);
	some_blocks(&y, 5);
	EXPECT_RC(audit(&y, &h), RC_OK);
	EXPECT_STR(h.text, "");
	yard_close(&y);
}

TEST(test_audit_of_rewards_and_reorgs_finds_nothing)
{
	struct yard a, b;
	struct heard h;
	size_t i;

	yard_open(&a, "a", FORK_SPURIOUS);
	yard_open(&b, "b", FORK_SPURIOUS);
	some_blocks(&a, 4);
	some_blocks(&b, 3);
	yard_block(&b, 1000);
	for (i = 1; i <= 4; i++)
		(void)yard_give(&a, yard_raw(&b, i));
	EXPECT(hash_eq(&chain_head(a.chain)->hash, &chain_head(b.chain)->hash));
	EXPECT_RC(audit(&a, &h), RC_OK);
	EXPECT_STR(h.text, "");
	yard_close(&a);
	yard_close(&b);
}

/* An account that goes with its slots, and comes back without. */
TEST(test_audit_of_an_ended_account_finds_nothing)
{
	struct heard h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	yard_tx(&y, 0, yard_ghost(), 0);
	yard_block(&y, 1);
	EXPECT_RC(audit(&y, &h), RC_OK);
	EXPECT_STR(h.text, "");
	yard_tx(&y, 0, yard_ghost(), 3);
	yard_block(&y, 1);
	EXPECT_RC(audit(&y, &h), RC_OK);
	EXPECT_STR(h.text, "");
	yard_close(&y);
}

TEST(test_audit_of_a_clique_chain_checks_seals)
{
	struct yard y[2];
	struct heard h;
	size_t i;

	/* Two of three sealers, by turns. */
	yard_open_clique(&y[0], "a", 1);
	yard_open_clique(&y[1], "b", 2);
	for (i = 0; i < 6; i++)
		EXPECT_RC(
		    yard_give(&y[1 - i % 2], yard_block(&y[i % 2], 0)), RC_OK);
	EXPECT_RC(audit(&y[0], &h), RC_OK);
	EXPECT_STR(h.text, "");
	yard_close(&y[0]);
	yard_close(&y[1]);
}

TEST(test_audit_against_another_genesis_stops)
{
	struct heard h;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	y.g.header.gas_limit++;
	EXPECT_RC(audit(&y, &h), RC_CORRUPT);
	EXPECT(strstr(h.text, "stopped at block 0: the store begins with "
			      "genesis 0x") != NULL);
	yard_close(&y);
}

/* Stores that lie. ---------------------------------------------------------
 * A good block of one transfer is appended with one part exchanged, as only
 * damage or a bug could. */

enum lie {
	SENDER,
	RECEIPTS,
	TX_HASH,
	MONEY,
	STATE_ROOT,
	RECEIPTS_ROOT,
	GAS_USED,
	DIFFICULTY_SUM,
	TIME,
	BAD_TX,
	OTHER_BYTES,
	BODY,
	EXTRA_ACCOUNT,
	OTHER_SLOT,
	EXTRA_SLOT
};

static const struct {
	const char *name;
	enum lie lie;
	const char *want[3]; /* each is part of some line */
} lies[] = {
    {"sender", SENDER, {"block 3: senders: block 3: stored senders differ"}},
    {"receipts", RECEIPTS, {"block 3: receipts: ", "block 3: receipts_root: "}},
    {"index", TX_HASH, {"block 3: tx_index: "}},
    {"money", MONEY,
	{"state: account 0x7000000000000000000000000000000000000001 differs",
	    "state: balances add up to "}},
    {"state root", STATE_ROOT, {"block 3: execution: state root: header"}},
    {"receipts root", RECEIPTS_ROOT,
	{"block 3: execution: receipts root", "block 3: receipts_root"}},
    {"gas used", GAS_USED,
	{"block 3: execution: gas used: header says 21001, computed 21000"}},
    {"total difficulty", DIFFICULTY_SUM,
	{"block 3: head_link: block 3: total difficulty is not the sum"}},
    {"time", TIME, {"block 3: header: ", "block 3: time "}},
    {"a transaction that cannot run", BAD_TX,
	{"stopped at block 3: transaction 0: nonce too low"}},
    {"bytes of another block", OTHER_BYTES,
	{"block 3: its bytes have another hash"}},
    {"transactions root", BODY, {"block 3: body: transactions root: header"}},
    {"an account too many", EXTRA_ACCOUNT,
	{"state: account 0x7000000000000000000000000000000000000063 should not",
	    "accounts stored, execution gives", "state: balances add up to"}},
    {"a slot", OTHER_SLOT,
	{"state: slot 0x10000000000000000000000000000000000000000000000000000"
	 "00000000001 of 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF differs"}},
    {"a slot too many", EXTRA_SLOT,
	{" differs", "state: 4 slots stored, execution gives 3"}},
};

static struct bytes
receipts_of(struct yard *y, const struct store_block *b)
{
	struct receipt *r;
	struct bytes out;
	size_t cnt;

	EXPECT_RC(
	    receipts_unpack(&y->arena, &r, &cnt, b->receipts, NULL), RC_OK);
	r[0].cumulative_gas++;
	EXPECT_RC(receipts_pack(&y->arena, &out, r, cnt, NULL), RC_OK);
	return out;
}

static void
swap_tx(struct yard *y, struct block *block)
{
	struct tx tx = block->txs[0];

	tx.nonce = 0;
	block->txs[0] = *yard_sign(y, &tx, 0);
	EXPECT_RC(chain_tx_root(
		      &y->arena, &block->header.tx_root, block->txs, 1, NULL),
	    RC_OK);
}

/* add_account puts an account behind the last that changed. */
static void
add_account(struct yard *y, struct state_diff *d, struct addr addr)
{
	struct state_account_change *c =
	    arena_array(&y->arena, d->account_cnt + 1, sizeof(*c));
	size_t at = d->account_cnt;

	memcpy(c, d->accounts, d->account_cnt * sizeof(*c));
	c[at] = (struct state_account_change){.addr = addr,
	    .addr_hash = hash_keccak(addr_bytes(&addr)),
	    .has_after = true,
	    .before = account_empty(),
	    .after = account_empty()};
	c[at].after.balance = U256_ONE;
	/* Ascending by hash. */
	for (; at > 0 && memcmp(c[at].addr_hash.b, c[at - 1].addr_hash.b,
			     sizeof(struct hash)) < 0;
	     at--) {
		struct state_account_change swap = c[at];

		c[at] = c[at - 1];
		c[at - 1] = swap;
	}
	d->accounts = c;
	d->account_cnt++;
}

/* change_slot sets a slot of the ghost, whose account is listed for it. */
static void
change_slot(struct yard *y, struct state_diff *d, size_t i, uint64_t before)
{
	struct state_slot_change *c = arena_alloc(&y->arena, sizeof(*c));
	struct addr ghost = yard_ghost();
	size_t k;

	*c = (struct state_slot_change){.addr = ghost,
	    .addr_hash = hash_keccak(addr_bytes(&ghost)),
	    .key = yard_ghost_key(i),
	    .before = u256_from_u64(before),
	    .after = u256_from_u64(99)};
	c->key_hash = hash_keccak(hash_bytes(&c->key));
	d->slots = c;
	d->slot_cnt = 1;
	add_account(y, d, ghost);
	for (k = 0; k < d->account_cnt; k++) {
		struct state_account_change *a = &d->accounts[k];
		bool found;

		if (!addr_eq(&a->addr, &ghost))
			continue;
		EXPECT_RC(store_account(chain_view(y->chain), yard_head(y),
			      &a->before, &found, &ghost, NULL),
		    RC_OK);
		a->had_before = found;
		a->after = a->before;
	}
}

static void
tell_lie(struct yard *y, struct chain_work *w, enum lie lie)
{
	struct store_block *b = w->out;
	struct header *h = &w->block.header;
	struct state_account_change *c = b->diff.accounts;
	struct addr target = yard_target(1);
	static struct hash other;

	switch (lie) {
	case SENDER:
		w->senders[0] = yard_addr(5);
		break;
	case RECEIPTS:
		b->receipts = receipts_of(y, b);
		break;
	case TX_HASH:
		other = b->tx_hashes[0];
		other.b[0] ^= 1;
		b->tx_hashes = &other;
		break;
	case MONEY:
		while (!addr_eq(&c->addr, &target))
			c++;
		c->after.balance.w[0] += 1000;
		break;
	case STATE_ROOT:
		h->state_root.b[0] ^= 1;
		break;
	case RECEIPTS_ROOT:
		h->receipts_root.b[0] ^= 1;
		break;
	case GAS_USED:
		h->gas_used++;
		break;
	case DIFFICULTY_SUM:
		b->total_difficulty.w[0]++;
		break;
	case TIME:
		h->time -= 2;
		break;
	case BAD_TX:
		swap_tx(y, &w->block);
		break;
	case OTHER_BYTES:
		/* append_lie gives the store the hash of other bytes */
		break;
	case BODY:
		h->tx_root.b[0] ^= 1;
		break;
	case EXTRA_ACCOUNT:
		add_account(y, &b->diff, yard_target(0x63));
		break;
	case OTHER_SLOT:
		change_slot(y, &b->diff, 1, 2);
		break;
	case EXTRA_SLOT:
		change_slot(y, &b->diff, 7, 0);
		break;
	}
}

/* append_lie makes the next block, tells the lie and stores the result
 * behind the chain's back. */
static void
append_lie(struct yard *y, enum lie lie)
{
	struct yard maker;
	struct chain_link link = {
	    .view = chain_view(y->chain), .number = yard_head(y)};
	struct chain_base base =
	    chain_base_of(&link, &chain_head(y->chain)->header->state_root);
	struct chain_work w;
	uint64_t i;

	yard_open(&maker, "maker", FORK_LONDON);
	for (i = 1; i <= yard_head(y); i++)
		EXPECT_RC(yard_give(&maker, yard_raw(y, i)), RC_OK);
	yard_sync_nonces(&maker);
	yard_tx(&maker, 0, yard_target(1), 77);
	EXPECT_RC(
	    chain_work_open(y->chain, &w, yard_block(&maker, 3), NULL), RC_OK);
	EXPECT_RC(chain_recover_work(y->chain, &w, NULL), RC_OK);
	EXPECT_RC(chain_execute(y->chain, &w, &base, NULL), RC_OK);
	w.out->total_difficulty = chain_head(maker.chain)->total_difficulty;
	tell_lie(y, &w, lie);
	w.out->raw = yard_forge(y, &w.block);
	w.out->header = w.block.header;
	if (lie == OTHER_BYTES)
		w.block.header.mix.b[0] ^= 1;
	w.out->hash = header_hash(&w.block.header);
	w.out->header = w.block.header;
	/* The store is the writer's alone: the chain steps aside. */
	engine_free(y->engine);
	chain_close(y->chain);
	y->chain = NULL;
	EXPECT_RC(store_append(y->store, &w.out, 1, 2, NULL), RC_OK);
	w.out = NULL;
	chain_work_close(&w);
	yard_close(&maker);
}

TEST(test_audit_of_a_lying_store_says_where)
{
	struct heard h;
	struct yard y;
	size_t i, k;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		test_row(lies[i].name);
		yard_open(&y, "a", FORK_LONDON);
		some_blocks(&y, 2);
		append_lie(&y, lies[i].lie);
		EXPECT_RC(audit(&y, &h), RC_CORRUPT);
		for (k = 0; k < 3 && lies[i].want[k] != NULL; k++)
			if (strstr(h.text, lies[i].want[k]) == NULL)
				test_fail(__FILE__, __LINE__,
				    "no \"%s\" in:\n%s", lies[i].want[k],
				    h.text);
		EXPECT(h.lines > 0);
		yard_close(&y);
	}
}
