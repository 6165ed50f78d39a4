/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world in memory behind struct evm_host, for tests, benchmarks and
 * fuzz targets of the machine alone. Everything sits in tables that do not
 * move, and a change first saves the bytes that it overwrites: undoing is
 * copying them back.
 */
#ifndef SUPPORT_MEMWORLD_H
#define SUPPORT_MEMWORLD_H

#include "base/arena.h"
#include "base/check.h"
#include "evm/evm.h"

/* Room for accounts and slots; who runs many short programs defines less. */
#ifndef MEM_ACCOUNTS
#define MEM_ACCOUNTS 4096
#define MEM_SLOTS    32768
#endif

enum { MEM_SAVED = 96, MEM_LOGS = 4096 };

struct mem_account {
	struct addr addr;
	bool exists, is_warm, is_new, is_destroyed;
	uint64_t nonce;
	struct u256 balance;
	struct bytes code;
	struct hash code_hash;
};

struct mem_slot {
	struct addr addr;
	struct hash key;
	bool is_used, is_warm, is_set;
	struct u256 now, original, transient;
};

struct mem_undo {
	void *at;
	size_t len;
	uint8_t was[MEM_SAVED];
};

struct mem_world {
	struct arena arena;
	enum fork fork;
	struct mem_account *accounts;
	size_t account_cnt;
	struct mem_slot *slots;
	size_t slot_cnt;
	struct mem_undo *undo;
	size_t undo_cnt, undo_cap;
	uint64_t refund;
	struct log_entry logs[MEM_LOGS];
	size_t log_cnt;
};

static inline void
mem_save(struct mem_world *w, void *at, size_t len)
{
	struct mem_undo *u;

	CHECK(len <= MEM_SAVED);
	if (w->undo_cnt == w->undo_cap) {
		size_t cap = w->undo_cap == 0 ? 1024 : 2 * w->undo_cap;

		w->undo = mem_resize(w->undo, w->undo_cap * sizeof(*w->undo),
		    cap * sizeof(*w->undo));
		CHECK(w->undo != NULL);
		w->undo_cap = cap;
	}
	u = &w->undo[w->undo_cnt++];
	u->at = at;
	u->len = len;
	memcpy(u->was, at, len);
}

#define MEM_SET(w, field, value)                                               \
	(mem_save((w), &(field), sizeof(field)), (void)((field) = (value)))

static inline struct mem_account *
mem_account(struct mem_world *w, const struct addr *addr)
{
	struct mem_account *a;
	size_t i;

	for (i = 0; i < w->account_cnt; i++)
		if (addr_eq(&w->accounts[i].addr, addr))
			return &w->accounts[i];
	CHECK(w->account_cnt < MEM_ACCOUNTS);
	a = &w->accounts[w->account_cnt++];
	*a = (struct mem_account){.addr = *addr, .code_hash = HASH_EMPTY_CODE};
	return a;
}

static inline struct mem_slot *
mem_slot(struct mem_world *w, const struct addr *addr, const struct hash *key)
{
	uint64_t h = be64(addr->b + 12) ^ be64(key->b + 24) * 31 ^
		     be64(key->b) * 0x9e3779b97f4a7c15u;
	size_t i = (h ^ h >> 29) % MEM_SLOTS, turns = 0;

	while (w->slots[i].is_used && (!hash_eq(&w->slots[i].key, key) ||
					  !addr_eq(&w->slots[i].addr, addr))) {
		i = (i + 1) % MEM_SLOTS;
		CHECK(++turns < MEM_SLOTS);
	}
	if (w->slots[i].is_used)
		return &w->slots[i];
	w->slot_cnt++;
	w->slots[i] =
	    (struct mem_slot){.addr = *addr, .key = *key, .is_used = true};
	return &w->slots[i];
}

static inline bool
mem_exists(void *ctx, const struct addr *addr)
{
	return mem_account(ctx, addr)->exists;
}

static inline bool
mem_is_empty(void *ctx, const struct addr *addr)
{
	const struct mem_account *a = mem_account(ctx, addr);

	return a->nonce == 0 && u256_is_zero(&a->balance) && a->code.len == 0;
}

static inline void
mem_balance(void *ctx, struct u256 *out, const struct addr *addr)
{
	*out = mem_account(ctx, addr)->balance;
}

static inline uint64_t
mem_nonce(void *ctx, const struct addr *addr)
{
	return mem_account(ctx, addr)->nonce;
}

static inline void
mem_make(struct mem_world *w, struct mem_account *a)
{
	if (!a->exists)
		MEM_SET(w, a->exists, true);
}

static inline void
mem_set_nonce(void *ctx, const struct addr *addr, uint64_t nonce)
{
	struct mem_account *a = mem_account(ctx, addr);

	mem_make(ctx, a);
	MEM_SET((struct mem_world *)ctx, a->nonce, nonce);
}

static inline size_t
mem_code_size(void *ctx, const struct addr *addr)
{
	return mem_account(ctx, addr)->code.len;
}

static inline struct bytes
mem_code(void *ctx, const struct addr *addr)
{
	return mem_account(ctx, addr)->code;
}

static inline void
mem_set_code(void *ctx, const struct addr *addr, struct bytes code)
{
	struct mem_world *w = ctx;
	struct mem_account *a = mem_account(w, addr);
	struct bytes copy = arena_copy(&w->arena, code);

	CHECK(code.len == 0 || copy.ptr != NULL);
	mem_make(w, a);
	MEM_SET(w, a->code, copy);
	MEM_SET(w, a->code_hash, hash_keccak(code));
}

static inline void
mem_code_hash(void *ctx, struct hash *out, const struct addr *addr)
{
	if (mem_is_empty(ctx, addr))
		*out = (struct hash){{0}};
	else
		*out = mem_account(ctx, addr)->code_hash;
}

static inline bool
mem_transfer(void *ctx, const struct addr *from, const struct addr *to,
    const struct u256 *value)
{
	struct mem_account *a = mem_account(ctx, from);
	struct mem_account *b = mem_account(ctx, to);
	struct u256 left, sum;

	if (u256_sub(&left, &a->balance, value))
		return false;
	MEM_SET((struct mem_world *)ctx, a->balance, left);
	(void)u256_add(&sum, &b->balance, value);
	MEM_SET((struct mem_world *)ctx, b->balance, sum);
	mem_make(ctx, b);
	return true;
}

static inline bool
mem_is_taken(void *ctx, const struct addr *addr)
{
	const struct mem_world *w = ctx;
	const struct mem_account *a = mem_account(ctx, addr);
	size_t i;

	for (i = 0; w->slot_cnt > 0 && i < MEM_SLOTS; i++)
		if (w->slots[i].is_used && addr_eq(&w->slots[i].addr, addr) &&
		    !u256_is_zero(&w->slots[i].now))
			return true;
	return a->nonce != 0 || a->code.len != 0;
}

static inline void
mem_create(void *ctx, const struct addr *addr, const struct addr *by)
{
	struct mem_account *a = mem_account(ctx, addr);

	mem_make(ctx, a);
	MEM_SET((struct mem_world *)ctx, a->is_new, true);
	(void)by;
}

static inline bool
mem_destroy(void *ctx, const struct addr *addr, const struct addr *heir)
{
	struct mem_world *w = ctx;
	struct mem_account *a = mem_account(w, addr);
	bool goes = w->fork < FORK_CANCUN || a->is_new;
	bool is_first = goes && !a->is_destroyed;
	struct u256 balance = a->balance;

	if (!addr_eq(addr, heir))
		CHECK(mem_transfer(w, addr, heir, &balance));
	if (!goes)
		return false;
	MEM_SET(w, a->balance, U256_ZERO);
	MEM_SET(w, a->is_destroyed, true);
	return is_first;
}

static inline bool
mem_load(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	struct mem_slot *s = mem_slot(ctx, addr, key);
	bool was_warm = s->is_warm;

	*out = s->now;
	if (!was_warm)
		MEM_SET((struct mem_world *)ctx, s->is_warm, true);
	return was_warm;
}

static inline void
mem_store_at(void *ctx, struct evm_store *out, const struct addr *addr,
    const struct hash *key, const struct u256 *value)
{
	struct mem_slot *s = mem_slot(ctx, addr, key);

	(void)value;
	out->now = s->now;
	out->original = s->original;
	out->was_warm = s->is_warm;
	out->at = s;
	if (!s->is_warm)
		MEM_SET((struct mem_world *)ctx, s->is_warm, true);
}

static inline void
mem_store(void *ctx, void *at, const struct u256 *value)
{
	struct mem_slot *s = at;

	MEM_SET((struct mem_world *)ctx, s->now, *value);
	s->is_set = true;
}

static inline void
mem_transient(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	*out = mem_slot(ctx, addr, key)->transient;
}

static inline void
mem_set_transient(void *ctx, const struct addr *addr, const struct hash *key,
    const struct u256 *value)
{
	struct mem_slot *s = mem_slot(ctx, addr, key);

	MEM_SET((struct mem_world *)ctx, s->transient, *value);
}

static inline bool
mem_warm_addr(void *ctx, const struct addr *addr)
{
	struct mem_account *a = mem_account(ctx, addr);

	if (a->is_warm)
		return true;
	MEM_SET((struct mem_world *)ctx, a->is_warm, true);
	return false;
}

static inline void
mem_refund_add(void *ctx, uint64_t gas)
{
	struct mem_world *w = ctx;

	MEM_SET(w, w->refund, w->refund + gas);
}

static inline void
mem_refund_sub(void *ctx, uint64_t gas)
{
	struct mem_world *w = ctx;

	CHECK(w->refund >= gas);
	MEM_SET(w, w->refund, w->refund - gas);
}

static inline uint64_t
mem_refund(void *ctx)
{
	return ((struct mem_world *)ctx)->refund;
}

static inline void
mem_log(void *ctx, const struct log_entry *log)
{
	struct mem_world *w = ctx;

	MEM_SET(w, w->log_cnt, w->log_cnt + 1);
	if (w->log_cnt > MEM_LOGS)
		return;
	w->logs[w->log_cnt - 1] = *log;
	w->logs[w->log_cnt - 1].data = arena_copy(&w->arena, log->data);
}

static inline size_t
mem_snapshot(void *ctx)
{
	return ((struct mem_world *)ctx)->undo_cnt;
}

static inline void
mem_revert(void *ctx, size_t snapshot)
{
	struct mem_world *w = ctx;

	while (w->undo_cnt > snapshot) {
		const struct mem_undo *u = &w->undo[--w->undo_cnt];

		memcpy(u->at, u->was, u->len);
	}
}

/* The suites' rule: the hash of block n is that of its decimal text. */
static inline void
mem_block_hash(void *ctx, struct hash *out, uint64_t number)
{
	char text[24];
	size_t len = sizeof(text);

	(void)ctx;
	do
		text[--len] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	*out = hash_keccak(bytes_of(text + len, sizeof(text) - len));
}

/* mem_open makes an empty world, mem_close ends it. */
static inline void
mem_open(struct mem_world *w, enum fork fork)
{
	*w = (struct mem_world){.fork = fork};
	arena_init(&w->arena, (size_t)1 << 28);
	w->accounts = mem_array(MEM_ACCOUNTS, sizeof(*w->accounts));
	w->slots = mem_array(MEM_SLOTS, sizeof(*w->slots));
	CHECK(w->accounts != NULL && w->slots != NULL);
}

static inline void
mem_close(struct mem_world *w)
{
	mem_free(w->accounts);
	mem_free(w->slots);
	mem_free(w->undo);
	arena_drop(&w->arena);
}

/* mem_begin_tx makes what is now what was before the transaction. */
static inline void
mem_begin_tx(struct mem_world *w)
{
	size_t i;

	for (i = 0; w->slot_cnt > 0 && i < MEM_SLOTS; i++) {
		w->slots[i].original = w->slots[i].now;
		w->slots[i].is_warm = false;
		w->slots[i].transient = U256_ZERO;
	}
	for (i = 0; i < w->account_cnt; i++)
		w->accounts[i].is_warm = w->accounts[i].is_new = false;
	w->undo_cnt = 0;
	w->refund = 0;
	w->log_cnt = 0;
}

static inline struct evm_host
mem_host(struct mem_world *w)
{
	return (struct evm_host){
	    .exists = mem_exists,
	    .is_empty = mem_is_empty,
	    .balance = mem_balance,
	    .nonce = mem_nonce,
	    .set_nonce = mem_set_nonce,
	    .code_size = mem_code_size,
	    .code = mem_code,
	    .set_code = mem_set_code,
	    .code_hash = mem_code_hash,
	    .transfer = mem_transfer,
	    .is_taken = mem_is_taken,
	    .create = mem_create,
	    .destroy = mem_destroy,
	    .load = mem_load,
	    .store_at = mem_store_at,
	    .store = mem_store,
	    .transient = mem_transient,
	    .set_transient = mem_set_transient,
	    .warm_addr = mem_warm_addr,
	    .refund_add = mem_refund_add,
	    .refund_sub = mem_refund_sub,
	    .refund = mem_refund,
	    .log = mem_log,
	    .snapshot = mem_snapshot,
	    .revert = mem_revert,
	    .block_hash = mem_block_hash,
	    .ctx = w,
	};
}

#endif
