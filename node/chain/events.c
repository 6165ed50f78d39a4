/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step did to the canonical chain, put together before it happens so
 * that nothing can fail behind it, and told to those who listen.
 */
#include <stdlib.h>

#include "base/check.h"
#include "chain/chain_priv.h"

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory to tell of a change");
}

/* Addresses under collection, later sorted and made unique. */
struct touched {
	struct addr *v;
	size_t cnt, cap;
};

static bool
touch(struct touched *t, struct arena *a, const struct addr *addrs, size_t cnt)
{
	struct addr *more;

	if (t->cap - t->cnt < cnt) {
		size_t cap = 2 * (t->cap + cnt);

		more = arena_array(a, cap, sizeof(*more));
		if (more == NULL)
			return false;
		if (t->cnt > 0)
			memcpy(more, t->v, t->cnt * sizeof(*more));
		t->v = more;
		t->cap = cap;
	}
	if (cnt > 0)
		memcpy(t->v + t->cnt, addrs, cnt * sizeof(*addrs));
	t->cnt += cnt;
	return true;
}

static int
by_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static void
make_unique(struct touched *t)
{
	size_t i, n = 0;

	if (t->cnt > 0)
		qsort(t->v, t->cnt, sizeof(*t->v), by_addr);
	for (i = 0; i < t->cnt; i++)
		if (n == 0 || !addr_eq(&t->v[n - 1], &t->v[i]))
			t->v[n++] = t->v[i];
	t->cnt = n;
}

static bool
has_logs(const struct header *h)
{
	static const struct bloom none;

	return memcmp(&h->bloom, &none, sizeof(none)) != 0;
}

/* keep_receipts copies the receipts of a block with logs. Whoever listens can
 * do without; the reorganisation cannot wait for it. */
static enum rc
keep_receipts(struct chain *c, struct chain_undone *out,
    const struct hash *hash, struct err *e)
{
	struct bytes receipts;

	if (!has_logs(out->header))
		return RC_OK;
	TRY(store_receipts(c->view, &receipts, hash, e));
	out->receipts = arena_copy(&c->change, receipts);
	if (out->receipts.ptr == NULL)
		out->receipts.len = 0;
	return RC_OK;
}

/* keep_undone keeps what those who listen want to know of an undone block. */
static enum rc
keep_undone(struct chain *c, struct chain_undone *out,
    const struct chain_work *w, const struct hash *hash, struct err *e)
{
	struct bytes hashes = arena_copy(
	    &c->change, bytes_of(w->out->tx_hashes,
			    w->out->tx_cnt * sizeof(*w->out->tx_hashes)));

	out->header = header_copy(&c->change, &w->block.header);
	if (out->header == NULL || (hashes.ptr == NULL && hashes.len > 0))
		return no_memory(e);
	out->tx_hashes = (const void *)hashes.ptr;
	out->tx_cnt = w->out->tx_cnt;
	return keep_receipts(c, out, hash, e);
}

/* touch_undone adds senders and recipients of an undone block: both may have
 * less than they had. The senders are kept by transaction, too: the store
 * forgets them with the block. */
static enum rc
touch_undone(struct chain *c, struct touched *t, struct chain_undone *undone,
    const struct addr **senders, const struct hash *hash, struct err *e)
{
	struct chain_work w;
	struct bytes raw;
	enum rc rc;
	size_t i;

	TRY(store_raw(c->view, &raw, hash, e));
	TRY(chain_work_open(c, &w, raw, e));
	rc = store_senders(c->view, &raw, hash, e);
	for (i = 0; rc == RC_OK && i < w.block.tx_cnt; i++)
		if (!touch(t, &c->change, &w.block.txs[i].to, 1))
			rc = no_memory(e);
	if (rc == RC_OK && !touch(t, &c->change, (const void *)raw.ptr,
			       raw.len / sizeof(struct addr)))
		rc = no_memory(e);
	if (rc == RC_OK)
		rc = keep_undone(c, undone, &w, hash, e);
	chain_work_close(&w);
	if (rc == RC_OK)
		raw = arena_copy(&c->change, raw);
	if (rc == RC_OK && raw.ptr == NULL && raw.len > 0)
		rc = no_memory(e);
	*senders = (const void *)raw.ptr;
	return rc;
}

static enum rc
list_removed(
    struct chain *c, struct chain_change *out, struct touched *t, struct err *e)
{
	size_t i, cnt = (size_t)(c->head.number - out->rewind_to);
	struct hash *hashes = arena_array(&c->change, cnt, sizeof(*hashes));
	const struct addr **senders =
	    arena_array(&c->change, cnt, sizeof(const struct addr *));
	struct chain_undone *undone =
	    arena_array(&c->change, cnt, sizeof(*undone));

	if ((hashes == NULL || senders == NULL || undone == NULL) && cnt > 0)
		return no_memory(e);
	for (i = 0; i < cnt; i++) {
		TRY(store_hash_of(c->view, &hashes[i], c->head.number - i, e));
		TRY(touch_undone(c, t, &undone[i], &senders[i], &hashes[i], e));
	}
	out->removed = hashes;
	out->removed_senders = senders;
	out->undone = undone;
	out->removed_cnt = cnt;
	return RC_OK;
}

enum rc
chain_change_make(struct chain *c, struct chain_change *out,
    struct store_block **blocks, size_t cnt, struct err *e)
{
	struct store_block **added =
	    arena_array(&c->change, cnt, sizeof(*added));
	struct touched t = {0};
	size_t i;

	if (added == NULL)
		return no_memory(e);
	TRY(list_removed(c, out, &t, e));
	for (i = 0; i < cnt; i++) {
		added[i] = blocks[i];
		if (!touch(
			&t, &c->change, blocks[i]->senders, blocks[i]->tx_cnt))
			return no_memory(e);
	}
	make_unique(&t);
	out->added = added;
	out->added_cnt = cnt;
	out->touched = t.v;
	out->touched_cnt = t.cnt;
	return RC_OK;
}

enum rc
chain_subscribe(struct chain *c, chain_change_fn *fn, void *ctx, struct err *e)
{
	if (c->sub_cnt == CHAIN_SUBSCRIBER_MAX)
		return FAIL(e, RC_NO_SPACE, "%d listen to the chain already",
		    CHAIN_SUBSCRIBER_MAX);
	c->subs[c->sub_cnt++] = (struct chain_sub){.fn = fn, .ctx = ctx};
	return RC_OK;
}

void
chain_tell(struct chain *c, const struct chain_change *change)
{
	size_t i;

	for (i = 0; i < c->sub_cnt; i++)
		c->subs[i].fn(c->subs[i].ctx, change);
}
