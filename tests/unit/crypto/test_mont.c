/* SPDX-License-Identifier: Apache-2.0
 *
 * Montgomery arithmetic beside OpenSSL's big numbers, for the two primes that
 * use it, with and without mulx: random numbers and the ends of the range.
 */
#include "crypto/mont_priv.h"

#include <openssl/bn.h>

#include "base/check.h"
#include "crypto/mont_inv_priv.h"
#include "crypto/rng.h"
#include "test.h"

enum { RANDOMS = 300, EDGES = 6 };

/* The primes of bn254 and bls12-381. The rest is computed. */
static struct mont fields[] = {
    {.limbs = 4,
	.p = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
	    0x30644e72e131a029}},
    {.limbs = 6,
	.p = {0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	    0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}},
};

struct bn {
	BN_CTX *ctx;
	BIGNUM *p, *r, *r_inv, *x, *y, *z;
	const struct mont *f;
};

static void
bn_put(BIGNUM *out, const uint64_t *a, unsigned limbs)
{
	CHECK(BN_lebin2bn((const uint8_t *)a, (int)(8 * limbs), out) != NULL);
}

static void
bn_take(uint64_t *out, const BIGNUM *a, unsigned limbs)
{
	CHECK(BN_bn2lebinpad(a, (uint8_t *)out, (int)(8 * limbs)) >= 0);
}

static void
bn_open(struct bn *b, struct mont *f)
{
	b->f = f;
	b->ctx = BN_CTX_new();
	b->p = BN_new();
	b->r = BN_new();
	b->x = BN_new();
	b->y = BN_new();
	b->z = BN_new();
	CHECK(b->ctx && b->p && b->r && b->x && b->y && b->z);
	bn_put(b->p, f->p, f->limbs);
	CHECK(BN_set_bit(b->r, (int)(64 * f->limbs)) == 1);
	b->r_inv = BN_mod_inverse(NULL, b->r, b->p, b->ctx);
	CHECK(b->r_inv != NULL);
	CHECK(BN_nnmod(b->x, b->r, b->p, b->ctx) == 1);
	bn_take(f->one, b->x, f->limbs);
	CHECK(BN_mod_sqr(b->x, b->x, b->p, b->ctx) == 1);
	bn_take(f->r2, b->x, f->limbs);
	BN_zero(b->x);
	CHECK(BN_set_bit(b->x, 64) == 1);
	CHECK(BN_mod_inverse(b->y, b->p, b->x, b->ctx) != NULL);
	CHECK(BN_sub(b->y, b->x, b->y) == 1);
	bn_take(&f->neg_inv, b->y, 1);
}

static void
bn_close(struct bn *b)
{
	BN_free(b->p);
	BN_free(b->r);
	BN_free(b->r_inv);
	BN_free(b->x);
	BN_free(b->y);
	BN_free(b->z);
	BN_CTX_free(b->ctx);
}

/* draw fills a with a number below p: an edge, then random ones. */
static void
draw(uint64_t *a, const struct mont *f, struct rng_test *rng, size_t round)
{
	static const uint64_t from_p[EDGES] = {0, 0, 0, 1, 2, 3};
	unsigned i;

	if (round < 3) {
		memset(a, 0, 8 * (size_t)f->limbs);
		a[0] = round;
	} else if (round < EDGES) {
		memcpy(a, f->p, 8 * (size_t)f->limbs);
		a[0] -= from_p[round];
	} else {
		for (i = 0; i < f->limbs; i++)
			a[i] = rng_test_next(rng);
		a[f->limbs - 1] %= f->p[f->limbs - 1];
	}
}

static bool
is_at(const uint64_t *got, const BIGNUM *want, unsigned limbs)
{
	uint64_t w[2 * MONT_LIMBS_MAX];

	bn_take(w, want, limbs);
	return memcmp(got, w, 8 * (size_t)limbs) == 0;
}

static void
expect_sums(struct bn *b, const uint64_t *x, const uint64_t *y)
{
	const struct mont *f = b->f;
	uint64_t out[MONT_LIMBS_MAX];

	mont_add(out, x, y, f);
	CHECK(BN_mod_add(b->z, b->x, b->y, b->p, b->ctx) == 1);
	EXPECT(is_at(out, b->z, f->limbs));
	mont_add_lazy(out, x, y, f);
	CHECK(BN_add(b->z, b->x, b->y) == 1);
	EXPECT(is_at(out, b->z, f->limbs));
	mont_sub(out, x, y, f);
	CHECK(BN_mod_sub(b->z, b->x, b->y, b->p, b->ctx) == 1);
	EXPECT(is_at(out, b->z, f->limbs));
	mont_neg(out, out, f);
	CHECK(BN_mod_sub(b->z, b->y, b->x, b->p, b->ctx) == 1);
	EXPECT(is_at(out, b->z, f->limbs));
}

static void
expect_products(struct bn *b, const uint64_t *x, const uint64_t *y, bool mulx)
{
	const struct mont *f = b->f;
	uint64_t out[MONT_LIMBS_MAX], t[2 * MONT_LIMBS_MAX] = {0},
					    u[2 * MONT_LIMBS_MAX];

	CHECK(BN_mod_mul(b->z, b->x, b->y, b->p, b->ctx) == 1);
	CHECK(BN_mod_mul(b->z, b->z, b->r_inv, b->p, b->ctx) == 1);
	mont_mul(out, x, y, f, mulx);
	EXPECT(is_at(out, b->z, f->limbs));
	mont_mul_wide(t, x, y, f, mulx);
	memcpy(u, t, sizeof(u));
	mont_reduce(out, t, f, mulx);
	EXPECT(is_at(out, b->z, f->limbs));
	CHECK(BN_mul(b->z, b->x, b->y, b->ctx) == 1);
	EXPECT(is_at(u, b->z, 2 * f->limbs));
	memset(t, 0, sizeof(t));
	mont_sub_wide(t, u, f); /* -(x * y) */
	mont_reduce(out, t, f, mulx);
	CHECK(BN_mod_mul(b->z, b->z, b->r_inv, b->p, b->ctx) == 1);
	CHECK(BN_mod_sub(b->z, b->p, b->z, b->p, b->ctx) == 1);
	EXPECT(is_at(out, b->z, f->limbs));
}

static void
expect_inverse(struct bn *b, const uint64_t *x)
{
	const struct mont *f = b->f;
	uint64_t out[MONT_LIMBS_MAX] = {0};

	mont_inv_gcd(out, x, f);
	if (mont_is_zero(x, f)) {
		EXPECT(mont_is_zero(out, f));
		return;
	}
	mont_mul(out, out, x, f, false);
	EXPECT(mont_eq(out, f->one, f));
}

static void
expect_all(struct bn *b, bool mulx)
{
	struct rng_test rng = {.state = b->f->limbs};
	uint64_t x[MONT_LIMBS_MAX], y[MONT_LIMBS_MAX];
	size_t i, k;

	for (i = 0; i < RANDOMS; i++) {
		draw(x, b->f, &rng, i);
		bn_put(b->x, x, b->f->limbs);
		for (k = 0; k < EDGES + 2; k++) {
			draw(y, b->f, &rng, k);
			bn_put(b->y, y, b->f->limbs);
			expect_sums(b, x, y);
			expect_products(b, x, y, mulx);
		}
		expect_inverse(b, x);
	}
}

TEST(test_mont_any_operands_as_openssl_computes)
{
	struct bn b;

	bn_open(&b, &fields[0]);
	expect_all(&b, false);
	if (mont_has_mulx())
		expect_all(&b, true);
	bn_close(&b);
	bn_open(&b, &fields[1]);
	expect_all(&b, false);
	if (mont_has_mulx())
		expect_all(&b, true);
	bn_close(&b);
}

TEST(test_mont_from_be_at_the_prime_refused)
{
	const struct mont *f;
	uint64_t a[MONT_LIMBS_MAX] = {0}, back[MONT_LIMBS_MAX];
	uint8_t be[8 * MONT_LIMBS_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(fields); i++) {
		f = &fields[i];
		mont_to_be(be, f->p, f);
		EXPECT(!mont_from_be(a, be, f));
		memcpy(back, f->p, sizeof(back));
		back[0] -= 1;
		mont_to_be(be, back, f);
		EXPECT(mont_from_be(a, be, f));
		EXPECT(mont_eq(a, back, f));
		memset(be, 0xff, sizeof(be));
		EXPECT(!mont_from_be(a, be, f));
		memset(be, 0, sizeof(be));
		EXPECT(mont_from_be(a, be, f) && mont_is_zero(a, f));
	}
}
