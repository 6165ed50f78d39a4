/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's durable log; log.c describes the files.
 */
#ifndef POOL_LOG_PRIV_H
#define POOL_LOG_PRIV_H

#include "pool/pool.h"

struct pool_log;
struct pool_log_seg;

/* struct pool_log_ref ties a live transaction to the file that has it. */
struct pool_log_ref {
	struct pool_log_seg *seg;
	struct pool_log_ref *prev, *next;
	const struct pool_tx *tx; /* NULL: not to be copied */
	uint32_t bytes;
};

/*
 * struct pool_log_reader gets what is in the log, oldest first. add takes
 * the transaction over and may call pool_log_adopt; del names one that was
 * dropped on purpose.
 */
struct pool_log_reader {
	enum rc (*add)(void *ctx, struct pool_log *l, struct pool_tx *t,
	    uint32_t bytes, struct err *e);
	void (*del)(void *ctx, const struct hash *hash);
	void *ctx;
};

/*
 * pool_log_open reads all segments of dir, which is made if missing, and
 * cuts a torn end. A log always has a file: the first is made here.
 *
 * Errors  RC_IO, RC_CORRUPT, RC_NO_MEMORY, those of add
 */
enum rc pool_log_open(struct pool_log **out, const char *dir,
    const struct pool_log_reader *to, struct err *e);

/*
 * pool_log_inspect reads like pool_log_open and changes nothing on disk: a
 * torn end and half-made files stay as they are. Only close it afterwards.
 *
 * torn_bytes  length of the torn end, 0 when there is none
 * Errors      those of pool_log_open; RC_NOT_FOUND  dir is not there
 */
enum rc pool_log_inspect(struct pool_log **out, uint64_t *torn_bytes,
    const char *dir, const struct pool_log_reader *to, struct err *e);
void pool_log_close(struct pool_log *l);

/* pool_log_adopt ties a transaction (or a mined one's record, t NULL) to the
 * segment being read. */
void pool_log_adopt(struct pool_log *l, struct pool_log_ref *ref,
    const struct pool_tx *t, uint32_t bytes);

/*
 * pool_log_add puts t into the buffer and ties ref to it; a full buffer is
 * synced first.
 *
 * Errors  RC_IO, sticky
 */
enum rc pool_log_add(struct pool_log *l, struct pool_log_ref *ref,
    const struct pool_tx *t, struct err *e);

/* pool_log_del puts into the buffer that hash was dropped. Errors RC_IO */
enum rc pool_log_del(
    struct pool_log *l, const struct hash *hash, struct err *e);

/* pool_log_move ties to what from was tied to, as a record that is kept where
 * it is but never copied; from is untied. */
void pool_log_move(struct pool_log_ref *to, struct pool_log_ref *from);

/* pool_log_forget unties ref: its transaction is mined, dropped, replaced. */
void pool_log_forget(struct pool_log_ref *ref);

/* pool_log_sync makes the buffer durable. Errors RC_IO, sticky */
enum rc pool_log_sync(struct pool_log *l, struct err *e);

/*
 * pool_log_compact removes the oldest segments while they are dead; when
 * most of the log is dead, it first copies what lives in the oldest one,
 * unless it has records that are not to be copied. At most one segment is
 * copied in a call.
 *
 * Errors  RC_IO, sticky
 */
enum rc pool_log_compact(struct pool_log *l, struct err *e);

/* pool_log_tidy is pool_log_compact when POOL_SEGMENT_MAX bytes were written
 * since the last one. Errors RC_IO, sticky */
enum rc pool_log_tidy(struct pool_log *l, struct err *e);

/* pool_log_bytes is the size of all segments. */
uint64_t pool_log_bytes(const struct pool_log *l);

#endif
