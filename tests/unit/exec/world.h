/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world to execute in: accounts in an array behind a state_source,
 * fork plans by name, transactions without real signatures (execution gets
 * its senders told).
 */
#ifndef UNIT_EXEC_WORLD_H
#define UNIT_EXEC_WORLD_H

#include "exec/call.h"
#include "exec/exec.h"
#include "test.h"

enum { WORLD_ACCOUNT_MAX = 64 };

struct world_account {
	struct addr addr;
	struct account acc;
	struct bytes code;
};

struct world {
	struct arena arena;
	struct world_account accounts[WORLD_ACCOUNT_MAX];
	size_t cnt;
	struct fork_plan forks;
	struct state_source src;
	struct state *st;
	struct exec_env env;
	uint64_t gas_left, gas_used;
	struct hash mid_root; /* what the hook answers */
	unsigned mid_roots;   /* how often it was asked */
	bool fails;           /* reads answer RC_IO */
};

/* Addresses of the tests: world_addr(n) ends in n, is no precompile. */
struct addr world_addr(uint8_t n);

/* The author of all blocks. */
struct addr world_author(void);

/* world_open makes an empty world whose rules are those of fork f, chain id
 * 1, block 1, gas limit 30 M. */
void world_open(struct world *w, enum fork f);
void world_close(struct world *w);

/* world_put adds an account before world_start. */
struct world_account *world_put(
    struct world *w, uint8_t n, uint64_t balance, uint64_t nonce);

/* world_code gives an account code. */
void world_code(struct world_account *a, const char *hex);

/* world_start opens the state over what was put. */
void world_start(struct world *w);

/* world_tx is a transfer of value with gas 21000 at price 1. */
struct tx world_tx(uint8_t to, uint64_t nonce, uint64_t value);

/* world_run executes tx for sender n. */
enum rc world_run(struct world *w, struct receipt *out, const struct tx *tx,
    uint8_t sender, struct err *e);

uint64_t world_balance(struct world *w, uint8_t n);
uint64_t world_author_balance(struct world *w);

/* world_plan sets a plan in which all forks up to f are active. */
void world_plan(struct fork_plan *out, enum fork f);

/* world_fork finds the fork that a public vector means by name. */
bool world_fork(enum fork *out, const char *name);

#endif
