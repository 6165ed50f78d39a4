/* SPDX-License-Identifier: Apache-2.0
 *
 * Serves the assets that are compiled in. Which page uses which is not known
 * here.
 */
#include "http/asset.h"

#include "http/asset_priv.h"
#include "http/req.h"

static const struct gw_asset *
find(struct bytes name)
{
	size_t i;

	for (i = 0; i < gw_asset_cnt; i++)
		if (bytes_eq(name, bytes_of_str(gw_assets[i].name)))
			return &gw_assets[i];
	return NULL;
}

/* has_it: If-None-Match names the tag, RFC 9110 13.1.2 (weakly compared). */
static bool
has_it(const struct gw_req *r, const char *etag)
{
	struct bytes list, item;

	if (!gw_head_field(&list, &r->head, "if-none-match"))
		return false;
	while (gw_list_next(&item, &list)) {
		if (item.len > 2 && item.ptr[0] == 'W' && item.ptr[1] == '/')
			item = bytes_of(item.ptr + 2, item.len - 2);
		if (bytes_eq(item, bytes_of_str(etag)) ||
		    bytes_eq(item, bytes_of_str("*")))
			return true;
	}
	return false;
}

static enum gw_step
serve(struct gw_req *r)
{
	const struct gw_asset *a = find(r->params[0]);

	if (a == NULL)
		return gw_refuse(r, GW_R_NOT_FOUND, NULL);
	r->reply.may_cache = true;
	gw_reply_field(r, "Cache-Control",
	    bytes_of_str("public, max-age=31536000, immutable"));
	gw_reply_field(r, "ETag", bytes_of_str(a->etag));
	if (has_it(r, a->etag))
		return gw_reply_set(r, 304, NULL, bytes_of(NULL, 0));
	return gw_reply_set(r, 200, a->type, a->body);
}

gw_stage_fn *const gw_asset_get[] = {serve, NULL};
