/* SPDX-License-Identifier: Apache-2.0
 *
 * How many connections an address has in all workers. Each worker counts its
 * own in its part of the shared memory, open addressing on a keyed digest,
 * and only reads the others' parts; a reader may miss an entry that is being
 * moved and then lets one connection more in, which does no harm.
 */
#include "gateway/conn.h"
#include "gateway/worker.h"

#include "base/check.h"
#include "base/siphash.h"

enum { MASK = SHM_ADDR_MAX - 1 };

/* The digest is keyed: strangers can not choose addresses that meet in one
 * place. Never 0. */
uint64_t
addrs_digest(const struct gw_addr *a)
{
	struct bytes client = gw_addr_client(a);
	uint64_t h =
	    siphash13(gw_worker->process->shm->secret, client.ptr, client.len);

	return h == 0 ? 1 : h;
}

static struct shm_addr *
find(struct shm_worker *w, uint64_t d)
{
	size_t i = d & MASK, n;

	for (n = 0; n < SHM_ADDR_MAX; n++, i = (i + 1) & MASK) {
		uint64_t there = atomic_load_explicit(
		    &w->addrs[i].digest, memory_order_relaxed);

		if (there == d || there == 0)
			return &w->addrs[i];
	}
	return NULL;
}

static uint64_t
count(uint64_t d)
{
	struct gw_process *p = gw_worker->process;
	uint64_t total = 0;
	unsigned i;

	for (i = 0; i < p->worker_cnt; i++) {
		const struct shm_addr *e = find(&p->shm->workers[i], d);

		if (e != NULL && e->digest == d)
			total += e->conn_cnt;
	}
	return total;
}

bool
addrs_enter(const struct gw_addr *a, uint64_t most)
{
	uint64_t d = addrs_digest(a);
	struct shm_addr *e;

	if (count(d) >= most)
		return false;
	e = find(gw_worker->shm, d);
	CHECK(e != NULL); /* the table is larger than [limits] connections */
	e->conn_cnt++;
	e->digest = d;
	return true;
}

/* close_gap moves entries up so that none stands behind a free place. */
static void
close_gap(struct shm_worker *w, size_t gap)
{
	size_t i = gap;

	for (;;) {
		uint64_t d;
		size_t home;

		i = (i + 1) & MASK;
		d = w->addrs[i].digest;
		if (d == 0)
			break;
		home = d & MASK;
		if (((i - home) & MASK) < ((i - gap) & MASK))
			continue;
		w->addrs[gap].conn_cnt = w->addrs[i].conn_cnt;
		w->addrs[gap].digest = d;
		gap = i;
	}
	w->addrs[gap].digest = 0;
	w->addrs[gap].conn_cnt = 0;
}

void
addrs_leave(const struct gw_addr *a)
{
	struct shm_worker *w = gw_worker->shm;
	uint64_t d = addrs_digest(a);
	struct shm_addr *e = find(w, d);

	CHECK(e != NULL && e->digest == d && e->conn_cnt > 0);
	if (--e->conn_cnt == 0)
		close_gap(w, (size_t)(e - w->addrs));
}
