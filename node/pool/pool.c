/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool itself. Caller: noded's pool thread, which gets transactions from
 * the read threads (already decoded, recovered and judged by what needs no
 * account), syncs once for many, and only then lets them be acknowledged.
 *
 * Every transaction is in by_hash and in its sender's account; every account
 * has at least one transaction and is in by_addr and in the heap (evict.c).
 * Accounts are read from the chain when they enter, when the head says that
 * they changed, and before an insertion when the head has moved since.
 *
 * Order of work in an insertion: judge, make room, write the log's buffer,
 * link. So what is in the pool is in the log.
 */
#include <inttypes.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "pool/pool_priv.h"

/* The maps hold more than the configured bounds: what was acknowledged under
 * wider ones is taken in again at the next start. */
enum { MAP_MAX = 20000000 };

struct pool_conf
pool_conf_open(uint64_t chain_id)
{
	return (struct pool_conf){
	    .chain_id = chain_id,
	    .gas = {.accept = UINT64_MAX, .block = UINT64_MAX},
	    .age_max_s = UINT64_MAX,
	    .tx_max = SIZE_MAX,
	    .bytes_max = SIZE_MAX,
	    .per_account_max = SIZE_MAX,
	    .account_max = SIZE_MAX,
	};
}

/* struct seat is where a newcomer would go. */
struct seat {
	struct pool_account *acc; /* NULL: its first transaction */
	uint64_t nonce;
	struct u256 balance, spent;
	size_t at;
	struct pool_entry *old; /* of the same nonce, or NULL */
	bool is_ready;
};

static enum rc
find_seat(
    struct pool *p, struct seat *out, const struct pool_tx *t, struct err *e)
{
	struct pool_account *acc = map_get(&p->by_addr, t->sender.b);
	uint64_t nonce = t->tx.nonce;

	if (acc != NULL && acc->read_at != p->head_no) {
		TRY(pool_refresh(p, acc, e));
		acc = map_get(&p->by_addr, t->sender.b);
	}
	*out = (struct seat){.acc = acc};
	if (acc == NULL) {
		TRY(p->view.account(
		    p->view.ctx, &out->nonce, &out->balance, &t->sender, e));
		out->is_ready = nonce == out->nonce;
		return RC_OK;
	}
	out->nonce = acc->nonce;
	out->balance = acc->balance;
	out->spent = acc->ready_cost;
	out->at = pool_account_at(acc, nonce);
	if (out->at < acc->cnt && acc->v[out->at]->tx->tx.nonce == nonce)
		out->old = acc->v[out->at];
	out->is_ready = out->at <= acc->ready && nonce - acc->nonce == out->at;
	return RC_OK;
}

/* open_account makes the account of a first transaction; it enters the heap
 * with it. */
static struct pool_account *
open_account(struct pool *p, const struct seat *s, const struct addr *addr)
{
	struct pool_account *acc = mem_new(sizeof(*acc));

	if (acc == NULL)
		return NULL;
	acc->addr = *addr;
	acc->nonce = s->nonce;
	acc->balance = s->balance;
	acc->read_at = p->head_no;
	if (!pool_account_reserve(acc) || !map_put(&p->by_addr, addr->b, acc)) {
		pool_account_free(acc);
		return NULL;
	}
	return acc;
}

/* link_first puts the first entry of a sender in. */
static bool
link_first(struct pool *p, const struct seat *s, struct pool_entry *n)
{
	struct pool_account *acc = open_account(p, s, &n->tx->sender);

	if (acc == NULL)
		return false;
	pool_account_put(acc, 0, n);
	if (!pool_heap_add(p, acc)) {
		(void)map_del(&p->by_addr, acc->addr.b);
		pool_account_free(acc);
		return false;
	}
	pool_edit_begin(p, acc);
	pool_edit_end(p, acc);
	return true;
}

static bool
link_next(struct pool *p, const struct seat *s, struct pool_entry *n)
{
	if (!pool_account_reserve(s->acc))
		return false;
	pool_edit_begin(p, s->acc);
	pool_account_put(s->acc, s->at, n);
	pool_edit_end(p, s->acc);
	return true;
}

static bool
link_instead(struct pool *p, const struct seat *s, struct pool_entry *n)
{
	pool_edit_begin(p, s->acc);
	pool_account_demote(s->acc, s->at, p->now_ms);
	s->acc->v[s->at] = n;
	n->acc = s->acc;
	pool_forget(p, s->old);
	pool_edit_end(p, s->acc);
	return true;
}

/* link_entry puts n into the pool; false, with nothing changed, when memory
 * is short. */
static bool
link_entry(struct pool *p, const struct seat *s, struct pool_entry *n)
{
	const uint8_t *hash = n->tx->tx.hash.b;
	bool is_in;

	if (!map_put(&p->by_hash, hash, n))
		return false;
	n->seq = p->seq++;
	n->idle_ms = p->now_ms;
	p->bytes += n->tx->memory_bytes;
	if (s->acc == NULL)
		is_in = link_first(p, s, n);
	else if (s->old == NULL)
		is_in = link_next(p, s, n);
	else
		is_in = link_instead(p, s, n);
	if (!is_in) {
		(void)map_del(&p->by_hash, hash);
		p->bytes -= n->tx->memory_bytes;
	}
	return is_in;
}

/*
 * enter writes the record and links. logged_bytes is 0 for a transaction
 * that is not in the log yet. t is taken over on RC_OK.
 */
static enum rc
enter(struct pool *p, const struct seat *s, struct pool_tx *t,
    uint32_t logged_bytes, struct err *e)
{
	struct pool_entry *n = pool_entry_new(t);
	enum rc rc = RC_OK;

	if (n == NULL)
		return FAIL(e, RC_NO_MEMORY, "an entry of the pool");
	if (p->log != NULL && logged_bytes == 0)
		rc = pool_log_add(p->log, &n->ref, t, e);
	if (rc == RC_OK && link_entry(p, s, n))
		return RC_OK;
	if (rc == RC_OK) {
		rc = FAIL(e, RC_NO_MEMORY, "an account of the pool");
		if (p->log != NULL)
			(void)pool_log_del(p->log, &t->tx.hash, NULL);
	}
	pool_log_forget(&n->ref);
	n->tx = NULL;
	pool_entry_free(n);
	return rc;
}

/* judge_old judges a newcomer that would replace another. */
static enum rc
judge_old(const struct pool *p, const struct seat *s, const struct pool_tx *t,
    struct err *e)
{
	size_t bytes = p->bytes - s->old->tx->memory_bytes + t->memory_bytes;

	if (!pool_outbids(&t->tx, &s->old->tx->tx))
		return FAIL(
		    e, RC_TX_REPLACE, "replacement transaction underpriced");
	if (bytes > p->conf.bytes_max)
		return FAIL(e, RC_TX_POOL_FULL, "txpool is full");
	return RC_OK;
}

/* make_room judges a newcomer that replaces none; the one that gives way to
 * it is removed. */
static enum rc
make_room(struct pool *p, const struct seat *s, const struct pool_tx *t,
    struct err *e)
{
	struct pool_entry *victim;

	TRY(pool_victim(p, &victim, s->acc, t, s->is_ready, e));
	if (victim == NULL)
		return RC_OK;
	return pool_remove(p, victim, "the pool is full", e);
}

static enum rc
insert(struct pool *p, struct pool_tx *t, struct err *e)
{
	const struct pool_entry *paid;
	struct seat s;

	if (map_get(&p->by_hash, t->tx.hash.b) != NULL)
		return FAIL(e, RC_TX_KNOWN, "already known");
	TRY(pool_policy(&p->conf, &t->tx, e));
	TRY(find_seat(p, &s, t, e));
	if (t->tx.nonce < s.nonce)
		return FAIL(e, RC_TX_NONCE_LOW,
		    "nonce too low: next nonce %" PRIu64 ", tx nonce %" PRIu64,
		    s.nonce, t->tx.nonce);
	paid = s.old != NULL && s.at < s.acc->ready ? s.old : NULL;
	TRY(pool_funds(&s.balance, &s.spent, paid, &t->tx, e));
	if (s.old != NULL)
		TRY(judge_old(p, &s, t, e));
	else
		TRY(make_room(p, &s, t, e));
	t->added_ms = p->now_ms;
	return enter(p, &s, t, 0, e);
}

enum rc
pool_insert(struct pool *p, struct pool_tx *t, uint64_t now_ms, struct err *e)
{
	enum rc rc;

	p->now_ms = now_ms;
	rc = insert(p, t, e);
	metric_add(rc == RC_OK ? METRIC_POOL_ADDED : METRIC_POOL_REFUSED, 1);
	pool_publish(p);
	return rc;
}

/* keep_mined keeps the record of a transaction that the log has and the chain
 * too. */
static void
keep_mined(struct pool *p, struct pool_log *reading, uint32_t logged_bytes)
{
	struct pool_log_ref ref = {.seg = NULL};

	if (reading == NULL)
		return;
	pool_log_adopt(reading, &ref, NULL, logged_bytes);
	pool_linger_add(p, &ref);
}

/* enter_again is enter for what was read from the log, when reading is it. */
static enum rc
enter_again(struct pool *p, const struct seat *s, struct pool_tx *t,
    uint32_t logged_bytes, struct pool_log *reading, struct err *e)
{
	struct pool_entry *n;

	TRY(enter(p, s, t, logged_bytes, e));
	n = map_get(&p->by_hash, t->tx.hash.b);
	if (reading == NULL) {
		if (pool_is_above(p, n))
			pool_say_above(p, n);
		return RC_OK;
	}
	/* Larger blocks are waited for since the start. */
	if (!pool_is_above(p, n))
		n->idle_ms = t->added_ms;
	pool_log_adopt(reading, &n->ref, t, logged_bytes);
	return RC_OK;
}

/*
 * restore takes in what was acknowledged before. Of two with one nonce the
 * one that was logged later stays; t is taken over in every case.
 *
 * reading  the log that t was read from, or NULL
 */
static enum rc
restore(struct pool *p, struct pool_tx *t, uint32_t logged_bytes,
    struct pool_log *reading, struct err *e)
{
	struct seat s;
	enum rc rc;

	if (map_get(&p->by_hash, t->tx.hash.b) != NULL) {
		pool_tx_put(t);
		return RC_OK;
	}
	rc = find_seat(p, &s, t, e);
	if (rc == RC_OK && t->tx.nonce < s.nonce)
		keep_mined(p, reading, logged_bytes);
	else if (rc == RC_OK)
		rc = enter_again(p, &s, t, logged_bytes, reading, e);
	if (rc != RC_OK || t->tx.nonce < s.nonce)
		pool_tx_put(t);
	return rc;
}

enum rc
pool_return(struct pool *p, struct pool_tx *t, uint64_t now_ms, struct err *e)
{
	enum rc rc;

	p->now_ms = now_ms;
	t->added_ms = now_ms;
	rc = restore(p, t, 0, NULL, e);
	pool_publish(p);
	return rc;
}

static enum rc
replay_add(void *ctx, struct pool_log *l, struct pool_tx *t, uint32_t bytes,
    struct err *e)
{
	return restore(ctx, t, bytes, l, e);
}

static void
replay_del(void *ctx, const struct hash *hash)
{
	struct pool *p = ctx;
	struct pool_entry *n = map_get(&p->by_hash, hash->b);

	/* p->log is not set yet, so no record is added. */
	if (n != NULL)
		(void)pool_remove(p, n, NULL, NULL);
}

struct pool_log_reader
pool_reader(struct pool *p)
{
	return (struct pool_log_reader){
	    .add = replay_add, .del = replay_del, .ctx = p};
}

struct pool *
pool_new(
    const struct pool_conf *conf, const struct pool_view *view, uint64_t now_ms)
{
	struct pool *p = mem_new(sizeof(*p));

	if (p == NULL)
		return NULL;
	p->conf = *conf;
	p->view = *view;
	p->now_ms = p->aged_ms = now_ms;
	map_init(&p->by_hash, sizeof(struct hash), MAP_MAX);
	map_init(&p->by_addr, sizeof(struct addr), MAP_MAX);
	return p;
}

static void
say_all_above(const struct pool *p)
{
	size_t i, k;

	for (i = 0; i < p->heap_cnt; i++) {
		for (k = 0; k < p->heap[i]->cnt; k++) {
			if (pool_is_above(p, p->heap[i]->v[k]))
				pool_say_above(p, p->heap[i]->v[k]);
		}
	}
}

enum rc
pool_open(struct pool **out, const struct pool_conf *conf,
    const struct pool_view *view, uint64_t now_ms, struct err *e)
{
	struct pool *p = pool_new(conf, view, now_ms);
	struct pool_log_reader to = pool_reader(p);
	enum rc rc;

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "the pool");
	if (conf->log_dir != NULL) {
		rc = pool_log_open(&p->log, conf->log_dir, &to, e);
		if (rc != RC_OK) {
			pool_close(p);
			return rc;
		}
		say_all_above(p);
		log_info("pool",
		    "opened pending=%zu queued=%zu log_bytes=%" PRIu64,
		    p->ready, p->by_hash.cnt - p->ready,
		    pool_log_bytes(p->log));
	}
	pool_publish(p);
	*out = p;
	return RC_OK;
}

void
pool_close(struct pool *p)
{
	size_t i, k;

	if (p == NULL)
		return;
	for (i = 0; i < p->heap_cnt; i++) {
		for (k = 0; k < p->heap[i]->cnt; k++) {
			pool_log_forget(&p->heap[i]->v[k]->ref);
			pool_entry_free(p->heap[i]->v[k]);
		}
		pool_account_free(p->heap[i]);
	}
	pool_linger_expire(p, true);
	mem_free(p->heap);
	map_free(&p->by_hash);
	map_free(&p->by_addr);
	pool_log_close(p->log);
	mem_free(p);
}

void
pool_listen(struct pool *p, pool_ready_fn *fn, void *ctx)
{
	p->ready_fn = fn;
	p->ready_ctx = ctx;
}

enum rc
pool_sync(struct pool *p, struct err *e)
{
	return p->log == NULL ? RC_OK : pool_log_sync(p->log, e);
}

enum rc
pool_tidy(struct pool *p, struct err *e)
{
	return p->log == NULL ? RC_OK : pool_log_tidy(p->log, e);
}

struct pool_tx *
pool_find(struct pool *p, const struct hash *hash)
{
	struct pool_entry *n = map_get(&p->by_hash, hash->b);

	return n == NULL ? NULL : pool_tx_get(n->tx);
}

uint64_t
pool_nonce(struct pool *p, const struct addr *addr, uint64_t account_nonce)
{
	const struct pool_account *acc = map_get(&p->by_addr, addr->b);
	uint64_t next = account_nonce;
	struct u256 balance;

	/* The caller's view may be older than the head at which the last
	 * pooled transaction of the account was mined. */
	if (acc != NULL)
		next = acc->nonce + pool_account_run(acc);
	else if (p->view.account(p->view.ctx, &next, &balance, addr, NULL) !=
		 RC_OK)
		return account_nonce;
	return next > account_nonce ? next : account_nonce;
}

void
pool_stats(const struct pool *p, struct pool_stats *out)
{
	*out = (struct pool_stats){
	    .pending = p->ready,
	    .queued = p->by_hash.cnt - p->ready,
	    .bytes = p->bytes,
	    .accounts = p->heap_cnt,
	    .added = p->seq,
	    .log_bytes = p->log == NULL ? 0 : pool_log_bytes(p->log),
	};
}

void
pool_drop(struct pool *p, const struct hash *hash, const char *why)
{
	struct pool_entry *n = map_get(&p->by_hash, hash->b);

	if (n == NULL)
		return;
	/* A failed log is sticky: the next sync reports it. */
	(void)pool_remove(p, n, why, NULL);
	pool_publish(p);
}
