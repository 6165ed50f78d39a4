/* SPDX-License-Identifier: Apache-2.0
 *
 * Views while the writer works: each shows one head and never changes, also
 * when layers are flushed, undone and freed and the map is moved under way.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "plan.h"
#include "store/dbs_priv.h"
#include "test.h"

enum { READERS = 3 };

static struct plan p;

static struct store *
open_small(size_t map_bytes)
{
	struct store_conf c = plan_conf(test_tmpdir());
	struct store *s = NULL;

	c.map_bytes = map_bytes;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	return s;
}

/* One thread. -------------------------------------------------------- */

TEST(test_view_keeps_its_head)
{
	struct store *s = open_small(8 << 20);
	enum { VIEWS = 12 };
	struct store_view *v[VIEWS];

	plan_init(&p, 81, PLAN_STEPS);
	for (int i = 0; i < VIEWS; i++) {
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
		EXPECT_RC(store_view_open(&v[i], s, NULL), RC_OK);
		/* the writer's own views stay open in this test only because
		 * the step is told another owner */
		atomic_store(&v[i]->owner, 1);
	}
	for (int i = 0; i < VIEWS; i++)
		model_check_view(
		    &p.m, v[i], p.heads[i], store_view_oldest(v[i]));
	for (int i = 0; i < VIEWS; i++)
		store_view_close(v[i]);
	EXPECT(s->retired != NULL);
	EXPECT_RC(plan_play(&p, s, VIEWS, NULL), RC_OK);
	store_close(s);
	model_free(&p.m);
}

TEST(test_view_retired_sets_are_freed_when_nobody_looks)
{
	struct store *s = open_small(8 << 20);
	size_t cnt = 0;

	plan_init(&p, 82, PLAN_STEPS);
	for (int i = 0; i < 40; i++)
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
	for (struct layer_set *at = s->retired; at != NULL; at = at->next)
		cnt++;
	EXPECT(cnt <= 2); /* those of the last step */
	store_close(s);
	model_free(&p.m);
}

TEST(test_view_places_have_a_bound)
{
	static struct store_view *v[STORE_VIEW_MAX];
	struct store *s = open_small(8 << 20);
	struct store_view *more;
	struct err e = {0};

	for (size_t i = 0; i < STORE_VIEW_MAX; i++)
		EXPECT_RC(store_view_open(&v[i], s, NULL), RC_OK);
	EXPECT_RC(store_view_open(&more, s, &e), RC_NO_SPACE);
	EXPECT(strstr(e.text, "256") != NULL);
	store_view_close(v[100]);
	EXPECT_RC(store_view_open(&v[100], s, NULL), RC_OK);
	for (size_t i = 0; i < STORE_VIEW_MAX; i++)
		store_view_close(v[i]);
	store_close(s);
}

/* in_child runs fn in a child and returns its wait status. */
static int
in_child(void (*fn)(void))
{
	pid_t pid;
	int status;

	(void)fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		files_hush(true);
		fn();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static void
step_with_view(void)
{
	struct store *s = open_small(8 << 20);
	struct store_view *v;

	plan_init(&p, 83, PLAN_STEPS);
	(void)store_view_open(&v, s, NULL);
	(void)plan_play(&p, s, 0, NULL);
}

static void
close_with_view(void)
{
	struct store *s = open_small(8 << 20);
	struct store_view *v;

	(void)store_view_open(&v, s, NULL);
	store_close(s);
}

TEST(test_view_of_the_writer_during_a_step_ends_the_process)
{
	int status = in_child(step_with_view);

	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	status = in_child(close_with_view);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The map. ----------------------------------------------------------- */

TEST(test_map_grows_from_its_smallest)
{
	struct store *s = open_small(1);
	size_t map, used, first;

	plan_init(&p, 84, PLAN_STEPS);
	table_env_room(&s->te, &first, &used);
	EXPECT_U64(first, TABLE_MAP_MIN);
	s->conf.history = 0; /* keeps all, so it must grow */
	for (int i = 0; i < PLAN_STEPS; i++)
		EXPECT_RC(plan_play(&p, s, i, NULL), RC_OK);
	table_env_room(&s->te, &map, &used);
	EXPECT(map >= 4 * first);
	EXPECT(used <= map);
	model_check(&p.m, s, p.heads[PLAN_STEPS - 1], 0);
	store_close(s);
	s = open_small(1);
	(void)model_recover(&p.m, s);
	EXPECT_U64((uint64_t)plan_where(&p, s), PLAN_STEPS - 1);
	store_close(s);
	model_free(&p.m);
}

TEST(test_map_full_within_a_flush_is_tried_again_in_a_larger_one)
{
	struct store *s = open_small(1);
	size_t before, after, used;

	plan_init(&p, 88, PLAN_STEPS);
	s->conf.layer_max = PLAN_STEPS;
	s->conf.history = 0;
	EXPECT_RC(model_append(s, p.heads[0], 0, NULL), RC_OK);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	table_env_room(&s->te, &before, &used);
	EXPECT(used < before / 2); /* no reason to move it early */
	for (int i = 1; i < 200; i++)
		EXPECT_RC(
		    model_append(s, p.heads[i], p.rewind_to[i], NULL), RC_OK);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	table_env_room(&s->te, &after, &used);
	EXPECT(after > before && used > before);
	model_check(&p.m, s, p.heads[199], 0);
	store_close(s);
	model_free(&p.m);
}

/* eat_map puts values until the map has no room for one more. */
static enum rc
eat_map(struct store *s)
{
	static uint8_t big[200000];
	enum rc rc = RC_OK;

	for (unsigned i = 0; i < 100 && rc == RC_OK; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "big%u", i);
		big[0] = (uint8_t)i;
		rc = store_aux_put(s, name, bytes_of(big, sizeof(big)), NULL);
	}
	return rc;
}

TEST(test_map_full_for_a_small_write_waits_for_the_flush)
{
	struct store *s = open_small(1);
	struct store_view *v;
	size_t before, after, used;

	plan_init(&p, 85, PLAN_STEPS);
	EXPECT_RC(plan_play(&p, s, 0, NULL), RC_OK);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	table_env_room(&s->te, &before, &used);
	EXPECT_RC(eat_map(s), RC_UNAVAILABLE);
	EXPECT(store_flush_due(s));
	model_check_view(&p.m, v, p.heads[0], 0); /* the map has not moved */
	store_view_close(v);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	table_env_room(&s->te, &after, &used);
	EXPECT(after > before);
	EXPECT(!store_flush_due(s));
	EXPECT_RC(store_aux_put(s, "b", bytes_of("1", 1), NULL), RC_OK);
	store_close(s);
	model_free(&p.m);
}

TEST(test_map_full_for_a_small_write_grows_when_nobody_looks)
{
	struct store *s = open_small(1);

	EXPECT_RC(eat_map(s), RC_OK);
	store_close(s);
}

TEST(test_map_that_views_hold_in_place_delays_the_flush)
{
	struct store *s = open_small(1);
	struct store_view *v;
	struct err e = {0};
	int at = 0;

	plan_init(&p, 86, PLAN_STEPS);
	s->conf.history = 0;
	s->conf.layer_max = 1000;
	EXPECT_RC(model_append(s, p.heads[0], p.rewind_to[0], NULL), RC_OK);
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	atomic_store(&v->owner, 1); /* another thread's */
	while (
	    at + 1 < PLAN_STEPS && p.rewind_to[at + 1] == p.heads[at]->number)
		at++;
	EXPECT_RC(eat_map(s), RC_UNAVAILABLE);
	/* something to flush that no longer fits */
	for (int i = 1; i <= at; i++)
		EXPECT_RC(
		    model_append(s, p.heads[i], p.rewind_to[i], NULL), RC_OK);
	if (store_flush(s, &e) != RC_OK) {
		EXPECT_RC(e.rc, RC_UNAVAILABLE);
		EXPECT(store_flush_due(s) || at < 8);
	}
	model_check_view(&p.m, v, p.heads[0], 0);
	store_view_close(v);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	model_check(&p.m, s, p.heads[at], 0);
	store_close(s);
	model_free(&p.m);
}

/* Many threads. ------------------------------------------------------ */

struct shared {
	struct store *s;
	atomic_bool is_over;
	atomic_uint views, wrong, busy;
	atomic_int last; /* step that the writer has finished */
};

static struct shared sh;

/* check_some reads a few keys at a few blocks and compares. */
static bool
check_some(
    const struct store_view *v, const struct model_block *head, unsigned seed)
{
	uint64_t oldest = store_view_oldest(v);
	const struct model *m = &p.m;

	for (unsigned i = 0; i < 12; i++) {
		uint64_t n =
		    oldest + (seed + i) * 7 % (head->number - oldest + 1);
		const struct model_block *b = model_ancestor(head, n);
		size_t k = (seed + i) % MODEL_ACCOUNTS, t = i % MODEL_TRIES;
		const struct model_account *w = &b->after.accounts[k];
		struct account acc;
		struct u256 slot;
		struct bytes node;
		struct hash hash;
		bool found;

		if (store_account(v, n, &acc, &found, &m->addrs[k], NULL) !=
			RC_OK ||
		    found != w->is_there ||
		    (found && !account_eq(&acc, &w->acc)))
			return false;
		if (store_slot(v, n, &slot, &m->addrs[k], &m->keys[i % 4],
			NULL) != RC_OK ||
		    !u256_eq(&slot, &w->slots[i % 4]))
			return false;
		if (store_node(v, n, &node,
			t + 1 < MODEL_TRIES ? &m->addr_hashes[t] : NULL,
			&m->paths[i], NULL) != RC_OK ||
		    !bytes_eq(node, b->after.nodes[t][i]))
			return false;
		if (store_hash_of(v, &hash, n, NULL) != RC_OK ||
		    !hash_eq(&hash, &b->hash))
			return false;
	}
	return true;
}

/* look opens a view and reads it twice, with a pause: the writer may do
 * anything in between. */
static void
look(unsigned seed)
{
	struct store_head head;
	struct store_view *v;
	int before = atomic_load(&sh.last), step;
	enum rc rc = store_view_open(&v, sh.s, NULL);

	if (rc != RC_OK) {
		atomic_fetch_add(
		    rc == RC_UNAVAILABLE ? &sh.busy : &sh.wrong, 1);
		return;
	}
	store_view_head(v, &head);
	step = head.header == NULL ? -1 : plan_step(&p, &head.hash);
	/* never older than what was finished before we looked */
	if (step < before || (head.header != NULL && step < 0))
		atomic_fetch_add(&sh.wrong, 1);
	for (unsigned i = 0; i < 2 && step >= 0; i++) {
		if (!check_some(v, p.heads[step], seed + i))
			atomic_fetch_add(&sh.wrong, 1);
		(void)sched_yield();
	}
	store_view_close(v);
	atomic_fetch_add(&sh.views, 1);
}

static void *
reader(void *arg)
{
	unsigned seed = *(unsigned *)arg;

	while (!atomic_load(&sh.is_over))
		look(seed++ * 2654435761u);
	return NULL;
}

TEST(test_view_threads_see_consistent_heads_while_the_writer_works)
{
	static unsigned seeds[READERS] = {1, 1000, 2000};
	pthread_t t[READERS];
	size_t map, used;

	plan_init(&p, 87, PLAN_STEPS);
	sh.s = open_small(1); /* the map moves on the way */
	atomic_store(&sh.is_over, false);
	atomic_store(&sh.last, -1);
	for (size_t i = 0; i < READERS; i++)
		CHECK(pthread_create(&t[i], NULL, reader, &seeds[i]) == 0);
	for (int i = 0; i < PLAN_STEPS; i++) {
		enum rc rc = plan_play(&p, sh.s, i, NULL);

		if (rc != RC_UNAVAILABLE) /* views were in the way */
			EXPECT_RC(rc, RC_OK);
		atomic_store(&sh.last, i);
		while (atomic_load(&sh.views) < (unsigned)i / 4)
			(void)sched_yield(); /* a busy machine starves them */
	}
	atomic_store(&sh.is_over, true);
	for (size_t i = 0; i < READERS; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	EXPECT_U64(atomic_load(&sh.wrong), 0);
	EXPECT_U64(atomic_load(&sh.busy), 0);
	table_env_room(&sh.s->te, &map, &used);
	EXPECT(map > TABLE_MAP_MIN);
	plan_check(&p, sh.s, PLAN_STEPS - 1);
	store_close(sh.s);
	model_free(&p.m);
}
