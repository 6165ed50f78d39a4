/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage machine: one loop over filters and stages. It performs nothing;
 * when a stage asks for something it stops, and is called again later.
 */
#include "http/stage.h"

#include "base/check.h"
#include "base/log.h"
#include "http/filter.h"
#include "http/redirect.h"
#include "http/req.h"
#include "http/route.h"
#include "http/world.h"

/* has_next tells whether the phase has something more to call. */
static bool
has_next(struct gw_req *r)
{
	return r->phase == GW_PHASE_STAGES ? r->route->stages[r->at] != NULL
					   : gw_filter_next(r);
}

static enum gw_step
call(struct gw_req *r)
{
	return r->phase == GW_PHASE_STAGES ? r->route->stages[r->at](r)
					   : gw_filter_call(r);
}

/* refuse_unrouted answers a request that passed the filters of a surface
 * which has no route for it. The wallet API knows no 405 (ibet 1.1). */
static void
refuse_unrouted(struct gw_req *r)
{
	const char *text;

	if (r->surface->kind == GW_REDIRECT) {
		(void)gw_redirect(r);
		return;
	}
	if (r->surface->kind != GW_WALLET) {
		(void)gw_refuse(
		    r, r->allowed != 0 ? GW_R_METHOD : GW_R_NOT_FOUND, NULL);
		return;
	}
	if (r->allowed == 0) {
		(void)gw_refuse(r, GW_R_NOT_FOUND, NULL);
		/* nobody's resource: no envelope either */
		(void)gw_reply_set(r, 404, GW_TYPE_TEXT, bytes_of(NULL, 0));
		return;
	}
	text = arena_str(&r->arena, "method: %.*s, url: %.*s",
	    (int)r->head.method_text.len, (const char *)r->head.method_text.ptr,
	    (int)r->path.len, (const char *)r->path.ptr);
	(void)gw_refuse(r, GW_R_NOT_FOUND, text);
}

/* begin_body asks for the body. The program's own bound stands where filter
 * size is in shadow too. */
static enum gw_run
begin_body(struct gw_req *r)
{
	if (r->head.body != GW_BODY_COUNTED ||
	    r->head.body_len <= gw_route_body_bound(r))
		return GW_RUN_BODY;
	r->reply.must_close = true;
	(void)gw_refuse(r, GW_R_TOO_LARGE, NULL);
	return GW_RUN_REPLY;
}

/* end_of_phase moves on; returns true when the caller has to do something
 * first, which is told in *what. */
static bool
end_of_phase(struct gw_req *r, enum gw_run *what)
{
	r->at = 0;
	if (r->phase == GW_PHASE_HEAD) {
		r->phase = GW_PHASE_BODY;
		if (r->route == NULL) {
			refuse_unrouted(r);
			*what = GW_RUN_REPLY;
			return true;
		}
		if (r->head.body == GW_BODY_NONE)
			return false;
		*what = begin_body(r);
		return true;
	}
	if (r->phase == GW_PHASE_BODY) {
		r->phase = GW_PHASE_STAGES;
		*what = GW_RUN_REPLY;
		return r->is_trial;
	}
	log_error("http", "stages end without an answer path=%s req=%s",
	    r->route->path, r->id);
	(void)gw_refuse(r, GW_R_INTERNAL, NULL);
	*what = GW_RUN_REPLY;
	return true;
}

enum gw_run
gw_run(struct gw_req *r)
{
	enum gw_run what;

	for (;;) {
		if (!has_next(r)) {
			if (end_of_phase(r, &what))
				return what;
			continue;
		}
		switch (call(r)) {
		case GW_NEXT:
			r->at++;
			break;
		case GW_WAIT:
			r->at++;
			CHECK(r->effect.kind != GW_EFFECT_NONE);
			return GW_RUN_WAIT;
		case GW_AGAIN:
			CHECK(r->effect.kind != GW_EFFECT_NONE);
			return GW_RUN_WAIT;
		case GW_DONE:
			CHECK(r->reply.status != 0);
			return GW_RUN_REPLY;
		}
	}
}

enum gw_step
gw_wait_node(struct gw_req *r, struct gw_node_call *calls, size_t cnt)
{
	CHECK(cnt > 0 && cnt <= GW_NODE_CALL_MAX);
	r->effect = (struct gw_effect){
	    .kind = GW_EFFECT_NODE, .u.node = {.calls = calls, .cnt = cnt}};
	return GW_WAIT;
}

enum gw_step
gw_wait_feed(struct gw_req *r, struct gw_node_call *call)
{
	r->effect = (struct gw_effect){.kind = GW_EFFECT_FEED, .u.feed = call};
	return GW_WAIT;
}

enum gw_step
gw_wait_timer(struct gw_req *r, uint64_t ms)
{
	r->effect =
	    (struct gw_effect){.kind = GW_EFFECT_TIMER, .u.timer_ms = ms};
	return GW_WAIT;
}

enum gw_step
gw_wait_block(struct gw_req *r, uint64_t seen, uint64_t ms)
{
	r->effect = (struct gw_effect){.kind = GW_EFFECT_BLOCK,
	    .u.block = {.seen = seen, .timeout_ms = ms}};
	return GW_WAIT;
}

enum gw_step
gw_wait_query(struct gw_req *r, const struct gw_stmt *stmt)
{
	r->effect = (struct gw_effect){
	    .kind = GW_EFFECT_QUERY, .u.query = {.stmt = stmt}};
	return GW_WAIT;
}

void
gw_query_param(struct gw_req *r, const char *text)
{
	struct gw_query_effect *q = &r->effect.u.query;

	CHECK(r->effect.kind == GW_EFFECT_QUERY);
	CHECK(q->param_cnt < GW_STMT_PARAM_MAX);
	q->params[q->param_cnt++] = text;
}
