/* SPDX-License-Identifier: Apache-2.0
 *
 * The store from inside: who owns what, and what its files offer each other.
 *
 * Writer's path:  step.c checks a group, record.c encodes it, statelog.c
 * makes it durable, layer.c indexes it, view.c publishes it; later flush.c
 * merges layers into the tables with blockdb.c, diffdb.c, logdb.c, addrdb.c.
 * Reader's path:  view.c pairs a read transaction with a layer set; blockdb.c,
 * statedb.c, logdb.c, addrdb.c look in the layers first, then in the tables.
 */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include <stdatomic.h>

#include "store/base_priv.h"
#include "store/layer_priv.h"
#include "store/statelog_priv.h"
#include "store/store.h"
#include "store/table_priv.h"

/* Windows of history up to this many blocks are searched batch by batch, a
 * microsecond each; wider ones (and archives) keep the index past_at. */
enum { STORE_SCAN_MAX = 4096 };

/* Scratch memory of one view: unpacked receipts of one block, or the changed
 * accounts of all layers. */
#define VIEW_SCRATCH_MAX ((size_t)1 << 30)

/* struct store_view is one place for a reader; owner 0 is free. */
struct store_view {
	_Atomic uintptr_t owner;          /* thread, while open */
	_Atomic(struct layer_set *) held; /* not to be freed */
	struct store *store;
	struct table_txn *txn;
	struct arena *scratch;
	struct base base;            /* what the tables of txn hold */
	const struct layer_set *set; /* what lies over them */
	size_t first;                /* layers below are in the tables */
};

struct store {
	struct store_conf conf;
	char *dir, *table_dir, *log_dir;
	int lock_fd;
	struct table_env te;
	struct statelog log;
	struct base base; /* as of the last commit */
	struct index_seed seed;
	_Atomic(struct layer_set *) set;
	struct layer_set *retired; /* no longer published, may be held */
	_Atomic bool is_moving;    /* the map: views wait */
	bool wants_room;           /* a small write found the map full */
	bool has_failed;
	struct err failure;
	struct store_block **recovered; /* handed out, not yet adopted */
	size_t recovered_cnt;
	uint64_t recovered_rewind;
	struct table_txn view_txn[STORE_VIEW_MAX];
	struct arena view_scratch[STORE_VIEW_MAX];
	struct store_view views[STORE_VIEW_MAX];
};

/* view.c ------------------------------------------------------------- */

/* views_init and views_close open and close the places of readers. */
void views_init(struct store *s);
void views_close(struct store *s);

/* view_publish makes set what readers see and retires the one before. */
void view_publish(struct store *s, struct layer_set *set);

/* view_reclaim frees retired sets that no view holds. */
void view_reclaim(struct store *s);

/* view_cnt_own counts the open views of the calling thread. */
size_t view_cnt_own(const struct store *s);

/*
 * view_move_map doubles the map, at least to bytes, when no view is open.
 *
 * is_patient  wait seconds for views to close, not milliseconds
 * Errors      RC_UNAVAILABLE  views stayed open; RC_NO_MEMORY; RC_IO
 */
enum rc view_move_map(struct store *s, bool is_patient, struct err *e);

/* view_layer_cnt and view_layer list what a view reads over the tables, the
 * oldest first. */
static inline size_t
view_layer_cnt(const struct store_view *v)
{
	return v->set->cnt - v->first;
}

static inline const struct layer *
view_layer(const struct store_view *v, size_t i)
{
	return v->set->layers[v->first + i];
}

static inline uint64_t
layer_number(const struct layer *l)
{
	return l->block->header.number;
}

/* step.c and store.c -------------------------------------------------- */

/* store_fail makes a failure sticky and passes rc on. */
enum rc store_fail(struct store *s, enum rc rc, struct err *e);

/* store_oldest is the oldest block whose state is readable at a head. */
uint64_t store_oldest(
    const struct store *s, const struct base *base, uint64_t head);

/* flush.c ------------------------------------------------------------ */

/*
 * flush_set brings the tables to what set shows: undoes blocks above the
 * first layer's parent, then adds all layers. On success s->base is new; the
 * caller publishes a set over it.
 *
 * Errors  RC_UNAVAILABLE, RC_NO_MEMORY  nothing changed
 *         RC_CORRUPT, RC_IO             sticky already
 */
enum rc flush_set(struct store *s, const struct layer_set *set, struct err *e);

#endif
