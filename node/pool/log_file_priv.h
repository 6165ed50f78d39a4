/* SPDX-License-Identifier: Apache-2.0
 *
 * What log.c and replay.c share: the files' layout and the open log.
 */
#ifndef POOL_LOG_FILE_PRIV_H
#define POOL_LOG_FILE_PRIV_H

#include "pool/crc64_priv.h"
#include "pool/pool_priv.h"

/* First eight bytes of a segment; the last two are the version. */
#define POOL_LOG_MAGIC "SKPOOL01"

enum {
	POOL_LOG_MAGIC_LEN = 8,
	POOL_LOG_VERSION_AT = 6,
	POOL_LOG_SEG_HEAD = 40,   /* magic, number, first seq, salt, sum */
	POOL_LOG_FRAME_HEAD = 32, /* mark, len, zero, seq, sum */
	POOL_LOG_REC_HEAD = 5,    /* kind, len */
	POOL_LOG_ADD_HEAD = 28,   /* sender, added_ms */
	POOL_LOG_NAME_MAX = 32
};

/* A frame is written whole into the segment that was not full before it;
 * behind it are the zeros of the last step. */
enum {
	POOL_LOG_FILE_MAX = POOL_SEGMENT_MAX + POOL_FRAME_MAX +
			    POOL_LOG_SEG_HEAD + POOL_LOG_FRAME_HEAD +
			    POOL_LOG_STEP
};

enum pool_log_kind { POOL_LOG_ADD = 1, POOL_LOG_DEL = 2 };

struct pool_log_seg {
	struct pool_log_seg *next; /* newer */
	uint64_t no, first_seq, salt;
	uint64_t bytes, live_bytes;
	uint64_t room; /* length of the file: bytes, then zeros */
	struct pool_log_ref *live;
	bool is_made; /* the file is there */
	bool is_full; /* nothing more is written to it */
};

struct pool_log {
	int dir_fd, fd; /* fd: the newest segment, or -1 */
	bool has_failed;
	bool is_read_only;   /* nothing on disk is made, cut or removed */
	uint64_t torn_bytes; /* of the end that was left uncut */
	struct pool_log_seg *oldest, *newest;
	size_t seg_cnt;
	uint64_t seq;       /* of the next frame */
	uint64_t new_bytes; /* written since the last compaction */
	struct buf buf;     /* the next frame, its head still blank */
	struct crc64 crc;
};

/* pool_log_name writes a segment's file name; temporary ones end in .tmp. */
void pool_log_name(char out[POOL_LOG_NAME_MAX], uint64_t no, bool is_temporary);

/* pool_log_write writes len bytes at an offset; false: errno says why. */
bool pool_log_write(int fd, const uint8_t *p, size_t len, uint64_t at);

/* pool_log_seg_add puts a new segment at the end; NULL: no memory. */
struct pool_log_seg *pool_log_seg_add(struct pool_log *l, uint64_t no);

/* pool_log_frame_sum computes the sum of a frame from its head, with the sum
 * not in it, and its payload. */
uint64_t pool_log_frame_sum(const struct pool_log *l, uint64_t salt,
    const uint8_t head[POOL_LOG_FRAME_HEAD], struct bytes payload);

/*
 * pool_log_parse hands over what is in the newest segment of the list, whose
 * bytes are file, and sets how many of them are good; when only zeros follow
 * those, room is the file's length, otherwise what follows is torn.
 *
 * is_last  the end may be torn; otherwise that is damage
 * Errors   RC_CORRUPT, RC_WRONG_SCHEMA, RC_NO_MEMORY, those of to->add
 */
enum rc pool_log_parse(struct pool_log *l, const struct pool_log_reader *to,
    struct bytes file, bool is_last, struct err *e);

/*
 * pool_log_read reads all segments of the folder in order.
 *
 * Errors  RC_IO, RC_CORRUPT, RC_WRONG_SCHEMA, RC_NO_MEMORY, those of to->add
 */
enum rc pool_log_read(
    struct pool_log *l, const struct pool_log_reader *to, struct err *e);

#endif
