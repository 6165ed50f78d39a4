/* SPDX-License-Identifier: Apache-2.0
 *
 * What threads of noded say to each other. A message is owned by whoever
 * holds it; pushing it into a queue hands it over.
 *
 *   io ----JOB----> reader ----JOB----> pool / core ----JOB----> io
 *                   reader --JOB--> keeper --JOB, NONCE--> pool
 *   pool --WORK---> core --PICK--> pool --PICKED--> core --HEAD--> pool
 *
 * After a change of branch HEAD is followed by a RETURN for each block that
 * was undone, oldest first.
 *
 *   core --BLOCK--> notifier --NOTES, CLOSE--> io
 *   pool --READY--> notifier <--GONE, NOTES--- io
 *
 * Jobs that subscribe pass the notifier behind core.
 */
#ifndef NODED_MAIL_H
#define NODED_MAIL_H

#include "base/arena.h"
#include "base/queue.h"
#include "pool/pool.h"
#include "rpc/subs.h"

enum mail_kind {
	MAIL_JOB,    /* a JSON-RPC document on its way, see job.h */
	MAIL_WORK,   /* pool to core: something can be mined */
	MAIL_PICK,   /* core to pool: list what to mine */
	MAIL_PICKED, /* pool to core: the list */
	MAIL_DROP,   /* core to pool: these cannot be executed; none: nothing
		      * of the list could, and it may pass */
	MAIL_HEAD,   /* core to pool: the head moved */
	MAIL_RETURN, /* core to pool: these are in no block any more */
	MAIL_BLOCK,  /* core to notifier: a block came or went */
	MAIL_READY,  /* pool to notifier: these became executable */
	MAIL_GONE,   /* io to notifier: a connection with subscriptions ended */
	MAIL_NOTES,  /* notifier to io: what to tell whom; and back when done */
	MAIL_CLOSE,  /* notifier to io: these connections missed something */
	MAIL_NONCE,  /* keeper to pool, and back: an account's next nonce */
	MAIL_STOP    /* leave when the queue is empty */
};

/* Messages that a queue holds before its sender is refused. JSON-RPC is shed
 * long before; what core and pool say to each other is a handful a block. */
enum { MAIL_QUEUE_MAX = 65536 };

/* struct mail_drop is one transaction that leaves the pool and why. */
struct mail_drop {
	struct mail_drop *next;
	struct hash tx_hash;
	const char *why;
};

/* struct mail_note is one result for some subscriptions. */
struct mail_note {
	struct mail_note *next;
	struct bytes result; /* JSON */
	const struct rpc_sub_to *to;
	size_t to_cnt;
};

struct mail {
	enum mail_kind kind;
	struct arena arena;   /* owns what the message points to */
	struct u256 base_fee; /* PICK, HEAD: of the next block */
	uint64_t gas_max;     /* PICK */
	struct pool_gas gas;  /* HEAD */
	uint64_t ticket;      /* PICK, PICKED: which template */
	struct pool_tx **txs; /* PICKED, RETURN, READY: one reference each, or
			       * NULL */
	size_t tx_cnt;
	const struct addr *touched; /* HEAD */
	size_t touched_cnt;
	struct mail_drop *drops;    /* DROP */
	struct rpc_news block;      /* BLOCK */
	struct rpc_client client;   /* GONE */
	struct rpc_client *clients; /* CLOSE */
	size_t client_cnt;
	struct mail_note *notes, *last_note; /* NOTES, in order */
	struct addr addr;                    /* NONCE: of whom */
	uint64_t nonce;                      /* NONCE: the answer */
	struct queue *back;                  /* NONCE: where it goes */
	size_t bytes; /* BLOCK, READY: that wait with it */
};

/* mail_new makes a message; the process ends when memory is short. */
struct mail *mail_new(enum mail_kind kind);

/* mail_free drops a message and the references in it. */
void mail_free(struct mail *m);

/* mail_add_drop puts one more into a MAIL_DROP, its text copied and perhaps
 * cut. False when the message is full. */
bool mail_add_drop(struct mail *m, const struct hash *tx_hash, const char *why);

/* mail_add_note puts a note, which is in m's arena, behind all others. */
void mail_add_note(struct mail *m, struct mail_note *note);

/* mail_send pushes m; a full queue of threads that only we feed is a broken
 * promise and ends the process. Not for JSON-RPC work. */
void mail_send(struct queue *q, struct mail *m);

#endif
