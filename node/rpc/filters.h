/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters that clients poll: eth_newFilter and its kin. What a filter has
 * seen is the one thing that JSON-RPC keeps from call to call, so it stands
 * in a table that all readers share. A place of it belongs to one thread at a
 * time, for the moment that it takes to copy what it says: it is claimed and
 * released by one atomic word, and nobody waits for work that is done.
 */
#ifndef RPC_FILTERS_H
#define RPC_FILTERS_H

#include "eth/types.h"

/*
 * Filters of a node; what one may say; how long one lives that nobody polls
 * (go-ethereum's time), and how long at least when others want its place.
 * Hashes of transactions that are remembered for polls.
 */
enum {
	RPC_FILTER_MAX = 1024,
	RPC_FILTER_TEXT_MAX = 64 * 1024,
	RPC_FILTER_IDLE_MS = 5 * 60 * 1000,
	RPC_FILTER_STALE_MS = 60 * 1000,
	RPC_FILTER_TX_MAX = 8192
};

struct rpc_filters;

/* rpc_filters_new makes an empty table; secret makes names that nobody
 * guesses. NULL: no memory. */
struct rpc_filters *rpc_filters_new(const struct hash *secret);
void rpc_filters_free(struct rpc_filters *f);

#endif
