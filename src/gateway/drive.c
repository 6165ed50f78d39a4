/* SPDX-License-Identifier: Apache-2.0
 *
 * Hands effects to the drivers and keeps their promises: an effect is
 * started once, ends once, and can be let go at any time between.
 */
#include <libpq-fe.h>

#include "base/check.h"
#include "gateway/drive.h"
#include "gateway/feeds.h"
#include "gateway/worker.h"

static void
on_timer(void *arg)
{
	drive_done(arg, RC_OK);
}

static bool
start_timer(struct txn *t)
{
	timer_set(&gw_worker->timers, &t->timer,
	    worker_now_ms() + t->req.effect.u.timer_ms, on_timer, t);
	return false;
}

/* free_result gives the result of the last query back. */
static void
free_result(struct txn *t)
{
	PQclear(t->result);
	t->result = NULL;
}

bool
drive_start(struct txn *t)
{
	CHECK(!t->is_driven);
	free_result(t);
	t->is_driven = true;
	switch (t->req.effect.kind) {
	case GW_EFFECT_NODE:
		return node_start(gw_worker->node, t);
	case GW_EFFECT_QUERY:
		return db_start(gw_worker->db, t);
	case GW_EFFECT_TIMER:
		return start_timer(t);
	case GW_EFFECT_BLOCK:
		return block_start(gw_worker->block, t);
	case GW_EFFECT_PASSWORD:
		return hash_start(gw_worker->hasher, t);
	case GW_EFFECT_FEED:
		return feed_start(gw_worker->feeds, t);
	case GW_EFFECT_NONE:
	case GW_EFFECT_KIND_CNT:
		break;
	}
	check_failed("an effect", __FILE__, __LINE__);
}

bool
drive_end(struct txn *t, enum rc rc)
{
	CHECK(t->is_driven);
	t->is_driven = false;
	t->req.effect.rc = rc;
	if (t->req.effect.kind == GW_EFFECT_QUERY)
		t->result = t->req.effect.u.query.result;
	return true;
}

void
drive_done(struct txn *t, enum rc rc)
{
	(void)drive_end(t, rc);
	entry_resume(t);
}

void
drive_cancel(struct txn *t)
{
	if (t->is_driven) {
		timer_clear(&gw_worker->timers, &t->timer);
		node_cancel(t);
		db_cancel(t);
		hash_cancel(t);
		block_cancel(t);
		feed_cancel(t);
		t->is_driven = false;
	}
	free_result(t);
}
