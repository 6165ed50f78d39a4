/* SPDX-License-Identifier: Apache-2.0
 *
 * BLAKE2b's F: the vectors of EIP-152, a loop written as RFC 7693 has it, and
 * whole hashes beside OpenSSL's BLAKE2b-512.
 */
#include "crypto/blake2f.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "test.h"

/* RFC 7693, sections 2.6 and 2.7. */
static const uint64_t iv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
    0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

TEST(test_blake2f_eip152_vectors)
{
	static const char h[] =
	    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
	    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b";
	static const struct {
		const char *name, *rounds, *flag, *want;
	} rows[] = {
	    {"vector 4", "00000000", "01",
		"08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54f"
		"a5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cd"
		"e05b"},
	    {"vector 5", "0000000c", "01",
		"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2"
		"d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd400"
		"9923"},
	    {"vector 6", "0000000c", "00",
		"75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d287"
		"5298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde"
		"4735"},
	    {"vector 7", "00000001", "01",
		"b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2"
		"fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7"
		"a421"},
	};
	uint8_t in[BLAKE2F_IN] = {0}, out[BLAKE2F_OUT];
	size_t i;

	memcpy(in + 4, test_hex(h).ptr, 64);
	memcpy(in + 68, (const uint8_t[]){'a', 'b', 'c'}, 3);
	in[196] = 3;
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		memcpy(in, test_hex(rows[i].rounds).ptr, 4);
		in[212] = test_hex(rows[i].flag).ptr[0];
		EXPECT(blake2f(out, in));
		EXPECT_BYTES(bytes_of(out, 64), test_hex(rows[i].want));
	}
}

TEST(test_blake2f_other_flag_refused)
{
	uint8_t in[BLAKE2F_IN] = {0}, out[BLAKE2F_OUT] = {7};
	unsigned flag;

	for (flag = 2; flag < 256; flag++) {
		in[212] = (uint8_t)flag;
		EXPECT(!blake2f(out, in));
	}
	EXPECT(out[0] == 7 && out[1] == 0);
}

static uint64_t
ror(uint64_t v, unsigned n)
{
	return v >> n | v << (64 - n);
}

static void
mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
	*a += *b + x;
	*d = ror(*d ^ *a, 32);
	*c += *d;
	*b = ror(*b ^ *c, 24);
	*a += *b + y;
	*d = ror(*d ^ *a, 16);
	*c += *d;
	*b = ror(*b ^ *c, 63);
}

/* plain is section 3.2 as it stands there. */
static void
plain(uint8_t out[BLAKE2F_OUT], const uint8_t in[BLAKE2F_IN])
{
	uint64_t h[8], m[16], v[16], t[2];
	uint32_t i, rounds = be32(in);
	size_t k;

	memcpy(h, in + 4, sizeof(h));
	memcpy(m, in + 68, sizeof(m));
	memcpy(t, in + 196, sizeof(t));
	memcpy(v, h, sizeof(h));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= t[0];
	v[13] ^= t[1];
	v[14] ^= 0 - (uint64_t)in[212];
	for (i = 0; i < rounds; i++) {
		const uint8_t *s = sigma[i % 10];

		for (k = 0; k < 4; k++)
			mix(&v[k], &v[4 + k], &v[8 + k], &v[12 + k],
			    m[s[2 * k]], m[s[2 * k + 1]]);
		for (k = 0; k < 4; k++)
			mix(&v[k], &v[4 + (k + 1) % 4], &v[8 + (k + 2) % 4],
			    &v[12 + (k + 3) % 4], m[s[8 + 2 * k]],
			    m[s[9 + 2 * k]]);
	}
	for (i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[8 + i];
	memcpy(out, h, sizeof(h));
}

TEST(test_blake2f_any_rounds_as_the_rfc_writes_it)
{
	struct rng_test rng = {.state = 152};
	uint8_t in[BLAKE2F_IN], out[BLAKE2F_OUT], want[BLAKE2F_OUT];
	uint32_t rounds;

	for (rounds = 0; rounds < 300; rounds++) {
		rng_test_fill(&rng, in, sizeof(in));
		be32_put(in, rounds < 290 ? rounds : 1000 * rounds);
		in[212] &= 1;
		plain(want, in);
		EXPECT(blake2f(out, in));
		EXPECT_BYTES(bytes_of(out, 64), bytes_of(want, 64));
	}
}

/* hash is BLAKE2b-512 without a key on top of F. */
static void
hash(uint8_t out[BLAKE2F_OUT], struct bytes text)
{
	uint8_t in[BLAKE2F_IN] = {0};
	uint64_t h[8], done = 0;
	struct bytes block;

	memcpy(h, iv, sizeof(h));
	h[0] ^= 0x01010040;
	memcpy(out, h, sizeof(h));
	be32_put(in, 12);
	do {
		(void)bytes_take(
		    &block, &text, text.len < 128 ? text.len : 128);
		done += block.len;
		memcpy(in + 4, out, 64);
		memset(in + 68, 0, 128);
		if (block.len > 0)
			memcpy(in + 68, block.ptr, block.len);
		memcpy(in + 196, &done, sizeof(done));
		in[212] = text.len == 0;
		EXPECT(blake2f(out, in));
	} while (text.len > 0);
}

TEST(test_blake2f_whole_hashes_as_openssl_computes)
{
	struct rng_test rng = {.state = 7693};
	uint8_t text[700], out[BLAKE2F_OUT], want[BLAKE2F_OUT];
	size_t len;

	rng_test_fill(&rng, text, sizeof(text));
	for (len = 0; len <= sizeof(text); len++) {
		hash(out, bytes_of(text, len));
		CHECK(EVP_Digest(
			  text, len, want, NULL, EVP_blake2b512(), NULL) == 1);
		EXPECT_BYTES(bytes_of(out, 64), bytes_of(want, 64));
	}
}
