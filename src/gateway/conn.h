/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of clients: one struct each, from accept to close. conn.c
 * moves bytes and keeps the states, front.c says what the bytes mean,
 * sweep.c ends what takes too long.
 */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include <sys/queue.h>

#include "gateway/kore_priv.h"
#include "gateway/stats.h"
#include "http/frame.h"
#include "http/req.h"

struct txn;
struct listen_event;
struct client_cert;
struct ws;

/*
 *   accept -> SHAKE -> HEAD -> BODY -> WORK -> SEND -> HEAD ...
 *                 (plain: starts at HEAD)        \-> LINGER -> CLOSED
 *
 *   ... SEND (of a 101) -> OPEN -> WORK -> SEND -> OPEN ...
 *                             \-> SEND (a close frame) -> LINGER -> CLOSED
 * HEAD without a byte is an idle connection. WORK reads nothing: what the
 * client sends meanwhile waits in the kernel.
 */
enum conn_state {
	CONN_SHAKE,
	CONN_HEAD,
	CONN_BODY,
	CONN_WORK,
	CONN_SEND,
	CONN_OPEN,   /* a WebSocket between two messages */
	CONN_LINGER, /* answer sent, waiting for the client to hang up */
	CONN_CLOSED, /* waits in the list of the dead for the end of the turn */
};

TAILQ_HEAD(conn_list, conn);

struct conn {
	struct kore_event evt; /* first: Kore hands back this address */
	TAILQ_ENTRY(conn) list;
	TAILQ_ENTRY(conn) ready;
	int fd;
	enum conn_state state;
	bool is_ready;   /* in the list of those to run again */
	bool is_counted; /* in the table of addresses */
	bool keep_alive; /* after the present answer */
	bool is_drained; /* TLS: the last read of the socket took all it had */
	bool has_eof;
	bool keeps_buffers; /* TLS: those of OpenSSL, between records */
	SSL *ssl;
	unsigned tls_extra; /* records without data after the handshake */
	const struct gw_listener *listener;
	struct gw_peer peer;
	struct gw_frame frame;
	struct txn *txn;
	struct ws *ws;            /* NULL: it speaks HTTP */
	struct gw_memo *memo;     /* made by the first password */
	struct client_cert *cert; /* by the first request that needs it */
	uint8_t *in;              /* bytes received and not used */
	size_t in_len, in_cap;
	uint8_t *out; /* bytes to be sent */
	size_t out_at, out_len;
	struct bytes tail; /* of the answer, behind out: memory of txn */
	size_t tail_len;   /* when it began to wait */
	unsigned req_cnt;
	/* for sweep.c: since when in this state, last progress, how much */
	uint64_t since_ms, moved_ms, moved;
	/* how fast answers are read, across requests: when that was judged
	 * last (0: nothing lies unread), and what had arrived then */
	uint64_t judged_ms, judged_acked;
};

/* Input kept for one connection: a head and a piece of what follows. */
enum {
	CONN_IN_MIN = 4096,
	CONN_IN_MAX = 64 * 1024,
	/* Steps of one connection in one turn, then others have theirs: some
	 * 32 short requests, or half a MiB of a body. */
	CONN_TURN_MAX = 128,
	/* Records without data after the handshake (key updates, attempts to
	 * renegotiate, warnings), which OpenSSL would read without end. */
	CONN_TLS_EXTRA_MAX = 32,
	/* Rest of a refused request that is read and thrown away: most
	 * clients send all of it before they look at the answer. */
	CONN_LINGER_MAX = 32 << 20,
	CONN_LINGER_MS = 10000,
	CONN_LINGER_STILL_MS = 2000, /* nothing has come for so long */
	/* Buffers of connections idle this long are given back. */
	CONN_RELEASE_MS = 500,
	/* How long who has just come may keep silent before that counts. */
	CONN_FRESH_MS = 1000,
};

/* conn_accept is the event of a listening socket, conn_event that of a
 * connection. accept.c */
void conn_accept(void *listen_event, int error);
void conn_event(void *conn, int error);

/* conn_enter changes the state and starts its clock. */
void conn_enter(struct conn *c, enum conn_state state);

/* conn_run does whatever the connection can do now, until it has to wait. */
void conn_run(struct conn *c);

/* conn_send sends bytes, or keeps what the client does not take yet; the
 * connection is closed when it has gone. */
void conn_send(struct conn *c, struct bytes data);

/* conn_send_last is conn_send of the end of an answer, which lives as long as
 * c->txn and is not copied. */
void conn_send_last(struct conn *c, struct bytes data);

/* conn_send_pieces sends an answer, in one call when body fits behind head;
 * body lives as long as c->txn. */
void conn_send_pieces(struct conn *c, struct buf *head, struct bytes body);

/* conn_take throws n bytes away from the front of the input. */
void conn_take(struct conn *c, size_t n);

/* conn_release gives back the buffers of a connection that is idle for long. */
void conn_release(struct conn *c);

/* conn_close closes at once; the struct lives until the end of the turn. */
void conn_close(struct conn *c);

/* conn_is_silent tells of a connection that has not asked for anything yet,
 * and had the time to. */
bool conn_is_silent(const struct conn *c);

/* conn_is_idle tells of one that has its answers and asks for no more. */
bool conn_is_idle(const struct conn *c);

/* conn_bury frees those closed in this turn; only between turns. */
void conn_bury(void);

/* conn_make_ready has c run in the next turn. */
void conn_make_ready(struct conn *c);

/* conn_run_ready runs connections that have more to do; true when some
 * are still left. */
bool conn_run_ready(void);

/* front_feed reads requests out of c's input; false when it needs more. */
bool front_feed(struct conn *c);

/* sweep_start begins to watch deadlines. */
void sweep_start(void);

/* sweep_cut ends a connection without a word, and counts why. */
void sweep_cut(struct conn *c, enum gw_stat why);

/* addrs_enter counts a connection of an address; false when it has as many
 * as allowed. addrs_leave takes one away. */
bool addrs_enter(const struct gw_addr *a, uint64_t most);
void addrs_leave(const struct gw_addr *a);

/* addrs_digest names the client that an address stands for, never 0. */
uint64_t addrs_digest(const struct gw_addr *a);

#endif
