/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the state log that its files share.
 */
#ifndef STORE_LOGFILE_PRIV_H
#define STORE_LOGFILE_PRIV_H

#include <sys/types.h>

#include "store/statelog_priv.h"

#define LOGFILE_SEG_MAGIC                                                      \
	{                                                                      \
		's', 'k', 's', 'e', 'g', 0xf0, 0x9f, 0x0a                      \
	}
#define LOGFILE_REC_MAGIC                                                      \
	{                                                                      \
		's', 'k', 'r', 'e', 'c', 0xf0, 0x9f, 0x0a                      \
	}

/* "00000001.seg" and a NUL; paths in texts are dir/name. */
enum { LOGFILE_NAME_MAX = 13 };

struct rec_head {
	uint64_t seq, len, sum;
};

/* logfile_name writes the name of a segment. */
void logfile_name(char out[LOGFILE_NAME_MAX], uint32_t number);

/* logfile_fail and logfile_fail_seg report errno for a file of the log. */
enum rc logfile_fail(struct err *e, const struct statelog *l, const char *name,
    const char *what);
enum rc logfile_fail_seg(
    struct err *e, const struct statelog *l, uint32_t number, const char *what);

/* logfile_read reads up to n bytes at offset: -1 on failure, else how many
 * there were. logfile_write writes all or fails. */
ssize_t logfile_read(int fd, uint8_t *p, size_t n, uint64_t offset);
bool logfile_write(int fd, struct bytes in, uint64_t offset);

/* logfile_open opens a segment; flags may add O_CREAT and O_TRUNC. */
int logfile_open(const struct statelog *l, uint32_t number, int flags);
void logfile_remove(const struct statelog *l, uint32_t number);

/* logfile_seal is the checksum of a head; logfile_payload_sum binds a payload
 * to its number. */
uint64_t logfile_seal(const struct statelog *l, const uint8_t *p, size_t len);
uint64_t logfile_payload_sum(
    const struct statelog *l, uint64_t seq, struct bytes payload);

void logfile_put_seg_head(uint8_t p[SEG_HEAD_LEN], const struct statelog *l,
    const struct log_segment *s);
void logfile_put_rec_head(uint8_t p[REC_HEAD_LEN], const struct statelog *l,
    const struct rec_head *h);

/* logfile_rec_head reads a record head; false when it is none. */
bool logfile_rec_head(
    struct rec_head *out, const struct statelog *l, const uint8_t *p);

/* logfile_payload reads a payload; ptr stays NULL when it is not sound. */
enum rc logfile_payload(const struct statelog *l, int fd, struct arena *a,
    struct bytes *out, const struct log_pending *r, struct err *e);

/* logscan_find lists the segments and reads their heads; logscan_read goes
 * through the records, fills pending and last_seq and opens the last
 * segment. */
enum rc logscan_find(struct statelog *l, struct err *e);
enum rc logscan_read(struct statelog *l, uint64_t applied_seq, struct err *e);

#endif
