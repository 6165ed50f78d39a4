/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages between nodes. A new block is pushed to everybody; heads are told
 * again and again, whatever they weigh, so that what was lost or parted is
 * asked for later. Loss, delay and cuts come from the world.
 */
#include "sim.h"

/* Ancestors sent with a block that was asked for. */
enum { BATCH_MAX = 256 };

static void
send_to(struct sim_node *from, unsigned to, enum sim_message_kind kind,
    size_t block)
{
	struct world *w = from->w;

	w->stats->messages++;
	if (w->is_cut[from->id][to] || world_chance(w, w->loss_percent)) {
		w->stats->lost++;
		return;
	}
	world_push(
	    w, &(struct sim_event){
		   .at_ms = w->now_ms + 1 + world_below(w, w->delay_ms + 1),
		   .kind = SIM_MESSAGE,
		   .node = to,
		   .from = from->id,
		   .message = kind,
		   .block = block});
}

static void
send_all(struct sim_node *from, enum sim_message_kind kind, size_t block)
{
	unsigned i;

	for (i = 0; i < from->w->plan.n; i++) {
		if (i != from->id)
			send_to(from, i, kind, block);
	}
}

void
net_broadcast(struct sim_node *from, size_t block)
{
	send_all(from, SIM_BLOCK, block);
}

void
net_announce(struct sim_node *from)
{
	send_all(from, SIM_HEAD, from->head);
}

/* Imports block's unknown ancestors, oldest first, then block. */
static void
take_batch(struct sim_node *to, size_t block)
{
	size_t line[BATCH_MAX], cnt = 0;

	while (!to->knows[block] && cnt < BATCH_MAX) {
		line[cnt++] = block;
		block = to->w->blocks[block].parent;
	}
	while (cnt > 0 && node_take(to, line[cnt - 1]))
		cnt--;
}

void
net_deliver(struct sim_node *to, const struct sim_event *ev)
{
	struct sim_node *from = &to->w->nodes[ev->from];

	/* Cut while the message was under way. */
	if (to->w->is_cut[ev->from][to->id])
		return;
	switch (ev->message) {
	case SIM_BLOCK:
		if (!to->knows[ev->block] && !node_take(to, ev->block))
			send_to(to, ev->from, SIM_GET, ev->block);
		break;
	case SIM_HEAD:
		if (!to->knows[ev->block])
			send_to(to, ev->from, SIM_GET, ev->block);
		break;
	case SIM_GET:
		send_to(to, from->id, SIM_BATCH, ev->block);
		break;
	case SIM_BATCH:
		take_batch(to, ev->block);
		break;
	}
}
