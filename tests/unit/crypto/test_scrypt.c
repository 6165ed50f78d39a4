/* SPDX-License-Identifier: Apache-2.0
 *
 * scrypt: the vectors of RFC 7914 section 12 (the 1 GiB one left out), and
 * OpenSSL's for the parameters that both take.
 */
#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/scrypt_priv.h"
#include "test.h"

TEST(test_scrypt_rfc7914_vectors)
{
	static const struct {
		const char *pass, *salt, *want;
		uint64_t n, r, p;
	} rows[] = {
	    {"", "",
		"77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede2"
		"1442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c"
		"38d18906",
		16, 1, 1},
	    {"password", "NaCl",
		"fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b37"
		"31622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdf"
		"a2cc0640",
		1024, 8, 16},
	    {"pleaseletmein", "SodiumChloride",
		"7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545d"
		"a1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b"
		"45575887",
		16384, 8, 1},
	};
	uint8_t out[64];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].pass);
		EXPECT_RC(scrypt(out, 64, bytes_of_str(rows[i].pass),
			      bytes_of_str(rows[i].salt), rows[i].n, rows[i].r,
			      rows[i].p, NULL),
		    RC_OK);
		EXPECT_BYTES(bytes_of(out, 64), test_hex(rows[i].want));
	}
	test_row(NULL);
}

TEST(test_scrypt_random_parameters_match_openssl)
{
	static const uint8_t salt[] = "0123456789abcdef";
	uint64_t log_n, r, p;
	uint8_t got[40], want[40];

	for (log_n = 1; log_n < 9; log_n++) {
		r = 1 + log_n % 3 * 4;
		p = 1 + log_n % 4;
		EXPECT_RC(
		    scrypt(got, sizeof(got), bytes_of("key", 3),
			bytes_of(salt, 1 + log_n), 1U << log_n, r, p, NULL),
		    RC_OK);
		EXPECT(EVP_PBE_scrypt("key", 3, salt, 1 + log_n, 1U << log_n, r,
			   p, 0, want, sizeof(want)) == 1);
		EXPECT_BYTES(
		    bytes_of(got, sizeof(got)), bytes_of(want, sizeof(want)));
	}
}

TEST(test_scrypt_too_large_for_memory_refused)
{
	uint8_t out[32];

	EXPECT_RC(scrypt(out, 32, bytes_of_str("x"), bytes_of_str("y"),
		      (uint64_t)1 << 56, 1 << 7, 1, NULL),
	    RC_NO_MEMORY);
}
