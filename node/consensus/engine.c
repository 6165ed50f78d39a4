/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine interface: each function hands on to the engine's own table.
 */
#include "consensus/engine.h"

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
