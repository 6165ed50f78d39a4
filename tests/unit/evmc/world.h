/* SPDX-License-Identifier: Apache-2.0
 *
 * An EVMC host over a world in memory, complete: messages go back to the
 * machine that sent them, with all that a client does around a frame.
 * Precompiles are run by a machine of ours that no EVMC stands before.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "asm.h"
#include "eth/addr.h"
#include "evmc/abi.h"

struct evmc_context {
	struct mem_world w;
	struct evmc_vm *vm;
	struct evm *precompiles;
	enum evmc_revision rev;
	struct evmc_tx tx;
	enum fork fork;
	size_t call_cnt;
	struct evmc_message last;
};

extern const struct evmc_host world_host;

/* world_open makes the two accounts of asm_open, world_close ends it. */
void world_open(struct evmc_context *c, struct evmc_vm *vm,
    enum evmc_revision rev, const char *program);
void world_close(struct evmc_context *c);

/* world_run runs the program as a transaction of 10^6 gas would. */
struct evmc_result world_run(struct evmc_context *c);

/* world_execute runs it with a message of the caller's making. */
struct evmc_result world_execute(
    struct evmc_context *c, const struct evmc_message *msg);

/* world_message is the message of world_run. */
struct evmc_message world_message(void);

/* world_fork is a revision's fork. */
enum fork world_fork(enum evmc_revision rev);

#endif
