/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool loop. Tour: readers send jobs with checked transactions; core
 * sends PICK when it wants to build and HEAD when the chain moved.
 */
#include "noded/pooler.h"

#include "base/check.h"
#include "base/log.h"
#include "noded/job.h"
#include "noded/mail.h"

/* Jobs that share one sync: bounds what waits for it. */
enum { POOLER_BATCH_MAX = 4096 };

static uint64_t
now_ms(const struct pooler *p)
{
	return p->clock->wall_ms(p->clock->ctx);
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	const struct pooler *p = ctx;
	struct store_head head;
	struct account acc;
	bool found;

	store_view_head(p->view, &head);
	TRY(store_account(p->view, head.number, &acc, &found, addr, e));
	*nonce = found ? acc.nonce : 0;
	*balance = found ? acc.balance : U256_ZERO;
	return RC_OK;
}

struct pool_view
pooler_view(struct pooler *p)
{
	return (struct pool_view){.account = read_account, .ctx = p};
}

/* A view lives for one turn: one held for longer would keep the database's
 * map from growing. */
static enum rc
renew_view(struct pooler *p, struct err *e)
{
	if (p->view != NULL)
		store_view_close(p->view);
	p->view = NULL;
	return store_view_open(&p->view, p->store, e);
}

/* The view is replaced before the pool is told: it reads through it. */
static enum rc
on_head(struct pooler *p, const struct mail *m, struct err *e)
{
	struct pool_view view = pooler_view(p);

	TRY(renew_view(p, e));
	p->base_fee = m->base_fee;
	p->gas = m->gas;
	p->has_told_work = p->is_stuck = false;
	TRY(pool_set_gas(p->pool, &p->gas, now_ms(p), e));
	return pool_head(
	    p->pool, &view, m->touched, m->touched_cnt, now_ms(p), e);
}

/* What an undone block had comes back and is as durable as before. */
static enum rc
on_return(struct pooler *p, struct mail *m, struct err *e)
{
	struct pool_tx *t;
	size_t i;

	p->needs_sync = true;
	for (i = 0; i < m->tx_cnt; i++) {
		t = m->txs[i];
		m->txs[i] = NULL;
		if (t != NULL)
			TRY(pool_return(p->pool, t, now_ms(p), e));
	}
	return RC_OK;
}

static enum rc
on_pick(struct pooler *p, const struct mail *m, struct err *e)
{
	struct mail *out = mail_new(MAIL_PICKED);
	enum rc rc;

	out->ticket = m->ticket;
	rc = pool_pick(p->pool, &out->arena, &out->txs, &out->tx_cnt,
	    m->gas_max, &m->base_fee, e);
	if (rc != RC_OK) {
		mail_free(out);
		return rc;
	}
	/* Core will build nothing: what comes next is news to it. */
	if (out->tx_cnt == 0)
		p->has_told_work = false;
	mail_send(p->core, out);
	return RC_OK;
}

static uint64_t
added_cnt(const struct pooler *p)
{
	struct pool_stats st;

	pool_stats(p->pool, &st);
	return st.added;
}

/* The block that these were in may be empty now and never sealed: what is
 * left is told anew. When all are left the engine tries again by itself, each
 * time later; only what comes in is news. */
static void
on_drop(struct pooler *p, const struct mail *m)
{
	const struct mail_drop *d;

	for (d = m->drops; d != NULL; d = d->next)
		pool_drop(p->pool, &d->tx_hash, d->why);
	p->is_stuck = m->drops == NULL;
	p->stuck_at = added_cnt(p);
	if (!p->is_stuck)
		p->has_told_work = false;
}

/* The answer goes back in the question. */
static enum rc
on_nonce(struct pooler *p, struct mail *m, struct err *e)
{
	struct u256 balance;
	uint64_t nonce;
	enum rc rc = read_account(p, &nonce, &balance, &m->addr, e);

	if (rc != RC_OK) {
		mail_free(m);
		return rc;
	}
	m->nonce = pool_nonce(p->pool, &m->addr, nonce);
	mail_send(m->back, m);
	return RC_OK;
}

static enum rc
on_mail(struct pooler *p, struct mail *m, struct err *e)
{
	enum rc rc = RC_OK;

	switch (m->kind) {
	case MAIL_HEAD:
		rc = on_head(p, m, e);
		break;
	case MAIL_PICK:
		rc = on_pick(p, m, e);
		break;
	case MAIL_DROP:
		on_drop(p, m);
		break;
	case MAIL_RETURN:
		rc = on_return(p, m, e);
		break;
	case MAIL_NONCE:
		return on_nonce(p, m, e);
	case MAIL_STOP:
		p->is_stopping = true;
		break;
	case MAIL_JOB:
	case MAIL_WORK:
	case MAIL_PICKED:
	case MAIL_BLOCK:
	case MAIL_READY:
	case MAIL_GONE:
	case MAIL_NOTES:
	case MAIL_CLOSE:
		rc = FAIL(e, RC_INTERNAL, "pool got a message for another");
		break;
	}
	mail_free(m);
	return rc;
}

/* Takes what waits; jobs whose answers need the sync are kept. */
static enum rc
take_batch(struct pooler *p, struct job **wait, size_t *cnt, struct err *e)
{
	enum rc rc = RC_OK;
	struct mail *m;

	for (*cnt = 0; rc == RC_OK && *cnt < POOLER_BATCH_MAX;) {
		m = queue_pop(p->in);
		if (m == NULL)
			break;
		if (m->kind != MAIL_JOB)
			rc = on_mail(p, m, e);
		else if (job_run_pool((struct job *)m, p, now_ms(p), &rc, e))
			wait[(*cnt)++] = (struct job *)m;
	}
	return rc;
}

static void
tell_work(struct pooler *p)
{
	if (p->is_stuck && added_cnt(p) != p->stuck_at)
		p->is_stuck = p->has_told_work = false;
	if (p->has_told_work ||
	    !pool_has_work(p->pool, p->gas.block, &p->base_fee))
		return;
	p->has_told_work = true;
	mail_send(p->core, mail_new(MAIL_WORK));
}

static enum rc
turn(struct pooler *p, struct err *e)
{
	static struct job *wait[POOLER_BATCH_MAX]; /* one pool thread */
	size_t i, cnt;

	TRY(renew_view(p, e));
	TRY(take_batch(p, wait, &cnt, e));
	store_view_close(p->view);
	p->view = NULL;
	if (cnt > 0 || p->needs_sync)
		TRY(pool_sync(p->pool, e));
	p->needs_sync = false;
	if (p->notifier != NULL)
		notifier_send_ready(p->notifier);
	for (i = 0; i < cnt; i++)
		job_send_on(wait[i]);
	tell_work(p);
	return pool_tidy(p->pool, e);
}

enum rc
pooler_run(struct pooler *p, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && !p->is_stopping) {
		(void)queue_wait(p->in, -1);
		rc = turn(p, e);
	}
	return rc;
}
