/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets through the countries that the surface names, and loopback, private
 * and unknown addresses where it says so. An address that only the database
 * could place is refused while there is none (reliability A11, A12).
 */
#include "http/filter.h"
#include "http/req.h"
#include "http/world.h"

/* rule_of returns why a place is refused, NULL when it is not. */
static const char *
rule_of(const struct gw_surface *s, const struct gw_place *p)
{
	switch (p->kind) {
	case GW_PLACE_COUNTRY:
		return gw_countries_has(&s->countries, p->country) ? NULL
								   : "country";
	case GW_PLACE_LOOPBACK:
		return s->admit_loopback ? NULL : "loopback";
	case GW_PLACE_PRIVATE:
		return s->admit_private ? NULL : "private";
	case GW_PLACE_UNKNOWN:
		return s->admit_unknown ? NULL : "unknown";
	case GW_PLACE_UNSET:
	case GW_PLACE_NO_DATA:
		break;
	}
	return "no_data";
}

enum gw_step
gw_filter_geo(struct gw_req *r)
{
	const char *rule;

	r->place = gw_req_place(r);
	rule = rule_of(r->surface, &r->place);
	return rule == NULL ? GW_NEXT : gw_refuse_by(r, GW_R_COUNTRY, rule);
}
