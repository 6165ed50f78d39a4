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
 * answer in [node] silent, and nothing else was answered, what only reads
 * fails at once and nothing more is sent. What was to change something waits
 * for its time: nobody could tell whether it did.
 *
 * The other nodes are also asked for their block at the height of the used
 * one's newest, so that a chain that clients have not seen is not taken for
 * the one that they have.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "gateway/drive.h"
#include "gateway/worker.h"
#include "http/nodewire.h"

enum {
	RETRY_MIN_MS = 50,
	RETRY_MAX_MS = 1000,
	/* Calls written and not taken by the node; more of them fail. */
	OUT_MAX = 16 * 1024 * 1024,
	IN_MIN = 16 * 1024,
	/* Empty buffers above this are given back. */
	KEEP_MAX = 256 * 1024,
	/* Calls in a row without an answer, then the connection is new. */
	TIMEOUTS_MAX = 8,
	PROBE_MS = 500,
	/* A connection with fewer calls takes the next one as well. */
	FEW_CALLS = 16,
	/* A ticket: generation and slot. */
	SLOT_BITS = 17,
	GEN_BITS = GW_WIRE_TICKET_BITS - SLOT_BITS,
};

struct node {
	const char *name, *socket;
	uint64_t head, head_unix; /* of its newest block that is known */
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
	unsigned timeouts; /* since the last answer */
	size_t in_flight;
	struct timer retry;
	bool has_spoken; /* since it is up */
	bool has_heard;  /* an answer came since the last probe went out */
	bool is_silent;  /* none did, in time, nor since */
	bool is_probed;  /* the last probe is not answered */
	bool is_full;    /* the socket took no more; EPOLLOUT is awaited */
	bool is_quiet;   /* it is known and logged that it is down */
};

/* What a call of our own is for. */
enum own {
	OWN_NONE,   /* it is a request's */
	OWN_NUMBER, /* the newest block's number, for who waits for a block */
	OWN_PROBE,  /* the newest block */
	OWN_MARK,   /* the block at the mark's height */
};

struct node_slot {
	struct txn *txn; /* OWN_NONE */
	struct node_conn *conn;
	struct node_slot *next_free;
	uint32_t gen;
	bool is_used;
	enum own own;
	uint64_t mark_no; /* OWN_MARK: the mark's when it was asked */
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
	struct timer probe;
};

static void try_connect(void *arg);
static bool probe_conn(struct node_conn *c);
static bool ask(
    struct node_conn *c, const struct gw_node_call *call, enum own own);

static struct node_conn *
conns_of(struct node_pool *p, const struct node *n)
{
	return p->conns + (size_t)(n - p->nodes) * p->conn_cnt;
}

/* --- slots --- */

static uint64_t
ticket_of(const struct node_pool *p, const struct node_slot *s)
{
	uint64_t gen = s->gen & ((1u << GEN_BITS) - 1);

	return gen << SLOT_BITS | (uint64_t)(s - p->slots);
}

/* slot_of finds the slot of an answer; NULL when nobody waits for it. */
static struct node_slot *
slot_of(struct node_pool *p, uint64_t ticket)
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
	if (s->own == OWN_MARK)
		s->conn->node->is_asked = false;
	if (s->txn != NULL)
		p->in_flight--;
	s->txn = NULL;
	s->is_used = false;
	s->next_free = p->free;
	p->free = s;
}

/* end_slot gives an outcome to whoever waits. */
static void
end_slot(struct node_pool *p, struct node_slot *s, enum rc rc)
{
	const struct node *n = s->conn->node;
	struct txn *t = s->txn;
	enum own own = s->own;

	free_slot(p, s);
	if (rc != RC_OK)
		worker_stat(STAT_NODE_FAILED, 1);
	if (t != NULL)
		drive_done(t, rc);
	else if (n == p->used && own != OWN_MARK)
		block_told(gw_worker->block, rc == RC_OK, n->head);
}

/* --- connections --- */

static void
retry_later(struct node_conn *c)
{
	c->pause_ms = c->pause_ms == 0 ? RETRY_MIN_MS : c->pause_ms * 2;
	if (c->pause_ms > RETRY_MAX_MS)
		c->pause_ms = RETRY_MAX_MS;
	timer_set(&gw_worker->timers, &c->retry, worker_now_ms() + c->pause_ms,
	    try_connect, c);
}

/* drop ends a connection and all calls on it. */
static void
drop(struct node_conn *c, const char *why)
{
	struct node_pool *p = c->pool;
	size_t i;

	if (c->fd < 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
	c->in_len = c->out_len = 0;
	c->cut = (struct gw_wire_cut){0};
	c->timeouts = 0;
	c->node->checked = 0; /* it may come back as another */
	worker_stat(STAT_NODE_UP, (uint64_t)-1);
	log_warn("gateway", "node lost node=%s why=\"%s\" waiting=%zu",
	    c->node->name, why, c->in_flight);
	retry_later(c);
	for (i = 0; i < p->slot_cnt && c->in_flight > 0; i++)
		if (p->slots[i].is_used && p->slots[i].conn == c)
			end_slot(p, &p->slots[i], RC_UNAVAILABLE);
}

static bool
grow(uint8_t **p, size_t *cap, size_t need, size_t max)
{
	size_t want = *cap == 0 ? IN_MIN : *cap;
	uint8_t *q;

	if (need > max)
		return false;
	while (want < need)
		want *= 2;
	q = mem_resize(*p, *cap, want);
	if (q == NULL)
		return false;
	*p = q;
	*cap = want;
	return true;
}

/* shrink gives back a buffer that one long document has made long. */
static void
shrink(uint8_t **p, size_t *cap)
{
	if (*cap <= KEEP_MAX)
		return;
	mem_free(*p);
	*p = NULL;
	*cap = 0;
}

/* --- answers --- */

/* ask_mark asks a node for its block at the mark's height, once at a time. */
static void
ask_mark(struct node_pool *p, struct node *n)
{
	struct node_conn *conns = conns_of(p, n);
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
	n->is_asked = i < p->conn_cnt && ask(&conns[i], &call, OWN_MARK);
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

/* take_own takes the answer to a call of our own. */
static enum rc
take_own(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a)
{
	switch (s->own) {
	case OWN_NUMBER:
		return read_number(s->conn->node, a);
	case OWN_PROBE:
		return read_head(p, s->conn->node, a);
	case OWN_MARK:
		return read_mark(p, s, a);
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
		(void)probe_conn(conns_of(p, p->used));
}

static void
note_answer(struct node_pool *p, const struct gw_node_effect *n,
    const struct gw_wire_answer *a)
{
	uint64_t no;

	if (p->node_cnt == 1 || a->item >= n->cnt || a->is_error)
		return;
	no = gw_node_shown(n->calls[a->item].method, a->value);
	note_shown(p, no);
	note_mark(p, no);
}

/* take_answer stores one answer, or the head that we asked for. */
static enum rc
take_answer(struct node_pool *p, const struct node_slot *s,
    const struct gw_wire_answer *a)
{
	struct gw_req *r;

	if (s->txn == NULL)
		return take_own(p, s, a);
	r = &s->txn->req;
	note_answer(p, &r->effect.u.node, a);
	return gw_wire_store(&r->arena, &r->effect.u.node, a) ? RC_OK
							      : RC_NO_MEMORY;
}

/* take_document gives one document of the node to whoever waits for it: all
 * its answers have one ticket. */
static void
take_document(struct node_conn *c, struct bytes doc)
{
	struct node_slot *s = NULL, *of;
	struct gw_wire_answers all;
	struct gw_wire_answer a;
	enum rc rc = RC_OK;

	c->timeouts = 0;
	c->has_spoken = c->has_heard = true;
	c->is_silent = false;
	gw_wire_open(&all, doc);
	while (rc == RC_OK && gw_wire_next(&all, &a)) {
		of = slot_of(c->pool, a.ticket);
		if (of == NULL || (s != NULL && of != s))
			continue;
		s = of;
		rc = take_answer(c->pool, s, &a);
	}
	if (s != NULL)
		end_slot(c->pool, s, rc);
}

/* take_documents cuts whole documents from the input. */
static void
take_documents(struct node_conn *c)
{
	struct bytes in = bytes_of(c->in, c->in_len), doc;

	while (c->fd >= 0 && gw_wire_cut(&c->cut, &doc, &in))
		take_document(c, doc);
	if (c->fd < 0)
		return;
	c->in_len = in.len;
	if (in.len == 0)
		shrink(&c->in, &c->in_cap);
	else if (in.ptr != c->in)
		memmove(c->in, in.ptr, in.len);
}

static void
receive(struct node_conn *c)
{
	size_t max = gw_worker->process->conf->node_answer_max;
	ssize_t n;

	while (c->fd >= 0 && (c->evt.flags & KORE_EVENT_READ) != 0) {
		if (c->in_len == c->in_cap &&
		    !grow(&c->in, &c->in_cap, c->in_cap + 1, max)) {
			drop(c, "answer too long");
			return;
		}
		n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			c->evt.flags &= ~KORE_EVENT_READ;
			return;
		}
		if (n <= 0) {
			drop(c, n == 0 ? "closed by the node" : "read failed");
			return;
		}
		if ((size_t)n < c->in_cap - c->in_len)
			c->evt.flags &= ~KORE_EVENT_READ;
		c->in_len += (size_t)n;
		take_documents(c);
	}
}

/* watch tells the event loop what to wait for. Room to write is asked for
 * only while it is missing: the node makes room with each document it takes,
 * which would wake us each time for nothing. */
static void
watch(struct node_conn *c, unsigned events)
{
	kore_platform_event_schedule(c->fd, (int)(events | EPOLLET), 0, c);
}

static void
wait_for_room(struct node_conn *c)
{
	c->evt.flags &= ~KORE_EVENT_WRITE;
	c->is_full = true;
	watch(c, EPOLLIN | EPOLLOUT);
}

static void
flush(struct node_conn *c)
{
	ssize_t n;

	if (c->fd < 0 || c->out_len == 0 ||
	    (c->evt.flags & KORE_EVENT_WRITE) == 0)
		return;
	if (c->is_full)
		watch(c, EPOLLIN);
	c->is_full = false;
	n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		wait_for_room(c);
		return;
	}
	if (n < 0) {
		drop(c, "write failed");
		return;
	}
	c->out_len -= (size_t)n;
	if (c->out_len == 0) {
		shrink(&c->out, &c->out_cap);
	} else {
		/* A short write means that the socket is full. */
		memmove(c->out, c->out + n, c->out_len);
		wait_for_room(c);
	}
}

static void
on_event(void *arg, int error)
{
	struct node_conn *c = arg;

	worker_tick();
	if (c->fd < 0)
		return;
	if (error != 0)
		c->evt.flags |= KORE_EVENT_READ; /* up to the end */
	receive(c);
	if (error != 0)
		drop(c, "closed by the node");
	else
		flush(c);
}

static int
connect_node(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* On a Unix socket this succeeds or fails at once. */
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void
try_connect(void *arg)
{
	struct node_conn *c = arg;

	c->fd = connect_node(c->node->socket);
	if (c->fd < 0) {
		if (!c->is_quiet && c->no == 0)
			log_warn("gateway",
			    "node not there node=%s socket=%s error=%d",
			    c->node->name, c->node->socket, errno);
		c->is_quiet = true;
		retry_later(c);
		return;
	}
	if (c->is_quiet && c->no == 0)
		log_info("gateway", "node is back node=%s", c->node->name);
	c->is_quiet = false;
	c->pause_ms = 0;
	worker_stat(STAT_NODE_UP, 1);
	c->evt.type = KORE_TYPE_CONNECTION;
	c->evt.flags = KORE_EVENT_WRITE;
	c->is_full = false;
	c->evt.handle = on_event;
	c->has_spoken = false;
	watch(c, EPOLLIN);
	(void)probe_conn(c);
}

/* --- calls --- */

/* write_calls adds a slot's calls to what goes out in this turn; there is
 * room. */
static void
write_calls(struct node_conn *c, const struct node_slot *s,
    const struct gw_node_effect *n)
{
	c->out_len += gw_wire_put(c->out + c->out_len, n, ticket_of(c->pool, s),
	    s->txn == NULL ? "" : s->txn->req.id);
}

/* pick returns the used node's first connection that has few calls, so that
 * calls and answers of one moment travel together, else the one with the
 * fewest; NULL when all are down or silent. */
static struct node_conn *
pick(struct node_pool *p)
{
	struct node_conn *best = NULL, *conns = conns_of(p, p->used);
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

/* hung notes a call without an answer. */
static void
hung(struct node_conn *c)
{
	if (++c->timeouts >= TIMEOUTS_MAX)
		drop(c, "no answers");
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

/* fall_silent ends what only reads; nothing more is sent there. */
static void
fall_silent(struct node_conn *c)
{
	struct node_pool *p = c->pool;
	size_t i;

	if (!c->is_silent)
		log_warn("gateway", "node silent node=%s waiting=%zu",
		    c->node->name, c->in_flight);
	c->is_silent = true;
	for (i = 0; i < p->slot_cnt && c->in_flight > 0; i++)
		if (p->slots[i].is_used && p->slots[i].conn == c &&
		    only_reads(&p->slots[i]))
			end_slot(p, &p->slots[i], RC_UNAVAILABLE);
}

static void
on_timeout(void *arg)
{
	struct node_slot *s = arg;
	struct node_conn *c = s->conn;
	bool is_probe = s->own == OWN_PROBE;

	end_slot(c->pool, s, RC_TIMEOUT);
	if (is_probe && !c->has_heard)
		fall_silent(c);
	hung(c);
}

bool
node_start(struct node_pool *p, struct txn *t)
{
	struct gw_node_effect *n = &t->req.effect.u.node;
	struct node_conn *c = pick(p);
	size_t size = gw_wire_size(n);
	struct node_slot *s;

	worker_stat(STAT_NODE_CALLS, 1);
	if (c == NULL || p->in_flight >= p->in_flight_max || p->free == NULL ||
	    !grow(&c->out, &c->out_cap, c->out_len + size, OUT_MAX)) {
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
	if (t->node != NULL)
		free_slot(gw_worker->node, t->node);
}

/* node_answers: some connection is up on which an answer has come, and no
 * call has waited in vain since. */
static bool
node_answers(struct node_pool *p, const struct node *n)
{
	const struct node_conn *conns = conns_of(p, n);
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
		flush(&p->conns[i]);
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

/* --- probe --- */

static bool
ask(struct node_conn *c, const struct gw_node_call *call, enum own own)
{
	struct gw_node_call one = *call;
	struct gw_node_effect n = {.calls = &one, .cnt = 1};
	struct node_slot *s;

	if (!grow(&c->out, &c->out_cap, c->out_len + gw_wire_size(&n), OUT_MAX))
		return false;
	s = take_slot(c->pool, c, NULL);
	if (s == NULL)
		return false;
	s->own = own;
	s->mark_no = c->pool->mark_no;
	write_calls(c, s, &n);
	timer_set(&gw_worker->timers, &s->timer,
	    worker_now_ms() + gw_worker->conf->node_silent_ms, on_timeout, s);
	return true;
}

bool
node_ask_block(struct node_pool *p)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("eth_blockNumber")};
	struct node_conn *c = pick(p);

	return c != NULL && ask(c, &call, OWN_NUMBER);
}

bool
node_has_room(const struct node_pool *p)
{
	return p->in_flight <= p->in_flight_max / 2;
}

static bool
probe_conn(struct node_conn *c)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("eth_getBlockByNumber"),
	    .params = bytes_of_str("[\"latest\",false]")};

	if (c->fd < 0 || c->is_probed)
		return false;
	c->is_probed = ask(c, &call, OWN_PROBE);
	if (c->is_probed)
		c->has_heard = false;
	return c->is_probed;
}

/* One connection of each node is asked for the head. The others show by
 * their answers that they live, and are asked when they are idle. */
static void
probe_node(struct node_pool *p, const struct node *n)
{
	struct node_conn *conns = conns_of(p, n);
	bool is_asked = false;
	size_t i;

	for (i = 0; i < p->conn_cnt; i++)
		if (!is_asked || conns[i].in_flight == 0)
			is_asked |= probe_conn(&conns[i]);
}

static void
probe(void *arg)
{
	struct node_pool *p = arg;
	size_t i;

	for (i = 0; i < p->node_cnt; i++)
		probe_node(p, &p->nodes[i]);
	timer_set(&gw_worker->timers, &p->probe, worker_now_ms() + PROBE_MS,
	    probe, p);
}

static void
open_conns(struct node_pool *p)
{
	size_t i;

	for (i = 0; i < p->node_cnt * p->conn_cnt; i++) {
		p->conns[i].pool = p;
		p->conns[i].node = &p->nodes[i / p->conn_cnt];
		p->conns[i].no = (unsigned)(i % p->conn_cnt);
		p->conns[i].fd = -1;
		try_connect(&p->conns[i]);
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
	/* a probe of each connection, a block of each node at the mark's
	 * height, and the next block's number */
	p->slot_cnt = p->in_flight_max + p->node_cnt * (p->conn_cnt + 1) + 1;
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
	timer_set(&gw_worker->timers, &p->probe, worker_now_ms() + PROBE_MS,
	    probe, p);
	return p;
}
