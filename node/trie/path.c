/* SPDX-License-Identifier: Apache-2.0
 *
 * Nibble arithmetic on packed keys and the compact ("hex prefix") form of
 * paths. It knows no nodes.
 */
#include "trie/path_priv.h"

#include "base/check.h"

void
nib_set(uint8_t *key, size_t at, unsigned nib)
{
	unsigned old = key[at / 2];

	if (at % 2 == 0)
		key[at / 2] = (uint8_t)((old & 15U) | nib << 4);
	else
		key[at / 2] = (uint8_t)((old & 0xf0U) | nib);
}

size_t
nib_same(const uint8_t *a, const uint8_t *b, size_t from, size_t to)
{
	size_t at = from;

	if (at < to && at % 2 == 1) {
		if (nib_at(a, at) != nib_at(b, at))
			return at;
		at++;
	}
	while (at + 1 < to && a[at / 2] == b[at / 2])
		at += 2;
	if (at < to && nib_at(a, at) == nib_at(b, at))
		at++;
	return at;
}

void
path_of(struct trie_path *out, const uint8_t *key, size_t len)
{
	size_t i;

	DCHECK(len <= KEY_NIBBLES);
	for (i = 0; i < len; i++)
		out->nib[i] = (uint8_t)nib_at(key, i);
	out->len = (uint8_t)len;
}

char *
path_text(char out[PATH_TEXT_MAX], const uint8_t *key, size_t len)
{
	size_t i;

	DCHECK(len <= KEY_NIBBLES);
	for (i = 0; i < len; i++)
		out[i] = "0123456789abcdef"[nib_at(key, i)];
	out[len] = '\0';
	return out;
}

void
compact_put(
    uint8_t *out, const uint8_t *key, size_t from, size_t to, bool is_leaf)
{
	unsigned flags = is_leaf ? COMPACT_LEAF : 0;
	size_t n;

	if ((to - from) % 2 == 1) {
		flags |= COMPACT_ODD | nib_at(key, from);
		from++;
	}
	*out++ = (uint8_t)flags;
	n = (to - from) / 2;
	if (from % 2 == 0) {
		memcpy(out, key + from / 2, n);
		return;
	}
	for (; from < to; from += 2)
		*out++ =
		    (uint8_t)(nib_at(key, from) << 4 | nib_at(key, from + 1));
}

bool
compact_take(uint8_t *key, size_t *to, bool *is_leaf, size_t from, size_t max,
    struct bytes in)
{
	bool is_odd;
	size_t i, len;

	if (in.len == 0 || in.ptr[0] >= 0x40)
		return false;
	is_odd = (in.ptr[0] & COMPACT_ODD) != 0;
	if (!is_odd && (in.ptr[0] & 15U) != 0)
		return false;
	len = 2 * (in.len - 1) + is_odd;
	if (len > max - from)
		return false;
	if (is_odd)
		nib_set(key, from, in.ptr[0] & 15U);
	if ((from + is_odd) % 2 == 0)
		memcpy(key + (from + is_odd) / 2, in.ptr + 1, in.len - 1);
	else
		for (i = is_odd; i < len; i++)
			nib_set(key, from + i, nib_at(in.ptr + 1, i - is_odd));
	*to = from + len;
	*is_leaf = (in.ptr[0] & COMPACT_LEAF) != 0;
	return true;
}
