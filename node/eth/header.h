/* SPDX-License-Identifier: Apache-2.0
 *
 * Block headers: codec and hash, Yellow Paper 4.4.3 and the EIPs that append
 * fields (1559, 4895, 4844, 4788, 7685).
 */
#ifndef ETH_HEADER_H
#define ETH_HEADER_H

#include "base/arena.h"
#include "eth/types.h"

/* Fields of a header by fork; later ones are present only with all before. */
enum {
	HEADER_FIELDS_FRONTIER = 15,
	HEADER_FIELDS_LONDON = 16,   /* base_fee */
	HEADER_FIELDS_SHANGHAI = 17, /* withdrawals_root */
	HEADER_FIELDS_CANCUN = 20,   /* blob gas used, excess, beacon root */
	HEADER_FIELDS_PRAGUE = 21    /* requests_hash */
};

/* Largest extra data accepted: vanity, seal and 10,000 Clique signers. */
enum { HEADER_EXTRA_MAX = 32 + 65 + 20 * 10000 };

struct header {
	struct hash parent;
	struct hash ommers_hash;
	struct addr coinbase;
	struct hash state_root, tx_root, receipts_root;
	struct bloom bloom;
	struct u256 difficulty;
	uint64_t number, gas_limit, gas_used, time;
	struct bytes extra; /* view */
	struct hash mix;
	uint8_t nonce[8];
	unsigned field_cnt; /* one of the HEADER_FIELDS values */
	struct u256 base_fee;
	struct hash withdrawals_root;
	uint64_t blob_gas_used, excess_blob_gas;
	struct hash beacon_root;
	struct hash requests_hash;
};

/* header_is_field_cnt tells whether a header may have cnt fields. */
bool header_is_field_cnt(size_t cnt);

/*
 * header_take reads one header from the front of in; extra is a view into in.
 *
 * Errors  RLP errors; RC_BAD_INPUT for a wrong number of fields or a field
 *         out of range; the text names the field
 */
enum rc header_take(struct header *out, struct bytes *in, struct err *e);

/* header_decode is header_take of a whole document; RC_TRAILING. */
enum rc header_decode(struct header *out, struct bytes in, struct err *e);

/* header_size and header_put write the RLP; false when b is full. A field_cnt
 * that header_is_field_cnt refuses ends the process. */
size_t header_size(const struct header *h);
bool header_put(struct buf *b, const struct header *h);

/* header_hash computes the block hash. */
struct hash header_hash(const struct header *h);

/*
 * header_copy copies h and its extra data into the arena.
 *
 * Returns NULL when memory is short
 */
struct header *header_copy(struct arena *a, const struct header *h);

#endif
