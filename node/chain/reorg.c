/* SPDX-License-Identifier: Apache-2.0
 *
 * Changing over to another branch (Clique only): from the common ancestor
 * its blocks are executed anew, each on the changes of those before it, and
 * appended as one group, so that readers and a crash see the old branch or
 * the new one and nothing between.
 */
#include "base/check.h"
#include "base/log.h"
#include "chain/chain_priv.h"

/* The branch from the ancestor's child to the tip. */
struct branch {
	struct chain_work *tip;      /* its caller's */
	struct chain_work *works;    /* those before it, highest first */
	struct store_block **blocks; /* all, ascending */
	size_t cnt;                  /* of all, the tip included */
	size_t opened;               /* of works */
	struct header ancestor;
};

/* work_at returns the i-th block above the ancestor. */
static struct chain_work *
work_at(const struct branch *b, size_t i)
{
	return i + 1 == b->cnt ? b->tip : &b->works[b->cnt - 2 - i];
}

/* find_ancestor counts the branch's blocks down to the canonical chain. */
static enum rc
find_ancestor(const struct chain *c, struct branch *b, struct err *e)
{
	struct hash at = b->tip->block.header.parent;

	for (b->cnt = 1; b->cnt <= CHAIN_REORG_MAX; b->cnt++) {
		TRY(store_header(c->view, &b->ancestor, &at, e));
		if (store_is_canonical(c->view, &at))
			return RC_OK;
		if (chain_is_bad(c, &at))
			return FAIL(e, RC_BLK_PARENT,
			    "block %llu of the branch was refused before",
			    (unsigned long long)b->ancestor.number);
		at = b->ancestor.parent;
	}
	return FAIL(e, RC_TOO_LARGE, "a branch of more than %d blocks",
	    CHAIN_REORG_MAX);
}

static enum rc
check_depth(const struct chain *c, const struct branch *b, struct err *e)
{
	uint64_t oldest = store_view_oldest(c->view);
	uint64_t depth = c->head.number - b->ancestor.number;

	if (b->ancestor.number < oldest || depth > CHAIN_REORG_MAX)
		return FAIL(e, RC_TOO_LARGE,
		    "a branch from block %llu: state is kept from %llu on, and "
		    "at most %d blocks are undone",
		    (unsigned long long)b->ancestor.number,
		    (unsigned long long)oldest, CHAIN_REORG_MAX);
	return RC_OK;
}

/* open_branch decodes the stored blocks of the branch. */
static enum rc
open_branch(const struct chain *c, struct branch *b, struct err *e)
{
	struct hash at = b->tip->block.header.parent;
	struct bytes raw;

	while (b->opened + 1 < b->cnt) {
		struct chain_work *w = &b->works[b->opened];

		TRY(store_raw(c->view, &raw, &at, e));
		TRY(chain_work_open(c, w, raw, e));
		b->opened++;
		at = w->block.header.parent;
	}
	return RC_OK;
}

static enum rc
run_one(struct chain *c, struct chain_work *w, struct chain_overlay *o,
    struct u256 *td, bool is_last, struct err *e)
{
	struct chain_base base = chain_overlay_base(o, c->view);

	u256_add(td, td, &w->block.header.difficulty);
	w->out->total_difficulty = *td;
	TRY(chain_recover_work(c, w, e));
	TRY(chain_execute(c, w, &base, e));
	if (is_last)
		return RC_OK;
	return chain_overlay_add(
	    o, &w->out->header.state_root, &w->out->diff, &w->out->nodes, e);
}

static enum rc
run_branch(struct chain *c, struct branch *b, struct err *e)
{
	struct chain_link link = {
	    .view = c->view, .number = b->ancestor.number};
	struct chain_base base = chain_base_of(&link, &b->ancestor.state_root);
	struct chain_overlay o;
	struct u256 td;
	enum rc rc = RC_OK;
	size_t i;

	TRY(store_total_difficulty(
	    c->view, &td, &work_at(b, 0)->block.header.parent, e));
	chain_overlay_open(&o, &base);
	for (i = 0; rc == RC_OK && i < b->cnt; i++) {
		rc = run_one(c, work_at(b, i), &o, &td, i + 1 == b->cnt, e);
		b->blocks[i] = work_at(b, i)->out;
	}
	chain_overlay_close(&o);
	if (chain_is_for_good(rc))
		chain_mark_bad(c, &b->blocks[i - 1]->hash);
	return rc;
}

static enum rc
run_and_extend(
    struct chain *c, struct chain_change *out, struct branch *b, struct err *e)
{
	uint64_t from = c->head.number, to = b->tip->block.header.number;
	enum rc rc;
	size_t i;

	TRY(open_branch(c, b, e));
	TRY(run_branch(c, b, e));
	rc = chain_extend(c, out, b->blocks, b->cnt, b->ancestor.number, e);
	for (i = 0; i < b->cnt; i++)
		work_at(b, i)->out = b->blocks[i];
	if (rc == RC_OK)
		log_info("chain", "changed branch from=%llu to=%llu at=%llu",
		    (unsigned long long)from, (unsigned long long)to,
		    (unsigned long long)b->ancestor.number);
	return rc;
}

enum rc
chain_switch(struct chain *c, struct chain_change *out, struct chain_work *tip,
    struct err *e)
{
	struct branch b = {.tip = tip};
	enum rc rc = RC_OK;
	size_t i;

	TRY(find_ancestor(c, &b, e));
	TRY(check_depth(c, &b, e));
	b.works = mem_array(b.cnt, sizeof(*b.works));
	b.blocks = mem_array(b.cnt, sizeof(*b.blocks));
	if (b.works == NULL || b.blocks == NULL)
		rc = FAIL(e, RC_NO_MEMORY, "no memory for %zu blocks", b.cnt);
	if (rc == RC_OK)
		rc = run_and_extend(c, out, &b, e);
	for (i = 0; i < b.opened; i++)
		chain_work_close(&b.works[i]);
	mem_free(b.works);
	mem_free(b.blocks);
	return rc;
}
