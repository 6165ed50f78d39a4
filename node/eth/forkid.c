/* SPDX-License-Identifier: Apache-2.0
 *
 * The fork id: CRC-32 over the genesis hash and the places of all forks
 * behind, by block first, then by time, each place once.
 *
 * Spec  EIP-2124, EIP-6122
 */
#include "eth/forkid.h"

#include "base/bytes.h"

/* The IEEE polynomial, bits reversed. */
#define CRC_POLY UINT32_C(0xedb88320)

/* crc_add goes on with the checksum of what was before; 0 at the start. */
static uint32_t
crc_add(uint32_t crc, struct bytes in)
{
	size_t i;
	unsigned bit;

	crc = ~crc;
	for (i = 0; i < in.len; i++) {
		crc ^= in.ptr[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) != 0 ? CRC_POLY : 0);
	}
	return ~crc;
}

/* next_place returns the first place of forks of this kind above after. */
static uint64_t
next_place(const struct fork_plan *p, bool is_time, uint64_t after)
{
	uint64_t least = FORK_NEVER;
	unsigned f;

	for (f = FORK_FRONTIER + 1; f < FORK_CNT; f++) {
		if (fork_is_time((enum fork)f) == is_time && p->at[f] > after &&
		    p->at[f] < least)
			least = p->at[f];
	}
	return least;
}

/* pass adds the places above after that head has behind it, and returns the
 * one that is next. */
static uint64_t
pass(uint32_t *crc, const struct fork_plan *p, bool is_time, uint64_t after,
    uint64_t head)
{
	uint64_t at = next_place(p, is_time, after);
	uint8_t word[sizeof(at)];

	while (at != FORK_NEVER && at <= head) {
		be64_put(word, at);
		*crc = crc_add(*crc, bytes_of(word, sizeof(word)));
		at = next_place(p, is_time, at);
	}
	return at;
}

struct fork_id
fork_id_at(const struct fork_plan *p, const struct hash *genesis,
    uint64_t genesis_time, uint64_t number, uint64_t time)
{
	uint32_t crc = crc_add(0, hash_bytes(genesis));
	uint64_t next = pass(&crc, p, false, 0, number);
	struct fork_id id;

	if (next == FORK_NEVER)
		next = pass(&crc, p, true, genesis_time, time);
	id.next = next == FORK_NEVER ? 0 : next;
	be32_put(id.hash, crc);
	return id;
}
