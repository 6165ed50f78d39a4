/* SPDX-License-Identifier: Apache-2.0
 *
 * What state roots cost: account tries of 100,000 and 1,000,000 leaves in an
 * in-memory source (a hash table by path), batches of updated accounts, mixed
 * batches that also insert and delete, and the root of a list of receipts.
 * CPU time of this thread; median of the rounds. One TSV line per case:
 * name, items, microseconds, microseconds per item.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "crypto/keccak.h"
#include "crypto/rng.h"
#include "eth/account.h"
#include "trie/listroot.h"
#include "trie/trie.h"

enum { ROUNDS = 21, ARENA_MAX = 1 << 30, LIST_CNT = 5000 };

/* Nodes by a 64-bit hash of their path, which stands for the path: of some
 * million paths no two are alike but by an accident of one in a million, and
 * the update would notice it as a wrong hash. */
struct record {
	uint64_t tag; /* 0: free */
	uint8_t *rlp; /* NULL: removed */
	size_t len;
};
struct nodes {
	struct record *slot;
	size_t cap;
};

static uint64_t
hash_path(const struct trie_path *path)
{
	uint64_t h = 0x9e3779b97f4a7c15u + path->len;
	size_t i;

	for (i = 0; i < path->len; i++)
		h = (h ^ path->nib[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xff51afd7ed558ccdu;
	return (h ^ h >> 29) | 1;
}

static struct record *
slot_of(const struct nodes *n, const struct trie_path *path)
{
	uint64_t tag = hash_path(path);
	size_t at = tag >> 1;

	for (;; at++) {
		struct record *r = &n->slot[at & (n->cap - 1)];

		if (r->tag == 0 || r->tag == tag) {
			r->tag = tag;
			return r;
		}
	}
}

static enum rc
nodes_get(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct record *r = slot_of(ctx, path);

	(void)e;
	*out = r->rlp == NULL ? bytes_of(NULL, 0) : bytes_of(r->rlp, r->len);
	return RC_OK;
}

static void
nodes_apply(struct nodes *n, const struct trie_batch *b)
{
	size_t i;

	for (i = 0; i < b->cnt; i++) {
		struct record *r = slot_of(n, &b->nodes[i].path);

		free(r->rlp);
		r->rlp = NULL;
		r->len = b->nodes[i].rlp.len;
		if (r->len == 0)
			continue;
		r->rlp = malloc(r->len);
		CHECK(r->rlp != NULL);
		memcpy(r->rlp, b->nodes[i].rlp.ptr, r->len);
	}
}

static void
nodes_free(struct nodes *n)
{
	size_t i;

	for (i = 0; i < n->cap; i++)
		free(n->slot[i].rlp);
	free(n->slot);
}

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const char *name, size_t items, double us[ROUNDS])
{
	qsort(us, ROUNDS, sizeof(*us), compare_double);
	printf("%s\t%zu\t%.0f\t%.3f\n", name, items, us[ROUNDS / 2],
	    us[ROUNDS / 2] / (double)items);
}

/* key_of is the key of account i: hashed, as in the state trie. */
static struct hash
key_of(uint64_t i)
{
	return hash_keccak(bytes_of(&i, sizeof(i)));
}

static struct bytes
draw_account(struct arena *a, struct rng_test *r)
{
	struct account acc = account_empty();
	uint8_t rlp[ACCOUNT_RLP_MAX];

	acc.nonce = rng_test_below(r, 1000);
	acc.balance = u256_from_u64(rng_test_next(r));
	return arena_copy(a, bytes_of(rlp, account_encode(rlp, &acc)));
}

static int
compare_changes(const void *a, const void *b)
{
	const struct trie_change *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static size_t
sort_changes(struct trie_change *c, size_t cnt)
{
	size_t i, kept = 0;

	qsort(c, cnt, sizeof(*c), compare_changes);
	for (i = 0; i < cnt; i++)
		if (kept == 0 || !hash_eq(&c[kept - 1].key, &c[i].key))
			c[kept++] = c[i];
	return kept;
}

struct world {
	struct nodes nodes;
	struct trie_source src;
	struct hash root;
	struct arena a; /* kept warm between rounds, as a block's is */
	struct rng_test r;
	uint64_t cnt;
};

static void
world_open(struct world *w, size_t cnt)
{
	struct trie_change *c = calloc(cnt, sizeof(*c));
	struct trie_batch batch;
	struct arena values;
	double start;
	size_t i;

	CHECK(c != NULL);
	*w = (struct world){.root = HASH_EMPTY_TRIE, .cnt = cnt};
	arena_init(&w->a, ARENA_MAX);
	arena_init(&values, ARENA_MAX);
	w->nodes.cap = (size_t)1 << (66 - __builtin_clzll(cnt));
	w->nodes.slot = calloc(w->nodes.cap, sizeof(*w->nodes.slot));
	CHECK(w->nodes.slot != NULL);
	w->src = (struct trie_source){nodes_get, &w->nodes};
	for (i = 0; i < cnt; i++)
		c[i] = (struct trie_change){
		    key_of(i), draw_account(&values, &w->r)};
	cnt = sort_changes(c, cnt);
	start = cpu_us();
	CHECK(trie_update(&w->a, &w->root, &batch, &w->src, &w->root, c, cnt,
		  NULL) == RC_OK);
	printf("build\t%zu\t%.0f\t%.3f\n", cnt, cpu_us() - start,
	    (cpu_us() - start) / (double)cnt);
	nodes_apply(&w->nodes, &batch);
	arena_drop(&w->a);
	arena_drop(&values);
	free(c);
}

/* run times batches of cnt changes; every new_of-th is a new account, every
 * gone_of-th a removed one (0: none). */
static void
run(struct world *w, const char *name, size_t cnt, size_t new_of,
    size_t gone_of)
{
	struct trie_change *c = calloc(cnt, sizeof(*c));
	struct trie_batch batch;
	double us[ROUNDS];
	struct arena values;
	size_t i, n, round, nodes = 0;

	CHECK(c != NULL);
	arena_init(&values, ARENA_MAX);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < cnt; i++) {
			bool is_new = new_of > 0 && i % new_of == 0;
			bool is_gone = gone_of > 0 && i % gone_of == 1;

			c[i].key = key_of(
			    is_new ? w->cnt++ : rng_test_below(&w->r, w->cnt));
			c[i].value = is_gone ? bytes_of(NULL, 0)
					     : draw_account(&values, &w->r);
		}
		n = sort_changes(c, cnt);
		us[round] = cpu_us();
		CHECK(trie_update(&w->a, &w->root, &batch, &w->src, &w->root, c,
			  n, NULL) == RC_OK);
		us[round] = cpu_us() - us[round];
		nodes = batch.cnt;
		nodes_apply(&w->nodes, &batch);
		arena_drop(&w->a);
		arena_drop(&values);
	}
	free(c);
	printf("# %zu nodes changed\n", nodes);
	report(name, cnt, us);
}

static void
run_size(size_t cnt)
{
	struct world w;

	printf("# %zu accounts\n", cnt);
	world_open(&w, cnt);
	run(&w, "update", 10, 0, 0);
	run(&w, "update", 1000, 0, 0);
	run(&w, "update", 10000, 0, 0);
	run(&w, "update, a tenth new", 10000, 10, 0);
	run(&w, "update, a tenth gone", 10000, 0, 10);
	nodes_free(&w.nodes);
}

static void
run_list(size_t item_len)
{
	static uint8_t room[LIST_CNT][512];
	static struct bytes items[LIST_CNT];
	struct rng_test r = {.state = 1};
	double us[ROUNDS];
	struct hash root;
	struct arena a;
	char name[32];
	size_t i;

	rng_test_fill(&r, room, sizeof(room));
	arena_init(&a, ARENA_MAX);
	for (i = 0; i < LIST_CNT; i++)
		items[i] = bytes_of(room[i], item_len);
	for (i = 0; i < ROUNDS; i++) {
		us[i] = cpu_us();
		CHECK(
		    trie_list_root(&a, &root, items, LIST_CNT, NULL) == RC_OK);
		us[i] = cpu_us() - us[i];
	}
	arena_drop(&a);
	snprintf(name, sizeof(name), "list of %zu bytes", item_len);
	report(name, LIST_CNT, us);
}

int
main(int argc, char **argv)
{
	size_t max = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	size_t cnt;

	printf("case\titems\tus\tus_per_item\n");
	run_list(110); /* a transfer */
	run_list(270); /* its receipt */
	run_list(430); /* a token transfer's */
	for (cnt = 100000; cnt <= max; cnt *= 10)
		run_size(cnt);
	return 0;
}
