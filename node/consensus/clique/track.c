/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the snapshot after any block: in memory, kept, at genesis, or by
 * walking back to one of those and forward again over the headers. Also
 * remembers who sealed recent headers, since a recovery costs more than all
 * else of a header's check.
 *
 * A checkpoint lists the signers but not who signed lately, so it is no
 * starting point by itself (go-ethereum issue 17593); it is believed only
 * where its parent is missing or after CLIQUE_TRUST_AFTER headers.
 */
#include <stdio.h>

#include "base/hex.h"
#include "consensus/clique/clique_priv.h"

/* Names of kept snapshots: as many digits of the hash as fit 64 bytes. */
#define SNAP_NAME "clique."
enum {
	SNAP_NAME_DIGITS = 56,
	SNAP_NAME_MAX = sizeof(SNAP_NAME) + SNAP_NAME_DIGITS
};

static void
snap_name(char out[SNAP_NAME_MAX], const struct hash *hash)
{
	size_t len = strlen(SNAP_NAME);

	memcpy(out, SNAP_NAME, len);
	hex_put(out + len, bytes_of(hash->b, SNAP_NAME_DIGITS / 2));
	out[len + SNAP_NAME_DIGITS] = '\0';
}

/* Sealers. ----------------------------------------------------------- */

enum rc
clique_sealer_of(struct clique *c, struct addr *out, const struct header *h,
    const struct hash *hash, struct err *e)
{
	struct clique_sealer *s =
	    &c->sealers[be32(hash->b) % CLIQUE_SEALER_CACHE_MAX];

	if (s->is_set && hash_eq(&s->hash, hash)) {
		*out = s->addr;
		return RC_OK;
	}
	TRY(clique_signer(out, h, e));
	*s =
	    (struct clique_sealer){.hash = *hash, .addr = *out, .is_set = true};
	return RC_OK;
}

/* The cache: least recently used goes first. ------------------------- */

static struct clique_slot *
cache_find(struct clique_cache *m, const struct hash *hash)
{
	size_t i;

	for (i = 0; i < CLIQUE_CACHE_MAX; i++) {
		if (m->slots[i].used_at != 0 &&
		    hash_eq(&m->slots[i].snap.hash, hash))
			return &m->slots[i];
	}
	return NULL;
}

static struct clique_slot *
cache_oldest(struct clique_cache *m)
{
	struct clique_slot *old = &m->slots[0];
	size_t i;

	for (i = 1; i < CLIQUE_CACHE_MAX; i++) {
		if (m->slots[i].used_at < old->used_at)
			old = &m->slots[i];
	}
	return old;
}

static struct clique_slot *
cache_oldest_full(struct clique_cache *m)
{
	struct clique_slot *old = NULL;
	size_t i;

	for (i = 0; i < CLIQUE_CACHE_MAX; i++) {
		if (m->slots[i].used_at != 0 &&
		    (old == NULL || m->slots[i].used_at < old->used_at))
			old = &m->slots[i];
	}
	return old;
}

static void
cache_drop(struct clique_cache *m, struct clique_slot *s)
{
	m->bytes -= clique_snap_bytes(&s->snap);
	clique_snap_free(&s->snap);
	s->used_at = 0;
}

/* Takes snap over. */
static struct clique_slot *
cache_put(struct clique_cache *m, struct clique_snap *snap)
{
	size_t bytes = clique_snap_bytes(snap);
	struct clique_slot *s;

	while ((s = cache_oldest_full(m)) != NULL &&
	       m->bytes + bytes > CLIQUE_CACHE_BYTES_MAX)
		cache_drop(m, s);
	s = cache_oldest(m);
	if (s->used_at != 0)
		cache_drop(m, s);
	s->snap = *snap;
	m->bytes += bytes;
	return s;
}

void
clique_track_free(struct clique *c)
{
	struct clique_slot *s;

	while ((s = cache_oldest_full(&c->cache)) != NULL)
		cache_drop(&c->cache, s);
}

/* Kept snapshots. ---------------------------------------------------- */

static bool
load_kept(struct clique *c, struct clique_snap *out, const struct hash *hash)
{
	char name[SNAP_NAME_MAX];
	struct bytes value;

	if (c->chain.load == NULL)
		return false;
	snap_name(name, hash);
	if (c->chain.load(c->chain.ctx, &value, name, NULL) != RC_OK)
		return false;
	/* A damaged value is recomputed and written anew. */
	if (clique_snap_decode(out, value, NULL) != RC_OK)
		return false;
	if (hash_eq(&out->hash, hash))
		return true;
	clique_snap_free(out);
	return false;
}

static enum rc
keep(struct clique *c, const struct clique_snap *s, struct err *e)
{
	char name[SNAP_NAME_MAX];
	struct bytes value;
	struct arena a;
	enum rc rc;

	if (c->chain.keep == NULL || s->number % CLIQUE_KEEP_EVERY != 0)
		return RC_OK;
	arena_init(&a, CLIQUE_SNAP_BYTES_MAX);
	snap_name(name, &s->hash);
	rc = clique_snap_encode(&a, &value, s, e);
	if (rc == RC_OK)
		rc = c->chain.keep(c->chain.ctx, name, value, e);
	arena_drop(&a);
	return rc;
}

/* The walk. ---------------------------------------------------------- */

/* The hashes between a known snapshot and the wanted one, newest first. */
struct walk {
	struct hash *hashes;
	size_t cnt, cap;
};

static enum rc
walk_push(struct walk *w, const struct hash *hash, struct err *e)
{
	size_t cap = w->cap == 0 ? 64 : 2 * w->cap;
	struct hash *p;

	if (w->cnt == CLIQUE_WALK_MAX)
		return FAIL(e, RC_NO_SPACE, "no signer set within %d headers",
		    CLIQUE_WALK_MAX);
	if (w->cnt == w->cap) {
		p = mem_resize(
		    w->hashes, w->cap * sizeof(*p), cap * sizeof(*p));
		if (p == NULL)
			return FAIL(e, RC_NO_MEMORY, "%zu hashes", cap);
		w->hashes = p;
		w->cap = cap;
	}
	w->hashes[w->cnt++] = *hash;
	return RC_OK;
}

static bool
is_believable(struct clique *c, const struct header *h, size_t walked)
{
	struct header parent;

	if (h->number % c->conf.epoch != 0)
		return false;
	return walked >= CLIQUE_TRUST_AFTER ||
	       c->chain.header(c->chain.ctx, &parent, &h->parent, NULL) ==
		   RC_NOT_FOUND;
}

/* Tries to start from block hash; h is its header. */
static enum rc
start_here(struct clique *c, struct clique_snap *base, bool *is_found,
    const struct hash *hash, const struct header *h, size_t walked,
    struct err *e)
{
	struct clique_slot *slot = cache_find(&c->cache, hash);

	*is_found = true;
	if (slot != NULL)
		return clique_snap_copy(base, &slot->snap, e);
	if (h->number % CLIQUE_KEEP_EVERY == 0 && load_kept(c, base, hash))
		return RC_OK;
	/* Asking for the parent may reuse the space behind h->extra: the list
	 * is read first. */
	if (h->number == 0)
		return clique_snap_first(base, h, hash, e);
	*is_found = false;
	if (h->number % c->conf.epoch != 0)
		return RC_OK;
	TRY(clique_snap_first(base, h, hash, e));
	*is_found = is_believable(c, h, walked);
	if (!*is_found)
		clique_snap_free(base);
	return RC_OK;
}

/* Walks back from hash until a snapshot is found: base. */
static enum rc
walk_back(struct clique *c, struct clique_snap *base, struct walk *w,
    const struct hash *hash, const struct header *first, struct err *e)
{
	struct hash at = *hash;
	bool is_found = false;
	struct header h;

	for (;;) {
		if (first != NULL)
			h = *first;
		else
			TRY(c->chain.header(c->chain.ctx, &h, &at, e));
		first = NULL;
		TRY(start_here(c, base, &is_found, &at, &h, w->cnt, e));
		if (is_found)
			return RC_OK;
		TRY(walk_push(w, &at, e));
		at = h.parent;
	}
}

/* Applies the walked headers, oldest first. */
static enum rc
walk_forth(struct clique *c, struct clique_snap *s, const struct walk *w,
    const struct header *first, struct err *e)
{
	struct addr signer;
	struct header h;
	size_t i;

	for (i = w->cnt; i-- > 0;) {
		if (i == 0 && first != NULL)
			h = *first;
		else
			TRY(c->chain.header(
			    c->chain.ctx, &h, &w->hashes[i], e));
		TRY(clique_sealer_of(c, &signer, &h, &w->hashes[i], e));
		TRY(clique_snap_apply(
		    s, &h, &w->hashes[i], &signer, c->conf.epoch, e));
		TRY(keep(c, s, e));
	}
	return RC_OK;
}

static enum rc
build(struct clique *c, struct clique_slot **out, const struct hash *hash,
    const struct header *h, struct err *e)
{
	struct clique_snap snap = {.number = 0};
	struct walk w = {.cnt = 0};
	enum rc rc = walk_back(c, &snap, &w, hash, h, e);

	if (rc == RC_OK)
		rc = walk_forth(c, &snap, &w, h, e);
	mem_free(w.hashes);
	if (rc == RC_OK)
		*out = cache_put(&c->cache, &snap);
	else
		clique_snap_free(&snap);
	return rc;
}

enum rc
clique_track(struct clique *c, const struct clique_snap **out,
    const struct hash *hash, const struct header *h, struct err *e)
{
	struct clique_slot *slot = cache_find(&c->cache, hash);

	if (slot == NULL)
		TRY(build(c, &slot, hash, h, e));
	slot->used_at = ++c->cache.tick;
	*out = &slot->snap;
	return RC_OK;
}
