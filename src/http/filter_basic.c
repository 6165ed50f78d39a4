/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP Basic (RFC 7617, charset UTF-8) against the surface's users file. The
 * costly check is an effect; a password found right is remembered for a
 * while. Unknown users, wrong passwords and broken headers get the same
 * answer (reliability A1 to A6), while the log tells what it was by the rules
 * missing, unreadable and wrong. After some wrong ones each further try has
 * to wait, and is not looked at before (A7, A8); a password that is
 * remembered needs no try.
 *
 * In shadow passwords are checked and wrong ones counted as ever, or the
 * surface would be a place to guess at; but apart from those of other
 * surfaces, and behind all others in the queue: a trial is at nobody's cost.
 * A request that would have been refused has no user.
 */
#include "base/check.h"
#include "crypto/hash.h"
#include "http/b64.h"
#include "http/creds.h"
#include "http/filter.h"
#include "http/req.h"
#include "http/throttle.h"
#include "http/users.h"
#include "http/world.h"

enum {
	/* Longest waits, and how fast wrong tries are forgotten after them:
	 * an office behind one address mistypes now and then. */
	PAIR_MOST_MS = 300000,
	PAIR_LEAK_MS = 120000,
	ADDRESS_MOST_MS = 60000,
	ADDRESS_LEAK_MS = 30000,
};

/* struct attempt is what the client has shown. */
struct attempt {
	struct bytes user, password;
	const struct gw_password *record; /* a decoy for unknown users */
	struct gw_creds_key key;
	uint64_t pair, address;
	bool is_known;
};

struct gw_throttle_rule
gw_rule_of_pair(const struct gw_conf *c)
{
	return (struct gw_throttle_rule){.free = c->wrong_user,
	    .pause_ms = c->wrong_pause_ms,
	    .most_ms = PAIR_MOST_MS,
	    .leak_ms = PAIR_LEAK_MS};
}

struct gw_throttle_rule
gw_rule_of_address(const struct gw_conf *c)
{
	return (struct gw_throttle_rule){.free = c->wrong_address,
	    .pause_ms = c->wrong_pause_ms,
	    .most_ms = ADDRESS_MOST_MS,
	    .leak_ms = ADDRESS_LEAK_MS};
}

static bool
is_shadow(const struct gw_req *r)
{
	return gw_is_in_shadow(r->surface, GW_FILTER_BASIC);
}

static enum gw_step
refuse(struct gw_req *r, const char *rule)
{
	const char *realm = r->surface->realm;
	const char *challenge =
	    arena_str(&r->arena, "Basic realm=\"%s\", charset=\"UTF-8\"",
		realm[0] != '\0' ? realm : r->surface->name);

	if (challenge == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	gw_reply_field(r, "WWW-Authenticate", bytes_of_str(challenge));
	return gw_refuse_by(r, GW_R_UNAUTHORIZED, rule);
}

/* Reads "Basic BASE64"; the scheme's case does not matter, RFC 9110 11.1. */
static bool
read_header(struct gw_req *r, struct attempt *a, struct bytes v)
{
	struct bytes plain;
	const uint8_t *colon;

	if (v.len < 7 || !gw_eq_nocase(bytes_of(v.ptr, 6), "basic "))
		return false;
	v = bytes_of(v.ptr + 6, v.len - 6);
	while (v.len > 0 && v.ptr[0] == ' ')
		v = bytes_of(v.ptr + 1, v.len - 1);
	if (!gw_b64_read(&r->arena, &plain, v) || plain.len == 0)
		return false;
	colon = memchr(plain.ptr, ':', plain.len);
	if (colon == NULL)
		return false;
	a->user = bytes_of(plain.ptr, (size_t)(colon - plain.ptr));
	a->password = bytes_of(colon + 1, plain.len - a->user.len - 1);
	return true;
}

/* is_remembered: the same field as the last time on this connection. */
static bool
is_remembered(struct gw_req *r)
{
	const struct gw_memo *m = r->memo;
	struct bytes v;

	if (m == NULL || m->until_ms <= r->world->mono_ms ||
	    m->conf_no != r->conf->no || m->surface != r->surface ||
	    !gw_head_field(&v, &r->head, "authorization") || v.len != m->len ||
	    !secret_eq(v.ptr, m->field, v.len))
		return false;
	v = arena_copy(&r->arena, bytes_of(m->user, m->user_len));
	if (v.ptr == NULL)
		return false;
	r->user = v;
	return true;
}

static void
remember(struct gw_req *r)
{
	struct gw_memo *m = r->memo;
	struct bytes v;

	if (m == NULL || r->user.len > sizeof(m->user) ||
	    !gw_head_field(&v, &r->head, "authorization") ||
	    v.len > sizeof(m->field))
		return;
	m->until_ms = r->world->mono_ms + r->conf->remember_ms;
	m->conf_no = r->conf->no;
	m->surface = r->surface;
	m->len = v.len;
	memcpy(m->field, v.ptr, v.len);
	m->user_len = r->user.len;
	memcpy(m->user, r->user.ptr, r->user.len);
}

static enum gw_step
admit(struct gw_req *r, struct attempt *a)
{
	r->user = a->user;
	remember(r);
	r->effect.kind = GW_EFFECT_NONE;
	r->state = NULL;
	return GW_NEXT;
}

/* conclude is called again when the password was checked. */
static enum gw_step
conclude(struct gw_req *r, struct attempt *a)
{
	struct gw_effect *e = &r->effect;

	if (e->rc != RC_OK)
		return gw_refuse(r, GW_R_BUSY, NULL);
	if (!e->u.password.fits)
		return refuse(r, "wrong");
	gw_creds_add(r->world->creds, &a->key, r->world->mono_ms);
	return admit(r, a);
}

/* wait_of: who has shown the right password from there before does not have
 * to wait for others behind the same address. */
static uint64_t
wait_of(struct gw_req *r, struct attempt *a)
{
	struct gw_throttle_rule pair = gw_rule_of_pair(r->conf);
	struct gw_throttle_rule address = gw_rule_of_address(r->conf);
	struct gw_throttle *t = r->world->throttle;
	uint64_t now = r->world->mono_ms, ms, more;
	struct bytes surface = bytes_of_str(r->surface->name);
	struct bytes none = bytes_of(NULL, 0);

	a->pair = gw_throttle_key(t, &r->client, surface, a->user);
	a->address =
	    gw_throttle_key(t, &r->client, is_shadow(r) ? surface : none, none);
	a->is_known = gw_throttle_is_known(t, a->pair);
	ms = gw_throttle_wait(t, a->pair, &pair, now);
	if (a->is_known)
		return ms;
	more = gw_throttle_wait(t, a->address, &address, now);
	return more > ms ? more : ms;
}

static enum gw_step
refuse_for(struct gw_req *r, uint64_t ms)
{
	const char *seconds = arena_str(
	    &r->arena, "%llu", (unsigned long long)((ms + 999) / 1000));

	if (seconds == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	gw_reply_field(r, "Retry-After", bytes_of_str(seconds));
	return gw_refuse(r, GW_R_TOO_MANY, NULL);
}

static enum gw_rank
rank_of(const struct gw_req *r, const struct attempt *a)
{
	struct gw_throttle_rule address = gw_rule_of_address(r->conf);

	if (is_shadow(r))
		return GW_RANK_SHADOW;
	if (a->is_known)
		return GW_RANK_KNOWN;
	return gw_throttle_has_failed(
		   r->world->throttle, a->address, &address, r->world->mono_ms)
		   ? GW_RANK_FAILED
		   : GW_RANK_CLEAN;
}

static enum gw_step
ask_for_check(struct gw_req *r, struct attempt *a)
{
	r->state = a;
	r->effect = (struct gw_effect){.kind = GW_EFFECT_PASSWORD,
	    .u.password = {.record = a->record,
		.password = a->password,
		.pair = a->pair,
		.address = a->address,
		.rank = rank_of(r, a)}};
	memcpy(r->effect.u.password.key, a->key.b, sizeof(a->key.b));
	return GW_AGAIN;
}

enum gw_step
gw_filter_basic(struct gw_req *r)
{
	struct attempt *a = r->state;
	const struct gw_users *users = r->surface->users;
	struct bytes field;
	uint64_t wait_ms;

	if (r->effect.kind == GW_EFFECT_PASSWORD)
		return conclude(r, a);
	if (is_remembered(r))
		return GW_NEXT;
	if (!gw_head_field(&field, &r->head, "authorization"))
		return refuse(r, "missing");
	a = arena_alloc(&r->arena, sizeof(*a));
	if (a == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	if (!read_header(r, a, field))
		return refuse(r, "unreadable");
	CHECK(users != NULL);
	a->record = gw_users_find(users, a->user);
	if (a->record == NULL)
		a->record = gw_users_decoy(users);
	a->key = gw_creds_key(r->world->creds, bytes_of_str(r->surface->name),
	    a->user, a->password, a->record);
	/* Whoever explains could find a password that is remembered by trying,
	 * and no try would be counted. */
	if (!r->is_trial && gw_creds_has(r->world->creds, &a->key,
				r->world->mono_ms, r->conf->remember_ms))
		return admit(r, a);
	wait_ms = wait_of(r, a);
	return wait_ms > 0 ? refuse_for(r, wait_ms) : ask_for_check(r, a);
}
