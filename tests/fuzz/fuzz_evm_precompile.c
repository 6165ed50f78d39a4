/* SPDX-License-Identifier: Apache-2.0
 *
 * Input of arbitrary bytes to every precompiled contract, as a message with
 * ten million gas. Input: the fork, the contract's place in the table, then
 * what it gets. An outcome is a success, a refusal or a lack of gas, and the
 * same twice.
 *
 * fuzz: cover=node/evm/precompile_price.c,node/evm/precompile_run.c
 */
#define MEM_ACCOUNTS 16
#define MEM_SLOTS    16

#include "memworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, GAS = 10000000, KEPT = 4096 };

static const uint16_t numbers[] = {
#define PRECOMPILE(number, name, called, since, spec) number,
#include "evm/precompile.def"
#undef PRECOMPILE
};

static void
run(struct evm *vm, struct evm_result *r, enum fork fork, uint16_t number,
    struct bytes input)
{
	static struct mem_world w;
	struct evm_block block = {.fork = fork};
	struct evm_tx tx = {.blob_cnt = 0};
	struct evm_msg msg = {.kind = EVM_CALL, .gas = GAS, .input = input};
	struct evm_host host;

	be16_put(msg.to.b + 18, number);
	msg.code_addr = msg.to;
	mem_open(&w, fork);
	host = mem_host(&w);
	evm_run(vm, r, &host, &block, &tx, &msg);
	mem_close(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evm *vm;
	static uint8_t kept[KEPT];
	struct evm_result first, again;
	struct bytes input;
	uint16_t number;
	enum fork fork;
	size_t len;

	if (vm == NULL)
		vm = evm_new();
	CHECK(vm != NULL);
	if (size < HEAD)
		return 0;
	fork = (enum fork)(data[0] % FORK_CNT);
	number = numbers[data[1] % ARRAY_CNT(numbers)];
	input = bytes_of(data + HEAD, size - HEAD);
	run(vm, &first, fork, number, input);
	CHECK(first.rc == RC_OK || first.rc == RC_EVM_GAS ||
	      first.rc == RC_EVM_PRECOMPILE);
	CHECK(first.rc == RC_OK || first.gas_left == 0);
	len = first.output.len < KEPT ? first.output.len : KEPT;
	if (len > 0)
		memcpy(kept, first.output.ptr, len);
	run(vm, &again, fork, number, input);
	CHECK(again.rc == first.rc && again.gas_left == first.gas_left);
	CHECK(again.output.len == first.output.len);
	CHECK(len == 0 || !memcmp(kept, again.output.ptr, len));
	return 0;
}
