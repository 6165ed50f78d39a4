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
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "chain/chain_priv.h"
#include "crypto/rng.h"
#include "eth/basefee.h"
#include "tree.h"

enum { ROUND_MAX = 256, GAS_LIMIT = 2000000000 };

struct bench {
	size_t account_cnt, tx_cnt, block_cnt;
	struct arena arena; /* genesis, transactions */
	struct genesis g;
	char dir[64];
	struct store_conf conf;
	struct store *store;
	struct chain *chain;
	struct addr *addrs; /* ascending */
	uint64_t *nonces;
	struct chain_candidate *cand;
	struct rng_test rng;
};

/* One measured thing over all rounds. */
struct series {
	const char *name;
	double us[ROUND_MAX];
	size_t cnt;
};

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
note(struct series *s, double *since)
{
	double now = now_us();

	CHECK(s->cnt < ROUND_MAX);
	s->us[s->cnt++] = now - *since;
	*since = now;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(struct series *s, size_t items)
{
	if (s->cnt == 0)
		return;
	qsort(s->us, s->cnt, sizeof(s->us[0]), compare_double);
	printf("%s\t%zu\t%.0f\t%.3f\t# %.0f to %.0f\n", s->name, items,
	    s->us[s->cnt / 2], s->us[s->cnt / 2] / (double)items, s->us[0],
	    s->us[s->cnt - 1]);
}

static int
by_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static void
make_genesis(struct bench *b)
{
	struct genesis_account *acc =
	    arena_array(&b->arena, b->account_cnt, sizeof(*acc));
	struct header *h = &b->g.header;
	size_t i;

	b->addrs = arena_array(&b->arena, b->account_cnt, sizeof(*b->addrs));
	b->nonces = arena_array(&b->arena, b->account_cnt, sizeof(*b->nonces));
	CHECK(acc != NULL && b->addrs != NULL && b->nonces != NULL);
	for (i = 0; i < b->account_cnt; i++)
		rng_test_fill(&b->rng, b->addrs[i].b, sizeof(struct addr));
	qsort(b->addrs, b->account_cnt, sizeof(struct addr), by_addr);
	for (i = 0; i < b->account_cnt; i++) {
		acc[i].addr = b->addrs[i];
		acc[i].balance = u256_from_u64(1000000000000000000ULL);
	}
	b->g.accounts = acc;
	b->g.account_cnt = b->account_cnt;
	b->g.engine = GENESIS_CLIQUE; /* no rewards */
	b->g.forks = fork_plan_none();
	b->g.forks.chain_id = 1337;
	for (i = 0; i <= FORK_LONDON; i++)
		b->g.forks.at[i] = i == FORK_DAO ? FORK_NEVER : 0;
	b->g.forks.has_fixed_base_fee = true;
	h->ommers_hash = HASH_EMPTY_LIST;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	h->difficulty = U256_ONE;
	h->gas_limit = GAS_LIMIT;
	h->field_cnt = HEADER_FIELDS_LONDON;
}

static void
must(enum rc rc, const struct err *e)
{
	if (rc != RC_OK)
		fprintf(stderr, "%s\n", err_message(e, rc));
	CHECK(rc == RC_OK);
}

static void
open_chain(struct bench *b, size_t layers)
{
	struct err e = {0};

	b->conf = store_conf_default(b->dir);
	b->conf.layer_max = layers;
	must(store_open(&b->store, &b->conf, &e), &e);
	must(chain_open(&b->chain, b->store, &b->g, &e), &e);
	chain_set_engine(b->chain, engine_none());
}

static void
close_chain(struct bench *b)
{
	chain_close(b->chain);
	store_close(b->store);
}

/* fill_candidates makes transfers whose signatures nobody will check. */
static void
fill_candidates(struct bench *b, struct arena *a)
{
	size_t i;

	for (i = 0; i < b->tx_cnt; i++) {
		size_t from = (size_t)rng_test_below(&b->rng, b->account_cnt);
		size_t to = (size_t)rng_test_below(&b->rng, b->account_cnt);
		struct tx *tx = arena_alloc(a, sizeof(*tx));
		struct buf raw;

		CHECK(tx != NULL);
		*tx = (struct tx){.type = TX_LEGACY,
		    .has_chain_id = true,
		    .chain_id = 1337,
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

static struct header template(const struct bench *b)
{
	const struct store_head *head = chain_head(b->chain);
	struct header h = {.parent = head->hash,
	    .number = head->number + 1,
	    .time = head->header->time + 1,
	    .gas_limit = head->header->gas_limit,
	    .difficulty = U256_ONE,
	    .field_cnt = HEADER_FIELDS_LONDON};

	h.coinbase.b[0] = 0xee;
	basefee_next(&h.base_fee, &b->g.forks, head->header);
	return h;
}

/* Whole steps. --------------------------------------------------------- */

static void
bench_steps(struct bench *b)
{
	static struct series build = {.name = "build"};
	static struct series stage = {.name = "stage"};
	static struct series commit = {.name = "commit"};
	static struct series both = {.name = "build, stage and commit"};
	static struct series sample = {.name = "check of a sampled head"};
	static struct series flush = {.name = "flush of 8 blocks"};
	struct engine_chain link;
	struct chain_change change;
	struct header h, tmpl;
	struct err e = {0};
	double at, start;
	size_t i;

	chain_set_sample(b->chain, 0);
	for (i = 0; i < b->block_cnt; i++) {
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		tmpl = template(b);
		start = at = now_us();
		must(chain_build(b->chain, &h, &tmpl, b->cand, b->tx_cnt, NULL,
			 NULL, NULL, &e),
		    &e);
		note(&build, &at);
		CHECK(h.gas_used == b->tx_cnt * EXEC_GAS_TX);
		link = chain_engine_link(b->chain);
		must(link.stage(link.ctx, &e), &e);
		note(&stage, &at);
		must(chain_commit(b->chain, &change, &h, &e), &e);
		note(&commit, &at);
		note(&both, &start);
		chain_set_sample(b->chain, 1);
		at = now_us();
		must(chain_sample(b->chain, change.added[0], &e), &e);
		note(&sample, &at);
		chain_set_sample(b->chain, 0);
		if (i % 8 == 7) {
			must(chain_flush(b->chain, true, &e), &e);
			note(&flush, &at);
		}
		arena_drop(&a);
	}
	report(&build, b->tx_cnt);
	report(&stage, b->tx_cnt);
	report(&commit, b->tx_cnt);
	report(&both, b->tx_cnt);
	report(&sample, b->tx_cnt);
	report(&flush, 8 * b->tx_cnt);
}

/* Parts of building. ------------------------------------------------------ */

enum part { EXECUTE, CHANGES, STATE_ROOT, TX_ROOT, RECEIPTS_ROOT, PACK, PARTS };

static struct series parts[PARTS] = {
    [EXECUTE] = {.name = "  execute"},
    [CHANGES] = {.name = "  changes"},
    [STATE_ROOT] = {.name = "  state root"},
    [TX_ROOT] = {.name = "  transactions root"},
    [RECEIPTS_ROOT] = {.name = "  receipts root"},
    [PACK] = {.name = "  receipts packed"},
};

static void
execute_all(struct bench *b, struct chain_run *r, uint64_t gas_left)
{
	struct err e = {0};
	size_t i;

	r->receipts = arena_array(&r->scratch, b->tx_cnt, sizeof(*r->receipts));
	CHECK(r->receipts != NULL);
	r->tx_cnt = b->tx_cnt;
	for (i = 0; i < b->tx_cnt; i++)
		must(exec_tx(&r->scratch, &r->receipts[i], r->st, &r->env,
			 b->cand[i].tx, &b->cand[i].sender, &gas_left,
			 &r->gas_used, &e),
		    &e);
}

static struct tx *
as_list(struct bench *b, struct arena *a)
{
	struct tx *list = arena_array(a, b->tx_cnt, sizeof(*list));
	size_t i;

	CHECK(list != NULL);
	for (i = 0; i < b->tx_cnt; i++)
		list[i] = *b->cand[i].tx;
	return list;
}

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
time_parts(struct bench *b, struct chain_run *r, struct store_block *out,
    struct arena *a)
{
	const struct tx *list = as_list(b, a);
	struct state_diff diff;
	struct hash hash;
	struct err e = {0};
	double at = now_us();

	execute_all(b, r, GAS_LIMIT);
	note(&parts[EXECUTE], &at);
	must(state_diff_take(r->st, &diff, &e), &e);
	note(&parts[CHANGES], &at);
	must(state_root(&out->arena, &hash, &out->nodes, &diff, &r->base->root,
		 &r->base->tries, &e),
	    &e);
	note(&parts[STATE_ROOT], &at);
	must(chain_tx_root(a, &hash, list, b->tx_cnt, &e), &e);
	note(&parts[TX_ROOT], &at);
	must(chain_receipts_root(a, &hash, r->receipts, r->tx_cnt, &e), &e);
	note(&parts[RECEIPTS_ROOT], &at);
	must(receipts_pack(
		 &out->arena, &out->receipts, r->receipts, r->tx_cnt, &e),
	    &e);
	note(&parts[PACK], &at);
	if (parts[PACK].cnt == b->block_cnt)
		printf("# %zu accounts changed, %zu bytes kept, %zu of "
		       "scratch\n",
		    diff.account_cnt, out->arena.used_bytes,
		    r->scratch.used_bytes);
}

static void
bench_parts(struct bench *b)
{
	size_t i;

	for (i = 0; i < b->block_cnt; i++) {
		struct store_block *out =
		    store_block_new(CHAIN_BLOCK_BYTES_MAX);
		struct chain_link link = {.view = chain_view(b->chain),
		    .number = chain_head(b->chain)->number};
		struct chain_base base = chain_base_of(
		    &link, &chain_head(b->chain)->header->state_root);
		struct header h = template(b);
		struct addr author = {{0xee}};
		struct chain_run r;
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		must(chain_run_open(b->chain, &r, &base, &h, &author, NULL),
		    NULL);
		time_parts(b, &r, out, &a);
		chain_run_close(&r);
		store_block_free(out);
		forget_nonces(b);
		arena_drop(&a);
	}
	for (i = 0; i < PARTS; i++)
		report(&parts[i], b->tx_cnt);
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

	must(chain_flush(b->chain, true, &e), &e);
	must(store_hash_of(chain_view(b->chain), &hash, 0, &e), &e);
	must(store_header(chain_view(b->chain), &h, &hash, &e), &e);
	b->g.header.state_root = h.state_root;
	close_chain(b);
	at = now_us();
	open_chain(b, 32);
	note(&plain, &at);
	for (i = 0; i < 8; i++) {
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		fill_candidates(b, &a);
		tmpl = template(b);
		must(chain_build(b->chain, &h, &tmpl, b->cand, b->tx_cnt, NULL,
			 NULL, NULL, &e),
		    &e);
		must(chain_commit(b->chain, &change, &h, &e), &e);
		arena_drop(&a);
	}
	close_chain(b);
	at = now_us();
	open_chain(b, 32);
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
	CHECK(b.block_cnt <= ROUND_MAX);
	arena_init(&b.arena, (size_t)4 << 30);
	snprintf(b.dir, sizeof(b.dir), "/tmp/sekisho-bench.XXXXXX");
	CHECK(mkdtemp(b.dir) != NULL);
	b.cand = arena_array(&b.arena, b.tx_cnt, sizeof(*b.cand));
	make_genesis(&b);
	printf("case\titems\tus\tus_per_item\n");
	at = now_us();
	open_chain(&b, 32);
	must(chain_flush(b.chain, true, NULL), NULL);
	printf("genesis written\t%zu\t%.0f\t%.3f\n", b.account_cnt,
	    now_us() - at, (now_us() - at) / (double)b.account_cnt);
	bench_parts(&b);
	bench_steps(&b);
	bench_start(&b);
	close_chain(&b);
	arena_drop(&b.arena);
	tree_remove(b.dir);
	return 0;
}
