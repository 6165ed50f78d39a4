/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-256: the single-lane permutation, the sponge around it, and the
 * sorting of many messages into lanes. The lanes themselves are in
 * keccak_x4.c and keccak_x8.c.
 *
 * The permutation is compiled twice: the andn and rorx of BMI take a third
 * off its time. AVX-512 takes a fifth off that (keccak_x1.c). The processor is
 * asked at run time.
 */
#include "crypto/keccak.h"

#include <string.h>

#include "crypto/keccak_priv.h"

#define LANE          uint64_t
#define XOR(a, b)     ((a) ^ (b))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define CHI(a, b, c)  ((a) ^ (~(b) & (c)))
#define ROL(a, n)     ((a) << (n) | (a) >> ((64 - (n)) & 63))
#define SPREAD(v)     (v)
#include "crypto/keccak_perm_priv.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "lanes are loaded as they stand in memory");

void
keccak_permute_plain(uint64_t st[25]) /* NOLINT(readability-function-size) */
{
	KECCAK_PERMUTE(st);
}

#if KECCAK_HAS_LANES
__attribute__((target("bmi,bmi2"))) void
keccak_permute_bmi(uint64_t st[25]) /* NOLINT(readability-function-size) */
{
	KECCAK_PERMUTE(st);
}
#endif

static void
permute_scalar(uint64_t st[25])
{
#if KECCAK_HAS_LANES
	if (__builtin_cpu_supports("bmi2")) {
		keccak_permute_bmi(st);
		return;
	}
#endif
	keccak_permute_plain(st);
}

void
keccak_f(uint64_t st[25])
{
#if KECCAK_HAS_LANES
	if (keccak_has_x1()) {
		keccak_permute_x1(st);
		return;
	}
#endif
	permute_scalar(st);
}

enum { RATE_LANES = KECCAK_RATE / 8 };

/* add_lanes adds cnt lanes of text to the state. */
static inline void
add_lanes(uint64_t st[25], const uint8_t *text, size_t cnt)
{
	uint64_t lane;
	size_t i;

	for (i = 0; i < cnt; i++) {
		memcpy(&lane, text + 8 * i, sizeof(lane));
		st[i] ^= lane;
	}
}

/* add_last adds the last, partial block and the padding. */
static void
add_last(uint64_t st[25], struct bytes rest)
{
	size_t lanes = rest.len / 8;

	add_lanes(st, rest.ptr, lanes);
	st[lanes] ^= keccak_tail_word(rest);
	st[RATE_LANES - 1] ^= KECCAK_PAD_END;
}

void
keccak256_scalar(uint8_t out[32], struct bytes in)
{
	uint64_t st[25] = {0};

	for (; in.len >= KECCAK_RATE; in.len -= KECCAK_RATE) {
		add_lanes(st, in.ptr, RATE_LANES);
		permute_scalar(st);
		in.ptr += KECCAK_RATE;
	}
	add_last(st, in);
	permute_scalar(st);
	memcpy(out, st, 32);
}

void
keccak256(uint8_t out[32], struct bytes in)
{
#if KECCAK_HAS_LANES
	if (keccak_has_x1()) {
		keccak256_x1(out, in);
		return;
	}
#endif
	keccak256_scalar(out, in);
}

void
keccak_init(struct keccak *k)
{
	memset(k, 0, sizeof(*k));
}

void
keccak_update(struct keccak *k, struct bytes in)
{
	while (in.len > 0) {
		size_t n = KECCAK_RATE - k->len;

		if (n > in.len)
			n = in.len;
		memcpy(k->block + k->len, in.ptr, n);
		k->len += n;
		in.ptr += n;
		in.len -= n;
		if (k->len == KECCAK_RATE) {
			add_lanes(k->st, k->block, RATE_LANES);
			keccak_f(k->st);
			k->len = 0;
		}
	}
}

void
keccak_final(uint8_t out[32], struct keccak *k)
{
	add_last(k->st, bytes_of(k->block, k->len));
	keccak_f(k->st);
	memcpy(out, k->st, 32);
}

#if KECCAK_HAS_LANES

/* Messages of up to BLOCKS_MAX blocks share lanes (a full branch node of the
 * trie has four); longer ones are rare and go alone. */
enum { LANES_MAX = 8, BLOCKS_MAX = 8 };

/* So few are sooner done one after the other. */
enum { ALONE_MAX = 2 };

/* struct group gathers messages of one number of blocks. */
struct group {
	struct bytes in[LANES_MAX];
	uint8_t *out[LANES_MAX];
	unsigned cnt;
};

/* group_flush hashes what the group holds; free lanes repeat the first. */
static void
group_flush(struct group *g, unsigned lanes)
{
	unsigned i;

	if (g->cnt == 1) {
		keccak256(g->out[0], g->in[0]);
	} else if (g->cnt > 1) {
		for (i = g->cnt; i < lanes; i++) {
			g->in[i] = g->in[0];
			g->out[i] = g->out[0];
		}
		if (lanes == 8)
			keccak256_x8(g->out, g->in);
		else
			keccak256_x4(g->out, g->in);
	}
	g->cnt = 0;
}

void
keccak256_in_lanes(
    uint8_t (*out)[32], const struct bytes *in, size_t cnt, unsigned lanes)
{
	struct group groups[BLOCKS_MAX];
	size_t i;

	for (i = 0; i < BLOCKS_MAX; i++)
		groups[i].cnt = 0;
	for (i = 0; i < cnt; i++) {
		size_t no = in[i].len / KECCAK_RATE;
		struct group *g;

		if (no >= BLOCKS_MAX || lanes == 1) {
			keccak256(out[i], in[i]);
			continue;
		}
		g = &groups[no];
		g->in[g->cnt] = in[i];
		g->out[g->cnt++] = out[i];
		if (g->cnt == lanes)
			group_flush(g, lanes);
	}
	for (i = 0; i < BLOCKS_MAX; i++)
		group_flush(&groups[i], lanes);
}

unsigned
keccak256_lanes(void)
{
	if (__builtin_cpu_supports("avx512f"))
		return 8;
	return __builtin_cpu_supports("avx2") ? 4 : 1;
}

#else

unsigned
keccak256_lanes(void)
{
	return 1;
}

void
keccak256_in_lanes(
    uint8_t (*out)[32], const struct bytes *in, size_t cnt, unsigned lanes)
{
	size_t i;

	(void)lanes;
	for (i = 0; i < cnt; i++)
		keccak256(out[i], in[i]);
}

#endif

void
keccak256_many(uint8_t (*out)[32], const struct bytes *in, size_t cnt)
{
	keccak256_in_lanes(out, in, cnt, keccak256_lanes());
}
