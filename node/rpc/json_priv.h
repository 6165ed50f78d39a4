/* SPDX-License-Identifier: Apache-2.0
 *
 * A strict JSON reader (RFC 8259) into a tree: one whole document, valid
 * UTF-8, no repeated names, bounded depth. Numbers stay text, so that an id
 * of any size goes back as it came.
 */
#ifndef RPC_JSON_PRIV_H
#define RPC_JSON_PRIV_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Deepest nesting (reliability I7). Values of one document: a batch of 1,000
 * calls of 100 values each. Members of one object: a call has ten; sorting
 * them to find repeats is what this bounds.
 */
enum {
	RPC_JSON_DEPTH_MAX = 64,
	RPC_JSON_VALUE_MAX = 100000,
	RPC_JSON_MEMBER_MAX = 1024
};

enum rpc_json_kind {
	RPC_JSON_NULL,
	RPC_JSON_BOOL,
	RPC_JSON_NUMBER,
	RPC_JSON_STRING,
	RPC_JSON_ARRAY,
	RPC_JSON_OBJECT
};

struct rpc_json {
	enum rpc_json_kind kind;
	bool is_true;
	struct bytes raw; /* the value's text, quotes or brackets included */
	struct bytes str; /* a string's characters, escapes resolved */
	struct bytes key; /* of a member: its name, escapes resolved */
	const struct rpc_json *next;  /* sibling, or NULL */
	const struct rpc_json *first; /* item or member, or NULL */
	size_t cnt;                   /* items or members */
};

/*
 * rpc_json_read parses a whole document.
 *
 * Errors    RC_BAD_JSON   what is wrong and at which byte
 *           RC_TOO_LARGE  more values or members than the bounds
 *           RC_NO_MEMORY
 * Lifetime  values live in the arena and point into text
 */
enum rc rpc_json_read(struct arena *a, const struct rpc_json **out,
    struct bytes text, struct err *e);

/* rpc_json_get returns the member called key of an object, or NULL. */
const struct rpc_json *rpc_json_get(
    const struct rpc_json *obj, const char *key);

#endif
