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

/* What a document said or left out that the values below no longer show; for
 * the linter. */
enum {
	GENESIS_NO_CONFIG = 1 << 0,
	GENESIS_NO_CHAIN_ID = 1 << 1,
	GENESIS_NO_GAS_LIMIT = 1 << 2, /* go-ethereum refuses the document */
	GENESIS_NO_DIFFICULTY = 1 << 3,
	GENESIS_NO_ALLOC = 1 << 4,
	GENESIS_NULL_BASE_FEE = 1 << 5,
	GENESIS_HAS_BASE_FEE = 1 << 6,
	GENESIS_HAS_EIP150_HASH = 1 << 7,
	GENESIS_ZERO_EPOCH = 1 << 8,
	GENESIS_HAS_TTD = 1 << 9
};

/* What go-ethereum takes for fields left out or zero. */
enum {
	GENESIS_GAS_LIMIT = 4712388,
	GENESIS_DIFFICULTY = 131072,
	GENESIS_CLIQUE_EPOCH = 30000
};

struct genesis {
	struct fork_plan forks;
	enum genesis_engine engine;
	uint64_t clique_period_s, clique_epoch;
	unsigned remarks;     /* bits above */
	struct u256 ttd;      /* terminalTotalDifficulty */
	struct header header; /* state_root is zero until the caller sets it */
	const struct genesis_account *accounts; /* ascending by address */
	size_t account_cnt;
	const char *const *unknown_keys; /* "config.foo", for the linter */
	size_t unknown_cnt;
};

/* Bounds: a document, the accounts in it, and the unknown keys remembered. */
enum {
	GENESIS_MAX = 256 * 1024 * 1024,
	GENESIS_ACCOUNT_MAX = 4000000,
	GENESIS_UNKNOWN_MAX = 64
};

/*
 * genesis_read parses a genesis document. Like go-ethereum it takes numbers as
 * hex or decimal, quoted or bare, member names in any case, and null for
 * absent; unlike it, a member named twice is an error.
 *
 * Errors    RC_BAD_JSON with line and column; RC_BAD_INPUT naming the field
 *           ("alloc.0xab..: balance: ..."); RC_TOO_LARGE for a bound above;
 *           RC_NO_MEMORY. Unknown keys are an error only under
 *           config.sekisho, whose misspelling would split the chain
 * Lifetime  everything in the arena; about 100 bytes for each account
 */
enum rc genesis_read(
    struct arena *a, struct genesis *out, struct bytes json, struct err *e);

/* Severity of a linter finding: worth knowing, probably not meant, will not
 * work. */
enum genesis_level { GENESIS_NOTE, GENESIS_WARN, GENESIS_ERROR };

/*
 * genesis_lint explains what in a document contradicts itself, cannot work or
 * surprises. It calls say once per finding, most severe first; a text is one
 * or two sentences of plain English with the numbers in question.
 *
 * Returns the number of findings of level GENESIS_ERROR
 */
unsigned genesis_lint(const struct genesis *g,
    void (*say)(void *ctx, enum genesis_level lv, const char *text), void *ctx);

#endif
