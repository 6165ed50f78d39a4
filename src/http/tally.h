/* SPDX-License-Identifier: Apache-2.0
 *
 * What the requests of one worker came to, for Prometheus: answers by status
 * class and time for each surface and route, refusals and would-be refusals
 * by filter and reason. Tables of fixed size in shared memory; each has one
 * writer, its worker, and outlives it. Who answers a scrape sums over all.
 *
 * Labels come from the configuration and from tables of this program, never
 * from a client, and every set of them has a bound.
 */
#ifndef HTTP_TALLY_H
#define HTTP_TALLY_H

#include <stdatomic.h>

#include "http/req.h"
#include "http/route.h"

enum {
	/* Surfaces ever configured, and one for requests without any. */
	GW_TALLY_SURFACE_MAX = GW_SURFACE_MAX + 8,
	/* Rows of routes.def, and one for requests without a route. */
	GW_TALLY_ROUTE_MAX = 128,
	/* Filters, and one for refusals by none of them. */
	GW_TALLY_FILTER_CNT = GW_FILTER_CNT + 1,
	/* Reasons of one filter on one surface; the last one is "other". */
	GW_TALLY_REASON_MAX = 32,
	GW_TALLY_REASON_LEN = 24, /* NUL included; longer ones are cut */
	GW_TALLY_CLASS_CNT = 4,   /* 2xx to 5xx */
	GW_TALLY_BUCKET_CNT = 16,
};

/* struct gw_tally_series is one route of one surface. */
struct gw_tally_series {
	_Atomic uint64_t classes[GW_TALLY_CLASS_CNT];
	_Atomic uint64_t buckets[GW_TALLY_BUCKET_CNT]; /* not cumulative */
	_Atomic uint64_t us;
};

struct gw_tally_reason {
	char word[GW_TALLY_REASON_LEN]; /* written before cnt is not 0 */
	_Atomic uint64_t cnt;           /* 0: the row is free */
};

struct gw_tally_reasons {
	struct gw_tally_reason rows[GW_TALLY_REASON_MAX];
};

struct gw_tally_surface {
	struct gw_tally_series routes[GW_TALLY_ROUTE_MAX];
	struct gw_tally_reasons refused[GW_TALLY_FILTER_CNT];
	struct gw_tally_reasons shadow[GW_TALLY_FILTER_CNT];
};

struct gw_tally {
	struct gw_tally_surface surfaces[GW_TALLY_SURFACE_MAX];
};

/*
 * struct gw_tally_names gives every surface a place that it keeps over
 * reloads; place 0 is for what has none. A surface that serves something
 * else than before has another place, and its old one is shown no more.
 */
struct gw_tally_names {
	_Atomic size_t cnt; /* of rows that are written, place 0 left out */
	struct {
		char name[GW_NAME_MAX + 1];
		enum gw_surface_kind kind;
	} rows[GW_TALLY_SURFACE_MAX];
};

/* gw_tally_enroll gives new surfaces a place, as long as there are places.
 * The one writer of n only, before it hands c out. */
void gw_tally_enroll(struct gw_tally_names *n, const struct gw_conf *c);

/* gw_tally_assign writes its place into each surface of c. */
void gw_tally_assign(struct gw_conf *c, const struct gw_tally_names *n);

/* gw_tally_add counts a request that has ended. An answer that its client
 * did not wait for counts as a refusal if it is one, and no more. */
void gw_tally_add(
    struct gw_tally *t, const struct gw_req *r, uint64_t us, bool is_aborted);

/*
 * gw_tally_expose writes exposition format 0.0.4 into the arena.
 *
 * all      the tallies to sum over
 * Returns  false when the arena is full
 */
bool gw_tally_expose(struct arena *a, struct bytes *out,
    const struct gw_tally_names *n, const struct gw_tally *const *all,
    size_t cnt, const struct gw_route *routes, size_t route_cnt);

#endif
