/* SPDX-License-Identifier: Apache-2.0 */
#include "yard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crypto/ec.h"
#include "eth/basefee.h"

/* Nothing in a test may be half-made: the program ends instead. */
#define MUST(call)                                                             \
	do {                                                                   \
		struct err must_ = {0};                                        \
		enum rc must_rc_ = (call);                                     \
		(void)must_;                                                   \
		if (must_rc_ != RC_OK) {                                       \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
			    #call, err_name(must_rc_));                        \
			abort();                                               \
		}                                                              \
	} while (0)

/* Replays and changes of branch are what is tested here, not news. */
__attribute__((constructor)) static void
be_quiet(void)
{
	log_open("unit_chain", LOG_LV_ERROR);
}

struct pair {
	uint8_t key[32];
	struct addr addr;
};

static int
by_addr(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));
}

static const struct pair *
pairs(void)
{
	static struct pair all[YARD_KEYS];
	uint8_t pub[64];
	size_t i;

	if (all[0].key[31] != 0)
		return all;
	for (i = 0; i < YARD_KEYS; i++) {
		all[i].key[0] = 0x11;
		all[i].key[31] = (uint8_t)(i + 1);
		MUST(ec_public(pub, all[i].key, NULL));
		ec_addr(all[i].addr.b, pub);
	}
	qsort(all, YARD_KEYS, sizeof(all[0]), by_addr);
	return all;
}

const uint8_t *
yard_key(size_t i)
{
	return pairs()[i].key;
}

struct addr
yard_addr(size_t i)
{
	return pairs()[i].addr;
}

struct addr
yard_target(uint8_t n)
{
	struct addr a = {{0x70}};

	a.b[19] = n;
	return a;
}

enum { GHOST_SLOTS = 3 };

struct addr
yard_ghost(void)
{
	struct addr a;

	memset(a.b, 0xff, sizeof(a.b));
	return a;
}

struct hash
yard_ghost_key(size_t i)
{
	struct hash h = {{0x10}};

	h.b[31] = (uint8_t)i;
	return h;
}

static void
add_ghost(struct yard *y, struct genesis_account *acc)
{
	struct genesis_slot *slots =
	    arena_array(&y->arena, GHOST_SLOTS, sizeof(*slots));
	size_t i;

	for (i = 0; i < GHOST_SLOTS; i++) {
		slots[i].key = yard_ghost_key(i);
		slots[i].value = u256_from_u64(i + 1);
	}
	acc->addr = yard_ghost();
	acc->slots = slots;
	acc->slot_cnt = GHOST_SLOTS;
}

static void
fund_keys(struct yard *y)
{
	struct genesis_account *acc =
	    arena_array(&y->arena, YARD_KEYS + 1, sizeof(*acc));
	size_t i;

	for (i = 0; i < YARD_KEYS; i++) {
		acc[i].addr = yard_addr(i);
		acc[i].balance = u256_from_u64(YARD_FUNDS);
	}
	add_ghost(y, &acc[YARD_KEYS]); /* the highest address */
	y->g.accounts = acc;
	y->g.account_cnt = YARD_KEYS + 1;
}

static void
set_forks(struct fork_plan *p, enum fork f)
{
	size_t i;

	*p = fork_plan_none();
	p->chain_id = 1337;
	for (i = 0; i < FORK_CNT; i++)
		p->at[i] = i <= (size_t)f && i != FORK_DAO ? 0 : FORK_NEVER;
}

static void
make_genesis(struct yard *y, enum fork f)
{
	struct header *h = &y->g.header;

	set_forks(&y->g.forks, f);
	fund_keys(y);
	h->ommers_hash = HASH_EMPTY_LIST;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	h->difficulty = U256_ONE;
	h->gas_limit = 30000000;
	h->time = 1000;
	h->field_cnt = HEADER_FIELDS_FRONTIER;
	if (f >= FORK_LONDON) {
		h->field_cnt = HEADER_FIELDS_LONDON;
		h->base_fee = u256_from_u64(BASEFEE_INITIAL_WEI);
	}
	if (f >= FORK_SHANGHAI) {
		h->field_cnt = HEADER_FIELDS_SHANGHAI;
		h->withdrawals_root = HASH_EMPTY_TRIE;
	}
}

static struct bytes
genesis_extra(struct yard *y)
{
	size_t len = CLIQUE_VANITY + 20 * YARD_SIGNERS + CLIQUE_SEAL, i;
	uint8_t *p = arena_alloc(&y->arena, len);

	for (i = 0; i < YARD_SIGNERS; i++)
		memcpy(p + CLIQUE_VANITY + 20 * i, yard_addr(i).b, 20);
	return bytes_of(p, len);
}

void
yard_move(struct yard *y, const char *name)
{
	static unsigned serial;

	snprintf(
	    y->dir, sizeof(y->dir), "%s/%s.%u", test_tmpdir(), name, ++serial);
	if (mkdir(y->dir, 0700) != 0)
		abort();
	y->conf = store_conf_default(y->dir);
	y->conf.map_bytes = 64 << 20;
}

static void
prepare(struct yard *y, const char *name, enum fork f)
{
	*y = (struct yard){0};
	arena_init(&y->arena, 256 << 20);
	make_genesis(y, f);
	yard_move(y, name);
}

void
yard_open(struct yard *y, const char *name, enum fork f)
{
	prepare(y, name, f);
	MUST(yard_start(y));
}

void
yard_open_clique(struct yard *y, const char *name, size_t self)
{
	prepare(y, name, FORK_LONDON);
	y->is_clique = true;
	y->self = self;
	y->g.engine = GENESIS_CLIQUE;
	y->g.clique_period_s = 1;
	y->g.clique_epoch = 30000;
	y->g.header.extra = genesis_extra(y);
	MUST(yard_start(y));
}

static enum rc
start_engine(struct yard *y)
{
	struct engine_chain link = chain_engine_link(y->chain);
	struct clique_conf conf = {
	    .period_s = y->g.clique_period_s,
	    .epoch = y->g.clique_epoch,
	    .forks = &y->g.forks,
	    .is_sealer = true,
	    .self = yard_addr(y->self),
	    .gas_limit = y->g.header.gas_limit,
	};

	y->engine = engine_none();
	if (y->is_clique)
		TRY(clique_new(&y->engine, &conf, &link, &y->e));
	chain_set_engine(y->chain, y->engine);
	return RC_OK;
}

enum rc
yard_start(struct yard *y)
{
	enum rc rc;

	y->e = (struct err){0};
	TRY(store_open(&y->store, &y->conf, &y->e));
	rc = chain_open(&y->chain, y->store, &y->g, &y->e);
	if (rc == RC_OK)
		rc = start_engine(y);
	if (rc != RC_OK)
		yard_stop(y);
	return rc;
}

void
yard_stop(struct yard *y)
{
	if (y->engine != NULL)
		engine_free(y->engine);
	chain_close(y->chain);
	if (y->store != NULL)
		store_close(y->store);
	y->engine = NULL;
	y->chain = NULL;
	y->store = NULL;
}

void
yard_close(struct yard *y)
{
	yard_stop(y);
	arena_drop(&y->arena);
}

const struct tx *
yard_sign(struct yard *y, struct tx *tx, size_t from)
{
	struct tx *kept = arena_alloc(&y->arena, sizeof(*kept));

	if (kept == NULL)
		abort();
	MUST(tx_sign(&y->arena, tx, yard_key(from), NULL));
	*kept = *tx;
	return kept;
}

const struct tx *
yard_tx(struct yard *y, size_t from, struct addr to, uint64_t value)
{
	bool is_london = y->g.header.field_cnt >= HEADER_FIELDS_LONDON;
	bool is_protected = fork_is_active(&y->g.forks, FORK_EIP155, 0, 0);
	struct tx tx = {
	    .type = is_london ? TX_DYNAMIC_FEE : TX_LEGACY,
	    .has_chain_id = is_protected,
	    .chain_id = is_protected ? y->g.forks.chain_id : 0,
	    .nonce = y->nonce[from]++,
	    .gas = EXEC_GAS_TX,
	    .max_fee = u256_from_u64(2000000000),
	    .max_tip = u256_from_u64(is_london ? 100 : 2000000000),
	    .value = u256_from_u64(value),
	    .to = to,
	};

	if (y->tx_cnt == YARD_TX_MAX)
		abort();
	y->txs[y->tx_cnt].tx = yard_sign(y, &tx, from);
	y->txs[y->tx_cnt].sender = yard_addr(from);
	return y->txs[y->tx_cnt++].tx;
}

void
yard_sync_nonces(struct yard *y)
{
	size_t i;

	for (i = 0; i < YARD_KEYS; i++) {
		struct addr a = yard_addr(i);
		struct account acc;
		bool found;

		MUST(store_account(chain_view(y->chain), yard_head(y), &acc,
		    &found, &a, NULL));
		y->nonce[i] = found ? acc.nonce : 0;
	}
}

struct header
yard_template(struct yard *y, uint64_t difficulty)
{
	const struct store_head *head = chain_head(y->chain);
	struct header h = {
	    .parent = head->hash,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .number = head->number + 1,
	    .time = head->header->time + 1,
	    .gas_limit = head->header->gas_limit,
	    .field_cnt = head->header->field_cnt,
	    .difficulty = u256_from_u64(difficulty == 0 ? 1 : difficulty),
	};

	if (h.field_cnt >= HEADER_FIELDS_LONDON)
		basefee_next(&h.base_fee, &y->g.forks, head->header);
	if (!y->is_clique)
		return h;
	h.extra = bytes_of(arena_alloc(&y->arena, CLIQUE_VANITY + CLIQUE_SEAL),
	    CLIQUE_VANITY + CLIQUE_SEAL);
	if (difficulty == 0)
		h.difficulty = u256_from_u64(
		    clique_in_turn(h.number, y->self, YARD_SIGNERS) ? 2 : 1);
	return h;
}

void
yard_seal(struct yard *y, struct header *h)
{
	struct ec_sig sig;
	struct hash digest;
	uint8_t *extra;

	if (!y->is_clique)
		return;
	MUST(clique_seal_hash(&digest, h, NULL));
	MUST(ec_sign(&sig, yard_key(y->self), digest.b, NULL));
	extra = arena_alloc(&y->arena, h->extra.len);
	memcpy(extra, h->extra.ptr, h->extra.len - CLIQUE_SEAL);
	memcpy(extra + h->extra.len - 65, sig.r, 32);
	memcpy(extra + h->extra.len - 33, sig.s, 32);
	extra[h->extra.len - 1] = sig.y_parity;
	h->extra = bytes_of(extra, h->extra.len);
}

enum rc
yard_build(struct yard *y, struct header *out, uint64_t difficulty)
{
	struct header tmpl = yard_template(y, difficulty);
	size_t cnt = y->tx_cnt;

	y->tx_cnt = 0;
	y->e = (struct err){0};
	return chain_build(
	    y->chain, out, &tmpl, y->txs, cnt, NULL, NULL, NULL, &y->e);
}

struct bytes
yard_block(struct yard *y, uint64_t difficulty)
{
	struct header h;
	enum rc rc = yard_build(y, &h, difficulty);

	if (rc == RC_OK) {
		yard_seal(y, &h);
		rc = chain_commit(y->chain, &y->change, &h, &y->e);
	}
	if (rc != RC_OK) {
		fprintf(stderr, "yard_block: %s\n", err_message(&y->e, rc));
		abort();
	}
	return yard_raw(y, yard_head(y));
}

enum rc
yard_give(struct yard *y, struct bytes raw)
{
	y->e = (struct err){0};
	return chain_import(y->chain, &y->change, raw, 1000000, &y->e);
}

struct bytes
yard_raw(struct yard *y, uint64_t number)
{
	const struct store_view *v = chain_view(y->chain);
	struct bytes raw;
	struct hash hash;

	MUST(store_hash_of(v, &hash, number, NULL));
	MUST(store_raw(v, &raw, &hash, NULL));
	return arena_copy(&y->arena, raw);
}

uint64_t
yard_balance(struct yard *y, struct addr a)
{
	struct account acc;
	bool found;

	MUST(store_account(
	    chain_view(y->chain), yard_head(y), &acc, &found, &a, NULL));
	return found ? acc.balance.w[0] : 0;
}

uint64_t
yard_head(struct yard *y)
{
	return chain_head(y->chain)->number;
}

struct hash
yard_hash(struct yard *y, uint64_t number)
{
	struct hash hash;

	MUST(store_hash_of(chain_view(y->chain), &hash, number, NULL));
	return hash;
}

struct bytes
yard_forge(struct yard *y, const struct block *b)
{
	struct bytes raw;

	MUST(block_encode(&y->arena, &raw, b, NULL));
	return raw;
}

struct block
yard_decode(struct yard *y, struct bytes raw)
{
	struct block b;

	MUST(block_decode(&y->arena, &b, raw, NULL));
	return b;
}
