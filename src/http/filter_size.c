/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses a body that its own length says is too long, before a byte of it
 * is read. Bodies of unknown length are bounded while they are decoded
 * (http/route.h); one that was let in above the limit is judged by what has
 * come.
 */
#include "http/filter.h"
#include "http/req.h"
#include "http/route.h"

/* length_of is what is known by now. */
static uint64_t
length_of(const struct gw_req *r)
{
	return r->head.body == GW_BODY_COUNTED ? r->head.body_len : r->body.len;
}

enum gw_step
gw_filter_size(struct gw_req *r)
{
	if (length_of(r) <= gw_route_body_max(r))
		return GW_NEXT;
	r->reply.must_close = true;
	return gw_refuse(r, GW_R_TOO_LARGE, NULL);
}
