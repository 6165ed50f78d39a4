/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits for the node's next block. Requests that wait for a receipt sleep
 * here; while there are any, one call for the block's number goes to the
 * node at a time, at first quickly after the other, then more slowly. A new
 * number wakes all of them, but not in one moment: what they ask next must
 * not take the places of everybody else's calls.
 */
#include "base/check.h"
#include "gateway/drive.h"
#include "gateway/worker.h"

enum {
	/* Between two questions: from the first, half as much again each time
	 * that there was nothing new, up to the last. */
	ASK_FIRST_MS = 20,
	ASK_LAST_MS = 250,
	/* Until those come to their turn who were not woken at once. */
	WAKE_AGAIN_MS = 5,
};

TAILQ_HEAD(txn_list, txn);

struct block_watch {
	struct txn_list waiting, due;
	struct timer timer;
	uint64_t pause_ms;
	bool is_asked; /* the node has not answered yet */
};

static void tick(void *arg);

static void
tick_in(struct block_watch *b, uint64_t ms)
{
	timer_set(&gw_worker->timers, &b->timer, worker_now_ms() + ms, tick, b);
}

struct block_watch *
block_open(void)
{
	struct block_watch *b = mem_new(sizeof(*b));

	CHECK(b != NULL);
	TAILQ_INIT(&b->waiting);
	TAILQ_INIT(&b->due);
	return b;
}

static void
end(struct txn *t, enum rc rc)
{
	block_cancel(t);
	t->req.effect.u.block.seen = gw_worker->world.block_no;
	drive_done(t, rc);
}

static void
on_timeout(void *arg)
{
	end(arg, RC_TIMEOUT);
}

/* wake resumes who is due, as long as half of the node's calls are free. */
static void
wake(struct block_watch *b)
{
	struct txn *t;

	while ((t = TAILQ_FIRST(&b->due)) != NULL &&
	       node_has_room(gw_worker->node))
		end(t, RC_OK);
}

/* All who have not seen this block, or all when the worker is to end. */
static void
make_due(struct block_watch *b, bool is_end)
{
	struct txn *t, *next;

	for (t = TAILQ_FIRST(&b->waiting); t != NULL; t = next) {
		next = TAILQ_NEXT(t, block_next);
		if (!is_end &&
		    t->req.effect.u.block.seen == gw_worker->world.block_no)
			continue;
		TAILQ_REMOVE(&b->waiting, t, block_next);
		TAILQ_INSERT_TAIL(&b->due, t, block_next);
		t->block_is_due = true;
	}
}

static void
tick(void *arg)
{
	const struct gw_world *w = &gw_worker->world;
	struct block_watch *b = arg;

	make_due(b, w->is_draining && worker_now_ms() >= w->end_ms);
	wake(b);
	if (!TAILQ_EMPTY(&b->due)) {
		tick_in(b, WAKE_AGAIN_MS);
		return;
	}
	if (TAILQ_EMPTY(&b->waiting))
		return;
	if (!b->is_asked)
		b->is_asked = node_ask_block(gw_worker->node);
	tick_in(b, b->pause_ms);
	b->pause_ms += b->pause_ms / 2;
	if (b->pause_ms > ASK_LAST_MS)
		b->pause_ms = ASK_LAST_MS;
}

void
block_told(struct block_watch *b, bool is_ok, uint64_t no)
{
	struct gw_world *w = &gw_worker->world;

	b->is_asked = false;
	if (!is_ok || no == w->block_no)
		return;
	w->block_no = no;
	if (TAILQ_EMPTY(&b->waiting))
		return;
	b->pause_ms = ASK_FIRST_MS;
	tick_in(b, 0);
}

bool
block_start(struct block_watch *b, struct txn *t)
{
	t->block = b;
	t->block_is_due = false;
	TAILQ_INSERT_TAIL(&b->waiting, t, block_next);
	timer_set(&gw_worker->timers, &t->timer,
	    worker_now_ms() + t->req.effect.u.block.timeout_ms, on_timeout, t);
	b->pause_ms = ASK_FIRST_MS;
	if (b->timer.place == 0)
		tick_in(b, b->pause_ms);
	return false;
}

void
block_cancel(struct txn *t)
{
	struct block_watch *b = t->block;

	if (b == NULL)
		return;
	timer_clear(&gw_worker->timers, &t->timer);
	if (t->block_is_due)
		TAILQ_REMOVE(&b->due, t, block_next);
	else
		TAILQ_REMOVE(&b->waiting, t, block_next);
	t->block = NULL;
}
