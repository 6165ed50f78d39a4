/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation of every step fails once: the step answers RC_NO_MEMORY,
 * nothing has changed, and the same step succeeds when memory is back. Only a
 * step whose record is already in the log ends the store instead, and the
 * next start finds it whole.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/check.h"
#include "files.h"
#include "model.h"
#include "test.h"

/* More allocations than any step makes. */
enum { TRIES = 2000 };

static struct model m;

static struct store_conf
conf_at(const char *dir)
{
	struct store_conf c = store_conf_default(dir);

	c.map_bytes = (size_t)16 << 20;
	return c;
}

/* opened opens a store, letting each allocation fail in turn. */
static struct store *
opened(const char *dir)
{
	struct store_conf c = conf_at(dir);
	struct store *s = NULL;

	for (size_t n = 1; n < TRIES; n++) {
		enum rc rc;

		test_alloc_fail(n);
		rc = store_open(&s, &c, NULL);
		if (!test_alloc_did_fail()) {
			EXPECT_RC(rc, RC_OK);
			EXPECT(n > 5);
			return s;
		}
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	CHECK(false);
	return s;
}

/* grouped makes the blocks above rewind_to that lead to head. */
static size_t
grouped(struct store_block *out[8], const struct model_block *head,
    uint64_t rewind_to)
{
	size_t cnt =
	    head->parent == NULL ? 1 : (size_t)(head->number - rewind_to);

	for (size_t i = cnt; i-- > 0; head = head->parent)
		out[i] = model_block(head);
	return cnt;
}

static void
appended(struct store *s, const struct model_block *head, uint64_t rewind_to)
{
	struct store_block *blocks[8];
	size_t cnt = grouped(blocks, head, rewind_to), n = 1;
	enum rc rc;

	for (;; n++) {
		test_alloc_fail(n);
		rc = store_append(s, blocks, cnt, rewind_to, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(n > 3);
}

static void
flushed(struct store *s)
{
	enum rc rc;
	size_t n = 1;

	for (;; n++) {
		test_alloc_fail(n);
		rc = store_flush(s, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(n > 3);
}

static struct model_block *
branch(struct model_block *b, int back, int len)
{
	for (; back > 0; back--)
		b = b->parent;
	for (; len > 0; len--)
		b = model_grow(&m, b);
	return b;
}

TEST(test_memory_short_in_any_step_changes_nothing)
{
	struct store *s = opened(test_tmpdir());
	struct model_block *b = NULL;

	model_init(&m, 101);
	for (int i = 0; i < 4; i++) {
		b = model_grow(&m, b);
		appended(s, b, i == 0 ? 0 : b->number - 1);
		model_check(&m, s, b, 0);
	}
	flushed(s);
	model_check(&m, s, b, 0);
	b = branch(b, 0, 3);
	appended(s, b, 3);
	b = branch(b, 2, 3); /* undoes layers */
	appended(s, b, 4);
	model_check(&m, s, b, 0);
	flushed(s);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

/* So many of each thing that every list of a block needs a chunk of its
 * arena: else one allocation serves many lists, and fails for the first. */
enum { MANY = 6000 };

static void
add_many(struct store_block *b)
{
	struct arena *a = &b->arena;
	struct state_diff *d = &b->diff;
	struct state_trie_nodes *t = arena_array(a, 1, sizeof(*t));

	d->accounts = arena_array(a, MANY, sizeof(*d->accounts));
	d->slots = arena_array(a, MANY, sizeof(*d->slots));
	d->codes = arena_array(a, MANY, sizeof(*d->codes));
	CHECK(t != NULL && d->accounts != NULL && d->slots != NULL &&
	      d->codes != NULL);
	t->batch.nodes = arena_array(a, MANY, sizeof(*t->batch.nodes));
	CHECK(t->batch.nodes != NULL);
	for (uint32_t i = 0; i < MANY; i++) {
		struct state_account_change *c = &d->accounts[i];
		struct trie_path *path = &t->batch.nodes[i].path;
		uint8_t *code = arena_alloc(a, 40);

		CHECK(code != NULL);
		be32_put(c->addr.b, i);
		c->addr_hash = hash_keccak(addr_bytes(&c->addr));
		c->has_after = true;
		c->before = c->after = account_empty();
		c->after.nonce = i + 1;
		d->slots[i].addr = c->addr;
		d->slots[i].addr_hash = c->addr_hash;
		be32_put(d->slots[i].key.b, i);
		d->slots[i].key_hash =
		    hash_keccak(hash_bytes(&d->slots[i].key));
		d->slots[i].after = u256_from_u64(i + 1);
		be32_put(code, i);
		d->codes[i].code = bytes_of(code, 40);
		d->codes[i].hash = hash_keccak(d->codes[i].code);
		path->len = 8;
		for (size_t j = 0; j < 8; j++)
			path->nib[j] = (uint8_t)(i >> (28 - 4 * j) & 15);
		t->batch.nodes[i].rlp = d->codes[i].code;
	}
	d->account_cnt = d->slot_cnt = d->code_cnt = MANY;
	t->batch.cnt = MANY;
	b->nodes.tries = t;
	b->nodes.cnt = 1;
}

/* check_many reads some of it back. */
static void
check_many(struct store *s)
{
	struct store_view *v;

	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	for (uint32_t i = 0; i < MANY; i += 997) {
		struct hash key = {{0}};
		struct addr addr = {{0}};
		struct account acc = account_empty();
		struct u256 value = U256_ZERO;
		bool found = false;

		be32_put(addr.b, i);
		be32_put(key.b, i);
		EXPECT_RC(
		    store_account(v, 0, &acc, &found, &addr, NULL), RC_OK);
		EXPECT(found);
		EXPECT_U64(acc.nonce, i + 1);
		EXPECT_RC(store_slot(v, 0, &value, &addr, &key, NULL), RC_OK);
		EXPECT_U64(value.w[0], i + 1);
	}
	store_view_close(v);
}

/* recover_many replays the one group, whose nodes the log does not have. */
static void
recover_many(struct store *s)
{
	struct store_block **blocks;
	uint64_t rewind_to;
	size_t cnt, n = 1;
	enum rc rc;

	for (;; n++) {
		test_alloc_fail(n);
		rc = store_recover(s, &blocks, &cnt, &rewind_to, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT_U64(cnt, 1);
	EXPECT(n > 6);
	EXPECT_RC(store_adopt(s, blocks, cnt, rewind_to, NULL), RC_OK);
}

TEST(test_memory_short_with_a_large_block_changes_nothing)
{
	struct store_conf c = conf_at(test_tmpdir());
	struct store *s;
	struct store_block *b;
	enum rc rc;
	size_t n = 1;

	c.map_bytes = (size_t)64 << 20;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_init(&m, 105);
	b = model_block(model_grow(&m, NULL));
	add_many(b);
	for (;; n++) {
		test_alloc_fail(n);
		rc = store_append(s, &b, 1, 0, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(n > 6);
	check_many(s);
	store_close(s);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	recover_many(s);
	check_many(s);
	flushed(s);
	check_many(s);
	store_close(s);
	model_free(&m);
}

/* recovered replays the log; the caller's part gets all memory it wants. */
static void
recovered(struct store *s)
{
	struct store_block **blocks;
	uint64_t rewind_to;
	enum rc rc;
	size_t cnt;

	for (;;) {
		for (size_t n = 1;; n++) {
			test_alloc_fail(n);
			rc = store_recover(s, &blocks, &cnt, &rewind_to, NULL);
			if (!test_alloc_did_fail())
				break;
			EXPECT_RC(rc, RC_NO_MEMORY);
		}
		EXPECT_RC(rc, RC_OK);
		if (cnt == 0)
			return;
		for (size_t i = 0; i < cnt; i++)
			EXPECT(model_complete(&m, blocks[i]));
		for (size_t n = 1;; n++) {
			test_alloc_fail(n);
			rc = store_adopt(s, blocks, cnt, rewind_to, NULL);
			if (!test_alloc_did_fail())
				break;
			EXPECT_RC(rc, RC_NO_MEMORY);
		}
		EXPECT_RC(rc, RC_OK);
	}
}

TEST(test_memory_short_in_recovery_can_be_tried_again)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path db = files_path("%s/store/db", test_tmpdir());
	struct path old = files_path("%s/old", test_tmpdir());
	struct store_conf c = conf_at(dir.s);
	struct model_block *b = NULL;
	struct store *s;

	CHECK(mkdir(dir.s, 0700) == 0);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_init(&m, 102);
	for (int i = 0; i < 5; i++) {
		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, i == 0 ? 0 : b->number - 1, NULL),
		    RC_OK);
		if (i == 2)
			EXPECT_RC(store_flush(s, NULL), RC_OK);
	}
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	store_close(s);
	files_copy_tree(db.s, old.s);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	b = branch(b, 2, 3); /* undoes what the tables hold */
	EXPECT_RC(model_append(s, b, 2, NULL), RC_OK);
	b = branch(b, 0, 1);
	EXPECT_RC(model_append(s, b, b->number - 1, NULL), RC_OK);
	store_close(s);
	files_remove_tree(db.s);
	CHECK(rename(old.s, db.s) == 0);
	s = opened(dir.s);
	recovered(s);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

/* The tables must follow the record at once, and cannot. */
TEST(test_memory_short_behind_a_deep_record_stops_the_store)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path bent = files_path("%s/bent", test_tmpdir());
	struct store_conf c = conf_at(dir.s);
	struct model_block *b = NULL, *x;
	bool is_over = false;
	size_t stops = 0;
	struct store *s;

	CHECK(mkdir(dir.s, 0700) == 0);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_init(&m, 103);
	for (int i = 0; i < 5; i++) {
		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, i == 0 ? 0 : b->number - 1, NULL),
		    RC_OK);
	}
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	store_close(s);
	x = branch(b, 2, 3);
	c = conf_at(bent.s);
	for (size_t n = 1; !is_over; n++) {
		struct store_block *blocks[8];
		size_t cnt = grouped(blocks, x, 2);
		enum rc rc;

		files_copy_tree(dir.s, bent.s);
		EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
		files_hush(true);
		test_alloc_fail(n);
		rc = store_append(s, blocks, cnt, 2, NULL);
		is_over = !test_alloc_did_fail();
		if (rc != RC_OK)
			for (size_t i = 0; i < cnt; i++)
				store_block_free(blocks[i]);
		if (rc == RC_IO)
			EXPECT_RC(store_flush(s, NULL), RC_IO);
		files_hush(false);
		stops += rc == RC_IO;
		EXPECT(rc == RC_NO_MEMORY || rc == RC_IO ||
		       (rc == RC_OK && is_over));
		model_check(&m, s, rc == RC_OK ? x : b, 0);
		store_close(s);
		EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
		EXPECT_U64(model_recover(&m, s), rc == RC_IO);
		model_check(&m, s, rc == RC_NO_MEMORY ? b : x, 0);
		store_close(s);
		files_remove_tree(bent.s);
	}
	EXPECT(stops > 3);
	model_free(&m);
}

static bool
see_account(void *ctx, const struct addr *addr, const struct account *acc)
{
	(void)addr;
	(void)acc;
	++*(size_t *)ctx;
	return true;
}

static bool
see_log(void *ctx, const struct store_log_at *at)
{
	(void)at;
	++*(size_t *)ctx;
	return true;
}

static bool
see_slot(void *ctx, const struct hash *key, const struct u256 *value)
{
	(void)key;
	(void)value;
	++*(size_t *)ctx;
	return true;
}

static bool
see_tx(void *ctx, uint64_t number, uint32_t index)
{
	(void)number;
	(void)index;
	++*(size_t *)ctx;
	return true;
}

static enum rc
find_maker(const struct store_view *v, const struct addr *addr)
{
	uint64_t number;
	uint32_t index;
	struct addr by;

	return store_creation(v, &number, &index, &by, addr, NULL);
}

static enum rc
walk(const struct store_view *v, int kind, size_t *cnt)
{
	struct store_log_query q = {.last = UINT64_MAX, .addr = &m.addrs[0]};

	switch (kind) {
	case 0:
		return store_each_account(v, see_account, cnt, NULL);
	case 1:
		return store_each_log(v, &q, see_log, cnt, NULL);
	case 2:
		return store_each_slot(v, &m.addrs[3], see_slot, cnt, NULL);
	case 3:
		return store_each_tx_of(
		    v, &m.addrs[3], 0, 99, see_tx, cnt, NULL);
	case 4:
		return store_each_tx_back(
		    v, &m.addrs[3], 0, 99, see_tx, cnt, NULL);
	default:
		(*cnt)++;
		return find_maker(v, &m.addrs[3]);
	}
}

TEST(test_memory_short_in_a_walk_says_so)
{
	struct store_conf c = conf_at(test_tmpdir());
	struct model_block *b = NULL;
	struct store_view *v;
	struct store *s;

	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_init(&m, 106);
	for (int i = 0; i < 30; i++) {
		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, i == 0 ? 0 : b->number - 1, NULL),
		    RC_OK);
	}
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	for (int kind = 0; kind < 6; kind++)
		for (size_t n = 1;; n++) {
			size_t cnt = 0;
			enum rc rc;

			test_alloc_fail(n);
			rc = walk(v, kind, &cnt);
			if (!test_alloc_did_fail()) {
				EXPECT_RC(rc, RC_OK);
				EXPECT(cnt > 0 && n > 1);
				break;
			}
			EXPECT_RC(rc, RC_NO_MEMORY);
		}
	store_view_close(v);
	store_close(s);
	model_free(&m);
}
