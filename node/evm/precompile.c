/* SPDX-License-Identifier: Apache-2.0
 *
 * The precompiled contracts: which address is one under which fork, what a
 * call costs, and the form of input and output. The mathematics is in
 * crypto.
 */
#include "base/check.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "evm/evm_priv.h"

/* Longest base and modulus that are looked at: their price is 2^50 gas under
 * any fork's rules. */
#define MODEXP_LEN_MAX ((uint64_t)1 << 30)

struct precompile {
	uint16_t number;
	enum fork since;
	/* UINT64_MAX: more than anyone has. */
	uint64_t (*price)(struct bytes in, enum fork f);
	/* Writes to out, empty with room for all that the price allows; false
	 * when the input is not valid. */
	bool (*run)(struct arena *scratch, struct buf *out, struct bytes in);
};

/* take_padded reads len bytes at an offset, zeros behind the end. */
static void
take_padded(uint8_t *out, struct bytes in, size_t at, size_t len)
{
	size_t have = at < in.len ? in.len - at : 0;

	if (have > len)
		have = len;
	memset(out, 0, len);
	if (have > 0)
		memcpy(out, in.ptr + at, have);
}

static uint64_t
price_ecrecover(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 3000;
}

/* A signature that recovers nothing is no failure: the output is empty. */
static bool
run_ecrecover(struct arena *scratch, struct buf *out, struct bytes in)
{
	static const uint8_t zeros[31];
	uint8_t input[128], word[32] = {0};
	struct ec_sig sig;

	(void)scratch;
	take_padded(input, in, 0, sizeof(input));
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

static uint64_t
price_sha256(struct bytes in, enum fork f)
{
	(void)f;
	return 60 + 12 * evm_words(in.len);
}

static bool
run_sha256(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t hash[32];

	(void)scratch;
	sha256(hash, in);
	return buf_put(out, hash, sizeof(hash));
}

static uint64_t
price_ripemd160(struct bytes in, enum fork f)
{
	(void)f;
	return 600 + 120 * evm_words(in.len);
}

static bool
run_ripemd160(struct arena *scratch, struct buf *out, struct bytes in)
{
	uint8_t word[32] = {0};

	(void)scratch;
	ripemd160(word + 12, in);
	return buf_put(out, word, sizeof(word));
}

static uint64_t
price_identity(struct bytes in, enum fork f)
{
	(void)f;
	return 15 + 3 * evm_words(in.len);
}

static bool
run_identity(struct arena *scratch, struct buf *out, struct bytes in)
{
	(void)scratch;
	return buf_put(out, in.ptr, in.len);
}

/* Modular exponentiation: the lengths that open its input. */
struct modexp_in {
	uint64_t base_len, exp_len, mod_len; /* UINT64_MAX: above it */
	struct u256 exp_head; /* the exponent's first 32 bytes, or all of it */
};

static uint64_t
saturated(const uint8_t word[32])
{
	struct u256 w = load_word(word);

	return u256_is_u64(&w) ? w.w[0] : UINT64_MAX;
}

static void
read_modexp(struct modexp_in *out, struct bytes in)
{
	uint8_t head[96], exp[32] = {0};

	take_padded(head, in, 0, sizeof(head));
	out->base_len = saturated(head);
	out->exp_len = saturated(head + 32);
	out->mod_len = saturated(head + 64);
	out->exp_head = U256_ZERO;
	if (out->base_len < in.len) {
		size_t len = out->exp_len < 32 ? out->exp_len : 32;

		take_padded(exp + 32 - len, in, 96 + out->base_len, len);
		out->exp_head = load_word(exp);
	}
}

/* rounds counts squarings: the bits of the exponent below its highest, its
 * bytes behind the first 32 taken whole, at so many bits a byte. */
static u128
rounds(const struct modexp_in *m, unsigned per_byte)
{
	unsigned bits = u256_bits(&m->exp_head);
	u128 n = bits > 0 ? bits - 1 : 0;

	if (m->exp_len > 32)
		n += (u128)(m->exp_len - 32) * per_byte;
	return n > 0 ? n : 1;
}

/* Products above 2^64 are out of reach: complexity is bounded by 2^32 and
 * rounds by 2^69. */
static uint64_t
price_rounds(u128 complexity, u128 count, unsigned divisor, uint64_t least)
{
	u128 gas = complexity * count / divisor;

	if (gas >= UINT64_MAX)
		return UINT64_MAX;
	return (uint64_t)gas < least ? least : (uint64_t)gas;
}

/* EIP-198 */
static u128
complexity_198(uint64_t x)
{
	if (x <= 64)
		return (u128)x * x;
	if (x <= 1024)
		return (u128)x * x / 4 + 96 * (u128)x - 3072;
	return (u128)x * x / 16 + 480 * (u128)x - 199680;
}

static uint64_t
price_modexp(struct bytes in, enum fork f)
{
	struct modexp_in m;
	uint64_t longest, words;
	u128 square;

	read_modexp(&m, in);
	longest = m.base_len > m.mod_len ? m.base_len : m.mod_len;
	if (longest > MODEXP_LEN_MAX)
		return UINT64_MAX;
	words = (longest + 7) / 8;
	square = (u128)words * words;
	if (f >= FORK_OSAKA) /* EIP-7883 */
		return price_rounds(
		    longest > 32 ? 2 * square : 16, rounds(&m, 16), 1, 500);
	if (f >= FORK_BERLIN) /* EIP-2565 */
		return price_rounds(square, rounds(&m, 8), 3, 200);
	return price_rounds(complexity_198(longest), rounds(&m, 8), 20, 0);
}

static uint64_t
price_bn254_add(struct bytes in, enum fork f)
{
	(void)in;
	return f >= FORK_ISTANBUL ? 150 : 500; /* EIP-1108 */
}

static uint64_t
price_bn254_mul(struct bytes in, enum fork f)
{
	(void)in;
	return f >= FORK_ISTANBUL ? 6000 : 40000; /* EIP-1108 */
}

static uint64_t
price_bn254_pairing(struct bytes in, enum fork f)
{
	uint64_t pairs = in.len / 192;

	if (f >= FORK_ISTANBUL) /* EIP-1108 */
		return 45000 + 34000 * pairs;
	return 100000 + 80000 * pairs;
}

/* A round costs 1; input of another length fails whatever it costs. */
static uint64_t
price_blake2f(struct bytes in, enum fork f)
{
	(void)f;
	return in.len == 213 ? be32(in.ptr) : 0;
}

static uint64_t
price_kzg_point(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 50000;
}

static uint64_t
price_bls_g1_add(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 375;
}

static uint64_t
price_bls_g2_add(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 600;
}

/* EIP-2537: what k multiplications together cost of k alone, in thousandths;
 * the last entry holds from there on. */
enum { BLS_DISCOUNTS = 128 };

static const uint16_t discount_g1[BLS_DISCOUNTS] = {1000, 949, 848, 797, 764,
    750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661,
    658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621,
    619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595,
    593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575,
    574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
    558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
    532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521,
    520, 520, 519};

static const uint16_t discount_g2[BLS_DISCOUNTS] = {1000, 1000, 923, 884, 855,
    832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693,
    688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637,
    634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607, 606, 604,
    602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580,
    579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
    561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536,
    535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526,
    525, 524, 524};

static uint64_t
price_msm(uint64_t k, uint64_t each, const uint16_t discount[BLS_DISCOUNTS])
{
	if (k == 0)
		return 0;
	return k * each *
	       discount[k < BLS_DISCOUNTS ? k - 1 : BLS_DISCOUNTS - 1] / 1000;
}

static uint64_t
price_bls_g1_msm(struct bytes in, enum fork f)
{
	(void)f;
	return price_msm(in.len / 160, 12000, discount_g1);
}

static uint64_t
price_bls_g2_msm(struct bytes in, enum fork f)
{
	(void)f;
	return price_msm(in.len / 288, 22500, discount_g2);
}

static uint64_t
price_bls_pairing(struct bytes in, enum fork f)
{
	(void)f;
	return 37700 + 32600 * (in.len / 384);
}

static uint64_t
price_bls_map_g1(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 5500;
}

static uint64_t
price_bls_map_g2(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 23800;
}

static uint64_t
price_p256_verify(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 6900;
}

#define run_modexp        NULL
#define run_bn254_add     NULL
#define run_bn254_mul     NULL
#define run_bn254_pairing NULL
#define run_blake2f       NULL
#define run_kzg_point     NULL
#define run_bls_g1_add    NULL
#define run_bls_g1_msm    NULL
#define run_bls_g2_add    NULL
#define run_bls_g2_msm    NULL
#define run_bls_pairing   NULL
#define run_bls_map_g1    NULL
#define run_bls_map_g2    NULL
#define run_p256_verify   NULL

static const struct precompile precompiles[] = {
#define PRECOMPILE(number, name, since, spec)                                  \
	{number, FORK_##since, price_##name, run_##name},
#include "evm/precompile.def"
#undef PRECOMPILE
};

_Static_assert(ARRAY_CNT(precompiles) == 18, "precompiles up to Osaka");

static const struct precompile *
find(const struct addr *addr, enum fork f)
{
	static const uint8_t zeros[sizeof(addr->b) - 2];
	uint16_t number = be16(addr->b + sizeof(zeros));
	size_t i;

	if (memcmp(addr->b, zeros, sizeof(zeros)) != 0)
		return NULL;
	for (i = 0; i < ARRAY_CNT(precompiles); i++)
		if (precompiles[i].number == number)
			return precompiles[i].since <= f ? &precompiles[i]
							 : NULL;
	return NULL;
}

bool
evm_is_precompile(const struct addr *addr, enum fork f)
{
	return find(addr, f) != NULL;
}

enum rc
evm_precompile(struct evm *vm, struct bytes *output, uint64_t *gas,
    const struct addr *addr, struct bytes input)
{
	const struct precompile *p = find(addr, vm->fork);
	struct arena_mark mark = arena_save(&vm->scratch);
	struct buf out = buf_of(vm->returned.base, REGION_MAX);
	uint64_t price;
	bool ok;

	CHECK(p != NULL);
	price = p->price(input, vm->fork);
	if (price > *gas)
		return RC_EVM_GAS;
	*gas -= price;
	if (p->run == NULL)
		return RC_EVM_PRECOMPILE;
	ok = p->run(&vm->scratch, &out, input);
	arena_rewind(&vm->scratch, mark);
	*output = bytes_of_buf(&out);
	return ok ? RC_OK : RC_EVM_PRECOMPILE;
}
