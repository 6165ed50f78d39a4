/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out at every allocation in turn: an engine says so, keeps
 * its promises, and goes on when there is memory again.
 */
#include "drive.h"

/* Allocations of a scenario are far fewer; the sweep must end by itself. */
enum { SWEEP_MAX = 2000 };

/* Five blocks by two signers: a vote that adds a third, and a checkpoint. */
static void
make_chain(struct rig *r, const struct header *chain[6])
{
	static const size_t signers[6] = {0, 1, 0, 2, 1, 0};
	struct header h;
	struct hash hash;
	size_t i;

	rig_open(r, true);
	r->conf.epoch = 5;
	chain[0] = rig_genesis(r, 2);
	for (i = 1; i < 6; i++) {
		rig_next(r, &h, chain[i - 1], signers[i], i > 2 ? 3 : 2);
		if (i <= 2) {
			h.coinbase = rig_addr(2);
			memset(h.nonce, 0xff, sizeof(h.nonce));
		}
		rig_seal(r, &h, signers[i]);
		hash = rig_put(r, &h);
		chain[i] = rig_get(r, &hash);
	}
}

/* What a reader does: verify, list, describe. Returns the first failure. */
static enum rc
read_chain(struct engine *g, const struct header *chain[6])
{
	struct hash tip = header_hash(chain[5]);
	enum rc rc = RC_OK;
	struct addr *list;
	struct jsonw w;
	struct arena a;
	size_t i, cnt = 0;

	arena_init(&a, 1 << 20);
	jsonw_init(&w, 1 << 16);
	for (i = 1; rc == RC_OK && i < 6; i++)
		rc = engine_verify(
		    g, chain[i], chain[i - 1], chain[i]->time, NULL);
	if (rc == RC_OK)
		rc = engine_signers(g, &a, &list, &cnt, &tip, NULL);
	if (rc == RC_OK)
		rc = engine_describe(g, &w, &tip, NULL);
	EXPECT(rc != RC_OK || cnt == 3);
	jsonw_free(&w);
	arena_drop(&a);
	return rc;
}

TEST(test_memory_reading_survives_every_failure)
{
	const struct header *chain[6];
	bool did_fail = true;
	struct engine *g;
	struct rig r;
	enum rc rc;
	size_t n;

	make_chain(&r, chain);
	for (n = 1; did_fail && n < SWEEP_MAX; n++) {
		g = NULL;
		test_alloc_fail(n);
		rc = clique_new(&g, &r.conf, &r.link, NULL);
		if (rc == RC_OK)
			rc = read_chain(g, chain);
		did_fail = test_alloc_did_fail();
		/* A document that did not fit says so by itself. */
		EXPECT(rc == RC_OK || (did_fail && rc == RC_NO_MEMORY));
		if (g != NULL)
			EXPECT_RC(read_chain(g, chain), RC_OK);
		engine_free(g);
	}
	EXPECT(n > 10 && n < SWEEP_MAX);
	test_count(n);
	rig_close(&r);
}

TEST(test_memory_stored_form_survives_every_failure)
{
	const struct header *chain[6];
	struct clique_snap s, got;
	bool did_fail = true;
	struct hash hash;
	struct bytes form;
	struct arena a;
	struct rig r;
	enum rc rc;
	size_t n;

	make_chain(&r, chain);
	hash = header_hash(chain[0]);
	EXPECT_RC(clique_snap_first(&s, chain[0], &hash, NULL), RC_OK);
	hash = header_hash(chain[1]);
	EXPECT_RC(clique_snap_apply(
		      &s, chain[1], &hash, &(struct addr){{0}}, 5, NULL),
	    RC_BLK_UNAUTHORIZED);
	EXPECT_RC(
	    clique_snap_apply(&s, chain[1], &hash, &s.signers[1], 5, NULL),
	    RC_OK);
	for (n = 1; did_fail && n < SWEEP_MAX; n++) {
		arena_init(&a, 1 << 16);
		test_alloc_fail(n);
		rc = clique_snap_encode(&a, &form, &s, NULL);
		if (rc == RC_OK)
			rc = clique_snap_decode(&got, form, NULL);
		did_fail = test_alloc_did_fail();
		EXPECT_RC(rc, did_fail ? RC_NO_MEMORY : RC_OK);
		if (rc == RC_OK)
			clique_snap_free(&got);
		arena_drop(&a);
	}
	EXPECT(n > 3 && n < SWEEP_MAX);
	test_count(n);
	clique_snap_free(&s);
	rig_close(&r);
}

/* Feeds one event; what does not fit is RC_NO_MEMORY, and never a crash. */
static bool
feed(struct drive *d, const struct engine_event *ev)
{
	enum rc rc;

	arena_drop(&d->arena);
	d->out.cnt = 0;
	rc = engine_step(d->g, &d->arena, &d->out, ev, d->now_ms, NULL);
	EXPECT(rc == RC_OK || rc == RC_NO_MEMORY);
	return rc == RC_OK;
}

/* Start, build, sign, sealed: as far as it gets. */
static void
try_to_seal(struct drive *d)
{
	struct engine_event ev = {.kind = EV_START,
	    .header = d->head,
	    .hash = header_hash(d->head),
	    .has_work = true};
	struct header built;
	uint8_t extra[200];

	if (!feed(d, &ev) || drive_timer_at(d) == 0)
		return;
	d->now_ms += 1000;
	ev.kind = EV_TIMER;
	if (!feed(d, &ev) || drive_effect(d, EF_BUILD) == NULL)
		return;
	built = *drive_effect(d, EF_BUILD)->header;
	memcpy(extra, built.extra.ptr, built.extra.len);
	built.extra.ptr = extra;
	built.tx_root = HASH_EMPTY_CODE;
	ev.kind = EV_BUILT;
	ev.header = &built;
	if (!feed(d, &ev) || drive_effect(d, EF_SIGN) == NULL)
		return;
	ev.kind = EV_SIGNED; /* a signature of nobody */
	feed(d, &ev);
}

TEST(test_memory_sealing_survives_every_failure)
{
	bool did_fail = true;
	struct drive d;
	size_t n;

	for (n = 1; did_fail && n < SWEEP_MAX; n++) {
		drive_open(&d, 1, 0);
		d.rig.conf.epoch = 1;
		drive_start(&d, true);
		engine_free(d.g);
		d.g = rig_engine(&d.rig);
		test_alloc_fail(n);
		try_to_seal(&d);
		did_fail = test_alloc_did_fail();
		/* With memory it goes on from the same head, or after the
		 * height that it asked a signature for. */
		drive_restart(&d);
		EXPECT(drive_seal(&d, 1) != NULL);
		drive_close(&d);
	}
	EXPECT(n > 5 && n < SWEEP_MAX);
	test_count(n);
}

TEST(test_memory_engine_is_not_made_halfway)
{
	struct engine *g;
	struct rig r;
	size_t n;

	rig_open(&r, true);
	for (n = 1; n <= 2; n++) {
		test_alloc_fail(n);
		EXPECT_RC(clique_new(&g, &r.conf, &r.link, NULL), RC_NO_MEMORY);
		EXPECT(test_alloc_did_fail());
	}
	rig_close(&r);
}
