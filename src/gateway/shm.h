/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parent and its workers share, mapped before the first fork: the
 * published configuration, session ticket keys, and for each worker its
 * counters and how many connections each address has. Every field has one
 * writer but the tables of wrong passwords and of rates, whose entries are
 * single atomic words; nothing is locked, so a worker that dies leaves nothing
 * locked.
 */
#ifndef GATEWAY_SHM_H
#define GATEWAY_SHM_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "gateway/stats.h"
#include "http/net.h"
#include "http/nodes.h"
#include "http/rate.h"
#include "http/tally.h"
#include "http/throttle.h"
#include "http/world.h"

enum {
	SHM_WORKER_MAX = 64,
	/* Configuration, users files and password together. */
	SHM_BLOB_MAX = 4 * 1024 * 1024,
	/* Addresses with connections, for one worker: above the connections
	 * that its table is asked to count, so that it is never full. */
	SHM_ADDR_MAX = 1 << 14,
	SHM_TICKET_CNT = 3,
	/* Longest pause for a new certificate; then the old one is used
	 * again. */
	SHM_PAIR_WAIT_MS = 3000,
};

struct shm_ticket {
	uint8_t name[16];
	uint8_t aes[32];
	uint8_t hmac[32];
};

struct shm_addr {
	_Atomic uint64_t digest; /* keyed digest of an address, 0: free */
	_Atomic uint32_t conn_cnt;
};

/* What a worker knows of one node. */
struct shm_node {
	_Atomic bool is_up; /* it answers */
	_Atomic bool is_forked, is_unchecked;
	_Atomic uint64_t head, head_unix;
};

struct shm_worker {
	_Atomic uint64_t stats[STAT_CNT];
	struct shm_node nodes[GW_NODE_MAX];
	_Atomic uint64_t turn_ms; /* when nodes were written, monotonic */
	/* newest block that its clients were shown since the operator's
	 * choice of that number */
	_Atomic uint64_t shown, shown_choice;
	_Atomic uint64_t start_ms; /* of the last process, monotonic */
	/* pair_gen for which it holds its breath, and has the certificate */
	_Atomic uint64_t pair_held, pair_taken;
	struct shm_addr addrs[SHM_ADDR_MAX];
	struct gw_tally tally;
};

struct shm {
	uint64_t secret[2]; /* key of the address digests */
	/* version v lies in slot v % 2; 0: nothing yet */
	_Atomic uint64_t blob_version;
	struct {
		_Atomic uint64_t len;
		uint8_t data[SHM_BLOB_MAX];
	} blobs[2];
	/* certificate and key are being replaced for the nth time */
	_Atomic uint64_t pair_gen;
	/* generation g is made with ticket g % SHM_TICKET_CNT */
	_Atomic uint64_t ticket_gen;
	struct shm_ticket tickets[SHM_TICKET_CNT];
	struct gw_throttle throttle; /* outlives its workers */
	struct gw_rates rates;       /* same */
	struct gw_tally_names tally_names;
	/* node that everybody uses; how often an operator has chosen */
	_Atomic uint32_t node_used, node_choice;
	struct shm_worker workers[]; /* as many as there are */
};

/* shm_new maps the memory for so many workers; pages that nobody touches
 * cost nothing. Ends the process when it cannot. */
struct shm *shm_new(unsigned worker_cnt);

/* shm_publish makes blob the next version, which c was read from; false when
 * it is too long. Parent only. */
bool shm_publish(struct shm *s, const struct gw_conf *c, struct bytes blob);

/*
 * shm_fetch copies the newest version into mem_new memory of the caller.
 *
 * version  in: the one the caller has; out: the one returned
 * Returns  false when there is no newer one or no memory
 */
bool shm_fetch(const struct shm *s, uint64_t *version, struct bytes *blob);

/* shm_lend gives requests what is counted for all workers together, and the
 * clock. */
void shm_lend(struct gw_world *w, struct shm *s);

/* shm_new_ticket draws the next ticket key. Parent only. */
void shm_new_ticket(struct shm *s);

/* shm_add adds to a counter of one worker; that worker only. */
static inline void
shm_add(struct shm_worker *w, enum gw_stat stat, uint64_t n)
{
	uint64_t v =
	    atomic_load_explicit(&w->stats[stat], memory_order_relaxed);

	atomic_store_explicit(&w->stats[stat], v + n, memory_order_relaxed);
}

#endif
