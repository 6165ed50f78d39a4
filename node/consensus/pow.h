/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of proof of work and of the beacon chain, as a follower sees them
 * who takes proofs on trust: every rule of a header but the proof itself.
 * Public networks' exports and the public block suites.
 */
#ifndef CONSENSUS_POW_H
#define CONSENSUS_POW_H

#include "consensus/engine.h"
#include "eth/fork.h"

/*
 * pow_new makes an engine.
 *
 * forks   outlives the engine; with has_ttd a block without difficulty is
 *         one of Paris wherever it stands, and chain compares the weight
 * Errors  RC_NO_MEMORY
 */
enum rc pow_new(
    struct engine **out, const struct fork_plan *forks, struct err *e);

/* pow_difficulty computes the difficulty of parent's child with this time,
 * before Paris. Spec: Yellow Paper 4.4.4, EIP-2, EIP-100, EIP-649, EIP-1234,
 * EIP-2384, EIP-3554, EIP-4345, EIP-5133 */
void pow_difficulty(struct u256 *out, const struct fork_plan *forks,
    const struct header *parent, uint64_t time);

#endif
