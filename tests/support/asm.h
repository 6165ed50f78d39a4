/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs as text for the machine's tests, and a world to run them in.
 * A token is a mnemonic, bytes to push (0x...), or raw bytes (#...).
 */
#ifndef TEST_ASM_H
#define TEST_ASM_H

#include <stdio.h>
#include <stdlib.h>

#include "evm/trace.h"
#include "memworld.h"
#include "test.h"

enum { ASM_MAX = 1 << 16, ASM_TOKEN_MAX = 80 };

/* Who calls, who runs, and who else there may be. */
enum { ASM_CALLER = 0xca, ASM_SELF = 0xcc, ASM_OTHER = 0xee };

struct asm_run {
	struct mem_world w;
	struct evm *vm;
	struct evm_block block;
	struct evm_tx tx;
	struct evm_msg msg;
	struct evm_result out;
};

static inline uint8_t
asm_op(const char *name)
{
	unsigned op;

	for (op = 0; op < 256; op++)
		if (evm_op_name((uint8_t)op) != NULL &&
		    !strcmp(evm_op_name((uint8_t)op), name))
			return (uint8_t)op;
	fprintf(stderr, "no instruction %s\n", name);
	abort();
}

/* asm_of translates a program; it lives until the test ends. */
static inline struct bytes
asm_of(const char *text)
{
	static char hex[2 * ASM_MAX];
	char token[ASM_TOKEN_MAX];
	size_t at = 0;
	int used;

	hex[0] = '\0';
	while (sscanf(text, " %79[^ ]%n", token, &used) == 1) {
		size_t len = strlen(token);

		if (token[0] == '#') {
			text = strchr(text, '#') + 1;
			len = strcspn(text, " ");
			at += (size_t)snprintf(
			    hex + at, sizeof(hex) - at, "%.*s", (int)len, text);
			text += len;
			continue;
		}
		text += used;
		if (token[0] == '0' && token[1] == 'x')
			at += (size_t)snprintf(hex + at, sizeof(hex) - at,
			    "%02x%s", (unsigned)(0x5f + (len - 2) / 2),
			    token + 2);
		else
			at += (size_t)snprintf(hex + at, sizeof(hex) - at,
			    "%02x", (unsigned)asm_op(token));
	}
	return test_hex(hex);
}

static inline struct addr
asm_addr(uint8_t no)
{
	return (struct addr){.b = {[19] = no}};
}

/* asm_open makes a world of two accounts: the caller, with 10^6, and the
 * program's, with 1000. */
static inline void
asm_open(struct asm_run *r, enum fork fork, const char *program)
{
	struct addr self = asm_addr(ASM_SELF), caller = asm_addr(ASM_CALLER);

	*r = (struct asm_run){.vm = evm_new()};
	CHECK(r->vm != NULL);
	mem_open(&r->w, fork);
	r->block = (struct evm_block){.fork = fork, .number = 300};
	r->tx = (struct evm_tx){.origin = caller};
	r->msg = (struct evm_msg){.kind = EVM_CALL,
	    .gas = 1000000,
	    .caller = caller,
	    .to = self,
	    .code_addr = self};
	mem_set_code(&r->w, &self, asm_of(program));
	mem_account(&r->w, &self)->balance = u256_from_u64(1000);
	mem_account(&r->w, &caller)->balance = u256_from_u64(1000000);
	mem_account(&r->w, &caller)->exists = true;
}

static inline void
asm_put(struct asm_run *r, uint8_t no, const char *program)
{
	struct addr a = asm_addr(no);

	mem_set_code(&r->w, &a, asm_of(program));
}

static inline void
asm_go(struct asm_run *r)
{
	struct evm_host host = mem_host(&r->w);
	struct addr self = asm_addr(ASM_SELF), caller = asm_addr(ASM_CALLER);

	mem_begin_tx(&r->w);
	mem_account(&r->w, &self)->is_warm = true;
	mem_account(&r->w, &caller)->is_warm = true;
	evm_run(r->vm, &r->out, &host, &r->block, &r->tx, &r->msg);
}

static inline uint64_t
asm_used(const struct asm_run *r)
{
	return r->msg.gas - r->out.gas_left;
}

static inline void
asm_close(struct asm_run *r)
{
	evm_free(r->vm);
	mem_close(&r->w);
}

#endif
