/* SPDX-License-Identifier: Apache-2.0
 *
 * The file that remembers, per account and kind, the last height and round
 * that were signed and what was signed there. It is on disk before a
 * signature leaves, so that no kill, restart or power cut makes us sign two
 * different messages for one height, round and kind.
 *
 * The file has two slots. An update writes the older one whole and syncs; a
 * torn slot fails its checksum and the other, one signature older, holds:
 * the signature that belonged to the torn one never left.
 */
#ifndef SIGNER_WATERMARK_PRIV_H
#define SIGNER_WATERMARK_PRIV_H

#include "base/err.h"
#include "eth/types.h"
#include "signer/signer.h"

/* Records: five counted kinds for each account that can be unlocked. */
enum { WATERMARK_MAX = 5 * SIGNER_KEY_MAX };

/* Bytes of a slot; the file has two. */
enum { WATERMARK_SLOT = 32768 };

struct watermark_record {
	struct addr addr;
	uint8_t kind;
	uint64_t height, round;
	struct hash digest;
};

struct watermark {
	int fd;
	bool
	    is_broken; /* a write or sync failed: nothing is counted any more */
	uint64_t seq;
	size_t cnt;
	struct watermark_record records[WATERMARK_MAX];
};

/*
 * watermark_open opens or creates the file and takes its lock, which lasts
 * until the process ends.
 *
 * Errors  RC_CORRUPT      neither slot can be read: nothing may be signed
 *         RC_UNAVAILABLE  another process has the lock
 *         RC_IO
 */
enum rc watermark_open(struct watermark *out, const char *path, struct err *e);

void watermark_close(struct watermark *w);

/*
 * watermark_pass lets a signature pass or not, and counts it durably.
 *
 * Errors  RC_DENIED    this height and round were signed with another digest,
 *                      or a later one was signed
 *         RC_NO_SPACE  WATERMARK_MAX accounts and kinds
 *         RC_IO        not durable; every later call fails as well
 */
enum rc watermark_pass(struct watermark *w, const struct addr *addr,
    enum signer_kind kind, uint64_t height, uint64_t round,
    const struct hash *digest, struct err *e);

#endif
