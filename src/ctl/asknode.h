/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed words of a JSON-RPC conversation with the state's own node.
 */
#ifndef CTL_ASKNODE_H
#define CTL_ASKNODE_H

#include <jansson.h>

#include "base/arena.h"
#include "ctl/home.h"
#include "eth/types.h"
#include "upstream/noderpc.h"

/* asknode_open connects to run/node.ipc. RC_UNAVAILABLE, saying what starts
 * the node */
enum rc asknode_open(struct noderpc **out, const struct home *h, struct err *e);

/* asknode calls a method; result and params as noderpc_call has them. Errors
 * of noderpc_call, with the method's name. */
enum rc asknode(struct noderpc *n, json_t **result, const char *method,
    json_t *params, struct err *e);

/* asknode_u256 and asknode_number expect a quantity; RC_CORRUPT for anything
 * else. */
enum rc asknode_u256(struct noderpc *n, struct u256 *out, const char *method,
    json_t *params, struct err *e);
enum rc asknode_number(struct noderpc *n, uint64_t *out, const char *method,
    json_t *params, struct err *e);

/* asknode_data expects data of at most the arena's room; RC_CORRUPT. */
enum rc asknode_data(struct noderpc *n, struct arena *a, struct bytes *out,
    const char *method, json_t *params, struct err *e);

/* asknode_nonce is how many transactions an account has sent. */
enum rc asknode_nonce(struct noderpc *n, uint64_t *out,
    const struct addr *account, const char *block, struct err *e);

/* asknode_code is the code that lies at an address. */
enum rc asknode_code(struct noderpc *n, struct arena *a, struct bytes *out,
    const struct addr *at, struct err *e);

/* asknode_hex is data as JSON text. */
json_t *asknode_hex(struct arena *a, struct bytes data);

#endif
