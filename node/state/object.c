/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts and slots in memory: found, made, read once from the source. What
 * changes them is state.c's.
 */
#include "state/state_priv.h"

#include "base/check.h"

void
state_fail(struct state *s, enum rc rc, const struct err *e)
{
	if (s->rc != RC_OK)
		return;
	s->rc = rc;
	s->err = *e;
}

void
state_no_memory(struct state *s)
{
	static const struct err e = {
	    .rc = RC_NO_MEMORY, .text = "no room for the state of a block"};

	state_fail(s, RC_NO_MEMORY, &e);
}

void
state_stop(struct state *s)
{
	static const struct err e = {
	    .rc = RC_TIMEOUT, .text = "execution timeout"};

	state_fail(s, RC_TIMEOUT, &e);
}

static void
set_absent(struct obj *o)
{
	o->before = account_empty();
	o->now = o->before;
	o->is_loaded = true;
}

static struct obj *
spare_obj(struct state *s)
{
	state_no_memory(s);
	s->spare = (struct obj){.addr = {{0}}};
	set_absent(&s->spare);
	return &s->spare;
}

struct obj *
state_obj_of(struct state *s, const struct addr *addr)
{
	struct obj *o = s->last;
	uint64_t hash;

	if (o != NULL && addr_eq(&o->addr, addr))
		return o;
	o = state_table_find(&s->objs, &hash, addr->b);
	if (o == NULL) {
		o = arena_alloc(s->arena, sizeof(*o));
		if (o == NULL)
			return spare_obj(s);
		o->addr = *addr;
		if (!state_table_put(&s->objs, hash, o))
			return spare_obj(s);
	}
	s->last = o;
	return o;
}

static void
read_obj(struct state *s, struct obj *o)
{
	struct err e = {.rc = RC_OK};
	enum rc rc;

	set_absent(o);
	rc = s->src.account(
	    s->src.ctx, &o->before, &o->had_before, &o->addr, &e);
	if (rc != RC_OK)
		state_fail(s, rc, &e);
	if (rc != RC_OK || !o->had_before) {
		o->had_before = false;
		o->before = account_empty();
	}
	o->now = o->before;
	o->life.exists = o->had_before;
}

struct obj *
state_obj(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj_of(s, addr);

	if (!o->is_loaded)
		read_obj(s, o);
	return o;
}

static struct slot *
spare_slot(struct state *s)
{
	state_no_memory(s);
	s->spare_slot = (struct slot){.obj = spare_obj(s), .is_loaded = true};
	return &s->spare_slot;
}

struct slot *
state_slot_of(struct state *s, struct obj *o, const struct hash *key)
{
	struct transient id = {.obj = o, .key = *key};
	struct slot *sl;
	uint64_t hash;

	sl = state_table_find(&s->slots, &hash, &id);
	if (sl != NULL)
		return sl;
	sl = arena_alloc(s->arena, sizeof(*sl));
	if (sl == NULL)
		return spare_slot(s);
	sl->obj = o;
	sl->key = *key;
	return state_table_put(&s->slots, hash, sl) ? sl : spare_slot(s);
}

void
state_slot_read(struct state *s, struct slot *sl)
{
	struct err e = {.rc = RC_OK};
	enum rc rc;

	if (sl->is_loaded)
		return;
	sl->is_loaded = true;
	if (!sl->obj->had_before)
		return;
	rc = s->src.slot(s->src.ctx, &sl->before, &sl->obj->addr, &sl->key, &e);
	if (rc != RC_OK) {
		state_fail(s, rc, &e);
		sl->before = U256_ZERO;
	}
	sl->now = sl->before; /* of generation 0, as stored */
}

const struct u256 *
state_slot_now(const struct slot *sl)
{
	static const struct u256 zero;

	DCHECK(sl->is_loaded);
	return sl->gen == sl->obj->life.gen ? &sl->now : &zero;
}

void
state_slot_list(struct slot *sl)
{
	if (sl->has_changed)
		return;
	sl->has_changed = true;
	sl->next = sl->obj->slots;
	sl->obj->slots = sl;
}

bool
state_has_stored(const struct obj *o)
{
	return o->had_before &&
	       !hash_eq(&o->before.storage_root, &HASH_EMPTY_TRIE);
}
