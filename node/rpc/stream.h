/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the ends of JSON documents in a stream that has nothing between them
 * (what clients send to a node's socket), without parsing them.
 */
#ifndef RPC_STREAM_H
#define RPC_STREAM_H

#include "base/bytes.h"
#include "base/err.h"

/* Deeper nesting ends the session: no call needs it. */
enum { RPC_STREAM_DEPTH_MAX = 64 };

/* struct rpc_stream remembers how far the first document was scanned, so
 * that bytes which arrive in pieces are looked at once. Zero to start. */
struct rpc_stream {
	size_t at; /* bytes of the current document seen */
	unsigned depth;
	bool is_in_string, is_escaped, has_begun;
};

/*
 * rpc_stream_take cuts the first whole document off the front of in.
 *
 * in      all bytes not yet taken; the same ones plus more each time
 * out     the document; blanks around it are dropped
 * Errors  RC_TRUNCATED    more bytes are needed
 *         RC_BAD_JSON     no document can begin or nest like this
 *         RC_BAD_REQUEST  JSON perhaps, but of no call, and without an end
 *                         that can be seen; after these two nothing more
 *                         can be read
 */
enum rc rpc_stream_take(
    struct rpc_stream *s, struct bytes *out, struct bytes *in, struct err *e);

/*
 * rpc_stream_is_cancel reads the one document that is no call: that nobody
 * waits any more for the answer to document no of this stream, counted from 0
 * without documents like this one. It is written so, without a blank:
 *
 *     {"jsonrpc":"2.0","method":"sekisho_cancel","params":[12]}
 *
 * Calls of that document which only read end soon, and it has no answer; what
 * changes something is done all the same. It has no answer itself, and comes
 * too late when there was one.
 */
bool rpc_stream_is_cancel(uint64_t *no, struct bytes doc);

#endif
