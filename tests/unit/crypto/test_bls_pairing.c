/* SPDX-License-Identifier: Apache-2.0
 *
 * Fp12 and the pairing of BLS12-381, below the encoding: the Frobenius map
 * as the power that it is, squares and lines as the products that they are,
 * orders of elements; and the groups' endomorphisms, membership and
 * cofactors as the multiples that they are.
 */
#include "crypto/bls_pairing_priv.h"

#include "base/check.h"
#include "crypto/bls_map_priv.h"
#include "crypto/rng.h"
#include "test.h"

static void
fill(void *out, size_t len, struct rng_test *rng)
{
	struct bls_fp *v = out;
	uint8_t bytes[BLS_FP_BYTES];
	size_t i;

	for (i = 0; i < len / sizeof(*v); i++) {
		rng_test_fill(rng, bytes, sizeof(bytes));
		bytes[0] %= 0x1a;
		CHECK(bls_fp_take(&v[i], bytes));
	}
}

/* power is a^e, e big-endian. */
static void
power(struct bls_fp12 *out, const struct bls_fp12 *a, struct bytes e)
{
	struct bls_fp12 r = bls_fp12_one;
	size_t i;

	for (i = 0; i < 8 * e.len; i++) {
		bls_fp12_mul(&r, &r, &r);
		if (e.ptr[i / 8] >> (7 - i % 8) & 1)
			bls_fp12_mul(&r, &r, a);
	}
	*out = r;
}

#define P                                                                      \
	"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eab" \
	"fffeb153ffffb9feffffffffaaab"
#define R "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"

TEST(test_bls_fp12_product_distributes_and_inverts)
{
	struct rng_test rng = {.state = 12};
	struct bls_fp12 a, b, s, t;
	unsigned i;

	for (i = 0; i < 20; i++) {
		fill(&a, sizeof(a), &rng);
		fill(&b, sizeof(b), &rng);
		bls_fp12_mul(&s, &a, &b);
		bls_fp12_mul(&t, &b, &a);
		EXPECT(bls_fp12_eq(&s, &t));
		bls_fp12_mul(&s, &s, &a); /* (a b) a = (a a) b */
		bls_fp12_sqr(&t, &a);
		bls_fp12_mul(&t, &t, &b);
		EXPECT(bls_fp12_eq(&s, &t));
		bls_fp12_inv(&s, &a);
		bls_fp12_mul(&s, &s, &a);
		EXPECT(bls_fp12_eq(&s, &bls_fp12_one));
		EXPECT(!bls_fp12_eq(&a, &b));
	}
	memset(&a, 0, sizeof(a));
	bls_fp12_inv(&s, &a);
	EXPECT(bls_fp12_eq(&s, &a));
}

/* w^2 = v and v^3 = 1 + u: w^6 = 1 + u. */
TEST(test_bls_fp12_is_the_tower_it_says)
{
	struct bls_fp12 w = {0}, r, want = {0};

	w.c1.c0 = bls_fp2_one;
	want.c0.c1 = bls_fp2_one;
	bls_fp12_sqr(&r, &w);
	EXPECT(bls_fp12_eq(&r, &want));
	memset(&want, 0, sizeof(want));
	want.c0.c0.c0 = want.c0.c0.c1 = bls_fp_one;
	power(&r, &w, bytes_of("\6", 1));
	EXPECT(bls_fp12_eq(&r, &want));
}

TEST(test_bls_fp12_frobenius_is_the_power_p)
{
	struct rng_test rng = {.state = 6};
	struct bls_fp12 a, s, t;
	unsigned i;

	fill(&a, sizeof(a), &rng);
	power(&t, &a, test_hex(P));
	bls_fp12_frobenius(&s, &a);
	EXPECT(bls_fp12_eq(&s, &t));
	for (i = 1; i < 6; i++) /* six times: p^6 */
		bls_fp12_frobenius(&s, &s);
	bls_fp12_conj(&t, &a);
	EXPECT(bls_fp12_eq(&s, &t));
}

TEST(test_bls_fp12_line_is_a_sparse_element)
{
	struct rng_test rng = {.state = 14};
	struct bls_fp12 a, line = {0}, t;
	struct bls_fp2 l[3];

	fill(&a, sizeof(a), &rng);
	fill(l, sizeof(l), &rng);
	line.c0.c0 = l[0];
	line.c0.c1 = l[1];
	line.c1.c1 = l[2];
	bls_fp12_mul(&t, &a, &line);
	bls_fp12_mul_line(&a, &l[0], &l[1], &l[2]);
	EXPECT(bls_fp12_eq(&a, &t));
}

/* What comes out has order r, which divides p^4 - p^2 + 1. */
TEST(test_bls_final_exp_leaves_roots_of_unity)
{
	struct rng_test rng = {.state = 3};
	struct bls_fp12 a, s, t;

	fill(&a, sizeof(a), &rng);
	bls_final_exp(&a, &a);
	EXPECT(!bls_fp12_eq(&a, &bls_fp12_one));
	power(&s, &a, test_hex(R));
	EXPECT(bls_fp12_eq(&s, &bls_fp12_one));
	bls_fp12_cyclo_sqr(&s, &a);
	bls_fp12_sqr(&t, &a);
	EXPECT(bls_fp12_eq(&s, &t));
	bls_fp12_conj(&s, &a);
	bls_fp12_mul(&s, &s, &a);
	EXPECT(bls_fp12_eq(&s, &bls_fp12_one));
}

/* Elements of the subfields Fp6 and Fp2 are made 1. */
TEST(test_bls_final_exp_forgets_subfields)
{
	struct rng_test rng = {.state = 2};
	struct bls_fp12 a = {0};

	fill(&a.c0, sizeof(a.c0), &rng);
	bls_final_exp(&a, &a);
	EXPECT(bls_fp12_eq(&a, &bls_fp12_one));
}

TEST(test_bls_pairing_value_is_not_degenerate)
{
	struct bls_pair pair = {bls_g1_generator, bls_g2_generator};
	struct bls_fp12 f = bls_fp12_one, g = bls_fp12_one;

	bls_miller_loop(&f, &pair, 1);
	bls_miller_loop(&f, &pair, 1); /* multiplies what is there */
	bls_final_exp(&f, &f);
	EXPECT(!bls_fp12_eq(&f, &bls_fp12_one));
	bls_miller_loop(&g, &pair, 1);
	bls_final_exp(&g, &g);
	bls_fp12_sqr(&g, &g);
	EXPECT(bls_fp12_eq(&f, &g));
	bls_miller_loop(&g, &pair, 0);
	EXPECT(bls_fp12_eq(&f, &g));
}

/* --- the groups */

/* h_eff of RFC 9380, sections 8.8.1 and 8.8.2 */
#define H_EFF_G1 "d201000000010001"
#define H_EFF_G2                                                               \
	"0bc69f08f2ee75b3584c6a0ea91b352888e2a8e9145ad7689986ff031508ffe1329c" \
	"2f178731db956d82bf015d1212b02ec0ec69d7477c1ae954cbc06689f6a359894c0a" \
	"debbf6b4e8020005aaa95551"
/* x^2 */
#define X2 "ac45a4010001a4020000000100000000"
#define X  "d201000000010000"

#define GROUP_TESTS(g, field, h_eff, endo)                                     \
	static void g##_slowly(                                                \
	    struct g *out, const struct g *a, const char *hex)                 \
	{                                                                      \
		struct bytes k = test_hex(hex);                                \
		struct g r = {0};                                              \
		size_t i;                                                      \
		for (i = 0; i < 8 * k.len; i++) {                              \
			g##_add(&r, &r, &r);                                   \
			if (k.ptr[i / 8] >> (7 - i % 8) & 1)                   \
				g##_add(&r, &r, a);                            \
		}                                                              \
		*out = r;                                                      \
	}                                                                      \
	/* A random point of the whole curve. */                               \
	static void g##_any(struct g##_affine *out, struct rng_test *rng)      \
	{                                                                      \
		struct field x;                                                \
		do                                                             \
			fill(&x, sizeof(x), rng);                              \
		while (!g##_lift(out, &x));                                    \
		EXPECT(g##_is_on_curve(out));                                  \
	}                                                                      \
	TEST(test_##g##_membership_is_the_order)                               \
	{                                                                      \
		struct rng_test rng = {.state = 40};                           \
		struct g##_affine a, inf = {0};                                \
		struct g p, q;                                                 \
		unsigned i;                                                    \
		EXPECT(g##_is_in_group(&inf));                                 \
		EXPECT(g##_is_in_group(&g##_generator));                       \
		for (i = 0; i < 5; i++) {                                      \
			g##_any(&a, &rng);                                     \
			g##_from_affine(&p, &a);                               \
			g##_slowly(&q, &p, R);                                 \
			EXPECT(!g##_is_inf(&q));                               \
			EXPECT(!g##_is_in_group(&a));                          \
			/* r a is of the cofactor's order only */              \
			g##_to_affine(&a, &q);                                 \
			EXPECT(!g##_is_in_group(&a));                          \
			g##_clear_cofactor(&q, &p);                            \
			g##_to_affine(&a, &q);                                 \
			EXPECT(g##_is_on_curve(&a) && g##_is_in_group(&a));    \
			g##_slowly(&q, &q, R);                                 \
			EXPECT(g##_is_inf(&q));                                \
		}                                                              \
	}                                                                      \
	TEST(test_##g##_clear_cofactor_is_times_h_eff)                         \
	{                                                                      \
		struct rng_test rng = {.state = 41};                           \
		struct g##_affine a;                                           \
		struct g p, q;                                                 \
		g##_any(&a, &rng);                                             \
		g##_from_affine(&p, &a);                                       \
		g##_slowly(&q, &p, h_eff);                                     \
		g##_clear_cofactor(&p, &p);                                    \
		EXPECT(g##_eq(&p, &q));                                        \
	}                                                                      \
	TEST(test_##g##_endomorphism_is_minus_a_multiple)                      \
	{                                                                      \
		struct rng_test rng = {.state = 42};                           \
		struct g##_affine a;                                           \
		struct field u;                                                \
		struct g p, q;                                                 \
		fill(&u, sizeof(u), &rng);                                     \
		g##_map(&p, &u);                                               \
		g##_slowly(&q, &p, endo);                                      \
		g##_neg(&q, &q);                                               \
		g##_to_affine(&a, &p);                                         \
		g##_endo(&a, &a);                                              \
		EXPECT(g##_is_on_curve(&a));                                   \
		g##_from_affine(&p, &a);                                       \
		EXPECT(g##_eq(&p, &q));                                        \
		g##_slowly(&q, &p, X);                                         \
		g##_mul_x(&p, &p);                                             \
		EXPECT(g##_eq(&p, &q));                                        \
	}                                                                      \
	TEST(test_##g##_coordinates_do_not_matter)                             \
	{                                                                      \
		struct rng_test rng = {.state = 43};                           \
		struct g##_affine many[5];                                     \
		struct g p[5], q = {0};                                        \
		struct field scratch[5];                                       \
		unsigned i;                                                    \
		g##_from_affine(&p[0], &g##_generator);                        \
		for (i = 1; i < 5; i++)                                        \
			g##_dbl(&p[i], &p[i - 1]);                             \
		memset(&p[2], 0, sizeof(p[2]));                                \
		fill(&p[2].x, sizeof(p[2].x), &rng); /* infinity with an x */  \
		g##_to_affine_many(many, p, scratch, 5);                       \
		for (i = 0; i < 5; i++) {                                      \
			EXPECT(g##_is_on_curve(&many[i]));                     \
			EXPECT(g##_affine_is_inf(&many[i]) == (i == 2));       \
			g##_from_affine(&q, &many[i]);                         \
			EXPECT(g##_eq(&q, &p[i]));                             \
			EXPECT(!g##_eq(&q, &p[(i + 1) % 5]));                  \
			g##_neg(&q, &q);                                       \
			EXPECT(g##_eq(&q, &p[i]) == (i == 2));                 \
			g##_add_affine(&q, &q, &many[i]);                      \
			EXPECT(g##_is_inf(&q));                                \
			g##_add_affine(&q, &p[i], &many[i]);                   \
			g##_add(&p[i], &p[i], &p[i]);                          \
			EXPECT(g##_eq(&q, &p[i]));                             \
		}                                                              \
	}

GROUP_TESTS(bls_g1, bls_fp, H_EFF_G1, X2)
GROUP_TESTS(bls_g2, bls_fp2, H_EFF_G2, X)
