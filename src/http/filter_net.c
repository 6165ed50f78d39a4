/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets through the networks that the surface allows, and never those that it
 * denies. Decides by the client's address (reliability A11).
 */
#include "http/filter.h"
#include "http/req.h"

enum gw_step
gw_filter_net(struct gw_req *r)
{
	const struct gw_surface *s = r->surface;

	if (gw_nets_have(&s->deny, &r->client))
		return gw_refuse_by(r, GW_R_FORBIDDEN, "denied");
	if (s->allow.cnt > 0 && !gw_nets_have(&s->allow, &r->client))
		return gw_refuse_by(r, GW_R_FORBIDDEN, "not_allowed");
	return GW_NEXT;
}
