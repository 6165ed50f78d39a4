/* SPDX-License-Identifier: Apache-2.0
 *
 * The precompiled contracts' forms of input and output. The mathematics is in
 * crypto.
 */
#include "base/check.h"
#include "crypto/blake2f.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
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

/* put_truth writes a word of 0 or 1. */
static bool
put_truth(struct buf *out, bool is_true)
{
	uint8_t word[32] = {[31] = is_true};

	return buf_put(out, word, sizeof(word));
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
	return buf_put(out, word, sizeof(word));
}

bool
evm_run_sha256(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t hash[32];

	(void)scratch;
	sha256(hash, in);
	return buf_put(out, hash, sizeof(hash));
}

bool
evm_run_ripemd160(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t word[32] = {0};

	(void)scratch;
	ripemd160(word + 12, in);
	return buf_put(out, word, sizeof(word));
}

bool
evm_run_identity(struct arena *scratch, struct buf *out, struct bytes in)
{
	(void)scratch;
	return buf_put(out, in.ptr, in.len);
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
evm_run_blake2f(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t state[BLAKE2F_OUT];

	(void)scratch;
	return in.len == BLAKE2F_IN && blake2f(state, in.ptr) &&
	       buf_put(out, state, sizeof(state));
}

/* Whatever is wrong with a signature gives an empty output. */
bool
evm_run_p256_verify(struct arena *scratch, struct buf *out, struct bytes in)
{
	(void)scratch;
	if (in.len != P256_IN || !p256_verify(in.ptr))
		return true;
	return put_truth(out, true);
}
