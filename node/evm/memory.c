/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of frames and the data they return: address space reserved
 * once and made writable in steps, priced by the Yellow Paper's quadratic
 * formula, cleared as it is grown into. Stacks lie in such a region as well.
 */
#include <sys/mman.h>

#include "evm/evm_priv.h"

/* Yellow Paper appendix G and H.1: 3 gas a word and words^2 / 512. */
enum { GAS_WORD = 3, QUADRATIC = 512 };

/* Address space alone: it counts as memory where it may be written, and only
 * that part does against limits and under vm.overcommit_memory 2. */
static bool
reserve(void *at, uint64_t len, int flags, void **out)
{
	*out = mmap(at, len, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
	return *out != MAP_FAILED;
}

static bool
make_ready(struct region *r, uint64_t end)
{
	if (mprotect(r->base + r->ready, end - r->ready,
		PROT_READ | PROT_WRITE) != 0)
		return false;
	r->ready = end;
	return true;
}

bool
evm_region_open(struct region *r, size_t span)
{
	void *p;

	*r = (struct region){.span = span};
	if (!reserve(NULL, span, 0, &p))
		return false;
	r->base = p;
	return make_ready(r, REGION_KEEP);
}

bool
evm_region_grow(struct evm *vm, struct region *r, uint64_t end)
{
	uint64_t now = r->ready;

	while (now < end)
		now *= 2;
	if (now > r->span)
		now = r->span;
	if (end > r->span || !make_ready(r, now))
		vm->is_starved = true;
	return end <= r->ready;
}

void
evm_region_trim(struct region *r)
{
	void *p;

	if (r->ready > REGION_KEEP &&
	    reserve(
		r->base + REGION_KEEP, r->ready - REGION_KEEP, MAP_FIXED, &p))
		r->ready = REGION_KEEP;
}

void
evm_region_drop(struct region *r)
{
	if (r->base != NULL)
		(void)munmap(r->base, r->span);
	r->base = NULL;
}

static uint64_t
price_of(uint64_t words)
{
	return GAS_WORD * words + words * words / QUADRATIC;
}

/* clear is memset with its commonest size, one word, in line. */
static inline void
clear(uint8_t *at, uint64_t len)
{
	if (len == 32)
		memset(at, 0, 32);
	else
		memset(at, 0, len);
}

/* grow lets memory have end bytes; end is at most REGION_MAX. */
static bool
grow(struct frame *f, uint64_t end)
{
	struct region *r = &f->vm->memory;
	uint64_t before = f->mem_len, now = evm_words(end) * 32;
	uint64_t base = (uint64_t)(f->mem - r->base);

	if (end <= before)
		return true;
	if (!evm_take(f, price_of(now / 32) - price_of(before / 32)) ||
	    base + now > REGION_MAX || !evm_region_need(f->vm, r, base + now))
		return false;
	clear(f->mem + before, now - before);
	f->mem_len = now;
	f->mem_safe = now - 31;
	return true;
}

bool
evm_reach_near(struct frame *f, const struct u256 *at, uint64_t len)
{
	if (!u256_is_u64(at) || at->w[0] > REGION_MAX - len)
		return false;
	return grow(f, at->w[0] + len);
}

bool
evm_reach_far(struct frame *f, struct span *out, const struct u256 *at,
    const struct u256 *len)
{
	*out = (struct span){0};
	if (u256_is_zero(len))
		return true;
	if (!u256_is_u64(len) || len->w[0] > REGION_MAX ||
	    !evm_reach_near(f, at, len->w[0]))
		return false;
	*out = (struct span){.at = at->w[0], .len = len->w[0]};
	return true;
}

void
evm_return_set(struct evm *vm, struct bytes data)
{
	struct region *r = &vm->returned;

	if (!evm_region_need(vm, r, data.len))
		data.len = 0;
	/* A precompile has written it there already. */
	if (data.len > 0 && data.ptr != r->base)
		memcpy(r->base, data.ptr, data.len);
	vm->return_data = bytes_of(r->base, data.len);
}
