/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes of the whole program.
 */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include "http/route.h"

/* gw_routes returns the table of routes.def, static storage. */
const struct gw_route *gw_routes(size_t *cnt);

#endif
