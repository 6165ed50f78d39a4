/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets through the networks that the surface allows, and never those that it
 * denies. Decides by the address of the socket; forwarding headers are not
 * read (reliability A11).
 */
#include "http/filter.h"
#include "http/req.h"

static bool
any_has(const struct gw_nets *nets, const struct gw_addr *a)
{
	size_t i;

	for (i = 0; i < nets->cnt; i++)
		if (gw_net_has(&nets->nets[i], a))
			return true;
	return false;
}

enum gw_step
gw_filter_net(struct gw_req *r)
{
	const struct gw_surface *s = r->surface;

	if (any_has(&s->deny, &r->peer.addr))
		return gw_refuse_by(r, GW_R_FORBIDDEN, "denied");
	if (s->allow.cnt > 0 && !any_has(&s->allow, &r->peer.addr))
		return gw_refuse_by(r, GW_R_FORBIDDEN, "not_allowed");
	return GW_NEXT;
}
