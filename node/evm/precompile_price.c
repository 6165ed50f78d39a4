/* SPDX-License-Identifier: Apache-2.0
 *
 * What the precompiled contracts cost, from their input alone.
 */
#include "evm/precompile_priv.h"

/* Longest operands that are looked at. The price of a longer base or modulus
 * is above 2^50 gas under any fork's rules, that of a longer exponent above
 * 400 million, where there is a modulus. */
#define MODEXP_LEN_MAX ((uint64_t)1 << 30)

/* Longest operand from Osaka on (EIP-7823): what is longer fails, and takes
 * all gas as what nobody can pay does. */
enum { MODEXP_LEN_OSAKA = 1024 };

uint64_t
evm_price_ecrecover(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 3000;
}

uint64_t
evm_price_sha256(struct bytes in, enum fork f)
{
	(void)f;
	return 60 + 12 * evm_words(in.len);
}

uint64_t
evm_price_ripemd160(struct bytes in, enum fork f)
{
	(void)f;
	return 600 + 120 * evm_words(in.len);
}

uint64_t
evm_price_identity(struct bytes in, enum fork f)
{
	(void)f;
	return 15 + 3 * evm_words(in.len);
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

uint64_t
evm_price_modexp(struct bytes in, enum fork f)
{
	struct modexp_in m;
	uint64_t longest, words;
	u128 square;

	evm_modexp_read(&m, in);
	longest = m.base_len > m.mod_len ? m.base_len : m.mod_len;
	if (longest > MODEXP_LEN_MAX ||
	    (longest > 0 && m.exp_len > MODEXP_LEN_MAX))
		return UINT64_MAX;
	if (f >= FORK_OSAKA &&
	    (longest > MODEXP_LEN_OSAKA || m.exp_len > MODEXP_LEN_OSAKA))
		return UINT64_MAX; /* EIP-7823 */
	words = (longest + 7) / 8;
	square = (u128)words * words;
	if (f >= FORK_OSAKA) /* EIP-7883 */
		return price_rounds(
		    longest > 32 ? 2 * square : 16, rounds(&m, 16), 1, 500);
	if (f >= FORK_BERLIN) /* EIP-2565 */
		return price_rounds(square, rounds(&m, 8), 3, 200);
	return price_rounds(complexity_198(longest), rounds(&m, 8), 20, 0);
}

uint64_t
evm_price_bn254_add(struct bytes in, enum fork f)
{
	(void)in;
	return f >= FORK_ISTANBUL ? 150 : 500; /* EIP-1108 */
}

uint64_t
evm_price_bn254_mul(struct bytes in, enum fork f)
{
	(void)in;
	return f >= FORK_ISTANBUL ? 6000 : 40000; /* EIP-1108 */
}

uint64_t
evm_price_bn254_pairing(struct bytes in, enum fork f)
{
	uint64_t pairs = in.len / 192;

	if (f >= FORK_ISTANBUL) /* EIP-1108 */
		return 45000 + 34000 * pairs;
	return 100000 + 80000 * pairs;
}

/* A round costs 1; input of another length fails whatever it costs. */
uint64_t
evm_price_blake2f(struct bytes in, enum fork f)
{
	(void)f;
	return in.len == 213 ? be32(in.ptr) : 0;
}

uint64_t
evm_price_kzg_point(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 50000;
}

uint64_t
evm_price_bls_g1_add(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 375;
}

uint64_t
evm_price_bls_g2_add(struct bytes in, enum fork f)
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

uint64_t
evm_price_bls_g1_msm(struct bytes in, enum fork f)
{
	(void)f;
	return price_msm(in.len / 160, 12000, discount_g1);
}

uint64_t
evm_price_bls_g2_msm(struct bytes in, enum fork f)
{
	(void)f;
	return price_msm(in.len / 288, 22500, discount_g2);
}

uint64_t
evm_price_bls_pairing(struct bytes in, enum fork f)
{
	(void)f;
	return 37700 + 32600 * (in.len / 384);
}

uint64_t
evm_price_bls_map_g1(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 5500;
}

uint64_t
evm_price_bls_map_g2(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 23800;
}

uint64_t
evm_price_p256_verify(struct bytes in, enum fork f)
{
	(void)in;
	(void)f;
	return 6900;
}
