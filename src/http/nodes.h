/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of several nodes everybody is sent to. Clients must not see two
 * nodes that differ by a moment (nonces, balances), so all workers use one
 * node at a time: the first, as long as it is fit. Another one is taken, in
 * the order of the configuration, when the used one is gone or its head no
 * longer moves; the first is taken again when it has been fit for a while.
 * None is taken by itself whose head is below one that clients were shown,
 * or whose chain has another block where they were shown one.
 *
 * No clock, no socket: the gateway's parent feeds it what workers have seen.
 */
#ifndef HTTP_NODES_H
#define HTTP_NODES_H

#include "eth/types.h"
#include "http/conf.h"

enum {
	/* A used node that hangs up is looked for this long before another
	 * one is taken: it may just have closed a connection. */
	GW_NODES_GRACE_MS = 300,
};

enum gw_node_state {
#define STATE(name, word) GW_NODE_##name,
#include "http/nodes.def"
#undef STATE
	GW_NODE_STATE_CNT,
};

/* struct gw_node_view is what is known of one node. */
struct gw_node_view {
	bool is_up;         /* some worker has had an answer lately */
	uint64_t head;      /* number of its newest block, 0: not known */
	uint64_t head_unix; /* its time, seconds */
	/* Its block at the height of the used node's newest: another one; or
	 * it was not asked for yet. */
	bool is_forked, is_unchecked;
};

struct gw_nodes {
	size_t cnt;
	unsigned first, used;
	uint64_t shown; /* newest block that clients were shown */
	/* monotonic ms since when it is so, 0: it is not */
	uint64_t unfit_ms;            /* the used one */
	uint64_t fit_ms[GW_NODE_MAX]; /* each */
};

/* struct gw_nodes_now is the time in both forms. */
struct gw_nodes_now {
	uint64_t mono_ms, unix_s;
};

/* gw_nodes_init starts with the first of cnt nodes. */
void gw_nodes_init(struct gw_nodes *n, size_t cnt);

/* gw_node_state tells how a node looks beside what clients were shown. */
enum gw_node_state gw_node_state(const struct gw_nodes *n,
    const struct gw_node_view *v, const struct gw_conf *c, uint64_t unix_s);

/* gw_node_word returns the word of a state. */
const char *gw_node_word(enum gw_node_state s);

/* gw_node_find returns the index of the node of that name, or node_cnt. */
size_t gw_node_find(const struct gw_conf *c, struct bytes name);

/*
 * gw_nodes_judge decides, as often as it is called, which node is used.
 *
 * views    of each node; n->shown has been raised to what workers report
 * c        [node] stale, back, behind, forked
 * Returns  true when n->used is another one than before
 */
bool gw_nodes_judge(struct gw_nodes *n, const struct gw_node_view *views,
    const struct gw_conf *c, const struct gw_nodes_now *now);

/*
 * gw_nodes_use is the operator's choice: this node is the first from now on,
 * and used at once when it answers, wherever its head is.
 *
 * Returns  true when n->used is another one than before; n->shown is the
 *          new one's head then
 */
bool gw_nodes_use(
    struct gw_nodes *n, const struct gw_node_view *views, unsigned node);

/*
 * gw_node_shown reads from an answer the number of the newest block that it
 * shows: of calls that tell a block, or a transaction's or receipt's.
 *
 * result   JSON that the node gave for a call of that method
 * Returns  0 when it shows none
 */
uint64_t gw_node_shown(struct bytes method, struct bytes result);

/* gw_node_is_read tells whether a call of that method can be made again
 * without harm: it changes nothing. Unknown ones do. */
bool gw_node_is_read(struct bytes method);

/* gw_node_block_hash reads the hash of a block; false when it has none. */
bool gw_node_block_hash(struct hash *out, struct bytes block);

/* gw_node_quantity reads a quantity in quotes that fits 64 bits. */
bool gw_node_quantity(uint64_t *out, struct bytes json);

/* gw_node_member reads such a quantity from an object. */
bool gw_node_member(uint64_t *out, struct bytes object, const char *name);

#endif
