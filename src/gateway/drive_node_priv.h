/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the node driver share: nodes, connections to them, and a
 * slot for each call that waits for its answer. One pool to a worker.
 */
#ifndef GATEWAY_DRIVE_NODE_PRIV_H
#define GATEWAY_DRIVE_NODE_PRIV_H

#include "gateway/drive.h"
#include "gateway/worker.h"
#include "http/nodewire.h"

struct node {
	const char *name, *socket;
	uint64_t head, head_unix; /* of its newest block that is known */
	uint64_t answer_cnt;      /* documents it has sent, on any connection */
	/* Beside the mark: */
	uint64_t checked; /* mark_no of the last answer, 0: none */
	bool is_forked;   /* it had another block there */
	bool is_asked;
};

struct node_conn {
	struct kore_event evt; /* first: Kore hands back this address */
	struct node_pool *pool;
	struct node *node;
	unsigned no; /* among the node's */
	int fd;      /* -1: down */
	uint8_t *in, *out;
	size_t in_len, in_cap, out_len, out_cap;
	struct gw_wire_cut cut; /* of the document at the front of in */
	uint64_t pause_ms;
	unsigned timeouts; /* probes since the last answer */
	size_t in_flight;
	uint64_t doc_cnt; /* documents written, but for cancels */
	struct timer retry;
	bool has_spoken;     /* since it is up */
	bool has_heard;      /* an answer came since the last probe went out */
	uint64_t answer_cnt; /* the node's, then */
	bool is_silent;      /* none did, in time, nor since */
	bool is_probed;      /* the last probe is not answered */
	bool is_pinged;      /* the last ping is not answered */
	bool is_full;        /* the socket took no more; EPOLLOUT is awaited */
	bool is_quiet;       /* it is known and logged that it is down */
};

/* What a call of our own is for. */
enum own {
	OWN_NONE,   /* it is a request's */
	OWN_NUMBER, /* the newest block's number, for who waits for a block */
	OWN_PROBE,  /* the newest block */
	OWN_PING,   /* anything: is it alive though the probe takes long? */
	OWN_FEED,   /* a subscription's begin, or end */
	OWN_MARK,   /* the block at the mark's height */
};

struct node_slot {
	struct txn *txn; /* OWN_NONE */
	struct node_conn *conn;
	struct node_slot *next_free;
	uint32_t gen;
	bool is_used;
	enum own own;
	uint64_t doc_no;   /* conn's */
	struct feed *feed; /* OWN_FEED: whose begin, NULL: an end */
	uint64_t mark_no;  /* OWN_MARK: the mark's when it was asked */
	struct timer timer;
};

struct node_pool {
	struct node nodes[GW_NODE_MAX];
	size_t node_cnt;
	struct node *used;
	/* The newest block of the used node, by number and hash; mark_no counts
	 * its changes. */
	bool has_mark;
	uint64_t mark_no, mark_height;
	struct hash mark_hash;
	struct node_conn *conns; /* of the first node, of the second ... */
	size_t conn_cnt;         /* of each node */
	struct node_slot *slots, *free;
	size_t slot_cnt;                 /* also for our own calls */
	size_t in_flight, in_flight_max; /* of requests */
	size_t feed_calls;               /* of feeds, under way */
	struct timer probe;
};

/* node_conns_of returns the connections of a node. */
static inline struct node_conn *
node_conns_of(struct node_pool *p, const struct node *n)
{
	return p->conns + (size_t)(n - p->nodes) * p->conn_cnt;
}

/*
 * drive_node.c: calls and their slots.
 */

/* node_slot_of finds the slot of an answer; NULL when nobody waits for it. */
struct node_slot *node_slot_of(struct node_pool *p, uint64_t ticket);

/* node_slot_end gives an outcome to whoever waits, and frees the slot. */
void node_slot_end(struct node_pool *p, struct node_slot *s, enum rc rc);

/* node_take_answer stores one answer of a slot. RC_NO_MEMORY, RC_UNAVAILABLE */
enum rc node_take_answer(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a);

/* node_call makes a call of our own; false when there is no room. */
bool node_call(
    struct node_conn *c, const struct gw_node_call *call, enum own own);

/* node_call_feed makes a feed's call; feed is told how it ends, NULL: nobody
 * is. False when there is no room now. */
bool node_call_feed(
    struct node_conn *c, const struct gw_node_call *call, struct feed *feed);

/* node_pick returns the connection for the next call, NULL: none is up. */
struct node_conn *node_pick(struct node_pool *p);

/* node_is_used tells whether c leads to the node that all calls go to. */
static inline bool
node_is_used(const struct node_conn *c)
{
	return c->node == c->pool->used;
}

/* node_answers: some connection is up on which an answer has come, and no
 * probe has waited in vain since. */
bool node_answers(struct node_pool *p, const struct node *n);

/*
 * drive_node_conn.c: connections.
 */

/* node_conn_open connects, and again with growing pauses until it has. arg
 * is the struct node_conn. */
void node_conn_open(void *arg);

/* node_conn_drop ends a connection and all calls on it. */
void node_conn_drop(struct node_conn *c, const char *why);

/* node_conn_flush writes what the socket takes. */
void node_conn_flush(struct node_conn *c);

/* node_grow makes a buffer hold need bytes; false above max or when memory is
 * short. */
bool node_grow(uint8_t **p, size_t *cap, size_t need, size_t max);

/*
 * drive_node_head.c: heads, and what is chosen by them.
 */

/* node_take_own takes the answer to a call of our own. RC_UNAVAILABLE */
enum rc node_take_own(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a);

/* node_note_answer notes what a request is shown of the chain. */
void node_note_answer(struct node_pool *p, const struct gw_node_effect *n,
    const struct gw_wire_answer *a);

/* node_probe_conn asks for the newest block; false when that is not to be
 * done now. */
bool node_probe_conn(struct node_conn *c);

/* node_probe asks all nodes, and is called again by a timer. arg is the
 * pool. */
void node_probe(void *arg);

#endif
