/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins routes.def to the stage tables that it names.
 */
#include "gateway/routes.h"

#include "api/api.h"
#include "base/check.h"
#include "dialect/dialect.h"
#include "http/asset.h"
#include "http/ops.h"
#include "http/rpc.h"
#include "http/tally.h"
#include "http/upgrade.h"
#include "portal/explorer/explorer.h"

static const struct gw_route rows[] = {
#define ROUTE(method, path, kind, access, stages, body_max)                    \
	{GW_##method, path, GW_##kind, GW_##access, stages, body_max},
#include "gateway/routes.def"
#undef ROUTE
};

_Static_assert(ARRAY_CNT(rows) < GW_TALLY_ROUTE_MAX, "each has its counters");

const struct gw_route *
gw_routes(size_t *cnt)
{
	*cnt = ARRAY_CNT(rows);
	return rows;
}
