/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes are rows: method, path below the surface, what serves it. The table
 * itself stands in gateway/routes.def, since only the gateway sees the
 * libraries whose stages it names.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/req.h"

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

/* gw_route_body_max returns how long a body of r may be. */
uint64_t gw_route_body_max(const struct gw_req *r);

#endif
