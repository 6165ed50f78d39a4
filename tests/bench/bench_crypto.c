/* SPDX-License-Identifier: Apache-2.0
 *
 * What arithmetic, hashes and signatures cost. One TSV line per case: name,
 * nanoseconds per operation (CPU time of this thread, best of the rounds).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/map.h"
#include "base/u256.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/rng.h"

enum { ROUNDS = 7, OPERANDS = 1024, MESSAGES = 512, MESSAGE_MAX = 1024 };

static struct u256 a[OPERANDS], b[OPERANDS], m[OPERANDS], out[OPERANDS];
static uint8_t text[MESSAGES][MESSAGE_MAX], hashes[MESSAGES][32];
static size_t text_len;
static struct ec_sig sigs[MESSAGES];
static uint8_t key[32];
static struct map map;

static double
now_ns(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* measure runs fn, which does cnt operations, and prints the best round. */
static void
measure(const char *name, void (*fn)(void), size_t cnt, unsigned repeat)
{
	double best = 1e18;
	unsigned i, k;

	for (i = 0; i < ROUNDS; i++) {
		double t = now_ns();

		for (k = 0; k < repeat; k++)
			fn();
		t = (now_ns() - t) / ((double)cnt * repeat);
		best = t < best ? t : best;
	}
	printf("%s\t%.1f\n", name, best);
}

#define U256_CASE(name, expr)                                                  \
	static void run_##name(void)                                           \
	{                                                                      \
		size_t i;                                                      \
		for (i = 0; i < OPERANDS; i++)                                 \
			expr;                                                  \
	}
U256_CASE(add, (void)u256_add(&out[i], &a[i], &b[i]))
U256_CASE(mul, (void)u256_mul(&out[i], &a[i], &b[i]))
U256_CASE(mul_low, u256_mul_low(&out[i], &a[i], &b[i]))
U256_CASE(div, u256_divmod(&out[i], NULL, &a[i], &b[i]))
U256_CASE(sdiv, u256_sdiv(&out[i], &a[i], &b[i]))
U256_CASE(addmod, u256_addmod(&out[i], &a[i], &b[i], &m[i]))
U256_CASE(mulmod, u256_mulmod(&out[i], &a[i], &b[i], &m[i]))
U256_CASE(exp, u256_exp(&out[i], &a[i], &b[i]))
U256_CASE(shl, u256_shl(&out[i], &a[i], (unsigned)i % 256))
U256_CASE(lt, out[i].w[0] = u256_lt(&a[i], &b[i]))

/* limit_digits fills v with random numbers of cnt digits. */
static void
limit_digits(struct u256 *v, unsigned cnt)
{
	struct rng_test rng = {.state = cnt};
	size_t i;
	unsigned k;

	for (i = 0; i < OPERANDS; i++) {
		v[i] = U256_ZERO;
		for (k = 0; k < cnt; k++)
			v[i].w[k] = rng_test_next(&rng);
	}
}

static void
bench_u256(void)
{
	static const char *const names[] = {"u256 div 256/64",
	    "u256 div 256/128", "u256 div 256/192", "u256 div 256/256"};
	unsigned i;

	limit_digits(a, 4);
	limit_digits(m, 4);
	for (i = 0; i < 4; i++) {
		limit_digits(b, i + 1);
		measure(names[i], run_div, OPERANDS, 200);
	}
	measure("u256 add", run_add, OPERANDS, 1000);
	measure("u256 lt", run_lt, OPERANDS, 1000);
	measure("u256 shl", run_shl, OPERANDS, 1000);
	measure("u256 mul", run_mul, OPERANDS, 1000);
	measure("u256 mul_low", run_mul_low, OPERANDS, 1000);
	measure("u256 sdiv", run_sdiv, OPERANDS, 200);
	measure("u256 addmod", run_addmod, OPERANDS, 200);
	measure("u256 mulmod", run_mulmod, OPERANDS, 200);
	measure("u256 exp 256 bits", run_exp, OPERANDS, 1);
	limit_digits(a, 2);
	limit_digits(b, 1);
	measure("u256 div 128/64", run_div, OPERANDS, 200);
}

static void
run_keccak(void)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		keccak256(hashes[i], bytes_of(text[i], text_len));
}

static void
run_keccak_many(void)
{
	struct bytes in[MESSAGES];
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		in[i] = bytes_of(text[i], text_len);
	keccak256_many(hashes, in, MESSAGES);
}

static void
run_sha256(void)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		sha256(hashes[i], bytes_of(text[i], text_len));
}

static void
bench_hashes(void)
{
	static const size_t lens[] = {32, 64, 136, 532, 1024};
	char name[64];
	size_t i;

	for (i = 0; i < ARRAY_CNT(lens); i++) {
		text_len = lens[i];
		(void)snprintf(name, sizeof(name), "keccak256 %zu", lens[i]);
		measure(name, run_keccak, MESSAGES, 20);
		(void)snprintf(
		    name, sizeof(name), "keccak256_many %zu", lens[i]);
		measure(name, run_keccak_many, MESSAGES, 20);
		(void)snprintf(name, sizeof(name), "sha256 %zu", lens[i]);
		measure(name, run_sha256, MESSAGES, 20);
	}
}

static void
run_sign(void)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		CHECK(ec_sign(&sigs[i], key, text[i], NULL) == RC_OK);
}

static void
run_recover(void)
{
	uint8_t addr[20];
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		CHECK(ec_recover_addr(addr, &sigs[i], text[i], NULL) == RC_OK);
}

static void
run_map_get(void)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		CHECK(map_get(&map, text[i]) == text[i]);
}

static void
bench_map(void)
{
	size_t i;

	map_init(&map, 20, MESSAGES);
	for (i = 0; i < MESSAGES; i++)
		CHECK(map_put(&map, text[i], text[i]));
	measure("map_get 20-byte key", run_map_get, MESSAGES, 200);
	map_free(&map);
}

int
main(void)
{
	struct rng_test rng = {.state = 1};

	rng_test_fill(&rng, text, sizeof(text));
	ec_key_new(key);
	bench_u256();
	bench_hashes();
	measure("ec_sign", run_sign, MESSAGES, 1);
	measure("ec_recover_addr", run_recover, MESSAGES, 1);
	bench_map();
	return 0;
}
