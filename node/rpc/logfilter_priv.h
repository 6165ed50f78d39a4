/* SPDX-License-Identifier: Apache-2.0
 *
 * Which logs a caller wants: the filter object of eth_getLogs, eth_newFilter
 * and eth_subscribe, read once and then asked of blooms and logs.
 *
 *   {"address": A | [A, ...], "topics": [T | null | [T, ...], ...],
 *    "fromBlock": tag, "toBlock": tag}  or  {"blockHash": H, ...}
 *
 * Any of the addresses, and at each place any of its topics; a place that is
 * null, empty or has a null in it, and an empty list of addresses, take
 * everything. A log with fewer topics than the filter has places is not
 * wanted. That is go-ethereum's reading.
 */
#ifndef RPC_LOGFILTER_PRIV_H
#define RPC_LOGFILTER_PRIV_H

#include "eth/bloom.h"
#include "rpc/rpc_priv.h"

/*
 * Places of a filter: a log has no more. Addresses, and topics at one place,
 * as go-ethereum bounds them.
 */
enum { RPC_LOG_TOPICS_MAX = 4, RPC_LOG_ANY_MAX = 1000 };

/* Both ascend, so that one is found by halves; key i is that of item i. */
struct rpc_log_addrs {
	struct addr *any;
	struct bloom_key *key;
	size_t cnt; /* 0: every address */
};

struct rpc_log_topic {
	struct hash *any;
	struct bloom_key *key;
	size_t cnt; /* 0: every topic */
};

struct rpc_log_filter {
	bool has_hash, has_from, has_to; /* never a hash and a range */
	struct hash block_hash;
	struct rpc_at from, to;
	struct rpc_log_addrs addrs;
	struct rpc_log_topic topics[RPC_LOG_TOPICS_MAX];
	size_t topic_cnt;
};

/*
 * rpc_log_filter_read reads a filter object. What names blocks is read and
 * kept for the caller to judge.
 *
 * Errors    RC_BAD_INPUT with go-ethereum's texts, RC_NO_MEMORY
 * Lifetime  in the arena
 */
enum rc rpc_log_filter_read(struct arena *a, struct rpc_log_filter *out,
    const struct rpc_json *v, struct err *e);

/* rpc_arg_log_filter reads argument i, which must be there. */
enum rc rpc_arg_log_filter(struct rpc_log_filter *out, const struct rpc_call *c,
    unsigned i, struct err *e);

/* rpc_log_filter_may tells whether a block with this bloom may have a log that
 * is wanted. */
bool rpc_log_filter_may(
    const struct rpc_log_filter *f, const struct bloom *bloom);

/* rpc_log_filter_names tells whether a log has an address and the topics that
 * a filter names. A place of the filter that takes any topic is not asked for:
 * an index of addresses and topics knows nothing of it. */
bool rpc_log_filter_names(
    const struct rpc_log_filter *f, const struct log_entry *l);

/* rpc_log_filter_has tells whether a log is wanted: rpc_log_filter_names, and
 * a topic at each place of the filter. */
bool rpc_log_filter_has(
    const struct rpc_log_filter *f, const struct log_entry *l);

#endif
