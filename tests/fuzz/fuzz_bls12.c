/* SPDX-License-Identifier: Apache-2.0
 *
 * BLS12-381 below its encoding, each operation against a second way to its
 * result: products with the processor's instructions and in plain C, inverses
 * and roots multiplied back, Straus against Pippenger, split scalars against
 * double-and-add, sparse and squared elements of Fp12 against products; images
 * of maps must be in their groups, and pairs must cancel. The first byte picks
 * one, the rest are limbs.
 *
 * fuzz: cover=node/crypto/bls_mul.c,node/crypto/bls_fp.c
 * fuzz: cover=node/crypto/bls_fp12.c,node/crypto/bls_pairing.c
 * fuzz: cover=node/crypto/bls_g1.c,node/crypto/bls_g2.c
 */
#include "base/check.h"
#include "crypto/bls_map_priv.h"
#include "crypto/bls_pairing_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Points of a sum: enough zeros behind a few make it go by buckets. */
enum { FEW = 4, MANY = 70 };

/* draw fills out with in's next bytes, zeros behind its end. */
static void
draw(void *out, size_t len, struct bytes *in)
{
	size_t cnt = in->len < len ? in->len : len;
	struct bytes head;

	memset(out, 0, len);
	if (cnt > 0 && bytes_take(&head, in, cnt))
		memcpy(out, head.ptr, cnt);
}

/* draw_fps fills out with elements whose limbs are the input's, less what
 * makes them too large. */
static void
draw_fps(void *out, size_t len, struct bytes *in)
{
	struct bls_fp *v = out;
	size_t i;

	draw(out, len, in);
	for (i = 0; i < len / sizeof(*v); i++) {
		v[i].w[5] &= 0x1fffffffffffffff; /* below 2p */
		mont_once(v[i].w, v[i].w, &bls_field);
	}
}

static void
try_fp(struct bytes in)
{
	struct bls_fp v[2], s, t;

	draw_fps(v, sizeof(v), &in);
	bls_fp_mul(&s, &v[0], &v[1]);
	bls_fp_mul_plain(&t, &v[0], &v[1]);
	CHECK(bls_fp_eq(&s, &t));
	bls_fp_add(&s, &v[0], &v[1]);
	bls_fp_halve(&t, &s);
	bls_fp_dbl(&t, &t);
	CHECK(bls_fp_eq(&s, &t));
	bls_fp_sub(&t, &t, &v[1]);
	CHECK(bls_fp_eq(&t, &v[0]));
	bls_fp_inv(&s, &v[0]);
	bls_fp_mul(&t, &s, &v[0]);
	CHECK(bls_fp_eq(bls_fp_is_zero(&v[0]) ? &v[0] : &bls_fp_one, &t));
	if (!bls_fp_sqrt(&s, &v[0])) {
		bls_fp_neg(&v[0], &v[0]);
		CHECK(bls_fp_sqrt(&s, &v[0]));
	}
	bls_fp_sqr(&s, &s);
	CHECK(bls_fp_eq(&s, &v[0]));
}

static void
try_bytes(struct bytes in)
{
	uint8_t raw[BLS_FP_BYTES], back[BLS_FP_BYTES];
	struct bls_fp a;
	uint64_t top;

	draw(raw, sizeof(raw), &in);
	top = be64(raw);
	if (!bls_fp_take(&a, raw)) {
		CHECK(top >= bls_field.p[5]);
		return;
	}
	CHECK(top <= bls_field.p[5]);
	bls_fp_put(back, &a);
	CHECK(!memcmp(raw, back, sizeof(raw)));
	CHECK(bls_fp_is_odd(&a) == (raw[BLS_FP_BYTES - 1] & 1));
}

/* A number that is not 0 and its negative differ in both signs. */
static void
check_signs(const struct bls_fp2 *a)
{
	struct bls_fp2 minus;

	bls_fp2_neg(&minus, a);
	if (bls_fp2_is_zero(a))
		return;
	CHECK(bls_fp2_is_odd(a) != bls_fp2_is_odd(&minus));
	CHECK(bls_fp2_is_high(a) != bls_fp2_is_high(&minus));
}

static void
try_fp2(struct bytes in)
{
	struct bls_fp2 v[2], s, t;

	draw_fps(v, sizeof(v), &in);
	check_signs(&v[0]);
	bls_fp2_mul(&s, &v[0], &v[1]);
	bls_fp2_mul_plain(&t, &v[0], &v[1]);
	CHECK(bls_fp2_eq(&s, &t));
	bls_fp2_sqr(&s, &v[0]);
	bls_fp2_mul(&t, &v[0], &v[0]);
	CHECK(bls_fp2_eq(&s, &t));
	CHECK(bls_fp2_sqrt(&t, &s));
	bls_fp2_neg(&s, &t);
	CHECK(bls_fp2_eq(&s, &v[0]) || bls_fp2_eq(&t, &v[0]));
	bls_fp2_inv(&s, &v[1]);
	bls_fp2_mul(&t, &s, &v[1]);
	CHECK(bls_fp2_eq(bls_fp2_is_zero(&v[1]) ? &v[1] : &bls_fp2_one, &t));
}

static void
try_fp12(struct bytes in)
{
	struct bls_fp12 a, b = {0}, s, t;
	struct bls_fp2 l[3];

	draw_fps(&a, sizeof(a), &in);
	draw_fps(l, sizeof(l), &in);
	bls_fp12_sqr(&s, &a);
	bls_fp12_mul(&t, &a, &a);
	CHECK(bls_fp12_eq(&s, &t));
	b.c0.c0 = l[0];
	b.c0.c1 = l[1];
	b.c1.c1 = l[2];
	bls_fp12_mul(&s, &a, &b);
	t = a;
	bls_fp12_mul_line(&t, &l[0], &l[1], &l[2]);
	CHECK(bls_fp12_eq(&s, &t));
	bls_fp12_frobenius(&t, &s);
	bls_fp12_frobenius(&a, &a);
	bls_fp12_frobenius(&b, &b);
	bls_fp12_mul(&s, &a, &b);
	CHECK(bls_fp12_eq(&s, &t));
	bls_fp12_inv(&s, &a);
	bls_fp12_mul(&t, &s, &a);
	CHECK(bls_fp12_eq(&s, &t) || bls_fp12_eq(&t, &bls_fp12_one));
}

/* What the final exponentiation leaves is inverted by the conjugate. */
static void
try_final_exp(struct bytes in)
{
	struct bls_fp12 a, s, t;

	draw_fps(&a, sizeof(a), &in);
	bls_final_exp(&a, &a);
	bls_fp12_cyclo_sqr(&s, &a);
	bls_fp12_sqr(&t, &a);
	CHECK(bls_fp12_eq(&s, &t));
	bls_fp12_conj(&s, &a);
	bls_fp12_mul(&s, &s, &a);
	CHECK(bls_fp12_eq(&s, &a) || bls_fp12_eq(&s, &bls_fp12_one));
}

/* draw_multiples makes a few points that repeat, oppose and vanish. */
#define DEFINE_SUMS(g, field, g_parts, bits)                                   \
	static void draw_##g(struct g##_affine out[FEW], struct bytes *in)     \
	{                                                                      \
		uint8_t k[FEW];                                                \
		struct g p;                                                    \
		size_t i;                                                      \
		draw(k, sizeof(k), in);                                        \
		for (i = 0; i < FEW; i++) {                                    \
			memset(&p, 0, sizeof(p));                              \
			for (; (k[i] & 15) != 0; k[i]--)                       \
				g##_add_affine(&p, &p, &g##_generator);        \
			if (k[i] & 16)                                         \
				g##_neg(&p, &p);                               \
			if (k[i] & 32)                                         \
				g##_mul_x(&p, &p);                             \
			g##_to_affine(&out[i], &p);                            \
			CHECK(g##_is_on_curve(&out[i]));                       \
		}                                                              \
	}                                                                      \
	static void try_##g##_sum(struct bytes in)                             \
	{                                                                      \
		struct g##_affine points[MANY] = {0};                          \
		struct bls_part parts[MANY] = {0};                             \
		struct arena mem;                                              \
		struct g one, two;                                             \
		draw_##g(points, &in);                                         \
		draw(parts, FEW * sizeof(*parts), &in);                        \
		if ((bits) == 64)                                              \
			for (size_t i = 0; i < FEW; i++)                       \
				parts[i].w[1] = 0;                             \
		arena_init(&mem, (size_t)4 << 20);                             \
		g##_sum_few(&one, points, parts, FEW, bits);                   \
		g##_sum(&mem, &two, points, parts, MANY, bits);                \
		CHECK(g##_eq(&one, &two) && mem.used_bytes == 0);              \
		g##_sum(&mem, &two, points, parts, FEW, bits);                 \
		CHECK(g##_eq(&one, &two));                                     \
		arena_drop(&mem);                                              \
	}                                                                      \
	static void try_##g##_split(struct bytes in)                           \
	{                                                                      \
		struct g##_affine a[FEW], points[g_parts];                     \
		struct bls_part parts[g_parts];                                \
		struct g one, two = {0};                                       \
		struct u256 k;                                                 \
		unsigned i;                                                    \
		draw_##g(a, &in);                                              \
		draw(&k, sizeof(k), &in);                                      \
		g##_split(points, parts, &a[0], &k);                           \
		g##_sum_few(&one, points, parts, g_parts, bits);               \
		for (i = 256; i-- > 0;) {                                      \
			g##_dbl(&two, &two);                                   \
			if (k.w[i / 64] >> i % 64 & 1)                         \
				g##_add_affine(&two, &two, &a[0]);             \
		}                                                              \
		CHECK(g##_eq(&one, &two));                                     \
		g##_to_affine(&a[0], &one);                                    \
		CHECK(g##_is_on_curve(&a[0]) && g##_is_in_group(&a[0]));       \
	}                                                                      \
	static void try_##g##_map(struct bytes in)                             \
	{                                                                      \
		struct g##_affine a;                                           \
		struct field u;                                                \
		struct g p, minus;                                             \
		draw_fps(&u, sizeof(u), &in);                                  \
		g##_map(&p, &u);                                               \
		g##_to_affine(&a, &p);                                         \
		CHECK(g##_is_on_curve(&a) && g##_is_in_group(&a));             \
		if (field##_is_zero(&u))                                       \
			return;                                                \
		field##_neg(&u, &u);                                           \
		g##_map(&minus, &u);                                           \
		g##_neg(&minus, &minus);                                       \
		CHECK(g##_eq(&p, &minus));                                     \
	}

DEFINE_SUMS(bls_g1, bls_fp, BLS_G1_PARTS, BLS_G1_PART_BITS)
DEFINE_SUMS(bls_g2, bls_fp2, BLS_G2_PARTS, BLS_G2_PART_BITS)

/* Pairs and their opposites cancel. */
static void
try_pairing(struct bytes in)
{
	struct bls_g1_affine p[FEW];
	struct bls_g2_affine q[FEW];
	struct bls_pair pairs[2 * FEW];
	struct bls_fp12 f = bls_fp12_one;
	size_t i, cnt = 0;

	draw_bls_g1(p, &in);
	draw_bls_g2(q, &in);
	for (i = 0; i < FEW; i++) {
		if (bls_g1_affine_is_inf(&p[i]) || bls_g2_affine_is_inf(&q[i]))
			continue;
		pairs[cnt++] = (struct bls_pair){p[i], q[i]};
		bls_fp_neg(&p[i].y, &p[i].y);
		pairs[cnt++] = (struct bls_pair){p[i], q[i]};
	}
	bls_miller_loop(&f, pairs, cnt);
	bls_final_exp(&f, &f);
	CHECK(bls_fp12_eq(&f, &bls_fp12_one));
}

static void (*const tries[])(struct bytes in) = {
    try_fp,
    try_fp2,
    try_fp12,
    try_bls_g1_sum,
    try_bls_g2_sum,
    try_bls_g1_split,
    try_bls_g2_split,
    try_bytes,
    try_final_exp,
    try_bls_g1_map,
    try_bls_g2_map,
    try_pairing,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		tries[data[0] % ARRAY_CNT(tries)](bytes_of(data + 1, size - 1));
	return 0;
}
