/* SPDX-License-Identifier: Apache-2.0
 *
 * From Fp2 to G2: RFC 9380, section 8.8.2, with its constants (appendix
 * E.3).
 */
#include "base/check.h"
#include "crypto/bls_map_priv.h"

static const struct bls_fp2 swu_a = {{{0}}, {{0xf0}}};
static const struct bls_fp2 swu_b = {{{0x3f4}}, {{0x3f4}}};
static const struct bls_fp2 swu_z = {
    {{0xb9feffffffffaaa9, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}},
    {{0xb9feffffffffaaaa, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}};

static const struct bls_fp2 x_num[] = {
    {{{0x6238aaaaaaaa97d6, 0x5c2638e343d9c71c, 0x88b58423c50ae15d,
	 0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x05c759507e8e333e}},
	{{0x6238aaaaaaaa97d6, 0x5c2638e343d9c71c, 0x88b58423c50ae15d,
	    0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x05c759507e8e333e}}},
    {{{0}}, {{0x26a9ffffffffc71a, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418,
		0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc}}},
    {{{0x26a9ffffffffc71e, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418,
	 0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc}},
	{{0x9354ffffffffe38d, 0x0a395554e5c6aaaa, 0xcd104635a790520c,
	    0xcc27c3d6fbd7063f, 0x190937e76bc3e447, 0x08ab05f8bdd54cde}}},
    {{{0x88e2aaaaaaaa5ed1, 0x7098e38d0f671c71, 0x22d6108f142b8575,
	 0xcb14b4e7f4e810aa, 0xed6dea691f5fb614, 0x171d6541fa38ccfa}},
	{{0}}},
};

static const struct bls_fp2 x_den[] = {
    {{{0}}, {{0xb9feffffffffaa63, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
		0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}},
    {{{0xc}}, {{0xb9feffffffffaa9f, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
		  0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}},
    {{{1}}, {{0}}},
};

static const struct bls_fp2 y_num[] = {
    {{{0x12cfc71c71c6d706, 0xfc8c25ebf8c92f68, 0xf54439d87d27e500,
	 0x0f7da5d4a07f649b, 0x59a4c18b076d1193, 0x1530477c7ab4113b}},
	{{0x12cfc71c71c6d706, 0xfc8c25ebf8c92f68, 0xf54439d87d27e500,
	    0x0f7da5d4a07f649b, 0x59a4c18b076d1193, 0x1530477c7ab4113b}}},
    {{{0}}, {{0x6238aaaaaaaa97be, 0x5c2638e343d9c71c, 0x88b58423c50ae15d,
		0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x05c759507e8e333e}}},
    {{{0x26a9ffffffffc71c, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418,
	 0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc}},
	{{0x9354ffffffffe38f, 0x0a395554e5c6aaaa, 0xcd104635a790520c,
	    0xcc27c3d6fbd7063f, 0x190937e76bc3e447, 0x08ab05f8bdd54cde}}},
    {{{0xe1b371c71c718b10, 0x4e79097a56dc4bd9, 0xb0e977c69aa27452,
	 0x761b0f37a1e26286, 0xfbf7043de3811ad0, 0x124c9ad43b6cf79b}},
	{{0}}},
};

static const struct bls_fp2 y_den[] = {
    {{{0xb9feffffffffa8fb, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}},
	{{0xb9feffffffffa8fb, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	    0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}},
    {{{0}}, {{0xb9feffffffffa9d3, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
		0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}},
    {{{0x12}},
	{{0xb9feffffffffaa99, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
	    0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a}}},
    {{{1}}, {{0}}},
};

#define G(name) bls_g2##name
#define F(name) bls_fp2##name
#include "crypto/bls_map_impl_priv.h"
