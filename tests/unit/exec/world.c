/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdlib.h>

static enum rc
world_read(void *ctx, struct account *out, bool *found, const struct addr *addr,
    struct err *e)
{
	const struct world *w = ctx;
	size_t i;

	*out = account_empty();
	*found = false;
	if (w->fails)
		return FAIL(e, RC_IO, "the disk is gone");
	for (i = 0; i < w->cnt; i++) {
		if (!addr_eq(&w->accounts[i].addr, addr))
			continue;
		*out = w->accounts[i].acc;
		*found = true;
	}
	return RC_OK;
}

static enum rc
world_read_code(
    void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	const struct world *w = ctx;
	size_t i;

	for (i = 0; i < w->cnt; i++) {
		if (!hash_eq(&w->accounts[i].acc.code_hash, hash))
			continue;
		*out = w->accounts[i].code;
		return RC_OK;
	}
	return FAIL(e, RC_CORRUPT, "no such code");
}

static enum rc
world_mid_root(void *ctx, struct hash *out, struct state *st, struct err *e)
{
	struct world *w = ctx;

	(void)st;
	(void)e;
	w->mid_roots++;
	*out = w->mid_root;
	return RC_OK;
}

struct addr
world_addr(uint8_t n)
{
	struct addr a = {{0xaa, 0xbb}};

	a.b[19] = n;
	return a;
}

struct addr
world_author(void)
{
	return world_addr(0xee);
}

void
world_plan(struct fork_plan *out, enum fork f)
{
	size_t i;

	*out = fork_plan_none();
	out->chain_id = 1;
	for (i = 0; i < FORK_CNT; i++)
		out->at[i] = i <= (size_t)f && i != FORK_DAO ? 0 : FORK_NEVER;
}

bool
world_fork(enum fork *out, const char *name)
{
	static const struct {
		const char *name;
		enum fork f;
	} rows[] = {
	    {"Frontier", FORK_FRONTIER},
	    {"Homestead", FORK_HOMESTEAD},
	    {"EIP150", FORK_TANGERINE},
	    {"EIP158", FORK_SPURIOUS},
	    {"Byzantium", FORK_BYZANTIUM},
	    {"Constantinople", FORK_CONSTANTINOPLE},
	    {"ConstantinopleFix", FORK_PETERSBURG},
	    {"Istanbul", FORK_ISTANBUL},
	    {"Berlin", FORK_BERLIN},
	    {"London", FORK_LONDON},
	    {"Paris", FORK_PARIS},
	    {"Shanghai", FORK_SHANGHAI},
	    {"Cancun", FORK_CANCUN},
	    {"Prague", FORK_PRAGUE},
	    {"Osaka", FORK_OSAKA},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*out = rows[i].f;
		return true;
	}
	return false;
}

void
world_open(struct world *w, enum fork f)
{
	struct addr author = world_author();
	struct header h = {.number = 1, .time = 1, .gas_limit = 30000000};

	*w = (struct world){.gas_left = h.gas_limit};
	arena_init(&w->arena, 16 << 20);
	world_plan(&w->forks, f);
	exec_env_of(&w->env, &w->forks, &h, &author);
	w->env.vm = evm_new();
	if (w->env.vm == NULL)
		abort();
	w->env.mid_root = world_mid_root;
	w->env.ctx = w;
	w->src = (struct state_source){.account = world_read,
	    .slot = STATE_SOURCE_EMPTY.slot,
	    .code = world_read_code,
	    .ctx = w};
}

void
world_close(struct world *w)
{
	evm_free(w->env.vm);
	arena_drop(&w->arena);
}

struct world_account *
world_put(struct world *w, uint8_t n, uint64_t balance, uint64_t nonce)
{
	struct world_account *a = &w->accounts[w->cnt++];

	if (w->cnt > WORLD_ACCOUNT_MAX)
		abort();
	a->addr = world_addr(n);
	a->acc = account_empty();
	a->acc.balance = u256_from_u64(balance);
	a->acc.nonce = nonce;
	return a;
}

void
world_code(struct world_account *a, const char *hex)
{
	a->code = test_hex(hex);
	a->acc.code_hash = hash_keccak(a->code);
}

void
world_start(struct world *w)
{
	w->st = state_new(&w->arena, &w->src);
	if (w->st == NULL)
		abort();
}

struct tx
world_tx(uint8_t to, uint64_t nonce, uint64_t value)
{
	return (struct tx){
	    .type = TX_LEGACY,
	    .nonce = nonce,
	    .gas = EXEC_GAS_TX,
	    .max_fee = U256_ONE,
	    .max_tip = U256_ONE,
	    .value = u256_from_u64(value),
	    .to = world_addr(to),
	    .r = U256_ONE,
	    .s = U256_ONE,
	};
}

enum rc
world_run(struct world *w, struct receipt *out, const struct tx *tx,
    uint8_t sender, struct err *e)
{
	struct addr from = world_addr(sender);

	*e = (struct err){0};
	return exec_tx(&w->arena, out, w->st, &w->env, tx, &from, &w->gas_left,
	    &w->gas_used, e);
}

static uint64_t
balance_of(struct world *w, const struct addr *a)
{
	struct u256 v;

	state_balance(w->st, &v, a);
	if (!u256_is_u64(&v))
		abort();
	return v.w[0];
}

uint64_t
world_balance(struct world *w, uint8_t n)
{
	struct addr a = world_addr(n);

	return balance_of(w, &a);
}

uint64_t
world_author_balance(struct world *w)
{
	struct addr a = world_author();

	return balance_of(w, &a);
}
