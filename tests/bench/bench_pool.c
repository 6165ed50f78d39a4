/* SPDX-License-Identifier: Apache-2.0
 *
 * What pooling costs: 100,000 transactions of 1,000 senders inserted with a
 * sync for each thousand, 5,000 picked of them, half of them mined, and the
 * rest read back from the log. CPU time of this thread, so that waiting for
 * the disk is not counted; one TSV line per case: name, items, microseconds,
 * microseconds per item.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/log.h"
#include "pool/pool.h"
#include "tree.h"

enum { SENDERS = 1000, PER_SENDER = 100, PICKED = 5000, CHAIN_ID = 31337 };

static uint64_t nonces[SENDERS];

static double
cpu_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
report(const char *name, size_t cnt, double us)
{
	printf("%s\t%zu\t%.0f\t%.3f\n", name, cnt, us, us / (double)cnt);
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)e;
	*nonce = nonces[be32(addr->b)];
	*balance = u256_from_u64(UINT64_MAX);
	return RC_OK;
}

static struct pool_tx *
make(uint32_t from, uint64_t nonce)
{
	struct tx tx = {.has_chain_id = true,
	    .chain_id = CHAIN_ID,
	    .nonce = nonce,
	    .gas = 21000,
	    .r = u256_from_u64(from + 1),
	    .s = U256_ONE};
	uint8_t room[256];
	struct buf b = buf_of(room, sizeof(room));
	struct pool_tx *t;

	CHECK(tx_encode(&b, &tx, true, NULL) == RC_OK);
	CHECK(pool_tx_decode(&t, bytes_of_buf(&b), NULL) == RC_OK);
	be32_put(t->sender.b, from);
	return t;
}

static void
insert_all(struct pool *p, struct pool_tx **txs, size_t cnt)
{
	double from = cpu_us();
	size_t i;

	for (i = 0; i < cnt; i++) {
		CHECK(pool_insert(p, txs[i], 0, NULL) == RC_OK);
		if (i % 1000 == 999)
			CHECK(pool_sync(p, NULL) == RC_OK);
	}
	report("pool_insert", cnt, cpu_us() - from);
}

static void
pick(struct pool *p)
{
	struct u256 zero = U256_ZERO;
	struct pool_tx **v;
	struct arena a;
	size_t i, cnt;
	double from;

	arena_init(&a, 1 << 26);
	from = cpu_us();
	CHECK(pool_pick(p, &a, &v, &cnt, (uint64_t)PICKED * 21000, &zero,
		  NULL) == RC_OK);
	report("pool_pick", cnt, cpu_us() - from);
	for (i = 0; i < cnt; i++)
		pool_tx_put(v[i]);
	arena_drop(&a);
}

static void
mine_half(struct pool *p, const struct pool_view *view)
{
	static struct addr touched[SENDERS];
	double from;
	uint32_t i;

	for (i = 0; i < SENDERS; i++) {
		be32_put(touched[i].b, i);
		nonces[i] = PER_SENDER / 2;
	}
	from = cpu_us();
	CHECK(pool_head(p, view, touched, SENDERS, 1, NULL) == RC_OK);
	report("pool_head", SENDERS * PER_SENDER / 2, cpu_us() - from);
}

int
main(void)
{
	static struct pool_tx *txs[SENDERS * PER_SENDER];
	char dir[] = "/tmp/sekisho-bench.XXXXXX";
	struct pool_conf conf = pool_conf_open(CHAIN_ID);
	struct pool_view view = {.account = read_account};
	struct pool *p;
	double from;
	size_t i;

	log_open("bench_pool", LOG_LV_ERROR);
	CHECK(mkdtemp(dir) != NULL);
	conf.log_dir = dir;
	for (i = 0; i < SENDERS * PER_SENDER; i++)
		txs[i] = make((uint32_t)(i % SENDERS), i / SENDERS);
	CHECK(pool_open(&p, &conf, &view, 0, NULL) == RC_OK);
	insert_all(p, txs, SENDERS * PER_SENDER);
	pick(p);
	mine_half(p, &view);
	pool_close(p);
	from = cpu_us();
	CHECK(pool_open(&p, &conf, &view, 0, NULL) == RC_OK);
	report("pool_open", SENDERS * PER_SENDER / 2, cpu_us() - from);
	pool_close(p);
	return tree_remove(dir);
}
