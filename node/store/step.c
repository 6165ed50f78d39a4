/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer's steps. A group of blocks goes:
 *
 *   check that it links -> layers and the next set -> one record in the log,
 *   synced -> publish the set
 *
 * Everything that can fail for want of memory comes before the record;
 * what fails after it fails for ever (store_fail). A group that undoes
 * blocks which the tables hold is flushed between record and publication,
 * so that tables and layers always follow one another.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/dbs_priv.h"
#include "store/record_priv.h"

/* Bounds the encoded record of one group. */
#define RECORD_ARENA_MAX (STORE_GROUP_MAX + 4096)

enum rc
store_fail(struct store *s, enum rc rc, struct err *e)
{
	if (s->has_failed)
		return FAIL(e, RC_IO, "the store has failed before: %s",
		    s->failure.text);
	s->has_failed = true;
	(void)err_fail(&s->failure, rc, "%s", err_message(e, rc));
	log_error("store", "failed, no more writes rc=%s text=%s", err_name(rc),
	    s->failure.text);
	return rc;
}

/* Checking a group. -------------------------------------------------- */

static enum rc
fail_link(struct err *e, const struct store_block *b, const char *what)
{
	return FAIL(e, RC_BAD_INPUT, "block %llu does not follow %s",
	    (unsigned long long)b->header.number, what);
}

/* check_parent: b is the child of the canonical block rewind_to. */
static enum rc
check_parent(struct store *s, const struct store_block *b, uint64_t rewind_to,
    struct err *e)
{
	const struct store_head *head = &atomic_load(&s->set)->head;
	struct hash parent = head->hash;

	if (rewind_to > head->number || b->header.number != rewind_to + 1)
		return fail_link(e, b, "the number it rewinds to");
	if (rewind_to < head->number) {
		uint64_t oldest = store_oldest(s, &s->base, head->number);
		struct store_view *v;
		enum rc rc;

		if (rewind_to < oldest)
			return FAIL(e, RC_NOT_FOUND,
			    "cannot rewind to block %llu, the oldest with "
			    "state is %llu",
			    (unsigned long long)rewind_to,
			    (unsigned long long)oldest);
		TRY(store_view_open(&v, s, e));
		rc = store_hash_of(v, &parent, rewind_to, e);
		store_view_close(v);
		if (rc != RC_OK)
			return rc;
	}
	if (!hash_eq(&parent, &b->header.parent))
		return fail_link(e, b, "the block it rewinds to");
	return RC_OK;
}

static enum rc
check_group(struct store *s, struct store_block *const *blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	if (cnt == 0)
		return FAIL(e, RC_BAD_INPUT, "an empty group");
	if (atomic_load(&s->set)->head.header != NULL)
		TRY(check_parent(s, blocks[0], rewind_to, e));
	for (size_t i = 1; i < cnt; i++)
		if (blocks[i]->header.number !=
			blocks[i - 1]->header.number + 1 ||
		    !hash_eq(&blocks[i]->header.parent, &blocks[i - 1]->hash))
			return fail_link(e, blocks[i], "the one before it");
	return RC_OK;
}

static size_t
times_slack(size_t n)
{
	return n == 0                             ? STORE_LAYER_SLACK
	       : n > SIZE_MAX / STORE_LAYER_SLACK ? SIZE_MAX
						  : n * STORE_LAYER_SLACK;
}

static enum rc
check_bounds(const struct store *s, struct err *e)
{
	const struct layer_set *set = atomic_load(&s->set);

	if (set->cnt + set->side_cnt >= times_slack(s->conf.layer_max) ||
	    set->bytes >= times_slack(s->conf.layer_bytes_max))
		return FAIL(e, RC_NO_SPACE,
		    "%zu layers of %zu bytes wait to be flushed",
		    set->cnt + set->side_cnt, set->bytes);
	return RC_OK;
}

/* Building the next set. --------------------------------------------- */

/* struct step is a group on its way in. after is the set over the tables
 * once the group is flushed; NULL when it stays in layers. */
struct step {
	struct layer_set *set, *after;
	bool is_deep;
};

static struct store_head
head_of(const struct store_block *b)
{
	return (struct store_head){
	    b->hash, b->header.number, b->total_difficulty, &b->header};
}

static bool
add_new(struct store *s, struct layer_set *set,
    struct store_block *const *blocks, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		struct layer *l = layer_new(blocks[i], set->head_seq, &s->seed);

		if (l == NULL)
			return false;
		layer_set_add(set, l, false);
		l->refs--; /* the set's is the only one */
	}
	return true;
}

/* set_abandon frees a set that was never published; its last cnt canonical
 * layers leave their blocks alone. */
static void
set_abandon(struct layer_set *set, size_t keep)
{
	if (set == NULL)
		return;
	for (size_t i = keep; i < set->cnt; i++)
		layer_leave(set->layers[i]);
	for (size_t i = 0; i < set->side_cnt; i++)
		layer_drop(set->layers[set->cnt + i]);
	set->cnt = keep < set->cnt ? keep : set->cnt;
	set->side_cnt = 0;
	layer_set_free(set);
}

/* keep_cnt counts the layers that stay canonical. */
static size_t
keep_cnt(const struct layer_set *old, uint64_t rewind_to)
{
	size_t keep = old->cnt;

	while (keep > 0 && layer_number(old->layers[keep - 1]) > rewind_to)
		keep--;
	return keep;
}

static struct layer_set *
next_set(struct store *s, struct store_block *const *blocks, size_t cnt,
    uint64_t rewind_to, uint64_t seq)
{
	const struct layer_set *old = atomic_load(&s->set);
	struct store_head head = head_of(blocks[cnt - 1]);
	struct layer_set *set = layer_set_new(old->cnt + old->side_cnt + cnt);
	size_t keep = keep_cnt(old, rewind_to);

	if (set == NULL)
		return NULL;
	set->base_seq = old->base_seq;
	set->head_seq = seq;
	for (size_t i = 0; i < keep; i++)
		layer_set_add(set, old->layers[i], false);
	if (!add_new(s, set, blocks, cnt) || !layer_set_head(set, &head)) {
		set_abandon(set, keep);
		return NULL;
	}
	for (size_t i = keep; i < old->cnt + old->side_cnt; i++)
		layer_set_add(set, old->layers[i], true);
	return set;
}

/* bare_set is the set after a flush of set: the same head, no layers. */
static struct layer_set *
bare_set(const struct layer_set *set)
{
	struct layer_set *bare = layer_set_new(0);

	if (bare == NULL)
		return NULL;
	bare->base_seq = bare->head_seq = set->head_seq;
	if (layer_set_head(bare, &set->head))
		return bare;
	layer_set_free(bare);
	return NULL;
}

static enum rc
step_plan(struct step *st, struct store *s, struct store_block *const *blocks,
    size_t cnt, uint64_t rewind_to, uint64_t seq, struct err *e)
{
	*st = (struct step){
	    .is_deep = s->base.has_head && rewind_to < s->base.number};
	st->set = next_set(s, blocks, cnt, rewind_to, seq);
	if (st->set != NULL && st->is_deep)
		st->after = bare_set(st->set);
	if (st->set != NULL && (st->after != NULL || !st->is_deep))
		return RC_OK;
	if (st->set != NULL)
		set_abandon(st->set, st->set->cnt - cnt);
	return FAIL(e, RC_NO_MEMORY, "layers of %zu blocks", cnt);
}

static void
step_abandon(struct step *st, size_t cnt)
{
	set_abandon(st->set, st->set->cnt - cnt);
	if (st->after != NULL)
		layer_set_free(st->after);
}

static void
note_layers(const struct store *s)
{
	metric_set(METRIC_STORE_LAYERS, atomic_load(&s->set)->cnt);
}

/* step_finish makes the group visible; its record is in the log. */
static enum rc
step_finish(struct store *s, struct step *st, struct err *e)
{
	if (!st->is_deep) {
		view_publish(s, st->set);
		note_layers(s);
		return RC_OK;
	}
	TRY(flush_set(s, st->set, e));
	view_publish(s, st->after);
	/* Never published, but the caller may look at its blocks until the
	 * next step. */
	st->set->next = s->retired;
	s->retired = st->set;
	note_layers(s);
	return RC_OK;
}

/* The steps. --------------------------------------------------------- */

/* begin_step checks what every step starts with. */
static enum rc
begin_step(struct store *s, struct err *e)
{
	CHECK(view_cnt_own(s) == 0);
	if (s->has_failed)
		return store_fail(s, RC_IO, e);
	view_reclaim(s);
	return RC_OK;
}

static enum rc
log_group(struct store *s, struct arena *a, struct bytes *record,
    struct store_block *const *blocks, size_t cnt, uint64_t rewind_to,
    struct err *e)
{
	CHECK(s->log.pending_at == s->log.pending_cnt);
	TRY(check_bounds(s, e));
	TRY(check_group(s, blocks, cnt, rewind_to, e));
	return record_encode(a, record, blocks, cnt, rewind_to, e);
}

/* write_step writes the record and finishes; a failure from here on is
 * final. */
static enum rc
write_step(struct store *s, struct step *st, struct bytes record, size_t cnt,
    struct err *e)
{
	enum rc rc = statelog_append(&s->log, record, e);

	if (rc == RC_OK)
		rc = step_finish(s, st, e);
	if (rc == RC_OK)
		return RC_OK;
	step_abandon(st, cnt);
	if (s->has_failed)
		return rc;
	return store_fail(s, rc == RC_CORRUPT ? rc : RC_IO, e);
}

enum rc
store_append(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	struct err local;
	struct bytes record;
	struct step st;
	struct arena a;
	enum rc rc;

	if (e == NULL)
		e = &local;
	TRY(begin_step(s, e));
	arena_init(&a, RECORD_ARENA_MAX);
	rc = log_group(s, &a, &record, blocks, cnt, rewind_to, e);
	if (rc == RC_OK)
		rc = step_plan(
		    &st, s, blocks, cnt, rewind_to, s->log.last_seq + 1, e);
	if (rc == RC_OK)
		rc = write_step(s, &st, record, cnt, e);
	arena_drop(&a);
	return rc;
}

enum rc
store_recover(struct store *s, struct store_block ***blocks, size_t *cnt,
    uint64_t *rewind_to, struct err *e)
{
	struct bytes payload;
	struct arena a;
	uint64_t seq;
	enum rc rc;

	CHECK(s->recovered == NULL);
	*cnt = 0;
	arena_init(&a, RECORD_ARENA_MAX);
	rc = statelog_pending(&s->log, &a, &payload, &seq, e);
	if (rc == RC_OK && payload.ptr != NULL)
		rc = record_decode(blocks, cnt, rewind_to, payload, e);
	arena_drop(&a);
	if (rc == RC_OK && *cnt > 0) {
		s->recovered = *blocks;
		s->recovered_cnt = *cnt;
		s->recovered_rewind = *rewind_to;
	}
	return rc;
}

/* check_recovered: the log's own groups always link. */
static enum rc
check_recovered(struct store *s, struct store_block *const *blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	struct err why = {0};
	enum rc rc = check_group(s, blocks, cnt, rewind_to, &why);

	if (rc == RC_BAD_INPUT || rc == RC_NOT_FOUND)
		return FAIL(e, RC_CORRUPT, "%s: the log does not fit: %s",
		    s->dir, why.text);
	return rc == RC_OK ? rc : FAIL(e, rc, "%s", err_message(&why, rc));
}

enum rc
store_adopt(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	struct err local;
	struct step st;
	enum rc rc;

	if (e == NULL)
		e = &local;
	TRY(begin_step(s, e));
	CHECK(blocks == s->recovered && cnt == s->recovered_cnt &&
	      rewind_to == s->recovered_rewind);
	TRY(check_recovered(s, blocks, cnt, rewind_to, e));
	TRY(step_plan(&st, s, blocks, cnt, rewind_to,
	    s->log.pending[s->log.pending_at].seq, e));
	rc = step_finish(s, &st, e);
	if (rc != RC_OK) {
		step_abandon(&st, cnt);
		return rc;
	}
	statelog_pass(&s->log);
	mem_free(s->recovered);
	s->recovered = NULL;
	return RC_OK;
}

bool
store_flush_due(const struct store *s)
{
	const struct layer_set *set = atomic_load(&s->set);

	return set->cnt + set->side_cnt >= s->conf.layer_max ||
	       set->bytes >= s->conf.layer_bytes_max || s->wants_room;
}

enum rc
store_flush(struct store *s, struct err *e)
{
	const struct layer_set *set = atomic_load(&s->set);
	struct layer_set *after;
	struct err local;
	enum rc rc;

	if (e == NULL)
		e = &local;
	TRY(begin_step(s, e));
	if (set->cnt + set->side_cnt == 0 && !s->wants_room)
		return RC_OK;
	after = bare_set(set);
	if (after == NULL)
		return FAIL(e, RC_NO_MEMORY, "flush");
	rc = flush_set(s, set, e);
	if (rc != RC_OK) {
		layer_set_free(after);
		return rc;
	}
	view_publish(s, after);
	note_layers(s);
	return RC_OK;
}
