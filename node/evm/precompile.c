/* SPDX-License-Identifier: Apache-2.0
 *
 * Which address is a precompiled contract under which fork, and a call of
 * one. Prices are in precompile_price.c, forms in precompile_run.c.
 */
#include "base/check.h"
#include "evm/precompile_priv.h"

/* Of which the output's length is in the input, and what all but it and
 * identity stay below. */
enum { MODEXP = 5, OTHERS_MAX = 256 };

struct precompile {
	uint16_t number;
	const char *called;
	enum fork since;
	uint64_t (*price)(struct bytes in, enum fork f);
	bool (*run)(struct arena *scratch, struct buf *out, struct bytes in);
};

static const struct precompile precompiles[] = {
#define PRECOMPILE(number, name, called, since, spec)                          \
	{number, called, FORK_##since, evm_price_##name, evm_run_##name},
#include "evm/precompile.def"
#undef PRECOMPILE
};

_Static_assert(ARRAY_CNT(precompiles) == 18, "precompiles up to Osaka");

static const struct precompile *
find(const struct addr *addr, enum fork f)
{
	static const uint8_t zeros[sizeof(addr->b) - 2];
	uint16_t number = be16(addr->b + sizeof(zeros));
	size_t i;

	if (memcmp(addr->b, zeros, sizeof(zeros)) != 0)
		return NULL;
	for (i = 0; i < ARRAY_CNT(precompiles); i++)
		if (precompiles[i].number == number)
			return precompiles[i].since <= f ? &precompiles[i]
							 : NULL;
	return NULL;
}

/* find_at is find in the running block, where simulations move precompiles. */
static const struct precompile *
find_at(const struct evm *vm, const struct addr *addr)
{
	const struct evm_block *b = vm->block;
	size_t i;

	for (i = 0; i < b->move_cnt; i++)
		if (addr_eq(&b->moves[i].at, addr))
			return b->moves[i].is_code
				   ? NULL
				   : find(&b->moves[i].as, vm->fork);
	return find(addr, vm->fork);
}

bool
evm_has_precompile(const struct evm *vm, const struct addr *addr)
{
	return find_at(vm, addr) != NULL;
}

bool
evm_is_precompile(const struct addr *addr, enum fork f)
{
	return find(addr, f) != NULL;
}

const char *
evm_precompile_name(struct addr *out, size_t i, enum fork f)
{
	if (i >= ARRAY_CNT(precompiles) || precompiles[i].since > f)
		return NULL;
	*out = (struct addr){{0}};
	be16_put(out->b + sizeof(out->b) - 2, precompiles[i].number);
	return precompiles[i].called;
}

/* room_for is what a call may write: identity returns its input, modexp as
 * much as its modulus has, the others a few points at most. */
static uint64_t
room_for(const struct precompile *p, struct bytes in)
{
	struct modexp_in head;

	if (p->number == MODEXP) {
		evm_modexp_read(&head, in);
		return head.mod_len;
	}
	return in.len < OTHERS_MAX ? OTHERS_MAX : in.len;
}

enum rc
evm_precompile(struct evm *vm, struct bytes *output, uint64_t *gas,
    const struct addr *addr, struct bytes input)
{
	const struct precompile *p = find_at(vm, addr);
	struct arena_mark mark = arena_save(&vm->scratch);
	struct buf out;
	uint64_t price;
	bool ok;

	CHECK(p != NULL);
	price = p->price(input, vm->fork);
	if (price > *gas)
		return RC_EVM_GAS;
	*gas -= price;
	if (!evm_region_need(vm, &vm->returned, room_for(p, input)))
		return RC_NO_MEMORY;
	out = buf_of(vm->returned.base, vm->returned.ready);
	ok = p->run(&vm->scratch, &out, input);
	arena_rewind(&vm->scratch, mark);
	*output = bytes_of_buf(&out);
	return ok ? RC_OK : RC_EVM_PRECOMPILE;
}
