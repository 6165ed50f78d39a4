/* SPDX-License-Identifier: Apache-2.0
 *
 * Matches a path below a surface against the rows of its kind, segment by
 * segment; {name} stands for one whole segment.
 */
#include "http/route.h"

#include "base/check.h"
#include "http/world.h"

/* cut_segment takes "/segment" off the front of rest. */
static bool
cut_segment(struct bytes *seg, struct bytes *rest)
{
	const uint8_t *end;

	if (rest->len < 2)
		return false;
	end = memchr(rest->ptr + 1, '/', rest->len - 1);
	*seg = bytes_of(rest->ptr + 1,
	    end == NULL ? rest->len - 1 : (size_t)(end - rest->ptr) - 1);
	rest->ptr += seg->len + 1;
	rest->len -= seg->len + 1;
	return true;
}

/* fits compares a path with a pattern and collects parameters. */
static bool
fits(struct bytes params[GW_PARAM_MAX], struct bytes pattern, struct bytes path)
{
	struct bytes want, got;
	size_t cnt = 0;

	while (cut_segment(&want, &pattern)) {
		if (!cut_segment(&got, &path))
			return false;
		if (want.ptr[0] == '{') {
			CHECK(cnt < GW_PARAM_MAX);
			params[cnt++] = got;
		} else if (!bytes_eq(want, got)) {
			return false;
		}
	}
	return path.len < 2;
}

bool
gw_route_find(struct gw_req *r)
{
	const struct gw_world *w = r->world;
	enum gw_method m = r->head.method;
	struct bytes params[GW_PARAM_MAX];
	size_t i;

	if (m == GW_HEAD)
		m = GW_GET;
	for (i = 0; i < w->route_cnt; i++) {
		const struct gw_route *row = &w->routes[i];

		if (row->kind != r->surface->kind)
			continue;
		memset(params, 0, sizeof(params));
		if (!fits(params, bytes_of_str(row->path), r->rest))
			continue;
		r->allowed |= 1u << row->method;
		if (row->method != m)
			continue;
		r->route = row;
		memcpy(r->params, params, sizeof(params));
		return true;
	}
	if (r->allowed & 1u << GW_GET)
		r->allowed |= 1u << GW_HEAD;
	return false;
}

uint64_t
gw_route_body_max(const struct gw_req *r)
{
	uint64_t max = r->surface->body_max;

	if (r->route != NULL && r->route->body_max != 0 &&
	    r->route->body_max < max)
		max = r->route->body_max;
	return max;
}

uint64_t
gw_route_body_bound(const struct gw_req *r)
{
	uint64_t max = gw_route_body_max(r);

	if (!gw_is_in_shadow(r->surface, GW_FILTER_SIZE) ||
	    max > GW_BODY_SHADOW_MAX)
		return max;
	return GW_BODY_SHADOW_MAX;
}
