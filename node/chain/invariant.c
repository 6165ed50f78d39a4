/* SPDX-License-Identifier: Apache-2.0
 *
 * Named promises about a canonical block, each checked against a second
 * source: what the store answers against what executing the block again
 * gives. They run after every import in debug builds, on demand, and over
 * each block of an audit.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/hex.h"
#include "chain/chain_priv.h"
#include "eth/addr.h"
#include "eth/blobfee.h"
#include "eth/bloom.h"
#include "trie/trie.h"

enum { HASH_TEXT_MAX = 2 * 32 + 3 };

typedef enum rc invariant_fn(const struct chain_facts *f, struct err *e);

/* violated adds the block to a finding. */
#define VIOLATED(f, e, fmt, ...)                                               \
	FAIL((e), RC_CORRUPT, "block %llu: " fmt,                              \
	    (unsigned long long)(f)->block->header.number, __VA_ARGS__)

static enum rc
check_head_link(const struct chain_facts *f, struct err *e)
{
	const struct header *h = &f->block->header;
	struct hash at, parent;
	struct u256 td, sum;

	TRY(store_hash_of(f->view, &at, h->number, e));
	TRY(store_total_difficulty(f->view, &td, &f->hash, e));
	if (!hash_eq(&at, &f->hash))
		return VIOLATED(f, e, "%s", "another hash at this number");
	if (h->number == 0)
		return RC_OK;
	TRY(store_hash_of(f->view, &parent, h->number - 1, e));
	if (!hash_eq(&parent, &h->parent))
		return VIOLATED(
		    f, e, "%s", "the block before is not its parent");
	TRY(store_total_difficulty(f->view, &sum, &parent, e));
	u256_add(&sum, &sum, &h->difficulty);
	if (!u256_eq(&sum, &td))
		return VIOLATED(f, e, "%s", "total difficulty is not the sum");
	return RC_OK;
}

static enum rc
check_tx_index(const struct chain_facts *f, struct err *e)
{
	uint64_t number, index;
	size_t i;

	for (i = 0; i < f->block->tx_cnt; i++) {
		TRY(store_tx_at(
		    f->view, &number, &index, &f->block->txs[i].hash, e));
		if (number != f->block->header.number || index != i)
			return VIOLATED(f, e,
			    "transaction %zu is indexed at block %llu, %llu", i,
			    (unsigned long long)number,
			    (unsigned long long)index);
	}
	return RC_OK;
}

static enum rc
check_senders(const struct chain_facts *f, struct err *e)
{
	struct bytes stored,
	    want = bytes_of(f->senders, f->block->tx_cnt * sizeof(struct addr));

	TRY(store_senders(f->view, &stored, &f->hash, e));
	if (!bytes_eq(stored, want))
		return VIOLATED(f, e, "%s", "stored senders differ");
	return RC_OK;
}

static enum rc
check_receipts(const struct chain_facts *f, struct err *e)
{
	struct bytes stored, want;

	TRY(store_receipts(f->view, &stored, &f->hash, e));
	TRY(receipts_pack(f->scratch, &want, f->receipts, f->block->tx_cnt, e));
	if (!bytes_eq(stored, want))
		return VIOLATED(f, e, "%s", "stored receipts differ");
	return RC_OK;
}

static enum rc
stored_receipts(const struct chain_facts *f, struct receipt **out, size_t *cnt,
    struct err *e)
{
	struct bytes stored;

	TRY(store_receipts(f->view, &stored, &f->hash, e));
	return receipts_unpack(f->scratch, out, cnt, stored, e);
}

static enum rc
check_receipts_root(const struct chain_facts *f, struct err *e)
{
	char got[HASH_TEXT_MAX], want[HASH_TEXT_MAX];
	struct receipt *receipts;
	struct hash root;
	size_t cnt;

	TRY(stored_receipts(f, &receipts, &cnt, e));
	TRY(chain_receipts_root(f->scratch, &root, receipts, cnt, e));
	if (hash_eq(&root, &f->block->header.receipts_root))
		return RC_OK;
	return VIOLATED(f, e, "receipts root %s, header says %s",
	    hex_put0x(got, hash_bytes(&root)),
	    hex_put0x(want, hash_bytes(&f->block->header.receipts_root)));
}

static enum rc
check_bloom(const struct chain_facts *f, struct err *e)
{
	struct receipt *receipts;
	struct bloom sum = {{0}};
	size_t i, j, cnt;

	TRY(stored_receipts(f, &receipts, &cnt, e));
	for (i = 0; i < cnt; i++)
		for (j = 0; j < receipts[i].log_cnt; j++)
			bloom_add_log(&sum, &receipts[i].logs[j]);
	if (memcmp(sum.b, f->block->header.bloom.b, sizeof(sum.b)) != 0)
		return VIOLATED(f, e, "%s", "bloom is not that of the logs");
	return RC_OK;
}

static int
by_hash(const void *key, const void *item)
{
	const struct state_account_change *c = item;

	return memcmp(key, c->addr_hash.b, sizeof(c->addr_hash.b));
}

/* change_of finds what a block did to an account, NULL for nothing. */
static const struct state_account_change *
change_of(const struct state_diff *d, const struct addr *addr)
{
	struct hash key = hash_keccak(addr_bytes(addr));

	if (d->account_cnt == 0)
		return NULL;
	return bsearch(
	    key.b, d->accounts, d->account_cnt, sizeof(*d->accounts), by_hash);
}

/* check_nonce compares a transaction with its sender's one before it in the
 * block (NULL: none) and with what the block did to the account. Code may
 * raise nonces further, so that they need not be consecutive. */
static enum rc
check_nonce(const struct chain_facts *f, size_t i, const struct tx *before,
    struct err *e)
{
	const struct addr *from = &f->senders[i];
	const struct state_account_change *c = change_of(f->diff, from);
	uint64_t nonce = f->block->txs[i].nonce;
	char text[ADDR_TEXT_MAX];

	if (c != NULL && nonce >= c->before.nonce && nonce < c->after.nonce &&
	    (before == NULL || nonce > before->nonce))
		return RC_OK;
	return VIOLATED(f, e, "nonce %llu of %s did not rise",
	    (unsigned long long)nonce, addr_text(text, from));
}

static enum rc
check_nonces(const struct chain_facts *f, struct err *e)
{
	struct map last;
	enum rc rc = RC_OK;
	size_t i;

	map_init(&last, sizeof(struct addr), f->block->tx_cnt + 1);
	for (i = 0; rc == RC_OK && i < f->block->tx_cnt; i++) {
		rc = check_nonce(f, i, map_get(&last, f->senders[i].b), e);
		if (!map_put(&last, f->senders[i].b, &f->block->txs[i]))
			rc = FAIL(e, RC_NO_MEMORY, "no memory for a check");
	}
	map_free(&last);
	return rc;
}

void
chain_expected_change(const struct genesis *g, const struct block *b,
    struct u256 *minted, struct u256 *burnt)
{
	const struct header *h = &b->header;
	struct u256 wei, ommers = U256_ZERO;
	size_t i;

	*minted = U256_ZERO;
	if (chain_pays(g))
		exec_minted(minted, &ommers, &g->forks, b);
	u256_add(minted, minted, &ommers);
	for (i = 0; i < b->withdrawal_cnt; i++) {
		wei = u256_from_u64(b->withdrawals[i].amount_gwei);
		u256_mul_u64(&wei, &wei, 1000000000);
		u256_add(minted, minted, &wei);
	}
	u256_mul_u64(burnt, &h->base_fee, h->gas_used);
	blobfee_of(&wei, &g->forks, h);
	u256_mul_u64(&wei, &wei, h->blob_gas_used);
	u256_add(burnt, burnt, &wei);
}

static enum rc
check_balance_sum(const struct chain_facts *f, struct err *e)
{
	struct u256 before = U256_ZERO, after = U256_ZERO, minted, burnt;
	char in[U256_DEC_MAX], out[U256_DEC_MAX];
	size_t i;

	if (f->block->header.number == 0)
		return RC_OK;
	for (i = 0; i < f->diff->account_cnt; i++) {
		const struct state_account_change *c = &f->diff->accounts[i];

		if (c->had_before)
			u256_add(&before, &before, &c->before.balance);
		if (c->has_after)
			u256_add(&after, &after, &c->after.balance);
	}
	chain_expected_change(f->genesis, f->block, &minted, &burnt);
	u256_add(&burnt, &burnt, &f->burnt);
	u256_add(&before, &before, &minted);
	u256_add(&after, &after, &burnt);
	if (u256_eq(&before, &after))
		return RC_OK;
	u256_dec(in, &before);
	u256_dec(out, &after);
	return VIOLATED(f, e,
	    "balances with what was minted are %s, with what was burnt %s", in,
	    out);
}

/* How many changes lie between two that are looked up in the state. */
static size_t
stride(const struct chain_facts *f, size_t cnt)
{
	return f->lookup_max == 0 ? 1 : cnt / f->lookup_max + 1;
}

static enum rc
check_flat_account(const struct chain_facts *f,
    const struct state_account_change *c, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct account got;
	bool found;

	TRY(store_account(
	    f->view, f->block->header.number, &got, &found, &c->addr, e));
	if (found == c->has_after && (!found || account_eq(&got, &c->after)))
		return RC_OK;
	return VIOLATED(
	    f, e, "stored account %s differs", addr_text(text, &c->addr));
}

static enum rc
check_flat_state(const struct chain_facts *f, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct u256 got;
	size_t i, step = stride(f, f->diff->account_cnt);

	for (i = 0; i < f->diff->account_cnt; i += step)
		TRY(check_flat_account(f, &f->diff->accounts[i], e));
	step = stride(f, f->diff->slot_cnt);
	for (i = 0; i < f->diff->slot_cnt; i += step) {
		const struct state_slot_change *c = &f->diff->slots[i];

		TRY(store_slot(f->view, f->block->header.number, &got, &c->addr,
		    &c->key, e));
		if (!u256_eq(&got, &c->after))
			return VIOLATED(f, e, "a stored slot of %s differs",
			    addr_text(text, &c->addr));
	}
	return RC_OK;
}

static enum rc
account_trie_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct chain_facts *f = ctx;

	return store_node(f->view, f->block->header.number, out, NULL, path, e);
}

static enum rc
check_trie_state(const struct chain_facts *f, struct err *e)
{
	struct chain_facts copy = *f;
	struct trie_source src = {.get = account_trie_node, .ctx = &copy};
	uint8_t rlp[ACCOUNT_RLP_MAX];
	char text[ADDR_TEXT_MAX];
	struct bytes got, want;
	size_t i, step = stride(f, f->diff->account_cnt);

	for (i = 0; i < f->diff->account_cnt; i += step) {
		const struct state_account_change *c = &f->diff->accounts[i];

		TRY(trie_get(f->scratch, &got, &src,
		    &f->block->header.state_root, &c->addr_hash, e));
		want = bytes_of(
		    rlp, c->has_after ? account_encode(rlp, &c->after) : 0);
		if (!bytes_eq(got, want))
			return VIOLATED(f, e, "account %s differs in the trie",
			    addr_text(text, &c->addr));
	}
	return RC_OK;
}

enum reads { READS_BLOCK, READS_HEAD };

static const struct invariant {
	const char *name;
	enum reads reads;
	invariant_fn *check;
} invariants[] = {
#define INVARIANT(name, reads, what) {#name, READS_##reads, check_##name},
#include "chain/invariant.def"
#undef INVARIANT
};

size_t
chain_check_facts(const struct chain_facts *f, bool is_head,
    void (*say)(void *ctx, const char *row, enum rc rc, const struct err *e),
    void *ctx)
{
	struct arena_mark mark = arena_save(f->scratch);
	size_t i, cnt = 0;

	for (i = 0; i < ARRAY_CNT(invariants); i++) {
		struct err e = {0};
		enum rc rc;

		if (invariants[i].reads == READS_HEAD && !is_head)
			continue;
		rc = invariants[i].check(f, &e);
		arena_rewind(f->scratch, mark);
		if (rc == RC_OK)
			continue;
		cnt++;
		say(ctx, invariants[i].name, rc, &e);
	}
	return cnt;
}

/* The head again. --------------------------------------------------- */

struct first {
	enum rc rc;
	struct err *e;
};

/* keep_first keeps a lack of memory apart from a broken promise. */
static void
keep_first(void *ctx, const char *row, enum rc rc, const struct err *e)
{
	struct first *f = ctx;

	if (f->rc == RC_OK)
		f->rc = FAIL(f->e, chain_is_fatal(rc) ? rc : RC_CORRUPT,
		    "%s: %s", row, err_message(e, rc));
}

enum rc
chain_check_all(const struct chain_facts *f, struct err *e)
{
	struct first first = {.e = e};

	chain_check_facts(f, true, keep_first, &first);
	return first.rc;
}

/* run_head executes the head again on its parent's state. */
static enum rc
run_head(const struct chain *c, struct chain_work *w,
    const struct chain_base *base, struct chain_run *r, struct err *e)
{
	struct header got = w->block.header;
	struct addr author;

	TRY(chain_recover_work(c, w, e));
	TRY(chain_author(c, &author, &w->block.header, e));
	TRY(chain_run_open(c, r, base, &w->block.header, &author, e));
	TRY(chain_run_block(
	    r, &w->block, w->senders, chain_pays(c->genesis), e));
	TRY(chain_run_finish(r, &got, w->out, e));
	return chain_compare(&got, &w->block.header, e);
}

static enum rc
check_again(const struct chain *c, struct chain_work *w, struct err *e)
{
	struct chain_link link = {
	    .view = c->view, .number = c->head.number - 1};
	struct chain_run r = {0};
	struct chain_base base;
	struct header parent;
	enum rc rc;

	TRY(store_header(c->view, &parent, &w->block.header.parent, e));
	base = chain_base_of(&link, &parent.state_root);
	rc = run_head(c, w, &base, &r, e);
	if (rc == RC_OK) {
		struct chain_facts f = {.scratch = &r.scratch,
		    .view = c->view,
		    .genesis = c->genesis,
		    .block = &w->block,
		    .hash = c->head.hash,
		    .senders = w->senders,
		    .receipts = r.receipts,
		    .burnt = w->out->burnt,
		    .diff = &w->out->diff};

		rc = chain_check_all(&f, e);
	}
	chain_run_close(&r);
	return rc;
}

enum rc
chain_check_head(struct chain *c, struct err *e)
{
	struct chain_work w;
	struct bytes raw;
	enum rc rc;

	/* Genesis has no transactions and no parent to run it on. */
	if (c->head.number == 0 ||
	    c->head.number - 1 < store_view_oldest(c->view))
		return RC_OK;
	TRY(store_raw(c->view, &raw, &c->head.hash, e));
	TRY(chain_work_open(c, &w, raw, e));
	rc = check_again(c, &w, e);
	chain_work_close(&w);
	return rc;
}
