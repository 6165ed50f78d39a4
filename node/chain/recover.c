/* SPDX-License-Identifier: Apache-2.0
 *
 * After a crash or plain stop the newest blocks are in the store's log
 * alone. The log has what they changed, not what was there before nor the
 * trie nodes: both are computed again here, and the state root with them, so
 * that a damaged record cannot become state.
 */
#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "chain/chain_priv.h"

static enum rc
fill_accounts(
    struct state_diff *d, const struct chain_base *base, struct err *e)
{
	size_t i;

	for (i = 0; i < d->account_cnt; i++) {
		struct state_account_change *c = &d->accounts[i];

		TRY(base->src.account(
		    base->src.ctx, &c->before, &c->had_before, &c->addr, e));
		if (!c->had_before)
			c->before = account_empty();
	}
	return RC_OK;
}

static enum rc
fill_slots(struct state_diff *d, const struct chain_base *base, struct err *e)
{
	size_t i;

	for (i = 0; i < d->slot_cnt; i++) {
		struct state_slot_change *c = &d->slots[i];

		TRY(base->src.slot(
		    base->src.ctx, &c->before, &c->addr, &c->key, e));
	}
	return RC_OK;
}

static enum rc
replay_block(struct store_block *b, struct chain_overlay *o,
    const struct store_view *view, bool is_last, struct err *e)
{
	struct chain_base base = chain_overlay_base(o, view);
	char got[2 * 32 + 3], want[2 * 32 + 3];
	struct hash root;

	TRY(fill_accounts(&b->diff, &base, e));
	TRY(fill_slots(&b->diff, &base, e));
	TRY(state_root(
	    &b->arena, &root, &b->nodes, &b->diff, &base.root, &base.tries, e));
	if (!hash_eq(&root, &b->header.state_root))
		return FAIL(e, RC_CORRUPT,
		    "block %llu of the log gives state root %s, not %s",
		    (unsigned long long)b->header.number,
		    hex_put0x(got, hash_bytes(&root)),
		    hex_put0x(want, hash_bytes(&b->header.state_root)));
	return is_last ? RC_OK
		       : chain_overlay_add(o, &root, &b->diff, &b->nodes, e);
}

static enum rc
replay_on(struct store_block **blocks, size_t cnt,
    const struct chain_base *base, struct err *e)
{
	struct chain_overlay o;
	enum rc rc = RC_OK;
	size_t i;

	chain_overlay_open(&o, base);
	for (i = 0; rc == RC_OK && i < cnt; i++)
		rc = replay_block(blocks[i], &o, base->view, i + 1 == cnt, e);
	chain_overlay_close(&o);
	return rc;
}

/* replay_group computes what a group lacks on a view of its parent. */
static enum rc
replay_group(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	struct chain_base base = chain_base_empty();
	struct store_view *view;
	struct chain_link link;
	struct header parent;
	enum rc rc = RC_OK;

	if (blocks[0]->header.number == 0)
		return replay_on(blocks, cnt, &base, e);
	TRY(store_view_open(&view, s, e));
	rc = store_header(view, &parent, &blocks[0]->header.parent, e);
	if (rc == RC_OK) {
		link = (struct chain_link){.view = view, .number = rewind_to};
		base = chain_base_of(&link, &parent.state_root);
		rc = replay_on(blocks, cnt, &base, e);
	}
	store_view_close(view);
	return rc;
}

/* adopt flushes only when the store takes no more: a start answers sooner
 * when its tables follow later. */
static enum rc
adopt(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	enum rc rc = store_adopt(s, blocks, cnt, rewind_to, e);

	if (rc != RC_NO_SPACE)
		return rc;
	TRY(store_flush(s, e));
	return store_adopt(s, blocks, cnt, rewind_to, e);
}

/* replay_next replays the oldest group there is; cnt is 0 when none is left.
 * The blocks are ours until the store has adopted them. */
static enum rc
replay_next(struct store *s, size_t *cnt, struct err *e)
{
	struct store_block **blocks;
	uint64_t rewind_to;
	enum rc rc;
	size_t i;

	TRY(store_recover(s, &blocks, cnt, &rewind_to, e));
	if (*cnt == 0)
		return RC_OK;
	rc = replay_group(s, blocks, *cnt, rewind_to, e);
	if (rc == RC_OK)
		rc = adopt(s, blocks, *cnt, rewind_to, e);
	for (i = 0; rc != RC_OK && i < *cnt; i++)
		store_block_free(blocks[i]);
	return rc;
}

enum rc
chain_replay(struct chain *c, struct err *e)
{
	size_t cnt, replayed = 0;

	for (;;) {
		TRY(replay_next(c->store, &cnt, e));
		if (cnt == 0)
			break;
		replayed += cnt;
	}
	if (replayed > 0)
		log_info("chain", "replayed blocks=%zu", replayed);
	return RC_OK;
}
