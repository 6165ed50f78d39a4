/* SPDX-License-Identifier: Apache-2.0
 *
 * Clique proof of authority, EIP-225, with the tie rules of EIP-3436.
 */
#ifndef CONSENSUS_CLIQUE_H
#define CONSENSUS_CLIQUE_H

#include "consensus/engine.h"
#include "eth/fork.h"

struct clique_conf {
	uint64_t period_s, epoch;
	const struct fork_plan *forks; /* outlives the engine */
	bool is_sealer;
	struct addr self;      /* when is_sealer */
	bool skip_empty;       /* leave out empty blocks ... */
	uint64_t heartbeat_s;  /* ... but seal one after this long; 0: never */
	uint64_t gas_limit;    /* target for blocks that we seal */
	uint64_t seed;         /* of the wiggle */
	uint64_t future_slack_s; /* header time may be ahead by this much */
};

enum { CLIQUE_VANITY = 32, CLIQUE_SEAL = 65, CLIQUE_WIGGLE_MS = 500 };

/* clique_new makes an engine; NULL when memory is short. chain is copied. */
struct engine *clique_new(const struct clique_conf *conf,
    const struct engine_chain *chain);

/* clique_seal_hash computes what a signer signs: the header without the last
 * 65 bytes of extra data. RC_BLK_SIG_MISSING. */
enum rc clique_seal_hash(struct hash *out, const struct header *h,
    struct err *e);

/* clique_signer recovers the sealer of a header. */
enum rc clique_signer(struct addr *out, const struct header *h,
    struct err *e);

#endif
