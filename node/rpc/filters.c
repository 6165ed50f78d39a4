/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of filters, and the ring of transactions that pool filters tell
 * of. Which logs, blocks or transactions are new is not known here.
 */
#include <sched.h>
#include <stdatomic.h>

#include "base/check.h"
#include "rpc/filters_priv.h"

/* A place is held for the time of a copy: who finds it held this often has
 * met something else. */
enum { CLAIM_TRIES = 100000 };

enum { FREE, IDLE, HELD };

/* struct place is one filter. used_ms is looked at by who wants a place, all
 * else only by who holds it. */
struct place {
	_Atomic(unsigned) state;
	_Atomic(uint64_t) used_ms;
	struct rpc_filter_id id;
	enum rpc_filter_kind kind;
	struct rpc_filter_seen seen;
	uint8_t *text;
	size_t text_len;
};

enum { HASH_WORDS = sizeof(struct hash) / sizeof(uint64_t) };

struct rpc_filters {
	struct hash secret;
	_Atomic(uint64_t) named;
	struct place v[RPC_FILTER_MAX];
	_Atomic(uint64_t) tx_cnt;
	_Atomic(uint64_t) txs[RPC_FILTER_TX_MAX][HASH_WORDS];
};

struct rpc_filters *
rpc_filters_new(const struct hash *secret)
{
	struct rpc_filters *f = mem_new(sizeof(*f));

	if (f != NULL)
		f->secret = *secret;
	return f;
}

void
rpc_filters_free(struct rpc_filters *f)
{
	size_t i;

	for (i = 0; f != NULL && i < RPC_FILTER_MAX; i++)
		mem_free(f->v[i].text);
	mem_free(f);
}

/* Claiming. -------------------------------------------------------------- */

/* take makes a place ours if it is in this state. */
static bool
take(struct place *p, unsigned from)
{
	return atomic_compare_exchange_strong(&p->state, &from, HELD);
}

static void
release(struct place *p, unsigned to)
{
	atomic_store(&p->state, to);
}

/* empty gives back what a held place has. */
static void
empty(struct place *p)
{
	mem_free(p->text);
	p->text = NULL;
	p->text_len = 0;
	p->id = (struct rpc_filter_id){{0}};
}

/* The first bytes of a name are its place, so that it is found at once. */
static size_t
place_of(const struct rpc_filter_id *id)
{
	return be16(id->b);
}

/* claim holds the place of a filter; NULL when there is no such filter. */
static struct place *
claim(struct rpc_filters *f, const struct rpc_filter_id *id)
{
	size_t i, at = place_of(id);
	struct place *p;

	if (at >= RPC_FILTER_MAX)
		return NULL;
	p = &f->v[at];
	for (i = 0; !take(p, IDLE); i++) {
		if (atomic_load(&p->state) == FREE || i == CLAIM_TRIES)
			return NULL;
		(void)sched_yield();
	}
	if (memcmp(p->id.b, id->b, sizeof(id->b)) == 0)
		return p;
	release(p, IDLE);
	return NULL;
}

/* is_older tells whether nobody asked for a filter for so long. */
static bool
is_older(const struct place *p, uint64_t now_ms, uint64_t age_ms)
{
	uint64_t used_ms = atomic_load(&p->used_ms);

	return now_ms > used_ms && now_ms - used_ms >= age_ms;
}

/* claim_old holds a place whose filter nobody asked for so long. */
static struct place *
claim_old(struct rpc_filters *f, uint64_t now_ms, uint64_t age_ms)
{
	size_t i;

	for (i = 0; i < RPC_FILTER_MAX; i++) {
		struct place *p = &f->v[i];

		if (!is_older(p, now_ms, age_ms) || !take(p, IDLE))
			continue;
		if (is_older(p, now_ms, age_ms))
			return p;
		release(p, IDLE);
	}
	return NULL;
}

/* claim_any holds a place for a new filter: a free one, one whose filter has
 * expired, or else one that is stale. */
static struct place *
claim_any(struct rpc_filters *f, uint64_t now_ms)
{
	struct place *p;
	size_t i;

	for (i = 0; i < RPC_FILTER_MAX; i++)
		if (take(&f->v[i], FREE))
			return &f->v[i];
	p = claim_old(f, now_ms, RPC_FILTER_IDLE_MS);
	return p != NULL ? p : claim_old(f, now_ms, RPC_FILTER_STALE_MS);
}

/* name makes a name that was never used: a hash over the secret. */
static struct rpc_filter_id
name(struct rpc_filters *f, size_t at)
{
	uint8_t text[sizeof(struct hash) + sizeof(uint64_t)];
	struct rpc_filter_id id;
	struct hash hash;

	memcpy(text, f->secret.b, sizeof(f->secret.b));
	be64_put(text + sizeof(f->secret.b), atomic_fetch_add(&f->named, 1));
	hash = hash_keccak(bytes_of(text, sizeof(text)));
	memcpy(id.b, hash.b, sizeof(id.b));
	be16_put(id.b, (uint16_t)at);
	return id;
}

/* The table. -------------------------------------------------------------- */

/* fill makes a held place a filter's. */
static enum rc
fill(struct place *p, enum rpc_filter_kind kind, struct bytes text,
    const struct rpc_filter_seen *seen, struct err *e)
{
	empty(p);
	if (text.len > 0) {
		p->text = mem_new(text.len);
		if (p->text == NULL)
			return FAIL(e, RC_NO_MEMORY, "a filter");
		memcpy(p->text, text.ptr, text.len);
		p->text_len = text.len;
	}
	p->kind = kind;
	p->seen = *seen;
	return RC_OK;
}

enum rc
rpc_filters_add(struct rpc_filters *f, struct rpc_filter_id *id,
    enum rpc_filter_kind kind, struct bytes text,
    const struct rpc_filter_seen *seen, uint64_t now_ms, struct err *e)
{
	struct place *p;
	enum rc rc;

	if (text.len > RPC_FILTER_TEXT_MAX)
		return FAIL(e, RC_TOO_LARGE,
		    "limit exceeded: a filter of %zu bytes", text.len);
	p = claim_any(f, now_ms);
	if (p == NULL)
		return FAIL(e, RC_NO_SPACE, "too many filters");
	rc = fill(p, kind, text, seen, e);
	if (rc == RC_OK) {
		*id = p->id = name(f, (size_t)(p - f->v));
		atomic_store(&p->used_ms, now_ms);
	}
	release(p, rc == RC_OK ? IDLE : FREE);
	return rc;
}

enum rc
rpc_filters_look(struct arena *a, struct rpc_filters *f,
    const struct rpc_filter_id *id, enum rpc_filter_kind *kind,
    struct bytes *text, struct rpc_filter_seen *seen, uint64_t now_ms,
    struct err *e)
{
	struct place *p = claim(f, id);

	if (p == NULL)
		return FAIL(e, RC_NOT_FOUND, "filter not found");
	if (is_older(p, now_ms, RPC_FILTER_IDLE_MS)) {
		empty(p);
		release(p, FREE);
		return FAIL(e, RC_NOT_FOUND, "filter not found");
	}
	*kind = p->kind;
	*seen = p->seen;
	*text = arena_copy(a, bytes_of(p->text, p->text_len));
	atomic_store(&p->used_ms, now_ms);
	release(p, IDLE);
	if (text->ptr == NULL && text->len > 0)
		return FAIL(e, RC_NO_MEMORY, "a filter");
	return RC_OK;
}

void
rpc_filters_note(struct rpc_filters *f, const struct rpc_filter_id *id,
    const struct rpc_filter_seen *seen)
{
	struct place *p = claim(f, id);

	if (p == NULL)
		return;
	p->seen = *seen;
	release(p, IDLE);
}

bool
rpc_filters_drop(struct rpc_filters *f, const struct rpc_filter_id *id)
{
	struct place *p = claim(f, id);

	if (p == NULL)
		return false;
	empty(p);
	release(p, FREE);
	return true;
}

/* Transactions. ----------------------------------------------------------- */

void
rpc_filters_tx(struct rpc_filters *f, const struct hash *hash)
{
	uint64_t at = atomic_load(&f->tx_cnt);
	size_t i;

	for (i = 0; i < HASH_WORDS; i++)
		atomic_store(&f->txs[at % RPC_FILTER_TX_MAX][i],
		    be64(hash->b + i * sizeof(uint64_t)));
	atomic_store(&f->tx_cnt, at + 1);
}

uint64_t
rpc_filters_txs(const struct rpc_filters *f)
{
	return atomic_load(&f->tx_cnt);
}

/* What is being written over while it is read counts as forgotten: the ring
 * is one longer than what it promises. */
bool
rpc_filters_tx_at(const struct rpc_filters *f, struct hash *out, uint64_t at)
{
	size_t i;

	for (i = 0; i < HASH_WORDS; i++)
		be64_put(out->b + i * sizeof(uint64_t),
		    atomic_load(&f->txs[at % RPC_FILTER_TX_MAX][i]));
	return atomic_load(&f->tx_cnt) - at < RPC_FILTER_TX_MAX;
}
