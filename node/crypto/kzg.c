/* SPDX-License-Identifier: Apache-2.0
 *
 * Point evaluation of EIP-4844. A proof is the commitment to the quotient
 * (f(X) - y) / (X - z), so that with the setup's secret s
 *
 *   e(C - y G1, G2) = e(proof, (s - z) G2),
 *
 * which is checked as e(C - y G1 + z proof, -G2) e(proof, s G2) = 1: the
 * only multiples are in G1, and the points of G2 are constants.
 */
#include "crypto/kzg.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/kzg_priv.h"

/*
 * s G2: the second of the powers in G2 that the ceremony of 2023 published
 * for the mainnet (ethereum/c-kzg-4844, src/trusted_setup.txt, line 4100),
 * decompressed, in Montgomery form. A test holds it against those bytes.
 */
const struct bls_g2_affine kzg_setup_g2 = {
    {{{0x6120a2099b0379f9, 0xa2df815cb8210e4e, 0xcb57be5577bd3d4f,
	 0x62da0ea89a0c93f8, 0x02e0ee16968e150d, 0x171f09aea833acd5}},
	{{0x11a3670749dfd455, 0x04991d7b3abffadc, 0x85446a8e14437f41,
	    0x27174e7b4e76e3f2, 0x7bfa6dd397f60a20, 0x02fcc329ac07080f}}},
    {{{0xaa130838793b2317, 0xe236dd220f891637, 0x6502782925760980,
	 0xd05c25f60557ec89, 0x6095767a44064474, 0x185693917080d405}},
	{{0x549f9e175b03dc0a, 0x32c0c95a77106cfe, 0x64a74eae5705d080,
	    0x53deeaf56659ed9e, 0x09a1d368508afb93, 0x12cf3a4525b5e9bd}}},
};

/* The flags in the first byte of a compressed point: it is one; it is at
 * infinity; its y is the higher of the two. */
enum { COMPRESSED = 0x80, INFINITE = 0x40, HIGH = 0x20 };

/* take_compressed reads a point of G1 in the encoding of the ceremony (the
 * draft "Pairing-Friendly Curves" of the CFRG, appendix C). */
static bool
take_compressed(struct bls_g1_affine *out, const uint8_t in[KZG_POINT_LEN])
{
	uint8_t flags = in[0] & (COMPRESSED | INFINITE | HIGH);
	uint8_t x[KZG_POINT_LEN];

	memcpy(x, in, sizeof(x));
	x[0] ^= flags;
	*out = (struct bls_g1_affine){0};
	if (!(flags & COMPRESSED) || !bls_fp_take(&out->x, x))
		return false;
	if (flags & INFINITE)
		return !(flags & HIGH) && bls_fp_is_zero(&out->x);
	if (!bls_g1_lift(out, &out->x))
		return false;
	if (bls_fp_is_high(&out->y) != ((flags & HIGH) != 0))
		bls_fp_neg(&out->y, &out->y);
	return bls_g1_is_in_group(out);
}

/* take_scalar reads a number below the order of the groups. */
static bool
take_scalar(struct u256 *out, const uint8_t in[32])
{
	u256_from_be(out, bytes_of(in, 32));
	return u256_lt(out, &BLS_R);
}

void
kzg_versioned_hash(uint8_t out[32], const uint8_t commitment[KZG_POINT_LEN])
{
	sha256(out, bytes_of(commitment, KZG_POINT_LEN));
	out[0] = KZG_VERSION;
}

/* add_pair puts a pair in, unless its pairing is 1: infinity in G1. */
static void
add_pair(struct bls_pair *pairs, size_t *cnt, const struct bls_g1_affine *p,
    const struct bls_g2_affine *q)
{
	if (!bls_g1_affine_is_inf(p))
		pairs[(*cnt)++] = (struct bls_pair){*p, *q};
}

/* The parts of two multiples. */
enum { PARTS = 2 * BLS_G1_PARTS };

/* is_proof is e(C - y G1 + z proof, -G2) e(proof, s G2) = 1. */
static bool
is_proof(const struct bls_g1_affine *c, const struct bls_g1_affine *proof,
    const struct u256 *z, const struct u256 *y)
{
	struct bls_g1_affine points[PARTS], left;
	struct bls_part parts[PARTS];
	struct bls_g2_affine minus = bls_g2_generator;
	struct bls_fp12 f = bls_fp12_one;
	struct bls_pair pairs[2];
	struct bls_g1 sum;
	struct u256 minus_y;
	size_t cnt = 0;

	u256_sub(&minus_y, &BLS_R, y);
	bls_g1_split(points, parts, &bls_g1_generator, &minus_y);
	bls_g1_split(points + BLS_G1_PARTS, parts + BLS_G1_PARTS, proof, z);
	bls_g1_sum_few(&sum, points, parts, PARTS, BLS_G1_PART_BITS);
	bls_g1_add_affine(&sum, &sum, c);
	bls_g1_to_affine(&left, &sum);
	bls_fp2_neg(&minus.y, &minus.y);
	add_pair(pairs, &cnt, &left, &minus);
	add_pair(pairs, &cnt, proof, &kzg_setup_g2);
	bls_miller_loop(&f, pairs, cnt);
	bls_final_exp(&f, &f);
	return bls_fp12_eq(&f, &bls_fp12_one);
}

bool
kzg_verify_point(const uint8_t in[KZG_INPUT_LEN])
{
	const uint8_t *commitment = in + 96,
		      *proof = commitment + KZG_POINT_LEN;
	struct bls_g1_affine c, p;
	struct u256 z, y;
	uint8_t hash[32];

	kzg_versioned_hash(hash, commitment);
	return memcmp(hash, in, sizeof(hash)) == 0 &&
	       take_scalar(&z, in + 32) && take_scalar(&y, in + 64) &&
	       take_compressed(&c, commitment) && take_compressed(&p, proof) &&
	       is_proof(&c, &p, &z, &y);
}
