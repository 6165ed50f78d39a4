/* SPDX-License-Identifier: Apache-2.0
 *
 * What was before each change of the running transaction, newest last.
 * Undoing costs what was done since, and nothing else.
 */
#include "base/check.h"
#include "state/state_priv.h"

enum { UNDO_CAP_MIN = 256 };

static bool
make_room(struct state *s)
{
	size_t cap = s->undo_cap == 0 ? UNDO_CAP_MIN : s->undo_cap * 2;
	struct undo *more = arena_array(s->arena, cap, sizeof(*more));

	if (more == NULL) {
		state_no_memory(s);
		return false;
	}
	if (s->undo_cnt > 0)
		memcpy(more, s->undo, s->undo_cnt * sizeof(*more));
	s->undo = more;
	s->undo_cap = cap;
	return true;
}

struct undo *
state_undo(struct state *s, enum undo_kind kind)
{
	struct undo *u;

	if (s->undo_cnt == s->undo_cap && !make_room(s))
		return NULL;
	u = &s->undo[s->undo_cnt++];
	u->kind = kind;
	return u;
}

/* touch makes the end of the transaction look at o (EIP-161). */
static bool
touch(struct state *s, struct obj *o)
{
	struct undo *u;

	if (o->touched_tx == s->tx)
		return true;
	u = state_undo(s, UNDO_TOUCH);
	if (u == NULL)
		return false;
	u->of.obj = o;
	o->touched_tx = s->tx;
	if (!o->has_changed) {
		o->has_changed = true;
		o->next_changed = s->changed;
		s->changed = o;
	}
	return true;
}

struct undo *
state_undo_obj(struct state *s, enum undo_kind kind, struct obj *o)
{
	struct undo *u;

	if (!touch(s, o))
		return NULL;
	u = state_undo(s, kind);
	if (u != NULL)
		u->of.obj = o;
	return u;
}

size_t
state_snapshot(struct state *s)
{
	return s->undo_cnt;
}

static void
undo_code(const struct undo *u)
{
	u->of.obj->now.code_hash = u->was.code->hash;
	u->of.obj->code = u->was.code->code;
}

static void
undo_one(struct state *s, const struct undo *u)
{
	switch (u->kind) {
	case UNDO_NONCE:
		u->of.obj->now.nonce = u->was.number;
		break;
	case UNDO_BALANCE:
		u->of.obj->now.balance = u->was.value;
		break;
	case UNDO_CODE:
		undo_code(u);
		break;
	case UNDO_LIFE:
		u->of.obj->life = u->was.life;
		break;
	case UNDO_TOUCH:
		u->of.obj->touched_tx = 0;
		break;
	case UNDO_WARM_ADDR:
		u->of.obj->warm_tx = 0;
		break;
	case UNDO_SLOT:
		u->of.slot->now = u->was.value;
		u->of.slot->gen = u->gen;
		break;
	case UNDO_WARM_SLOT:
		u->of.slot->warm_tx = 0;
		break;
	case UNDO_TRANSIENT:
		u->of.transient->value = u->was.value;
		break;
	case UNDO_LOG:
		s->log_cnt--;
		break;
	case UNDO_CREATION:
		s->creations = s->creations->before;
		break;
	case UNDO_REFUND:
		s->refund = u->was.number;
		break;
	case UNDO_BURNT:
		s->burnt = u->was.value;
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

void
state_forget(struct state *s)
{
	s->undo_cnt = 0;
	s->kept_touch = NULL;
	/* What the transaction logged stays where it is; the next one logs
	 * behind it. */
	if (s->log_cnt > 0)
		s->logs += s->log_cnt;
	s->log_cap -= s->log_cnt;
	s->log_cnt = 0;
	s->creations = NULL;
	s->refund = 0;
	s->tx++;
	CHECK(s->tx != 0);
}
