/* SPDX-License-Identifier: Apache-2.0
 *
 * The second half of calls that other threads must answer: the pool's turn,
 * core's turn, and what is left for the end. Results are kept as text here,
 * so that nothing of pool or engine is looked at afterwards.
 */
#include <stdio.h>

#include "base/hex.h"
#include "base/log.h"
#include "rpc/filters_priv.h"

/* Largest of the small results below; snapshots have their own bound. */
enum { SMALL_MAX = 64 * 1024 };

bool
rpc_needs_pool(const struct rpc_doc *d)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].pool_work != RPC_POOL_NONE)
			return true;
	}
	return false;
}

bool
rpc_needs_core(const struct rpc_doc *d)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].core_work != RPC_CORE_NONE)
			return true;
	}
	return false;
}

/* keep ends a call with what w has. */
static void
keep(struct rpc_doc *d, struct rpc_item *it, struct jsonw *w)
{
	rpc_item_result(d, it, w);
	jsonw_free(w);
}

void
rpc_item_end(struct rpc_doc *d, struct rpc_item *it, struct jsonw *w,
    enum rc rc, const struct err *why)
{
	if (rc == RC_OK) {
		keep(d, it, w);
		return;
	}
	jsonw_free(w);
	rpc_item_fail(d, it, rc, why, bytes_of(NULL, 0));
}

/* The pool's turn. ------------------------------------------------------ */

/* submit offers the transaction; the answer to an accepted one is its hash,
 * to be told after the sync. */
static enum rc
submit(struct rpc_doc *d, struct rpc_item *it, struct pool *p, uint64_t now_ms,
    struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct pool_tx *t = it->tx;
	struct hash hash = t->tx.hash;
	struct jsonw w;
	enum rc rc;

	if (it->behind != NULL && it->behind->is_error)
		rc = FAIL(&why, RC_TX_NONCE_HIGH,
		    "nonce too high: the transaction before it in this batch "
		    "was refused");
	else
		rc = pool_insert(p, it->tx, now_ms, &why);
	if (rc == RC_IO || rc == RC_CORRUPT)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	if (rc == RC_OK) {
		it->tx = NULL; /* the pool's now */
		if (d->node->filters != NULL &&
		    t->tx.nonce < pool_nonce(p, &t->sender, 0))
			rpc_filters_tx(d->node->filters, &hash);
		log_debug("rpc", "accepted req=%.*s tx=%02x%02x%02x%02x",
		    rpc_log_len(it), (const char *)it->id.ptr, hash.b[0],
		    hash.b[1], hash.b[2], hash.b[3]);
	}
	jsonw_init(&w, SMALL_MAX);
	jsonw_data(&w, hash_bytes(&hash));
	rpc_item_end(d, it, &w, rc, &why);
	return RC_OK;
}

static void
find(struct rpc_item *it, struct pool *p)
{
	it->tx = pool_find(p, &it->hash);
	it->is_missed = it->tx == NULL;
}

static void
nonce(struct rpc_doc *d, struct rpc_item *it, struct pool *p)
{
	struct jsonw w;

	jsonw_init(&w, SMALL_MAX);
	jsonw_q64(&w, pool_nonce(p, &it->addr, it->nonce));
	keep(d, it, &w);
}

/* fill leaves the writing to the end. */
static void
fill(struct rpc_item *it, struct pool *p)
{
	it->fill->nonce = pool_nonce(p, &it->addr, it->nonce);
	it->is_filled = true;
}

static void
pool_status(struct rpc_doc *d, struct rpc_item *it, const struct pool *p)
{
	struct pool_stats st;
	struct jsonw w;

	pool_stats(p, &st);
	jsonw_init(&w, SMALL_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "pending");
	jsonw_q64(&w, st.pending);
	jsonw_key(&w, "queued");
	jsonw_q64(&w, st.queued);
	jsonw_obj_end(&w);
	keep(d, it, &w);
}

/* list leaves the writing to the end; what cannot be listed ends here. */
static void
list(struct rpc_doc *d, struct rpc_item *it, const struct pool *p)
{
	struct err why = {.rc = RC_OK};
	enum rc rc = rpc_pool_list(d, it, p, &why);

	if (rc == RC_OK)
		return;
	rpc_item_fail(d, it, rc, &why, bytes_of(NULL, 0));
	it->pool_work = RPC_POOL_NONE;
}

enum rc
rpc_run_pool(struct rpc_doc *d, struct pool *p, uint64_t now_ms,
    bool *needs_sync, struct err *e)
{
	size_t i;

	*needs_sync = false;
	for (i = 0; i < d->cnt; i++) {
		struct rpc_item *it = &d->items[i];

		switch (it->pool_work) {
		case RPC_POOL_SUBMIT:
			/* Also "already known" tells of what may be in the
			 * buffer only, and so do the two below. */
			*needs_sync = true;
			TRY(submit(d, it, p, now_ms, e));
			it->pool_work = RPC_POOL_NONE;
			break;
		case RPC_POOL_FIND:
			find(it, p);
			*needs_sync |= !it->is_missed;
			break;
		case RPC_POOL_NONCE:
			nonce(d, it, p);
			*needs_sync = true;
			it->pool_work = RPC_POOL_NONE;
			break;
		case RPC_POOL_FILL:
			fill(it, p);
			*needs_sync = true;
			break;
		case RPC_POOL_STATUS:
			pool_status(d, it, p);
			it->pool_work = RPC_POOL_NONE;
			break;
		case RPC_POOL_LIST:
			list(d, it, p);
			*needs_sync = true;
			break;
		case RPC_POOL_HEALTH:
			pool_stats(p, &it->stats);
			it->pool_work = RPC_POOL_NONE;
			break;
		case RPC_POOL_NONE:
			break;
		}
	}
	return RC_OK;
}

/* Core's turn. ----------------------------------------------------------- */

static enum rc
write_signers(struct rpc_doc *d, const struct rpc_item *it, struct engine *g,
    struct jsonw *w, struct err *e)
{
	struct addr *v;
	size_t i, cnt;

	TRY(engine_signers(g, &d->keep, &v, &cnt, &it->hash, e));
	jsonw_arr(w);
	for (i = 0; i < cnt; i++)
		jsonw_data(w, addr_bytes(&v[i]));
	jsonw_arr_end(w);
	return RC_OK;
}

/* sealed_by counts what one signer sealed lately. */
static unsigned
sealed_by(const struct rpc_activity *act, const struct addr *who)
{
	size_t i;

	for (i = 0; i < act->signer_cnt; i++) {
		if (addr_eq(&act->signer[i], who))
			return act->sealed[i];
	}
	return 0;
}

/* write_share writes part of whole in percent with two decimals. */
static void
write_share(struct jsonw *w, size_t part, size_t whole)
{
	size_t share = whole == 0 ? 0 : part * 10000 / whole;
	char text[32];
	int n =
	    snprintf(text, sizeof(text), "%zu.%02zu", share / 100, share % 100);

	jsonw_raw(w, bytes_of(text, (size_t)n));
}

/* key_addr writes an address as a member's name. */
static void
key_addr(struct jsonw *w, const struct addr *addr)
{
	char text[2 * sizeof(addr->b) + 3];

	jsonw_key(w, hex_put0x(text, addr_bytes(addr)));
}

static enum rc
write_status(struct rpc_doc *d, const struct rpc_item *it, struct engine *g,
    struct jsonw *w, struct err *e)
{
	const struct rpc_activity *act = it->activity;
	struct addr *v;
	size_t i, cnt;

	TRY(engine_signers(g, &d->keep, &v, &cnt, &it->hash, e));
	jsonw_obj(w);
	jsonw_key(w, "inturnPercent");
	write_share(w, act->in_turn_cnt, act->block_cnt);
	jsonw_key(w, "sealerActivity");
	jsonw_obj(w);
	for (i = 0; i < cnt; i++) {
		key_addr(w, &v[i]);
		jsonw_u64(w, sealed_by(act, &v[i]));
	}
	jsonw_obj_end(w);
	jsonw_key(w, "numBlocks");
	jsonw_u64(w, act->block_cnt);
	jsonw_obj_end(w);
	return RC_OK;
}

static void
write_proposals(const struct engine *g, struct jsonw *w)
{
	const struct engine_proposal *v;
	size_t i, cnt = engine_proposals(g, &v);

	jsonw_obj(w);
	for (i = 0; i < cnt; i++) {
		key_addr(w, &v[i].target);
		jsonw_bool(w, v[i].is_add);
	}
	jsonw_obj_end(w);
}

static const char *
state_text(enum engine_state s)
{
	switch (s) {
	case ENGINE_OFF:
		return "off";
	case ENGINE_IDLE:
		return "idle";
	case ENGINE_WAITING:
		return "waiting";
	case ENGINE_BUSY:
		return "busy";
	case ENGINE_BLOCKED:
		return "blocked";
	case ENGINE_STALLED:
		return "stalled";
	}
	return "unknown";
}

static void
write_sealing(struct engine *g, struct jsonw *w, uint64_t now_ms)
{
	struct engine_status st;

	engine_status(g, &st, now_ms);
	jsonw_key(w, "sealing");
	jsonw_obj(w);
	jsonw_key(w, "state");
	jsonw_str(w, state_text(st.state));
	jsonw_key(w, "why");
	jsonw_str(w, st.why);
	jsonw_key(w, "sealed");
	jsonw_u64(w, st.sealed_cnt);
	jsonw_key(w, "refused");
	jsonw_u64(w, st.refused_cnt);
	jsonw_obj_end(w);
}

static void
write_pool(const struct pool_stats *st, struct jsonw *w)
{
	jsonw_key(w, "pool");
	jsonw_obj(w);
	jsonw_key(w, "pending");
	jsonw_u64(w, st->pending);
	jsonw_key(w, "queued");
	jsonw_u64(w, st->queued);
	jsonw_key(w, "accounts");
	jsonw_u64(w, st->accounts);
	jsonw_key(w, "bytes");
	jsonw_u64(w, st->bytes);
	jsonw_key(w, "logBytes");
	jsonw_u64(w, st->log_bytes);
	jsonw_obj_end(w);
}

/* write_health tells a monitor what it needs: plain numbers, ages in ms. */
static void
write_health(const struct rpc_item *it, struct engine *g,
    const struct store_head *head, struct jsonw *w, uint64_t now_ms)
{
	uint64_t head_ms = head->header->time * 1000;

	jsonw_obj(w);
	jsonw_key(w, "head");
	jsonw_u64(w, head->number);
	jsonw_key(w, "hash");
	jsonw_data(w, hash_bytes(&head->hash));
	jsonw_key(w, "timestamp");
	jsonw_u64(w, head->header->time);
	jsonw_key(w, "ageMs");
	jsonw_u64(w, now_ms > head_ms ? now_ms - head_ms : 0);
	write_pool(&it->stats, w);
	write_sealing(g, w, now_ms);
	jsonw_obj_end(w);
}

/* run_core does one call's work; the result goes to w. */
static enum rc
run_core(struct rpc_doc *d, const struct rpc_item *it,
    const struct rpc_core *core, struct jsonw *w, uint64_t now_ms,
    struct err *e)
{
	struct engine *g = core->engine;

	switch (it->core_work) {
	case RPC_CORE_SIGNERS:
		return write_signers(d, it, g, w, e);
	case RPC_CORE_SNAPSHOT:
		return engine_describe(g, w, &it->hash, e);
	case RPC_CORE_STATUS:
		return write_status(d, it, g, w, e);
	case RPC_CORE_PROPOSALS:
		write_proposals(g, w);
		return RC_OK;
	case RPC_CORE_PROPOSE:
		jsonw_null(w);
		return engine_propose(g, &it->addr, it->is_add, e);
	case RPC_CORE_DISCARD:
		jsonw_null(w);
		return engine_discard(g, &it->addr, e);
	case RPC_CORE_HEALTH:
		write_health(it, g, core->head, w, now_ms);
		return RC_OK;
	case RPC_CORE_IMPORT:
		return rpc_import_run(it, core, w, e);
	case RPC_CORE_NONE:
		break;
	}
	return FAIL(e, RC_INTERNAL, "no work for core");
}

enum rc
rpc_run_core(struct rpc_doc *d, const struct rpc_core *core, uint64_t now_ms,
    bool *has_vote, struct err *e)
{
	size_t i;

	*has_vote = false;

	for (i = 0; i < d->cnt; i++) {
		struct rpc_item *it = &d->items[i];
		struct err why = {.rc = RC_OK};
		struct jsonw w;
		enum rc rc;

		if (it->core_work == RPC_CORE_NONE)
			continue;
		jsonw_init(&w, rpc_room(d));
		rc = run_core(d, it, core, &w, now_ms, &why);
		*has_vote |= rc == RC_OK && it->core_work == RPC_CORE_PROPOSE;
		rpc_item_end(d, it, &w, rc, &why);
		it->core_work = RPC_CORE_NONE;
		if (rc == RC_IO || rc == RC_CORRUPT)
			return FAIL(e, rc, "%s", err_message(&why, rc));
	}
	return RC_OK;
}

/* The end. ----------------------------------------------------------------- */

/*
 * find_again looks a transaction up once more that neither the first view
 * nor the pool had: it was mined, and left the pool, in between. The pool
 * forgets it after the block is visible, so a view opened now has it, if
 * anybody ever did.
 */
static enum rc
find_again(
    struct rpc_doc *d, struct rpc_item *it, struct jsonw *w, struct err *e)
{
	struct rpc_call c = {
	    .doc = d,
	    .node = d->node,
	    .item = it,
	    .a = &d->scratch,
	    .w = w,
	};
	bool found;

	TRY(rpc_tx_find(&c, &found, &it->hash, it->want_raw, e));
	if (!found)
		jsonw_null(w);
	return RC_OK;
}

void
rpc_work_finish(struct rpc_doc *d, struct rpc_item *it)
{
	struct err why = {.rc = RC_OK};
	struct jsonw w;
	enum rc rc = RC_OK;

	if (it->pool_work == RPC_POOL_NONE && it->core_work == RPC_CORE_NONE &&
	    it->sub_work == RPC_SUBS_NONE && it->key == NULL)
		return;
	jsonw_init(&w, rpc_room(d));
	if (it->pool_work == RPC_POOL_FIND && it->tx != NULL)
		rpc_tx_pending(&w, it->tx, it->want_raw);
	else if (it->pool_work == RPC_POOL_FIND && it->is_missed)
		rc = find_again(d, it, &w, &why);
	else if (it->pool_work == RPC_POOL_FILL && it->is_filled)
		rc = rpc_fill_write(&d->scratch, &w, it, &why);
	else if (it->pool_work == RPC_POOL_LIST && it->list != NULL)
		rpc_pool_list_write(&w, it);
	else
		rc = FAIL(&why, RC_UNAVAILABLE, "the node is stopping");
	it->pool_work = RPC_POOL_NONE;
	it->core_work = RPC_CORE_NONE;
	it->sub_work = RPC_SUBS_NONE;
	it->key = NULL;
	rpc_item_end(d, it, &w, rc, &why);
	arena_drop(&d->scratch);
}
