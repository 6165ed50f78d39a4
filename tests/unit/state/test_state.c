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
#include "trie/iter.h"
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
	bool is_warm[ACCOUNTS], is_warm_slot[ACCOUNTS][SLOTS];
	uint64_t transient[ACCOUNTS][SLOTS];
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
	memset(w->is_warm, 0, sizeof(w->is_warm));
	memset(w->is_warm_slot, 0, sizeof(w->is_warm_slot));
	memset(w->transient, 0, sizeof(w->transient));
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

	/* Storage is for accounts that exist; not all of them stay. */
	if (draw(4) > 0) {
		state_set_nonce(p->s, a, p->w.acc[i].nonce + 1);
		p->w.acc[i].nonce++;
	} else {
		state_touch(p->s, a);
	}
	state_set_slot(p->s, a, &key, &v);
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
do_marks(struct pair *p, const struct addr *a, size_t i)
{
	size_t k = draw(SLOTS);
	struct hash key = key_of(k);
	struct u256 v = u256_from_u64(draw(3)), got;

	EXPECT(state_warm_addr(p->s, a) == p->w.is_warm[i]);
	p->w.is_warm[i] = true;
	EXPECT(state_warm_slot(p->s, a, &key) == p->w.is_warm_slot[i][k]);
	p->w.is_warm_slot[i][k] = true;
	state_transient(p->s, &got, a, &key);
	EXPECT_U64(got.w[0], p->w.transient[i][k]);
	state_set_transient(p->s, a, &key, &v);
	p->w.transient[i][k] = v.w[0];
}

static void
do_op(struct pair *p)
{
	size_t i = draw(ACCOUNTS);
	struct addr a = addr_of(i);
	struct u256 v = u256_from_u64(draw(100));
	struct log_entry log = {.topic_cnt = 0};

	switch (draw(15)) {
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
		do_marks(p, &a, i);
		break;
	case 12:
		state_set_balance(p->s, &a, &v);
		p->w.acc[i].balance = v.w[0];
		p->w.acc[i].exists = p->w.is_touched[i] = true;
		break;
	case 13:
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
		bool has_slot = false;
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
			has_slot |= v.w[0] != 0;
		}
		EXPECT(state_is_empty(p->s, &a) ==
		       (p->w.acc[i].nonce == 0 && p->w.acc[i].balance == 0 &&
			   p->w.acc[i].code == 0));
		if (draw(4) == 0)
			EXPECT(state_has_storage(p->s, &a) == has_slot);
	}
	EXPECT_U64(state_refund(p->s), p->w.refund);
	(void)state_logs(p->s, &cnt);
	EXPECT_U64(cnt, p->w.log_cnt);
}

/* expect_slots compares the slots of one account, from *at on. */
static void
expect_slots(const struct state_diff *diff, size_t *at, const struct world *was,
    const struct world *is, size_t i)
{
	struct addr addr = addr_of(i);
	size_t k, listed = 0, differ = 0;

	for (k = 0; k < SLOTS; k++)
		differ += was->acc[i].slot[k] != is->acc[i].slot[k];
	for (; *at < diff->slot_cnt; ++*at, listed++) {
		const struct state_slot_change *c = &diff->slots[*at];
		struct hash key_hash = hash_keccak(hash_bytes(&c->key));

		if (!addr_eq(&c->addr, &addr))
			break;
		EXPECT(hash_eq(&c->key_hash, &key_hash));
		EXPECT(listed == 0 ||
		       memcmp(c[-1].key_hash.b, key_hash.b, 32) < 0);
		EXPECT_U64(c->before.w[0], was->acc[i].slot[c->key.b[31]]);
		EXPECT_U64(c->after.w[0], is->acc[i].slot[c->key.b[31]]);
		EXPECT(!u256_eq(&c->before, &c->after));
	}
	EXPECT_U64(listed, differ);
}

static bool
account_differs(const struct world *was, const struct world *is, size_t i)
{
	return was->acc[i].exists != is->acc[i].exists ||
	       was->acc[i].nonce != is->acc[i].nonce ||
	       was->acc[i].balance != is->acc[i].balance ||
	       was->acc[i].code != is->acc[i].code ||
	       memcmp(was->acc[i].slot, is->acc[i].slot,
		   sizeof(is->acc[i].slot)) != 0;
}

/* expect_diff: the diff says exactly what differs between two worlds. */
static void
expect_diff(const struct state_diff *diff, const struct world *was,
    const struct world *is)
{
	size_t n, i, at = 0, differ = 0;

	for (i = 0; i < ACCOUNTS; i++)
		differ += account_differs(was, is, i);
	EXPECT_U64(diff->account_cnt, differ);
	for (n = 0; n < diff->account_cnt; n++) {
		const struct state_account_change *c = &diff->accounts[n];
		struct hash addr_hash = hash_keccak(addr_bytes(&c->addr));

		i = index_of(&c->addr);
		EXPECT(hash_eq(&c->addr_hash, &addr_hash));
		EXPECT(
		    n == 0 || memcmp(c[-1].addr_hash.b, addr_hash.b, 32) < 0);
		EXPECT(account_differs(was, is, i));
		EXPECT(c->had_before == was->acc[i].exists);
		EXPECT(c->has_after == is->acc[i].exists);
		EXPECT_U64(c->before.nonce, was->acc[i].nonce);
		EXPECT_U64(c->after.nonce, is->acc[i].nonce);
		EXPECT_U64(c->before.balance.w[0], was->acc[i].balance);
		EXPECT_U64(c->after.balance.w[0], is->acc[i].balance);
		expect_slots(diff, &at, was, is, i);
	}
	EXPECT_U64(at, diff->slot_cnt);
	for (n = 0; n < diff->code_cnt; n++) {
		struct hash hash = hash_keccak(diff->codes[n].code);

		EXPECT(hash_eq(&hash, &diff->codes[n].hash));
		EXPECT(n == 0 ||
		       memcmp(diff->codes[n - 1].hash.b, hash.b, 32) < 0);
	}
}

/* Counting what a trie reaches: a stored node more than that is stale. */
struct reach {
	struct disk *d;
	struct hash account;
	bool is_storage;
	size_t cnt;
};

static enum rc
reach_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	struct reach *r = ctx;

	return read_node(
	    r->d, out, r->is_storage ? &r->account : NULL, path, e);
}

static bool
count_node(void *ctx, const struct trie_path *path, struct bytes rlp)
{
	struct reach *r = ctx;

	(void)path;
	(void)rlp;
	r->cnt++;
	return true;
}

static void
expect_no_stale_nodes(struct disk *d)
{
	struct reach r = {.d = d};
	struct trie_source src = {.get = reach_node, .ctx = &r};
	struct trie_visitor v = {.node = count_node, .ctx = &r};
	struct hash root;
	size_t i;

	EXPECT_RC(trie_each(&src, &d->root, &v, NULL), RC_OK);
	r.is_storage = true;
	for (i = 0; i < ACCOUNTS; i++) {
		struct addr addr = addr_of(i);

		if (!d->world.acc[i].exists)
			continue;
		r.account = hash_keccak(addr_bytes(&addr));
		root = storage_root(&d->arena, &d->world, i);
		EXPECT_RC(trie_each(&src, &root, &v, NULL), RC_OK);
	}
	EXPECT_U64(d->nodes.cnt, r.cnt);
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
		if (draw(4) > 0)
			continue;
		/* Changes so far, as receipts before Byzantium ask. */
		EXPECT_RC(state_diff_take(p.s, &diff, NULL), RC_OK);
		expect_diff(&diff, &d->world, &p.w);
	}
	EXPECT_RC(state_diff_take(p.s, &diff, NULL), RC_OK);
	expect_diff(&diff, &d->world, &p.w);
	EXPECT_RC(state_root(&a, &root, &nodes, &diff, &d->root, &tries, NULL),
	    RC_OK);
	want = world_root(&a, &p.w);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&want));
	write_nodes(d, &nodes);
	d->world = p.w;
	d->root = root;
	expect_no_stale_nodes(d);
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

TEST(test_state_warm_and_transient_end_with_the_transaction)
{
	struct addr a = addr_of(1);
	struct hash k = key_of(1);
	struct u256 v = u256_from_u64(7), got;
	struct arena arena;
	struct state *s;
	size_t mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
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
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
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
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
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
	*found = true; /* counts for nothing after a failure */
	(void)addr;
	return FAIL(e, RC_IO, "no disk");
}

TEST(test_state_failing_source_is_sticky)
{
	struct state_source src = STATE_SOURCE_EMPTY;
	struct addr a = addr_of(1);
	struct state_diff diff;
	struct arena arena;
	struct err e = {0};
	struct u256 v;
	struct state *s;

	src.account = broken_account;
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

	arena_init(&arena, 300 << 10);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	for (i = 0; i < 100000 && state_error(s, NULL) == RC_OK; i++) {
		struct addr a = {{0}};

		memcpy(a.b, &i, sizeof(i));
		state_add_balance(s, &a, &one);
	}
	EXPECT_RC(state_error(s, NULL), RC_NO_MEMORY);
	arena_drop(&arena);
}

/* Reading what was not cached before: nothing is lost in between. */
TEST(test_state_create_keeps_balance_and_wipes_the_rest)
{
	struct u256 five = u256_from_u64(5), got;
	struct addr a = addr_of(1);
	struct hash k = key_of(1);
	struct arena arena;
	struct state *s;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	state_set_balance(s, &a, &five);
	state_set_nonce(s, &a, 9);
	state_set_code(s, &a, bytes_of_str("code"));
	state_set_slot(s, &a, &k, &five);
	EXPECT(state_has_storage(s, &a));
	state_create(s, &a);
	EXPECT(state_is_new(s, &a));
	state_balance(s, &got, &a);
	EXPECT(u256_eq(&got, &five));
	EXPECT_U64(state_nonce(s, &a), 0);
	EXPECT_U64(state_code(s, &a).len, 0);
	state_slot(s, &got, &a, &k);
	EXPECT(u256_is_zero(&got));
	EXPECT(!state_has_storage(s, &a));
	state_end_tx(s, true);
	EXPECT(!state_is_new(s, &a));
	arena_drop(&arena);
}

/* A state that stores one account with two slots and no other. */
struct single {
	struct addr addr;
	struct account acc;
	enum rc each_rc;
};

static enum rc
single_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	const struct single *x = ctx;

	(void)e;
	*found = addr_eq(addr, &x->addr);
	*out = *found ? x->acc : account_empty();
	return RC_OK;
}

static enum rc
single_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	const struct single *x = ctx;

	(void)e;
	*out = U256_ZERO;
	if (addr_eq(addr, &x->addr) && key->b[31] < 2)
		*out = u256_from_u64(100U + key->b[31]);
	return RC_OK;
}

static enum rc
single_each(void *ctx, const struct addr *addr,
    bool (*say)(void *arg, const struct addr *addr, const struct hash *key),
    void *arg, struct err *e)
{
	const struct single *x = ctx;
	struct hash k0 = key_of(0), k1 = key_of(1);

	if (x->each_rc != RC_OK)
		return FAIL(e, x->each_rc, "no list");
	if (addr_eq(addr, &x->addr) && say(arg, addr, &k0))
		(void)say(arg, addr, &k1);
	return RC_OK;
}

static struct state *
open_single(struct arena *a, struct single *x, struct state_source *src)
{
	*x = (struct single){.addr = addr_of(1), .acc = account_empty()};
	x->acc.nonce = 1;
	x->acc.storage_root.b[0] = 1; /* not empty */
	*src = (struct state_source){.account = single_account,
	    .slot = single_slot,
	    .each_slot = single_each,
	    .ctx = x};
	arena_init(a, ARENA);
	return state_new(a, src);
}

/* EIP-7610 asks; zeroing the last slot is an answer too. */
TEST(test_state_has_storage_until_every_slot_is_zero)
{
	struct hash k0 = key_of(0), k1 = key_of(1);
	struct state_source src;
	struct single x;
	struct arena a;
	struct state *s = open_single(&a, &x, &src);
	size_t mark;

	EXPECT(state_has_storage(s, &x.addr));
	state_set_slot(s, &x.addr, &k0, &U256_ZERO);
	EXPECT(state_has_storage(s, &x.addr));
	mark = state_snapshot(s);
	state_set_slot(s, &x.addr, &k1, &U256_ZERO);
	EXPECT(!state_has_storage(s, &x.addr));
	state_revert(s, mark);
	EXPECT(state_has_storage(s, &x.addr));
	state_destroy(s, &x.addr);
	state_end_tx(s, true);
	EXPECT(!state_has_storage(s, &x.addr));
	arena_drop(&a);
	/* Who cannot list says yes for what is stored. */
	src.each_slot = NULL;
	s = state_new(&a, &src);
	EXPECT(state_has_storage(s, &x.addr));
	arena_drop(&a);
}

TEST(test_state_diff_lists_every_slot_of_a_destroyed_account)
{
	struct state_source src;
	struct state_diff diff;
	struct single x;
	struct arena a;
	struct state *s = open_single(&a, &x, &src);

	state_destroy(s, &x.addr);
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 1);
	EXPECT_U64(diff.slot_cnt, 2);
	EXPECT(diff.accounts[0].is_wiped && !diff.accounts[0].has_after);
	EXPECT_U64(diff.slots[0].before.w[0] + diff.slots[1].before.w[0], 201);
	EXPECT(u256_is_zero(&diff.slots[0].after));
	EXPECT(u256_is_zero(&diff.slots[1].after));
	arena_drop(&a);
}

TEST(test_state_diff_of_storage_that_cannot_be_listed_is_refused)
{
	struct state_source src;
	struct state_diff diff;
	struct single x;
	struct arena a;
	struct state *s = open_single(&a, &x, &src);

	x.each_rc = RC_IO;
	state_destroy(s, &x.addr);
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_IO);
	arena_drop(&a);
	src.each_slot = NULL;
	s = state_new(&a, &src);
	state_destroy(s, &x.addr);
	state_end_tx(s, true);
	EXPECT_RC(state_error(s, NULL), RC_OK); /* calls may go on */
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_UNSUPPORTED);
	arena_drop(&a);
}

TEST(test_state_failing_list_is_sticky_for_has_storage)
{
	struct state_source src;
	struct single x;
	struct arena a;
	struct state *s = open_single(&a, &x, &src);

	x.each_rc = RC_IO;
	EXPECT(!state_has_storage(s, &x.addr));
	EXPECT_RC(state_error(s, NULL), RC_IO);
	arena_drop(&a);
}

static enum rc
broken_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	(void)ctx;
	(void)out;
	(void)addr;
	(void)key;
	return FAIL(e, RC_CORRUPT, "bad slot");
}

static enum rc
broken_code(
    void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	(void)ctx;
	(void)out;
	(void)hash;
	return FAIL(e, RC_CORRUPT, "bad code");
}

TEST(test_state_failing_slot_or_code_is_sticky)
{
	struct state_source src;
	struct hash k = key_of(0);
	struct single x;
	struct arena a;
	struct u256 v;
	struct err e;
	struct state *s;

	(void)open_single(&a, &x, &src);
	src.slot = broken_slot;
	src.code = broken_code;
	x.acc.code_hash.b[0] ^= 1;
	s = state_new(&a, &src);
	state_slot(s, &v, &x.addr, &k);
	EXPECT(u256_is_zero(&v));
	EXPECT_RC(state_error(s, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "bad slot");
	EXPECT_U64(state_code(s, &x.addr).len, 0);
	EXPECT_RC(state_error(s, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "bad slot"); /* the first one stays */
	s = state_new(&a, &src);
	EXPECT_U64(state_code(s, &x.addr).len, 0);
	EXPECT_RC(state_error(s, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "bad code");
	arena_drop(&a);
}

/* The diff has code that stays, once; not what was undone or replaced. */
TEST(test_state_diff_lists_each_new_code_once)
{
	struct addr a = addr_of(1), b = addr_of(2), c = addr_of(3);
	struct state_diff diff;
	struct arena arena;
	struct state *s;
	size_t mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	state_set_code(s, &a, bytes_of_str("same"));
	state_set_code(s, &b, bytes_of_str("same"));
	mark = state_snapshot(s);
	state_set_code(s, &c, bytes_of_str("undone"));
	state_revert(s, mark);
	state_set_code(s, &c, bytes_of_str("replaced"));
	state_set_code(s, &c, bytes_of_str("kept"));
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 3);
	EXPECT_U64(diff.code_cnt, 2);
	state_set_code(s, &c, bytes_of(NULL, 0)); /* EIP-7702 clears so */
	EXPECT_U64(state_code(s, &c).len, 0);
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 2);
	EXPECT_U64(diff.code_cnt, 1);
	EXPECT_BYTES(diff.codes[0].code, bytes_of_str("same"));
	arena_drop(&arena);
}

/* Yellow Paper appendix K.1: the touch of account 3 outlives its frame, that
 * of any other does not. */
TEST(test_state_touch_of_ripemd_outlives_its_frame)
{
	struct addr three = {.b = {[19] = 3}}, four = {.b = {[19] = 4}};
	struct state_diff diff;
	struct arena arena;
	struct state *s;
	size_t mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	state_touch(s, &three);
	state_touch(s, &four);
	state_end_tx(s, false); /* both exist now, empty */
	mark = state_snapshot(s);
	state_touch(s, &three);
	state_touch(s, &four);
	state_revert(s, mark);
	state_end_tx(s, true);
	EXPECT(!state_exists(s, &three));
	EXPECT(state_exists(s, &four));
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 1);
	state_end_tx(s, true); /* and is over with its transaction */
	EXPECT(state_exists(s, &four));
	arena_drop(&arena);
}

TEST(test_state_logs_belong_to_one_transaction)
{
	struct log_entry log = {.topic_cnt = 1, .data = bytes_of_str("data")};
	const struct log_entry *first, *logs;
	struct arena arena;
	struct state *s;
	size_t i, cnt, mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	for (i = 0; i < 100; i++) {
		log.topics[0].b[0] = (uint8_t)i;
		state_add_log(s, &log);
	}
	mark = state_snapshot(s);
	state_add_log(s, &log);
	state_revert(s, mark);
	first = state_logs(s, &cnt);
	EXPECT_U64(cnt, 100);
	state_end_tx(s, true);
	(void)state_logs(s, &cnt);
	EXPECT_U64(cnt, 0);
	for (i = 0; i < 100; i++) {
		log.topics[0].b[0] = (uint8_t)(100 + i);
		state_add_log(s, &log);
		state_touch(s, &(struct addr){.b = {(uint8_t)i}});
	}
	logs = state_logs(s, &cnt);
	EXPECT_U64(cnt, 100);
	for (i = 0; i < 100; i++)
		EXPECT_U64(logs[i].topics[0].b[0], 100 + i);
	EXPECT_BYTES(logs[0].data, bytes_of_str("data"));
	for (i = 0; i < 100; i++) /* still there for a receipt */
		EXPECT_U64(first[i].topics[0].b[0], i);
	arena_drop(&arena);
}

TEST(test_state_refund_is_undone_and_ends)
{
	struct arena arena;
	struct state *s;
	size_t mark;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	state_add_refund(s, 10);
	mark = state_snapshot(s);
	state_sub_refund(s, 4);
	EXPECT_U64(state_refund(s), 6);
	state_revert(s, mark);
	EXPECT_U64(state_refund(s), 10);
	state_end_tx(s, true);
	EXPECT_U64(state_refund(s), 0);
	arena_drop(&arena);
}

TEST(test_state_sub_balance_above_it_changes_nothing)
{
	struct u256 five = u256_from_u64(5), six = u256_from_u64(6), got;
	struct addr a = addr_of(1);
	struct state_diff diff;
	struct arena arena;
	struct state *s;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	EXPECT(!state_sub_balance(s, &a, &five));
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_U64(diff.account_cnt, 0);
	state_add_balance(s, &a, &five);
	EXPECT(!state_sub_balance(s, &a, &six));
	EXPECT(state_sub_balance(s, &a, &five));
	state_balance(s, &got, &a);
	EXPECT(u256_is_zero(&got));
	arena_drop(&arena);
}

/* run_small does a little of everything; it must end well or say why. */
static enum rc
run_small(struct arena *a, struct arena *result)
{
	struct state_source src;
	struct state_tries tries;
	struct state_nodes nodes;
	struct state_diff diff;
	struct disk d;
	struct pair p = {.depth = 0};
	struct hash root;
	enum rc rc;
	int op;

	memset(&d, 0, sizeof(d));
	arena_init(&d.arena, ARENA);
	map_init(&d.nodes, 32, 16);
	src = (struct state_source){.account = read_account,
	    .slot = read_slot,
	    .code = read_code,
	    .each_slot = each_slot,
	    .ctx = &d};
	tries = (struct state_tries){.node = read_node, .ctx = &d};
	seed = 77;
	p.s = state_new(a, &src);
	if (p.s == NULL) {
		rc = RC_NO_MEMORY;
		goto out;
	}
	for (op = 0; op < 60 && state_error(p.s, NULL) == RC_OK; op++) {
		size_t i = draw(ACCOUNTS), k = draw(SLOTS);
		struct addr addr = addr_of(i);
		struct hash key = key_of(k);
		struct u256 v = u256_from_u64(1 + draw(9));
		struct log_entry log = {.data = bytes_of_str("x")};
		size_t mark = state_snapshot(p.s);

		state_add_balance(p.s, &addr, &v);
		state_set_slot(p.s, &addr, &key, &v);
		state_set_transient(p.s, &addr, &key, &v);
		(void)state_warm_addr(p.s, &addr);
		(void)state_warm_slot(p.s, &addr, &key);
		state_set_code(p.s, &addr, bytes_of(&op, sizeof(op)));
		state_set_nonce(p.s, &addr, 1);
		state_add_log(p.s, &log);
		state_add_refund(p.s, 1);
		if (draw(5) == 0)
			state_create(p.s, &addr);
		if (draw(5) == 0)
			state_revert(p.s, mark);
		if (draw(5) == 0)
			state_end_tx(p.s, true);
	}
	rc = state_diff_take(p.s, &diff, NULL);
	if (rc == RC_OK)
		rc = state_root(result, &root, &nodes, &diff, &HASH_EMPTY_TRIE,
		    &tries, NULL);
out:
	map_free(&d.nodes);
	arena_drop(&d.arena);
	return rc;
}

TEST(test_state_every_shortage_is_an_error_not_a_crash)
{
	struct arena a, result;
	size_t max, refused = 0;
	enum rc rc = RC_NO_MEMORY;

	arena_init(&result, ARENA);
	for (max = 0; rc != RC_OK; max += 997) {
		arena_init(&a, max);
		rc = run_small(&a, &result);
		EXPECT(rc == RC_OK || rc == RC_NO_MEMORY);
		refused += rc == RC_NO_MEMORY;
		arena_drop(&a);
	}
	EXPECT(refused > 50);
	arena_drop(&result);
	arena_init(&a, ARENA);
	for (max = 0, rc = RC_NO_MEMORY; rc != RC_OK; max += 499) {
		arena_init(&result, max);
		rc = run_small(&a, &result);
		EXPECT(rc == RC_OK || rc == RC_NO_MEMORY);
		refused += rc == RC_NO_MEMORY;
		arena_drop(&a);
		arena_drop(&result);
	}
	EXPECT(refused > 80);
}

/* A diff from the log of blocks has no after roots, and no before values of
 * accounts that were not there. */
TEST(test_state_root_needs_no_more_of_the_before_values)
{
	struct state_tries tries = {.node = NULL};
	struct hash k = key_of(1), root, want;
	struct state_nodes nodes;
	struct state_diff diff;
	struct arena arena;
	struct state *s;
	size_t i;

	arena_init(&arena, ARENA);
	s = state_new(&arena, &STATE_SOURCE_EMPTY);
	for (i = 0; i < 5; i++) {
		struct addr a = addr_of(i);

		state_set_nonce(s, &a, i + 1);
		if (i % 2 == 0)
			state_set_slot(s, &a, &k, &U256_ONE);
	}
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_RC(state_root(&arena, &want, &nodes, &diff, &HASH_EMPTY_TRIE,
		      &tries, NULL),
	    RC_OK);
	for (i = 0; i < diff.account_cnt; i++) {
		memset(&diff.accounts[i].before, 0,
		    sizeof(diff.accounts[i].before));
		memset(&diff.accounts[i].after.storage_root, 0, 32);
	}
	EXPECT_RC(state_root(&arena, &root, &nodes, &diff, &HASH_EMPTY_TRIE,
		      &tries, NULL),
	    RC_OK);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&want));
	EXPECT_U64(nodes.cnt, 4);
	EXPECT(!nodes.tries[3].is_storage && nodes.tries[0].is_storage);
	arena_drop(&arena);
}

/* A damaged node of a storage trie stops the root. */
TEST(test_state_root_over_damaged_nodes_is_refused)
{
	struct state_source src;
	struct state_nodes nodes;
	struct state_diff diff;
	struct single x;
	struct arena a;
	struct disk d;
	struct state_tries tries = {.node = read_node, .ctx = &d};
	struct state *s = open_single(&a, &x, &src);
	struct hash root, k = key_of(0);

	memset(&d, 0, sizeof(d));
	map_init(&d.nodes, 32, 16);
	state_set_slot(s, &x.addr, &k, &U256_ONE);
	state_end_tx(s, true);
	EXPECT_RC(state_diff_take(s, &diff, NULL), RC_OK);
	EXPECT_RC(state_root(
		      &a, &root, &nodes, &diff, &HASH_EMPTY_TRIE, &tries, NULL),
	    RC_CORRUPT);
	map_free(&d.nodes);
	arena_drop(&a);
}
