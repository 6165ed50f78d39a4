/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit of a stopped node's pool. The log is replayed into a pool as at a
 * start, without a byte changed on disk; what a start believes is checked
 * here: senders are recovered again, the chain is asked for each transaction,
 * and which of them are executable is counted anew from nonces and balances.
 *
 * A file that is damaged is one finding; what was read before it is judged
 * all the same. Two things cannot be seen from the log alone: that it is
 * gone as a whole, and that the last group was damaged and not torn.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"
#include "pool/pool_priv.h"

enum { LINE_LEN = 512, HASH_TEXT_MAX = 67 };

/* Lines of each kind; a log of another chain would give one for each of its
 * transactions. */
enum { LINES_MAX = 1000 };

struct audit {
	const struct pool_auditor *by;
	struct pool *pool;
	struct pool_log_reader into; /* the pool's own reader */
	struct pool_audit *out;
	size_t notes;
};

static void __attribute__((format(printf, 2, 3)))
finding(struct audit *a, const char *fmt, ...)
{
	char line[LINE_LEN];
	va_list ap;

	if (a->out->findings++ >= LINES_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	a->by->finding(a->by->ctx, line);
}

static void __attribute__((format(printf, 2, 3)))
note(struct audit *a, const char *fmt, ...)
{
	char line[LINE_LEN];
	va_list ap;

	if (a->notes++ >= LINES_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	a->by->note(a->by->ctx, line);
}

/* Records. ---------------------------------------------------------- */

static void
check_sender(struct audit *a, const struct pool_tx *t, const char *name)
{
	char has[ADDR_TEXT_MAX], should[ADDR_TEXT_MAX];
	struct addr from;
	struct err why = {.rc = RC_OK};
	enum rc rc = tx_sender(&from, &t->tx, &why);

	if (rc != RC_OK)
		finding(a, "transaction %s: %s", name, err_message(&why, rc));
	else if (!addr_eq(&from, &t->sender))
		finding(a, "transaction %s: recorded for %s, signed by %s",
		    name, addr_text(has, &t->sender), addr_text(should, &from));
}

/* check_kind names what no node of this chain can have taken. */
static void
check_kind(struct audit *a, const struct tx *tx, const char *name)
{
	uint64_t want = a->pool->conf.chain_id;

	if (tx->has_chain_id && tx->chain_id != want)
		finding(a,
		    "transaction %s: for chain %" PRIu64 ", this is %" PRIu64,
		    name, tx->chain_id, want);
	if (tx->type == TX_BLOB)
		finding(a, "transaction %s: blobs are never pooled", name);
	if (tx->nonce == UINT64_MAX)
		finding(a, "transaction %s: its nonce is the last", name);
}

/* count_past counts a record that the pool will not take in. */
static enum rc
count_past(struct audit *a, const struct pool_tx *t, struct err *e)
{
	const struct pool_view *view = &a->pool->view;
	struct u256 balance;
	uint64_t nonce;
	enum rc rc;

	TRY(view->account(view->ctx, &nonce, &balance, &t->sender, e));
	if (t->tx.nonce >= nonce)
		return RC_OK;
	rc = a->by->is_mined(a->by->ctx, &t->tx.hash, e);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	a->out->past++;
	a->out->mined += rc == RC_OK ? 1 : 0;
	return RC_OK;
}

/* take_add judges one record and hands it on. */
static enum rc
take_add(void *ctx, struct pool_log *l, struct pool_tx *t, uint32_t bytes,
    struct err *e)
{
	struct audit *a = ctx;
	char name[HASH_TEXT_MAX];
	enum rc rc;

	hex_put0x(name, hash_bytes(&t->tx.hash));
	check_sender(a, t, name);
	check_kind(a, &t->tx, name);
	rc = count_past(a, t, e);
	if (rc != RC_OK) {
		pool_tx_put(t);
		return rc;
	}
	return a->into.add(a->into.ctx, l, t, bytes, e);
}

static void
take_del(void *ctx, const struct hash *hash)
{
	struct audit *a = ctx;

	a->into.del(a->into.ctx, hash);
}

/* Accounts. --------------------------------------------------------- */

/* struct run is what one account can have mined now, counted from the chain
 * and its transactions alone. */
struct run {
	uint64_t nonce;
	struct u256 balance, spent;
	size_t cnt;
	bool is_short; /* the next one lacks funds; otherwise it is a gap */
};

static enum rc
count_run(struct audit *a, struct run *r, const struct pool_account *acc,
    struct err *e)
{
	const struct pool_view *view = &a->pool->view;
	struct u256 cost, sum = U256_ZERO;

	*r = (struct run){.spent = U256_ZERO};
	TRY(view->account(view->ctx, &r->nonce, &r->balance, &acc->addr, e));
	for (; r->cnt < acc->cnt; r->cnt++) {
		const struct tx *tx = &acc->v[r->cnt]->tx->tx;

		if (tx->nonce != r->nonce + r->cnt)
			return RC_OK;
		r->is_short = !pool_cost(&cost, tx) ||
			      u256_add(&sum, &r->spent, &cost) ||
			      u256_lt(&r->balance, &sum);
		if (r->is_short)
			return RC_OK;
		r->spent = sum;
	}
	return RC_OK;
}

static void
explain_queued(
    struct audit *a, const struct run *r, const struct pool_account *acc)
{
	char addr[ADDR_TEXT_MAX], balance[U256_DEC_MAX], spent[U256_DEC_MAX];
	uint64_t nonce = acc->v[r->cnt]->tx->tx.nonce;

	addr_text(addr, &acc->addr);
	u256_dec(balance, &r->balance);
	u256_dec(spent, &r->spent);
	if (r->is_short)
		note(a,
		    "%s: %zu queued from nonce %" PRIu64
		    ": balance %s does not cover it beside %s",
		    addr, acc->cnt - r->cnt, nonce, balance, spent);
	else
		note(a,
		    "%s: %zu queued from nonce %" PRIu64 ": nonce %" PRIu64
		    " is missing",
		    addr, acc->cnt - r->cnt, nonce, r->nonce + r->cnt);
}

static enum rc
check_entry(
    struct audit *a, const struct pool_account *acc, size_t i, struct err *e)
{
	const struct pool_tx *t = acc->v[i]->tx;
	char name[HASH_TEXT_MAX], addr[ADDR_TEXT_MAX];
	enum rc rc;

	if (i > 0 && acc->v[i - 1]->tx->tx.nonce >= t->tx.nonce)
		finding(a, "%s: nonce %" PRIu64 " is not behind the one before",
		    addr_text(addr, &acc->addr), t->tx.nonce);
	rc = a->by->is_mined(a->by->ctx, &t->tx.hash, e);
	if (rc == RC_OK)
		finding(a,
		    "transaction %s: waits with nonce %" PRIu64 " and is mined",
		    hex_put0x(name, hash_bytes(&t->tx.hash)), t->tx.nonce);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
check_account(struct audit *a, const struct pool_account *acc, struct err *e)
{
	char addr[ADDR_TEXT_MAX];
	struct run r;
	size_t i;

	TRY(count_run(a, &r, acc, e));
	for (i = 0; i < acc->cnt; i++)
		TRY(check_entry(a, acc, i, e));
	if (acc->ready != r.cnt)
		finding(a, "%s: %zu count as executable, %zu are",
		    addr_text(addr, &acc->addr), acc->ready, r.cnt);
	a->out->pending += r.cnt;
	a->out->queued += acc->cnt - r.cnt;
	if (r.cnt < acc->cnt)
		explain_queued(a, &r, acc);
	return RC_OK;
}

static enum rc
check_accounts(struct audit *a, struct err *e)
{
	size_t i;

	for (i = 0; i < a->pool->heap_cnt; i++)
		TRY(check_account(a, a->pool->heap[i], e));
	return RC_OK;
}

/* The whole. -------------------------------------------------------- */

static enum rc
audit_all(struct audit *a, struct err *e)
{
	struct pool_log_reader to = {
	    .add = take_add, .del = take_del, .ctx = a};
	struct err why = {.rc = RC_OK};
	enum rc rc = pool_log_inspect(&a->pool->log, &a->out->torn_bytes,
	    a->pool->conf.log_dir, &to, &why);

	if (rc == RC_CORRUPT || rc == RC_WRONG_SCHEMA)
		finding(a, "%s", err_message(&why, rc));
	else if (rc != RC_OK)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	return check_accounts(a, e);
}

enum rc
pool_audit(struct pool_audit *out, const struct pool_conf *conf,
    const struct pool_view *view, const struct pool_auditor *by, struct err *e)
{
	struct audit a = {.by = by, .out = out};
	enum rc rc;

	*out = (struct pool_audit){.findings = 0};
	CHECK(conf->log_dir != NULL);
	a.pool = pool_new(conf, view, 0);
	if (a.pool == NULL)
		return FAIL(e, RC_NO_MEMORY, "the pool");
	a.into = pool_reader(a.pool);
	rc = audit_all(&a, e);
	pool_close(a.pool);
	return rc;
}
