/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests see of the process they are in: the routes, the time, whom
 * it has admitted, and who is up. The gateway fills it in, once for each
 * worker, and keeps it fresh.
 */
#ifndef HTTP_WORLD_H
#define HTTP_WORLD_H

#include "base/arena.h"
#include "http/route.h"

struct gw_creds;
struct gw_geo;
struct gw_sql_rules;
struct gw_throttle;
struct gw_rates;

struct gw_world {
	const struct gw_route *routes;
	size_t route_cnt;
	struct gw_creds *creds;       /* passwords checked lately */
	struct gw_throttle *throttle; /* wrong ones, of all workers */
	struct gw_rates *rates;       /* what was asked, of all workers */
	const struct gw_geo *geo;     /* of this turn; NULL: no database */
	const struct gw_sql_rules *sql_rules;
	uint64_t mono_ms;           /* of this turn of the event loop */
	uint64_t block_no;          /* the node's newest block that is known */
	uint64_t end_ms;            /* is_draining: who waits answers by then */
	bool has_node, has_db;      /* at least one connection is up */
	bool is_node_stale;         /* its head is older than [node] stale */
	bool wants_db;              /* [database] is configured */
	bool is_draining;           /* told to stop: not ready any more */
	uint64_t (*clock_ns)(void); /* what filters cost, for explaining */
	/* metrics writes the Prometheus text of all workers into the arena. */
	bool (*metrics)(struct arena *a, struct bytes *out);
};

#endif
