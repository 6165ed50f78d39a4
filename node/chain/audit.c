/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust nothing: from the genesis document every canonical block is checked
 * and executed again into a state in memory, and everything the store
 * answers is held against it, at the end the whole newest state. A finding
 * is a line; the audit goes on where it can. The pool is not chain's to
 * judge: pool_audit does that.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/hex.h"
#include "chain/chain_priv.h"
#include "eth/addr.h"

enum { HASH_TEXT_MAX = 2 * 32 + 3, LINE_MAX_LEN = 512 };

/* Findings after which an audit stops saying more of them: a store that is
 * another chain altogether would give one for each account. */
enum { FINDING_MAX = 1000 };

struct audit {
	struct store_view *view;
	const struct genesis *genesis;
	struct chain chain; /* engine and genesis, for the shared steps */
	struct chain_overlay state;
	struct header parent;
	struct u256 supply; /* what all balances should add up to */
	uint64_t number;    /* of the block under audit */
	size_t findings;
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

static void __attribute__((format(printf, 2, 3)))
finding(struct audit *a, const char *fmt, ...)
{
	char line[LINE_MAX_LEN];
	va_list ap;

	if (a->findings++ >= FINDING_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	a->say(a->ctx, line);
}

/* block_finding is finding with the block in front. */
static void
block_finding(
    struct audit *a, const char *what, enum rc rc, const struct err *e)
{
	finding(a, "block %llu: %s: %s", (unsigned long long)a->number, what,
	    err_message(e, rc));
}

/* Genesis. ---------------------------------------------------------- */

static enum rc
audit_genesis(struct audit *a, struct err *e)
{
	char got[HASH_TEXT_MAX], want[HASH_TEXT_MAX];
	struct store_block *b;
	struct hash stored;
	enum rc rc;
	size_t i;

	TRY(chain_genesis_block(&b, a->genesis, e));
	rc = chain_overlay_add(
	    &a->state, &b->header.state_root, &b->diff, &b->nodes, e);
	if (rc == RC_OK)
		rc = store_hash_of(a->view, &stored, 0, e);
	if (rc == RC_OK && !hash_eq(&stored, &b->hash))
		rc = FAIL(e, RC_CONF,
		    "the store begins with genesis %s, the document gives %s",
		    hex_put0x(got, hash_bytes(&stored)),
		    hex_put0x(want, hash_bytes(&b->hash)));
	for (i = 0; i < a->genesis->account_cnt; i++)
		u256_add(
		    &a->supply, &a->supply, &a->genesis->accounts[i].balance);
	store_block_free(b);
	if (rc == RC_OK)
		rc = store_header(a->view, &a->parent, &stored, e);
	return rc;
}

/* One block. -------------------------------------------------------- */

static void
say_violation(void *ctx, const char *row, enum rc rc, const struct err *e)
{
	block_finding(ctx, row, rc, e);
}

/* audit_links checks what a header says beside its parent's. */
static void
audit_links(
    struct audit *a, const struct chain_work *w, const struct hash *stored)
{
	const struct header *h = &w->block.header;
	struct err e = {0};
	enum rc rc;

	if (!hash_eq(&w->out->hash, stored))
		finding(a, "block %llu: its bytes have another hash",
		    (unsigned long long)a->number);
	if (h->number != a->number)
		finding(a, "block %llu: header says number %llu",
		    (unsigned long long)a->number,
		    (unsigned long long)h->number);
	if (h->time < a->parent.time)
		finding(a, "block %llu: time %llu is before its parent's %llu",
		    (unsigned long long)a->number, (unsigned long long)h->time,
		    (unsigned long long)a->parent.time);
	rc = engine_verify(a->chain.engine, h, &a->parent, h->time, &e);
	if (rc == RC_OK)
		rc = chain_check_header(&a->genesis->forks, h, &a->parent, &e);
	if (rc != RC_OK)
		block_finding(a, "header", rc, &e);
}

/* count_supply moves the expected sum of all balances by what the block
 * minted and burnt. */
static void
count_supply(struct audit *a, const struct chain_work *w)
{
	struct u256 minted, burnt;

	chain_expected_change(a->genesis, &w->block, &minted, &burnt);
	u256_add(&burnt, &burnt, &w->out->burnt);
	u256_add(&a->supply, &a->supply, &minted);
	u256_sub(&a->supply, &a->supply, &burnt);
}

/* run_block executes the block on the state in memory and checks it. */
static enum rc
run_block(
    struct audit *a, struct chain_work *w, struct chain_run *r, struct err *e)
{
	struct chain_base base = chain_overlay_base(&a->state, a->view);
	struct header got = w->block.header;
	struct addr author;
	struct err why = {0};
	enum rc rc;

	TRY(chain_recover_work(&a->chain, w, e));
	TRY(chain_author(&a->chain, &author, &w->block.header, e));
	TRY(chain_run_open(&a->chain, r, &base, &w->block.header, &author, e));
	TRY(chain_run_block(
	    r, &w->block, w->senders, chain_pays(a->genesis), e));
	TRY(chain_run_finish(r, &got, w->out, e));
	rc = chain_compare(&got, &w->block.header, &why);
	if (rc != RC_OK)
		block_finding(a, "execution", rc, &why);
	return chain_overlay_add(
	    &a->state, &got.state_root, &w->out->diff, &w->out->nodes, e);
}

static enum rc
audit_body(struct audit *a, struct chain_work *w, struct err *e)
{
	struct chain_run r = {0};
	struct err why = {0};
	enum rc rc;

	rc = chain_check_body(&w->scratch, &w->block, &why);
	if (rc != RC_OK)
		block_finding(a, "body", rc, &why);
	rc = run_block(a, w, &r, e);
	if (rc == RC_OK) {
		struct chain_facts f = {.scratch = &w->scratch,
		    .view = a->view,
		    .genesis = a->genesis,
		    .block = &w->block,
		    .hash = w->out->hash,
		    .senders = w->senders,
		    .receipts = r.receipts,
		    .burnt = w->out->burnt,
		    .diff = &w->out->diff};

		chain_check_facts(&f, false, say_violation, a);
		count_supply(a, w);
	}
	chain_run_close(&r);
	return rc;
}

static enum rc
audit_block(struct audit *a, struct err *e)
{
	struct chain_work w;
	struct hash hash;
	struct bytes raw;
	enum rc rc;

	TRY(store_hash_of(a->view, &hash, a->number, e));
	TRY(store_raw(a->view, &raw, &hash, e));
	TRY(chain_work_open(&a->chain, &w, raw, e));
	audit_links(a, &w, &hash);
	rc = audit_body(a, &w, e);
	/* The view's copy lives as long as the view; w's does not. */
	if (rc == RC_OK)
		rc = store_header(a->view, &a->parent, &hash, e);
	chain_work_close(&w);
	return rc;
}

/* The newest state. ------------------------------------------------- */

/* What the walks over the store's tables find. */
struct walk {
	struct audit *a;
	struct addr addr; /* whose slots */
	size_t accounts, slots;
	struct u256 sum;
};

static bool
see_account(void *ctx, const struct addr *addr, const struct account *acc)
{
	struct walk *w = ctx;
	struct chain_base base = chain_overlay_base(&w->a->state, NULL);
	char text[ADDR_TEXT_MAX];
	struct account want;
	bool found = false;

	w->accounts++;
	u256_add(&w->sum, &w->sum, &acc->balance);
	if (base.src.account(base.src.ctx, &want, &found, addr, NULL) !=
		RC_OK ||
	    !found)
		finding(w->a, "state: account %s should not be there",
		    addr_text(text, addr));
	else if (!account_eq(&want, acc))
		finding(w->a, "state: account %s differs from the execution",
		    addr_text(text, addr));
	return true;
}

static bool
see_slot(void *ctx, const struct hash *key, const struct u256 *value)
{
	struct walk *w = ctx;
	struct chain_base base = chain_overlay_base(&w->a->state, NULL);
	char text[ADDR_TEXT_MAX], at[HASH_TEXT_MAX];
	struct u256 want = U256_ZERO;

	w->slots++;
	if (base.src.slot(base.src.ctx, &want, &w->addr, key, NULL) != RC_OK ||
	    !u256_eq(&want, value))
		finding(w->a, "state: slot %s of %s differs",
		    hex_put0x(at, hash_bytes(key)), addr_text(text, &w->addr));
	return true;
}

static enum rc
audit_slots(struct audit *a, struct walk *w, struct err *e)
{
	const struct map *accounts = chain_overlay_accounts(&a->state);
	const void *key;
	void *value;
	size_t at = 0;

	while (map_next(accounts, &at, &key, &value)) {
		memcpy(w->addr.b, key, sizeof(w->addr.b));
		TRY(store_each_slot(a->view, &w->addr, see_slot, w, e));
	}
	return RC_OK;
}

static enum rc
audit_state(struct audit *a, struct err *e)
{
	char got[U256_DEC_MAX], want[U256_DEC_MAX];
	struct walk w = {.a = a};
	size_t accounts, slots;

	TRY(store_each_account(a->view, see_account, &w, e));
	TRY(audit_slots(a, &w, e));
	chain_overlay_count(&a->state, &accounts, &slots);
	if (w.accounts != accounts)
		finding(a, "state: %zu accounts stored, execution gives %zu",
		    w.accounts, accounts);
	if (w.slots != slots)
		finding(a, "state: %zu slots stored, execution gives %zu",
		    w.slots, slots);
	if (!u256_eq(&w.sum, &a->supply)) {
		u256_dec(got, &w.sum);
		u256_dec(want, &a->supply);
		finding(
		    a, "state: balances add up to %s, should be %s", got, want);
	}
	return RC_OK;
}

/* The whole. -------------------------------------------------------- */

static enum rc
audit_all(struct audit *a, struct err *e)
{
	struct store_head head;

	TRY(audit_genesis(a, e));
	store_view_head(a->view, &head);
	for (a->number = 1; a->number <= head.number; a->number++)
		TRY(audit_block(a, e));
	return audit_state(a, e);
}

static enum rc
conclude(struct audit *a, enum rc rc, struct err *e)
{
	if (rc != RC_OK) {
		finding(a, "stopped at block %llu: %s",
		    (unsigned long long)a->number, err_message(e, rc));
		return chain_is_fatal(rc) ? rc : RC_CORRUPT;
	}
	if (a->findings == 0)
		return RC_OK;
	return FAIL(e, RC_CORRUPT, "%zu findings", a->findings);
}

enum rc
chain_audit(struct store *s, const struct genesis *g, struct engine *engine,
    void (*say)(void *ctx, const char *line), void *ctx, struct err *e)
{
	struct chain_base nothing = chain_base_empty();
	struct audit a = {.genesis = g, .say = say, .ctx = ctx};
	struct err why = {0};
	enum rc rc;

	a.chain.genesis = g;
	a.chain.engine = engine;
	a.chain.block_bytes_max = CHAIN_BLOCK_BYTES_MAX;
	TRY(store_view_open(&a.view, s, e));
	a.chain.vm = evm_new();
	if (a.chain.vm == NULL) {
		store_view_close(a.view);
		return FAIL(e, RC_NO_MEMORY, "no memory for a machine");
	}
	chain_overlay_open(&a.state, &nothing);
	rc = conclude(&a, audit_all(&a, &why), &why);
	chain_overlay_close(&a.state);
	evm_free(a.chain.vm);
	store_view_close(a.view);
	return rc == RC_OK ? rc : FAIL(e, rc, "%s", err_message(&why, rc));
}
