/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of a worker's counters, and the Prometheus text of all workers.
 */
#ifndef GATEWAY_STATS_H
#define GATEWAY_STATS_H

#include "base/arena.h"

enum gw_stat {
#define STAT(name, kind, prom, labels, help) STAT_##name,
#include "gateway/stats.def"
#undef STAT
	STAT_CNT,
};

struct shm;
struct gw_conf;

/* stats_expose writes exposition format 0.0.4 into the arena, the sums over
 * all workers, then what is known of c's nodes, then tallies of requests.
 * Returns false when the arena is full. */
bool stats_expose(struct arena *a, struct bytes *out, const struct shm *s,
    unsigned worker_cnt, const struct gw_conf *c);

#endif
