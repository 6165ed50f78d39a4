/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getLogs over a long chain of which it wants few logs, lib=rpc: the
 * store of bench_longchain, asked from its first block to its last.
 * Milliseconds of a question, the first time and the median; TSV: name, logs
 * found, first, median.
 *
 * usage: bench_logs FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "evm/evm.h"
#include "longchain.h"
#include "rpc/rpc.h"

enum { ROUNDS = 100, FREQUENT = 7, UNKNOWN = TOKENS + 1 };

static struct arena arena;

static double
now_ms(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct question {
	const char *name, *filter; /* its members */
	size_t log_cnt;
};

static size_t
ask(const struct rpc_node *n, struct evm *vm, struct bytes text)
{
	struct rpc_doc *d = rpc_begin(n, vm, RPC_GATEWAY, text);
	struct bytes answer;
	const uint8_t *at;
	size_t cnt = 0;

	CHECK(d != NULL);
	answer = rpc_finish(d);
	CHECK(memmem(answer.ptr, answer.len, "\"error\"", 7) == NULL);
	while (
	    (at = memmem(answer.ptr, answer.len, "\"logIndex\"", 10)) != NULL) {
		answer.len -= (size_t)(at + 1 - answer.ptr);
		answer.ptr = at + 1;
		cnt++;
	}
	rpc_free(d);
	return cnt;
}

static int
by_size(const void *x, const void *y)
{
	const double *p = x, *q = y;

	return (*p > *q) - (*p < *q);
}

static void
measure(const struct rpc_node *n, struct evm *vm, const struct question *q)
{
	const char *text = arena_str(&arena,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\","
	    "\"params\":[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",%s}]}",
	    q->filter);
	double ms[ROUNDS], first;
	size_t i;

	CHECK(text != NULL);
	for (i = 0; i < ROUNDS; i++) {
		double from = now_ms();

		CHECK(ask(n, vm, bytes_of_str(text)) == q->log_cnt);
		ms[i] = now_ms() - from;
	}
	first = ms[0];
	qsort(ms, ROUNDS, sizeof(ms[0]), by_size);
	printf("%s\t%zu\t%.3f\t%.3f\n", q->name, q->log_cnt, first,
	    ms[ROUNDS / 2]);
}

/* hex is the text of an address or a topic. */
static const char *
hex(struct bytes in)
{
	char *text = arena_alloc(&arena, 2 * in.len + 3);

	CHECK(text != NULL);
	return hex_put0x(text, in);
}

static const char *
token(uint32_t i)
{
	struct addr a = long_token(i);

	return arena_str(&arena, "\"address\":\"%s\"", hex(addr_bytes(&a)));
}

/* topics are those of the first place and the second; holder 0 is any. */
static const char *
topics(bool is_transfer, uint32_t holder)
{
	struct hash t = long_transfer(), h = long_holder(holder);
	const char *first = arena_str(&arena, "\"%s\"", hex(hash_bytes(&t)));
	const char *second = arena_str(&arena, ",\"%s\"", hex(hash_bytes(&h)));

	return arena_str(&arena, "\"topics\":[%s%s]",
	    is_transfer ? first : "null", holder == 0 ? "" : second);
}

static const char *
both(const char *x, const char *y)
{
	return arena_str(&arena, "%s,%s", x, y);
}

static void
measure_all(const struct rpc_node *n, struct evm *vm)
{
	const char *rare = token(TOKENS), *often = token(FREQUENT);
	const struct question row[] = {
	    {"rare token", rare, RARE_LOGS},
	    {"rare topic", topics(false, TOKENS), RARE_LOGS},
	    {"rare token, topic of every block", both(rare, topics(true, 0)),
		RARE_LOGS},
	    {"topic of every block, rare topic", topics(true, TOKENS),
		RARE_LOGS},
	    {"frequent token, rare topic", both(often, topics(false, TOKENS)),
		0},
	    {"unknown token", token(UNKNOWN), 0},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		measure(n, vm, &row[i]);
}

int
main(int argc, char **argv)
{
	struct clock_fake hands = {.wall_ms = 0};
	struct clock clock = clock_of_fake(&hands);
	struct genesis g = {.engine = GENESIS_CLIQUE};
	struct rpc_node n = {
	    .genesis = &g, .clock = &clock, .batch_max = {1, 1}};
	struct evm *vm = evm_new();
	struct store_conf conf;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_logs FOLDER\n");
		return 2;
	}
	log_open("bench_logs", LOG_LV_ERROR);
	arena_init(&arena, 1 << 20);
	conf = store_conf_default(argv[1]);
	CHECK(vm != NULL && store_open(&n.store, &conf, NULL) == RC_OK);
	measure_all(&n, vm);
	store_close(n.store);
	evm_free(vm);
	arena_drop(&arena);
	return 0;
}
