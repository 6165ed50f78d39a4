/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorting by hash. Hashes are as good as random, so that their first eight
 * bytes nearly always decide and are sorted by radix, a byte a pass; should
 * two be alike, a comparing sort settles it.
 */
#include "state/order_priv.h"

#include <stdlib.h>

#include "crypto/keccak.h"

/* Below this a comparing sort is faster than eight passes over 256 counts. */
enum { RADIX_MIN = 128, RADIX = 256 };

bool
state_order_hash(
    struct arena *a, struct ranked *items, const struct bytes *keys, size_t cnt)
{
	struct hash *out = arena_array(a, cnt, sizeof(*out));
	size_t i;

	if (out == NULL)
		return false;
	keccak256_many((uint8_t(*)[32])out, keys, cnt);
	for (i = 0; i < cnt; i++)
		items[i].hash = &out[i];
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return memcmp(x->hash->b, y->hash->b, sizeof(x->hash->b));
}

/* pass sorts by one byte of the rank, keeping the order of equals. */
static void
pass(struct ranked *out, const struct ranked *in, size_t cnt, unsigned shift)
{
	size_t at[RADIX] = {0}, i, n, sum = 0;

	for (i = 0; i < cnt; i++)
		at[in[i].rank >> shift & (RADIX - 1)]++;
	for (i = 0; i < RADIX; i++) {
		n = at[i];
		at[i] = sum;
		sum += n;
	}
	for (i = 0; i < cnt; i++)
		out[at[in[i].rank >> shift & (RADIX - 1)]++] = in[i];
}

static bool
has_ties(const struct ranked *items, size_t cnt)
{
	size_t i;

	for (i = 1; i < cnt; i++)
		if (items[i - 1].rank == items[i].rank)
			return true;
	return false;
}

void
state_order(struct ranked *items, struct ranked *room, size_t cnt)
{
	unsigned shift;
	size_t i;

	for (i = 0; i < cnt; i++)
		items[i].rank = be64(items[i].hash->b);
	if (cnt >= RADIX_MIN) {
		for (shift = 0; shift < 64; shift += 16) {
			pass(room, items, cnt, shift);
			pass(items, room, cnt, shift + 8);
		}
		if (!has_ties(items, cnt))
			return;
	}
	if (cnt > 1)
		qsort(items, cnt, sizeof(*items), compare);
}
