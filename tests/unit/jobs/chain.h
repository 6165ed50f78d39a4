/* SPDX-License-Identifier: Apache-2.0
 *
 * A node that knows headers by number and how many transactions a block has,
 * and a chain that the test bends: cut, replaced, answered wrongly.
 */
#ifndef JOBS_CHAIN_H
#define JOBS_CHAIN_H

#include <pthread.h>

#include "jobs/index/feed.h"

enum { CHAIN_MAX = 64 };

struct chain {
	struct feed feed; /* connected to the node and a new database */
	int listen_fd;
	pthread_t thread;
	pthread_mutex_t lock;     /* of what follows */
	size_t cnt;               /* blocks 0 to cnt - 1 */
	uint64_t fork[CHAIN_MAX]; /* part of a block's hash */
	size_t asked;             /* headers asked for so far */
	size_t lost;              /* next counts whose block is gone */
	/* What happens at the call of this number, counted by asked; 0: never.
	 */
	size_t swap_at, hang_up_at;
	uint64_t swap_from, swap_fork;
	/* Put in the place of a header's field, or with the key transactions
	 * in that of a count; NULL: the truth. */
	const char *wrong_key, *wrong_value;
	uint64_t wrong_block;
	/* Answers what is not asked of headers: a new reference; NULL: with
	 * an error. */
	json_t *(*others)(
	    struct chain *c, const char *method, const json_t *params);
	void *ctx; /* of others */
};

/* chain_open starts the node with cnt blocks and migrates a new database;
 * false: there is no PostgreSQL and the test is skipped. */
bool chain_open(struct chain *c, size_t cnt);
void chain_close(struct chain *c);

/* chain_set makes blocks from first on another branch, up to cnt. */
void chain_set(struct chain *c, uint64_t first, uint64_t fork, size_t cnt);

/* chain_dial connects the feed to the node again. */
void chain_dial(struct chain *c);

/* chain_hash writes the hash of a block, 0x and 64 digits. */
void chain_hash(char out[67], const struct chain *c, size_t number);

/* chain_sql returns the single number that a query gives, -1 without one. */
long chain_sql(struct chain *c, const char *sql);

/* chain_is_whole tells whether the database holds exactly the node's chain
 * up to the cursor, each block the child of the one before. */
bool chain_is_whole(struct chain *c);

#endif
