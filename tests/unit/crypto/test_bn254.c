/* SPDX-License-Identifier: Apache-2.0
 *
 * bn254 as the contracts show it: sums and multiples beside affine formulas on
 * base/u256.h alone, what is no point, who is in G2, and the laws of a pairing.
 */
#include "crypto/bn254.h"

#include "base/check.h"
#include "base/u256.h"
#include "crypto/bn254_priv.h"
#include "crypto/rng.h"
#include "test.h"

static const struct u256 prime = {{0x3c208c16d87cfd47, 0x97816a916871ca8d,
    0xb85045b68181585d, 0x30644e72e131a029}};

/* --- EIP-196, from its definitions; (0, 0) is infinity */

struct point {
	struct u256 x, y;
};

static struct u256
sub(const struct u256 *a, const struct u256 *b)
{
	struct u256 r;

	if (u256_sub(&r, a, b))
		(void)u256_add(&r, &r, &prime);
	return r;
}

static struct u256
mul(const struct u256 *a, const struct u256 *b)
{
	struct u256 r;

	u256_mulmod(&r, a, b, &prime);
	return r;
}

/* a / b, with b^(p-2) for 1 / b */
static struct u256
over(struct u256 a, struct u256 b)
{
	struct u256 e = prime;
	unsigned i;

	e.w[0] -= 2;
	for (i = 0; i < 254; i++, b = mul(&b, &b))
		if (e.w[i / 64] >> i % 64 & 1)
			a = mul(&a, &b);
	return a;
}

static struct point
plain_add(struct point p, struct point q)
{
	struct u256 slope, t, d;
	struct point r;

	if (u256_is_zero(&p.x) && u256_is_zero(&p.y))
		return q;
	if (u256_is_zero(&q.x) && u256_is_zero(&q.y))
		return p;
	if (!u256_eq(&p.x, &q.x)) {
		t = sub(&q.y, &p.y);
		d = sub(&q.x, &p.x);
	} else if (u256_eq(&p.y, &q.y)) {
		t = mul(&p.x, &p.x);
		t = mul(&t, &(struct u256){{3, 0, 0, 0}});
		u256_addmod(&d, &p.y, &p.y, &prime);
	} else {
		return (struct point){U256_ZERO, U256_ZERO};
	}
	slope = over(t, d);
	t = mul(&slope, &slope);
	t = sub(&t, &p.x);
	r.x = sub(&t, &q.x);
	t = sub(&p.x, &r.x);
	t = mul(&t, &slope);
	r.y = sub(&t, &p.y);
	return r;
}

static struct point
plain_mul(struct point p, const struct u256 *k)
{
	struct point r = {U256_ZERO, U256_ZERO};
	unsigned i;

	for (i = 256; i-- > 0;) {
		r = plain_add(r, r);
		if (k->w[i / 64] >> i % 64 & 1)
			r = plain_add(r, p);
	}
	return r;
}

static void
put(uint8_t out[64], const struct point *p)
{
	u256_to_be(out, &p->x);
	u256_to_be(out + 32, &p->y);
}

static const struct point generator = {{{1, 0, 0, 0}}, {{2, 0, 0, 0}}};

static struct u256
draw(struct rng_test *rng)
{
	struct u256 v = U256_ZERO;
	size_t i;

	for (i = 0; i < 4; i++)
		v.w[i] = rng_test_next(rng);
	return v;
}

TEST(test_bn254_add_any_points_by_definition)
{
	enum { POINTS = 12 };
	struct rng_test rng = {.state = 196};
	struct point p[POINTS] = {{U256_ZERO, U256_ZERO}, generator}, sum;
	uint8_t in[128], out[64], want[64];
	struct u256 k;
	size_t i, j;

	for (i = 2; i < POINTS; i += 2) {
		k = draw(&rng);
		p[i] = plain_mul(generator, &k);
		p[i + 1] = p[i]; /* and its negative */
		p[i + 1].y = sub(&U256_ZERO, &p[i].y);
	}
	for (i = 0; i < POINTS; i++) {
		for (j = 0; j < POINTS; j++) {
			put(in, &p[i]);
			put(in + 64, &p[j]);
			sum = plain_add(p[i], p[j]);
			put(want, &sum);
			EXPECT(bn254_add(out, in));
			EXPECT_BYTES(bytes_of(out, 64), bytes_of(want, 64));
		}
	}
}

TEST(test_bn254_mul_any_number_by_definition)
{
	struct rng_test rng = {.state = 197};
	struct u256 k[30] = {U256_ZERO, U256_ONE, {{2, 0, 0, 0}}, BN254_R,
	    BN254_R, BN254_R, {{0, 0, 1, 0}}, {{0, 1, 0, 0}}, {{15, 0, 0, 0}},
	    {{16, 0, 0, 0}}, {{17, 0, 0, 0}}};
	struct point p = generator, r;
	uint8_t in[96], out[64], want[64];
	size_t i;

	k[4].w[0]--;
	k[5].w[0]++;
	memset(&k[11], 0xff, sizeof(k[11]));
	for (i = 12; i < ARRAY_CNT(k); i++)
		k[i] = draw(&rng);
	for (i = 0; i < ARRAY_CNT(k); i++) {
		put(in, &p);
		u256_to_be(in + 64, &k[i]);
		r = plain_mul(p, &k[i]);
		put(want, &r);
		EXPECT(bn254_mul(out, in));
		EXPECT_BYTES(bytes_of(out, 64), bytes_of(want, 64));
		if (i >= 12)
			p = r;
	}
	memset(in, 0, 64);
	EXPECT(bn254_mul(out, in));
	EXPECT_BYTES(bytes_of(out, 64), bytes_of(in, 64));
}

/* k = k0 + k1 lambda modulo r, and both are short. */
TEST(test_bn254_g1_split_any_number_short_parts)
{
	/* (beta x, y) = lambda (x, y): lambda^2 + lambda + 1 = 0 */
	static const struct u256 lambda = {
	    {0x8b17ea66b99c90dd, 0x5bfc41088d8daaa7, 0xb3c4d79d41a91758, 0}};
	struct rng_test rng = {.state = 198};
	struct u256 k, sum, part, r = BN254_R;
	struct bn254_parts s;
	size_t i;

	for (i = 0; i < 10000; i++) {
		k = draw(&rng);
		if (i < 16)
			u256_shr(&k, &k, (unsigned)i * 16);
		if (i == 16)
			(void)u256_sub(&k, &r, &U256_ONE);
		bn254_g1_split(&s, &k);
		EXPECT(u256_bits(&s.k[0]) <= 128 && u256_bits(&s.k[1]) <= 128);
		u256_mulmod(&part, &s.k[1], &lambda, &r);
		if (s.is_neg[1])
			(void)u256_sub(&part, &r, &part);
		sum = s.k[0];
		if (s.is_neg[0])
			(void)u256_sub(&sum, &r, &sum);
		u256_addmod(&sum, &sum, &part, &r);
		u256_divmod(NULL, &k, &k, &r);
		EXPECT(u256_eq(&sum, &k));
	}
}

TEST(test_bn254_no_point_of_g1_refused)
{
	struct point p;
	uint8_t in[128] = {0}, out[64] = {7};
	size_t i;
	const struct {
		const char *name;
		struct point p;
	} rows[] = {
	    {"off the curve", {{{1, 0, 0, 0}}, {{1, 0, 0, 0}}}},
	    {"x = 0", {{{0, 0, 0, 0}}, {{2, 0, 0, 0}}}},
	    {"y = 0", {{{1, 0, 0, 0}}, {{0, 0, 0, 0}}}},
	    {"x is p, y 0", {prime, {{0, 0, 0, 0}}}},
	    {"y is p, x 0", {{{0, 0, 0, 0}}, prime}},
	    {"x is 1 + p", {{{0x3c208c16d87cfd48, 0x97816a916871ca8d,
				0xb85045b68181585d, 0x30644e72e131a029}},
			       {{2, 0, 0, 0}}}},
	    {"y is 2 + p",
		{{{1, 0, 0, 0}}, {{0x3c208c16d87cfd49, 0x97816a916871ca8d,
				     0xb85045b68181585d, 0x30644e72e131a029}}}},
	    {"all ones",
		{{{~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)}},
		    {{~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
			~UINT64_C(0)}}}},
	};

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		p = rows[i].p;
		memset(in, 0, sizeof(in));
		put(in, &p);
		EXPECT(!bn254_add(out, in));
		EXPECT(!bn254_mul(out, in));
		memset(in, 0, sizeof(in));
		put(in + 64, &p);
		EXPECT(!bn254_add(out, in));
	}
	EXPECT(out[0] == 7);
}

/* --- G2; points as EIP-197 writes them */

/* EIP-197's generator. */
#define G2                                                                     \
	"198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"     \
	"1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"     \
	"090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"     \
	"12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

/* Points of the twist: of order r, and others. */
static const struct {
	const char *name, *hex;
	uint64_t order; /* 0: not small */
	bool is_in_group;
} twist_points[] = {
    {"the generator", G2, 0, true},
    {"of order r",
	"23d221072cb40a6b8ce0beb852853cbc5d6bd8d33918c64593658f124a2bceda"
	"20f9fc8d58d2dd2f3f197e25b81423d904c420f735851aa90e66bbc05b1cb20f"
	"2c103cf288e158f5e4ca70984daf1c3a765414f7c8afa43c2786a0b5f6fdb454"
	"168ac52e237029b71f144f345737678bd9abeb0469fc7b22d091d5df8f8faa1c",
	0, true},
    {"of full order",
	"280bf6a8ad864c44e049548e8a0a8c9632ea6928f6236bf2504b74ba4a0fe75d"
	"0aa7ae83df561d802a759159fb7ff337f5cae3bf3729c619c60a3cab359eeefb"
	"0220570d0e2a6bc010d1c8a3681d067e774e78ec36c1f99b59c78dee462bf875"
	"27612e8cf180450a0a8ccff8a25f9f6b6a54be4e7e0d4874aa1092230d7420b2",
	0, false},
    {"of the cofactor's order",
	"2eb53d5a41c36147f49098f073064f5f82a28f34b14dd4996407c67690691c53"
	"2ac37386198cc4bbed42f06f56ea7bfe28e0ef46fd9c3bf5b5b563c49a47662b"
	"239ab48cc84311360fba7a53ca52e556aae3a130fc475a1783de24fc1aed793c"
	"27955c3e91499c5dfeb4a8771af6b92f6486f98587713f72c664e0e327143ce0",
	0, false},
    {"of order 10069",
	"2416bb6be68958b7e9b31eeff2c2ec0c3137e386853d436b872f204a073751de"
	"06f03d80bf9204e7f9a468a9252d7b7b64c436f3c26060750408b87c7f49f7a9"
	"182ff07024fe932f681a3ba8f199d1c57deeee469e94f783919dfb7bd4e64ea8"
	"212346790406a834d8a70500f45b658b6945c17a6d647aa9f266b80ef43c941a",
	10069, false},
    {"of order 10069 r",
	"0f157b551a71a02ec22376853ba9bcdf70cf9a58da7d8083f2b2aa2621aec5c4"
	"2d10a47542353ef7ed130aab271899cf2322fa8c0841e35a68c8c2f1410eb737"
	"1ce2387c522698a0abb85aa62418c547702d9672bf1df2ced0dd51ad79084aa6"
	"27ceb56b00bc488cfe8775ded0a148b216860a0d975c174927a2fa64013abcef",
	0, false},
    {"of order 5864401",
	"232ec9a86941ef5fd8c7d776912d8b895ed9faf515b50b2172b80635ed04281a"
	"1af7824674137fb618b46c31b2c10da5671fee4bbfbe85b3388c5e438d599620"
	"2ed4de026a6b20574940caa4db0cf1ef236f8860983b275a8faca9471469b174"
	"09f7e6fc01687172354ca8cf55146bdd4f79561d39e73e21e7e4d3b8544f572f",
	5864401, false},
    {"of order 5864401 r",
	"2059dc1e0298a08a45ce9a246218aa6900ab0a96d30ac294de9d11307f9289f1"
	"20714779a6bc56394b8c7c9fdeba80a0dcbcebd2f3257f026d73c1d97e9bdaf8"
	"2aae85b4b67eff2041c55400101c057b9b3b018004da7eb09006fdd57b6c9456"
	"1367ece5dc94da88b8f40f47e041f8c24d8ab475cde72ca2fc55b2f2740872c2",
	0, false},
};

static struct bn254_g2_affine
twist_read(const uint8_t *in)
{
	struct bn254_g2_affine q;

	CHECK(fp254_from_be(&q.x.im, in) && fp254_from_be(&q.x.re, in + 32));
	CHECK(
	    fp254_from_be(&q.y.im, in + 64) && fp254_from_be(&q.y.re, in + 96));
	return q;
}

static void
twist_write(uint8_t *out, const struct bn254_g2_affine *q)
{
	fp254_to_be(out, &q->x.im);
	fp254_to_be(out + 32, &q->x.re);
	fp254_to_be(out + 64, &q->y.im);
	fp254_to_be(out + 96, &q->y.re);
}

static struct bn254_g2
twist_mul(const struct bn254_g2_affine *q, const struct u256 *k)
{
	struct bn254_g2 r = {0};
	unsigned i;

	for (i = 256; i-- > 0;) {
		bn254_g2_dbl(&r, &r);
		if (k->w[i / 64] >> i % 64 & 1)
			bn254_g2_add_affine(&r, &r, q);
	}
	return r;
}

TEST(test_bn254_g2_points_of_other_orders_refused)
{
	struct bn254_g2_affine q;
	struct bn254_g2 by_r, by_order;
	struct u256 r = BN254_R, k;
	uint8_t in[BN254_PAIR];
	bool is_one;
	size_t i;

	for (i = 0; i < ARRAY_CNT(twist_points); i++) {
		test_row(twist_points[i].name);
		memset(in, 0, sizeof(in));
		memcpy(in + 64, test_hex(twist_points[i].hex).ptr, 128);
		q = twist_read(in + 64);
		by_r = twist_mul(&q, &r);
		k = u256_from_u64(twist_points[i].order);
		by_order = twist_mul(&q, &k);
		EXPECT(bn254_g2_is_on_curve(&q));
		EXPECT(bn254_g2_is_inf(&by_r) == twist_points[i].is_in_group);
		EXPECT(bn254_g2_is_inf(&by_order)); /* or 0 times it */
		EXPECT(bn254_g2_is_in_group(&q) == twist_points[i].is_in_group);
		EXPECT(bn254_pairing(&is_one, bytes_of(in, sizeof(in))) ==
		       twist_points[i].is_in_group);
		put(in, &generator); /* another way to find out */
		EXPECT(bn254_pairing(&is_one, bytes_of(in, sizeof(in))) ==
		       twist_points[i].is_in_group);
	}
}

/* All sums of a point of G2 and few multiples of one that is not. */
TEST(test_bn254_g2_sums_in_group_only_without_the_stranger)
{
	struct bn254_g2_affine q, s, t;
	struct bn254_g2 sum, odd;
	uint8_t in[BN254_PAIR];
	bool is_one;
	uint64_t i;

	put(in, &generator);
	q = twist_read(test_hex(G2).ptr);
	s = twist_read(test_hex(twist_points[4].hex).ptr);
	bn254_g2_from_affine(&sum, &q);
	for (i = 1; i <= 10069; i++) {
		bn254_g2_add_affine(&sum, &sum, &s);
		if (i % 100 != 0 && i < 10067)
			continue;
		bn254_g2_to_affine(&t, &sum);
		EXPECT(bn254_g2_is_in_group(&t) == (i == 10069));
		twist_write(in + BN254_G1, &t);
		EXPECT(bn254_pairing(&is_one, bytes_of(in, sizeof(in))) ==
		       (i == 10069));
	}
	EXPECT(i == 10070);
	bn254_g2_from_affine(&odd, &q);
	bn254_g2_neg(&odd, &odd);
	bn254_g2_add(&sum, &sum, &odd);
	EXPECT(bn254_g2_is_inf(&sum));
}

TEST(test_bn254_constants_as_defined)
{
	struct u256 u = u256_from_u64(BN254_U), r, v, t, nine, r_want = BN254_R;
	struct fp254x2 xi, b = {0};
	struct bn254_g2_affine q;
	int64_t sum = 0;
	int i;

	/* r and p from u, EIP-197's family */
	u256_mul_low(&v, &u, &u); /* u^2 */
	u256_mul_low(&t, &v, &v); /* u^4 */
	u256_mul_low(&r, &v, &u); /* u^3 */
	(void)u256_add(&t, &t, &r);
	(void)u256_mul_u64(&t, &t, 36);
	(void)u256_mul_u64(&r, &v, 18);
	(void)u256_add(&r, &r, &t);
	(void)u256_mul_u64(&t, &u, 6);
	(void)u256_add(&r, &r, &t);
	(void)u256_add(&r, &r, &U256_ONE);
	EXPECT(u256_eq(&r, &r_want));
	(void)u256_mul_u64(&v, &v, 6);
	(void)u256_add(&r, &r, &v);
	EXPECT(u256_eq(&r, &prime));

	for (i = BN254_U_DIGITS - 1; i >= 0; i--)
		sum = 2 * sum + bn254_u_digits[i];
	EXPECT_U64((uint64_t)sum, BN254_U);

	/* y^2 = x^3 + 3 / (9 + i) holds for the generator of EIP-197 */
	nine = u256_from_u64(9);
	{
		uint8_t be[32];

		u256_to_be(be, &nine);
		CHECK(fp254_from_be(&xi.re, be));
	}
	xi.im = fp254_one;
	fp254x2_inv(&xi, &xi);
	fp254x2_dbl(&b, &xi);
	fp254x2_add(&b, &b, &xi);
	q = twist_read(test_hex(G2).ptr);
	fp254x2_sqr(&q.y, &q.y);
	fp254x2_sqr(&xi, &q.x);
	fp254x2_mul(&xi, &xi, &q.x);
	fp254x2_sub(&q.y, &q.y, &xi);
	EXPECT(fp254x2_eq(&q.y, &b));
}

/* --- EIP-197 */

/* pair writes a G1, b G2. */
static void
pair(uint8_t out[BN254_PAIR], const struct u256 *a, const struct u256 *b)
{
	struct bn254_g2_affine q = twist_read(test_hex(G2).ptr);
	struct bn254_g2 t = twist_mul(&q, b);
	uint8_t in[96];

	put(in, &generator);
	u256_to_be(in + 64, a);
	CHECK(bn254_mul(out, in));
	bn254_g2_to_affine(&q, &t);
	twist_write(out + 64, &q);
}

static bool
is_one(const uint8_t *pairs, size_t cnt)
{
	bool one;

	CHECK(bn254_pairing(&one, bytes_of(pairs, cnt * BN254_PAIR)));
	return one;
}

static struct u256
neg(const struct u256 *a)
{
	struct u256 r = BN254_R, out;

	u256_divmod(NULL, &out, a, &r);
	(void)u256_sub(&out, &r, &out);
	return out;
}

/* e(aG, bH) e(cG, H) is 1 for c = -ab, and only then. */
TEST(test_bn254_pairing_is_bilinear_and_not_degenerate)
{
	struct rng_test rng = {.state = 1108};
	struct u256 a, b, c, r = BN254_R;
	uint8_t in[2 * BN254_PAIR];
	size_t i;

	for (i = 0; i < 12; i++) {
		a = draw(&rng);
		b = draw(&rng);
		if (i == 0)
			a = b = U256_ONE;
		u256_mulmod(&c, &a, &b, &r);
		c = neg(&c);
		pair(in, &a, &b);
		pair(in + BN254_PAIR, &c, &U256_ONE);
		EXPECT(is_one(in, 2));
		EXPECT(!is_one(in, 1));
		EXPECT(!is_one(in + BN254_PAIR, 1));
		pair(in + BN254_PAIR, &U256_ONE, &c);
		EXPECT(is_one(in, 2));
		(void)u256_add(&c, &c, &U256_ONE);
		pair(in + BN254_PAIR, &c, &U256_ONE);
		EXPECT(!is_one(in, 2));
		pair(in + BN254_PAIR, &U256_ONE, &c);
		EXPECT(!is_one(in, 2));
	}
}

/* The sum of all a b is 0; with any one pair left out it is not. */
TEST(test_bn254_pairing_any_count_of_pairs)
{
	enum { PAIRS = 35 };
	static uint8_t in[PAIRS * BN254_PAIR];
	struct rng_test rng = {.state = 1109};
	struct u256 sum = U256_ZERO, a, b, c, r = BN254_R;
	uint8_t one[BN254_PAIR], *last;
	size_t i;

	for (i = 0; i + 1 < PAIRS; i++) {
		a = draw(&rng);
		b = u256_from_u64(rng_test_next(&rng));
		u256_mulmod(&c, &a, &b, &r);
		u256_addmod(&sum, &sum, &c, &r);
		pair(in + i * BN254_PAIR, &a, &b);
		last = in + (i + 1) * BN254_PAIR;
		c = neg(&sum);
		pair(last, &c, &U256_ONE);
		EXPECT(is_one(in, i + 2));
		EXPECT(!is_one(in, i + 1));
	}
	for (i = 0; i < PAIRS; i += 5) {
		memcpy(one, in + i * BN254_PAIR, BN254_PAIR);
		memset(in + i * BN254_PAIR, 0, 64);
		EXPECT(!is_one(in, PAIRS));
		memcpy(in + i * BN254_PAIR, one, BN254_PAIR);
		memset(in + i * BN254_PAIR + 64, 0, 128);
		EXPECT(!is_one(in, PAIRS));
		memcpy(in + i * BN254_PAIR, one, BN254_PAIR);
	}
	EXPECT(is_one(in, PAIRS));
}

TEST(test_bn254_pairing_with_infinity_one)
{
	uint8_t in[3 * BN254_PAIR] = {0};

	EXPECT(is_one(in, 0));
	EXPECT(is_one(in, 1));
	EXPECT(is_one(in, 3));
	pair(in + BN254_PAIR, &U256_ONE, &U256_ZERO);
	EXPECT(is_one(in, 3));
	pair(in + BN254_PAIR, &U256_ZERO, &U256_ONE);
	EXPECT(is_one(in, 3));
	pair(in + BN254_PAIR, &U256_ONE, &U256_ONE);
	EXPECT(!is_one(in, 3));
}

TEST(test_bn254_pairing_bad_input_refused)
{
	uint8_t good[2 * BN254_PAIR], in[2 * BN254_PAIR], be[32];
	bool one = true;
	size_t len, i;

	pair(good, &U256_ONE, &U256_ONE);
	pair(good + BN254_PAIR, &U256_ONE, &U256_ONE);
	for (len = 1; len < sizeof(good); len++)
		if (len != BN254_PAIR)
			EXPECT(!bn254_pairing(&one, bytes_of(good, len)));
	u256_to_be(be, &prime);
	for (i = 0; i < sizeof(in) / 32; i++) { /* each number out of range */
		memcpy(in, good, sizeof(in));
		memcpy(in + 32 * i, be, 32);
		EXPECT(!bn254_pairing(&one, bytes_of(in, sizeof(in))));
		memset(in + 32 * i, 0xff, 32);
		EXPECT(!bn254_pairing(&one, bytes_of(in, sizeof(in))));
		memcpy(in + 32 * i, good + 32 * i, 32);
		in[32 * i + 31] ^= 1; /* and off its curve */
		EXPECT(!bn254_pairing(&one, bytes_of(in, sizeof(in))));
	}
	memset(in, 0, sizeof(in)); /* infinity beside a bad point */
	in[63] = 1;
	EXPECT(!bn254_pairing(&one, bytes_of(in, BN254_PAIR)));
	memset(in, 0, sizeof(in));
	in[BN254_PAIR - 1] = 1;
	EXPECT(!bn254_pairing(&one, bytes_of(in, BN254_PAIR)));
	EXPECT(one);
}
