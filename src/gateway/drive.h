/* SPDX-License-Identifier: Apache-2.0
 *
 * The drivers: who performs which effect. Each has a pool per worker, a
 * start that returns true when the effect ended at once, and a cancel that
 * is fine when it has nothing of this request.
 */
#ifndef GATEWAY_DRIVE_H
#define GATEWAY_DRIVE_H

#include "gateway/entry.h"

struct node_pool;
struct db_pool;
struct hasher;
struct block_watch;

/* drive_end records an outcome and returns true, for the end of a start. */
bool drive_end(struct txn *t, enum rc rc);

/*
 * drive_node.c: JSON-RPC to the node over its Unix socket, several calls in
 * flight on each of a few connections.
 */
struct node_pool *node_open(void);
bool node_start(struct node_pool *p, struct txn *t);
void node_cancel(struct txn *t);
void node_flush(struct node_pool *p); /* end of turn: write what gathered */
bool node_is_up(struct node_pool *p);
bool node_is_stale(const struct node_pool *p, uint64_t unix_s);
void node_turn(struct node_pool *p); /* what the parent says, and is told */

/* node_has_room: less than half of [node] in_flight is in use.
 * node_ask_block asks for the newest block's number, and tells drive_block.c
 * what came of it; false when it could not. */
bool node_has_room(const struct node_pool *p);
bool node_ask_block(struct node_pool *p);

/* drive_pg.c: PostgreSQL through libpq, prepared statements in pipelines.
 * db_open returns NULL when [database] is not configured. */
struct db_pool *db_open(void);
bool db_start(struct db_pool *p, struct txn *t);
void db_cancel(struct txn *t);
void db_flush(struct db_pool *p);
bool db_is_up(const struct db_pool *p);

/* drive_block.c: requests that wait for the node's next block. block_told
 * hears of every answer, and of every call that had none. */
struct block_watch *block_open(void);
bool block_start(struct block_watch *b, struct txn *t);
void block_cancel(struct txn *t);
void block_told(struct block_watch *b, bool is_ok, uint64_t no);

/* drive_hash.c: password checks on a thread of low priority. */
struct hasher *hash_open(void);
bool hash_start(struct hasher *h, struct txn *t);
void hash_cancel(struct txn *t);

#endif
