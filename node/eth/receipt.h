/* SPDX-License-Identifier: Apache-2.0
 *
 * Receipts and logs: codec (EIP-2718 envelopes), bloom. Yellow Paper 4.4.1.
 */
#ifndef ETH_RECEIPT_H
#define ETH_RECEIPT_H

#include "base/arena.h"
#include "eth/tx.h"
#include "eth/types.h"

struct log_entry {
	struct addr addr;
	struct hash topics[4];
	unsigned topic_cnt;
	struct bytes data;
};

/* struct creation is a contract that came to be, and who made it: the
 * account that its address is derived from. */
struct creation {
	struct addr made, by;
};

struct receipt {
	enum tx_type type;
	bool has_root; /* before Byzantium: state root instead of status */
	bool is_success;
	struct hash root;
	uint64_t cumulative_gas;
	struct bloom bloom;
	const struct log_entry *logs;
	size_t log_cnt;
	/* Not part of the consensus form; kept beside it in the store. */
	uint64_t gas_used;
	struct u256 effective_price;
	bool has_contract; /* of the transaction itself, also of a failed one */
	struct addr contract;
	const struct creation *creations; /* all that stayed, in their order */
	size_t creation_cnt;
};

/*
 * receipt_encode writes the consensus form (what the receipts trie holds).
 *
 * Errors    RC_NO_MEMORY
 * Lifetime  in the arena
 */
enum rc receipt_encode(
    struct arena *a, struct bytes *out, const struct receipt *r, struct err *e);

/*
 * receipt_decode reads the consensus form; the extra fields stay zero.
 *
 * Errors    RLP errors, RC_TX_TYPE, RC_TRAILING, RC_BAD_INPUT, RC_NO_MEMORY
 * Lifetime  views into in and the arena
 */
enum rc receipt_decode(
    struct arena *a, struct receipt *out, struct bytes in, struct err *e);

/*
 * receipts_pack and receipts_unpack are the stored form of a block's
 * receipts: the extra fields included, the blooms left out, because the logs
 * give them back. That takes most of the time: receipts_unpack_logs leaves
 * them zero.
 *
 * Errors    RC_NO_MEMORY; unpack: RC_CORRUPT
 * Lifetime  in the arena; what unpack returns also views in
 */
enum rc receipts_pack(struct arena *a, struct bytes *out,
    const struct receipt *r, size_t cnt, struct err *e);
enum rc receipts_unpack(struct arena *a, struct receipt **out, size_t *cnt,
    struct bytes in, struct err *e);
enum rc receipts_unpack_logs(struct arena *a, struct receipt **out, size_t *cnt,
    struct bytes in, struct err *e);

/*
 * receipts_open and receipts_next walk the stored form one receipt at a time,
 * for callers that want few of many. receipts_next_logs leaves the bloom zero.
 *
 * items     what is left; empty at the end
 * a         NULL: logs are only counted (log_cnt), the bloom stays zero, and
 *           of creations nothing is told
 * Errors    RC_CORRUPT, RC_NO_MEMORY
 * Lifetime  logs in the arena; views into what receipts_open got
 */
enum rc receipts_open(struct bytes *items, struct bytes in, struct err *e);
enum rc receipts_next(
    struct arena *a, struct receipt *out, struct bytes *items, struct err *e);
enum rc receipts_next_logs(
    struct arena *a, struct receipt *out, struct bytes *items, struct err *e);

#endif
