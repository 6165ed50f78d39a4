/* SPDX-License-Identifier: Apache-2.0
 *
 * bn254's G1, which is its whole curve: reading and writing points, sums, and
 * multiples by way of the endomorphism (Gallant, Lambert, Vanstone 2001).
 */
#include "crypto/bn254.h"
#include "crypto/bn254_priv.h"

/* EIP-196: b = 3. */
static const struct fp254 curve_b = {{0x7a17caa950ad28d7, 0x1f6ac17ae15521b9,
    0x334bea4e696bd284, 0x2a1f6744ce179d8e}};

#define G(name) bn254_g1##name
#define F(name) fp254##name
#define CURVE_B curve_b
#include "crypto/jac_impl_priv.h"

bool
bn254_g1_read(struct bn254_g1_affine *out, const uint8_t in[64])
{
	return fp254_from_be(&out->x, in) && fp254_from_be(&out->y, in + 32) &&
	       bn254_g1_is_on_curve(out);
}

void
bn254_g1_write(uint8_t out[64], const struct bn254_g1_affine *a)
{
	fp254_to_be(out, &a->x);
	fp254_to_be(out + 32, &a->y);
}

/* --- multiples */

/* A cube root of 1: (beta x, y) = lambda (x, y) on the curve. */
static const struct fp254 beta = {{0x71930c11d782e155, 0xa6bb947cffbe3323,
    0xaa303344d4741444, 0x2c3b3f0d26594943}};

/*
 * (A1, B1) and (-B1, B2) are short vectors (v0, v1) with v0 + v1 lambda = 0
 * modulo r: A1 = 6u^2 + 4u + 1, B1 = 2u + 1, B2 = 6u^2 + 2u. The two others
 * are 2^256 B2 / r and 2^256 B1 / r, rounded down.
 */
static const struct u256 a1 = {{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0}};
static const struct u256 b1 = {{0x89d3256894d213e3, 0, 0, 0}};
static const struct u256 b2 = {{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0}};
static const struct u256 b2_by_r = {
    {0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 0x2, 0}};
static const struct u256 b1_by_r = {{0xd91d232ec7e0b3d7, 0x2, 0, 0}};

/* out = a b / 2^256, rounded down. */
static void
mul_high(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t t[8];

	mont_mul_wide(t, a->w, b->w, &fp254_field, false);
	memcpy(out->w, t + 4, sizeof(out->w));
}

/* take_sign makes a two's complement number its own magnitude. */
static bool
take_sign(struct u256 *a)
{
	bool is_neg = a->w[3] >> 63;

	if (is_neg)
		(void)u256_sub(a, &U256_ZERO, a);
	return is_neg;
}

/*
 * The multiples of the vectors that are next to (k, 0) are taken off it; what
 * is left is as short as they are. Rounding down makes it less than two
 * vectors away, below 2^128.
 */
void
bn254_g1_split(struct bn254_parts *out, const struct u256 *k)
{
	struct u256 *part = out->k, n1, n2, t, low;

	u256_divmod(NULL, &low, k, &BN254_R);
	mul_high(&n1, &low, &b2_by_r);
	mul_high(&n2, &low, &b1_by_r);
	u256_mul_low(&t, &n1, &a1);
	(void)u256_sub(&part[0], &low, &t);
	u256_mul_low(&t, &n2, &b1);
	(void)u256_sub(&part[0], &part[0], &t);
	u256_mul_low(&part[1], &n2, &b2);
	u256_mul_low(&t, &n1, &b1);
	(void)u256_sub(&part[1], &part[1], &t);
	out->is_neg[0] = take_sign(&part[0]);
	out->is_neg[1] = take_sign(&part[1]);
}

enum {
	NAF_BITS = 5, /* digits -15 to 15, odd: tables of 8 */
	NAF_TABLE = 1 << (NAF_BITS - 2),
	NAF_LEN = 129, /* 128 bits and a carry */
};

/* bits_at returns n bits of k from bit at on, of a k below 2^128. */
static unsigned
bits_at(const struct u256 *k, unsigned at, unsigned n)
{
	uint64_t v = k->w[at / 64] >> at % 64;

	if (at % 64 + n > 64)
		v |= k->w[at / 64 + 1] << (64 - at % 64);
	return (unsigned)v & ((1U << n) - 1);
}

/* naf writes k as digits that are 0, or odd with NAF_BITS - 1 zeros behind. */
static void
naf(int8_t digits[NAF_LEN], const struct u256 *k, bool is_neg)
{
	unsigned at = 0, carry = 0;
	int d;

	memset(digits, 0, NAF_LEN);
	while (at < NAF_LEN) {
		if (bits_at(k, at, 1) == carry) {
			at++;
			continue;
		}
		d = (int)(bits_at(k, at, NAF_BITS) + carry);
		carry = d >= 1 << (NAF_BITS - 1);
		d -= carry ? 1 << NAF_BITS : 0;
		digits[at] = (int8_t)(is_neg ? -d : d);
		at += NAF_BITS;
	}
}

/* What a ladder adds: p, 3p, 5p and so on, and lambda times those. */
struct multiples {
	struct bn254_g1 of[2][NAF_TABLE];
};

static void
odd_multiples(struct multiples *m, const struct bn254_g1_affine *p)
{
	struct bn254_g1 twice;
	unsigned i;

	bn254_g1_from_affine(&m->of[0][0], p);
	bn254_g1_dbl(&twice, &m->of[0][0]);
	for (i = 1; i < NAF_TABLE; i++)
		bn254_g1_add(&m->of[0][i], &m->of[0][i - 1], &twice);
	for (i = 0; i < NAF_TABLE; i++) {
		m->of[1][i] = m->of[0][i];
		fp254_mul(&m->of[1][i].x, &m->of[0][i].x, &beta);
	}
}

static void
add_digit(struct bn254_g1 *r, const struct bn254_g1 *odd, int d)
{
	struct bn254_g1 minus;

	if (d > 0) {
		bn254_g1_add(r, r, &odd[d / 2]);
	} else if (d < 0) {
		bn254_g1_neg(&minus, &odd[-d / 2]);
		bn254_g1_add(r, r, &minus);
	}
}

void
bn254_g1_mul(
    struct bn254_g1 *out, const struct bn254_g1_affine *p, const struct u256 *k)
{
	struct bn254_g1 r = {0};
	struct bn254_parts parts;
	struct multiples m;
	int8_t digits[2][NAF_LEN];
	unsigned i;

	bn254_g1_split(&parts, k);
	naf(digits[0], &parts.k[0], parts.is_neg[0]);
	naf(digits[1], &parts.k[1], parts.is_neg[1]);
	odd_multiples(&m, p);
	for (i = NAF_LEN; i-- > 0;) {
		if (!bn254_g1_is_inf(&r))
			bn254_g1_dbl(&r, &r);
		add_digit(&r, m.of[0], digits[0][i]);
		add_digit(&r, m.of[1], digits[1][i]);
	}
	*out = r;
}

/* --- the contracts */

bool
bn254_add(uint8_t out[BN254_G1], const uint8_t in[2 * BN254_G1])
{
	struct bn254_g1_affine p, q;
	struct bn254_g1 sum;

	if (!bn254_g1_read(&p, in) || !bn254_g1_read(&q, in + BN254_G1))
		return false;
	bn254_g1_from_affine(&sum, &p);
	bn254_g1_add_affine(&sum, &sum, &q);
	bn254_g1_to_affine(&p, &sum);
	bn254_g1_write(out, &p);
	return true;
}

bool
bn254_mul(uint8_t out[BN254_G1], const uint8_t in[BN254_G1 + 32])
{
	struct bn254_g1_affine p;
	struct bn254_g1 r;
	struct u256 k;

	if (!bn254_g1_read(&p, in))
		return false;
	u256_from_be(&k, bytes_of(in + BN254_G1, 32));
	bn254_g1_mul(&r, &p, &k);
	bn254_g1_to_affine(&p, &r);
	bn254_g1_write(out, &p);
	return true;
}
