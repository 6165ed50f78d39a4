/* SPDX-License-Identifier: Apache-2.0
 *
 * scrypt as in RFC 7914, sections 3 to 6. Bounds on its cost are its
 * caller's.
 */
#include "crypto/scrypt_priv.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

enum { WORDS = 16, CELL = 64 }; /* of Salsa20's state */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "words are used as they stand in memory");

static inline uint32_t
rotl(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static inline void
quarter(uint32_t x[WORDS], unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[b] ^= rotl(x[a] + x[d], 7);
	x[c] ^= rotl(x[b] + x[a], 9);
	x[d] ^= rotl(x[c] + x[b], 13);
	x[a] ^= rotl(x[d] + x[c], 18);
}

/* salsa is the Salsa20/8 core (section 3) of x ^ in, left in x. */
static void
salsa(uint32_t x[WORDS], const uint32_t in[WORDS])
{
	uint32_t y[WORDS];
	unsigned i;

	for (i = 0; i < WORDS; i++) {
		x[i] ^= in[i];
		y[i] = x[i];
	}
	for (i = 0; i < 8; i += 2) {
		quarter(y, 0, 4, 8, 12);
		quarter(y, 5, 9, 13, 1);
		quarter(y, 10, 14, 2, 6);
		quarter(y, 15, 3, 7, 11);
		quarter(y, 0, 1, 2, 3);
		quarter(y, 5, 6, 7, 4);
		quarter(y, 10, 11, 8, 9);
		quarter(y, 15, 12, 13, 14);
	}
	for (i = 0; i < WORDS; i++)
		x[i] += y[i];
}

/* mix_block is scryptBlockMix (section 4) from in to out, 2r cells. */
static void
mix_block(uint32_t *out, const uint32_t *in, size_t r)
{
	uint32_t x[WORDS];
	size_t i;

	memcpy(x, in + (2 * r - 1) * WORDS, CELL);
	for (i = 0; i < 2 * r; i++) {
		size_t to = i / 2 + (i % 2) * r; /* even cells, then odd */

		salsa(x, in + i * WORDS);
		memcpy(out + to * WORDS, x, CELL);
	}
}

/* mix is scryptROMix (section 5) of one block b; v has n blocks, spare one. */
static void
mix(uint32_t *b, uint32_t *v, uint32_t *spare, size_t n, size_t r)
{
	size_t i, k, words = 2 * r * WORDS;

	for (i = 0; i < n; i++) {
		memcpy(v + i * words, b, 4 * words);
		mix_block(b, v + i * words, r);
	}
	for (i = 0; i < n; i++) {
		const uint32_t *last = b + words - WORDS;
		uint64_t j = ((uint64_t)last[1] << 32 | last[0]) & (n - 1);
		const uint32_t *pick = v + (size_t)j * words;

		for (k = 0; k < words; k++)
			spare[k] = b[k] ^ pick[k];
		mix_block(b, spare, r);
	}
}

/* pbkdf2 is PBKDF2-HMAC-SHA-256 with one round. */
static bool
pbkdf2(uint8_t *out, size_t len, struct bytes password, struct bytes salt)
{
	const char *pass = password.len > 0 ? (const char *)password.ptr : "";

	CHECK(len <= INT_MAX && password.len <= INT_MAX && salt.len <= INT_MAX);
	return PKCS5_PBKDF2_HMAC(pass, (int)password.len, salt.ptr,
		   (int)salt.len, 1, EVP_sha256(), (int)len, out) == 1;
}

static void
free_wiped(void *ptr, size_t size)
{
	if (ptr != NULL)
		explicit_bzero(ptr, size);
	mem_free(ptr);
}

enum rc
scrypt(uint8_t *out, size_t len, struct bytes password, struct bytes salt,
    uint64_t n, uint64_t r, uint64_t p, struct err *e)
{
	size_t block = (size_t)r * 2 * CELL, i;
	uint32_t *b = mem_array((size_t)p, block);
	uint32_t *v = mem_array((size_t)n + 1, block);
	bool is_done = false;

	CHECK(n > 1 && (n & (n - 1)) == 0 && r > 0 && p > 0);
	if (b != NULL && v != NULL &&
	    pbkdf2((uint8_t *)b, (size_t)p * block, password, salt)) {
		for (i = 0; i < p; i++)
			mix(b + i * (block / 4), v, v + n * (block / 4),
			    (size_t)n, (size_t)r);
		is_done =
		    pbkdf2(out, len, password, bytes_of(b, (size_t)p * block));
	}
	free_wiped(b, (size_t)p * block);
	free_wiped(v, ((size_t)n + 1) * block);
	if (!is_done)
		return FAIL(e, RC_NO_MEMORY,
		    "scrypt of %llu rounds needs %llu bytes",
		    (unsigned long long)n, (unsigned long long)(n * block));
	return RC_OK;
}
