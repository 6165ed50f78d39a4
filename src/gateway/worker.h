/* SPDX-License-Identifier: Apache-2.0
 *
 * What one worker process has. There is one worker to a process, reached by
 * gw_worker, because Kore's callbacks carry no context of ours.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <sys/queue.h>

#include "gateway/accesslog.h"
#include "gateway/conn.h"
#include "gateway/parent.h"
#include "gateway/timer.h"
#include "http/world.h"

struct client_trust;
struct node_pool;
struct db_pool;
struct hasher;
struct block_watch;
struct feeds;

/* A listening socket as Kore's event loop knows it. */
struct listen_event {
	struct kore_event evt; /* first: Kore hands back this address */
	int fd;
	const struct gw_listener *listener;
	bool is_on; /* in the event loop */
};

struct gw_worker {
	unsigned index;
	struct gw_process *process;
	struct shm_worker *shm;
	struct gw_conf *conf; /* now in force; requests hold their own */
	uint64_t conf_version;
	struct country_table countries;
	const char *db_password; /* in conf's arena */
	struct gw_world world;
	uint64_t tick_us;       /* when the present call began, monotonic */
	uint64_t wall_ahead_us; /* of wall clock minus monotonic, this turn */
	SSL_CTX *tls;      /* Kore's; NULL until the key manager has spoken */
	uint64_t pair_gen; /* replacement of certificate and key known */
	bool is_pair_changing; /* no handshake goes on until it is done */
	struct timer pair_timer;
	struct client_trust *trust; /* of conf; NULL: no client_ca */
	uint64_t trust_told_ms;     /* when the log was told it is stale */

	size_t listener_cnt;
	struct listen_event listeners[GW_LISTENER_MAX];
	struct kore_event control; /* the parent's end sends log files */

	struct conn_list conns, ready, dead;
	size_t conn_cnt, req_cnt;
	size_t conn_peak;  /* most connections since memory was given back */
	uint64_t buffered; /* bytes of bodies and of answers not sent */
	bool is_draining, is_full;

	struct timers timers;
	struct timer sweep, accept_again;
	struct accesslog log;
	struct node_pool *node;
	struct db_pool *db;
	struct hasher *hasher;
	struct block_watch *block;
	struct feeds *feeds;

	uint64_t date_unix;
	char date[32];
	uint64_t id_next;
	char id[GW_REQ_ID_MAX + 1];
	struct arena spare; /* of a request that has ended, or empty */
	uint8_t out[65536]; /* answers are put together here */
};

extern struct gw_worker *gw_worker;

/* worker_tick reads the monotonic clock. Each call of the event loop into
 * ours begins with it, and each turn. */
void worker_tick(void);

/* worker_now_ms returns when the present call began, monotonic. */
static inline uint64_t
worker_now_ms(void)
{
	return gw_worker->world.mono_ms;
}

/* worker_read_us reads the monotonic clock. */
uint64_t worker_read_us(void);

/* worker_wall_us turns a monotonic time of this turn into one since 1970. */
static inline uint64_t
worker_wall_us(uint64_t mono_us)
{
	return mono_us + gw_worker->wall_ahead_us;
}

/* worker_date returns the HTTP date of now. */
const char *worker_date(void);

/* worker_next_id returns a request id of our own, unique for a long time;
 * valid until the next call. */
const char *worker_next_id(void);

/* worker_stat counts n more of stat for this worker. */
static inline void
worker_stat(enum gw_stat stat, uint64_t n)
{
	shm_add(gw_worker->shm, stat, n);
}

/* worker_listen switches accepting on, for TLS listeners only when there is
 * a certificate; worker_deafen switches it off. */
void worker_listen(void);
void worker_deafen(void);

#endif
