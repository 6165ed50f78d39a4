/* SPDX-License-Identifier: Apache-2.0
 *
 * What the groups of BLS12-381 have beside the group law: points of an x,
 * many points made affine at once, sums of multiples. The including file
 * defines G(), F() and CURVE_B for jac_impl_priv.h, which comes with it.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/jac_impl_priv.h"

bool
G(_lift)(struct G(_affine) * out, const struct F() * x)
{
	struct F() t;

	F(_sqr)(&t, x);
	F(_mul)(&t, &t, x);
	F(_add)(&t, &t, &CURVE_B);
	out->x = *x;
	return F(_sqrt)(&out->y, &t);
}

/* x1 z2^2 = x2 z1^2 and y1 z2^3 = y2 z1^3 */
bool
G(_eq)(const struct G() * a, const struct G() * b)
{
	struct F() za, zb, s, t;

	if (G(_is_inf)(a) || G(_is_inf)(b))
		return G(_is_inf)(a) && G(_is_inf)(b);
	F(_sqr)(&za, &a->z);
	F(_sqr)(&zb, &b->z);
	F(_mul)(&s, &a->x, &zb);
	F(_mul)(&t, &b->x, &za);
	if (!F(_eq)(&s, &t))
		return false;
	F(_mul)(&za, &za, &a->z);
	F(_mul)(&zb, &zb, &b->z);
	F(_mul)(&s, &a->y, &zb);
	F(_mul)(&t, &b->y, &za);
	return F(_eq)(&s, &t);
}

/* scale is out = (X/Z^2, Y/Z^3), z being 1/Z. */
static void
scale(struct G(_affine) * out, const struct G() * a, const struct F() * z)
{
	struct F() zz;

	F(_sqr)(&zz, z);
	F(_mul)(&out->x, &a->x, &zz);
	F(_mul)(&zz, &zz, z);
	F(_mul)(&out->y, &a->y, &zz);
}

/* Montgomery's trick: scratch[i] is the product of what stands before i. */
void
G(_to_affine_many)(struct G(_affine) * out, const struct G() * a,
    struct F() * scratch, size_t cnt)
{
	struct F() all = F(_one), z;
	size_t i;

	for (i = 0; i < cnt; i++) {
		scratch[i] = all;
		if (!G(_is_inf)(&a[i]))
			F(_mul)(&all, &all, &a[i].z);
	}
	F(_inv)(&all, &all);
	for (i = cnt; i-- > 0;) {
		if (G(_is_inf)(&a[i])) {
			out[i] = (struct G(_affine)){0};
			continue;
		}
		F(_mul)(&z, &all, &scratch[i]);
		F(_mul)(&all, &all, &a[i].z);
		scale(&out[i], &a[i], &z);
	}
}

void
G(_mul_x)(struct G() * out, const struct G() * a)
{
	struct G() r = *a, p = *a;
	unsigned i;

	for (i = 63; i-- > 0;) {
		G(_dbl)(&r, &r);
		if (BLS_X >> i & 1)
			G(_add)(&r, &r, &p);
	}
	*out = r;
}

/* --- sums of multiples */

/*
 * A few points share the doublings of one ladder, each with a table of its
 * odd multiples (Straus); many are thrown into buckets by digit, window by
 * window (Pippenger). The border is where the times cross.
 */
enum {
	NAF_BITS = 5, /* digits -15 to 15, odd: tables of 8 */
	NAF_TABLE = 1 << (NAF_BITS - 2),
	NAF_LEN = 129, /* the longest part and a carry */
	STRAUS_MAX = 64,
	WINDOW_MAX = 10,
};

/* low_bits returns the lowest n bits of a part; n is at most 32. */
static uint32_t
low_bits(const struct bls_part *k, unsigned n)
{
	return (uint32_t)(k->w[0] & ((UINT64_C(1) << n) - 1));
}

static void
part_shift(struct bls_part *k)
{
	k->w[0] = k->w[0] >> 1 | k->w[1] << 63;
	k->w[1] >>= 1;
}

/*
 * naf writes k as digits that are 0 or odd and followed by NAF_BITS - 1
 * zeros. A negative digit leaves a carry: the part grows by at most 2^4, which
 * its free top takes unless it has all 128 bits, where the carry is kept.
 */
static void
naf(int8_t digits[NAF_LEN], struct bls_part k)
{
	uint64_t top = 0; /* bit 128 of k */
	unsigned i;

	for (i = 0; i < NAF_LEN; i++) {
		int d = 0;

		if (k.w[0] & 1) {
			d = (int)low_bits(&k, NAF_BITS);
			if (d >= 1 << (NAF_BITS - 1))
				d -= 1 << NAF_BITS;
		}
		if (d >= 0) {
			k.w[0] -= (uint64_t)d; /* d is k's own low bits */
		} else {
			k.w[0] += (uint64_t)-d;
			if (k.w[0] < (uint64_t)-d && ++k.w[1] == 0)
				top = 1;
		}
		digits[i] = (int8_t)d;
		part_shift(&k);
		k.w[1] |= top << 63;
		top = 0;
	}
}

/* odd_multiples fills a table with p, 3p, 5p and so on. */
static void
odd_multiples(struct G() table[NAF_TABLE], const struct G(_affine) * p)
{
	struct G() twice;
	unsigned i;

	G(_from_affine)(&table[0], p);
	G(_dbl)(&twice, &table[0]);
	for (i = 1; i < NAF_TABLE; i++)
		G(_add)(&table[i], &table[i - 1], &twice);
}

/* What straus works in: NAF_TABLE items for each point, or one of digits. */
struct workspace {
	struct G() * table;
	struct G(_affine) * multiples;
	struct F() * scratch;
	int8_t (*digits)[NAF_LEN];
};

/* add_digit adds d times a point, of which row has the odd multiples. */
static void
add_digit(struct G() * r, const struct G(_affine) * row, int d)
{
	struct G(_affine) minus;

	if (d > 0) {
		G(_add_affine)(r, r, &row[d / 2]);
	} else if (d < 0) {
		minus = row[-d / 2];
		F(_neg)(&minus.y, &minus.y);
		G(_add_affine)(r, r, &minus);
	}
}

static void
straus(const struct workspace *w, struct G() * out,
    const struct G(_affine) * points, const struct bls_part *parts, size_t cnt,
    unsigned bits)
{
	struct G() r = {0};
	size_t i;
	unsigned k;

	for (i = 0; i < cnt; i++) {
		odd_multiples(&w->table[i * NAF_TABLE], &points[i]);
		naf(w->digits[i], parts[i]);
	}
	G(_to_affine_many)(w->multiples, w->table, w->scratch, cnt * NAF_TABLE);
	for (k = bits + 1; k-- > 0;) {
		G(_dbl)(&r, &r);
		for (i = 0; i < cnt; i++)
			add_digit(
			    &r, &w->multiples[i * NAF_TABLE], w->digits[i][k]);
	}
	*out = r;
}

void
G(_sum_few)(struct G() * out, const struct G(_affine) * points,
    const struct bls_part *parts, size_t cnt, unsigned bits)
{
	struct G() table[BLS_FEW * NAF_TABLE];
	struct G(_affine) multiples[BLS_FEW * NAF_TABLE];
	struct F() scratch[BLS_FEW * NAF_TABLE];
	int8_t digits[BLS_FEW][NAF_LEN];
	struct workspace w = {table, multiples, scratch, digits};

	CHECK(cnt <= BLS_FEW);
	straus(&w, out, points, parts, cnt, bits);
}

static void *
take(struct arena *mem, size_t cnt, size_t size)
{
	void *p = arena_array(mem, cnt, size);

	CHECK(p != NULL);
	return p;
}

static void
straus_in(struct arena *mem, struct G() * out, const struct G(_affine) * points,
    const struct bls_part *parts, size_t cnt, unsigned bits)
{
	size_t n = cnt * NAF_TABLE;
	struct workspace w = {
	    take(mem, n, sizeof(*w.table)),
	    take(mem, n, sizeof(*w.multiples)),
	    take(mem, n, sizeof(*w.scratch)),
	    take(mem, cnt, sizeof(*w.digits)),
	};

	straus(&w, out, points, parts, cnt, bits);
}

/* digit returns window no. w of a part, of n bits. */
static unsigned
digit(const struct bls_part *k, unsigned w, unsigned n)
{
	unsigned at = w * n;
	uint64_t v = 0;

	if (at < 128)
		v = k->w[at / 64] >> at % 64;
	if (at < 64 && at + n > 64)
		v |= k->w[1] << (64 - at);
	return (unsigned)(v & ((UINT64_C(1) << n) - 1));
}

/*
 * fill puts each point into the bucket of its digit in window w. Digits above
 * half of the window's range count down from it, with a carry into the next
 * window: half the buckets, because a point's negative costs nothing.
 */
static void
fill(struct G() * buckets, const struct G(_affine) * points,
    const struct bls_part *parts, uint8_t *carry, size_t cnt, unsigned w,
    unsigned n)
{
	struct G(_affine) minus;
	unsigned d;
	size_t i;

	memset(buckets, 0, sizeof(*buckets) << (n - 1));
	for (i = 0; i < cnt; i++) {
		d = digit(&parts[i], w, n) + carry[i];
		carry[i] = d > 1U << (n - 1);
		if (carry[i]) {
			d = (1U << n) - d;
			minus = points[i];
			F(_neg)(&minus.y, &minus.y);
		}
		if (d > 0)
			G(_add_affine)
		(&buckets[d - 1], &buckets[d - 1],
		    carry[i] ? &minus : &points[i]);
	}
}

/* sweep adds up 1, 2, 3 and so on times the buckets: running sums from the
 * highest down. */
static void
sweep(struct G() * out, const struct G() * buckets, unsigned n)
{
	struct G() running = {0};
	unsigned i;

	for (i = 1U << (n - 1); i-- > 0;) {
		G(_add)(&running, &running, &buckets[i]);
		G(_add)(out, out, &running);
	}
}

/* The window for cnt points: every window costs cnt additions and two for
 * each of 2^(n-1) buckets. */
static unsigned
window_for(size_t cnt)
{
	unsigned n = 4;

	while (n < WINDOW_MAX && cnt >> (n + 3) != 0)
		n++;
	return n;
}

static void
pippenger(struct arena *mem, struct G() * out, const struct G(_affine) * points,
    const struct bls_part *parts, size_t cnt, unsigned bits)
{
	unsigned n = window_for(cnt), w, i;
	struct G() *buckets = take(mem, (size_t)1 << (n - 1), sizeof(*buckets));
	struct G() *sums = take(mem, bits / n + 1, sizeof(*sums));
	uint8_t *carry = take(mem, cnt, 1);
	struct G() r = {0};

	for (w = 0; w <= bits / n; w++) {
		fill(buckets, points, parts, carry, cnt, w, n);
		sweep(&sums[w], buckets, n);
	}
	while (w-- > 0) {
		for (i = 0; i < n; i++)
			G(_dbl)(&r, &r);
		G(_add)(&r, &r, &sums[w]);
	}
	*out = r;
}

void
G(_sum)(struct arena *mem, struct G() * out, const struct G(_affine) * points,
    const struct bls_part *parts, size_t cnt, unsigned bits)
{
	struct arena_mark mark = arena_save(mem);

	if (cnt <= STRAUS_MAX)
		straus_in(mem, out, points, parts, cnt, bits);
	else
		pippenger(mem, out, points, parts, cnt, bits);
	arena_rewind(mem, mark);
}
