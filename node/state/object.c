/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts and slots in memory: found, loaded once from the source, put on
 * the list of changed ones at their first change.
 */
#include "state/state_priv.h"

#include "base/check.h"

/* A slot's key in the table: address, then slot. */
enum { SLOT_KEY = 52 };

void
state_fail(struct state *s, enum rc rc, const struct err *e)
{
	if (s->rc != RC_OK)
		return;
	s->rc = rc;
	s->err = *e;
}

static void
no_memory(struct state *s)
{
	static const struct err e = {
	    .rc = RC_NO_MEMORY, .text = "state of a block"};

	state_fail(s, RC_NO_MEMORY, &e);
}

bool
state_grow(struct state *s, void **items, size_t cnt, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p;

	if (cnt < *cap)
		return true;
	p = arena_array(s->arena, more, size);
	if (p == NULL) {
		no_memory(s);
		return false;
	}
	if (cnt > 0)
		memcpy(p, *items, cnt * size);
	*items = p;
	*cap = more;
	return true;
}

static struct obj *
spare_obj(struct state *s)
{
	no_memory(s);
	memset(&s->spare, 0, sizeof(s->spare));
	s->spare.before = s->spare.now.acc = account_empty();
	return &s->spare;
}

static struct obj *
load_obj(struct state *s, const struct addr *addr)
{
	struct obj *o = arena_alloc(s->arena, sizeof(*o));
	struct err e = {0};
	enum rc rc;

	if (o == NULL)
		return spare_obj(s);
	o->addr = *addr;
	o->before = account_empty();
	rc = s->src.account(s->src.ctx, &o->before, &o->had_before, addr, &e);
	if (rc != RC_OK)
		state_fail(s, rc, &e);
	if (rc != RC_OK || !o->had_before) {
		o->had_before = false;
		o->before = account_empty();
	}
	o->now.acc = o->before;
	o->now.exists = o->had_before;
	return state_table_add(&s->objs, o->addr.b, o) ? o : spare_obj(s);
}

struct obj *
state_obj(struct state *s, const struct addr *addr)
{
	struct obj *o = state_table_get(&s->objs, addr->b);

	return o != NULL ? o : load_obj(s, addr);
}

static void
touch(struct state *s, struct obj *o)
{
	struct undo *u;

	if (o->touched_tx == s->tx)
		return;
	u = state_undo_new(s, UNDO_TOUCH);
	if (u == NULL || !state_grow(s, (void **)&s->touched, s->touched_cnt,
			     &s->touched_cap, sizeof(struct obj *)))
		return;
	u->u.mark = o;
	o->touched_tx = s->tx;
	s->touched[s->touched_cnt++] = o;
}

struct obj *
state_obj_edit(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	struct undo *u;

	touch(s, o);
	u = state_undo_new(s, UNDO_OBJ);
	if (u == NULL)
		return spare_obj(s);
	u->u.obj.obj = o;
	u->u.obj.now = o->now;
	u->u.obj.code = o->code;
	if (!o->has_changed) {
		o->has_changed = true;
		o->next_changed = s->changed;
		s->changed = o;
	}
	return o;
}

static struct slot *
spare_slot(struct state *s)
{
	no_memory(s);
	memset(&s->spare_slot, 0, sizeof(s->spare_slot));
	s->spare_slot.obj = spare_obj(s);
	return &s->spare_slot;
}

static void
slot_key(uint8_t out[SLOT_KEY], const struct addr *addr, const struct hash *key)
{
	memcpy(out, addr->b, sizeof(addr->b));
	memcpy(out + sizeof(addr->b), key->b, sizeof(key->b));
}

static struct slot *
load_slot(struct state *s, const struct addr *addr, const struct hash *key)
{
	struct slot *sl = arena_alloc(s->arena, sizeof(*sl));
	uint8_t *id = arena_alloc(s->arena, SLOT_KEY);
	struct err e = {0};
	enum rc rc;

	if (sl == NULL || id == NULL)
		return spare_slot(s);
	slot_key(id, addr, key);
	sl->obj = state_obj(s, addr);
	sl->key = *key;
	if (sl->obj->had_before) {
		rc = s->src.slot(s->src.ctx, &sl->before, addr, key, &e);
		if (rc != RC_OK) {
			state_fail(s, rc, &e);
			sl->before = U256_ZERO;
		}
	}
	sl->now = sl->before; /* of generation 0 */
	return state_table_add(&s->slots, id, sl) ? sl : spare_slot(s);
}

struct slot *
state_obj_slot(struct state *s, const struct addr *addr, const struct hash *key)
{
	uint8_t id[SLOT_KEY];
	struct slot *sl;

	slot_key(id, addr, key);
	sl = state_table_get(&s->slots, id);
	return sl != NULL ? sl : load_slot(s, addr, key);
}

const struct u256 *
state_slot_now(const struct slot *sl)
{
	static const struct u256 zero;

	return sl->gen == sl->obj->now.storage_gen ? &sl->now : &zero;
}

static bool
remember_slot(void *ctx, const struct addr *addr, const struct hash *key)
{
	struct state *s = ctx;
	struct slot *sl = state_obj_slot(s, addr, key);

	if (!sl->has_changed) {
		sl->has_changed = true;
		sl->next_changed = s->changed_slots;
		s->changed_slots = sl;
	}
	return s->rc == RC_OK;
}

/* Every stored slot must be known to the diff, which says of each that it is
 * gone; those already in memory are, once they are on the list. */
void
state_wipe(struct state *s, struct obj *o)
{
	struct err e = {0};
	enum rc rc = RC_OK;
	bool has_stored = o->had_before && o->now.storage_gen == 0 &&
			  !hash_eq(&o->before.storage_root, &HASH_EMPTY_TRIE);

	o->now.storage_gen++;
	if (!has_stored)
		return;
	CHECK(s->src.each_slot != NULL);
	rc = s->src.each_slot(s->src.ctx, &o->addr, remember_slot, s, &e);
	if (rc != RC_OK)
		state_fail(s, rc, &e);
}
