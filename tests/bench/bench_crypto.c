/* SPDX-License-Identifier: Apache-2.0
 *
 * What arithmetic, hashes and signatures cost. One TSV line per case: name,
 * nanoseconds per operation (CPU time of this thread, best of the rounds).
 *
 * usage: bench_crypto [keccak]     keccak: Keccak and OpenSSL's alone
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/map.h"
#include "base/u256.h"
#include "bn254g2.h"
#include "crypto/blake2f.h"
#include "crypto/bls12.h"
#include "crypto/bn254.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/keccak_priv.h"
#include "crypto/kzg.h"
#include "crypto/modexp.h"
#include "crypto/p256.h"
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

static unsigned lanes;

static void
run_keccak_lanes(void)
{
	struct bytes in[MESSAGES];
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		in[i] = bytes_of(text[i], text_len);
	keccak256_in_lanes(hashes, in, MESSAGES, lanes);
}

/* OpenSSL has no Keccak-256 of Ethereum's padding, but SHA3-256 of the same
 * permutation and length. */
static EVP_MD *sha3;
static EVP_MD_CTX *sha3_ctx;

static void
run_openssl(void)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		CHECK(EVP_DigestInit_ex2(sha3_ctx, sha3, NULL) == 1 &&
		      EVP_DigestUpdate(sha3_ctx, text[i], text_len) == 1 &&
		      EVP_DigestFinal_ex(sha3_ctx, hashes[i], NULL) == 1);
}

/* bench_lanes is what each way of this processor takes, beside OpenSSL's. */
static void
bench_lanes(void)
{
	static const size_t lens[] = {32, 64, 136, 532, 1024};
	static const unsigned most[] = {1, 4, 8};
	char name[64];
	size_t i, k;

	sha3 = EVP_MD_fetch(NULL, "SHA3-256", NULL);
	sha3_ctx = EVP_MD_CTX_new();
	CHECK(sha3 != NULL && sha3_ctx != NULL);
	for (i = 0; i < ARRAY_CNT(lens); i++) {
		text_len = lens[i];
		for (k = 0; k < ARRAY_CNT(most); k++) {
			lanes = most[k];
			if (lanes > keccak256_lanes())
				continue;
			(void)snprintf(name, sizeof(name),
			    "keccak256 %zu, lanes %u", lens[i], lanes);
			measure(name,
			    lanes == 1 ? run_keccak : run_keccak_lanes,
			    MESSAGES, 20);
		}
		(void)snprintf(
		    name, sizeof(name), "openssl sha3-256 %zu", lens[i]);
		measure(name, run_openssl, MESSAGES, 20);
	}
	EVP_MD_CTX_free(sha3_ctx);
	EVP_MD_free(sha3);
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

/* modexp beside OpenSSL: exponents of 3 bytes and as long as the modulus. */
enum { MODEXP_MAX = 1024, MODEXP_ARENA = 8 * MODEXP_MAX };
static uint8_t modexp_base[MODEXP_MAX], modexp_mod[MODEXP_MAX];
static size_t modexp_len, modexp_exp_len;
static BN_CTX *bn_ctx;

static void
run_modexp(void)
{
	uint8_t result[MODEXP_MAX];

	CHECK(modexp(&arena, result, bytes_of(modexp_base, modexp_len),
		  bytes_of(modexp_base, modexp_exp_len),
		  bytes_of(modexp_mod, modexp_len)) == RC_OK);
}

static void
run_bn_mod_exp(void)
{
	uint8_t result[MODEXP_MAX];
	int len = (int)modexp_len;
	BIGNUM *x = BN_bin2bn(modexp_base, len, NULL),
	       *e = BN_bin2bn(modexp_base, (int)modexp_exp_len, NULL),
	       *n = BN_bin2bn(modexp_mod, len, NULL), *r = BN_new();

	CHECK(BN_mod_exp(r, x, e, n, bn_ctx) == 1);
	CHECK(BN_bn2binpad(r, result, len) == len);
	BN_free(x);
	BN_free(e);
	BN_free(n);
	BN_free(r);
}

static void
bench_modexp(struct rng_test *rng)
{
	static const size_t lens[] = {8, 32, 64, 256, 1024};
	char name[64];
	size_t i, k;

	bn_ctx = BN_CTX_new();
	CHECK(bn_ctx != NULL);
	arena_init(&arena, MODEXP_ARENA);
	rng_test_fill(rng, modexp_base, sizeof(modexp_base));
	rng_test_fill(rng, modexp_mod, sizeof(modexp_mod));
	modexp_base[0] |= 0x80;
	modexp_mod[0] |= 0x80;
	for (i = 0; i < 4 * ARRAY_CNT(lens); i++) {
		bool is_odd = i % 2 == 0, is_short = i / 2 % 2 == 0;
		unsigned repeat = i / 4 < 3 ? 20 : 1;

		k = lens[i / 4];
		modexp_len = k;
		modexp_exp_len = is_short ? 3 : k > 256 ? 256 : k;
		modexp_mod[k - 1] =
		    (uint8_t)((modexp_mod[k - 1] & 0xfe) | is_odd);
		(void)snprintf(name, sizeof(name), "modexp %zu^%zu %s", k,
		    modexp_exp_len, is_odd ? "odd" : "even");
		measure(name, run_modexp, 1, repeat);
		(void)snprintf(name, sizeof(name), "BN_mod_exp %zu^%zu %s", k,
		    modexp_exp_len, is_odd ? "odd" : "even");
		measure(name, run_bn_mod_exp, 1, repeat);
	}
	arena_drop(&arena);
	BN_CTX_free(bn_ctx);
}

static uint8_t blake_in[BLAKE2F_IN] = {0, 0, 0, 12};

static void
run_blake2f(void)
{
	uint8_t state[BLAKE2F_OUT];

	CHECK(blake2f(state, blake_in));
}

static void
run_blake2b_block(void)
{
	uint8_t hash[BLAKE2F_OUT];

	CHECK(EVP_Digest(text, 128, hash, NULL, EVP_blake2b512(), NULL) == 1);
}

static void
run_ripemd160(void)
{
	uint8_t hash[20];

	ripemd160(hash, bytes_of(text[0], text_len));
}

/* A signature by the key 1: x and y are the generator's (SEC 2, 2.4.2). Its
 * nonce is 1 too, so r is x, and s = digest + r for a digest of zeros. */
static uint8_t p256_in[P256_IN] = {[32] = 0x6b,
    0x17,
    0xd1,
    0xf2,
    0xe1,
    0x2c,
    0x42,
    0x47,
    0xf8,
    0xbc,
    0xe6,
    0xe5,
    0x63,
    0xa4,
    0x40,
    0xf2,
    0x77,
    0x03,
    0x7d,
    0x81,
    0x2d,
    0xeb,
    0x33,
    0xa0,
    0xf4,
    0xa1,
    0x39,
    0x45,
    0xd8,
    0x98,
    0xc2,
    0x96,
    [128] = 0x4f,
    0xe3,
    0x42,
    0xe2,
    0xfe,
    0x1a,
    0x7f,
    0x9b,
    0x8e,
    0xe7,
    0xeb,
    0x4a,
    0x7c,
    0x0f,
    0x9e,
    0x16,
    0x2b,
    0xce,
    0x33,
    0x57,
    0x6b,
    0x31,
    0x5e,
    0xce,
    0xcb,
    0xb6,
    0x40,
    0x68,
    0x37,
    0xbf,
    0x51,
    0xf5};

static void
run_p256(void)
{
	CHECK(p256_verify(p256_in));
}

static uint8_t bn_add_in[2 * BN254_G1], bn_mul_in[BN254_G1 + 32];
static uint8_t bn_pairs[16 * BN254_PAIR];

static void
run_bn254_add(void)
{
	uint8_t point[BN254_G1];

	CHECK(bn254_add(point, bn_add_in));
}

static void
run_bn254_mul(void)
{
	uint8_t point[BN254_G1];

	CHECK(bn254_mul(point, bn_mul_in));
}

static void
run_bn254_pairing(void)
{
	bool is_one;

	CHECK(bn254_pairing(&is_one, bytes_of(bn_pairs, terms * BN254_PAIR)));
}

static void
fill_bn254(struct rng_test *rng)
{
	uint8_t *pair = bn_pairs;

	bn_mul_in[31] = 1; /* EIP-196: the generator is (1, 2) */
	bn_mul_in[63] = 2;
	for (; pair < bn_pairs + sizeof(bn_pairs); pair += BN254_PAIR) {
		rng_test_fill(rng, bn_mul_in + BN254_G1, 32);
		CHECK(bn254_mul(pair, bn_mul_in));
		memcpy(pair + BN254_G1, bn254_g2_generator, BN254_G2);
	}
	memcpy(bn_add_in, bn_pairs, BN254_G1);
	memcpy(bn_add_in + BN254_G1, bn_pairs + BN254_PAIR, BN254_G1);
	memcpy(bn_mul_in, bn_pairs, BN254_G1);
}

static void
bench_contracts(struct rng_test *rng)
{
	static const size_t cnts[] = {1, 2, 4, 16};
	size_t i;

	text_len = 128;
	measure("ripemd160 128", run_ripemd160, 1, 10000);
	measure("blake2f 12 rounds", run_blake2f, 1, 10000);
	measure("OpenSSL blake2b512 128", run_blake2b_block, 1, 10000);
	be32_put(blake_in, 100000);
	measure("blake2f a round", run_blake2f, 100000, 1);
	memcpy(p256_in + 64, p256_in + 32, 32); /* s */
	memcpy(p256_in + 96, p256_in + 32, 32); /* x */
	measure("p256_verify", run_p256, 1, 200);
	fill_bn254(rng);
	measure("bn254_add", run_bn254_add, 1, 2000);
	measure("bn254_mul", run_bn254_mul, 1, 200);
	for (i = 0; i < ARRAY_CNT(cnts); i++)
		measure_terms("bn254_pairing", run_bn254_pairing, cnts[i], 5);
	bench_modexp(rng);
}

int
main(int argc, char **argv)
{
	struct rng_test rng = {.state = 1};

	rng_test_fill(&rng, text, sizeof(text));
	bench_lanes();
	if (argc > 1 && strcmp(argv[1], "keccak") == 0)
		return 0;
	ec_key_new(key);
	bench_u256();
	bench_hashes();
	measure("ec_sign", run_sign, MESSAGES, 1);
	measure("ec_recover_addr", run_recover, MESSAGES, 1);
	bench_map();
	bench_bls(&rng);
	bench_contracts(&rng);
	return 0;
}
