/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/trie.h"

#include "ref.h"
#include "test.h"

enum { ARENA = 1 << 24, BATCH_MAX = 40 };

/* A trie under test: its stored nodes, its root, and what it should hold. */
struct world {
	struct ref_nodes nodes;
	struct ref_map map;
	struct hash root;
	struct trie_change changes[BATCH_MAX];
	uint8_t room[BATCH_MAX * REF_VALUE_MAX];
	size_t cnt;
};

static struct world
world_new(void)
{
	return (struct world){.root = HASH_EMPTY_TRIE};
}

static void
world_free(struct world *w)
{
	ref_nodes_free(&w->nodes);
	ref_map_free(&w->map);
}

static enum rc
world_update(struct world *w, struct arena *a, struct hash *root,
    struct trie_batch *batch, struct err *e)
{
	struct trie_source src = ref_source(&w->nodes);

	return trie_update(
	    a, root, batch, &src, &w->root, w->changes, w->cnt, e);
}

/* world_step applies the drawn batch and compares with a trie built from
 * nothing. Returns false after a failure. */
static bool
world_step(struct world *w)
{
	struct ref_nodes want = {0};
	struct trie_batch batch;
	struct hash root;
	struct arena a;
	struct err e;
	bool ok;

	arena_init(&a, ARENA);
	ok = world_update(w, &a, &w->root, &batch, &e) == RC_OK;
	EXPECT(ok);
	ok = ok && ref_apply(&w->nodes, &batch);
	EXPECT(ok);
	ref_build(&root, &want, &w->map);
	ok = ok && EXPECT_BYTES(hash_bytes(&w->root), hash_bytes(&root));
	ok = ok && ref_nodes_same(&w->nodes, &want);
	EXPECT(ok);
	ref_nodes_free(&want);
	arena_drop(&a);
	return ok;
}

static void
world_draw(
    struct world *w, struct rng_test *r, enum ref_space space, unsigned deletes)
{
	w->cnt = ref_draw_batch(
	    w->changes, w->room, BATCH_MAX, &w->map, r, space, deletes);
}

/* YP appendix D: the node store after any sequence of batches is that of a
 * trie built from nothing; nothing stale stays, nothing unchanged is said. */
TEST(test_update_random_batches_equal_rebuild)
{
	struct rng_test r = {.state = 1};
	enum ref_space space;
	size_t run, i, steps = 0;
	struct world w;

	for (run = 0; run < 80; run++) {
		space = (enum ref_space)(run % REF_SPACE_CNT);
		w = world_new();
		for (i = 0; i < 60; i++) {
			/* grow, then churn, then shrink to nothing */
			world_draw(&w, &r, space,
			    i < 15   ? (unsigned)(run % 4)
			    : i < 40 ? 5
				     : 9);
			if (!world_step(&w))
				return;
			steps++;
		}
		world_free(&w);
	}
	test_count(steps);
}

TEST(test_update_single_changes_equal_rebuild)
{
	struct rng_test r = {.state = 2};
	struct world w;
	size_t run, i;

	for (run = 0; run < 40; run++) {
		w = world_new();
		for (i = 0; i < 60; i++) {
			w.cnt = ref_draw_batch(w.changes, w.room, 1, &w.map, &r,
			    (enum ref_space)(run % REF_SPACE_CNT),
			    i < 30 ? 0 : 7);
			if (!world_step(&w))
				return;
		}
		world_free(&w);
	}
}

static void
set_change(struct world *w, const char *key, const char *value)
{
	struct trie_change *c = &w->changes[w->cnt++];

	memset(c->key.b, 0, sizeof(c->key.b));
	memcpy(c->key.b, test_hex(key).ptr, strlen(key) / 2);
	c->value = bytes_of_str(value);
	ref_set(&w->map, &c->key, c->value);
}

TEST(test_update_delete_all_gives_empty_trie)
{
	struct world w = world_new();

	set_change(&w, "10", "one");
	set_change(&w, "1001", "two");
	set_change(&w, "20", "three");
	EXPECT(world_step(&w));
	w.cnt = 0;
	set_change(&w, "10", "");
	set_change(&w, "1001", "");
	set_change(&w, "20", "");
	EXPECT(world_step(&w));
	EXPECT_BYTES(hash_bytes(&w.root), hash_bytes(&HASH_EMPTY_TRIE));
	EXPECT_U64(w.nodes.cnt, 0);
	world_free(&w);
}

/* The last two keys of a branch change places within one batch: what would
 * collapse in between must not, and its sibling is not loaded. */
TEST(test_update_delete_and_insert_in_one_batch_loads_no_sibling)
{
	const char *const big = "a value of more than 32 bytes, so as to hash";
	struct world w = world_new();

	set_change(&w, "10", big);
	set_change(&w, "20", big);
	EXPECT(world_step(&w));
	w.cnt = 0;
	set_change(&w, "10", "");
	set_change(&w, "30", big);
	w.nodes.reads = 0;
	EXPECT(world_step(&w));
	EXPECT_U64(w.nodes.reads, 2); /* the root and 10 */
	world_free(&w);
}

TEST(test_update_no_changes_keeps_root_and_reads_nothing)
{
	struct world w = world_new();
	struct trie_batch batch;
	struct hash root;
	struct arena a;

	set_change(&w, "10", "one");
	EXPECT(world_step(&w));
	arena_init(&a, ARENA);
	w.cnt = 0;
	w.nodes.reads = 0;
	EXPECT_RC(world_update(&w, &a, &root, &batch, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&w.root));
	EXPECT_U64(batch.cnt, 0);
	EXPECT_U64(w.nodes.reads, 0);
	arena_drop(&a);
	world_free(&w);
}

TEST(test_update_same_values_and_absent_deletes_say_nothing)
{
	struct world w = world_new();
	struct trie_batch batch;
	struct hash root;
	struct arena a;

	set_change(&w, "10", "one");
	set_change(&w, "1022", "two");
	set_change(&w, "1023", "three");
	EXPECT(world_step(&w));
	w.cnt = 0;
	set_change(&w, "00", "");
	set_change(&w, "10", "one");
	set_change(&w, "1021", "");
	set_change(&w, "1023", "three");
	set_change(&w, "1023ff", "");
	set_change(&w, "77", "");
	arena_init(&a, ARENA);
	EXPECT_RC(world_update(&w, &a, &root, &batch, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&w.root));
	EXPECT_U64(batch.cnt, 0);
	arena_drop(&a);
	world_free(&w);
}

static void
draw_world(struct world *w, uint64_t seed, enum ref_space space)
{
	struct rng_test r = {.state = seed};
	size_t i;

	*w = world_new();
	for (i = 0; i < 3; i++) {
		world_draw(w, &r, space, 0);
		EXPECT(world_step(w));
	}
	world_draw(w, &r, space, 8);
}

/* Take away, or damage, each stored node in turn: the update either does not
 * need it or fails and says which path. */
static size_t
try_damage(struct world *w, bool is_missing)
{
	struct hash good, root;
	struct trie_batch batch;
	size_t i, failures = 0;
	struct arena a;
	struct err e;
	enum rc rc;
	uint8_t *byte;
	size_t len;

	arena_init(&a, ARENA);
	EXPECT_RC(world_update(w, &a, &good, &batch, NULL), RC_OK);
	for (i = 0; i < w->nodes.cnt; i++) {
		len = w->nodes.node[i].len;
		byte = &w->nodes.node[i].rlp[(i * 7) % len];
		if (is_missing)
			w->nodes.node[i].len = 0;
		else
			*byte ^= 1;
		e.text[0] = '\0';
		rc = world_update(w, &a, &root, &batch, &e);
		w->nodes.node[i].len = len;
		if (!is_missing)
			*byte ^= 1;
		if (rc == RC_OK) {
			EXPECT_BYTES(hash_bytes(&root), hash_bytes(&good));
			continue;
		}
		EXPECT_RC(rc, RC_CORRUPT);
		EXPECT(strstr(e.text, "path \"") != NULL);
		failures++;
	}
	arena_drop(&a);
	return failures;
}

TEST(test_update_missing_or_damaged_node_is_refused)
{
	struct world w;
	uint64_t seed;
	size_t missing = 0, damaged = 0;

	for (seed = 0; seed < 24; seed++) {
		draw_world(&w, seed, (enum ref_space)(seed % REF_SPACE_CNT));
		missing += try_damage(&w, true);
		damaged += try_damage(&w, false);
		world_free(&w);
	}
	EXPECT(missing > 100);
	EXPECT_U64(damaged, missing);
}

TEST(test_update_of_unknown_root_is_refused)
{
	struct world w = world_new();
	struct trie_batch batch;
	struct hash root;
	struct arena a;
	struct err e;

	arena_init(&a, ARENA);
	set_change(&w, "10", "one");
	w.root.b[0] ^= 1;
	EXPECT_RC(world_update(&w, &a, &root, &batch, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "trie node at path \"\": missing");
	arena_drop(&a);
	world_free(&w);
}

/* Nodes whose hash is right and whose shape is not: only a broken writer
 * makes them. */
static const struct {
	const char *name, *root;
} misshapen[] = {
    {"leaf with a short path", "c22031"},
    {"extension to the end of the key",
	"e4a1"
	"00"
	"0000000000000000000000000000000000000000000000000000000000000000"
	"c22031"},
    {"extension without a path", "c400c22031"},
    {"branch with a value", "d3c22031808080808080808080808080808080"
			    "41"},
    {"no node", "c0"},
    {"leaf below an extension", "c411c3203131"},
};

TEST(test_update_misshapen_node_is_refused)
{
	struct trie_change c = {.value = bytes_of_str("x")};
	struct ref_nodes nodes = {0};
	struct trie_path top = {.len = 0};
	struct trie_visitor visitor = {.ctx = NULL};
	struct trie_source src = ref_source(&nodes);
	struct trie_batch batch;
	struct hash root, out;
	struct bytes rlp;
	struct arena a;
	size_t i;

	arena_init(&a, ARENA);
	for (i = 0; i < sizeof(misshapen) / sizeof(misshapen[0]); i++) {
		test_row(misshapen[i].name);
		memset(c.key.b, i == 5 ? 0x11 : 0, sizeof(c.key.b));
		rlp = test_hex(misshapen[i].root);
		root = hash_keccak(rlp);
		ref_put(&nodes, &top, rlp);
		EXPECT_RC(
		    trie_update(&a, &out, &batch, &src, &root, &c, 1, NULL),
		    RC_CORRUPT);
		EXPECT_RC(
		    trie_get(&a, &rlp, &src, &root, &c.key, NULL), RC_CORRUPT);
		EXPECT_RC(trie_each(&src, &root, &visitor, NULL), RC_CORRUPT);
	}
	test_row(NULL);
	ref_nodes_free(&nodes);
	arena_drop(&a);
}

static enum rc
fail_get(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	(void)ctx;
	(void)out;
	(void)path;
	return FAIL(e, RC_IO, "no disk");
}

TEST(test_update_failing_source_is_passed_on)
{
	struct trie_source src = {.get = fail_get};
	struct trie_change c = {.value = bytes_of_str("x")};
	struct hash root = {{1}}, out;
	struct trie_batch batch;
	struct bytes value;
	struct arena a;
	struct err e;

	arena_init(&a, ARENA);
	EXPECT_RC(trie_update(&a, &out, &batch, &src, &root, &c, 1, &e), RC_IO);
	EXPECT_STR(e.text, "no disk");
	EXPECT_RC(trie_get(&a, &value, &src, &root, &c.key, &e), RC_IO);
	arena_drop(&a);
}

/* Every allocation fails once: no bound leads to anything but RC_NO_MEMORY or
 * the right answer. */
TEST(test_update_without_memory_is_refused)
{
	struct hash good, root;
	struct trie_batch batch;
	struct world w;
	struct arena a;
	size_t max, refused = 0;
	uint64_t seed;
	enum rc rc;

	for (seed = 0; seed < REF_SPACE_CNT; seed++) {
		draw_world(&w, seed, (enum ref_space)seed);
		arena_init(&a, ARENA);
		EXPECT_RC(world_update(&w, &a, &good, &batch, NULL), RC_OK);
		arena_drop(&a);
		for (max = 0, rc = RC_NO_MEMORY; rc != RC_OK; max += 29) {
			arena_init(&a, max);
			rc = world_update(&w, &a, &root, &batch, NULL);
			refused += rc == RC_NO_MEMORY;
			EXPECT(rc == RC_OK || rc == RC_NO_MEMORY);
			arena_drop(&a);
		}
		EXPECT_BYTES(hash_bytes(&root), hash_bytes(&good));
		world_free(&w);
	}
	EXPECT(refused > 500);
}

/* Several tries in one call give what each gives alone. */
TEST(test_update_many_equals_one_by_one)
{
	enum { CNT = 8 };
	static struct world w[CNT];
	struct trie_job jobs[CNT];
	struct trie_batch batch;
	struct hash root;
	struct arena a;
	size_t i, k;

	arena_init(&a, ARENA);
	for (i = 0; i < CNT; i++) {
		draw_world(&w[i], i, (enum ref_space)(i % REF_SPACE_CNT));
		jobs[i] = (struct trie_job){.src = ref_source(&w[i].nodes),
		    .root = w[i].root,
		    .changes = w[i].changes,
		    .cnt = i == 5 ? 0 : w[i].cnt};
	}
	EXPECT_RC(trie_update_many(&a, jobs, CNT, NULL), RC_OK);
	for (i = 0; i < CNT; i++) {
		w[i].cnt = jobs[i].cnt;
		EXPECT_RC(world_update(&w[i], &a, &root, &batch, NULL), RC_OK);
		EXPECT_BYTES(hash_bytes(&jobs[i].root_out), hash_bytes(&root));
		EXPECT_U64(jobs[i].batch.cnt, batch.cnt);
		for (k = 0; k < batch.cnt && k < jobs[i].batch.cnt; k++)
			EXPECT_BYTES(
			    jobs[i].batch.nodes[k].rlp, batch.nodes[k].rlp);
		world_free(&w[i]);
	}
	arena_drop(&a);
}

TEST(test_get_finds_every_key_and_no_other)
{
	struct rng_test r = {.state = 5};
	const struct ref_pair *pair;
	struct trie_source src;
	struct bytes value;
	struct hash key;
	struct world w;
	struct arena a;
	size_t i;

	draw_world(&w, 3, REF_BOTTOM);
	EXPECT(world_step(&w));
	src = ref_source(&w.nodes);
	arena_init(&a, ARENA);
	for (i = 0; i < 300; i++) {
		ref_draw_key(&key, &r, i % 3 == 0 ? REF_EDGES : REF_BOTTOM);
		pair = ref_get(&w.map, &key);
		EXPECT_RC(
		    trie_get(&a, &value, &src, &w.root, &key, NULL), RC_OK);
		if (pair == NULL)
			EXPECT_U64(value.len, 0);
		else
			EXPECT_BYTES(value, bytes_of(pair->value, pair->len));
	}
	src = trie_source_empty();
	EXPECT_RC(
	    trie_get(&a, &value, &src, &HASH_EMPTY_TRIE, &key, NULL), RC_OK);
	EXPECT_U64(value.len, 0);
	EXPECT_RC(trie_get(&a, &value, &src, &w.root, &key, NULL), RC_CORRUPT);
	arena_drop(&a);
	world_free(&w);
}

TEST(test_get_without_memory_is_refused)
{
	struct world w = world_new();
	struct trie_source src;
	struct bytes value;
	struct arena a;

	set_change(&w, "10", "a value");
	EXPECT(world_step(&w));
	src = ref_source(&w.nodes);
	arena_init(&a, 3);
	EXPECT_RC(trie_get(&a, &value, &src, &w.root, &w.changes[0].key, NULL),
	    RC_NO_MEMORY);
	arena_drop(&a);
	world_free(&w);
}
