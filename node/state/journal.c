/* SPDX-License-Identifier: Apache-2.0
 *
 * What was before each change of the running transaction, newest last.
 */
#include "state/state_priv.h"

#include "base/check.h"

struct undo *
state_undo_new(struct state *s, enum undo_kind kind)
{
	struct undo *u;

	if (!state_grow(s, (void **)&s->undo, s->undo_cnt, &s->undo_cap,
		sizeof(*s->undo)))
		return NULL;
	u = &s->undo[s->undo_cnt++];
	u->kind = kind;
	return u;
}

size_t
state_snapshot(struct state *s)
{
	return s->undo_cnt;
}

static void
undo_touch(struct state *s, struct obj *o)
{
	/* Touches are undone newest first, as they were listed. */
	CHECK(s->touched_cnt > 0 && s->touched[s->touched_cnt - 1] == o);
	s->touched_cnt--;
	o->touched_tx = 0;
}

static void
undo_one(struct state *s, const struct undo *u)
{
	switch (u->kind) {
	case UNDO_OBJ:
		u->u.obj.obj->now = u->u.obj.now;
		u->u.obj.obj->code = u->u.obj.code;
		break;
	case UNDO_SLOT:
		u->u.slot.slot->now = u->u.slot.now;
		u->u.slot.slot->gen = u->u.slot.gen;
		break;
	case UNDO_TOUCH:
		undo_touch(s, u->u.mark);
		break;
	case UNDO_WARM:
		u->u.mark->warm_tx = 0;
		break;
	case UNDO_WARM_SLOT:
		u->u.slot.slot->warm_tx = 0;
		break;
	case UNDO_TRANSIENT:
		u->u.transient.cell->value = u->u.transient.value;
		break;
	case UNDO_LOG:
		s->log_cnt--;
		break;
	case UNDO_REFUND:
		s->refund = u->u.refund;
		break;
	}
}

void
state_revert(struct state *s, size_t snapshot)
{
	CHECK(snapshot <= s->undo_cnt);
	while (s->undo_cnt > snapshot)
		undo_one(s, &s->undo[--s->undo_cnt]);
}
