/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files about subscriptions share: one of them, and the registry.
 */
#ifndef RPC_SUBS_PRIV_H
#define RPC_SUBS_PRIV_H

#include <sys/queue.h>

#include "rpc/logfilter_priv.h"
#include "rpc/subs.h"

/* Lists that ids are spread over: a few of RPC_SUBS_MAX each. */
enum { RPC_SUB_BUCKETS = 4096 };

enum rpc_sub_kind {
	RPC_SUB_HEADS,
	RPC_SUB_LOGS,
	RPC_SUB_PENDING,      /* hashes */
	RPC_SUB_PENDING_FULL, /* transactions */
	RPC_SUB_SYNCING,
	RPC_SUB_KINDS
};

struct rpc_sub {
	LIST_ENTRY(rpc_sub) of_client;
	LIST_ENTRY(rpc_sub) of_bucket;
	TAILQ_ENTRY(rpc_sub) of_kind;
	enum rpc_sub_kind kind;
	struct rpc_sub_to to;
	size_t bytes; /* of this object, its filter's lists included */
	/* LOGS: of blocks first to last */
	uint64_t first, last;
	struct rpc_log_filter filter; /* its lists follow this object */
};

LIST_HEAD(rpc_sub_list, rpc_sub);
TAILQ_HEAD(rpc_sub_queue, rpc_sub);

struct rpc_sub_slot {
	struct rpc_sub_list subs;
	size_t cnt;
};

struct rpc_subs {
	struct rpc_subs_conf conf;
	size_t cnt, bytes;
	struct rpc_sub_slot *slots;
	struct rpc_sub_queue kinds[RPC_SUB_KINDS]; /* oldest first */
	struct rpc_sub_list buckets[RPC_SUB_BUCKETS];
	/* of the block or transaction being told, room for all */
	struct rpc_sub_to *to;
	struct rpc_sub **maybe;
	struct arena a;
	struct jsonw w;
};

/* rpc_sub_new makes one that nobody has yet; filter may be NULL. NULL: no
 * memory. rpc_sub_free takes NULL. */
struct rpc_sub *rpc_sub_new(
    enum rpc_sub_kind kind, const struct rpc_log_filter *filter);
void rpc_sub_free(struct rpc_sub *sub);

#endif
