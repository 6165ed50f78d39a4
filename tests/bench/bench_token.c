/* SPDX-License-Identifier: Apache-2.0
 *
 * What blocks of ERC-20 transfers cost: the benchmark token with a million
 * holders, each an account of the chain with ether as well; senders drawn at
 * random from those whose keys we have, recipients from all. For blocks of
 * 1,000, 5,000 and 10,000 transfers: recovering the senders; the parts of
 * building (on a state that is thrown away); the steps of a block of our own
 * until it is durable; taking in the same blocks from elsewhere, on a second
 * chain; the tables that follow. Receipts must all report success. Wall time,
 * since disk is part of it. One TSV line per case: name, transfers, median
 * microseconds, the same for one transfer, least and most.
 *
 * usage: bench_token [HOLDERS [BLOCKS]]     lib=chain
 */
#include <unistd.h>

#include "base/log.h"
#include "benchchain.h"
#include "benchfile.h"
#include "crypto/ec.h"
#include "tree.h"

enum { SENDER_MAX = 50000, TX_MAX = 10000 };
enum { GAS_LIMIT = 1000000000, GAS_TRANSFER = 100000 };

struct sender {
	uint8_t key[32];
	struct addr addr;
	uint64_t nonce;
};

struct bench {
	size_t holder_cnt, sender_cnt, block_cnt;
	struct bench_chain c;     /* that builds */
	struct bench_chain other; /* that imports */
	char dir[64], other_dir[64];
	struct addr token;
	struct addr *holders; /* ascending */
	struct sender *senders;
	struct chain_candidate *cand;
	struct tx *txs; /* what cand points to */
	struct rng_test rng;
};

/* Genesis. ----------------------------------------------------------------
 */

static void
make_senders(struct bench *b)
{
	uint8_t pub[64];
	size_t i;

	b->senders =
	    arena_array(&b->c.arena, b->sender_cnt, sizeof(*b->senders));
	CHECK(b->senders != NULL);
	for (i = 0; i < b->sender_cnt; i++) {
		struct sender *s = &b->senders[i];

		rng_test_fill(&b->rng, s->key, sizeof(s->key));
		must(ec_public(pub, s->key, NULL), NULL);
		ec_addr(s->addr.b, pub);
		b->holders[i] = s->addr;
	}
}

static void
make_holders(struct bench *b)
{
	size_t i;

	b->holders =
	    arena_array(&b->c.arena, b->holder_cnt + 1, sizeof(*b->holders));
	CHECK(b->holders != NULL);
	make_senders(b);
	for (i = b->sender_cnt; i < b->holder_cnt; i++)
		rng_test_fill(&b->rng, b->holders[i].b, sizeof(struct addr));
	qsort(b->holders, b->holder_cnt, sizeof(struct addr), by_addr);
}

static const struct genesis_slot *
balances(struct bench *b)
{
	struct genesis_slot *slots =
	    arena_array(&b->c.arena, b->holder_cnt, sizeof(*slots));
	size_t i;

	CHECK(slots != NULL);
	for (i = 0; i < b->holder_cnt; i++) {
		slots[i].key = bench_token_place(&b->holders[i]);
		slots[i].value = u256_from_u64(1000000000000ULL);
	}
	return slots;
}

/* make_genesis puts the token in front of all holders: its address is the
 * lowest. */
static void
make_genesis(struct bench *b)
{
	struct genesis_account *acc =
	    arena_array(&b->c.arena, b->holder_cnt + 1, sizeof(*acc));
	size_t i;

	make_holders(b);
	CHECK(acc != NULL);
	b->token = (struct addr){{[5] = 1}};
	acc[0] = (struct genesis_account){.addr = b->token,
	    .code = bench_read_hex(&b->c.arena, "token", "token.runtime.hex"),
	    .slots = balances(b),
	    .slot_cnt = b->holder_cnt};
	for (i = 0; i < b->holder_cnt; i++)
		acc[i + 1] = (struct genesis_account){.addr = b->holders[i],
		    .balance = u256_from_u64(1000000000000000000ULL)};
	b->c.g.accounts = acc;
	b->c.g.account_cnt = b->holder_cnt + 1;
	bench_rules(&b->c.g, GAS_LIMIT);
}

/* Blocks. -----------------------------------------------------------------
 */

static void
fill_one(struct bench *b, struct arena *a, size_t i)
{
	struct sender *from =
	    &b->senders[rng_test_below(&b->rng, b->sender_cnt)];
	const struct addr *to =
	    &b->holders[rng_test_below(&b->rng, b->holder_cnt)];
	struct tx *tx = &b->txs[i];
	uint8_t *data = arena_alloc(a, BENCH_TRANSFER_LEN);

	CHECK(data != NULL);
	bench_token_transfer(data, to, 1 + i);
	*tx = (struct tx){.type = TX_LEGACY,
	    .has_chain_id = true,
	    .chain_id = BENCH_CHAIN_ID,
	    .nonce = from->nonce++,
	    .gas = GAS_TRANSFER,
	    .max_fee = u256_from_u64(1000),
	    .max_tip = u256_from_u64(1000),
	    .data = bytes_of(data, BENCH_TRANSFER_LEN),
	    .to = b->token};
	must(tx_sign(a, tx, from->key, NULL), NULL);
	b->cand[i] = (struct chain_candidate){.tx = tx, .sender = from->addr};
}

/* One size of block, and what it cost. */
struct size {
	size_t tx_cnt;
	struct series recover, import;
	double flush_us; /* of all blocks */
	struct bench_parts parts;
	struct bench_steps steps;
};

static void
recover(struct bench *b, struct size *z)
{
	struct addr sender;
	double at = now_us();
	size_t i;

	for (i = 0; i < z->tx_cnt; i++) {
		must(tx_sender(&sender, &b->txs[i], NULL), NULL);
		CHECK(addr_eq(&sender, &b->cand[i].sender));
	}
	note(&z->recover, &at);
}

static void
check_receipts(const struct store_block *added)
{
	struct receipt *list;
	struct arena a;
	size_t i, cnt;

	arena_init(&a, (size_t)1 << 28);
	must(receipts_unpack(&a, &list, &cnt, added->receipts, NULL), NULL);
	CHECK(cnt == added->tx_cnt);
	for (i = 0; i < cnt; i++)
		CHECK(list[i].is_success && list[i].log_cnt == 1);
	arena_drop(&a);
}

/* known_senders stands for the pool's knowledge when a block comes in. */
static enum rc
known_senders(void *ctx, struct addr *out, const struct tx *txs, size_t cnt,
    struct err *e)
{
	const struct bench *b = ctx;
	size_t i;

	(void)txs;
	(void)e;
	for (i = 0; i < cnt; i++)
		out[i] = b->cand[i].sender;
	return RC_OK;
}

static void
import(struct bench *b, struct size *z, const struct store_block *block)
{
	uint64_t time_s = block->header.time;
	struct chain_change change;
	struct err e = {0};
	double at = now_us();

	must(chain_import(b->other.chain, &change, block->raw, time_s, &e), &e);
	note(&z->import, &at);
	CHECK(change.added_cnt == 1);
}

static void
one_block(struct bench *b, struct size *z)
{
	const struct store_block *added;
	struct arena a;
	size_t i;

	arena_init(&a, (size_t)1 << 30);
	for (i = 0; i < z->tx_cnt; i++)
		fill_one(b, &a, i);
	recover(b, z);
	bench_part_block(&b->c, &z->parts, b->cand, b->txs, z->tx_cnt);
	added = bench_step_block(&b->c, &z->steps, b->cand, z->tx_cnt);
	check_receipts(added);
	import(b, z, added);
	arena_drop(&a);
}

/* write_tables lets the tables follow as the node does: when enough waits. */
static void
write_tables(struct bench *b, struct size *z, bool is_last)
{
	struct err e = {0};
	double at = now_us();

	must(chain_flush(b->c.chain, is_last, &e), &e);
	z->flush_us += now_us() - at;
	must(chain_flush(b->other.chain, is_last, &e), &e);
}

static void
bench_size(struct bench *b, size_t tx_cnt)
{
	static struct size z;
	double per_block;
	size_t i;

	z = (struct size){.tx_cnt = tx_cnt,
	    .recover = {.name = "senders recovered"},
	    .import = {.name = "import, senders known"}};
	bench_parts_open(&z.parts);
	bench_steps_open(&z.steps);
	for (i = 0; i < b->block_cnt; i++) {
		one_block(b, &z);
		write_tables(b, &z, i + 1 == b->block_cnt);
	}
	per_block = z.flush_us / (double)b->block_cnt;
	report(&z.recover, tx_cnt);
	bench_parts_report(&z.parts, tx_cnt);
	bench_steps_report(&z.steps, tx_cnt);
	report(&z.import, tx_cnt);
	printf("tables\t%zu\t%.0f\t%.3f\t# %.0f to %.0f\n", tx_cnt, per_block,
	    per_block / (double)tx_cnt, per_block, per_block);
}

static void
open_dir(struct bench_chain *c, char dir[64])
{
	(void)snprintf(dir, 64, "/tmp/sekisho-bench.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	c->dir = dir;
	bench_open(c);
	must(chain_flush(c->chain, true, NULL), NULL);
	chain_set_sample(c->chain, 0);
}

static size_t
argument(int argc, char **argv, int at, size_t otherwise)
{
	return argc > at ? (size_t)strtoull(argv[at], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	static struct bench b = {.rng = {.state = 7}};

	log_open("bench_token", LOG_LV_WARN);
	b.holder_cnt = argument(argc, argv, 1, 1000000);
	b.block_cnt = argument(argc, argv, 2, 8);
	b.sender_cnt = b.holder_cnt < SENDER_MAX ? b.holder_cnt : SENDER_MAX;
	CHECK(b.block_cnt > 0 && b.block_cnt <= BENCH_ROUND_MAX);
	arena_init(&b.c.arena, (size_t)4 << 30);
	b.cand = arena_array(&b.c.arena, TX_MAX, sizeof(*b.cand));
	b.txs = arena_array(&b.c.arena, TX_MAX, sizeof(*b.txs));
	CHECK(b.cand != NULL && b.txs != NULL);
	make_genesis(&b);
	open_dir(&b.c, b.dir);
	b.other.g = b.c.g;
	open_dir(&b.other, b.other_dir);
	chain_set_recover(b.other.chain, known_senders, &b);
	printf("case\titems\tus\tus_per_item\n");
	bench_size(&b, 1000);
	bench_size(&b, 5000);
	bench_size(&b, TX_MAX);
	bench_close(&b.c);
	bench_close(&b.other);
	arena_drop(&b.c.arena);
	return tree_remove(b.dir) | tree_remove(b.other_dir);
}
