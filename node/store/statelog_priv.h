/* SPDX-License-Identifier: Apache-2.0
 *
 * The state log: numbered records of bytes in segment files, durable when
 * append returns. It knows nothing of blocks.
 *
 * log/NNNNNNNN.seg   a head of SEG_HEAD_LEN bytes, then records, each a head
 *                    of REC_HEAD_LEN bytes and its payload
 * log/mark           where the log ended when the last record was
 *                    acknowledged; written after each sync, never synced
 *
 * Segment head: magic (8), schema (4), segment number (4), number of its
 * first record (8), store id (8), checksum of these (8).
 * Record head: magic (8), number (8), payload length (8), checksum of the
 * payload (8), checksum of these (8). Checksums are XXH64 with the store id
 * as seed, so that records of another store are foreign bytes.
 *
 * What the end of the log may look like. A record that fails its checksum is
 * a torn write, and cut, when it was never acknowledged: the mark does not
 * reach it and no sound record follows. Else it is damage: RC_CORRUPT. The
 * mark survives a killed process and may be old after a power cut; it is
 * never ahead of the disk.
 */
#ifndef STORE_STATELOG_PRIV_H
#define STORE_STATELOG_PRIV_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
	SEG_HEAD_LEN = 40,
	REC_HEAD_LEN = 40,
	MARK_LEN = 32,
	LOG_SCHEMA = 2,
	/* Segments on disk: flushes drop them, so more is a broken store. */
	SEG_CNT_MAX = 4096
};

/* A segment is closed when it has grown to this; 64 MiB. */
#define SEG_BYTES ((uint64_t)64 << 20)

/* Largest payload of a record. */
#define REC_PAYLOAD_MAX ((uint64_t)1 << 30)

struct log_segment {
	uint32_t number;
	uint64_t first_seq;
};

/* Where a record that is not in the tables yet lies. */
struct log_pending {
	uint64_t seq, offset, len; /* of the payload */
	uint32_t segment;
	uint64_t sum;
};

struct statelog {
	const char *dir;
	uint64_t store_id;
	int dir_fd, fd, mark_fd; /* fd: the last segment, -1 when none */
	struct log_segment segs[SEG_CNT_MAX];
	size_t seg_cnt;
	uint32_t unfinished; /* segment whose creation was cut short, or 0 */
	uint64_t size;       /* of the last segment */
	uint64_t last_seq;   /* of the last record */
	uint64_t mark_seq;   /* what the mark says */
	struct log_pending *pending;
	size_t pending_cnt, pending_cap, pending_at;
};

/*
 * statelog_open opens the log in folder dir (made when absent) and checks
 * all records behind applied_seq. A torn one is cut; sound ones that the mark
 * does not reach are written and synced again, since the sync that failed
 * may have left them in memory only.
 *
 * dir     lives as long as the log
 * Errors  RC_CORRUPT, RC_WRONG_SCHEMA, RC_IO, RC_NO_MEMORY
 */
enum rc statelog_open(struct statelog *l, const char *dir, uint64_t store_id,
    uint64_t applied_seq, struct err *e);
void statelog_close(struct statelog *l);

/*
 * statelog_append makes payload record last_seq + 1.
 *
 * Errors  RC_IO  the record may or may not be on the disk
 */
enum rc statelog_append(
    struct statelog *l, struct bytes payload, struct err *e);

/*
 * statelog_pending reads the oldest record not yet passed; ptr is NULL when
 * there is none. statelog_pass goes on to the next.
 *
 * Lifetime  payload: the arena
 */
enum rc statelog_pending(struct statelog *l, struct arena *a,
    struct bytes *payload, uint64_t *seq, struct err *e);
void statelog_pass(struct statelog *l);

/* statelog_drop removes segments whose records are all up to applied_seq. */
void statelog_drop(struct statelog *l, uint64_t applied_seq);

#endif
