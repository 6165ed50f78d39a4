/* SPDX-License-Identifier: Apache-2.0
 *
 * Nibbles. Inside the trie a path is a stretch [from, to) of nibbles of some
 * key, and keys stay packed, two nibbles to a byte, as they come: splitting
 * and joining nodes then moves bounds, not nibbles. Stored nodes have the
 * compact form of Yellow Paper appendix C.
 */
#ifndef TRIE_PATH_PRIV_H
#define TRIE_PATH_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/statediff.h"

/* A 32-byte key has this many nibbles. */
enum { KEY_NIBBLES = 64 };

/* Text of the longest path with its NUL. */
enum { PATH_TEXT_MAX = KEY_NIBBLES + 1 };

/* nib_at reads nibble number at of a packed key. */
static inline unsigned
nib_at(const uint8_t *key, size_t at)
{
	return at % 2 == 0 ? key[at / 2] >> 4 : key[at / 2] & 15U;
}

/* nib_set writes one nibble and leaves its neighbour. */
void nib_set(uint8_t *key, size_t at, unsigned nib);

/* nib_same returns the first position in [from, to) where a and b differ, to
 * when there is none. */
size_t nib_same(const uint8_t *a, const uint8_t *b, size_t from, size_t to);

/* path_of unpacks the first len nibbles of key; len is at most 64. */
void path_of(struct trie_path *out, const uint8_t *key, size_t len);

/* path_text writes the first len nibbles of key as hex for messages. */
char *path_text(char out[PATH_TEXT_MAX], const uint8_t *key, size_t len);

/* Flags in the first nibble of a compact form, Yellow Paper appendix C. */
enum { COMPACT_ODD = 0x10, COMPACT_LEAF = 0x20 };

/* compact_len is the length of the compact form of [from, to). */
static inline size_t
compact_len(size_t from, size_t to)
{
	return (to - from) / 2 + 1;
}

/* compact_put writes the compact form of nibbles [from, to) of key. */
void compact_put(
    uint8_t *out, const uint8_t *key, size_t from, size_t to, bool is_leaf);

/*
 * compact_take reads a compact form into key, from nibble from on.
 *
 * to       position behind the last nibble
 * Returns  false when in is not a compact form or does not end by max
 */
bool compact_take(uint8_t *key, size_t *to, bool *is_leaf, size_t from,
    size_t max, struct bytes in);

#endif
