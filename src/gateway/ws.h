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
	bool is_over;      /* the present answer is the last one */
	bool has_left;     /* a close frame has been sent */
};

/* ws_begin makes a WebSocket of the connection whose handshake was answered;
 * it is closed when there is no memory. The txn is still there. */
void ws_begin(struct conn *c);

/* ws_feed reads messages out of c's input; false when it needs more. */
bool ws_feed(struct conn *c);

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
