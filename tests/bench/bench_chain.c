/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block costs from candidates to tables, on a state of a million
 * accounts: 5,000 plain transfers between accounts drawn at random, senders
 * known. First the whole steps as the node takes them (build, stage, commit,
 * flush, import), then the parts of building apart. Wall time, since disk is
 * part of it; medians. One TSV line per case: name, items, microseconds,
 * microseconds per item.
 *
 * usage: bench_chain [ACCOUNTS [TRANSFERS [BLOCKS]]]
 */
#include <unistd.h>

#include "base/log.h"
#include "benchchain.h"
#include "tree.h"

enum { GAS_LIMIT = 2000000000 };

struct bench {
	size_t account_cnt, tx_cnt, block_cnt;
	struct bench_chain c;
	char dir[64];
	struct addr *addrs; /* ascending */
	uint64_t *nonces;
	struct chain_candidate *cand;
	struct tx *txs; /* what cand points to */
	struct rng_test rng;
};

static void
make_genesis(struct bench *b)
{
	struct genesis_account *acc =
	    arena_array(&b->c.arena, b->account_cnt, sizeof(*acc));
	size_t i;

	b->addrs = arena_array(&b->c.arena, b->account_cnt, sizeof(*b->addrs));
	b->nonces =
	    arena_array(&b->c.arena, b->account_cnt, sizeof(*b->nonces));
	CHECK(acc != NULL && b->addrs != NULL && b->nonces != NULL);
	for (i = 0; i < b->account_cnt; i++)
		rng_test_fill(&b->rng, b->addrs[i].b, sizeof(struct addr));
	qsort(b->addrs, b->account_cnt, sizeof(struct addr), by_addr);
	for (i = 0; i < b->account_cnt; i++) {
		acc[i].addr = b->addrs[i];
		acc[i].balance = u256_from_u64(1000000000000000000ULL);
	}
	b->c.g.accounts = acc;
	b->c.g.account_cnt = b->account_cnt;
	bench_rules(&b->c.g, GAS_LIMIT);
}

/* fill_candidates makes transfers whose signatures nobody will check. */
static void
fill_candidates(struct bench *b, struct arena *a)
{
	size_t i;

	for (i = 0; i < b->tx_cnt; i++) {
		size_t from = (size_t)rng_test_below(&b->rng, b->account_cnt);
		size_t to = (size_t)rng_test_below(&b->rng, b->account_cnt);
		struct tx *tx = &b->txs[i];
		struct buf raw;

		*tx = (struct tx){.type = TX_LEGACY,
		    .has_chain_id = true,
		    .chain_id = BENCH_CHAIN_ID,
		    .nonce = b->nonces[from]++,
		    .gas = EXEC_GAS_TX,
		    .max_fee = u256_from_u64(1000),
		    .max_tip = u256_from_u64(1000),
		    .value = u256_from_u64(1 + i),
		    .to = b->addrs[to]};
		memset(&tx->r, 0x5a, sizeof(tx->r));
		memset(&tx->s, 0x2a, sizeof(tx->s));
		raw = buf_of(arena_alloc(a, 256), 256);
		CHECK(tx_encode(&raw, tx, true, NULL) == RC_OK);
		tx->raw = bytes_of_buf(&raw);
		tx->hash = hash_keccak(tx->raw);
		b->cand[i].tx = tx;
		b->cand[i].sender = b->addrs[from];
	}
}

/* Whole steps. --------------------------------------------------------- */

static void
bench_steps(struct bench *b)
{
	static struct series sample = {.name = "check of a sampled head"};
	static struct series flush = {.name = "flush of 8 blocks"};
	static struct bench_steps steps;
	const struct store_block *added;
	struct err e = {0};
	double at;
	size_t i;

	bench_steps_open(&steps);
	for (i = 0; i < b->block_cnt; i++) {
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		added = bench_step_block(&b->c, &steps, b->cand, b->tx_cnt);
		CHECK(added->header.gas_used == b->tx_cnt * EXEC_GAS_TX);
		chain_set_sample(b->c.chain, 1);
		at = now_us();
		must(chain_sample(b->c.chain, added, &e), &e);
		note(&sample, &at);
		chain_set_sample(b->c.chain, 0);
		if (i % 8 == 7) {
			must(chain_flush(b->c.chain, true, &e), &e);
			note(&flush, &at);
		}
		arena_drop(&a);
	}
	bench_steps_report(&steps, b->tx_cnt);
	report(&sample, b->tx_cnt);
	report(&flush, 8 * b->tx_cnt);
}

/* Parts of building. ------------------------------------------------------ */

/* forget_nonces takes back what fill_candidates counted: the state of the
 * parts is thrown away. */
static void
forget_nonces(struct bench *b)
{
	const struct addr *from;
	size_t i;

	for (i = 0; i < b->tx_cnt; i++) {
		from = bsearch(&b->cand[i].sender, b->addrs, b->account_cnt,
		    sizeof(*from), by_addr);
		b->nonces[from - b->addrs]--;
	}
}

static void
bench_build(struct bench *b)
{
	static struct bench_parts parts;
	size_t i;

	bench_parts_open(&parts);
	for (i = 0; i < b->block_cnt; i++) {
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		bench_part_block(&b->c, &parts, b->cand, b->txs, b->tx_cnt);
		forget_nonces(b);
		arena_drop(&a);
	}
	bench_parts_report(&parts, b->tx_cnt);
}

/* Starting. -----------------------------------------------------------------
 */

static void
bench_start(struct bench *b)
{
	static struct series plain = {.name = "open, all in tables"};
	static struct series replay = {.name = "open, 8 blocks to replay"};
	struct chain_change change;
	struct header h, tmpl;
	struct err e = {0};
	struct hash hash;
	size_t i;
	double at;

	must(chain_flush(b->c.chain, true, &e), &e);
	must(store_hash_of(chain_view(b->c.chain), &hash, 0, &e), &e);
	must(store_header(chain_view(b->c.chain), &h, &hash, &e), &e);
	b->c.g.header.state_root = h.state_root;
	bench_close(&b->c);
	at = now_us();
	bench_open(&b->c);
	note(&plain, &at);
	for (i = 0; i < 8; i++) {
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		tmpl = bench_template(&b->c);
		must(chain_build(b->c.chain, &h, &tmpl, b->cand, b->tx_cnt,
			 NULL, NULL, NULL, &e),
		    &e);
		must(chain_commit(b->c.chain, &change, &h, &e), &e);
		arena_drop(&a);
	}
	bench_close(&b->c);
	at = now_us();
	bench_open(&b->c);
	note(&replay, &at);
	report(&plain, 1);
	report(&replay, 8 * b->tx_cnt);
}

static size_t
argument(int argc, char **argv, int at, size_t otherwise)
{
	return argc > at ? (size_t)strtoull(argv[at], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	struct bench b = {.rng = {.state = 7}};
	double at;

	log_open("bench_chain", LOG_LV_WARN);
	b.account_cnt = argument(argc, argv, 1, 1000000);
	b.tx_cnt = argument(argc, argv, 2, 5000);
	b.block_cnt = argument(argc, argv, 3, 24);
	CHECK(b.block_cnt <= BENCH_ROUND_MAX);
	arena_init(&b.c.arena, (size_t)4 << 30);
	snprintf(b.dir, sizeof(b.dir), "/tmp/sekisho-bench.XXXXXX");
	CHECK(mkdtemp(b.dir) != NULL);
	b.c.dir = b.dir;
	b.cand = arena_array(&b.c.arena, b.tx_cnt, sizeof(*b.cand));
	b.txs = arena_array(&b.c.arena, b.tx_cnt, sizeof(*b.txs));
	CHECK(b.cand != NULL && b.txs != NULL);
	make_genesis(&b);
	printf("case\titems\tus\tus_per_item\n");
	at = now_us();
	bench_open(&b.c);
	must(chain_flush(b.c.chain, true, NULL), NULL);
	printf("genesis written\t%zu\t%.0f\t%.3f\n", b.account_cnt,
	    now_us() - at, (now_us() - at) / (double)b.account_cnt);
	bench_build(&b);
	bench_steps(&b);
	bench_start(&b);
	bench_close(&b.c);
	arena_drop(&b.c.arena);
	tree_remove(b.dir);
	return 0;
}
