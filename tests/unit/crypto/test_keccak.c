/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-256: published hashes; the permutation against OpenSSL's SHA3-256,
 * which differs only in its padding; and one-shot, streaming and lanes
 * against each other for every length.
 */
#include "crypto/keccak.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/keccak_priv.h"
#include "crypto/rng.h"
#include "test.h"

enum { LEN_MAX = 1200 };

TEST(test_keccak256_known_messages_known_hashes)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
	    {"empty", "",
		"c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85"
		"a470"},
	    {"abc", "abc",
		"4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d"
		"6c45"},
	    {"fox", "The quick brown fox jumps over the lazy dog",
		"4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28"
		"aa15"},
	    {"transfer event", "Transfer(address,address,uint256)",
		"ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523"
		"b3ef"},
	};
	uint8_t out[32];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		keccak256(out, bytes_of_str(rows[i].text));
		EXPECT_BYTES(bytes_of(out, 32), test_hex(rows[i].want));
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_keccak256_rlp_constants_known_hashes)
{
	static const uint8_t empty_string = 0x80, empty_list = 0xc0;
	uint8_t out[32];

	keccak256(out, bytes_of(&empty_string, 1)); /* empty trie, YP app. D */
	EXPECT_BYTES(bytes_of(out, 32),
	    test_hex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5"
		     "e363b421"));
	keccak256(out, bytes_of(&empty_list, 1)); /* no uncles */
	EXPECT_BYTES(bytes_of(out, 32),
	    test_hex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd"
		     "40d49347"));
}

/* sponge is the textbook construction over keccak_f, with any padding. */
static void
sponge(uint8_t out[32], struct bytes in, uint8_t pad)
{
	uint64_t st[25] = {0};
	uint8_t bytes[200];
	size_t i, at = 0;

	for (i = 0; i < in.len; i++) {
		st[at / 8] ^= (uint64_t)in.ptr[i] << 8 * (at % 8);
		if (++at == KECCAK_RATE) {
			keccak_f(st);
			at = 0;
		}
	}
	st[at / 8] ^= (uint64_t)pad << 8 * (at % 8);
	st[16] ^= (uint64_t)0x80 << 56;
	keccak_f(st);
	memcpy(bytes, st, sizeof(bytes));
	memcpy(out, bytes, 32);
}

TEST(test_keccak_f_every_length_matches_openssl_sha3)
{
	struct rng_test rng = {.state = 1};
	uint8_t in[LEN_MAX], got[32], want[32];
	size_t len;

	rng_test_fill(&rng, in, sizeof(in));
	for (len = 0; len < LEN_MAX; len++) {
		struct bytes msg = bytes_of(in, len);

		EXPECT(EVP_Digest(in, len, want, NULL, EVP_sha3_256(), NULL));
		sponge(got, msg, 0x06);
		EXPECT(!memcmp(got, want, 32));
		sponge(want, msg, 0x01);
		keccak256(got, msg);
		EXPECT(!memcmp(got, want, 32));
	}
}

TEST(test_keccak_update_any_split_matches_one_shot)
{
	struct rng_test rng = {.state = 2};
	uint8_t in[LEN_MAX], got[32], want[32];
	size_t len;

	rng_test_fill(&rng, in, sizeof(in));
	for (len = 0; len < LEN_MAX; len++) {
		struct keccak k, fork;
		size_t at = 0;

		keccak_init(&k);
		while (at < len) {
			size_t n = rng_test_below(&rng, 200) + 1;

			n = n < len - at ? n : len - at;
			keccak_update(&k, bytes_of(in + at, n));
			at += n;
		}
		keccak_update(&k, bytes_of(NULL, 0));
		fork = k;
		keccak256(want, bytes_of(in, len));
		keccak_final(got, &k);
		EXPECT(!memcmp(got, want, 32));
		keccak_final(got, &fork);
		EXPECT(!memcmp(got, want, 32));
	}
}

enum { MANY = 1500 };

static uint8_t pool[MANY * 8 + LEN_MAX];
static uint8_t hashes[MANY + 1][32];

typedef void many_fn(uint8_t (*out)[32], const struct bytes *in, size_t cnt);

/* Runs fn over cnt messages of the given lengths. */
static void
check_many(many_fn *fn, const size_t *len, size_t cnt)
{
	static struct bytes in[MANY];
	uint8_t want[32];
	size_t i;

	for (i = 0; i < cnt; i++)
		in[i] = bytes_of(pool + 7 * i, len[i]);
	memset(hashes, 0xaa, sizeof(hashes));
	fn(hashes, in, cnt);
	for (i = 0; i < cnt; i++) {
		keccak256(want, in[i]);
		EXPECT(!memcmp(hashes[i], want, 32));
	}
	for (i = 0; i < 32; i++)
		EXPECT(hashes[cnt][i] == 0xaa);
}

static void
check_many_lengths(many_fn *fn)
{
	struct rng_test rng = {.state = 3};
	static size_t len[MANY];
	size_t i, cnt;

	rng_test_fill(&rng, pool, sizeof(pool));
	for (i = 0; i < LEN_MAX; i++) /* ascending, so lanes are full */
		len[i] = i;
	check_many(fn, len, LEN_MAX);
	for (i = 0; i < MANY; i++) /* mixed */
		len[i] = rng_test_below(&rng, LEN_MAX);
	check_many(fn, len, MANY);
	for (i = 0; i < MANY; i++) /* short, edges of a block */
		len[i] = 130 + rng_test_below(&rng, 10);
	check_many(fn, len, MANY);
	for (cnt = 0; cnt < 40; cnt++) /* every number of left-over lanes */
		check_many(fn, len, cnt);
}

static void
many_in_one(uint8_t (*out)[32], const struct bytes *in, size_t cnt)
{
	keccak256_in_lanes(out, in, cnt, 1);
}

TEST(test_keccak256_many_every_length_matches_one_shot)
{
	check_many_lengths(keccak256_many);
	check_many_lengths(many_in_one);
}

/* check_permute compares ways to permute; both take each other's output. */
static void
check_permute(void (*fn)(uint64_t st[25]))
{
	struct rng_test rng = {.state = 6};
	uint64_t a[25], b[25];
	size_t round, i;

	for (round = 0; round < 200; round++) {
		rng_test_fill(&rng, a, sizeof(a));
		for (i = 0; i < 25 && round % 2 == 0; i++)
			a[i] = a[i] & 1 ? 0 : ~(uint64_t)0;
		memcpy(b, a, sizeof(b));
		fn(a);
		keccak_permute_plain(b);
		EXPECT(!memcmp(a, b, sizeof(a)));
	}
}

TEST(test_keccak_permute_random_ways_agree)
{
	check_permute(keccak_f);
#if KECCAK_HAS_LANES
	if (__builtin_cpu_supports("bmi2"))
		check_permute(keccak_permute_bmi);
#endif
}

/* Messages end where memory ends, so that a byte read behind one is seen. */
static void
check_at_end_of_memory(void (*fn)(uint8_t out[32], struct bytes in))
{
	struct rng_test rng = {.state = 7};
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len;
	uint8_t *mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t got[32], want[32];

	CHECK(mem != MAP_FAILED);
	EXPECT(mprotect(mem + page, page, PROT_NONE) == 0);
	rng_test_fill(&rng, mem, page);
	for (len = 0; len < LEN_MAX; len++) {
		struct bytes in = bytes_of(mem + page - len, len);

		fn(got, in);
		sponge(want, in, 0x01);
		EXPECT(!memcmp(got, want, 32));
	}
	EXPECT(munmap(mem, 2 * page) == 0);
	fn(got, bytes_of(NULL, 0));
	sponge(want, bytes_of(NULL, 0), 0x01);
	EXPECT(!memcmp(got, want, 32));
}

TEST(test_keccak256_at_end_of_memory_reads_no_further)
{
	check_at_end_of_memory(keccak256);
	check_at_end_of_memory(keccak256_scalar);
}

#if KECCAK_HAS_LANES

typedef void lanes_fn(uint8_t *const *out, const struct bytes *in);

static void
check_lanes(lanes_fn *fn, size_t lanes)
{
	struct rng_test rng = {.state = 4};
	size_t round, i;

	rng_test_fill(&rng, pool, sizeof(pool));
	for (round = 0; round < 1000; round++) {
		size_t blocks = rng_test_below(&rng, 6) * KECCAK_RATE;
		uint8_t got[8][32], want[32], *out[8];
		struct bytes in[8];

		for (i = 0; i < lanes; i++) {
			in[i] = bytes_of(pool + rng_test_below(&rng, MANY),
			    blocks + rng_test_below(&rng, KECCAK_RATE));
			out[i] = got[i];
		}
		fn(out, in);
		for (i = 0; i < lanes; i++) {
			keccak256(want, in[i]);
			EXPECT(!memcmp(got[i], want, 32));
		}
	}
}

static void
many_in_four(uint8_t (*out)[32], const struct bytes *in, size_t cnt)
{
	keccak256_in_lanes(out, in, cnt, 4);
}

static void
many_in_eight(uint8_t (*out)[32], const struct bytes *in, size_t cnt)
{
	keccak256_in_lanes(out, in, cnt, 8);
}

static void
four(uint8_t *const *out, const struct bytes *in)
{
	keccak256_x4(out, in);
}

static void
eight(uint8_t *const *out, const struct bytes *in)
{
	keccak256_x8(out, in);
}

TEST(test_keccak256_x4_random_matches_one_shot)
{
	if (!__builtin_cpu_supports("avx2")) {
		test_skip("this processor has no AVX2");
		return;
	}
	check_lanes(four, 4);
	check_many_lengths(many_in_four);
}

TEST(test_keccak256_x8_random_matches_one_shot)
{
	if (!__builtin_cpu_supports("avx512f")) {
		test_skip("this processor has no AVX-512");
		return;
	}
	check_lanes(eight, 8);
	check_many_lengths(many_in_eight);
}

TEST(test_keccak_one_state_in_rows_matches_plain)
{
	if (!keccak_has_x1()) {
		test_skip("the processor has no AVX-512");
		return;
	}
	check_permute(keccak_permute_x1);
	check_at_end_of_memory(keccak256_x1);
}

#endif
