/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis documents in go-ethereum's JSON format, with our extensions under
 * config.sekisho; the header they stand for; and the linter that explains
 * contradictions.
 */
#ifndef ETH_GENESIS_H
#define ETH_GENESIS_H

#include "base/arena.h"
#include "eth/fork.h"
#include "eth/header.h"

struct genesis_slot {
	struct hash key;
	struct u256 value;
};

struct genesis_account {
	struct addr addr;
	struct u256 balance;
	uint64_t nonce;
	struct bytes code;
	const struct genesis_slot *slots;
	size_t slot_cnt;
};

enum genesis_engine { GENESIS_NO_ENGINE, GENESIS_CLIQUE, GENESIS_QBFT };

struct genesis {
	struct fork_plan forks;
	enum genesis_engine engine;
	uint64_t clique_period_s, clique_epoch;
	struct header header; /* state_root is zero until the caller sets it */
	const struct genesis_account *accounts; /* ascending by address */
	size_t account_cnt;
	const char *const *unknown_keys; /* "config.foo", for the linter */
	size_t unknown_cnt;
};

/* Bounds: a document, and the accounts in it. */
enum { GENESIS_MAX = 256 * 1024 * 1024, GENESIS_ACCOUNT_MAX = 4000000 };

/*
 * genesis_read parses a genesis document.
 *
 * Errors    RC_BAD_JSON with line and column; RC_BAD_INPUT naming the field
 *           ("alloc.0xab..: balance: ..."); unknown keys are not an error
 * Lifetime  everything in the arena
 */
enum rc genesis_read(struct arena *a, struct genesis *out, struct bytes json,
    struct err *e);

/* Severity of a linter finding. */
enum genesis_level { GENESIS_NOTE, GENESIS_WARN, GENESIS_ERROR };

/*
 * genesis_lint calls say once per finding, most severe first.
 *
 * Returns the number of findings of level GENESIS_ERROR
 */
unsigned genesis_lint(const struct genesis *g,
    void (*say)(void *ctx, enum genesis_level lv, const char *text), void *ctx);

#endif
