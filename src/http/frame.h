/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request of HTTP/1.0 or 1.1 begins and ends in a stream of bytes:
 * RFC 9112, read strictly. A pure state machine: it is shown bytes, keeps
 * small counters, and its verdict does not depend on how the stream was cut
 * into pieces. What could be read in two ways by two programs is refused.
 */
#ifndef HTTP_FRAME_H
#define HTTP_FRAME_H

#include "base/bytes.h"

/* Reliability H8: a request line above this is 414, a head above 431. */
enum {
	GW_LINE_MAX = 8 * 1024,
	GW_HEAD_MAX = 16 * 1024,
	GW_FIELD_CNT_MAX = 100,
};

/* Bytes spent on chunk sizes, extensions and trailers of one body: a body
 * of one-byte chunks must not cost more than its route's limit suggests. */
enum { GW_CHUNK_EXT_MAX = 256, GW_TRAILER_MAX = 4096 };

enum gw_more {
	GW_MORE,  /* everything shown was read, show more */
	GW_PIECE, /* a piece of the body was cut off, call again */
	GW_WHOLE, /* the head, or the body, is complete */
	GW_BAD,   /* refuse with the status, then close */
};

enum gw_body_kind { GW_BODY_NONE, GW_BODY_COUNTED, GW_BODY_CHUNKED };

/* struct gw_frame is the state of one direction of one connection. */
struct gw_frame {
	uint8_t state;
	uint16_t status;    /* HTTP status to refuse with, after GW_BAD */
	uint16_t field_cnt; /* header lines seen */
	uint32_t pos;       /* bytes of this head already looked at */
	uint32_t start;     /* where the request line begins */
	uint32_t mark;      /* where the present word began */
	uint64_t left;      /* of the body, or of the chunk */
	uint64_t total;     /* body bytes cut off so far */
	uint64_t body_max;
	uint32_t overhead; /* bytes of the chunked coding itself */
};

/* gw_frame_init prepares for the next head. */
void gw_frame_init(struct gw_frame *f);

/*
 * gw_frame_head looks for the end of a head.
 *
 * in       all bytes from the end of the previous request on; the bytes seen
 *          by an earlier call must still be there, unchanged
 * head     on GW_WHOLE: request line and fields, without the empty lines
 *          that may stand in front, with the empty line at the end
 * Returns  GW_MORE, GW_WHOLE (the next unread byte is behind head), GW_BAD
 * Spec     RFC 9112 2.2, 3, 5
 */
enum gw_more gw_frame_head(
    struct gw_frame *f, struct bytes *head, struct bytes in);

/*
 * gw_frame_body says what follows the head.
 *
 * len      of a counted body
 * max      longest body accepted; a longer counted one must be refused by
 *          the caller before this
 */
void gw_frame_body(
    struct gw_frame *f, enum gw_body_kind kind, uint64_t len, uint64_t max);

/*
 * gw_frame_next cuts the next piece of the body from the front of in.
 *
 * piece    on GW_PIECE: decoded bytes, a view into what in pointed to
 * in       advanced past everything that was read
 * Returns  GW_MORE, GW_PIECE, GW_WHOLE, GW_BAD
 * Spec     RFC 9112 6, 7.1
 */
enum gw_more gw_frame_next(
    struct gw_frame *f, struct bytes *piece, struct bytes *in);

#endif
