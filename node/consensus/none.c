/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine that has no rule about seals and never builds: foreign chains
 * whose blocks are taken as they come.
 */
#include <stdio.h>

#include "consensus/none_priv.h"
#include "consensus/rules_priv.h"

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

enum rc
engine_none_author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e)
{
	(void)g;
	(void)e;
	*out = h->coinbase;
	return RC_OK;
}

/* Total difficulty as before Paris; after it, where no difficulty is added,
 * the longer chain. */
int
engine_none_prefer(struct engine *g, const struct header *a,
    const struct u256 *td_a, const struct header *b, const struct u256 *td_b)
{
	int order = u256_cmp(td_a, td_b);

	(void)g;
	if (order != 0)
		return order;
	return (a->number > b->number) - (a->number < b->number);
}

enum rc
engine_none_step(struct engine *g, struct arena *a, struct engine_effects *out,
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

void
engine_none_gas(
    struct engine *g, struct engine_gas *out, const struct header *head)
{
	(void)g;
	out->next = out->lasting = head->gas_limit;
}

enum rc
engine_none_signers(struct engine *g, struct arena *a, struct addr **out,
    size_t *cnt, const struct hash *at, struct err *e)
{
	(void)g;
	(void)a;
	(void)at;
	(void)e;
	*out = NULL;
	*cnt = 0;
	return RC_OK;
}

enum rc
engine_none_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e)
{
	(void)g;
	(void)target;
	(void)is_add;
	return FAIL(e, RC_DENIED, "this chain has no signers to vote on");
}

enum rc
engine_none_discard(struct engine *g, const struct addr *target, struct err *e)
{
	(void)g;
	(void)target;
	return FAIL(e, RC_NOT_FOUND, "no proposal");
}

size_t
engine_none_proposals(
    const struct engine *g, const struct engine_proposal **out)
{
	(void)g;
	*out = NULL;
	return 0;
}

void
engine_none_status(struct engine *g, struct engine_status *out, uint64_t now_ms)
{
	(void)g;
	(void)now_ms;
	out->state = ENGINE_OFF;
	snprintf(out->why, sizeof(out->why), "this chain is only followed");
}

enum rc
engine_none_describe(
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
    ENGINE_NONE_ROWS,
    .free = none_free,
};

struct engine *
engine_none(void)
{
	static struct engine none = {.ops = &none_ops};

	return &none;
}
