/* SPDX-License-Identifier: Apache-2.0
 *
 * Each row of invariant.def is broken by one change of the facts, and says
 * so by its name.
 */
#include <stdio.h>

#include "chain/chain_priv.h"
#include "yard.h"

/* The facts of a good block, as chain_check_head has them. */
struct fixture {
	struct yard y;
	struct chain_work w;
	struct chain_run run;
	struct chain_link link;
	struct chain_base base;
	struct chain_facts f;
	char said[256];
};

static void
open_facts(struct fixture *x)
{
	struct header parent, got;
	struct addr author;

	*x = (struct fixture){0};
	yard_open(&x->y, "a", FORK_LONDON);
	yard_tx(&x->y, 0, yard_target(1), 5);
	yard_tx(&x->y, 1, yard_target(2), 6);
	yard_tx(&x->y, 0, yard_target(1), 7);
	EXPECT_RC(
	    chain_work_open(x->y.chain, &x->w, yard_block(&x->y, 1), NULL),
	    RC_OK);
	EXPECT_RC(chain_recover_work(x->y.chain, &x->w, NULL), RC_OK);
	EXPECT_RC(store_header(chain_view(x->y.chain), &parent,
		      &x->w.block.header.parent, NULL),
	    RC_OK);
	x->link = (struct chain_link){.view = chain_view(x->y.chain)};
	x->base = chain_base_of(&x->link, &parent.state_root);
	got = x->w.block.header;
	author = got.coinbase;
	EXPECT_RC(
	    chain_run_open(x->y.chain, &x->run, &x->base, &got, &author, NULL),
	    RC_OK);
	EXPECT_RC(
	    chain_run_block(&x->run, &x->w.block, x->w.senders, true, NULL),
	    RC_OK);
	EXPECT_RC(chain_run_finish(&x->run, &got, x->w.out, NULL), RC_OK);
	EXPECT_RC(chain_compare(&got, &x->w.block.header, NULL), RC_OK);
	x->f = (struct chain_facts){.scratch = &x->run.scratch,
	    .view = chain_view(x->y.chain),
	    .genesis = &x->y.g,
	    .block = &x->w.block,
	    .hash = x->w.out->hash,
	    .senders = x->w.senders,
	    .receipts = x->run.receipts,
	    .diff = &x->w.out->diff};
}

static void
close_facts(struct fixture *x)
{
	chain_run_close(&x->run);
	chain_work_close(&x->w);
	yard_close(&x->y);
}

static void
collect(void *ctx, const char *row, enum rc rc, const struct err *e)
{
	struct fixture *x = ctx;
	size_t len = strlen(x->said);

	(void)e;
	EXPECT(rc != RC_OK);
	snprintf(x->said + len, sizeof(x->said) - len, "%s ", row);
}

TEST(test_invariants_of_a_good_block_hold)
{
	struct fixture x;

	open_facts(&x);
	EXPECT_U64(chain_check_facts(&x.f, true, collect, &x), 0);
	EXPECT_STR(x.said, "");
	close_facts(&x);
}

enum damage {
	NUMBER,
	HASH,
	DIFFICULTY,
	TX_HASH,
	TX_ORDER,
	SENDER,
	RECEIPT,
	ROOT,
	BLOOM,
	NONCE,
	MONEY,
	FEE,
	GONE
};

static const struct {
	const char *name;
	enum damage damage;
	const char *want;
} rows[] = {
    {"another number", NUMBER, "head_link tx_index flat_state trie_state "},
    {"a hash nobody knows", HASH,
	"head_link senders receipts receipts_root bloom "},
    {"a difficulty that was not added", DIFFICULTY, "head_link "},
    {"a transaction nobody knows", TX_HASH, "tx_index "},
    {"transactions changed places", TX_ORDER, "tx_index nonces "},
    {"another sender", SENDER, "senders nonces "},
    {"another gas used", RECEIPT, "receipts "},
    {"another receipts root", ROOT, "receipts_root "},
    {"another bloom", BLOOM, "bloom "},
    {"a nonce that did not rise", NONCE, "nonces flat_state trie_state "},
    {"money from nowhere", MONEY, "balance_sum flat_state trie_state "},
    {"a base fee that was not burnt", FEE, "balance_sum "},
    {"an account that is there but should not be", GONE,
	"balance_sum flat_state trie_state "},
};

static void
apply(struct fixture *x, enum damage damage)
{
	struct header *h = &x->w.block.header;
	struct tx *txs = x->w.block.txs, swap = txs[0];
	struct state_account_change *c = x->w.out->diff.accounts;
	size_t i = 0, richest = 0;

	switch (damage) {
	case NUMBER:
		h->number = 0;
		break;
	case HASH:
		x->f.hash.b[0] ^= 1;
		break;
	case DIFFICULTY:
		h->difficulty.w[0]++;
		break;
	case TX_HASH:
		txs[1].hash.b[0] ^= 1;
		break;
	case TX_ORDER:
		txs[0] = txs[2];
		txs[2] = swap;
		break;
	case SENDER:
		x->w.senders[1] = yard_target(9);
		break;
	case RECEIPT:
		x->run.receipts[1].gas_used++;
		break;
	case ROOT:
		h->receipts_root.b[0] ^= 1;
		break;
	case BLOOM:
		h->bloom.b[0] ^= 1;
		break;
	case NONCE:
		while (c[i].after.nonce != 2)
			i++;
		c[i].after.nonce = 1;
		break;
	case MONEY:
		c[0].after.balance.w[0]++;
		break;
	case FEE:
		h->base_fee.w[0]++;
		break;
	case GONE:
		for (; i < x->w.out->diff.account_cnt; i++)
			if (c[i].after.nonce == 0)
				richest = i;
		c[richest].has_after = false;
		break;
	}
}

TEST(test_invariant_broken_is_named)
{
	struct fixture x;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		open_facts(&x);
		apply(&x, rows[i].damage);
		chain_check_facts(&x.f, true, collect, &x);
		EXPECT_STR(x.said, rows[i].want);
		close_facts(&x);
	}
}
