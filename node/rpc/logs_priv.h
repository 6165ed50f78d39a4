/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries for logs that are on the chain.
 */
#ifndef RPC_LOGS_PRIV_H
#define RPC_LOGS_PRIV_H

#include "rpc/logfilter_priv.h"

/*
 * rpc_logs_write writes the array of logs that a filter finds. An end of the
 * range that is not given is the head.
 *
 * Errors  RC_BAD_INPUT  the range is reversed or ends beyond the head
 *         RC_NOT_FOUND  no such block
 *         RC_TOO_LARGE  the answer, the range or the work is too large; the
 *                       text is one that clients split their range on
 */
enum rc rpc_logs_write(
    struct rpc_call *c, const struct rpc_log_filter *f, struct err *e);

#endif
