/* SPDX-License-Identifier: Apache-2.0
 *
 * The rpc surface: JSON-RPC 2.0 over POST, method by method checked and
 * handed to the node. What goes to the node is written anew from checked
 * parts, so that the node cannot read another method or id than was checked.
 */
#ifndef HTTP_RPC_H
#define HTTP_RPC_H

#include "http/rpc_methods.h"
#include "http/stage.h"

enum {
	GW_RPC_ID_MAX = 1024,
	/* Answer of a batch, reliability N3. */
	GW_RPC_REPLY_MAX = 10 * 1024 * 1024,
};

extern gw_stage_fn *const gw_rpc[];

/* struct gw_rpc_call is one call of a request. */
struct gw_rpc_call {
	struct bytes id;     /* JSON; empty: a notification */
	struct bytes method; /* text between the quotes */
	struct bytes params; /* JSON array or object; empty: none */
	int code;            /* 0, or the error to answer with */
	const char *message;
	size_t at; /* place among the calls sent; unused with a code */
};

/*
 * gw_rpc_read_call takes one call apart.
 *
 * value  well-formed JSON
 * out    code is set when it is not a call
 */
void gw_rpc_read_call(struct gw_rpc_call *out, struct bytes value);

#endif
