/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store does for a block: 5,000 transfers between accounts drawn at
 * random out of a million, with the trie nodes that such a block changes
 * (made-up bytes at the right places and sizes). Append is the record in the
 * log, synced, and the indexes of the layer; flush brings one block, or four
 * at once, to the tables. Wall and CPU time in milliseconds, medians; reads
 * in nanoseconds. TSV: name, wall, CPU.
 *
 * usage: bench_store [ACCOUNTS [TRANSFERS [BLOCKS]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "eth/block.h"
#include "eth/receipt.h"
#include "store/store.h"
#include "tree.h"

enum {
	ROUND_MAX = 64,
	LEAF_LEN = 92,
	BRANCH_LEN = 532,
	DEPTH = 5,
	READS = 200000
};

struct bench {
	size_t account_cnt, tx_cnt, block_cnt;
	struct addr *addrs; /* ascending by hash */
	struct hash *hashes;
	uint64_t *nonces;
	struct arena arena;
	struct hash head;
	uint64_t number, rng;
	struct store *store;
};

static struct bench b;

/* Time. -------------------------------------------------------------- */

struct moment {
	double wall, cpu;
};

struct series {
	const char *name;
	struct moment v[ROUND_MAX];
	size_t cnt;
};

static double
clock_ms(clockid_t id)
{
	struct timespec t;

	CHECK(clock_gettime(id, &t) == 0);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct moment
now(void)
{
	return (struct moment){
	    clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_THREAD_CPUTIME_ID)};
}

static void
note(struct series *s, struct moment since)
{
	struct moment t = now();

	if (s->cnt < ROUND_MAX)
		s->v[s->cnt++] =
		    (struct moment){t.wall - since.wall, t.cpu - since.cpu};
}

static int
by_wall(const void *x, const void *y)
{
	const struct moment *p = x, *q = y;

	return p->wall < q->wall ? -1 : p->wall > q->wall;
}

static void
report(struct series *s)
{
	if (s->cnt == 0)
		return;
	qsort(s->v, s->cnt, sizeof(s->v[0]), by_wall);
	printf("%s\t%.2f\t%.2f\n", s->name, s->v[s->cnt / 2].wall,
	    s->v[s->cnt / 2].cpu);
}

/* The world. --------------------------------------------------------- */

static uint64_t
next(void)
{
	uint64_t z = b.rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

struct pair {
	struct hash hash;
	struct addr addr;
};

static int
by_hash(const void *x, const void *y)
{
	const struct pair *p = x, *q = y;

	return memcmp(p->hash.b, q->hash.b, sizeof(p->hash.b));
}

static void
make_accounts(void)
{
	struct pair *p = mem_array(b.account_cnt, sizeof(*p));

	b.addrs = mem_array(b.account_cnt, sizeof(*b.addrs));
	b.hashes = mem_array(b.account_cnt, sizeof(*b.hashes));
	b.nonces = mem_array(b.account_cnt, sizeof(*b.nonces));
	CHECK(p != NULL && b.addrs != NULL && b.hashes != NULL &&
	      b.nonces != NULL);
	for (size_t i = 0; i < b.account_cnt; i++) {
		for (size_t j = 0; j < 20; j += 4)
			be32_put(p[i].addr.b + j, (uint32_t)next());
		p[i].hash = hash_keccak(addr_bytes(&p[i].addr));
	}
	qsort(p, b.account_cnt, sizeof(*p), by_hash);
	for (size_t i = 0; i < b.account_cnt; i++) {
		b.addrs[i] = p[i].addr;
		b.hashes[i] = p[i].hash;
	}
	mem_free(p);
}

static int
by_number(const void *x, const void *y)
{
	const uint32_t *p = x, *q = y;

	return *p < *q ? -1 : *p > *q;
}

/* pick draws the accounts of a block, ascending, each once. */
static size_t
pick(struct store_block *blk, uint32_t **out)
{
	size_t want = 2 * b.tx_cnt, cnt = 0;
	uint32_t *v = arena_array(&blk->arena, want, sizeof(*v));

	CHECK(v != NULL);
	for (size_t i = 0; i < want; i++)
		v[i] = (uint32_t)(next() % b.account_cnt);
	qsort(v, want, sizeof(*v), by_number);
	for (size_t i = 0; i < want; i++)
		if (cnt == 0 || v[cnt - 1] != v[i])
			v[cnt++] = v[i];
	*out = v;
	return cnt;
}

static struct account
account_at(uint32_t i)
{
	struct account a = account_empty();

	a.nonce = b.nonces[i];
	a.balance = (struct u256){{1000000000000 + b.nonces[i] * 7, 54, 0, 0}};
	return a;
}

static void
fill_accounts(struct store_block *blk, const uint32_t *v, size_t cnt)
{
	struct state_diff *d = &blk->diff;

	d->accounts = arena_array(&blk->arena, cnt, sizeof(*d->accounts));
	CHECK(d->accounts != NULL);
	d->account_cnt = cnt;
	for (size_t i = 0; i < cnt; i++) {
		struct state_account_change *c = &d->accounts[i];

		c->addr = b.addrs[v[i]];
		c->addr_hash = b.hashes[v[i]];
		c->had_before = b.number > 0;
		c->has_after = true;
		c->before = c->had_before ? account_at(v[i]) : account_empty();
		b.nonces[v[i]] += b.number > 0;
		c->after = account_at(v[i]);
	}
}

static void
add_node(struct store_block *blk, struct trie_batch *out, const struct hash *h,
    uint8_t depth, size_t len)
{
	struct trie_node *n = &out->nodes[out->cnt++];
	uint8_t *p = arena_alloc(&blk->arena, len);

	CHECK(p != NULL);
	for (size_t i = 0; i + 8 <= len; i += 8)
		be64_put(p + i, b.number * 31 + i + h->b[3]);
	n->path.len = depth;
	for (uint8_t i = 0; i < depth; i++)
		n->path.nib[i] = i % 2 ? h->b[i / 2] & 15 : h->b[i / 2] >> 4;
	n->rlp = bytes_of(p, len);
}

static bool
share(const struct hash *x, const struct hash *y, uint8_t depth)
{
	for (uint8_t i = 0; i < depth; i++)
		if ((i % 2 ? x->b[i / 2] & 15 : x->b[i / 2] >> 4) !=
		    (i % 2 ? y->b[i / 2] & 15 : y->b[i / 2] >> 4))
			return false;
	return true;
}

/* fill_nodes: a leaf for each account, and the branches above, in order. */
static void
fill_nodes(struct store_block *blk, const uint32_t *v, size_t cnt)
{
	struct state_trie_nodes *t = arena_alloc(&blk->arena, sizeof(*t));
	const struct hash *last = NULL;

	CHECK(t != NULL);
	t->batch.nodes = arena_array(
	    &blk->arena, cnt * (DEPTH + 1), sizeof(*t->batch.nodes));
	CHECK(t->batch.nodes != NULL);
	for (size_t i = 0; i < cnt; i++) {
		const struct hash *h = &b.hashes[v[i]];

		for (uint8_t d = 0; d < DEPTH; d++)
			if (last == NULL || !share(last, h, d))
				add_node(blk, &t->batch, h, d, BRANCH_LEN);
		if (last == NULL || !share(last, h, DEPTH + 1))
			add_node(blk, &t->batch, h, DEPTH + 1, LEAF_LEN);
		last = h;
	}
	blk->nodes.tries = t;
	blk->nodes.cnt = 1;
}

static void
fill_txs(struct store_block *blk, const uint32_t *v, size_t cnt, size_t tx_cnt)
{
	struct arena *a = &blk->arena;
	struct tx *txs = arena_array(a, tx_cnt, sizeof(*txs));
	struct receipt *r = arena_array(a, tx_cnt, sizeof(*r));
	struct hash *hashes = arena_array(a, tx_cnt, sizeof(*hashes));
	struct addr *senders = arena_array(a, tx_cnt, sizeof(*senders));
	struct block body = {
	    .header = blk->header, .txs = txs, .tx_cnt = tx_cnt};

	CHECK(txs != NULL && r != NULL && hashes != NULL && senders != NULL);
	for (size_t i = 0; i < tx_cnt; i++) {
		struct tx *t = &txs[i];
		struct buf buf;

		*t = (struct tx){.has_chain_id = true,
		    .chain_id = 31337,
		    .nonce = b.number,
		    .gas = 21000,
		    .value = u256_from_u64(i),
		    .to = b.addrs[v[next() % cnt]],
		    .r = {{next(), next(), next(), 1}},
		    .s = {{next(), next(), next(), 1}}};
		buf = buf_of(arena_alloc(a, 160), 160);
		CHECK(tx_encode(&buf, t, true, NULL) == RC_OK);
		t->raw = bytes_of_buf(&buf);
		hashes[i] = hash_keccak(t->raw);
		senders[i] = b.addrs[v[next() % cnt]];
		r[i] = (struct receipt){.is_success = true,
		    .cumulative_gas = 21000 * (i + 1),
		    .gas_used = 21000};
	}
	CHECK(block_encode(a, &blk->raw, &body, NULL) == RC_OK);
	CHECK(receipts_pack(a, &blk->receipts, r, tx_cnt, NULL) == RC_OK);
	blk->tx_hashes = hashes;
	blk->senders = senders;
	blk->tx_cnt = tx_cnt;
}

static struct store_block *
make_block(void)
{
	struct store_block *blk = store_block_new((size_t)4 << 30);
	size_t tx_cnt = b.number == 0 ? 0 : b.tx_cnt, cnt;
	uint32_t *v;

	CHECK(blk != NULL);
	blk->header = (struct header){.parent = b.head,
	    .number = b.number,
	    .difficulty = U256_ONE,
	    .field_cnt = HEADER_FIELDS_FRONTIER};
	blk->hash = header_hash(&blk->header);
	if (b.number == 0) {
		cnt = b.account_cnt;
		v = arena_array(&blk->arena, cnt, sizeof(*v));
		CHECK(v != NULL);
		for (uint32_t i = 0; i < cnt; i++)
			v[i] = i;
	} else {
		cnt = pick(blk, &v);
	}
	fill_accounts(blk, v, cnt);
	fill_nodes(blk, v, cnt);
	fill_txs(blk, v, cnt, tx_cnt);
	return blk;
}

/* Measuring. --------------------------------------------------------- */

static void
append(struct series *s)
{
	struct store_block *blk = make_block();
	struct moment t;

	b.head = blk->hash;
	t = now();
	CHECK(store_append(b.store, &blk, 1, b.number == 0 ? 0 : b.number - 1,
		  NULL) == RC_OK);
	note(s, t);
	b.number++;
}

static void
flush(struct series *s)
{
	struct moment t = now();

	CHECK(store_flush(b.store, NULL) == RC_OK);
	note(s, t);
}

static void
measure_steps(void)
{
	static struct series first = {.name = "genesis append ms"},
			     load = {.name = "genesis flush ms"},
			     app = {.name = "append ms"},
			     one = {.name = "flush of 1 ms"},
			     four = {.name = "flush of 4 ms"};

	append(&first);
	flush(&load);
	for (size_t i = 0; i < b.block_cnt; i++) {
		append(&app);
		flush(&one);
	}
	for (size_t i = 0; i < b.block_cnt / 4; i++) {
		for (int k = 0; k < 4; k++)
			append(&app);
		flush(&four);
	}
	report(&first);
	report(&load);
	report(&app);
	report(&one);
	report(&four);
}

static void
report_read(const char *name, struct moment since, size_t cnt)
{
	struct moment t = now();

	printf("%s\t%.0f\t%.0f\n", name,
	    (t.wall - since.wall) * 1e6 / (double)cnt,
	    (t.cpu - since.cpu) * 1e6 / (double)cnt);
}

static void
read_accounts(const char *name, bool is_there, uint64_t back)
{
	struct store_view *v;
	struct moment t;

	CHECK(store_view_open(&v, b.store, NULL) == RC_OK);
	t = now();
	for (size_t i = 0; i < READS; i++) {
		struct addr a = b.addrs[next() % b.account_cnt];
		struct account acc;
		bool found;

		a.b[19] ^= is_there ? 0 : 1;
		CHECK(store_account(v, b.number - 1 - back, &acc, &found, &a,
			  NULL) == RC_OK &&
		      found == is_there);
	}
	report_read(name, t, READS);
	store_view_close(v);
}

static void
measure_reads(void)
{
	static struct series app;
	struct store_view *v;
	struct moment t = now();

	for (size_t i = 0; i < READS; i++) {
		CHECK(store_view_open(&v, b.store, NULL) == RC_OK);
		store_view_close(v);
	}
	report_read("view open and close ns", t, READS);
	read_accounts("account in tables ns", true, 0);
	read_accounts("absent account ns", false, 0);
	read_accounts("account 10 blocks ago ns", true, 10);
	for (int i = 0; i < 8; i++)
		append(&app);
	read_accounts("account under 8 layers ns", true, 0);
}

static void
measure_open(const struct store_conf *conf)
{
	static struct series open = {.name = "open ms"};
	struct moment t;

	store_close(b.store);
	t = now();
	CHECK(store_open(&b.store, conf, NULL) == RC_OK);
	note(&open, t);
	report(&open);
}

static size_t
number_of(int argc, char **argv, int i, size_t usual)
{
	return argc > i ? (size_t)strtoul(argv[i], NULL, 10) : usual;
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/sekisho-bench.XXXXXX";
	struct store_conf conf;

	log_open("bench", LOG_LV_ERROR);
	b.account_cnt = number_of(argc, argv, 1, 1000000);
	b.tx_cnt = number_of(argc, argv, 2, 5000);
	b.block_cnt = number_of(argc, argv, 3, 12);
	CHECK(mkdtemp(dir) != NULL);
	conf = store_conf_default(dir);
	make_accounts();
	CHECK(store_open(&b.store, &conf, NULL) == RC_OK);
	measure_steps();
	measure_reads();
	measure_open(&conf);
	store_close(b.store);
	(void)tree_remove(dir);
	return 0;
}
