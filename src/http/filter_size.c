/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses a body that its own length says is too long, before a byte of it
 * is read. Bodies of unknown length are bounded while they are decoded.
 */
#include "http/filter.h"
#include "http/req.h"
#include "http/route.h"

enum gw_step
gw_filter_size(struct gw_req *r)
{
	if (r->head.body != GW_BODY_COUNTED ||
	    r->head.body_len <= gw_route_body_max(r))
		return GW_NEXT;
	r->reply.must_close = true;
	return gw_refuse(r, GW_R_TOO_LARGE, NULL);
}
