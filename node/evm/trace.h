/* SPDX-License-Identifier: Apache-2.0
 *
 * What a machine tells about a run: every step, and every message that
 * begins and ends. A run with a tracer uses a second instance of the same
 * interpreter; one without pays nothing.
 */
#ifndef EVM_TRACE_H
#define EVM_TRACE_H

#include <stdio.h>

#include "evm/evm.h"

/*
 * struct evm_step is the machine before an instruction. Its views hold only
 * during the call.
 *
 * depth   1 for the transaction's own frame, as EIP-3155 counts
 * stack   stack_cnt words, the top last
 * refund  counter of the transaction
 */
struct evm_step {
	uint64_t pc, gas, refund;
	uint8_t op;
	unsigned depth;
	const struct u256 *stack;
	size_t stack_cnt;
	struct bytes memory, return_data;
	const struct evm_msg *msg; /* of the frame */
};

/*
 * struct evm_tracer is who is told; any function may be NULL.
 *
 * step   before each instruction
 * after  behind each: what it took, the gas given to a message included, and
 *        RC_OK or how it ended the frame; of one that could not be paid what
 *        it would have taken, as far as that was computed, and of one with
 *        too few or too many words what it costs at least. It comes before
 *        the steps of a message that the instruction sends.
 * enter  a message begins: also one to a precompile or without code
 * leave  it ended; result as of evm_run
 * stop   NULL, or what ends the run once it is true: each frame is then out
 *        of gas at its next instruction
 */
struct evm_tracer {
	void (*step)(void *ctx, const struct evm_step *step);
	void (*after)(void *ctx, uint64_t cost, enum rc rc);
	void (*enter)(void *ctx, const struct evm_msg *msg);
	void (*leave)(void *ctx, const struct evm_result *result);
	const bool *stop;
	void *ctx;
};

/* evm_op_name returns an instruction's mnemonic, NULL for a byte that no fork
 * has. */
const char *evm_op_name(uint8_t op);

/*
 * struct evm_json writes EIP-3155 lines to a stream, one per step, and with
 * evm_json_end the summary line.
 *
 * has_memory  also writes the memory of every step
 */
struct evm_json {
	FILE *out;
	bool has_memory;
};

/* evm_json_tracer makes the tracer that writes to j, which outlives it. */
struct evm_tracer evm_json_tracer(struct evm_json *j);

/* evm_json_end writes the last line: output, gas used, error. */
void evm_json_end(
    struct evm_json *j, const struct evm_result *r, uint64_t gas_used);

#endif
