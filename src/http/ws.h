/* SPDX-License-Identifier: Apache-2.0
 *
 * WebSocket as a server speaks it: the answer to a handshake's key, frames
 * of a client taken apart, heads of our own frames. A pure state machine
 * like frame.h: its verdict does not depend on how the stream was cut into
 * pieces. No extension is spoken, so reserved bits are refused.
 *
 * Spec  RFC 6455; reliability H10
 */
#ifndef HTTP_WS_H
#define HTTP_WS_H

#include "base/bytes.h"

/* RFC 6455 11.8 */
enum gw_ws_op {
	GW_WS_CONTINUATION = 0x0,
	GW_WS_TEXT = 0x1,
	GW_WS_BINARY = 0x2,
	GW_WS_CLOSE = 0x8,
	GW_WS_PING = 0x9,
	GW_WS_PONG = 0xa,
};

/* RFC 6455 7.4.1 and IANA's registry. */
enum gw_ws_code {
	GW_WS_NORMAL = 1000,
	GW_WS_GOING_AWAY = 1001,
	GW_WS_PROTOCOL = 1002,
	GW_WS_UNSUPPORTED = 1003,
	GW_WS_NO_CODE = 1005, /* never sent: a close frame without a code */
	GW_WS_NOT_TEXT = 1007,
	GW_WS_POLICY = 1008,
	GW_WS_TOO_BIG = 1009,
	GW_WS_INTERNAL = 1011,
	GW_WS_TRY_LATER = 1013,
};

enum {
	GW_WS_CONTROL_MAX = 125, /* payload of a control frame, 5.5 */
	GW_WS_HEAD_MAX = 10,     /* of a frame of ours: it has no mask */
	GW_WS_HEAD_IN_MAX = 14,  /* of a client's */
	GW_WS_ACCEPT_LEN = 28,
};

enum gw_ws_more {
	GW_WS_MORE,    /* everything shown was read, show more */
	GW_WS_PIECE,   /* a piece of the message was cut off, call again */
	GW_WS_WHOLE,   /* the message is complete, op is its kind */
	GW_WS_CONTROL, /* so is a control frame: op, control, control_len */
	GW_WS_BAD,     /* close with code */
};

/* struct gw_ws reads one client. */
struct gw_ws {
	uint64_t message_max;
	uint64_t left;      /* of the present frame */
	uint64_t total;     /* bytes of the message so far */
	uint16_t code;      /* GW_WS_BAD: why. CLOSE: what the client gave */
	uint8_t op;         /* of the present frame */
	uint8_t message_op; /* of the message that is open, 0: none is */
	bool is_final, has_head;
	uint8_t head_len, control_len;
	uint8_t mask_at;
	uint8_t utf8_left, utf8_min, utf8_max; /* of the character begun */
	uint8_t head[GW_WS_HEAD_IN_MAX];
	uint8_t mask[4];
	uint8_t control[GW_WS_CONTROL_MAX];
};

/* gw_ws_init prepares for a client's first frame; a message may have
 * message_max bytes. */
void gw_ws_init(struct gw_ws *w, uint64_t message_max);

/*
 * gw_ws_next reads on.
 *
 * piece    on GW_WS_PIECE: bytes of the message, in what in points to
 * in, len  bytes received; unmasked where they lie
 * used     how many of them were read
 * Returns  see enum gw_ws_more. After GW_WS_BAD, or a CLOSE, nothing more is
 *          to be read.
 */
enum gw_ws_more gw_ws_next(struct gw_ws *w, struct bytes *piece, uint8_t *in,
    size_t len, size_t *used);

/* gw_ws_is_between tells whether nothing of a frame or a message is open. */
static inline bool
gw_ws_is_between(const struct gw_ws *w)
{
	return w->head_len == 0 && w->message_op == 0;
}

/* gw_ws_head writes the head of an unfragmented frame of ours and returns
 * its length. */
size_t gw_ws_head(uint8_t out[GW_WS_HEAD_MAX], enum gw_ws_op op, uint64_t len);

/*
 * gw_ws_accept answers a handshake's Sec-WebSocket-Key.
 *
 * out      base64 and a NUL
 * Returns  false when the key is not 16 bytes in base64
 * Spec     RFC 6455 4.2.2
 */
bool gw_ws_accept(char out[GW_WS_ACCEPT_LEN + 1], struct bytes key);

#endif
