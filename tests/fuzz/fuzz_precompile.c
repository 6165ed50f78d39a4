/* SPDX-License-Identifier: Apache-2.0
 *
 * The cryptography behind the precompiled contracts. The first byte picks one;
 * the rest is its input, with zeros behind as the EVM gives it, or numbers
 * that points and operands are made of. Where a second way to a result exists
 * it must agree: OpenSSL for modexp and P-256, the group's laws for points,
 * plain C for products of the processor's instructions.
 *
 * fuzz: cover=node/crypto/modexp.c,node/crypto/blake2f.c,node/crypto/p256.c
 * fuzz: cover=node/crypto/fp254.c,node/crypto/fp254_ext.c
 * fuzz: cover=node/crypto/bn254_g1.c,node/crypto/bn254_g2.c
 * fuzz: cover=node/crypto/bn254_pairing.c,node/crypto/bls12.c,node/crypto/kzg.c
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/check.h"
#include "base/u256.h"
#include "bn254g2.h"
#include "crypto/blake2f.h"
#include "crypto/bls12.h"
#include "crypto/bn254.h"
#include "crypto/bn254_priv.h"
#include "crypto/kzg.h"
#include "crypto/modexp.h"
#include "crypto/p256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPERAND_MAX = 160, ROUNDS_MAX = 4096, TERMS_MAX = 3 };

/* padded fills out with in and zeros, as call data is read. */
static void
padded(uint8_t *out, size_t len, struct bytes in)
{
	size_t cnt = in.len < len ? in.len : len;

	memset(out, 0, len);
	if (cnt > 0)
		memcpy(out, in.ptr, cnt);
}

/* --- modexp: three lengths, then the operands */

static struct bytes
operand(struct bytes *in, size_t len)
{
	struct bytes out;

	len %= OPERAND_MAX;
	(void)bytes_take(&out, in, len < in->len ? len : in->len);
	return out;
}

static void
modexp_by_openssl(
    uint8_t *out, struct bytes base, struct bytes exp, struct bytes mod)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *b = BN_bin2bn(base.ptr, (int)base.len, NULL),
	       *e = BN_bin2bn(exp.ptr, (int)exp.len, NULL),
	       *m = BN_bin2bn(mod.ptr, (int)mod.len, NULL), *r = BN_new();

	CHECK(ctx && b && e && m && r);
	if (!BN_is_zero(m))
		CHECK(BN_mod_exp(r, b, e, m, ctx) == 1);
	CHECK(BN_bn2binpad(r, out, (int)mod.len) >= 0);
	BN_free(b);
	BN_free(e);
	BN_free(m);
	BN_free(r);
	BN_CTX_free(ctx);
}

static void
try_modexp(struct bytes in)
{
	uint8_t got[OPERAND_MAX], want[OPERAND_MAX], lens[3];
	struct bytes base, exp, mod;
	struct arena a;

	padded(lens, sizeof(lens), in);
	(void)operand(&in, sizeof(lens));
	base = operand(&in, lens[0]);
	exp = operand(&in, lens[1]);
	mod = operand(&in, lens[2]);
	arena_init(&a, 3 * OPERAND_MAX + 64);
	CHECK(modexp(&a, got, base, exp, mod) == RC_OK);
	arena_drop(&a);
	modexp_by_openssl(want, base, exp, mod);
	CHECK(!memcmp(got, want, mod.len));
}

/* --- blake2f */

static void
try_blake2f(struct bytes in)
{
	uint8_t raw[BLAKE2F_IN], one[BLAKE2F_OUT], two[BLAKE2F_OUT];

	padded(raw, sizeof(raw), in);
	be32_put(raw, be32(raw) % ROUNDS_MAX);
	CHECK(blake2f(one, raw) == (raw[BLAKE2F_IN - 1] < 2));
	if (raw[BLAKE2F_IN - 1] > 1)
		return;
	raw[BLAKE2F_IN - 1] ^= 1; /* the flag is in every bit of the result */
	CHECK(blake2f(two, raw));
	CHECK((be32(raw) == 0) == !memcmp(one, two, 48));
}

/* --- P-256 */

static EVP_PKEY *
key_of(const uint8_t point[64])
{
	char group[] = "P-256";
	uint8_t octets[65] = {4};
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
	    OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(octets + 1, point, 64);
	CHECK(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
	(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool
verify_by_openssl(const uint8_t in[P256_IN])
{
	EVP_PKEY *key = key_of(in + 96);
	EVP_PKEY_CTX *ctx = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *der = NULL;
	bool is_valid = false;
	int len;

	CHECK(sig != NULL);
	CHECK(ECDSA_SIG_set0(sig, BN_bin2bn(in + 32, 32, NULL),
		  BN_bin2bn(in + 64, 32, NULL)) == 1);
	len = i2d_ECDSA_SIG(sig, &der);
	CHECK(len > 0);
	if (key != NULL) {
		ctx = EVP_PKEY_CTX_new(key, NULL);
		CHECK(ctx != NULL && EVP_PKEY_verify_init(ctx) == 1);
		is_valid = EVP_PKEY_verify(ctx, der, (size_t)len, in, 32) == 1;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	ERR_clear_error();
	return is_valid;
}

static void
try_p256(struct bytes in)
{
	uint8_t raw[P256_IN];

	padded(raw, sizeof(raw), in);
	CHECK(p256_verify(raw) == verify_by_openssl(raw));
	CHECK(ERR_peek_error() == 0);
}

/* --- bn254: raw, then by numbers */

static void
try_bn254_add(struct bytes in)
{
	uint8_t raw[2 * BN254_G1], sum[BN254_G1], other[BN254_G1];

	padded(raw, sizeof(raw), in);
	if (!bn254_add(sum, raw))
		return;
	memcpy(other, raw, BN254_G1);
	memcpy(raw, raw + BN254_G1, BN254_G1);
	memcpy(raw + BN254_G1, other, BN254_G1);
	CHECK(bn254_add(other, raw) && !memcmp(sum, other, BN254_G1));
	memcpy(raw, sum, BN254_G1);
	memset(raw + BN254_G1, 0, BN254_G1);
	CHECK(bn254_add(other, raw) && !memcmp(sum, other, BN254_G1));
}

static void
try_bn254_mul(struct bytes in)
{
	uint8_t raw[BN254_G1 + 32], out[BN254_G1];

	padded(raw, sizeof(raw), in);
	if (!bn254_mul(out, raw))
		return;
	memcpy(raw, out, BN254_G1);
	CHECK(bn254_mul(out, raw));
}

static void
try_bn254_pairing(struct bytes in)
{
	uint8_t raw[TERMS_MAX * BN254_PAIR];
	size_t len = in.len < sizeof(raw) ? in.len : sizeof(raw);
	bool is_one;

	padded(raw, sizeof(raw), in);
	CHECK(!bn254_pairing(&is_one, bytes_of(raw, len)) ||
	      len % BN254_PAIR == 0);
	(void)bn254_pairing(&is_one, bytes_of(raw, BN254_PAIR));
}

static void
multiple(uint8_t out[BN254_G1], const struct u256 *k)
{
	uint8_t in[BN254_G1 + 32] = {0};

	in[31] = 1; /* EIP-196: the generator is (1, 2) */
	in[63] = 2;
	u256_to_be(in + BN254_G1, k);
	CHECK(bn254_mul(out, in));
}

/* aG + bG = (a + b) G, and e(aG, H) e(bG, H) e(-(a + b) G, H) = 1. */
static void
try_bn254_laws(struct bytes in)
{
	uint8_t raw[64], both[2 * BN254_G1], sum[BN254_G1], want[BN254_G1];
	uint8_t pairs[3 * BN254_PAIR];
	struct u256 k[3], r = BN254_R;
	bool is_one;
	size_t i;

	padded(raw, sizeof(raw), in);
	u256_from_be(&k[0], bytes_of(raw, 32));
	u256_from_be(&k[1], bytes_of(raw + 32, 32));
	u256_addmod(&k[2], &k[0], &k[1], &r);
	multiple(both, &k[0]);
	multiple(both + BN254_G1, &k[1]);
	multiple(want, &k[2]);
	CHECK(bn254_add(sum, both) && !memcmp(sum, want, BN254_G1));
	(void)u256_sub(&k[2], &r, &k[2]);
	for (i = 0; i < 3; i++) {
		multiple(pairs + i * BN254_PAIR, &k[i]);
		memcpy(pairs + i * BN254_PAIR + BN254_G1, bn254_g2_generator,
		    BN254_G2);
	}
	CHECK(bn254_pairing(&is_one, bytes_of(pairs, sizeof(pairs))) && is_one);
}

static void
same(const struct fp254x2 *a, const struct fp254x2 *b)
{
	CHECK(fp254_eq(&a->re, &b->re) && fp254_eq(&a->im, &b->im));
}

/* Products in bn254's fields, in both ways. */
static void
try_fp254(struct bytes in)
{
	uint8_t raw[4][32];
	struct fp254x2 v[2], fast, plain;
	struct fp254 *e[4] = {&v[0].re, &v[0].im, &v[1].re, &v[1].im};
	size_t i;

	padded(raw[0], sizeof(raw), in);
	for (i = 0; i < 4; i++) {
		raw[i][0] &= 0x1f; /* below the prime */
		CHECK(fp254_from_be(e[i], raw[i]));
	}
	fp254x2_mul(&fast, &v[0], &v[1]);
	fp254x2_mul_plain(&plain, &v[0], &v[1]);
	same(&fast, &plain);
	fp254x2_sqr(&fast, &v[0]);
	fp254x2_sqr_plain(&plain, &v[0]);
	same(&fast, &plain);
	fp254x2_mul_xi(&fast, &v[0]);
	fp254x2_mul_xi_plain(&plain, &v[0]);
	same(&fast, &plain);
	fp254_mul(&fast.re, &v[0].re, &v[0].im);
	fp254_mul_plain(&plain.re, &v[0].re, &v[0].im);
	CHECK(fp254_eq(&fast.re, &plain.re));
}

/* --- BLS12-381 and its polynomial commitments */

static void
try_bls12_raw(struct bytes in)
{
	static struct arena a;
	uint8_t raw[TERMS_MAX * BLS12_PAIR_LEN], out[BLS12_G2_LEN];
	size_t len = in.len < sizeof(raw) ? in.len : sizeof(raw);
	bool is_one;

	padded(raw, sizeof(raw), in);
	arena_init(&a, BLS12_MSM_ARENA_BYTES);
	(void)bls12_g1_add(out, raw);
	(void)bls12_g2_add(out, raw);
	(void)bls12_g1_msm(&a, out, bytes_of(raw, len));
	(void)bls12_g2_msm(&a, out, bytes_of(raw, len));
	(void)bls12_pairing(&is_one, bytes_of(raw, len));
	arena_drop(&a);
}

/* Points out of field elements: P + Q = 1 P + 1 Q in either group, and
 * e(P, Q) e((r - 1) P, Q) = 1. */
static void
try_bls12_laws(struct bytes in)
{
	/* EIP-2537, "Main subgroup order", less 1 */
	static const struct u256 r_less_1 = {{0xffffffff00000000,
	    0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}};
	static struct arena a;
	uint8_t raw[2 * BLS12_FP2_LEN], out[BLS12_G2_LEN], want[BLS12_G2_LEN];
	uint8_t g1[2 * BLS12_G1_LEN], t1[2 * BLS12_G1_TERM_LEN] = {0};
	uint8_t g2[2 * BLS12_G2_LEN], t2[2 * BLS12_G2_TERM_LEN] = {0};
	uint8_t pairs[2 * BLS12_PAIR_LEN];
	bool is_one;
	size_t i;

	padded(raw, sizeof(raw), in);
	for (i = 0; i < 2; i++) {
		memset(raw + i * BLS12_FP2_LEN, 0, 17);
		memset(raw + i * BLS12_FP2_LEN + BLS12_FP_LEN, 0, 17);
		CHECK(bls12_map_fp(
		    g1 + i * BLS12_G1_LEN, raw + i * BLS12_FP2_LEN));
		CHECK(bls12_map_fp2(
		    g2 + i * BLS12_G2_LEN, raw + i * BLS12_FP2_LEN));
		memcpy(t1 + i * BLS12_G1_TERM_LEN, g1 + i * BLS12_G1_LEN,
		    BLS12_G1_LEN);
		memcpy(t2 + i * BLS12_G2_TERM_LEN, g2 + i * BLS12_G2_LEN,
		    BLS12_G2_LEN);
		t1[(i + 1) * BLS12_G1_TERM_LEN - 1] = 1;
		t2[(i + 1) * BLS12_G2_TERM_LEN - 1] = 1;
	}
	arena_init(&a, BLS12_MSM_ARENA_BYTES);
	CHECK(bls12_g1_add(want, g1));
	CHECK(bls12_g1_msm(&a, out, bytes_of(t1, sizeof(t1))));
	CHECK(!memcmp(out, want, BLS12_G1_LEN));
	CHECK(bls12_g2_add(want, g2));
	CHECK(bls12_g2_msm(&a, out, bytes_of(t2, sizeof(t2))));
	CHECK(!memcmp(out, want, BLS12_G2_LEN));
	u256_to_be(t1 + BLS12_G1_LEN, &r_less_1);
	CHECK(bls12_g1_msm(&a, out, bytes_of(t1, BLS12_G1_TERM_LEN)));
	arena_drop(&a);
	memcpy(pairs, g1, BLS12_G1_LEN);
	memcpy(pairs + BLS12_G1_LEN, g2, BLS12_G2_LEN);
	memcpy(pairs + BLS12_PAIR_LEN, out, BLS12_G1_LEN);
	memcpy(pairs + BLS12_PAIR_LEN + BLS12_G1_LEN, g2, BLS12_G2_LEN);
	CHECK(bls12_pairing(&is_one, bytes_of(pairs, sizeof(pairs))) && is_one);
}

static void
try_kzg(struct bytes in)
{
	uint8_t raw[KZG_INPUT_LEN];

	padded(raw, sizeof(raw), in);
	(void)kzg_verify_point(raw);
	kzg_versioned_hash(raw, raw + 96); /* past the first check */
	(void)kzg_verify_point(raw);
}

static void (*const contracts[])(struct bytes) = {try_modexp, try_blake2f,
    try_p256, try_bn254_add, try_bn254_mul, try_bn254_pairing, try_bn254_laws,
    try_bls12_raw, try_bls12_laws, try_kzg, try_fp254};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		contracts[data[0] % ARRAY_CNT(contracts)](
		    bytes_of(data + 1, size - 1));
	return 0;
}
