/* SPDX-License-Identifier: Apache-2.0
 *
 * The public side of updates: applies a batch to each trie (apply.c), hashes
 * what changed of all of them together (level.c) and lists the stored nodes
 * that differ from before. Also the single read. Where nodes are kept is the
 * source's business.
 */
#include "trie/trie.h"

#include <stdlib.h>

#include "base/check.h"
#include "trie/tree_priv.h"
#include "trie/walk_priv.h"

/* What one job left behind: its new root, whose dirty places are linked in
 * path order, and the stored places that hold no node any more. */
struct result {
	struct place *root; /* NULL: empty */
	size_t dirty_cnt;
	struct place **gone;
	size_t gone_cnt;
};

static void
check_ascending(const struct trie_job *job)
{
	size_t i;

	for (i = 1; i < job->cnt; i++)
		CHECK(memcmp(job->changes[i - 1].key.b, job->changes[i].key.b,
			  sizeof(struct hash)) < 0);
}

/* path_order is the order of paths: by nibble, a prefix before its
 * extension. */
static int
path_order(const struct place *a, const struct place *b)
{
	size_t len = a->depth < b->depth ? a->depth : b->depth;
	size_t at = nib_same(a->key, b->key, 0, len);

	if (at < len)
		return nib_at(a->key, at) < nib_at(b->key, at) ? -1 : 1;
	return (a->depth > b->depth) - (a->depth < b->depth);
}

static int
compare_places(const void *a, const void *b)
{
	return path_order(*(struct place *const *)a, *(struct place *const *)b);
}

/* take_gone moves the list of dropped places into an array in path order. */
static enum rc
take_gone(struct tree *t, struct result *out)
{
	struct place *p;
	size_t i = t->gone_cnt;

	out->gone = arena_array(t->scratch, i, sizeof(struct place *));
	out->gone_cnt = i;
	if (out->gone == NULL)
		return tree_no_memory(t);
	for (p = t->gone; p != NULL; p = p->next)
		out->gone[--i] = p;
	if (out->gone_cnt > 1)
		qsort(out->gone, out->gone_cnt, sizeof(struct place *),
		    compare_places);
	t->gone = NULL;
	t->gone_cnt = 0;
	return RC_OK;
}

/* apply_job brings the changes of a job into memory. */
static enum rc
apply_job(struct tree *t, struct result *res, struct trie_job *job)
{
	struct span changes = {job->changes, job->changes + job->cnt};
	static const uint8_t no_key[KEY_NIBBLES / 2];
	struct place *p = NULL;
	uint8_t *item;

	check_ascending(job);
	t->src = &job->src;
	t->levels.total = 0;
	item = arena_alloc(t->scratch, NODE_HASH_ITEM);
	if (item == NULL)
		return tree_no_memory(t);
	item[0] = NODE_HASH_HEAD;
	memcpy(item + 1, job->root.b, sizeof(job->root.b));
	if (job->cnt > 0 && !hash_eq(&job->root, &HASH_EMPTY_TRIE))
		TRY(tree_load(t, &p, item, no_key, 0));
	TRY(tree_apply(t, p, changes));
	res->root = t->res;
	res->dirty_cnt = t->levels.total;
	return take_gone(t, res);
}

static bool
is_record(const struct place *p)
{
	return p->rlp.len >= NODE_HASHED_MIN || p->depth == 0;
}

static void
put_record(struct trie_batch *out, const struct place *p, struct bytes rlp)
{
	struct trie_node *n = &out->nodes[out->cnt++];

	path_of(&n->path, p->key, p->depth);
	n->rlp = rlp;
}

/* list_records merges dirty and dropped places into the batch of a job. */
static enum rc
list_records(struct arena *a, struct trie_batch *out, const struct result *res,
    struct err *e)
{
	static const struct bytes none;
	const struct place *p = res->dirty_cnt > 0 ? res->root : NULL;
	size_t g = 0;

	out->cnt = 0;
	out->nodes =
	    arena_array(a, res->dirty_cnt + res->gone_cnt, sizeof(*out->nodes));
	if (out->nodes == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a trie batch");
	for (; p != NULL; p = p->next) {
		while (g < res->gone_cnt && path_order(res->gone[g], p) < 0)
			put_record(out, res->gone[g++], none);
		if (is_record(p))
			put_record(out, p, p->rlp);
		else if (p->was_stored)
			put_record(out, p, none);
	}
	while (g < res->gone_cnt)
		put_record(out, res->gone[g++], none);
	CHECK(out->cnt <= res->dirty_cnt + res->gone_cnt);
	return RC_OK;
}

/* set_root takes the hash of a job's new root. */
static void
set_root(struct trie_job *job, const struct place *root)
{
	if (root == NULL)
		job->root_out = job->cnt == 0 ? job->root : HASH_EMPTY_TRIE;
	else
		memcpy(job->root_out.b, root->item + 1, 32);
}

/* update_in does the work of trie_update_many with a scratch arena. */
static enum rc
update_in(struct tree *t, struct trie_job *jobs, size_t cnt)
{
	struct result *res;
	size_t i;

	res = arena_array(t->scratch, cnt, sizeof(*res));
	if (res == NULL)
		return tree_no_memory(t);
	for (i = 0; i < cnt; i++)
		TRY(apply_job(t, &res[i], &jobs[i]));
	TRY(lanes_verified(&t->lanes, t->e));
	TRY(levels_hash(t->out, &t->lanes, &t->levels, t->e));
	for (i = 0; i < cnt; i++) {
		set_root(&jobs[i], res[i].root);
		TRY(list_records(t->out, &jobs[i].batch, &res[i], t->e));
	}
	return RC_OK;
}

enum rc
trie_update_many(
    struct arena *a, struct trie_job *jobs, size_t cnt, struct err *e)
{
	struct arena scratch;
	struct tree *t;
	enum rc rc;

	/* What is needed only on the way has an arena of its own, because a
	 * lives as long as the block. */
	arena_init(&scratch, a->max_bytes);
	t = arena_alloc(&scratch, sizeof(*t));
	if (t == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for trie changes");
	t->scratch = &scratch;
	t->out = a;
	t->levels = (struct levels){.head = t->level_head, .max = LEVEL_CNT};
	t->e = e;
	rc = update_in(t, jobs, cnt);
	arena_drop(&scratch);
	return rc;
}

enum rc
trie_update(struct arena *a, struct hash *root_out, struct trie_batch *out,
    const struct trie_source *src, const struct hash *root,
    const struct trie_change *changes, size_t cnt, struct err *e)
{
	struct trie_job job = {
	    .src = *src, .root = *root, .changes = changes, .cnt = cnt};

	TRY(trie_update_many(a, &job, 1, e));
	*root_out = job.root_out;
	*out = job.batch;
	return RC_OK;
}

static enum rc
get_nothing(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	(void)ctx;
	(void)path;
	(void)e;
	*out = bytes_of(NULL, 0);
	return RC_OK;
}

struct trie_source
trie_source_empty(void)
{
	return (struct trie_source){.get = get_nothing};
}

enum rc
trie_get(struct arena *a, struct bytes *out, const struct trie_source *src,
    const struct hash *root, const struct hash *key, struct err *e)
{
	struct walker w = {.key = key->b, .hash = root->b};
	struct bytes rlp;

	*out = bytes_of(NULL, 0);
	if (hash_eq(root, &HASH_EMPTY_TRIE))
		return RC_OK;
	while (w.hash != NULL) {
		TRY(walk_read(&rlp, src, w.hash, key->b, w.depth, e));
		TRY(walker_step(&w, rlp, e));
	}
	if (w.value.len == 0)
		return RC_OK;
	*out = arena_copy(a, w.value);
	return out->ptr == NULL
		   ? FAIL(e, RC_NO_MEMORY, "no room for a trie value")
		   : RC_OK;
}
