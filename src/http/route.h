/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes are rows: method, path below the surface, what serves it. The table
 * itself stands in gateway/routes.def, since only the gateway sees the
 * libraries whose stages it names.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/req.h"

/*
 * Longest body while filter size is in shadow and lets through what is above
 * the limit of surface or route: eight times the usual limit, an eighth of
 * what a request may allocate (GW_REQ_MEMORY_MAX).
 */
enum { GW_BODY_SHADOW_MAX = 8 * 1024 * 1024 };

enum gw_access {
	GW_CLOSED, /* the surface's filters decide */
	GW_OPEN,   /* nobody is asked for a password */
};

struct gw_route {
	enum gw_method method;
	const char *path; /* "/v1/Company/{eth_address}" */
	enum gw_surface_kind kind;
	enum gw_access access;
	gw_stage_fn *const *stages; /* ended by NULL */
	uint64_t body_max;          /* 0: the surface's */
};

/*
 * gw_route_find looks for the route of r->rest and the method on r->surface;
 * GET routes serve HEAD too.
 *
 * Returns  true with r->route and r->params set; false with r->allowed
 *          holding the methods that the path has
 */
bool gw_route_find(struct gw_req *r);

/* gw_route_body_max returns how long a body of r may be: the rule of filter
 * size. */
uint64_t gw_route_body_max(const struct gw_req *r);

/* gw_route_body_bound returns up to which length a body of r is received,
 * whatever the filters say: gw_route_body_max, or GW_BODY_SHADOW_MAX where
 * that is more and filter size is in shadow. */
uint64_t gw_route_body_bound(const struct gw_req *r);

#endif
