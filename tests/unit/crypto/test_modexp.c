/* SPDX-License-Identifier: Apache-2.0
 *
 * Modular exponentiation: EIP-198's examples and corner cases, 64-bit numbers
 * beside a schoolbook loop, larger ones beside OpenSSL's BN_mod_exp.
 */
#include "crypto/modexp.h"

#include <openssl/bn.h>

#include "base/check.h"
#include "base/u256.h"
#include "crypto/rng.h"
#include "test.h"

enum { SIZE_MAX_ = 300, ARENA = 1 << 20 };

static struct bytes
run(struct bytes base, struct bytes exp, struct bytes mod)
{
	static uint8_t out[SIZE_MAX_ + 1];
	struct arena a;

	arena_init(&a, ARENA);
	memset(out, 0xee, sizeof(out));
	EXPECT_RC(modexp(&a, out, base, exp, mod), RC_OK);
	EXPECT(out[mod.len] == 0xee);
	EXPECT_U64(a.used_bytes, 0);
	arena_drop(&a);
	return bytes_of(out, mod.len);
}

TEST(test_modexp_eip198_corner_cases)
{
	static const struct {
		const char *name, *base, *exp, *mod, *want;
	} rows[] = {
	    {"Fermat, the EIP's first example", "03",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc"
		"2e",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc"
		"2f",
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"},
	    {"empty base, the second", "",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc"
		"2e",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc"
		"2f",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00"},
	    {"all empty", "", "", "", ""},
	    {"modulus empty", "05", "03", "", ""},
	    {"modulus 0", "05", "03", "000000", "000000"},
	    {"modulus 0, exponent 0", "05", "", "0000", "0000"},
	    {"modulus 1", "05", "03", "0001", "0000"},
	    {"modulus 1, 0^0", "", "", "01", "00"},
	    {"0^0", "00", "00", "0007", "0001"},
	    {"0^0 of nothing", "", "", "0007", "0001"},
	    {"x^0", "0b", "0000", "07", "01"},
	    {"0^x", "0000", "05", "07", "00"},
	    {"x^1 above the modulus", "ffff", "01", "0100", "00ff"},
	    {"result of fewer bytes", "02", "08", "000000000000000000010001",
		"000000000000000000000100"},
	    {"a power of two", "03", "ff", "0100000000000000000000",
		"00d4709b5aca650265a6ab"},
	    {"modulus 2", "03", "09", "02", "01"},
	    {"zeros in front", "0000000000000000000002",
		"000000000000000000000a", "0000000000000000000003e9",
		"000000000000000000000017"},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT_BYTES(run(test_hex(rows[i].base), test_hex(rows[i].exp),
				 test_hex(rows[i].mod)),
		    test_hex(rows[i].want));
	}
}

static uint64_t
schoolbook(uint64_t base, uint64_t exp, uint64_t mod)
{
	uint64_t r = 1;

	if (mod < 2)
		return 0;
	for (base %= mod; exp > 0; exp >>= 1) {
		if (exp & 1)
			r = (uint64_t)((u128)r * base % mod);
		base = (uint64_t)((u128)base * base % mod);
	}
	return r;
}

TEST(test_modexp_small_numbers_as_by_hand)
{
	struct rng_test rng = {.state = 198};
	uint8_t b[8], e[8], m[8], want[8];
	uint64_t base, exp, mod;
	size_t i;

	for (i = 0; i < 20000; i++) {
		base = rng_test_next(&rng) >> rng_test_next(&rng) % 64;
		exp = rng_test_next(&rng) >> rng_test_next(&rng) % 64;
		mod = rng_test_next(&rng) >> rng_test_next(&rng) % 64;
		if (i % 5 == 0)
			mod <<= rng_test_next(&rng) % 64;
		be64_put(b, base);
		be64_put(e, exp);
		be64_put(m, mod);
		be64_put(want, schoolbook(base, exp, mod));
		EXPECT_BYTES(
		    run(bytes_of(b, 8), bytes_of(e, 8), bytes_of(m, 8)),
		    bytes_of(want, 8));
	}
}

/* as_openssl computes the same with BN_mod_exp; mod is above 1. */
static struct bytes
as_openssl(struct bytes base, struct bytes exp, struct bytes mod)
{
	static uint8_t out[SIZE_MAX_];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *b = BN_bin2bn(base.ptr, (int)base.len, NULL),
	       *e = BN_bin2bn(exp.ptr, (int)exp.len, NULL),
	       *m = BN_bin2bn(mod.ptr, (int)mod.len, NULL), *r = BN_new();

	CHECK(ctx && b && e && m && r);
	CHECK(BN_mod_exp(r, b, e, m, ctx) == 1);
	CHECK(BN_bn2binpad(r, out, (int)mod.len) >= 0);
	BN_free(b);
	BN_free(e);
	BN_free(m);
	BN_free(r);
	BN_CTX_free(ctx);
	return bytes_of(out, mod.len);
}

TEST(test_modexp_large_numbers_as_openssl_computes)
{
	struct rng_test rng = {.state = 2565};
	uint8_t b[SIZE_MAX_], e[40], m[SIZE_MAX_];
	size_t i, b_len, e_len, m_len;

	for (i = 0; i < 600; i++) {
		rng_test_fill(&rng, b, sizeof(b));
		rng_test_fill(&rng, e, sizeof(e));
		rng_test_fill(&rng, m, sizeof(m));
		b_len = rng_test_next(&rng) % (SIZE_MAX_ + 1);
		e_len = rng_test_next(&rng) % (sizeof(e) + 1);
		m_len = 1 + i % SIZE_MAX_;
		m[0] |= 2;
		if (i % 3 == 0) /* even by many bits */
			memset(m + m_len / 2 + 1, 0,
			    m_len - m_len / 2 - (m_len > 1));
		if (i % 7 == 0)
			memset(e, 0, e_len / 2);
		EXPECT_BYTES(run(bytes_of(b, b_len), bytes_of(e, e_len),
				 bytes_of(m, m_len)),
		    as_openssl(bytes_of(b, b_len), bytes_of(e, e_len),
			bytes_of(m, m_len)));
	}
}

TEST(test_modexp_without_room_no_memory)
{
	uint8_t operand[SIZE_MAX_], out[SIZE_MAX_];
	struct bytes v = bytes_of(operand, sizeof(operand));
	struct arena a;
	size_t room;

	memset(operand, 0xff, sizeof(operand));
	for (room = 0; room < 3; room++) {
		arena_init(&a, room * (SIZE_MAX_ + 20));
		EXPECT_RC(modexp(&a, out, v, v, v), RC_NO_MEMORY);
		EXPECT_U64(a.used_bytes, 0);
		arena_drop(&a);
	}
}
