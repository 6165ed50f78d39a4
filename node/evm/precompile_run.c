/* SPDX-License-Identifier: Apache-2.0
 *
 * The precompiled contracts' forms of input and output. The mathematics is in
 * crypto.
 */
#include "base/check.h"
#include "crypto/blake2f.h"
#include "crypto/bls12.h"
#include "crypto/bn254.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/kzg.h"
#include "crypto/modexp.h"
#include "crypto/p256.h"
#include "evm/precompile_priv.h"

void
evm_take_padded(uint8_t *out, struct bytes in, size_t at, size_t len)
{
	size_t have = at < in.len ? in.len - at : 0;

	if (have > len)
		have = len;
	memset(out, 0, len);
	if (have > 0)
		memcpy(out, in.ptr + at, have);
}

static uint64_t
saturated(const uint8_t word[32])
{
	struct u256 w = load_word(word);

	return u256_is_u64(&w) ? w.w[0] : UINT64_MAX;
}

void
evm_modexp_read(struct modexp_in *out, struct bytes in)
{
	uint8_t head[96], exp[32] = {0};

	evm_take_padded(head, in, 0, sizeof(head));
	out->base_len = saturated(head);
	out->exp_len = saturated(head + 32);
	out->mod_len = saturated(head + 64);
	out->exp_head = U256_ZERO;
	if (out->base_len < in.len) {
		size_t len = out->exp_len < 32 ? out->exp_len : 32;

		evm_take_padded(exp + 32 - len, in, 96 + out->base_len, len);
		out->exp_head = load_word(exp);
	}
}

/* give writes an output of len bytes, if there is one; out has room for what
 * the price allows. */
static bool
give(struct buf *out, bool is_valid, const uint8_t *from, size_t len)
{
	if (is_valid)
		CHECK(buf_put(out, from, len));
	return is_valid;
}

/* give_truth writes a word of 0 or 1. */
static bool
give_truth(struct buf *out, bool is_valid, bool is_true)
{
	uint8_t word[32] = {[31] = is_true};

	return give(out, is_valid, word, sizeof(word));
}

/* A signature that recovers nothing is no failure: the output is empty. */
bool
evm_run_ecrecover(struct arena *scratch, struct buf *out, struct bytes in)
{
	static const uint8_t zeros[31];
	uint8_t input[128], word[32] = {0};
	struct ec_sig sig;

	(void)scratch;
	evm_take_padded(input, in, 0, sizeof(input));
	if (memcmp(input + 32, zeros, sizeof(zeros)) != 0 ||
	    (input[63] != 27 && input[63] != 28))
		return true;
	memcpy(sig.r, input + 64, sizeof(sig.r));
	memcpy(sig.s, input + 96, sizeof(sig.s));
	sig.y_parity = (uint8_t)(input[63] - 27);
	if (!ec_is_scalar(sig.r) || !ec_is_scalar(sig.s) ||
	    ec_recover_addr(word + 12, &sig, input, NULL) != RC_OK)
		return true;
	return give(out, true, word, sizeof(word));
}

bool
evm_run_sha256(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t hash[32];

	(void)scratch;
	sha256(hash, in);
	return give(out, true, hash, sizeof(hash));
}

bool
evm_run_ripemd160(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t word[32] = {0};

	(void)scratch;
	ripemd160(word + 12, in);
	return give(out, true, word, sizeof(word));
}

bool
evm_run_identity(struct arena *scratch, struct buf *out, struct bytes in)
{
	(void)scratch;
	return give(out, true, in.ptr, in.len);
}

bool
evm_run_modexp(struct arena *scratch, struct buf *out, struct bytes in)
{
	struct modexp_in m;
	uint8_t *operands;
	size_t all;

	evm_modexp_read(&m, in);
	if (m.mod_len == 0)
		return true;
	/* The price has bounded all three. */
	all = m.base_len + m.exp_len + m.mod_len;
	operands = arena_alloc(scratch, all);
	CHECK(operands != NULL);
	evm_take_padded(operands, in, 96, all);
	CHECK(modexp(scratch, out->ptr, bytes_of(operands, m.base_len),
		  bytes_of(operands + m.base_len, m.exp_len),
		  bytes_of(operands + m.base_len + m.exp_len, m.mod_len)) ==
	      RC_OK);
	out->len = m.mod_len;
	return true;
}

bool
evm_run_bn254_add(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t points[2 * BN254_G1], sum[BN254_G1];

	(void)scratch;
	evm_take_padded(points, in, 0, sizeof(points));
	return give(out, bn254_add(sum, points), sum, sizeof(sum));
}

bool
evm_run_bn254_mul(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t factors[BN254_G1 + 32], product[BN254_G1];

	(void)scratch;
	evm_take_padded(factors, in, 0, sizeof(factors));
	return give(out, bn254_mul(product, factors), product, sizeof(product));
}

bool
evm_run_bn254_pairing(struct arena *scratch, struct buf *out, struct bytes in)
{
	bool is_one = false, is_valid;

	(void)scratch;
	is_valid = bn254_pairing(&is_one, in);
	return give_truth(out, is_valid, is_one);
}
bool
evm_run_blake2f(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t state[BLAKE2F_OUT];

	(void)scratch;
	return in.len == BLAKE2F_IN &&
	       give(out, blake2f(state, in.ptr), state, sizeof(state));
}

/* The output is the count of field elements in a blob and the order of the
 * groups (EIP-4844). */
bool
evm_run_kzg_point(struct arena *scratch, struct buf *out, struct bytes in)
{
	static const uint8_t answer[64] = {[30] = 0x10,
	    [32] = 0x73,
	    0xed,
	    0xa7,
	    0x53,
	    0x29,
	    0x9d,
	    0x7d,
	    0x48,
	    0x33,
	    0x39,
	    0xd8,
	    0x08,
	    0x09,
	    0xa1,
	    0xd8,
	    0x05,
	    0x53,
	    0xbd,
	    0xa4,
	    0x02,
	    0xff,
	    0xfe,
	    0x5b,
	    0xfe,
	    0xff,
	    0xff,
	    0xff,
	    0xff,
	    0x00,
	    0x00,
	    0x00,
	    0x01};

	(void)scratch;
	return in.len == KZG_INPUT_LEN &&
	       give(out, kzg_verify_point(in.ptr), answer, sizeof(answer));
}

bool
evm_run_bls_g1_add(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t sum[BLS12_G1_LEN];

	(void)scratch;
	return in.len == 2 * (size_t)BLS12_G1_LEN &&
	       give(out, bls12_g1_add(sum, in.ptr), sum, sizeof(sum));
}

bool
evm_run_bls_g2_add(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t sum[BLS12_G2_LEN];

	(void)scratch;
	return in.len == 2 * (size_t)BLS12_G2_LEN &&
	       give(out, bls12_g2_add(sum, in.ptr), sum, sizeof(sum));
}

bool
evm_run_bls_g1_msm(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t sum[BLS12_G1_LEN];

	return in.len > 0 &&
	       give(out, bls12_g1_msm(scratch, sum, in), sum, sizeof(sum));
}

bool
evm_run_bls_g2_msm(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t sum[BLS12_G2_LEN];

	return in.len > 0 &&
	       give(out, bls12_g2_msm(scratch, sum, in), sum, sizeof(sum));
}

bool
evm_run_bls_pairing(struct arena *scratch, struct buf *out, struct bytes in)
{
	bool is_one = false, is_valid;

	(void)scratch;
	is_valid = in.len > 0 && bls12_pairing(&is_one, in);
	return give_truth(out, is_valid, is_one);
}

bool
evm_run_bls_map_g1(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t point[BLS12_G1_LEN];

	(void)scratch;
	return in.len == BLS12_FP_LEN &&
	       give(out, bls12_map_fp(point, in.ptr), point, sizeof(point));
}

bool
evm_run_bls_map_g2(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t point[BLS12_G2_LEN];

	(void)scratch;
	return in.len == BLS12_FP2_LEN &&
	       give(out, bls12_map_fp2(point, in.ptr), point, sizeof(point));
}

/* Whatever is wrong with a signature gives an empty output. */
bool
evm_run_p256_verify(struct arena *scratch, struct buf *out, struct bytes in)
{
	(void)scratch;
	if (in.len != P256_IN || !p256_verify(in.ptr))
		return true;
	return give_truth(out, true, true);
}
