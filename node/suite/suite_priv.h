/* SPDX-License-Identifier: Apache-2.0
 *
 * What the runners of the suites share.
 */
#ifndef SUITE_SUITE_PRIV_H
#define SUITE_SUITE_PRIV_H

#include <jansson.h>

#include "eth/genesis.h"
#include "exec/exec.h"
#include "suite/suite.h"

/* Memory of one case; the largest take some hundred MiB of the machine's own
 * memory and little of this. */
enum { SUITE_ARENA_MAX = 1 << 30 };

/* suite_config applies a test's config object to a plan. RC_BAD_INPUT. */
enum rc suite_config(struct fork_plan *out, const json_t *test, struct err *e);

/*
 * suite_accounts reads a pre-state.
 *
 * out     cnt accounts, ascending by address, in the arena
 * Errors  RC_BAD_INPUT with the way to the value, RC_NO_MEMORY
 */
enum rc suite_accounts(struct arena *a, struct genesis_account **out,
    size_t *cnt, const json_t *pre, struct err *e);

/* suite_world opens a state that holds accounts and nothing else, as if a
 * transaction had made them. */
enum rc suite_world(struct arena *a, struct state **out,
    const struct genesis_account *accounts, size_t cnt, struct err *e);

/* suite_root computes a state's root from nothing. */
enum rc suite_root(
    struct arena *a, struct hash *out, struct state *st, struct err *e);

/* suite_logs_hash hashes the RLP list of logs, as the suites do. */
enum rc suite_logs_hash(struct arena *a, struct hash *out,
    const struct log_entry *logs, size_t cnt, struct err *e);

/* suite_is_reason tells whether a refusal is one that want names: one name of
 * refusal.def, or several with "|" between them. */
bool suite_is_reason(const char *want, enum rc rc, const struct err *e);

/*
 * suite_judge compares what became of a case with what its suite expects.
 *
 * a     what the verdict says
 * v     why is set when the case was wrongly taken or refused, or refused for
 *       another reason; untold when no row speaks of want
 * want  NULL: must be taken; "": may be refused for anything
 */
void suite_judge(struct arena *a, struct suite_verdict *v, const char *want,
    enum rc rc, const struct err *e);

/* suite_block_hash is the BLOCKHASH of worlds without a chain: keccak of the
 * number's decimal text. */
enum rc suite_block_hash(void *ctx, struct hash *out, uint64_t number);

/* suite_no_root stands for the root in receipts before Byzantium, where no
 * test looks at it. */
enum rc suite_no_root(
    void *ctx, struct hash *out, struct state *st, struct err *e);

#endif
