/* SPDX-License-Identifier: Apache-2.0
 *
 * From a framed request to struct gw_req and from gw_reply to bytes: one
 * struct txn for each request, from its head until its answer has left.
 */
#ifndef GATEWAY_ENTRY_H
#define GATEWAY_ENTRY_H

#include "gateway/conn.h"
#include "gateway/timer.h"

struct node_slot;
struct db_slot;
struct hash_job;
struct block_watch;
struct feed;

struct txn {
	struct gw_req req;
	struct conn *conn;
	uint64_t start_us;
	uint64_t bytes_in, bytes_out;
	bool is_discarding; /* the answer is ready, the body is in its way */
	/* a body that comes in pieces, mem_new memory */
	uint8_t *body;
	size_t body_len, body_cap;
	/* the effect being performed; drive*.c */
	bool is_driven;
	struct timer timer;
	struct node_slot *node;
	struct db_slot *db;
	struct hash_job *hash;
	TAILQ_ENTRY(txn) hash_next; /* others that wait for the same check */
	struct block_watch *block;
	TAILQ_ENTRY(txn) block_next; /* others that wait for a block */
	bool block_is_due;
	struct feed *feed;
	TAILQ_ENTRY(txn) feed_next; /* others that wait for its begin */
	struct pg_result *result;   /* of the last query, while it is used */
};

/* entry_begin opens a request from a whole head, takes it off the input and
 * runs it as far as it goes. */
void entry_begin(struct conn *c, struct bytes head);

/* entry_malformed answers bytes that are not a request. */
void entry_malformed(struct conn *c, unsigned status);

/*
 * entry_message opens a request from a message of c's WebSocket and runs it.
 *
 * head     of the request, as gw_upgrade_head writes it
 * message  mem_new memory of cap bytes counted as buffered, or NULL; taken
 *          over
 */
void entry_message(struct conn *c, struct bytes head, uint8_t *message,
    size_t len, size_t cap);

/* entry_body takes the next piece of the body, entry_body_end goes on when
 * it is whole, entry_body_bad answers a body that is broken or too long. */
void entry_body(struct conn *c, struct bytes piece);
void entry_body_end(struct conn *c);
void entry_body_bad(struct conn *c, unsigned status);

/* entry_resume goes on after an effect; from drive*.c. */
void entry_resume(struct txn *t);

/* entry_must_stay tells whether the effect under way is one that is given up
 * when the client closes its side. */
bool entry_must_stay(const struct txn *t);

/* entry_expire answers a request whose time is over. */
void entry_expire(struct txn *t);

/* entry_sent ends a request whose answer has left; entry_abort one whose
 * client has. Both are fine without a request. */
void entry_sent(struct conn *c);
void entry_abort(struct conn *c);

/*
 * drive_start performs t's effect.
 *
 * Returns  true when it is done already; else entry_resume is called later
 */
bool drive_start(struct txn *t);

/* drive_cancel lets go of an effect whose outcome nobody wants any more. */
void drive_cancel(struct txn *t);

/* drive_done is called by a driver: sets the outcome and resumes. */
void drive_done(struct txn *t, enum rc rc);

#endif
