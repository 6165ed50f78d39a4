/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine does that only follows: rows of the table of engine_none
 * for engines that judge headers by rules of their own.
 */
#ifndef CONSENSUS_NONE_PRIV_H
#define CONSENSUS_NONE_PRIV_H

#include "consensus/engine.h"

/* The functions of struct engine_ops by their names there. */
enum rc engine_none_author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e);
int engine_none_prefer(struct engine *g, const struct header *a,
    const struct u256 *td_a, const struct header *b, const struct u256 *td_b);
enum rc engine_none_step(struct engine *g, struct arena *a,
    struct engine_effects *out, const struct engine_event *ev, uint64_t now_ms,
    struct err *e);
void engine_none_gas(
    struct engine *g, struct engine_gas *out, const struct header *head);
enum rc engine_none_signers(struct engine *g, struct arena *a,
    struct addr **out, size_t *cnt, const struct hash *at, struct err *e);
enum rc engine_none_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e);
enum rc engine_none_discard(
    struct engine *g, const struct addr *target, struct err *e);
size_t engine_none_proposals(
    const struct engine *g, const struct engine_proposal **out);
void engine_none_status(
    struct engine *g, struct engine_status *out, uint64_t now_ms);
enum rc engine_none_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e);

/* ENGINE_NONE_ROWS is all rows of struct engine_ops but name, verify, free. */
#define ENGINE_NONE_ROWS                                                       \
	.author = engine_none_author, .prefer = engine_none_prefer,            \
	.step = engine_none_step, .gas = engine_none_gas,                      \
	.signers = engine_none_signers, .propose = engine_none_propose,        \
	.discard = engine_none_discard, .proposals = engine_none_proposals,    \
	.status = engine_none_status, .describe = engine_none_describe

#endif
