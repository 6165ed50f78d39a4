/* SPDX-License-Identifier: Apache-2.0
 *
 * The journaled state against a model that copies the whole world at each
 * snapshot, over random operations; and its roots against tries built from
 * scratch, block after block on the nodes that it stored.
 */
#include "state/state.h"

#include <stdlib.h>

#include "base/map.h"
#include "eth/rlp.h"
#include "test.h"
#include "trie/listroot.h"

enum { ACCOUNTS = 12, SLOTS = 6, SNAPSHOTS = 8, ARENA = 512 << 20 };

/* The model: everything by index. */
struct world {
	struct {
		bool exists, is_destroyed, is_new;
		uint64_t nonce;
		uint64_t balance;
		uint64_t slot[SLOTS];
		uint64_t code; /* 0: none */
	} acc[ACCOUNTS];
	uint64_t refund;
	size_t log_cnt;
	bool is_touched[ACCOUNTS];
};

struct disk {
	struct world world; /* committed */
	struct map nodes;   /* 32-byte name of a path -> struct bytes */
	struct arena arena;
	struct hash root;
};

static uint64_t seed;

static uint64_t
draw(uint64_t below)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % below;
}

static struct addr
addr_of(size_t i)
{
	struct addr a = {{0}};

	a.b[0] = (uint8_t)(i * 37);
	a.b[19] = (uint8_t)(i + 1);
	return a;
}

static size_t
index_of(const struct addr *a)
{
	return (size_t)a->b[19] - 1;
}

static struct hash
key_of(size_t i)
{
	struct hash h = {{0}};

	h.b[31] = (uint8_t)i;
	return h;
}

static struct bytes
code_of(const uint64_t *code)
{
	return bytes_of(code, *code == 0 ? 0 : sizeof(*code));
}

static struct account
account_of(const struct world *w, size_t i)
{
	struct account a = account_empty();

	a.nonce = w->acc[i].nonce;
	a.balance = u256_from_u64(w->acc[i].balance);
	if (w->acc[i].code != 0)
		a.code_hash = hash_keccak(code_of(&w->acc[i].code));
	return a;
}

/* Root of one account's slots from scratch. */
static struct hash
storage_root(struct arena *a, const struct world *w, size_t i)
{
	struct {
		struct hash key;
		uint8_t value[33];
		size_t len;
	} row[SLOTS], t;
	struct bytes keys[SLOTS], values[SLOTS];
	struct hash root;
	size_t n = 0, k, j;

	for (k = 0; k < SLOTS; k++) {
		struct hash key = key_of(k);
		struct buf b = buf_of(row[n].value, sizeof(row[n].value));
		struct u256 v = u256_from_u64(w->acc[i].slot[k]);

		if (w->acc[i].slot[k] == 0)
			continue;
		row[n].key = hash_keccak(hash_bytes(&key));
		EXPECT(rlp_put_u256(&b, &v));
		row[n++].len = b.len;
	}
	for (k = 1; k < n; k++)
		for (j = k;
		     j > 0 && memcmp(row[j].key.b, row[j - 1].key.b, 32) < 0;
		     j--) {
			t = row[j];
			row[j] = row[j - 1];
			row[j - 1] = t;
		}
	for (k = 0; k < n; k++) {
		keys[k] = hash_bytes(&row[k].key);
		values[k] = bytes_of(row[k].value, row[k].len);
	}
	EXPECT_RC(trie_map_root(a, &root, keys, values, n, NULL), RC_OK);
	return root;
}

static struct hash
world_root(struct arena *a, const struct world *w)
{
	struct {
		struct hash key;
		uint8_t value[ACCOUNT_RLP_MAX];
		size_t len;
	} row[ACCOUNTS], t;
	struct bytes keys[ACCOUNTS], values[ACCOUNTS];
	struct hash root;
	size_t n = 0, i, j;

	for (i = 0; i < ACCOUNTS; i++) {
		struct account acc = account_of(w, i);
		struct addr addr = addr_of(i);

		if (!w->acc[i].exists)
			continue;
		acc.storage_root = storage_root(a, w, i);
		row[n].key = hash_keccak(addr_bytes(&addr));
		row[n].len = account_encode(row[n].value, &acc);
		n++;
	}
	for (i = 1; i < n; i++)
		for (j = i;
		     j > 0 && memcmp(row[j].key.b, row[j - 1].key.b, 32) < 0;
		     j--) {
			t = row[j];
			row[j] = row[j - 1];
			row[j - 1] = t;
		}
	for (i = 0; i < n; i++) {
		keys[i] = hash_bytes(&row[i].key);
		values[i] = bytes_of(row[i].value, row[i].len);
	}
	EXPECT_RC(trie_map_root(a, &root, keys, values, n, NULL), RC_OK);
	return root;
}

/* The source: committed world and nodes. */

static enum rc
read_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	struct disk *d = ctx;
	size_t i = index_of(addr);

	(void)e;
	*found = d->world.acc[i].exists;
	*out = account_of(&d->world, i);
	out->storage_root = storage_root(&d->arena, &d->world, i);
	return RC_OK;
}

static enum rc
read_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	struct disk *d = ctx;

	(void)e;
	*out = u256_from_u64(d->world.acc[index_of(addr)].slot[key->b[31]]);
	return RC_OK;
}

static enum rc
read_code(void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	struct disk *d = ctx;
	size_t i;

	for (i = 0; i < ACCOUNTS; i++) {
		struct account acc = account_of(&d->world, i);

		if (!hash_eq(&acc.code_hash, hash))
			continue;
		*out = code_of(&d->world.acc[i].code);
		return RC_OK;
	}
	return FAIL(e, RC_NOT_FOUND, "code");
}

static enum rc
each_slot(void *ctx, const struct addr *addr,
    bool (*say)(void *arg, const struct addr *addr, const struct hash *key),
    void *arg, struct err *e)
{
	struct disk *d = ctx;
	size_t k;

	(void)e;
	for (k = 0; k < SLOTS; k++) {
		struct hash key = key_of(k);

		if (d->world.acc[index_of(addr)].slot[k] != 0 &&
		    !say(arg, addr, &key))
			break;
	}
	return RC_OK;
}

static struct hash
node_name(const struct hash *account, const struct trie_path *path)
{
	uint8_t raw[32 + 64 + 1] = {0};

	if (account != NULL)
		memcpy(raw, account->b, 32);
	memcpy(raw + 32, path->nib, path->len);
	raw[96] = path->len;
	return hash_keccak(bytes_of(raw, sizeof(raw)));
}

static enum rc
read_node(void *ctx, struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e)
{
	struct disk *d = ctx;
	struct hash name = node_name(account, path);
	const struct bytes *v = map_get(&d->nodes, name.b);

	(void)e;
	*out = v == NULL ? bytes_of(NULL, 0) : *v;
	return RC_OK;
}

static void
write_nodes(struct disk *d, const struct state_nodes *nodes)
{
	size_t i, j;

	for (i = 0; i < nodes->cnt; i++) {
		const struct state_trie_nodes *t = &nodes->tries[i];

		for (j = 0; j < t->batch.cnt; j++) {
			const struct trie_node *n = &t->batch.nodes[j];
			struct hash name = node_name(
			    t->is_storage ? &t->addr_hash : NULL, &n->path);
			struct bytes *copy;

			(void)map_del(&d->nodes, name.b);
			if (n->rlp.len == 0)
				continue;
			copy = arena_alloc(&d->arena, sizeof(*copy));
			*copy = arena_copy(&d->arena, n->rlp);
			EXPECT(map_put(&d->nodes, name.b, copy));
		}
	}
}

/* Random operations on both. */

struct pair {
	struct state *s;
	struct world w;
	struct world saved[SNAPSHOTS];
	size_t mark[SNAPSHOTS], depth;
};

static void
model_end_tx(struct world *w)
{
	size_t i;

	for (i = 0; i < ACCOUNTS; i++) {
		bool is_empty = w->acc[i].nonce == 0 &&
				w->acc[i].balance == 0 && w->acc[i].code == 0;

		if (w->is_touched[i] && (w->acc[i].is_destroyed || is_empty))
			memset(&w->acc[i], 0, sizeof(w->acc[i]));
		w->acc[i].is_new = w->acc[i].is_destroyed = false;
		w->is_touched[i] = false;
	}
	w->refund = 0;
	w->log_cnt = 0;
}

static void
do_code(struct pair *p, const struct addr *a, size_t i)
{
	uint64_t code = draw(3);

	state_set_code(p->s, a, code_of(&code));
	p->w.acc[i].code = code;
	p->w.acc[i].exists = true;
	p->w.is_touched[i] = true;
}

static void
do_sub(struct pair *p, const struct addr *a, size_t i)
{
	struct u256 v = u256_from_u64(draw(50));
	bool ok = p->w.acc[i].balance >= v.w[0];

	EXPECT(state_sub_balance(p->s, a, &v) == ok);
	if (!ok)
		return;
	p->w.acc[i].balance -= v.w[0];
	p->w.is_touched[i] = true;
}

static void
do_slot(struct pair *p, const struct addr *a, size_t i)
{
	size_t k = draw(SLOTS);
	struct hash key = key_of(k);
	struct u256 v = u256_from_u64(draw(3));

	/* Only an account that stays may have storage. */
	state_set_nonce(p->s, a, p->w.acc[i].nonce + 1);
	state_set_slot(p->s, a, &key, &v);
	p->w.acc[i].nonce++;
	p->w.acc[i].exists = true;
	p->w.acc[i].slot[k] = v.w[0];
	p->w.is_touched[i] = true;
}

static void
do_create(struct pair *p, const struct addr *a, size_t i)
{
	state_create(p->s, a);
	memset(p->w.acc[i].slot, 0, sizeof(p->w.acc[i].slot));
	p->w.acc[i].nonce = p->w.acc[i].code = 0;
	p->w.acc[i].exists = p->w.acc[i].is_new = true;
	p->w.acc[i].is_destroyed = false;
	p->w.is_touched[i] = true;
}

static void
do_op(struct pair *p)
{
	size_t i = draw(ACCOUNTS);
	struct addr a = addr_of(i);
	struct u256 v = u256_from_u64(draw(100));
	struct log_entry log = {.topic_cnt = 0};

	switch (draw(13)) {
	case 0:
	case 1:
		state_add_balance(p->s, &a, &v);
		p->w.acc[i].balance += v.w[0];
		p->w.acc[i].exists = p->w.is_touched[i] = true;
		break;
	case 2:
		do_sub(p, &a, i);
		break;
	case 3:
	case 4:
	case 5:
		do_slot(p, &a, i);
		break;
	case 6:
		do_code(p, &a, i);
		break;
	case 7:
		do_create(p, &a, i);
		break;
	case 8:
		state_destroy(p->s, &a);
		p->w.acc[i].is_destroyed = p->w.is_touched[i] = true;
		break;
	case 9:
		state_touch(p->s, &a);
		p->w.acc[i].exists = p->w.is_touched[i] = true;
		break;
	case 10:
		state_add_refund(p->s, 3);
		p->w.refund += 3;
		state_add_log(p->s, &log);
		p->w.log_cnt++;
		break;
	case 11:
		if (p->depth == SNAPSHOTS)
			break;
		p->saved[p->depth] = p->w;
		p->mark[p->depth++] = state_snapshot(p->s);
		break;
	default:
		if (p->depth == 0)
			break;
		p->depth = draw(p->depth);
		p->w = p->saved[p->depth];
		state_revert(p->s, p->mark[p->depth]);
		break;
	}
}

static void
compare(struct pair *p)
{
	size_t i, k, cnt;

	for (i = 0; i < ACCOUNTS; i++) {
		struct addr a = addr_of(i);
		struct u256 v;

		EXPECT(state_exists(p->s, &a) == p->w.acc[i].exists);
		EXPECT_U64(state_nonce(p->s, &a), p->w.acc[i].nonce);
		state_balance(p->s, &v, &a);
		EXPECT_U64(v.w[0], p->w.acc[i].balance);
		EXPECT_BYTES(state_code(p->s, &a), code_of(&p->w.acc[i].code));
		EXPECT(state_is_new(p->s, &a) == p->w.acc[i].is_new);
		EXPECT(
		    state_is_destroyed(p->s, &a) == p->w.acc[i].is_destroyed);
		for (k = 0; k < SLOTS; k++) {
			struct hash key = key_of(k);

			state_slot(p->s, &v, &a, &key);
			EXPECT_U64(v.w[0], p->w.acc[i].slot[k]);
		}
	}
	EXPECT_U64(state_refund(p->s), p->w.refund);
	(void)state_logs(p->s, &cnt);
	EXPECT_U64(cnt, p->w.log_cnt);
}

static void
run_block(struct disk *d)
{
	struct state_source src = {.account = read_account,
	    .slot = read_slot,
	    .code = read_code,
	    .each_slot = each_slot,
	    .ctx = d};
	struct state_tries tries = {.node = read_node, .ctx = d};
	struct pair p = {.w = d->world};
	struct state_nodes nodes;
	struct state_diff diff;
	struct hash root, want;
	struct arena a;
	int tx, op;

	arena_init(&a, ARENA);
	p.s = state_new(&a, &src);
	for (tx = 0; tx < 4; tx++) {
		for (op = 0; op < 40; op++)
			do_op(&p);
		compare(&p);
		state_end_tx(p.s, true);
		model_end_tx(&p.w);
		p.depth = 0;
		compare(&p);
	}
	EXPECT_RC(state_diff_take(p.s, &diff, NULL), RC_OK);
	EXPECT_RC(state_root(&a, &root, &nodes, &diff, &d->root, &tries, NULL),
	    RC_OK);
	want = world_root(&a, &p.w);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&want));
	write_nodes(d, &nodes);
	d->world = p.w;
	d->root = root;
	arena_drop(&a);
}

TEST(test_state_random_blocks_match_the_model)
{
	struct disk *d;
	int round, block;

	for (round = 0; round < 40; round++) {
		seed = (uint64_t)round;
		d = calloc(1, sizeof(*d));
		if (d == NULL)
			abort();
		arena_init(&d->arena, ARENA);
		map_init(&d->nodes, 32, 1 << 20);
		d->root = HASH_EMPTY_TRIE;
		for (block = 0; block < 12; block++)
			run_block(d);
		map_free(&d->nodes);
		arena_drop(&d->arena);
		free(d);
	}
}

/* Single rules. */

static enum rc
no_account(void *ctx, struct account *out, bool *found, const struct addr *addr,
    struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*found = false;
	*out = account_empty();
	return RC_OK;
}

static enum rc
no_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)key;
	(void)e;
	*out = U256_ZERO;
	return RC_OK;
}

static const struct state_source nothing = {
    .account = no_account, .slot = no_slot};

TEST(test_state_warm_and_transient_end_with_the_transaction)
{
	struct addr a = addr_of(1);
	struct hash k = key_of(1);
	struct u256 v = u256_from_u64(7), got;
	struct arena arena;
	struct state *s;
	size_t mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &nothing);
	EXPECT(!state_warm_addr(s, &a));
	EXPECT(state_warm_addr(s, &a));
	mark = state_snapshot(s);
	EXPECT(!state_warm_slot(s, &a, &k));
	state_set_transient(s, &a, &k, &v);
	state_revert(s, mark);
	EXPECT(!state_warm_slot(s, &a, &k));
	state_transient(s, &got, &a, &k);
	EXPECT(u256_is_zero(&got));
	state_set_transient(s, &a, &k, &v);
	state_transient(s, &got, &a, &k);
	EXPECT(u256_eq(&got, &v));
	state_end_tx(s, true);
	state_transient(s, &got, &a, &k);
	EXPECT(u256_is_zero(&got));
	EXPECT(!state_warm_addr(s, &a));
	arena_drop(&arena);
}

TEST(test_state_original_is_that_of_the_transaction)
{
	struct addr a = addr_of(1);
	struct hash k = key_of(1);
	struct u256 one = u256_from_u64(1), two = u256_from_u64(2), got;
	struct arena arena;
	struct state *s;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &nothing);
	state_set_nonce(s, &a, 1);
	state_set_slot(s, &a, &k, &one);
	state_slot_original(s, &got, &a, &k);
	EXPECT(u256_is_zero(&got));
	state_end_tx(s, true);
	state_set_slot(s, &a, &k, &two);
	state_slot_original(s, &got, &a, &k);
	EXPECT(u256_eq(&got, &one));
	arena_drop(&arena);
}

TEST(test_state_empty_account_stays_before_spurious_dragon)
{
	struct addr a = addr_of(1);
	struct state_diff diff;
	struct arena arena;
	struct state *s;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &nothing);
	state_touch(s, &a);
	state_end_tx(s, false);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 1);
	state_touch(s, &a);
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 0);
	arena_drop(&arena);
}

static enum rc
broken_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)out;
	(void)found;
	(void)addr;
	return FAIL(e, RC_IO, "no disk");
}

TEST(test_state_failing_source_is_sticky)
{
	struct state_source src = {.account = broken_account, .slot = no_slot};
	struct addr a = addr_of(1);
	struct state_diff diff;
	struct arena arena;
	struct err e = {0};
	struct u256 v;
	struct state *s;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &src);
	state_balance(s, &v, &a);
	EXPECT(u256_is_zero(&v));
	EXPECT_RC(state_error(s, &e), RC_IO);
	EXPECT_STR(e.text, "no disk");
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_IO);
	arena_drop(&arena);
}

TEST(test_state_short_memory_is_an_error_not_a_crash)
{
	struct u256 one = U256_ONE;
	struct arena arena;
	struct state *s;
	size_t i;

	arena_init(&arena, 300 * 1024);
	s = state_new(&arena, &nothing);
	for (i = 0; i < 100000 && state_error(s, NULL) == RC_OK; i++) {
		struct addr a = {{0}};

		memcpy(a.b, &i, sizeof(i));
		state_add_balance(s, &a, &one);
	}
	EXPECT_RC(state_error(s, NULL), RC_NO_MEMORY);
	arena_drop(&arena);
}
