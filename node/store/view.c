/* SPDX-License-Identifier: Apache-2.0
 *
 * How readers and the writer meet, without a lock.
 *
 * A view pairs an LMDB read transaction with a layer set. The transaction is
 * opened first; the base record in it says up to which record of the log its
 * tables go. Then the newest set is taken under a hazard pointer: the place
 * names the set and looks again whether it is still the published one, and
 * the writer frees a retired set only when no place names it. The pair fits
 * when set.base_seq <= base.seq <= set.head_seq: then each block is in the
 * tables or in a layer. It does not fit when a flush was published in
 * between (the transaction is too old) or is about to be (the set is);
 * the reader begins again.
 *
 * Moving the map needs a moment without transactions. The writer raises
 * is_moving and looks for open places; a reader takes its place and looks at
 * is_moving. Whoever comes second sees the other.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "base/check.h"
#include "store/store_priv.h"

enum {
	NAP_US = 100,
	/* A flush that could wait gives views 10 ms, one that cannot 2 s;
	 * readers wait for the writer five times as long. */
	MOVE_NAP_MAX = 100,
	MOVE_NAP_PATIENT_MAX = 20 * 1000,
	OPEN_NAP_MAX = 100 * 1000,
	/* Pairs that do not fit: each costs the writer a publication. */
	FIT_MAX = 1000 * 1000
};

static void
nap(void)
{
	struct timespec t = {.tv_nsec = NAP_US * 1000L};

	(void)nanosleep(&t, NULL);
}

static uintptr_t
self(void)
{
	return (uintptr_t)pthread_self();
}

/* Readers. ----------------------------------------------------------- */

static struct store_view *
take_place(struct store *s)
{
	uintptr_t me = self();
	size_t start = (me >> 12) % STORE_VIEW_MAX;

	for (size_t i = 0; i < STORE_VIEW_MAX; i++) {
		struct store_view *v = &s->views[(start + i) % STORE_VIEW_MAX];
		uintptr_t free = 0;

		if (atomic_load(&v->owner) == 0 &&
		    atomic_compare_exchange_strong(&v->owner, &free, me))
			return v;
	}
	return NULL;
}

static void
leave_place(struct store_view *v)
{
	atomic_store(&v->held, NULL);
	atomic_store(&v->owner, 0);
}

/* enter takes a place at a moment when the map stands still. */
static enum rc
enter(struct store_view **out, struct store *s, struct err *e)
{
	for (int i = 0; i < OPEN_NAP_MAX; i++) {
		struct store_view *v;

		if (atomic_load(&s->is_moving)) {
			nap();
			continue;
		}
		v = take_place(s);
		if (v == NULL)
			return FAIL(e, RC_NO_SPACE,
			    "%d views of the store are open", STORE_VIEW_MAX);
		if (!atomic_load(&s->is_moving)) {
			*out = v;
			return RC_OK;
		}
		leave_place(v);
	}
	return FAIL(e, RC_UNAVAILABLE, "the store's map is being moved");
}

static const struct layer_set *
hold(struct store_view *v)
{
	struct layer_set *set;

	do {
		set = atomic_load(&v->store->set);
		atomic_store(&v->held, set);
	} while (set != atomic_load(&v->store->set));
	return set;
}

/* pair opens the transaction and a set; fits tells whether they belong
 * together. The transaction is open after RC_OK. */
static enum rc
pair(struct store_view *v, bool *fits, struct err *e)
{
	bool has_base = false;
	enum rc rc;

	TRY(table_read_begin(v->txn, &v->store->te, e));
	rc = base_load(&v->base, &has_base, v->txn, e);
	if (rc == RC_OK && !has_base)
		rc = FAIL(e, RC_CORRUPT, "the tables have no base record");
	if (rc != RC_OK) {
		table_read_end(v->txn);
		return rc;
	}
	v->set = hold(v);
	*fits =
	    v->set->base_seq <= v->base.seq && v->base.seq <= v->set->head_seq;
	return RC_OK;
}

static enum rc
see(struct store_view *v, struct err *e)
{
	for (int i = 0; i < FIT_MAX; i++) {
		bool fits = false;

		TRY(pair(v, &fits, e));
		if (fits)
			return RC_OK;
		table_read_end(v->txn);
		(void)sched_yield();
	}
	return FAIL(e, RC_UNAVAILABLE, "the store changes too fast to be read");
}

enum rc
store_view_open(struct store_view **out, struct store *s, struct err *e)
{
	struct store_view *v;
	enum rc rc;

	TRY(enter(&v, s, e));
	rc = see(v, e);
	if (rc != RC_OK) {
		leave_place(v);
		return rc;
	}
	v->first = 0;
	while (v->first < v->set->cnt &&
	       v->set->layers[v->first]->seq <= v->base.seq)
		v->first++;
	*out = v;
	return RC_OK;
}

void
store_view_close(struct store_view *v)
{
	if (v == NULL)
		return;
	arena_drop(v->scratch);
	table_read_end(v->txn);
	leave_place(v);
}

void
store_view_head(const struct store_view *v, struct store_head *out)
{
	*out = v->set->head;
}

uint64_t
store_view_oldest(const struct store_view *v)
{
	return store_oldest(v->store, &v->base, v->set->head.number);
}

/* The writer. -------------------------------------------------------- */

void
views_init(struct store *s)
{
	for (size_t i = 0; i < STORE_VIEW_MAX; i++) {
		struct store_view *v = &s->views[i];

		arena_init(&s->view_scratch[i], VIEW_SCRATCH_MAX);
		v->store = s;
		v->txn = &s->view_txn[i];
		v->scratch = &s->view_scratch[i];
	}
}

void
views_close(struct store *s)
{
	for (size_t i = 0; i < STORE_VIEW_MAX; i++) {
		CHECK(atomic_load(&s->views[i].owner) == 0);
		table_read_close(&s->view_txn[i]);
	}
}

static bool
is_held(const struct store *s, const struct layer_set *set)
{
	for (size_t i = 0; i < STORE_VIEW_MAX; i++)
		if (atomic_load(&s->views[i].held) == set)
			return true;
	return false;
}

void
view_reclaim(struct store *s)
{
	struct layer_set **at = &s->retired;

	while (*at != NULL) {
		struct layer_set *set = *at;

		if (is_held(s, set)) {
			at = &set->next;
			continue;
		}
		*at = set->next;
		layer_set_free(set);
	}
}

void
view_publish(struct store *s, struct layer_set *set)
{
	struct layer_set *old = atomic_exchange(&s->set, set);

	if (old == NULL)
		return;
	old->next = s->retired;
	s->retired = old;
}

size_t
view_cnt_own(const struct store *s)
{
	uintptr_t me = self();
	size_t cnt = 0;

	for (size_t i = 0; i < STORE_VIEW_MAX; i++)
		cnt += atomic_load(&s->views[i].owner) == me;
	return cnt;
}

static bool
is_any_open(const struct store *s)
{
	for (size_t i = 0; i < STORE_VIEW_MAX; i++)
		if (atomic_load(&s->views[i].owner) != 0)
			return true;
	return false;
}

static enum rc
move_when_quiet(struct store *s, int nap_max, struct err *e)
{
	size_t map, used;

	for (int i = 0; is_any_open(s); i++) {
		if (i == nap_max)
			return FAIL(e, RC_UNAVAILABLE,
			    "views stay open, the map cannot be moved");
		nap();
	}
	table_env_room(&s->te, &map, &used);
	if (map > SIZE_MAX / 2)
		return FAIL(e, RC_NO_MEMORY, "a map of %zu bytes", map);
	return table_env_move(&s->te, 2 * map, e);
}

enum rc
view_move_map(struct store *s, bool is_patient, struct err *e)
{
	enum rc rc;

	atomic_store(&s->is_moving, true);
	rc = move_when_quiet(
	    s, is_patient ? MOVE_NAP_PATIENT_MAX : MOVE_NAP_MAX, e);
	atomic_store(&s->is_moving, false);
	return rc;
}
