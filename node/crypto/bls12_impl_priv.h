/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in the encoding of EIP-2537, and its sums, written once for both
 * groups. The including file defines G() and F() as for
 * bls_curve_impl_priv.h, and
 *
 *   POINT_LEN         bytes of a point
 *   TERM_LEN          bytes of a point and a scalar
 *   PARTS, PART_BITS  of G(_split)
 *   G12(name)         bls12_g1##name or bls12_g2##name
 */
#include "base/check.h"

/* Terms that go into one sum: the gain of more is small. */
enum { CHUNK_MAX = 1024 };

bool
G12(_take)(struct G(_affine) * out, const uint8_t in[POINT_LEN])
{
	return F12(_take)(&out->x, in) &&
	       F12(_take)(&out->y, in + POINT_LEN / 2) && G(_is_on_curve)(out);
}

void
G12(_put)(uint8_t out[POINT_LEN], const struct G() * a)
{
	struct G(_affine) affine;

	G(_to_affine)(&affine, a);
	F12(_put)(out, &affine.x);
	F12(_put)(out + POINT_LEN / 2, &affine.y);
}

bool
G12(_add)(uint8_t out[POINT_LEN], const uint8_t in[2 * POINT_LEN])
{
	struct G(_affine) a, b;
	struct G() sum;

	if (!G12(_take)(&a, in) || !G12(_take)(&b, in + POINT_LEN))
		return false;
	G(_from_affine)(&sum, &a);
	G(_add_affine)(&sum, &sum, &b);
	G12(_put)(out, &sum);
	return true;
}

/* The terms of one sum. */
struct terms {
	struct G(_affine) * points;
	struct bls_part *parts;
	size_t cnt;
};

/* take_terms reads cnt terms; those that are 0 are checked and left out. */
static bool
take_terms(struct terms *t, const uint8_t *in, size_t cnt)
{
	struct G(_affine) a;
	struct u256 k;
	size_t i;

	t->cnt = 0;
	for (i = 0; i < cnt; i++, in += TERM_LEN) {
		if (!G12(_take)(&a, in) || !G(_is_in_group)(&a))
			return false;
		u256_from_be(&k, bytes_of(in + POINT_LEN, 32));
		if (G(_affine_is_inf)(&a) || u256_is_zero(&k))
			continue;
		G(_split)(&t->points[t->cnt], &t->parts[t->cnt], &a, &k);
		t->cnt += PARTS;
	}
	return true;
}

/* sum_all adds all of in up, a chunk at a time. */
static bool
sum_all(struct arena *mem, struct G() * sum, struct terms *t, struct bytes in)
{
	struct G() part;

	while (in.len > 0) {
		size_t cnt = in.len / TERM_LEN;

		cnt = cnt < CHUNK_MAX ? cnt : CHUNK_MAX;
		if (!take_terms(t, in.ptr, cnt))
			return false;
		G(_sum)(mem, &part, t->points, t->parts, t->cnt, PART_BITS);
		G(_add)(sum, sum, &part);
		in.ptr += cnt * TERM_LEN;
		in.len -= cnt * TERM_LEN;
	}
	return true;
}

bool
G12(_msm)(struct arena *mem, uint8_t out[POINT_LEN], struct bytes in)
{
	struct arena_mark mark = arena_save(mem);
	size_t cnt = in.len / TERM_LEN;
	struct terms t = {0};
	struct G() sum = {0};
	bool ok;

	if (in.len % TERM_LEN != 0)
		return false;
	cnt = cnt < CHUNK_MAX ? cnt : CHUNK_MAX;
	t.points = arena_array(mem, cnt * PARTS, sizeof(*t.points));
	t.parts = arena_array(mem, cnt * PARTS, sizeof(*t.parts));
	CHECK(t.points != NULL && t.parts != NULL);
	ok = sum_all(mem, &sum, &t, in);
	arena_rewind(mem, mark);
	if (ok)
		G12(_put)(out, &sum);
	return ok;
}
