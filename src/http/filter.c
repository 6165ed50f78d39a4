/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the filter chain: who is asked, what became of it, and what shadow
 * makes of a refusal. What a filter looks at stands in filter_*.c.
 */
#include "http/filter.h"

#include "http/req.h"
#include "http/route.h"

struct filter_row {
	const char *word;
	gw_stage_fn *run;
	unsigned phases; /* bit 1 << gw_phase */
};

static const struct filter_row filters[GW_FILTER_CNT] = {
#define HEAD                           (1u << GW_PHASE_HEAD)
#define BODY                           (1u << GW_PHASE_BODY)
#define BOTH                           (HEAD | BODY)
#define FILTER(name, word, fn, phases) [GW_FILTER_##name] = {word, fn, phases},
#include "http/filter.def"
#undef FILTER
#undef HEAD
#undef BODY
#undef BOTH
};

const char *
gw_filter_word(enum gw_filter f)
{
	return filters[f].word;
}

/* A route that is open to all is open to who has no password. */
static bool
applies(const struct gw_req *r, unsigned i)
{
	if ((filters[i].phases >> r->phase & 1) == 0 ||
	    !gw_has_filter(r->surface, i))
		return false;
	return i != GW_FILTER_BASIC || r->route == NULL ||
	       r->route->access != GW_OPEN;
}

bool
gw_filter_next(struct gw_req *r)
{
	while (r->at < GW_FILTER_CNT && !applies(r, r->at))
		r->at++;
	return r->at < GW_FILTER_CNT;
}

/* take_back leaves the answer as it was before the filter was asked. */
static void
take_back(struct gw_req *r, const struct gw_ruling *ruling)
{
	struct gw_reply before = {.field_cnt = ruling->field_cnt};

	memcpy(before.fields, r->reply.fields,
	    before.field_cnt * sizeof(before.fields[0]));
	r->reply = before;
	r->effect.kind = GW_EFFECT_NONE;
	r->state = NULL;
}

/* rule writes down what the filter decided and says how it goes on. */
static enum gw_step
rule(struct gw_req *r, struct gw_ruling *ruling, enum gw_step step)
{
	ruling->cause = r->reply.cause;
	ruling->rule = r->reply.rule;
	if (step == GW_NEXT) {
		ruling->verdict = GW_VERDICT_PASS;
	} else if (ruling->cause == GW_R_NONE) {
		ruling->verdict = GW_VERDICT_ANSWER;
	} else if (!gw_is_in_shadow(r->surface, r->at) ||
		   ruling->cause == GW_R_INTERNAL) {
		ruling->verdict = GW_VERDICT_REFUSE;
	} else {
		ruling->verdict = GW_VERDICT_SHADOW;
		take_back(r, ruling);
		return GW_NEXT;
	}
	return step;
}

enum gw_step
gw_filter_call(struct gw_req *r)
{
	struct gw_ruling *ruling = &r->rulings[r->at];
	uint64_t start_ns = r->clock_ns != NULL ? r->clock_ns() : 0;
	enum gw_step step;

	if (ruling->verdict != GW_VERDICT_ASKED) {
		ruling->verdict = GW_VERDICT_ASKED;
		ruling->field_cnt = r->reply.field_cnt;
	}
	step = filters[r->at].run(r);
	if (r->clock_ns != NULL)
		ruling->ns += r->clock_ns() - start_ns;
	return step == GW_NEXT || step == GW_DONE ? rule(r, ruling, step)
						  : step;
}

bool
gw_filter_late(
    struct gw_req *r, enum gw_filter f, enum gw_refusal cause, const char *rule)
{
	bool is_shadow = gw_is_in_shadow(r->surface, f);
	struct gw_ruling *ruling = &r->rulings[f];

	ruling->verdict = is_shadow ? GW_VERDICT_SHADOW : GW_VERDICT_REFUSE;
	ruling->cause = cause;
	ruling->rule = rule;
	return !is_shadow;
}
