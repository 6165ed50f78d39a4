/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON-RPC as the gateway speaks it with the node: calls become bytes, bytes
 * become answers. Whose answer it is tells a ticket that goes with each call
 * in its id; what a ticket stands for, sockets and time-outs are
 * gateway/drive_node.c's.
 */
#ifndef HTTP_NODEWIRE_H
#define HTTP_NODEWIRE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "http/jsonscan.h"
#include "http/stage.h"

/* An id is a ticket and a place in the batch, together below 2^53, which
 * every JSON reader keeps exactly. */
enum { GW_WIRE_TICKET_BITS = 36, GW_WIRE_ITEM_BITS = 10 };

/* gw_wire_size bounds what gw_wire_put writes of n. */
size_t gw_wire_size(const struct gw_node_effect *n);

/*
 * gw_wire_put writes the calls of n as one document and a line feed.
 *
 * ticket   below 2^GW_WIRE_TICKET_BITS
 * req_id   goes with the id, so that the node's log names the request:
 *          letters, digits and ._-, at most GW_REQ_ID_MAX; "" for none
 * Returns  the bytes written
 */
size_t gw_wire_put(uint8_t *out, const struct gw_node_effect *n,
    uint64_t ticket, const char *req_id);

/* Longest text of gw_wire_put_cancel. */
enum { GW_WIRE_CANCEL_MAX = 96 };

/*
 * gw_wire_put_cancel writes that nobody waits any more for the answer to
 * document no of the stream: gw_wire_put's, counted from 0. There is no answer
 * to it, and a node that does not know it does nothing.
 *
 * Returns  the bytes written
 * Spec     node/rpc/stream.h
 */
size_t gw_wire_put_cancel(uint8_t *out, uint64_t no);

/* struct gw_wire_cut is where the search for a document's end stands; zeroed
 * at the beginning of a stream. */
struct gw_wire_cut {
	size_t at;
	struct gw_json_end scan;
};

/*
 * gw_wire_cut takes one document, with the blanks before it, from the front
 * of in. Bytes looked at are not looked at again: what is left in in has to
 * stand at the front of in the next time.
 *
 * Returns  false when no whole document is there yet
 */
bool gw_wire_cut(struct gw_wire_cut *c, struct bytes *doc, struct bytes *in);

/* struct gw_wire_answer is one response object taken apart. */
struct gw_wire_answer {
	uint64_t ticket;
	size_t item;
	bool is_error;
	struct bytes value; /* of result or error, in the document; a null ptr
			     * when it has neither */
};

/* struct gw_wire_answers walks the answers of a document. */
struct gw_wire_answers {
	struct gw_json_iter it;
	struct bytes single; /* no batch: the document, until it is taken */
};

/* gw_wire_open starts at the first answer of a document, batch or not. */
void gw_wire_open(struct gw_wire_answers *all, struct bytes doc);

/* gw_wire_next returns the next answer, past anything that has no id of
 * ours. Returns false at the end. */
bool gw_wire_next(struct gw_wire_answers *all, struct gw_wire_answer *out);

/*
 * gw_wire_store copies an answer to its call; what no call waits for is
 * passed over.
 *
 * Returns  false when memory is short
 */
bool gw_wire_store(struct arena *a, struct gw_node_effect *n,
    const struct gw_wire_answer *answer);

/* struct gw_wire_notice is a notification of a subscription. */
struct gw_wire_notice {
	struct bytes id;     /* the node's, in its quotes */
	struct bytes result; /* JSON */
};

/* gw_wire_notice reads a document that is no answer; false when it is no
 * notification either. */
bool gw_wire_notice(struct gw_wire_notice *out, struct bytes doc);

/* gw_wire_number reads a result that is a quantity of at most 64 bits;
 * false when the answer is anything else. */
bool gw_wire_number(uint64_t *out, const struct gw_wire_answer *answer);

#endif
