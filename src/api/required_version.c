/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/RequiredVersion?platform=ios|android: which version of its app a
 * wallet must have, and where there is a newer one. The operator says so in
 * the surface's configuration; what he does not say is null.
 */
#include "api/api.h"
#include "api/envelope_priv.h"

/* A value that is refused is told back, unless it is longer than this. */
enum { ECHO_MAX = 64 };

static const char *const platforms[GW_PLATFORM_CNT] = {
    [GW_IOS] = "ios",
    [GW_ANDROID] = "android",
};

/* refuse describes what is wrong with platform, as the validator of the
 * first version did: an object of field and text. */
static enum gw_step
refuse(struct gw_req *r, const char *text)
{
	struct bytes description = {NULL, 0};
	struct jsonw w;

	jsonw_init(&w, 1024);
	jsonw_obj(&w);
	jsonw_key(&w, "platform");
	jsonw_str(&w, text);
	jsonw_obj_end(&w);
	if (jsonw_done(&w))
		description = arena_copy(&r->arena, jsonw_bytes(&w));
	jsonw_free(&w);
	text = description.ptr == NULL
		   ? NULL
		   : arena_str(&r->arena, "%.*s", (int)description.len,
			 (const char *)description.ptr);
	return gw_refuse(r, GW_R_BAD_PARAM, text);
}

static enum gw_step
refuse_value(struct gw_req *r, struct bytes value)
{
	const char *text = "unallowed value";

	if (value.len <= ECHO_MAX)
		text = arena_str(&r->arena, "unallowed value %.*s",
		    (int)value.len, (const char *)value.ptr);
	return text == NULL ? gw_refuse(r, GW_R_BAD_PARAM, NULL)
			    : refuse(r, text);
}

static void
put_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	if (text[0] != '\0')
		jsonw_str(w, text);
	else
		jsonw_null(w);
}

static enum gw_step
tell(struct gw_req *r, const struct gw_app *app)
{
	struct jsonw w;

	api_open(&w);
	jsonw_obj(&w);
	put_text(&w, "required_version", app->version);
	jsonw_key(&w, "force");
	jsonw_bool(&w, app->force);
	put_text(&w, "update_url", app->url);
	jsonw_obj_end(&w);
	return api_close(r, &w);
}

static enum gw_step
answer(struct gw_req *r)
{
	struct bytes value;
	size_t i;

	if (!gw_req_query(r, &value, "platform") || value.len == 0)
		return refuse(r, "null value not allowed");
	for (i = 0; i < GW_PLATFORM_CNT; i++)
		if (bytes_eq(value, bytes_of_str(platforms[i])))
			return tell(r, &r->surface->apps[i]);
	return refuse_value(r, value);
}

gw_stage_fn *const api_required_version[] = {answer, NULL};
