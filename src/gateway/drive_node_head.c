/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of our own to the nodes: their newest blocks, and their block at the
 * height that clients have been shown; and what the parent is told of them,
 * which chooses the node.
 */
#include "gateway/drive_node_priv.h"
#include "gateway/feeds.h"

#include <stdio.h>

enum { PROBE_MS = 500 };

/* ask_mark asks a node for its block at the mark's height, once at a time. */
static void
ask_mark(struct node_pool *p, struct node *n)
{
	struct node_conn *conns = node_conns_of(p, n);
	char params[40];
	struct gw_node_call call = {
	    .method = bytes_of_str("eth_getBlockByNumber")};
	size_t i = 0;

	if (n == p->used || !p->has_mark || n->is_asked ||
	    n->head < p->mark_height)
		return;
	while (i < p->conn_cnt && (conns[i].fd < 0 || conns[i].is_silent))
		i++;
	(void)snprintf(params, sizeof(params), "[\"0x%llx\",false]",
	    (unsigned long long)p->mark_height);
	call.params = bytes_of_str(params);
	n->is_asked = i < p->conn_cnt && node_call(&conns[i], &call, OWN_MARK);
}

/* set_mark: clients are shown this block of the used node. */
static void
set_mark(struct node_pool *p, uint64_t height, struct bytes block)
{
	struct hash hash;
	size_t i;

	if (p->node_cnt == 1 || !gw_node_block_hash(&hash, block) ||
	    (p->has_mark && p->mark_height == height &&
		memcmp(hash.b, p->mark_hash.b, sizeof(hash.b)) == 0))
		return;
	p->has_mark = true;
	p->mark_no++;
	p->mark_height = height;
	p->mark_hash = hash;
	for (i = 0; i < p->node_cnt; i++)
		ask_mark(p, &p->nodes[i]);
}

/* read_number takes the newest block's number. */
static enum rc
read_number(struct node *n, const struct gw_wire_answer *a)
{
	uint64_t no;

	if (!gw_wire_number(&no, a))
		return RC_UNAVAILABLE;
	n->head = no;
	return RC_OK;
}

/* read_head takes the newest block. */
static enum rc
read_head(struct node_pool *p, struct node *n, const struct gw_wire_answer *a)
{
	uint64_t no, unix_s;

	if (a->is_error || !gw_node_member(&no, a->value, "number") ||
	    !gw_node_member(&unix_s, a->value, "timestamp"))
		return RC_UNAVAILABLE;
	n->head = no;
	n->head_unix = unix_s;
	if (n == p->used)
		set_mark(p, no, a->value);
	else
		ask_mark(p, n);
	return RC_OK;
}

/* read_mark compares a node's block with the mark. A node that says that it
 * can not tell is trusted; one that has no such block yet is asked again. */
static enum rc
read_mark(const struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a)
{
	struct node *n = s->conn->node;
	struct hash hash = {0};

	if (s->mark_no != p->mark_no)
		return RC_OK; /* of another mark */
	if (!a->is_error && !gw_node_block_hash(&hash, a->value))
		return RC_OK;
	n->checked = s->mark_no;
	n->is_forked =
	    !a->is_error && memcmp(hash.b, p->mark_hash.b, sizeof(hash.b)) != 0;
	return RC_OK;
}

enum rc
node_take_own(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a)
{
	switch (s->own) {
	case OWN_NUMBER:
		return read_number(s->conn->node, a);
	case OWN_PROBE:
		return read_head(p, s->conn->node, a);
	case OWN_MARK:
		return read_mark(p, s, a);
	case OWN_FEED:
		return feed_answer(s->feed, a);
	case OWN_PING:
	case OWN_NONE:
		break;
	}
	return RC_OK;
}

/* note_shown: no other node may take this one's place before it has what
 * clients have seen of this one's chain. */
static void
note_shown(const struct node_pool *p, uint64_t no)
{
	if (p->node_cnt > 1 && no > gw_worker->shm->shown)
		gw_worker->shm->shown = no;
}

/* note_mark asks the used node for a block that clients were shown before we
 * knew it by its hash. */
static void
note_mark(struct node_pool *p, uint64_t no)
{
	if (p->has_mark && no > p->mark_height)
		(void)node_probe_conn(node_conns_of(p, p->used));
}

void
node_note_answer(struct node_pool *p, const struct gw_node_effect *n,
    const struct gw_wire_answer *a)
{
	uint64_t no;

	if (p->node_cnt == 1 || a->item >= n->cnt || a->is_error)
		return;
	no = gw_node_shown(n->calls[a->item].method, a->value);
	note_shown(p, no);
	note_mark(p, no);
}

/* --- probe --- */

bool
node_probe_conn(struct node_conn *c)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("eth_getBlockByNumber"),
	    .params = bytes_of_str("[\"latest\",false]")};

	if (c->fd < 0 || c->is_probed)
		return false;
	c->is_probed = node_call(c, &call, OWN_PROBE);
	if (c->is_probed) {
		c->has_heard = false;
		c->answer_cnt = c->node->answer_cnt;
	}
	return c->is_probed;
}

/* ping asks for what no node has to look up. */
static void
ping(struct node_conn *c)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("net_version")};

	if (!c->is_pinged)
		c->is_pinged = node_call(c, &call, OWN_PING);
}

/* Each connection is asked for the head. One whose probe is under way still,
 * and has answered nothing else, may wait for others' dear calls. */
static void
probe_node(struct node_pool *p, const struct node *n)
{
	struct node_conn *c = node_conns_of(p, n);
	size_t i;

	for (i = 0; i < p->conn_cnt; i++, c++)
		if (!node_probe_conn(c) && c->fd >= 0 && !c->has_heard)
			ping(c);
}

void
node_probe(void *arg)
{
	struct node_pool *p = arg;
	size_t i;

	for (i = 0; i < p->node_cnt; i++)
		probe_node(p, &p->nodes[i]);
	timer_set(&gw_worker->timers, &p->probe, worker_now_ms() + PROBE_MS,
	    node_probe, p);
}

/* --- what the parent decides by, and what it has decided --- */

static void
tell_parent(struct node_pool *p)
{
	struct shm_worker *w = gw_worker->shm;
	bool is_other;
	size_t i;

	for (i = 0; i < p->node_cnt; i++) {
		w->nodes[i].head = p->nodes[i].head;
		w->nodes[i].head_unix = p->nodes[i].head_unix;
		w->nodes[i].is_up = node_answers(p, &p->nodes[i]);
		is_other = &p->nodes[i] != p->used && p->has_mark;
		w->nodes[i].is_forked = is_other && p->nodes[i].is_forked;
		w->nodes[i].is_unchecked =
		    is_other && p->nodes[i].checked != p->mark_no;
	}
	w->turn_ms = gw_worker->world.mono_ms;
}

void
node_turn(struct node_pool *p)
{
	struct shm_worker *w = gw_worker->shm;
	const struct shm *s = gw_worker->process->shm;
	uint32_t choice = s->node_choice;

	/* An operator may take everybody to a node that is behind. */
	if (w->shown_choice != choice) {
		w->shown = 0;
		w->shown_choice = choice;
		p->has_mark = false;
		p->mark_no++; /* answers of before are of another */
	}
	p->used = &p->nodes[s->node_used];
	note_shown(p, p->used->head);
	tell_parent(p);
}
