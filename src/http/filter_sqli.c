/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQL screen over everything that the request says: the values that the
 * route will read, and the names that the client gave them. Stops at the
 * first that it refuses; in mode detect it looks at all and lets through.
 * What it saw is kept for log and metrics, never the value itself.
 */
#include "http/filter.h"
#include "http/req.h"
#include "http/route.h"
#include "http/world.h"

/* conf_for returns what holds for the route. */
static const struct gw_sql_conf *
conf_for(const struct gw_req *r)
{
	const struct gw_surface *s = r->surface;
	size_t i;

	for (i = 0; i < s->sqli_route_cnt; i++)
		if (bytes_eq(
			s->sqli_routes[i].path, bytes_of_str(r->route->path)))
			return &s->sqli_routes[i].conf;
	return &s->sqli;
}

/* note keeps the highest score. Without memory the request is judged all the
 * same. */
static void
note(struct gw_req *r, const struct gw_value *value,
    const struct gw_sql_verdict *verdict)
{
	if (r->sqli == NULL)
		r->sqli = arena_alloc(&r->arena, sizeof(*r->sqli));
	if (r->sqli == NULL)
		return;
	r->sqli->fired |= verdict->fired;
	if (verdict->score <= r->sqli->verdict.score)
		return;
	r->sqli->where = value->where;
	r->sqli->name = value->is_name ? bytes_of_str("(name)")
				       : gw_name_shown(value->name);
	r->sqli->verdict = *verdict;
}

enum gw_step
gw_filter_sqli(struct gw_req *r)
{
	const struct gw_sql_conf *conf = conf_for(r);
	struct gw_value_iter it = {.values = &r->values};
	struct gw_sql_verdict verdict;
	enum gw_sql_action action;
	struct gw_value v;

	while (conf->mode != GW_SQL_OFF && gw_value_next(&it, &v)) {
		action = gw_sql_judge(&verdict, r->world->sql_rules, conf,
		    v.where, v.name, v.value);
		if (action == GW_SQL_PASS)
			continue;
		note(r, &v, &verdict);
		if (action == GW_SQL_REFUSE)
			return gw_refuse_by(
			    r, GW_R_SQLI, gw_where_word(v.where));
	}
	return GW_NEXT;
}
