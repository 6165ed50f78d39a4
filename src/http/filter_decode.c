/* SPDX-License-Identifier: Apache-2.0
 *
 * Decodes what the request says, once, for the filters behind this one and
 * for the route's stages. On every surface; refuses what has no one reading
 * (reliability I3). A bad JSON body is left to the route. In shadow the route
 * finds nothing in the place that has no one reading, and the SQL screen what
 * there is of it (values.h).
 */
#include "http/filter.h"
#include "http/req.h"

static enum gw_step
refuse(struct gw_req *r, const struct gw_value_fault *fault)
{
	const char *where = gw_where_word(fault->where);
	struct bytes name = gw_name_shown(fault->name);
	const char *detail =
	    arena_str(&r->arena, "%s%s%.*s: %s", where, name.len > 0 ? " " : "",
		(int)name.len, (const char *)name.ptr, fault->text);

	r->reply.rule = where;
	return gw_refuse(r, GW_R_BAD_PARAM, detail);
}

enum gw_step
gw_filter_decode(struct gw_req *r)
{
	struct gw_value_fault fault;

	if (gw_values_read(r, &fault))
		return GW_NEXT;
	return fault.is_memory ? gw_refuse(r, GW_R_INTERNAL, NULL)
			       : refuse(r, &fault);
}
