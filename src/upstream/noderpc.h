/* SPDX-License-Identifier: Apache-2.0
 *
 * A plain, blocking JSON-RPC client on a node's Unix socket, for programs
 * with one thing to do at a time (jobsd, sekisho). One document per line in
 * both directions.
 */
#ifndef UPSTREAM_NODERPC_H
#define UPSTREAM_NODERPC_H

#include <jansson.h>

#include "base/err.h"

struct noderpc;

/* Longest answer read; the node bounds its answers lower. */
enum { NODERPC_ANSWER_MAX = 32 * 1024 * 1024 };

/*
 * noderpc_open connects to a socket.
 *
 * Errors  RC_UNAVAILABLE  nobody listens there; RC_IO
 */
enum rc noderpc_open(struct noderpc **out, const char *path, struct err *e);
void noderpc_close(struct noderpc *n);

/*
 * noderpc_call sends one call and waits for its answer; both together take
 * at most timeout_ms.
 *
 * result   new reference, the caller decrefs; NULL on failure
 * params   a JSON array; the reference is taken over; NULL for []
 * Errors   RC_BAD_REQUEST  the node answered with an error: text has its
 *                          code and message
 *          RC_TIMEOUT      the next call passes over an answer that is late
 *          RC_BAD_INPUT    method or params are no JSON
 *          RC_UNAVAILABLE (gone), RC_CORRUPT (not JSON-RPC, or the answer to
 *          a call that was never made), RC_TOO_LARGE, RC_IO: the connection
 *          is of no more use, close it
 */
enum rc noderpc_call(struct noderpc *n, json_t **result, const char *method,
    json_t *params, int timeout_ms, struct err *e);

#endif
