/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an encoder's items go: into a bounded buffer, or through a small
 * room straight into Keccak-256, so that hashing a header or a signing
 * preimage needs no buffer of its size. One encoder serves both.
 */
#ifndef ETH_SINK_PRIV_H
#define ETH_SINK_PRIV_H

#include "crypto/keccak.h"
#include "eth/rlp.h"

/* Room of a hashing sink: more than any one item but data and extra data. */
enum { SINK_ROOM = 512 };

struct sink {
	struct buf buf;
	struct keccak *hash; /* NULL: the buffer is what is wanted */
	bool is_full;        /* sticky */
};

/* sink_of_buf appends to what b holds. */
struct sink sink_of_buf(const struct buf *b);

/* sink_of_hash hashes into k; room must outlive the sink. */
struct sink sink_of_hash(struct keccak *k, uint8_t room[SINK_ROOM]);

void sink_u8(struct sink *s, uint8_t v);
void sink_str(struct sink *s, struct bytes v);
void sink_u64(struct sink *s, uint64_t v);
void sink_u256(struct sink *s, const struct u256 *v);
void sink_list(struct sink *s, size_t payload_len);

/* sink_end_buf gives the buffer back to b; false, with b untouched, when it
 * was full. */
bool sink_end_buf(struct sink *s, struct buf *b);

/* sink_end_hash returns the hash of all that was written. */
struct hash sink_end_hash(struct sink *s);

#endif
