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
#include "crypto/bls12.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/kzg.h"
#include "crypto/rng.h"

enum { ROUNDS = 7, OPERANDS = 1024, MESSAGES = 512, MESSAGE_MAX = 1024 };

static struct u256 a[OPERANDS], b[OPERANDS], m[OPERANDS], out[OPERANDS];
static uint8_t text[MESSAGES][MESSAGE_MAX], hashes[MESSAGES][32];
static size_t text_len;
static struct arena arena;
static uint8_t kzg_input[KZG_INPUT_LEN];
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

/* Inputs of the BLS12-381 operations, out of points that fp maps to. */
enum { TERMS = 128 };
static uint8_t g1_terms[TERMS * BLS12_G1_TERM_LEN];
static uint8_t g2_terms[TERMS * BLS12_G2_TERM_LEN];
static uint8_t bls_pairs[TERMS * BLS12_PAIR_LEN];
static size_t terms;

static void
fill_terms(struct rng_test *rng)
{
	uint8_t fp[BLS12_FP2_LEN] = {0}, *pair = bls_pairs;
	uint8_t *g1 = g1_terms, *g2 = g2_terms;
	size_t i;

	for (i = 0; i < TERMS; i++) {
		rng_test_fill(rng, fp + 17, 47);
		rng_test_fill(rng, fp + 81, 47);
		CHECK(bls12_map_fp(g1, fp) && bls12_map_fp2(g2, fp));
		memcpy(pair, g1, BLS12_G1_LEN);
		memcpy(pair + BLS12_G1_LEN, g2, BLS12_G2_LEN);
		rng_test_fill(rng, g1 + BLS12_G1_LEN, 32);
		rng_test_fill(rng, g2 + BLS12_G2_LEN, 32);
		g1 += BLS12_G1_TERM_LEN;
		g2 += BLS12_G2_TERM_LEN;
		pair += BLS12_PAIR_LEN;
	}
}

static void
run_g1_add(void)
{
	uint8_t sum[BLS12_G1_LEN], in[2 * BLS12_G1_LEN];

	memcpy(in, g1_terms, BLS12_G1_LEN);
	memcpy(in + BLS12_G1_LEN, g1_terms + BLS12_G1_TERM_LEN, BLS12_G1_LEN);
	CHECK(bls12_g1_add(sum, in));
}

static void
run_g2_add(void)
{
	uint8_t sum[BLS12_G2_LEN], in[2 * BLS12_G2_LEN];

	memcpy(in, g2_terms, BLS12_G2_LEN);
	memcpy(in + BLS12_G2_LEN, g2_terms + BLS12_G2_TERM_LEN, BLS12_G2_LEN);
	CHECK(bls12_g2_add(sum, in));
}

static void
run_g1_msm(void)
{
	uint8_t sum[BLS12_G1_LEN];

	CHECK(bls12_g1_msm(
	    &arena, sum, bytes_of(g1_terms, terms * BLS12_G1_TERM_LEN)));
}

static void
run_g2_msm(void)
{
	uint8_t sum[BLS12_G2_LEN];

	CHECK(bls12_g2_msm(
	    &arena, sum, bytes_of(g2_terms, terms * BLS12_G2_TERM_LEN)));
}

static void
run_pairing(void)
{
	bool is_one;

	CHECK(bls12_pairing(
	    &is_one, bytes_of(bls_pairs, terms * BLS12_PAIR_LEN)));
}

static void
run_map_fp(void)
{
	uint8_t point[BLS12_G1_LEN];

	/* A coordinate is a field element like any other. */
	CHECK(bls12_map_fp(point, g1_terms));
}

static void
run_map_fp2(void)
{
	uint8_t point[BLS12_G2_LEN];

	CHECK(bls12_map_fp2(point, g2_terms));
}

/* The work is the same for a wrong proof of valid points. */
static void
run_kzg(void)
{
	CHECK(!kzg_verify_point(kzg_input));
}

static void
fill_kzg(void)
{
	/* the generator of G1, compressed */
	static const uint8_t g1[KZG_POINT_LEN] = {0x97, 0xf1, 0xd3, 0xa7, 0x31,
	    0x97, 0xd7, 0x94, 0x26, 0x95, 0x63, 0x8c, 0x4f, 0xa9, 0xac, 0x0f,
	    0xc3, 0x68, 0x8c, 0x4f, 0x97, 0x74, 0xb9, 0x05, 0xa1, 0x4e, 0x3a,
	    0x3f, 0x17, 0x1b, 0xac, 0x58, 0x6c, 0x55, 0xe8, 0x3f, 0xf9, 0x7a,
	    0x1a, 0xef, 0xfb, 0x3a, 0xf0, 0x0a, 0xdb, 0x22, 0xc6, 0xbb};

	kzg_versioned_hash(kzg_input, g1);
	memset(kzg_input + 32, 0x5a, 64);
	memcpy(kzg_input + 96, g1, sizeof(g1));
	memcpy(kzg_input + 144, g1, sizeof(g1));
}

static void
measure_terms(const char *name, void (*fn)(void), size_t cnt, unsigned repeat)
{
	char row[64];

	terms = cnt;
	(void)snprintf(row, sizeof(row), "%s %zu", name, cnt);
	measure(row, fn, 1, repeat);
}

static void
bench_bls(struct rng_test *rng)
{
	static const size_t cnts[] = {1, 2, 16, TERMS};
	size_t i;

	fill_terms(rng);
	fill_kzg();
	arena_init(&arena, BLS12_MSM_ARENA_BYTES);
	measure("bls12_g1_add", run_g1_add, 1, 2000);
	measure("bls12_g2_add", run_g2_add, 1, 2000);
	for (i = 0; i < ARRAY_CNT(cnts); i++) {
		measure_terms("bls12_g1_msm", run_g1_msm, cnts[i], 10);
		measure_terms("bls12_g2_msm", run_g2_msm, cnts[i], 10);
		measure_terms("bls12_pairing", run_pairing, cnts[i], 5);
	}
	measure("bls12_map_fp", run_map_fp, 1, 200);
	measure("bls12_map_fp2", run_map_fp2, 1, 200);
	measure("kzg_verify_point", run_kzg, 1, 50);
	arena_drop(&arena);
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
	bench_bls(&rng);
	return 0;
}
