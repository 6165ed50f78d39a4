/* SPDX-License-Identifier: Apache-2.0
 *
 * How many requests an address may make (filter rate, before anything is
 * spent on the password) and a user (filter user_rate, once it is known who
 * it is). A request is one unit; what turns out to be more is taken by its
 * stage: each call of a batch, and more units for one that costs more
 * (rpc_methods.h). Such a refusal says how many.
 *
 * A refusal says Retry-After and the fields of the IETF's draft
 * draft-ietf-httpapi-ratelimit-headers-10: the burst as quota of the window
 * in which it comes back, what is left of it, and in how many seconds there
 * is enough. Answers that are let through carry them where the surface says
 * rate_fields, with the seconds until all has come back.
 */
#include "base/check.h"
#include "http/filter.h"
#include "http/req.h"
#include "http/world.h"

enum { US_PER_S = 1000000 };

/* struct account is what one request is charged to. */
struct account {
	enum gw_filter filter;
	const char *name; /* of the policy */
	const struct gw_rate_rule *rule;
	uint64_t key;
};

static bool
is_on(const struct gw_req *r, enum gw_filter f)
{
	return gw_has_filter(r->surface, f) &&
	       !gw_nets_have(&r->surface->rate_free, &r->client);
}

/* open_account finds the account of f; false when there is none to charge. */
static bool
open_account(struct account *a, const struct gw_req *r, enum gw_filter f)
{
	const struct gw_surface *s = r->surface;
	const struct gw_rates *t = r->world->rates;
	struct bytes name = bytes_of_str(s->name);

	if (!is_on(r, f) || (f == GW_FILTER_USER_RATE && r->user.len == 0))
		return false;
	*a = f == GW_FILTER_RATE ? (struct account){f, "address", &s->rate,
				       gw_rate_key_addr(t, name, &r->client)}
				 : (struct account){f, "user", &s->user_rate,
				       gw_rate_key_user(t, name, r->user)};
	return true;
}

static uint64_t
seconds(uint64_t us)
{
	return us <= US_PER_S ? 1 : (us + US_PER_S - 1) / US_PER_S;
}

/* set_field sets this account's member of a list, which it may have had. */
static void
set_field(struct gw_req *r, const char *name, const char *value)
{
	size_t len = strcspn(value, ";"), i;

	for (i = 0; i < r->reply.field_cnt; i++) {
		struct gw_reply_field *f = &r->reply.fields[i];

		if (strcmp(f->name, name) != 0 || f->value.len < len ||
		    memcmp(f->value.ptr, value, len) != 0)
			continue;
		f->value = bytes_of_str(value);
		return;
	}
	gw_reply_field(r, name, bytes_of_str(value));
}

/* say_rate says what the rule is, what is left, and when there is more. */
static bool
say_rate(struct gw_req *r, const struct account *a, uint64_t left,
    unsigned long long wait)
{
	const char *policy = arena_str(&r->arena, "\"%s\";q=%llu;w=%llu",
	    a->name, (unsigned long long)a->rule->burst,
	    (unsigned long long)seconds(a->rule->burst * a->rule->interval_us));
	const char *now = arena_str(&r->arena, "\"%s\";r=%llu;t=%llu", a->name,
	    (unsigned long long)left, wait);

	if (policy == NULL || now == NULL)
		return false;
	set_field(r, "RateLimit-Policy", policy);
	set_field(r, "RateLimit", now);
	return true;
}

/* say_refused also says when to come again. */
static bool
say_refused(
    struct gw_req *r, const struct account *a, const struct gw_rate_verdict *v)
{
	unsigned long long wait = seconds(v->wait_us);
	const char *after = arena_str(&r->arena, "%llu", wait);

	if (after == NULL || !say_rate(r, a, v->left, wait))
		return false;
	gw_reply_field(r, "Retry-After", bytes_of_str(after));
	return true;
}

/* admit says what is left where that is wanted. */
static enum gw_step
admit(
    struct gw_req *r, const struct account *a, const struct gw_rate_verdict *v)
{
	uint64_t used = a->rule->burst - v->left;

	if (r->surface->rate_fields && a->rule->interval_us != 0 &&
	    !say_rate(r, a, v->left, seconds(used * a->rule->interval_us)))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return GW_NEXT;
}

static struct gw_rate_verdict
take(struct gw_req *r, const struct account *a, uint64_t cost)
{
	uint64_t now_us = r->world->mono_ms * 1000;
	struct gw_rates *t = r->world->rates;

	return r->is_trial ? gw_rate_look(t, a->key, a->rule, cost, now_us)
			   : gw_rate_take(t, a->key, a->rule, cost, now_us);
}

/* refuse refuses a request of so many units; 1: of the request as such. */
static enum gw_step
refuse(struct gw_req *r, const struct account *a,
    const struct gw_rate_verdict *v, const char *rule, uint64_t units)
{
	const char *detail = NULL;

	if (!say_refused(r, a, v))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	if (units > 1)
		detail = arena_str(&r->arena,
		    "too many requests: this one counts for %llu units",
		    (unsigned long long)units);
	r->reply.rule = rule;
	return gw_refuse(r, GW_R_TOO_MANY, detail);
}

/* judge is a filter: one unit for the request as such. */
static enum gw_step
judge(struct gw_req *r, enum gw_filter f)
{
	struct gw_rate_verdict v;
	struct account a;

	if (!open_account(&a, r, f))
		return GW_NEXT;
	v = take(r, &a, 1);
	return v.is_ok ? admit(r, &a, &v) : refuse(r, &a, &v, "requests", 1);
}

enum gw_step
gw_filter_rate(struct gw_req *r)
{
	return judge(r, GW_FILTER_RATE);
}

enum gw_step
gw_filter_user_rate(struct gw_req *r)
{
	return judge(r, GW_FILTER_USER_RATE);
}

/* refuse_late refuses in the name of a filter that has let the request
 * through, and is heeded as that filter is. */
static enum gw_step
refuse_late(struct gw_req *r, const struct account *a,
    const struct gw_rate_verdict *v, uint64_t units)
{
	static const char calls[] = "calls";

	return gw_filter_late(r, a->filter, GW_R_TOO_MANY, calls)
		   ? refuse(r, a, v, calls, units)
		   : GW_NEXT;
}

enum gw_step
gw_rate_charge(struct gw_req *r, uint64_t units)
{
	static const enum gw_filter both[] = {
	    GW_FILTER_RATE, GW_FILTER_USER_RATE};
	struct gw_rate_verdict v;
	enum gw_step step;
	struct account a;
	size_t i;

	for (i = 0; i < ARRAY_CNT(both) && units > 1; i++) {
		if (!open_account(&a, r, both[i]))
			continue;
		v = take(r, &a, units - 1);
		step =
		    v.is_ok ? admit(r, &a, &v) : refuse_late(r, &a, &v, units);
		if (step != GW_NEXT)
			return step;
	}
	return GW_NEXT;
}
