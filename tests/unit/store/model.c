/* SPDX-License-Identifier: Apache-2.0
 *
 * The world that the store's tests compare with. Trie nodes are random bytes
 * at fixed paths: the store does not know what a trie is.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "eth/block.h"
#include "test.h"

static uint64_t
mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t
model_random(struct model *m, uint64_t n)
{
	return mix(&m->rng) % n;
}

static void *
make(struct model *m, size_t cnt, size_t size)
{
	void *p = arena_array(&m->a, cnt, size);

	CHECK(p != NULL);
	return p;
}

static struct bytes
random_bytes(struct model *m, size_t len)
{
	uint8_t *p = make(m, len, 1);

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)model_random(m, 256);
	return bytes_of(p, len);
}

static struct hash
random_hash(struct model *m)
{
	struct hash h;

	memcpy(h.b, random_bytes(m, sizeof(h.b)).ptr, sizeof(h.b));
	return h;
}

/* The fixed things of the world. ------------------------------------- */

static void
init_addrs(struct model *m)
{
	for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
		struct addr a;
		struct hash h;
		size_t j = i;

		memcpy(a.b, random_bytes(m, 20).ptr, 20);
		h = hash_keccak(addr_bytes(&a));
		for (; j > 0 && memcmp(m->addr_hashes[j - 1].b, h.b, 32) > 0;
		     j--) {
			m->addrs[j] = m->addrs[j - 1];
			m->addr_hashes[j] = m->addr_hashes[j - 1];
		}
		m->addrs[j] = a;
		m->addr_hashes[j] = h;
	}
}

static void
init_keys(struct model *m)
{
	for (size_t i = 0; i < MODEL_SLOTS; i++) {
		struct hash key = {{0}}, h;
		size_t j = i;

		key.b[31] = (uint8_t)i;
		h = hash_keccak(hash_bytes(&key));
		for (; j > 0 && memcmp(m->key_hashes[j - 1].b, h.b, 32) > 0;
		     j--) {
			m->keys[j] = m->keys[j - 1];
			m->key_hashes[j] = m->key_hashes[j - 1];
		}
		m->keys[j] = key;
		m->key_hashes[j] = h;
	}
}

/* Paths that begin alike, and one of full length: what keys must keep apart. */
static void
init_paths(struct model *m)
{
	static const char long_path[] =
	    "000000000000000000000000000000000000000000000000000000000000000f";
	static const char *const text[MODEL_PATHS] = {"", "0", "00", "000",
	    "0000000000000000", long_path, "00000001", "0f", "1", "10", "100",
	    "7abcdef0", "f", "ff"};

	for (size_t i = 0; i < MODEL_PATHS; i++) {
		m->paths[i].len = (uint8_t)strlen(text[i]);
		for (size_t j = 0; j < m->paths[i].len; j++)
			m->paths[i].nib[j] =
			    (uint8_t)(text[i][j] <= '9'
					  ? text[i][j] - '0'
					  : text[i][j] - 'a' + 10);
	}
}

void
model_init(struct model *m, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->a, (size_t)4 << 30);
	m->rng = seed;
	init_addrs(m);
	init_keys(m);
	init_paths(m);
	for (size_t i = 0; i < MODEL_CODES; i++)
		m->codes[i] = random_bytes(m, 1 + model_random(m, 200));
}

void
model_free(struct model *m)
{
	arena_drop(&m->a);
}

/* Making a block. ---------------------------------------------------- */

static void
change_account(struct model *m, struct model_block *b, size_t i)
{
	struct model_account *a = &b->after.accounts[i];

	if (!a->is_there) {
		a->is_there = true;
		a->acc = account_empty();
	}
	a->acc.nonce += model_random(m, 3);
	a->acc.balance = u256_from_u64(model_random(m, UINT64_MAX));
	if (model_random(m, 8) == 0)
		u256_mul(&a->acc.balance, &a->acc.balance, &a->acc.balance);
	if (model_random(m, 4) == 0) {
		size_t code = (size_t)model_random(m, MODEL_CODES);

		a->acc.code_hash = hash_keccak(m->codes[code]);
		b->codes[b->code_cnt++ % MODEL_CODES] = a->acc.code_hash;
	}
	if (model_random(m, 2) == 0)
		return;
	a->acc.storage_root = random_hash(m);
	for (size_t j = 0; j < MODEL_SLOTS; j++)
		if (model_random(m, 2) == 0)
			a->slots[j] =
			    model_random(m, 3) == 0
				? U256_ZERO
				: u256_from_u64(1 + model_random(m, 1 << 20));
}

static void
destroy_account(struct model_block *b, size_t i)
{
	b->after.accounts[i] = (struct model_account){0};
}

static void
change_state(struct model *m, struct model_block *b)
{
	size_t cnt = (size_t)model_random(m, 6);

	for (size_t k = 0; k < cnt; k++) {
		size_t i = (size_t)model_random(m, MODEL_ACCOUNTS);

		if (model_random(m, 6) == 0)
			destroy_account(b, i);
		else
			change_account(m, b, i);
	}
	cnt = (size_t)model_random(m, 12);
	for (size_t k = 0; k < cnt; k++) {
		size_t t = (size_t)model_random(m, MODEL_TRIES);
		size_t p = (size_t)model_random(m, MODEL_PATHS);

		b->after.nodes[t][p] =
		    model_random(m, 4) == 0
			? bytes_of(NULL, 0)
			: random_bytes(m, 33 + model_random(m, 500));
	}
}

static bool
account_same(const struct model_account *x, const struct model_account *y)
{
	if (x->is_there != y->is_there)
		return false;
	if (x->is_there && !account_eq(&x->acc, &y->acc))
		return false;
	for (size_t j = 0; j < MODEL_SLOTS; j++)
		if (!u256_eq(&x->slots[j], &y->slots[j]))
			return false;
	return true;
}

static void
diff_slots(struct model *m, struct model_block *b,
    const struct model_account *before, const struct model_account *after,
    size_t i)
{
	for (size_t j = 0; j < MODEL_SLOTS; j++) {
		struct state_slot_change *c;

		if (u256_eq(&before->slots[j], &after->slots[j]))
			continue;
		c = &b->diff.slots[b->diff.slot_cnt++];
		c->addr = m->addrs[i];
		c->addr_hash = m->addr_hashes[i];
		c->key = m->keys[j];
		c->key_hash = m->key_hashes[j];
		c->before = before->slots[j];
		c->after = after->slots[j];
	}
}

static void
diff_accounts(struct model *m, struct model_block *b)
{
	static const struct model_account none;

	b->diff.accounts =
	    make(m, MODEL_ACCOUNTS, sizeof(struct state_account_change));
	b->diff.slots = make(
	    m, MODEL_ACCOUNTS * MODEL_SLOTS, sizeof(struct state_slot_change));
	for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
		const struct model_account *after = &b->after.accounts[i];
		const struct model_account *before =
		    b->parent == NULL ? &none : &b->parent->after.accounts[i];
		struct state_account_change *c;

		if (account_same(before, after))
			continue;
		c = &b->diff.accounts[b->diff.account_cnt++];
		c->addr = m->addrs[i];
		c->addr_hash = m->addr_hashes[i];
		c->had_before = before->is_there;
		c->has_after = after->is_there;
		c->is_wiped = before->is_there && !after->is_there;
		c->before = before->is_there ? before->acc : account_empty();
		c->after = after->is_there ? after->acc : account_empty();
		diff_slots(m, b, before, after, i);
	}
}

static void
diff_codes(struct model *m, struct model_block *b)
{
	size_t cnt = b->code_cnt < MODEL_CODES ? b->code_cnt : MODEL_CODES;

	b->code_cnt = cnt;
	b->diff.codes = make(m, cnt, sizeof(struct state_code_change));
	b->diff.code_cnt = cnt;
	for (size_t i = 0; i < cnt; i++) {
		b->diff.codes[i].hash = b->codes[i];
		for (size_t j = 0; j < MODEL_CODES; j++) {
			struct hash h = hash_keccak(m->codes[j]);

			if (hash_eq(&h, &b->codes[i]))
				b->diff.codes[i].code = m->codes[j];
		}
	}
}

static void
diff_trie(struct model *m, struct model_block *b, size_t t)
{
	struct state_trie_nodes *out = &b->nodes.tries[b->nodes.cnt];
	struct trie_node *n = make(m, MODEL_PATHS, sizeof(*n));

	*out = (struct state_trie_nodes){.batch.nodes = n};
	out->is_storage = t + 1 < MODEL_TRIES;
	if (out->is_storage)
		out->addr_hash = m->addr_hashes[t];
	for (size_t p = 0; p < MODEL_PATHS; p++) {
		struct bytes before = {NULL, 0};

		if (b->parent != NULL)
			before = b->parent->after.nodes[t][p];
		if (bytes_eq(before, b->after.nodes[t][p]))
			continue;
		n[out->batch.cnt].path = m->paths[p];
		n[out->batch.cnt++].rlp = b->after.nodes[t][p];
	}
	b->nodes.cnt += out->batch.cnt > 0;
}

/* A transaction with made-up signature and what it is said to have done. */
static void
make_tx(
    struct model *m, struct model_block *b, struct tx *tx, struct receipt *r)
{
	struct model_tx *x = &b->txs[b->tx_cnt++];
	struct buf buf;
	size_t size;

	*tx = (struct tx){.type = (enum tx_type)model_random(m, 3),
	    .has_chain_id = true,
	    .chain_id = 31337,
	    .nonce = m->txs_made++,
	    .gas = 21000,
	    .to = m->addrs[model_random(m, MODEL_ACCOUNTS)],
	    .is_create = model_random(m, 5) == 0,
	    .data = random_bytes(m, model_random(m, 70)),
	    .r = u256_from_u64(1 + model_random(m, 1 << 20)),
	    .s = u256_from_u64(1 + model_random(m, 1 << 20))};
	if (tx->is_create)
		tx->to = (struct addr){{0}};
	size = tx_encoded_size(tx);
	buf = buf_of(make(m, size, 1), size);
	CHECK(tx_encode(&buf, tx, true, NULL) == RC_OK);
	tx->raw = bytes_of_buf(&buf);
	tx->hash = hash_keccak(tx->raw);
	x->hash = tx->hash;
	x->nonce = tx->nonce;
	x->sender = m->addrs[model_random(m, MODEL_ACCOUNTS)];
	x->has_other = true;
	x->other = tx->to;
	*r = (struct receipt){.type = tx->type, .is_success = true};
	if (tx->is_create) {
		x->has_other = model_random(m, 2) == 0;
		x->other = m->addrs[model_random(m, MODEL_ACCOUNTS)];
		r->has_contract = x->has_other;
		r->contract = x->other;
	}
}

/* make_made has it make contracts, no two at one address. */
static void
make_made(struct model *m, struct model_tx *x, struct receipt *r)
{
	size_t first = (size_t)model_random(m, MODEL_ACCOUNTS);

	x->made_cnt = (size_t)model_random(m, MODEL_MADE + 1);
	for (size_t i = 0; i < x->made_cnt; i++)
		x->made[i] = (struct creation){
		    .made = m->addrs[(first + i) % MODEL_ACCOUNTS],
		    .by = m->addrs[model_random(m, MODEL_ACCOUNTS)]};
	r->creations = x->made;
	r->creation_cnt = x->made_cnt;
}

static void
make_logs(struct model *m, struct model_tx *x, struct receipt *r)
{
	x->log_cnt = (size_t)model_random(m, MODEL_LOGS + 1);
	for (size_t i = 0; i < x->log_cnt; i++) {
		struct log_entry *l = &x->logs[i];

		l->addr = m->addrs[model_random(m, 3)];
		l->topic_cnt = (unsigned)model_random(m, 5);
		for (unsigned t = 0; t < l->topic_cnt; t++)
			l->topics[t] = m->keys[model_random(m, MODEL_SLOTS)];
		l->data = random_bytes(m, model_random(m, 40));
	}
	r->logs = x->logs;
	r->log_cnt = x->log_cnt;
}

static void
make_body(struct model *m, struct model_block *b)
{
	size_t cnt = (size_t)model_random(m, MODEL_TXS + 1);
	struct tx *txs = make(m, MODEL_TXS, sizeof(*txs));
	struct receipt *r = make(m, MODEL_TXS, sizeof(*r));
	struct addr *senders = make(m, MODEL_TXS, sizeof(*senders));
	struct block blk = {.txs = txs, .tx_cnt = cnt};

	for (size_t i = 0; i < cnt; i++) {
		make_tx(m, b, &txs[i], &r[i]);
		make_logs(m, &b->txs[i], &r[i]);
		make_made(m, &b->txs[i], &r[i]);
		senders[i] = b->txs[i].sender;
	}
	blk.header = b->header;
	CHECK(block_encode(&m->a, &b->raw, &blk, NULL) == RC_OK);
	CHECK(receipts_pack(&m->a, &b->receipts, r, cnt, NULL) == RC_OK);
	b->senders = bytes_of(senders, cnt * sizeof(*senders));
}

static void
make_header(struct model *m, struct model_block *b)
{
	b->header = (struct header){.number = b->number,
	    .gas_limit = 30000000,
	    .time = 1600000000 + b->number,
	    .difficulty = u256_from_u64(2),
	    .extra = random_bytes(m, 32), /* makes siblings differ */
	    .field_cnt = HEADER_FIELDS_FRONTIER};
	if (b->parent != NULL)
		b->header.parent = b->parent->hash;
	b->header.state_root = random_hash(m);
	b->hash = header_hash(&b->header);
}

struct model_block *
model_grow(struct model *m, struct model_block *parent)
{
	struct model_block *b = make(m, 1, sizeof(*b));
	struct u256 two = u256_from_u64(2);

	CHECK(m->block_cnt < MODEL_BLOCK_MAX);
	m->blocks[m->block_cnt++] = b;
	b->parent = parent;
	b->number = parent == NULL ? 0 : parent->number + 1;
	if (parent != NULL) {
		b->after = parent->after;
		b->td = parent->td;
	}
	u256_add(&b->td, &b->td, &two);
	change_state(m, b);
	diff_accounts(m, b);
	diff_codes(m, b);
	b->nodes.tries = make(m, MODEL_TRIES, sizeof(*b->nodes.tries));
	for (size_t t = 0; t < MODEL_TRIES; t++)
		diff_trie(m, b, t);
	make_header(m, b);
	make_body(m, b);
	return b;
}

struct model_block *
model_find(const struct model *m, const struct hash *hash)
{
	for (size_t i = m->block_cnt; i-- > 0;)
		if (hash_eq(&m->blocks[i]->hash, hash))
			return m->blocks[i];
	return NULL;
}

const struct model_block *
model_ancestor(const struct model_block *b, uint64_t number)
{
	while (b != NULL && b->number > number)
		b = b->parent;
	return b;
}

/* Handing to the store. ---------------------------------------------- */

static void *
copy(struct arena *a, const void *p, size_t cnt, size_t size)
{
	void *out = arena_array(a, cnt, size);

	CHECK(out != NULL);
	if (cnt > 0)
		memcpy(out, p, cnt * size);
	return out;
}

static struct bytes
copy_bytes(struct arena *a, struct bytes b)
{
	struct bytes out = arena_copy(a, b);

	CHECK(out.ptr != NULL);
	return out;
}

static void
copy_nodes(
    struct arena *a, struct state_nodes *out, const struct state_nodes *in)
{
	out->cnt = in->cnt;
	out->tries = copy(a, in->tries, in->cnt, sizeof(*in->tries));
	for (size_t i = 0; i < in->cnt; i++) {
		struct trie_batch *b = &out->tries[i].batch;

		b->nodes = copy(a, b->nodes, b->cnt, sizeof(*b->nodes));
		for (size_t j = 0; j < b->cnt; j++)
			b->nodes[j].rlp = copy_bytes(a, b->nodes[j].rlp);
	}
}

struct store_block *
model_block(const struct model_block *b)
{
	struct store_block *out = store_block_new((size_t)1 << 28);
	struct hash hashes[MODEL_TXS];

	CHECK(out != NULL);
	for (size_t i = 0; i < b->tx_cnt; i++)
		hashes[i] = b->txs[i].hash;
	out->hash = b->hash;
	out->header = b->header;
	out->header.extra = copy_bytes(&out->arena, b->header.extra);
	out->total_difficulty = b->td;
	out->raw = copy_bytes(&out->arena, b->raw);
	out->receipts = copy_bytes(&out->arena, b->receipts);
	out->senders = (const struct addr *)(const void *)copy_bytes(
	    &out->arena, b->senders)
			   .ptr;
	out->tx_cnt = b->tx_cnt;
	out->tx_hashes =
	    copy(&out->arena, hashes, b->tx_cnt, sizeof(struct hash));
	out->diff = b->diff;
	out->diff.accounts = copy(&out->arena, b->diff.accounts,
	    b->diff.account_cnt, sizeof(*b->diff.accounts));
	out->diff.slots = copy(&out->arena, b->diff.slots, b->diff.slot_cnt,
	    sizeof(*b->diff.slots));
	out->diff.codes = copy(&out->arena, b->diff.codes, b->diff.code_cnt,
	    sizeof(*b->diff.codes));
	for (size_t i = 0; i < out->diff.code_cnt; i++)
		out->diff.codes[i].code =
		    copy_bytes(&out->arena, out->diff.codes[i].code);
	copy_nodes(&out->arena, &out->nodes, &b->nodes);
	return out;
}

static bool
same_diff(struct state_diff *got, const struct state_diff *want)
{
	if (got->account_cnt != want->account_cnt ||
	    got->slot_cnt != want->slot_cnt || got->code_cnt != want->code_cnt)
		return false;
	for (size_t i = 0; i < want->account_cnt; i++) {
		struct state_account_change *g = &got->accounts[i];
		const struct state_account_change *w = &want->accounts[i];

		if (!addr_eq(&g->addr, &w->addr) ||
		    !hash_eq(&g->addr_hash, &w->addr_hash) ||
		    g->has_after != w->has_after ||
		    g->is_wiped != w->is_wiped ||
		    !account_eq(&g->after, &w->after))
			return false;
		*g = *w;
	}
	for (size_t i = 0; i < want->slot_cnt; i++) {
		struct state_slot_change *g = &got->slots[i];
		const struct state_slot_change *w = &want->slots[i];

		if (!addr_eq(&g->addr, &w->addr) ||
		    !hash_eq(&g->key, &w->key) ||
		    !hash_eq(&g->addr_hash, &w->addr_hash) ||
		    !hash_eq(&g->key_hash, &w->key_hash) ||
		    !u256_eq(&g->after, &w->after))
			return false;
		*g = *w;
	}
	for (size_t i = 0; i < want->code_cnt; i++)
		if (!hash_eq(&got->codes[i].hash, &want->codes[i].hash) ||
		    !bytes_eq(got->codes[i].code, want->codes[i].code))
			return false;
	return true;
}

bool
model_complete(const struct model *m, struct store_block *b)
{
	const struct model_block *w = model_find(m, &b->hash);

	if (w == NULL || b->header.number != w->number ||
	    !u256_eq(&b->total_difficulty, &w->td) ||
	    !bytes_eq(b->raw, w->raw) || !bytes_eq(b->receipts, w->receipts) ||
	    b->tx_cnt != w->tx_cnt ||
	    !bytes_eq(bytes_of(b->senders, b->tx_cnt * 20), w->senders) ||
	    !same_diff(&b->diff, &w->diff))
		return false;
	for (size_t i = 0; i < w->tx_cnt; i++)
		if (!hash_eq(&b->tx_hashes[i], &w->txs[i].hash))
			return false;
	copy_nodes(&b->arena, &b->nodes, &w->nodes);
	return true;
}

enum rc
model_append(struct store *s, const struct model_block *head,
    uint64_t rewind_to, struct err *e)
{
	size_t cnt =
	    head->parent == NULL ? 1 : (size_t)(head->number - rewind_to);
	struct store_block **blocks = mem_array(cnt, sizeof(*blocks));
	const struct model_block *b = head;
	enum rc rc;

	CHECK(blocks != NULL);
	for (size_t i = cnt; i-- > 0; b = b->parent)
		blocks[i] = model_block(b);
	rc = store_append(s, blocks, cnt, rewind_to, e);
	if (rc != RC_OK)
		for (size_t i = 0; i < cnt; i++)
			store_block_free(blocks[i]);
	mem_free(blocks);
	return rc;
}

size_t
model_recover(const struct model *m, struct store *s)
{
	struct store_block **blocks;
	uint64_t rewind_to;
	size_t groups = 0, cnt;
	struct err e = {0};

	for (;; groups++) {
		enum rc rc = store_recover(s, &blocks, &cnt, &rewind_to, &e);

		if (rc == RC_OK && cnt == 0)
			return groups;
		for (size_t i = 0; i < cnt && rc == RC_OK; i++)
			if (!model_complete(m, blocks[i]))
				rc = FAIL(&e, RC_CORRUPT, "another block");
		if (rc == RC_OK)
			rc = store_adopt(s, blocks, cnt, rewind_to, &e);
		if (rc != RC_OK) {
			test_fail(__FILE__, __LINE__, "recover: %s: %s",
			    err_name(rc), e.text);
			return groups;
		}
	}
}
