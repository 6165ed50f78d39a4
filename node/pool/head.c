/* SPDX-License-Identifier: Apache-2.0
 *
 * What a new head does to the pool: mined ones go, others may be mined now or
 * no more, because of nonces, funds or the gas that blocks hold, and what has
 * waited for too long is dropped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pool/pool_priv.h"

/* Longest reason of a drop. */
enum { WHY_MAX = 128 };

/* list_accounts copies the heap, which moves while accounts change. */
static enum rc
list_accounts(const struct pool *p, struct arena *a, struct pool_account ***out,
    size_t *cnt, struct err *e)
{
	*cnt = p->heap_cnt;
	*out = arena_array(a, p->heap_cnt, sizeof(struct pool_account *));
	if (*out == NULL && *cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "a list of %zu accounts", *cnt);
	if (*cnt > 0)
		memcpy(*out, p->heap, *cnt * sizeof(struct pool_account *));
	return RC_OK;
}

/* lists_max is room for two lists of all accounts, and for what the arena
 * needs around them. */
static size_t
lists_max(const struct pool *p)
{
	return 4 * sizeof(void *) * (p->heap_cnt + 1024);
}

static bool
is_aged(const struct pool *p, const struct pool_entry *n)
{
	return p->now_ms > n->idle_ms &&
	       (p->now_ms - n->idle_ms) / 1000 > p->conf.age_max_s;
}

/* drop_aged drops one with the reason why it could not be mined. */
static enum rc
drop_aged(struct pool *p, struct pool_entry *n, struct err *e)
{
	char why[WHY_MAX] = "queued for too long";

	if (pool_is_above(p, n))
		(void)snprintf(why, sizeof(why),
		    "gas %" PRIu64 " is above the block gas limit %" PRIu64
		    " for too long",
		    n->tx->tx.gas, p->conf.gas.block);
	return pool_remove(p, n, why, e);
}

/* age_account drops what has been queued for too long. */
static enum rc
age_account(struct pool *p, struct pool_account *acc, struct err *e)
{
	size_t i = acc->cnt;
	bool is_last = false;

	while (!is_last && i-- > acc->ready) {
		if (!is_aged(p, acc->v[i]))
			continue;
		is_last = acc->cnt == 1; /* acc goes with it */
		TRY(drop_aged(p, acc->v[i], e));
	}
	return RC_OK;
}

/* age_all drops, now and then, what has aged. */
static enum rc
age_all(struct pool *p, struct arena *a, struct err *e)
{
	struct pool_account **v;
	size_t i, cnt;

	if (p->now_ms - p->aged_ms < POOL_AGE_EVERY_MS)
		return RC_OK;
	TRY(list_accounts(p, a, &v, &cnt, e));
	for (i = 0; i < cnt; i++)
		TRY(age_account(p, v[i], e));
	p->aged_ms = p->now_ms;
	return RC_OK;
}

/* demote_above makes queued what the next block is too small for, and all
 * behind it; each gets a line. */
static void
demote_above(struct pool *p, struct pool_account *acc)
{
	size_t i, at = pool_account_above(acc, p->conf.gas.block);

	for (i = at; i < acc->ready; i++) {
		if (pool_is_above(p, acc->v[i]))
			pool_say_above(p, acc->v[i]);
	}
	for (i = 0; i < at; i++) {
		if (acc->v[i]->tx->tx.gas > p->ready_gas)
			p->ready_gas = acc->v[i]->tx->tx.gas;
	}
	if (at == acc->ready)
		return;
	pool_edit_begin(p, acc);
	pool_account_demote(acc, at, p->now_ms);
	pool_edit_end(p, acc);
}

static enum rc
demote_all_above(struct pool *p, struct arena *a, struct err *e)
{
	struct pool_account **v;
	size_t i, cnt;

	TRY(list_accounts(p, a, &v, &cnt, e));
	p->ready_gas = 0; /* counted anew */
	for (i = 0; i < cnt; i++)
		demote_above(p, v[i]);
	return RC_OK;
}

enum rc
pool_set_gas(
    struct pool *p, const struct pool_gas *gas, uint64_t now_ms, struct err *e)
{
	struct arena a;
	enum rc rc;

	p->now_ms = now_ms;
	p->conf.gas = *gas;
	if (gas->block >= p->ready_gas)
		return RC_OK;
	arena_init(&a, lists_max(p));
	rc = demote_all_above(p, &a, e);
	arena_drop(&a);
	pool_publish(p);
	return rc;
}

/* refresh_short reads the accounts again that may have got the funds they
 * lacked. */
static enum rc
refresh_short(struct pool *p, struct arena *a, struct err *e)
{
	struct pool_account **v;
	size_t i, cnt;

	TRY(list_accounts(p, a, &v, &cnt, e));
	for (i = 0; i < cnt; i++) {
		if (v[i]->read_at != p->head_no &&
		    v[i]->ready < pool_account_run(v[i]))
			TRY(pool_refresh(p, v[i], e));
	}
	return RC_OK;
}

static enum rc
refresh_touched(
    struct pool *p, const struct addr *touched, size_t cnt, struct err *e)
{
	struct pool_account *acc;
	size_t i;

	for (i = 0; i < cnt; i++) {
		acc = map_get(&p->by_addr, touched[i].b);
		if (acc != NULL)
			TRY(pool_refresh(p, acc, e));
	}
	return RC_OK;
}

enum rc
pool_head(struct pool *p, const struct pool_view *view,
    const struct addr *touched, size_t cnt, uint64_t now_ms, struct err *e)
{
	struct arena a;
	enum rc rc;

	p->view = *view;
	p->now_ms = now_ms;
	p->head_no++;
	arena_init(&a, lists_max(p));
	pool_linger_expire(p, false);
	rc = refresh_touched(p, touched, cnt, e);
	if (rc == RC_OK)
		rc = refresh_short(p, &a, e);
	if (rc == RC_OK)
		rc = age_all(p, &a, e);
	if (rc == RC_OK && p->log != NULL)
		rc = pool_log_compact(p->log, e);
	arena_drop(&a);
	pool_publish(p);
	return rc;
}
