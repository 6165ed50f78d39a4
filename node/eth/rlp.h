/* SPDX-License-Identifier: Apache-2.0
 *
 * Recursive Length Prefix, Yellow Paper appendix B: a read cursor that
 * accepts canonical input only, and a writer that computes sizes first so
 * that nothing is moved afterwards.
 */
#ifndef ETH_RLP_H
#define ETH_RLP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "eth/types.h"

/*
 * rlp_take cuts one item from the front of in.
 *
 * payload  the string's bytes, or the list's items
 * is_list  which of the two it was
 * in       advanced past the item on success, untouched on failure
 * Errors   RC_TRUNCATED     in is shorter than the item's header says
 *          RC_NONCANONICAL  long form for a short length, leading zero in a
 *                           length, or a byte below 0x80 with a header
 */
enum rc rlp_take(
    struct bytes *payload, bool *is_list, struct bytes *in, struct err *e);

/* rlp_take_str is rlp_take for a string; RC_BAD_INPUT for a list. */
enum rc rlp_take_str(struct bytes *out, struct bytes *in, struct err *e);

/* rlp_take_list is rlp_take for a list; RC_BAD_INPUT for a string. */
enum rc rlp_take_list(struct bytes *items, struct bytes *in, struct err *e);

/* rlp_take_u64 reads one canonical integer; RC_NONCANONICAL for a leading
 * zero, RC_BAD_INPUT above 64 bits. */
enum rc rlp_take_u64(uint64_t *out, struct bytes *in, struct err *e);

/* rlp_take_u256 is rlp_take_u64 for up to 256 bits. */
enum rc rlp_take_u256(struct u256 *out, struct bytes *in, struct err *e);

/* rlp_take_fixed reads a string of exactly len bytes. */
enum rc rlp_take_fixed(
    uint8_t *out, size_t len, struct bytes *in, struct err *e);

/* rlp_count counts the items of a list payload, checking only their headers. */
enum rc rlp_count(size_t *out, struct bytes items, struct err *e);

/*
 * rlp_take_raw cuts one whole item, header included, without looking inside.
 */
enum rc rlp_take_raw(struct bytes *item, struct bytes *in, struct err *e);

/*
 * Deepest nesting that rlp_check follows; nothing of the protocol nests deeper
 * than a trie proof or a block's access lists (6).
 */
enum { RLP_DEPTH_MAX = 64 };

/*
 * rlp_check walks a whole document of at most RLP_DEPTH_MAX nested lists.
 *
 * Errors  as rlp_take; RC_TRAILING for bytes behind it; RC_TOO_LARGE for
 *         deeper nesting
 */
enum rc rlp_check(struct bytes in, struct err *e);

/* Sizes of encoded items, header included. */
size_t rlp_size_str(struct bytes s);
size_t rlp_size_u64(uint64_t v);
size_t rlp_size_u256(const struct u256 *v);
size_t rlp_size_list(size_t payload_len);

/* Writers append to b; false when it is full. */
bool rlp_put_str(struct buf *b, struct bytes s);
bool rlp_put_u64(struct buf *b, uint64_t v);
bool rlp_put_u256(struct buf *b, const struct u256 *v);

/* rlp_put_list_head starts a list whose items take payload_len bytes. */
bool rlp_put_list_head(struct buf *b, size_t payload_len);

/* rlp_put_str_head starts a string of len bytes that the caller appends; not
 * for a string of one byte, which may need no head. */
bool rlp_put_str_head(struct buf *b, size_t len);

#endif
