/* SPDX-License-Identifier: Apache-2.0
 *
 * The border of the Ethereum virtual machine. The machine reaches the world
 * only through struct evm_host; execution reaches the machine only through
 * struct evm_vm. No machine is linked yet: see evm_available.
 */
#ifndef EVM_EVM_H
#define EVM_EVM_H

#include "base/arena.h"
#include "eth/fork.h"
#include "eth/types.h"

enum evm_call_kind {
	EVM_CALL,
	EVM_CALLCODE,
	EVM_DELEGATECALL,
	EVM_STATICCALL,
	EVM_CREATE,
	EVM_CREATE2
};

struct evm_msg {
	enum evm_call_kind kind;
	bool is_static;
	unsigned depth;
	uint64_t gas;
	struct addr caller, to, code_addr;
	struct u256 value;
	struct bytes input;
	struct hash salt; /* EVM_CREATE2 */
};

/* What a block and transaction show to code. */
struct evm_block {
	struct addr coinbase;
	uint64_t number, time, gas_limit, chain_id;
	struct u256 difficulty, base_fee, blob_base_fee;
	struct hash prev_randao;
	bool has_randao;
	enum fork fork;
};

struct evm_result {
	enum rc rc;         /* RC_OK, RC_REVERT, or another halt */
	uint64_t gas_left;
	struct bytes output; /* in the arena of the transaction */
	struct addr created;
};

/* evm_available tells whether this build runs code. */
bool evm_available(void);

/* evm_is_precompile tells whether addr is a precompile under fork f. */
bool evm_is_precompile(const struct addr *addr, enum fork f);

#endif
