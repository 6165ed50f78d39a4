/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing at most half full, and the filter beside it. Keys stay in
 * the array that the places point into; comparing them is the caller's part.
 */
#include "store/index_priv.h"

#include <sys/random.h>

#include "base/check.h"

bool
index_seed_draw(struct index_seed *out)
{
	/* Less than 256 bytes come whole or not at all; ask in two parts. */
	size_t half = sizeof(out->k) / 2;
	uint8_t *p = (uint8_t *)out->k;

	_Static_assert(sizeof(out->k) / 2 <= 256, "one getrandom each");
	return getrandom(p, half, 0) == (ssize_t)half &&
	       getrandom(p + half, half, 0) == (ssize_t)half;
}

static uint32_t
word(const uint8_t *p, size_t len)
{
	uint32_t w = 0;

	memcpy(&w, p, len < sizeof(w) ? len : sizeof(w));
	return w;
}

/* scatter is a permutation: it adds no collision, and takes away the order
 * that keys in a row (slots 0, 1, 2) would keep. */
static uint32_t
scatter(uint32_t h)
{
	h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
	h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
	return h ^ h >> 16;
}

uint32_t
index_hash(const struct index_seed *s, struct bytes key)
{
	const uint64_t *k = s->k;
	uint64_t sum = k[INDEX_WORD_MAX] * (k[INDEX_WORD_MAX + 1] + key.len);

	CHECK(key.len <= 4 * (size_t)INDEX_WORD_MAX);
	for (; key.len >= 8; key.ptr += 8, key.len -= 8, k += 2)
		sum +=
		    (k[0] + word(key.ptr, 4)) * (k[1] + word(key.ptr + 4, 4));
	if (key.len > 4)
		sum += (k[0] + word(key.ptr, 4)) *
		       (k[1] + word(key.ptr + 4, key.len - 4));
	else if (key.len > 0)
		sum += (k[0] + word(key.ptr, key.len)) * k[1];
	return scatter((uint32_t)(sum >> 32));
}

static size_t
pow2_above(size_t n)
{
	size_t p = 64;

	while (p < n)
		p *= 2;
	return p;
}

bool
index_init(struct index *x, struct arena *a, size_t cnt)
{
	size_t slots = pow2_above(2 * cnt), bits = pow2_above(16 * cnt);

	*x = (struct index){0};
	if (cnt == 0)
		return true;
	if (cnt > UINT32_MAX / 32)
		return false;
	x->slots = arena_array(a, slots, sizeof(*x->slots));
	x->filter = arena_array(a, bits / 64, sizeof(*x->filter));
	if (x->slots == NULL || x->filter == NULL)
		return false;
	x->mask = (uint32_t)(slots - 1);
	x->filter_mask = (uint32_t)(bits - 1);
	return true;
}

void
index_add(struct index *x, uint32_t hash, uint32_t place)
{
	uint32_t bit = hash * UINT32_C(0x9e3779b1) & x->filter_mask;
	uint32_t at = hash & x->mask;

	while (x->slots[at] != 0)
		at = (at + 1) & x->mask;
	x->slots[at] = (uint64_t)hash << 32 | ((uint64_t)place + 1);
	x->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}
