/* SPDX-License-Identifier: Apache-2.0
 *
 * Clique proof of authority, EIP-225, with the tie rules of EIP-3436.
 */
#ifndef CONSENSUS_CLIQUE_H
#define CONSENSUS_CLIQUE_H

#include "consensus/engine.h"
#include "eth/fork.h"

/* Extra data is vanity, at checkpoints the signers, and the seal. A signer
 * out of turn waits below CLIQUE_WIGGLE_MS times (floor(n/2) + 1) more. */
enum { CLIQUE_VANITY = 32, CLIQUE_SEAL = 65, CLIQUE_WIGGLE_MS = 500 };

/* What an in-turn and an out-of-turn block add to the total difficulty. */
enum { CLIQUE_DIFF_IN_TURN = 2, CLIQUE_DIFF_NO_TURN = 1 };

struct clique_conf {
	uint64_t period_s, epoch;
	const struct fork_plan *forks; /* outlives the engine */
	bool is_sealer;
	struct addr self;     /* when is_sealer */
	bool skip_empty;      /* leave out empty blocks ... */
	uint64_t heartbeat_s; /* ... but seal one after this long; 0: never, */
	uint64_t settle_s;    /* ... and one this long after a full one */
	uint64_t gas_limit;   /* target for blocks that we seal */
	uint64_t seed;        /* of the wiggle */
	uint64_t future_slack_s; /* header time may be ahead by this much */
	uint8_t vanity[CLIQUE_VANITY]; /* of blocks that we seal */
};

/*
 * clique_new makes an engine. chain is copied.
 *
 * Errors  RC_NO_MEMORY; RC_CONF for an epoch of zero
 */
enum rc clique_new(struct engine **out, const struct clique_conf *conf,
    const struct engine_chain *chain, struct err *e);

/* clique_seal_hash computes what a signer signs: the header without the last
 * 65 bytes of extra data. RC_BLK_SIG_MISSING. */
enum rc clique_seal_hash(
    struct hash *out, const struct header *h, struct err *e);

/* clique_signer recovers the sealer of a header. RC_BLK_SIG_MISSING,
 * RC_BAD_SIGNATURE. */
enum rc clique_signer(struct addr *out, const struct header *h, struct err *e);

/* clique_in_turn tells whether the signer at index of n ascending signers is
 * in turn at block number. */
bool clique_in_turn(uint64_t number, size_t index, size_t n);

/* clique_limit is floor(n/2) + 1: of so many consecutive blocks a signer
 * signs at most one. */
size_t clique_limit(size_t n);

#endif
