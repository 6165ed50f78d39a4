/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls to the node: JSON-RPC documents one after the other on a few
 * connections to its Unix socket, many in flight on each. Every call gets a
 * ticket, which names a slot; answers may come in any order. What is
 * written in one turn of the event loop goes out in one system call.
 *
 * There may be several nodes. Calls go to the one that the parent has chosen
 * for all workers; the others are only asked for their heads, so that it can
 * choose. A call belongs to the connection it was written to: it is never
 * sent again, not there and not to another node. Whoever asked is told that
 * it is lost, and may send the same signed transaction once more: its hash
 * makes that harmless.
 *
 * A node that is gone is tried again with growing pauses; calls fail at once
 * meanwhile. One that hangs is noticed by a probe of our own: when it has no
 * answer in [node] silent, and nothing else was answered on any connection,
 * what only reads fails at once and nothing more is sent. What was to change
 * something waits for its time: nobody could tell whether it did. A node that
 * is busy with dear calls does not hang: what takes no reader (OWN_PING) it
 * answers at once, and a request whose time is over tells nothing about it.
 *
 * The other nodes are also asked for their block at the height of the used
 * one's newest, so that a chain that clients have not seen is not taken for
 * the one that they have.
 */
#include "gateway/drive_node_priv.h"

#include "base/check.h"
#include "base/log.h"
#include "gateway/feeds.h"

enum {
	/* Calls written and not taken by the node; more of them fail. */
	OUT_MAX = 16 * 1024 * 1024,
	/* Probes in a row without any answer, then the connection is new. */
	TIMEOUTS_MAX = 8,
	/* A connection with fewer calls takes the next one as well. */
	FEW_CALLS = 16,
	/* Calls of feeds, beside those of requests. */
	FEED_CALLS_MAX = 64,
	/* A ticket: generation and slot. */
	SLOT_BITS = 17,
	GEN_BITS = GW_WIRE_TICKET_BITS - SLOT_BITS,
};

/* --- slots --- */

static uint64_t
ticket_of(const struct node_pool *p, const struct node_slot *s)
{
	uint64_t gen = s->gen & ((1u << GEN_BITS) - 1);

	return gen << SLOT_BITS | (uint64_t)(s - p->slots);
}

struct node_slot *
node_slot_of(struct node_pool *p, uint64_t ticket)
{
	uint64_t no = ticket & ((1u << SLOT_BITS) - 1);
	struct node_slot *s;

	if (no >= p->slot_cnt)
		return NULL;
	s = &p->slots[no];
	return s->is_used && ticket == ticket_of(p, s) ? s : NULL;
}

static struct node_slot *
take_slot(struct node_pool *p, struct node_conn *c, struct txn *t)
{
	struct node_slot *s = p->free;

	if (s == NULL)
		return NULL;
	p->free = s->next_free;
	s->is_used = true;
	s->gen++;
	s->txn = t;
	s->own = OWN_NONE;
	s->conn = c;
	c->in_flight++;
	if (t != NULL)
		p->in_flight++;
	return s;
}

static void
free_slot(struct node_pool *p, struct node_slot *s)
{
	timer_clear(&gw_worker->timers, &s->timer);
	if (s->txn != NULL)
		s->txn->node = NULL;
	s->conn->in_flight--;
	if (s->own == OWN_PROBE)
		s->conn->is_probed = false;
	if (s->own == OWN_PING)
		s->conn->is_pinged = false;
	if (s->own == OWN_MARK)
		s->conn->node->is_asked = false;
	if (s->own == OWN_FEED)
		p->feed_calls--;
	if (s->txn != NULL)
		p->in_flight--;
	s->txn = NULL;
	s->is_used = false;
	s->next_free = p->free;
	p->free = s;
}

void
node_slot_end(struct node_pool *p, struct node_slot *s, enum rc rc)
{
	const struct node *n = s->conn->node;
	struct txn *t = s->txn;
	struct feed *feed = s->feed;
	enum own own = s->own;

	free_slot(p, s);
	if (rc != RC_OK)
		worker_stat(STAT_NODE_FAILED, 1);
	if (t != NULL)
		drive_done(t, rc);
	else if (own == OWN_FEED)
		feed_asked(feed, rc);
	else if (n == p->used && own != OWN_MARK && own != OWN_PING)
		block_told(gw_worker->block, rc == RC_OK, n->head);
}

/* --- calls --- */

enum rc
node_take_answer(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a)
{
	struct gw_req *r;

	if (s->txn == NULL)
		return node_take_own(p, s, a);
	r = &s->txn->req;
	node_note_answer(p, &r->effect.u.node, a);
	return gw_wire_store(&r->arena, &r->effect.u.node, a) ? RC_OK
							      : RC_NO_MEMORY;
}

/* write_calls adds a slot's calls to what goes out in this turn; there is
 * room. */
static void
write_calls(
    struct node_conn *c, struct node_slot *s, const struct gw_node_effect *n)
{
	s->doc_no = c->doc_cnt++;
	c->out_len += gw_wire_put(c->out + c->out_len, n, ticket_of(c->pool, s),
	    s->txn == NULL ? "" : s->txn->req.id);
}

/* give_up tells the node that nobody waits for a slot's answer: it may have
 * seconds of work with it. */
static void
give_up(struct node_slot *s)
{
	struct node_conn *c = s->conn;

	if (c->fd < 0 || !node_grow(&c->out, &c->out_cap,
			     c->out_len + GW_WIRE_CANCEL_MAX, OUT_MAX))
		return;
	c->out_len += gw_wire_put_cancel(c->out + c->out_len, s->doc_no);
	worker_stat(STAT_NODE_CANCELLED, 1);
}

/* node_pick returns the used node's first connection that has few calls, so
 * that calls and answers of one moment travel together, else the one with the
 * fewest; NULL when all are down or silent. */
struct node_conn *
node_pick(struct node_pool *p)
{
	struct node_conn *best = NULL, *conns = node_conns_of(p, p->used);
	size_t i;

	for (i = 0; i < p->conn_cnt; i++) {
		struct node_conn *c = &conns[i];

		if (c->fd < 0 || c->is_silent)
			continue;
		if (c->in_flight < FEW_CALLS)
			return c;
		if (best == NULL || c->in_flight < best->in_flight)
			best = c;
	}
	return best;
}

/* only_reads: whoever asked may ask again, whatever became of it. */
static bool
only_reads(const struct node_slot *s)
{
	const struct gw_node_effect *n;
	size_t i;

	if (s->txn == NULL)
		return false;
	n = &s->txn->req.effect.u.node;
	for (i = 0; i < n->cnt; i++)
		if (!gw_node_is_read(n->calls[i].method))
			return false;
	return true;
}

/* end_reads ends what only reads: the node hangs. */
static void
end_reads(struct node_conn *c)
{
	struct node_pool *p = c->pool;
	size_t i;

	for (i = 0; i < p->slot_cnt && c->in_flight > 0; i++)
		if (p->slots[i].is_used && p->slots[i].conn == c &&
		    only_reads(&p->slots[i]))
			node_slot_end(p, &p->slots[i], RC_UNAVAILABLE);
}

/* fall_silent has nothing more sent on a connection that has answered nothing
 * since it was probed. */
static void
fall_silent(struct node_conn *c)
{
	if (!c->is_silent)
		log_warn("gateway", "node silent node=%s waiting=%zu",
		    c->node->name, c->in_flight);
	c->is_silent = true;
	if (c->node->answer_cnt == c->answer_cnt)
		end_reads(c);
	if (++c->timeouts >= TIMEOUTS_MAX)
		node_conn_drop(c, "no answers");
}

static void
on_timeout(void *arg)
{
	struct node_slot *s = arg;
	struct node_conn *c = s->conn;
	bool is_probe = s->own == OWN_PROBE;

	if (s->txn != NULL)
		give_up(s);
	node_slot_end(c->pool, s, RC_TIMEOUT);
	if (is_probe && !c->has_heard)
		fall_silent(c);
}

bool
node_start(struct node_pool *p, struct txn *t)
{
	struct gw_node_effect *n = &t->req.effect.u.node;
	struct node_conn *c = node_pick(p);
	size_t size = gw_wire_size(n);
	struct node_slot *s;

	worker_stat(STAT_NODE_CALLS, 1);
	if (c == NULL || p->in_flight >= p->in_flight_max || p->free == NULL ||
	    !node_grow(&c->out, &c->out_cap, c->out_len + size, OUT_MAX)) {
		worker_stat(STAT_NODE_FAILED, 1);
		return drive_end(t, RC_UNAVAILABLE);
	}
	s = take_slot(p, c, t);
	t->node = s;
	write_calls(c, s, n);
	timer_set(&gw_worker->timers, &s->timer,
	    worker_now_ms() +
		(n->timeout_ms != 0 ? n->timeout_ms : gw_worker->conf->node_ms),
	    on_timeout, s);
	return false;
}

void
node_cancel(struct txn *t)
{
	if (t->node == NULL)
		return;
	give_up(t->node);
	free_slot(gw_worker->node, t->node);
}

bool
node_answers(struct node_pool *p, const struct node *n)
{
	const struct node_conn *conns = node_conns_of(p, n);
	size_t i;

	for (i = 0; i < p->conn_cnt; i++)
		if (conns[i].fd >= 0 && conns[i].has_spoken &&
		    conns[i].timeouts == 0)
			return true;
	return false;
}

void
node_flush(struct node_pool *p)
{
	size_t i;

	for (i = 0; i < p->node_cnt * p->conn_cnt; i++)
		node_conn_flush(&p->conns[i]);
}

bool
node_is_up(struct node_pool *p)
{
	return node_answers(p, p->used);
}

bool
node_is_stale(const struct node_pool *p, uint64_t unix_s)
{
	uint64_t ms = gw_worker->conf->node_stale_ms;

	return ms != 0 && unix_s > p->used->head_unix &&
	       unix_s - p->used->head_unix > ms / 1000;
}

/* --- calls of our own --- */

/* call_own returns the call's slot, NULL when there is no room. */
static struct node_slot *
call_own(struct node_conn *c, const struct gw_node_call *call, enum own own)
{
	struct gw_node_call one = *call;
	struct gw_node_effect n = {.calls = &one, .cnt = 1};
	struct node_slot *s;

	if (!node_grow(
		&c->out, &c->out_cap, c->out_len + gw_wire_size(&n), OUT_MAX))
		return NULL;
	s = take_slot(c->pool, c, NULL);
	if (s == NULL)
		return NULL;
	s->own = own;
	s->mark_no = c->pool->mark_no;
	write_calls(c, s, &n);
	timer_set(&gw_worker->timers, &s->timer,
	    worker_now_ms() + gw_worker->conf->node_silent_ms, on_timeout, s);
	return s;
}

bool
node_call(struct node_conn *c, const struct gw_node_call *call, enum own own)
{
	return call_own(c, call, own) != NULL;
}

bool
node_call_feed(
    struct node_conn *c, const struct gw_node_call *call, struct feed *feed)
{
	struct node_slot *s;

	if (c->pool->feed_calls >= FEED_CALLS_MAX)
		return false;
	s = call_own(c, call, OWN_FEED);
	if (s == NULL)
		return false;
	s->feed = feed;
	c->pool->feed_calls++;
	return true;
}

bool
node_ask_block(struct node_pool *p)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("eth_blockNumber")};
	struct node_conn *c = node_pick(p);

	return c != NULL && node_call(c, &call, OWN_NUMBER);
}

bool
node_has_room(const struct node_pool *p)
{
	return p->in_flight <= p->in_flight_max / 2;
}

/* --- the pool --- */

static void
open_conns(struct node_pool *p)
{
	size_t i;

	for (i = 0; i < p->node_cnt * p->conn_cnt; i++) {
		p->conns[i].pool = p;
		p->conns[i].node = &p->nodes[i / p->conn_cnt];
		p->conns[i].no = (unsigned)(i % p->conn_cnt);
		p->conns[i].fd = -1;
		node_conn_open(&p->conns[i]);
	}
}

struct node_pool *
node_open(void)
{
	const struct gw_conf *conf = gw_worker->process->conf;
	struct node_pool *p = mem_new(sizeof(*p));
	size_t i;

	CHECK(p != NULL);
	p->node_cnt = conf->node_cnt;
	p->conn_cnt = conf->node_conn_cnt;
	p->in_flight_max = conf->node_in_flight;
	/* a probe and a ping of each connection, a block of each node at the
	 * mark's height, the next block's number, feeds */
	p->slot_cnt = p->in_flight_max + p->node_cnt * (2 * p->conn_cnt + 1) +
		      1 + FEED_CALLS_MAX;
	p->conns = mem_array(p->node_cnt * p->conn_cnt, sizeof(*p->conns));
	p->slots = mem_array(p->slot_cnt, sizeof(*p->slots));
	CHECK(p->conns != NULL && p->slots != NULL);
	for (i = p->slot_cnt; i-- > 0;) {
		p->slots[i].next_free = p->free;
		p->free = &p->slots[i];
	}
	for (i = 0; i < p->node_cnt; i++) {
		p->nodes[i].name = conf->nodes[i].name;
		p->nodes[i].socket = conf->nodes[i].socket;
	}
	p->used = &p->nodes[gw_worker->process->shm->node_used];
	open_conns(p);
	node_probe(p); /* and from now on by itself */
	return p;
}
