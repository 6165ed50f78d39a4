/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/listroot.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "eth/rlp.h"
#include "ref.h"
#include "test.h"

enum { ARENA = 1 << 28, PAIR_MAX = 256 };

/* A plain trie of a public vector, ascending by key. */
struct plain {
	struct bytes key[PAIR_MAX], value[PAIR_MAX];
	size_t cnt, cut_cnt; /* cut_cnt: removals */
};

static void
plain_set(struct plain *p, struct bytes key, struct bytes value)
{
	size_t at = 0;

	while (at < p->cnt && bytes_cmp(p->key[at], key) < 0)
		at++;
	if (at < p->cnt && bytes_eq(p->key[at], key)) {
		p->value[at] = value;
		if (value.len > 0)
			return;
		p->cnt--;
		p->cut_cnt++;
		memmove(
		    &p->key[at], &p->key[at + 1], (p->cnt - at) * sizeof(key));
		memmove(&p->value[at], &p->value[at + 1],
		    (p->cnt - at) * sizeof(key));
		return;
	}
	if (value.len == 0 || p->cnt == PAIR_MAX)
		return;
	memmove(&p->key[at + 1], &p->key[at], (p->cnt - at) * sizeof(key));
	memmove(&p->value[at + 1], &p->value[at], (p->cnt - at) * sizeof(key));
	p->key[at] = key;
	p->value[at] = value;
	p->cnt++;
}

static struct bytes
text_bytes(const json_t *v)
{
	const char *s = json_string_value(v);

	if (s == NULL)
		return bytes_of(NULL, 0);
	return strncmp(s, "0x", 2) == 0 ? test_hex(s) : bytes_of_str(s);
}

static struct bytes
hashed(struct arena *a, struct bytes key)
{
	struct hash h = hash_keccak(key);

	return arena_copy(a, hash_bytes(&h));
}

/* plain_read reads "in": an object, or a list of pairs where null deletes. */
static void
plain_read(struct plain *p, struct arena *a, json_t *in, bool is_secure)
{
	const char *name;
	json_t *v;
	size_t i;

	p->cnt = p->cut_cnt = 0;
	if (json_is_array(in)) {
		json_array_foreach(in, i, v)
		{
			struct bytes key = text_bytes(json_array_get(v, 0));

			plain_set(p, is_secure ? hashed(a, key) : key,
			    text_bytes(json_array_get(v, 1)));
		}
		return;
	}
	json_object_foreach(in, name, v)
	{
		struct bytes key = strncmp(name, "0x", 2) == 0
				       ? test_hex(name)
				       : bytes_of_str(name);

		plain_set(p, is_secure ? hashed(a, key) : key, text_bytes(v));
	}
}

static void
expect_plain_root(struct arena *a, const struct plain *p, struct bytes want)
{
	struct ref_item items[PAIR_MAX];
	struct hash root;
	size_t i;

	EXPECT_RC(
	    trie_map_root(a, &root, p->key, p->value, p->cnt, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), want);
	for (i = 0; i < p->cnt; i++)
		items[i] = (struct ref_item){p->key[i], p->value[i]};
	ref_root(&root, NULL, items, p->cnt);
	EXPECT_BYTES(hash_bytes(&root), want);
}

/* A secure trie has 32-byte keys: the update must give the same root, one
 * pair after the other and all at once. */
static void
expect_updated_root(struct arena *a, const struct plain *p, struct bytes want)
{
	struct trie_change c[PAIR_MAX];
	struct ref_nodes nodes = {0};
	struct trie_source src = ref_source(&nodes);
	struct trie_batch batch;
	struct hash root = HASH_EMPTY_TRIE;
	size_t i;

	for (i = 0; i < p->cnt; i++) {
		memcpy(c[i].key.b, p->key[i].ptr, sizeof(c[i].key.b));
		c[i].value = p->value[i];
		EXPECT_RC(
		    trie_update(a, &root, &batch, &src, &root, &c[i], 1, NULL),
		    RC_OK);
		EXPECT(ref_apply(&nodes, &batch));
	}
	EXPECT_BYTES(hash_bytes(&root), want);
	src = trie_source_empty();
	root = HASH_EMPTY_TRIE;
	EXPECT_RC(
	    trie_update(a, &root, &batch, &src, &root, c, p->cnt, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), want);
	ref_nodes_free(&nodes);
}

static void
run_vector_file(const char *path, bool is_secure)
{
	json_t *doc = json_load_file(path, 0, NULL), *row;
	const char *name;
	struct plain p = {.cnt = 0};
	struct arena a;
	char label[256];

	EXPECT(doc != NULL);
	arena_init(&a, ARENA);
	json_object_foreach(doc, name, row)
	{
		struct bytes want = text_bytes(json_object_get(row, "root"));

		snprintf(label, sizeof(label), "%s %s", path, name);
		test_row(label);
		plain_read(&p, &a, json_object_get(row, "in"), is_secure);
		EXPECT(p.cnt > 0 || p.cut_cnt > 0);
		expect_plain_root(&a, &p, want);
		if (is_secure)
			expect_updated_root(&a, &p, want);
		test_count(1);
	}
	test_row(NULL);
	json_decref(doc);
	arena_drop(&a);
}

/* ethereum/tests TrieTests. */
TEST(test_map_root_public_vectors)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst");
	const char *const *files;
	char folder[256];
	size_t i, cnt = 0;

	if (dir == NULL) {
		test_skip("no ethereum/unit.tar.zst");
		return;
	}
	snprintf(folder, sizeof(folder), "%s/TrieTests", dir);
	files = test_files(&cnt, folder, ".json");
	EXPECT_U64(cnt, 5);
	for (i = 0; i < cnt; i++)
		run_vector_file(files[i], strstr(files[i], "ecure") != NULL);
}

/* Keys of any length, many of them prefixes of each other. */
TEST(test_map_root_random_keys_equal_reference)
{
	struct rng_test r = {.state = 11};
	struct ref_item items[PAIR_MAX];
	uint8_t room[PAIR_MAX][80];
	struct hash root, want;
	struct plain p = {.cnt = 0};
	struct arena a;
	size_t run, i, len, cnt;

	arena_init(&a, ARENA);
	for (run = 0; run < 400; run++) {
		p.cnt = 0;
		cnt = rng_test_below(&r, 60);
		for (i = 0; i < cnt; i++) {
			len = rng_test_below(&r, run % 2 == 0 ? 5 : 40);
			memset(room[i], 0, sizeof(room[i]));
			if (len > 0)
				room[i][len - 1] =
				    (uint8_t)rng_test_below(&r, 3);
			if (len > 2)
				room[i][len / 2] =
				    (uint8_t)(rng_test_below(&r, 3) << 4);
			room[i][40] = (uint8_t)rng_test_next(&r);
			plain_set(&p, bytes_of(room[i], len),
			    bytes_of(room[i] + 40, 1 + rng_test_below(&r, 39)));
		}
		for (i = 0; i < p.cnt; i++)
			items[i] = (struct ref_item){p.key[i], p.value[i]};
		ref_root(&want, NULL, items, p.cnt);
		EXPECT_RC(trie_map_root(&a, &root, p.key, p.value, p.cnt, NULL),
		    RC_OK);
		if (!EXPECT_BYTES(hash_bytes(&root), hash_bytes(&want)))
			break;
	}
	EXPECT_U64(a.used_bytes, 0);
	arena_drop(&a);
}

struct listed {
	struct ref_item *items;
	struct bytes *values;
	uint8_t *room;
};

static int
compare_items(const void *a, const void *b)
{
	const struct ref_item *x = a, *y = b;

	return bytes_cmp(x->key, y->key);
}

/* list_new makes cnt items of lengths around the bounds of RLP and blocks,
 * and the pairs (rlp(index), item) ascending. */
static struct listed
list_new(struct arena *a, size_t cnt)
{
	struct listed l = {
	    .items = arena_array(a, cnt, sizeof(*l.items)),
	    .values = arena_array(a, cnt, sizeof(*l.values)),
	    .room = arena_array(a, cnt, 700),
	};
	struct buf key;
	size_t i;

	for (i = 0; i < cnt; i++) {
		key = buf_of(l.room + 700 * i, 9);
		EXPECT(rlp_put_u64(&key, i));
		memset(l.room + 700 * i + 9, (int)(i % 251), 691);
		l.values[i] =
		    bytes_of(l.room + 700 * i + 9, 1 + (i * 37) % 690);
		l.items[i] = (struct ref_item){bytes_of_buf(&key), l.values[i]};
	}
	qsort(l.items, cnt, sizeof(*l.items), compare_items);
	return l;
}

TEST(test_list_root_equals_reference_at_every_key_length)
{
	static const size_t counts[] = {1, 2, 15, 16, 17, 18, 127, 128, 129,
	    130, 255, 256, 257, 258, 1000, 5000, 65537};
	struct hash root, want;
	struct listed l;
	struct arena a;
	char label[32];
	size_t i, used;

	arena_init(&a, ARENA);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(label, sizeof(label), "%zu items", counts[i]);
		test_row(label);
		l = list_new(&a, counts[i]);
		used = a.used_bytes;
		ref_root(&want, NULL, l.items, counts[i]);
		EXPECT_RC(trie_list_root(&a, &root, l.values, counts[i], NULL),
		    RC_OK);
		EXPECT_BYTES(hash_bytes(&root), hash_bytes(&want));
		EXPECT_U64(a.used_bytes, used);
		arena_drop(&a);
	}
	test_row(NULL);
}

TEST(test_list_root_of_nothing_is_empty_trie)
{
	struct hash root = {{1}};
	struct arena a;

	arena_init(&a, ARENA);
	EXPECT_RC(trie_list_root(&a, &root, NULL, 0, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), hash_bytes(&HASH_EMPTY_TRIE));
	arena_drop(&a);
}

TEST(test_list_root_without_memory_is_refused)
{
	struct bytes values[40];
	struct hash root;
	struct arena a;
	size_t i, max, refused = 0;
	enum rc rc = RC_NO_MEMORY;

	for (i = 0; i < 40; i++)
		values[i] = bytes_of_str("forty times the same value, of more "
					 "than 32 bytes");
	for (max = 0; rc != RC_OK; max += 97) {
		arena_init(&a, max);
		rc = trie_list_root(&a, &root, values, 40, NULL);
		EXPECT(rc == RC_OK || rc == RC_NO_MEMORY);
		EXPECT_U64(a.used_bytes, 0);
		refused += rc == RC_NO_MEMORY;
		arena_drop(&a);
	}
	EXPECT(refused > 50);
}
