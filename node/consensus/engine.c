/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine interface: each function hands on to the engine's own table.
 * Also the engine that has no rule about seals, for foreign chains and block
 * tests. Engines themselves live in folders of their own.
 */
#include "consensus/engine.h"

#include <stdio.h>

#include "consensus/rules_priv.h"

enum rc
engine_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e)
{
	return g->ops->verify(g, h, parent, now_s, e);
}

enum rc
engine_author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e)
{
	return g->ops->author(g, out, h, e);
}

int
engine_prefer(struct engine *g, const struct header *a, const struct u256 *td_a,
    const struct header *b, const struct u256 *td_b)
{
	return g->ops->prefer(g, a, td_a, b, td_b);
}

enum rc
engine_step(struct engine *g, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	out->cnt = 0;
	return g->ops->step(g, a, out, ev, now_ms, e);
}

void
engine_gas(struct engine *g, struct engine_gas *out, const struct header *head)
{
	g->ops->gas(g, out, head);
}

enum rc
engine_signers(struct engine *g, struct arena *a, struct addr **out,
    size_t *cnt, const struct hash *at, struct err *e)
{
	return g->ops->signers(g, a, out, cnt, at, e);
}

enum rc
engine_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e)
{
	return g->ops->propose(g, target, is_add, e);
}

enum rc
engine_discard(struct engine *g, const struct addr *target, struct err *e)
{
	return g->ops->discard(g, target, e);
}

size_t
engine_proposals(const struct engine *g, const struct engine_proposal **out)
{
	return g->ops->proposals(g, out);
}

void
engine_status(struct engine *g, struct engine_status *out, uint64_t now_ms)
{
	memset(out, 0, sizeof(*out));
	g->ops->status(g, out, now_ms);
}

enum rc
engine_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e)
{
	return g->ops->describe(g, w, at, e);
}

void
engine_free(struct engine *g)
{
	if (g != NULL)
		g->ops->free(g);
}

/* The engine without consensus. ------------------------------------- */

static enum rc
none_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e)
{
	(void)g;
	(void)now_s;
	TRY(rules_link(h, parent, e));
	if (h->time <= parent->time)
		return FAIL(e, RC_BLK_TIME, "time %llu, parent %llu",
		    (unsigned long long)h->time,
		    (unsigned long long)parent->time);
	return rules_gas(h, parent, NULL, e);
}

static enum rc
none_author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e)
{
	(void)g;
	(void)e;
	*out = h->coinbase;
	return RC_OK;
}

/* Total difficulty as before Paris; after it, where no difficulty is added,
 * the longer chain. */
static int
none_prefer(struct engine *g, const struct header *a, const struct u256 *td_a,
    const struct header *b, const struct u256 *td_b)
{
	int order = u256_cmp(td_a, td_b);

	(void)g;
	if (order != 0)
		return order;
	return (a->number > b->number) - (a->number < b->number);
}

static enum rc
none_step(struct engine *g, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	(void)g;
	(void)a;
	(void)out;
	(void)ev;
	(void)now_ms;
	(void)e;
	return RC_OK;
}

static void
none_gas(struct engine *g, struct engine_gas *out, const struct header *head)
{
	(void)g;
	out->next = out->lasting = head->gas_limit;
}

static enum rc
none_signers(struct engine *g, struct arena *a, struct addr **out, size_t *cnt,
    const struct hash *at, struct err *e)
{
	(void)g;
	(void)a;
	(void)at;
	(void)e;
	*out = NULL;
	*cnt = 0;
	return RC_OK;
}

static enum rc
none_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e)
{
	(void)g;
	(void)target;
	(void)is_add;
	return FAIL(e, RC_DENIED, "this chain has no signers to vote on");
}

static enum rc
none_discard(struct engine *g, const struct addr *target, struct err *e)
{
	(void)g;
	(void)target;
	return FAIL(e, RC_NOT_FOUND, "no proposal");
}

static size_t
none_proposals(const struct engine *g, const struct engine_proposal **out)
{
	(void)g;
	*out = NULL;
	return 0;
}

static void
none_status(struct engine *g, struct engine_status *out, uint64_t now_ms)
{
	(void)g;
	(void)now_ms;
	out->state = ENGINE_OFF;
	snprintf(out->why, sizeof(out->why), "this chain is only followed");
}

static enum rc
none_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e)
{
	(void)g;
	(void)at;
	(void)e;
	jsonw_null(w);
	return RC_OK;
}

static void
none_free(struct engine *g)
{
	(void)g;
}

static const struct engine_ops none_ops = {
    .name = "none",
    .verify = none_verify,
    .author = none_author,
    .prefer = none_prefer,
    .step = none_step,
    .gas = none_gas,
    .signers = none_signers,
    .propose = none_propose,
    .discard = none_discard,
    .proposals = none_proposals,
    .status = none_status,
    .describe = none_describe,
    .free = none_free,
};

struct engine *
engine_none(void)
{
	static struct engine none = {.ops = &none_ops};

	return &none;
}
