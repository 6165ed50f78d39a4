/* SPDX-License-Identifier: Apache-2.0
 *
 * Point evaluation of EIP-4844: the setup's point against its published
 * bytes; inputs that must be refused; true and false proofs for polynomials
 * whose commitments the setup publishes.
 */
#include "crypto/kzg.h"

#include "base/check.h"
#include "crypto/kzg_priv.h"
#include "test.h"

/* Powers 0 to 2 of the setup's secret in G1 and power 1 in G2, as published
 * for the mainnet: ethereum/c-kzg-4844, src/trusted_setup.txt, lines 4164 to
 * 4166 and 4100. */
#define POWER_0                                                                \
	"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55" \
	"e83ff97a1aeffb3af00adb22c6bb"
#define POWER_1                                                                \
	"ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d259" \
	"26fc0c97b336e9f0fb35e5a04c81"
#define POWER_2                                                                \
	"8029c8ce0d2dce761a7f29c2df2290850c85bdfaec2955626d7acc8864aeb01fe16c" \
	"9e156863dc63b6c22553910e27c1"
#define POWER_1_G2                                                             \
	"b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914" \
	"e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911" \
	"cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"

#define INF                                                                    \
	"c0000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000"
#define N0 "0000000000000000000000000000000000000000000000000000000000000000"
#define N1 "0000000000000000000000000000000000000000000000000000000000000001"
#define N7 "0000000000000000000000000000000000000000000000000000000000000007"
#define R  "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define R_LESS_1                                                               \
	"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"
#define ABOVE_R                                                                \
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* verify puts the versioned hash before the rest of the input. */
static bool
verify(const char *z, const char *y, const char *commitment, const char *proof)
{
	uint8_t in[KZG_INPUT_LEN];

	memcpy(in + 32, test_hex(z).ptr, 32);
	memcpy(in + 64, test_hex(y).ptr, 32);
	memcpy(in + 96, test_hex(commitment).ptr, KZG_POINT_LEN);
	memcpy(in + 144, test_hex(proof).ptr, KZG_POINT_LEN);
	kzg_versioned_hash(in, in + 96);
	return kzg_verify_point(in);
}

TEST(test_kzg_setup_is_the_published_point)
{
	uint8_t packed[2 * KZG_POINT_LEN];

	bls_fp_put(packed, &kzg_setup_g2.x.c1);
	bls_fp_put(packed + KZG_POINT_LEN, &kzg_setup_g2.x.c0);
	packed[0] |= 0x80;
	if (bls_fp2_is_high(&kzg_setup_g2.y))
		packed[0] |= 0x20;
	EXPECT_BYTES(bytes_of(packed, sizeof(packed)), test_hex(POWER_1_G2));
	EXPECT(bls_g2_is_on_curve(&kzg_setup_g2));
	EXPECT(bls_g2_is_in_group(&kzg_setup_g2));
	EXPECT(!bls_g2_affine_is_inf(&kzg_setup_g2));
}

TEST(test_kzg_invalid_input_refused)
{
	/* The proof for f(X) = X at any z is the generator; each row has one
	 * thing wrong. */
	static const struct {
		const char *name, *z, *y, *commitment, *proof;
	} rows[] = {
	    {"z is the order", R, N0, POWER_1, POWER_0},
	    {"y is the order", N0, R, POWER_1, POWER_0},
	    {"z above the order", ABOVE_R, ABOVE_R, POWER_1, POWER_0},
	    {"not marked as compressed", N7, N7, POWER_1,
		"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac"
		"586c55e83ff97a1aeffb3af00adb22c6bb"},
	    {"the other y", N7, N7, POWER_1,
		"b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac"
		"586c55e83ff97a1aeffb3af00adb22c6bb"},
	    {"infinity with an x", N7, N7, POWER_1,
		"d7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac"
		"586c55e83ff97a1aeffb3af00adb22c6bb"},
	    {"infinity with the flag of y", N0, N0,
		"e0000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000",
		INF},
	    {"infinity not marked as compressed", N0, N0,
		"4000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000",
		INF},
	    {"infinity with a last byte", N0, N0,
		"c0000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000001",
		INF},
	    {"x is p", N0, N0, INF,
		"9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6"
		"241eabfffeb153ffffb9feffffffffaaab"},
	    {"no point has x = 1", N0, N0, INF,
		"80000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000001"},
	    {"off the subgroup: x = 0", N0, N0, INF,
		"80000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000"},
	    {"commitment off the subgroup", N0, N0,
		"80000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000",
		INF},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT(!verify(
		    rows[i].z, rows[i].y, rows[i].commitment, rows[i].proof));
	}
	test_row(NULL);
	EXPECT(verify(N7, N7, POWER_1, POWER_0));
}

TEST(test_kzg_hash_of_another_version_refused)
{
	uint8_t in[KZG_INPUT_LEN] = {0};
	size_t i;

	memcpy(in + 96, test_hex(POWER_1).ptr, KZG_POINT_LEN);
	memcpy(in + 144, test_hex(POWER_0).ptr, KZG_POINT_LEN);
	kzg_versioned_hash(in, in + 96);
	EXPECT(kzg_verify_point(in));
	for (i = 0; i < 32; i++) {
		in[i] ^= 2;
		EXPECT(!kzg_verify_point(in));
		in[i] ^= 2;
	}
}

TEST(test_kzg_proofs_of_known_polynomials)
{
	static const struct {
		const char *name, *z, *y, *commitment, *proof;
		bool is_true;
	} rows[] = {
	    {"f = 0 at 0", N0, N0, INF, INF, true},
	    {"f = 0 at r - 1", R_LESS_1, N0, INF, INF, true},
	    {"f = 0 is not 1", N0, N1, INF, INF, false},
	    {"f = 1 at 7", N7, N1, POWER_0, INF, true},
	    {"f = 1 is not 7", N7, N7, POWER_0, INF, false},
	    {"f = X at 0", N0, N0, POWER_1, POWER_0, true},
	    {"f = X at 7", N7, N7, POWER_1, POWER_0, true},
	    {"f = X at r - 1", R_LESS_1, R_LESS_1, POWER_1, POWER_0, true},
	    {"f = X is not 1 at 7", N7, N1, POWER_1, POWER_0, false},
	    {"f = X with another proof", N7, N7, POWER_1, POWER_1, false},
	    {"f = X with the proof of f = 1", N7, N7, POWER_1, INF, false},
	    {"f = X^2 at 0", N0, N0, POWER_2, POWER_1, true},
	    {"f = X^2 at 1, without 1 in the proof", N1, N1, POWER_2, POWER_1,
		false},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT(verify(rows[i].z, rows[i].y, rows[i].commitment,
			   rows[i].proof) == rows[i].is_true);
	}
	test_row(NULL);
}
