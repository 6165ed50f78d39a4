/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that have become WebSockets: messages in, answers out, pings
 * and the end. A message is a request with the head of the handshake
 * (http/upgrade.h): entry.c runs it as any other. One at a time: what the
 * client sends meanwhile waits in the kernel, which is all the back-pressure
 * there is need of.
 */
#ifndef GATEWAY_WS_H
#define GATEWAY_WS_H

#include "gateway/conn.h"
#include "gateway/feeds.h"
#include "http/ws.h"

struct ws {
	struct gw_ws in;
	uint8_t *head; /* of the requests that messages are */
	size_t head_len;
	uint8_t *message; /* as far as it has come */
	size_t len, cap;
	uint64_t began_ms; /* of the message, or frame, that is not whole */
	uint64_t heard_ms; /* when the client was heard last */
	bool is_pinged;    /* and has not been heard since */
	struct sub_list subs;
	size_t sub_cnt;
	uint8_t *queue; /* notifications, in frames */
	size_t queue_len, queue_cap;
	bool is_holding; /* until the answer with a new id has left */
	bool is_slow;    /* they have become too many */
	bool is_over;    /* the present answer is the last one */
	bool has_left;   /* a close frame has been sent */
};

/* ws_begin makes a WebSocket of the connection whose handshake was answered;
 * it is closed when there is no memory. The txn is still there. */
void ws_begin(struct conn *c);

/* ws_feed reads messages out of c's input; false when it needs more. */
bool ws_feed(struct conn *c);

/* ws_notify queues a notification of the subscription that the client knows
 * as id; result is JSON. What has become too much ends the connection later:
 * nothing is closed here. */
void ws_notify(struct conn *c, struct bytes id, struct bytes result);

/* ws_push sends what is queued; false when nothing is. Everything before it
 * must have left. */
bool ws_push(struct conn *c);

/* ws_give_up ends a connection whose queue was too long; false when it was
 * not. */
bool ws_give_up(struct conn *c);

/* ws_reply sends the answer of c's request as a message. */
void ws_reply(struct txn *t);

/* ws_sent goes on when that has left; the request is ended. */
void ws_sent(struct conn *c);

/* ws_shut says good-bye and closes once the client has heard it. */
void ws_shut(struct conn *c, enum gw_ws_code code);

/* ws_sweep pings, and ends what is silent, stalls or is not read. */
void ws_sweep(struct conn *c, uint64_t now_ms);

/* ws_is_idle tells of one that owes and is owed nothing. */
bool ws_is_idle(const struct conn *c);

/* ws_free is conn_close's. */
void ws_free(struct conn *c);

#endif
