/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block changed, as plain data sorted by hash. Addresses and keys are
 * hashed here, all at once, and nowhere earlier. The state itself goes on
 * unchanged: before Byzantium every receipt asks for the changes so far.
 */
#include <stdlib.h>

#include "base/check.h"
#include "state/order_priv.h"
#include "state/state_priv.h"

/* struct taking is the work on one diff; what only it needs is in scratch. */
struct taking {
	struct state *s;
	struct arena *scratch;
	struct state_diff *out;
	struct ranked *accounts, *slots, *room;
	size_t slot_cnt;
	struct err *e;
};

static enum rc
no_memory(struct taking *t)
{
	return FAIL(t->e, RC_NO_MEMORY, "no room for the changes of a block");
}

static struct ranked *
ranked_array(struct taking *t, size_t cnt)
{
	return arena_array(t->scratch, cnt, sizeof(struct ranked));
}

/* Wiped accounts ----------------------------------------------------- */

/* struct wiped passes an account through the source. */
struct wiped {
	struct state *s;
	struct obj *o;
};

static bool
list_stored(void *ctx, const struct addr *addr, const struct hash *key)
{
	const struct wiped *w = ctx;
	struct slot *sl = state_slot_of(w->s, w->o, key);

	(void)addr;
	state_slot_read(w->s, sl);
	state_slot_list(sl);
	return w->s->rc == RC_OK;
}

/* list_wiped lists every stored slot of a wiped account: all have changed. */
static enum rc
list_wiped(struct taking *t, struct obj *o)
{
	struct wiped w = {t->s, o};

	if (o->life.gen == 0 || !state_has_stored(o))
		return RC_OK;
	if (t->s->src.each_slot == NULL)
		return FAIL(t->e, RC_UNSUPPORTED,
		    "storage was wiped that this source cannot list");
	TRY(t->s->src.each_slot(
	    t->s->src.ctx, &o->addr, list_stored, &w, t->e));
	return state_error(t->s, t->e);
}

/* Selection ---------------------------------------------------------- */

static bool
slot_differs(const struct slot *sl)
{
	return !u256_eq(state_slot_now(sl), &sl->before);
}

static size_t
count_slots(const struct obj *o)
{
	const struct slot *sl;
	size_t cnt = 0;

	for (sl = o->slots; sl != NULL; sl = sl->next)
		cnt += slot_differs(sl);
	return cnt;
}

static bool
obj_differs(const struct obj *o)
{
	return o->had_before != o->life.exists ||
	       o->before.nonce != o->now.nonce ||
	       !u256_eq(&o->before.balance, &o->now.balance) ||
	       !hash_eq(&o->before.code_hash, &o->now.code_hash);
}

/* select_accounts gathers what differs and the addresses to hash. */
static enum rc
select_accounts(struct taking *t)
{
	size_t cnt = 0, kept = 0, slots;
	struct bytes *keys;
	struct obj *o;

	for (o = t->s->changed; o != NULL; o = o->next_changed)
		cnt++;
	t->accounts = ranked_array(t, cnt);
	keys = arena_array(t->scratch, cnt, sizeof(*keys));
	if (t->accounts == NULL || keys == NULL)
		return no_memory(t);
	for (o = t->s->changed; o != NULL; o = o->next_changed) {
		TRY(list_wiped(t, o));
		slots = count_slots(o);
		if (slots == 0 && !obj_differs(o))
			continue;
		t->slot_cnt += slots;
		t->accounts[kept].item = o;
		keys[kept++] = addr_bytes(&o->addr);
	}
	t->out->account_cnt = kept;
	t->room = ranked_array(t, kept > t->slot_cnt ? kept : t->slot_cnt);
	if (t->room == NULL ||
	    !state_order_hash(t->scratch, t->accounts, keys, kept))
		return no_memory(t);
	state_order(t->accounts, t->room, kept);
	return RC_OK;
}

/* select_slots gathers the slots that differ, account by account. */
static enum rc
select_slots(struct taking *t)
{
	struct bytes *keys =
	    arena_array(t->scratch, t->slot_cnt, sizeof(*keys));
	const struct obj *o;
	struct slot *sl;
	size_t i, cnt = 0, first;

	t->slots = ranked_array(t, t->slot_cnt);
	if (t->slots == NULL || keys == NULL)
		return no_memory(t);
	for (i = 0; i < t->out->account_cnt; i++) {
		o = t->accounts[i].item;
		for (sl = o->slots; sl != NULL; sl = sl->next) {
			if (!slot_differs(sl))
				continue;
			t->slots[cnt].item = sl;
			keys[cnt++] = hash_bytes(&sl->key);
		}
	}
	CHECK(cnt == t->slot_cnt);
	if (!state_order_hash(t->scratch, t->slots, keys, cnt))
		return no_memory(t);
	for (i = 0, first = 0; i < t->out->account_cnt; i++, first += cnt) {
		cnt = count_slots(t->accounts[i].item);
		state_order(t->slots + first, t->room, cnt);
	}
	return RC_OK;
}

/* Output ------------------------------------------------------------- */

static void
put_account(struct state_account_change *out, const struct ranked *r)
{
	const struct obj *o = r->item;

	out->addr = o->addr;
	out->addr_hash = *r->hash;
	out->had_before = o->had_before;
	out->has_after = o->life.exists;
	out->is_wiped = o->had_before && o->life.gen > 0;
	out->before = o->before;
	out->after = o->now;
	out->after.storage_root = o->before.storage_root;
}

static void
put_slot(struct state_slot_change *out, const struct ranked *account,
    const struct ranked *r)
{
	const struct slot *sl = r->item;

	out->addr = sl->obj->addr;
	out->addr_hash = *account->hash;
	out->key = sl->key;
	out->key_hash = *r->hash;
	out->before = sl->before;
	out->after = *state_slot_now(sl);
}

static enum rc
put_changes(struct taking *t)
{
	struct state_diff *out = t->out;
	struct arena *a = t->s->arena;
	size_t i, at = 0;

	out->slot_cnt = t->slot_cnt;
	out->accounts =
	    arena_array(a, out->account_cnt, sizeof(*out->accounts));
	out->slots = arena_array(a, out->slot_cnt, sizeof(*out->slots));
	if (out->accounts == NULL || out->slots == NULL)
		return no_memory(t);
	for (i = 0; i < out->account_cnt; i++) {
		const struct obj *o = t->accounts[i].item;

		put_account(&out->accounts[i], &t->accounts[i]);
		while (at < t->slot_cnt &&
		       ((struct slot *)t->slots[at].item)->obj == o) {
			put_slot(
			    &out->slots[at], &t->accounts[i], &t->slots[at]);
			at++;
		}
	}
	CHECK(at == t->slot_cnt);
	return RC_OK;
}

static bool
has_new_code(const struct obj *o)
{
	return o->code.len > 0 &&
	       !hash_eq(&o->now.code_hash, &o->before.code_hash);
}

static int
compare_codes(const void *a, const void *b)
{
	const struct state_code_change *x = a, *y = b;

	return memcmp(x->hash.b, y->hash.b, sizeof(x->hash.b));
}

/* put_codes lists each code once, however many accounts have it. */
static enum rc
put_codes(struct taking *t)
{
	struct state_diff *out = t->out;
	size_t i, cnt = 0, kept = 0;

	for (i = 0; i < out->account_cnt; i++)
		cnt += has_new_code(t->accounts[i].item);
	out->codes = arena_array(t->s->arena, cnt, sizeof(*out->codes));
	if (out->codes == NULL)
		return no_memory(t);
	for (i = 0, cnt = 0; i < out->account_cnt; i++) {
		const struct obj *o = t->accounts[i].item;

		if (has_new_code(o))
			out->codes[cnt++] = (struct state_code_change){
			    .hash = o->now.code_hash, .code = o->code};
	}
	if (cnt > 1)
		qsort(out->codes, cnt, sizeof(*out->codes), compare_codes);
	for (i = 0; i < cnt; i++)
		if (kept == 0 ||
		    !hash_eq(&out->codes[kept - 1].hash, &out->codes[i].hash))
			out->codes[kept++] = out->codes[i];
	out->code_cnt = kept;
	return RC_OK;
}

enum rc
state_diff_take(struct state *s, struct state_diff *out, struct err *e)
{
	struct arena scratch;
	struct taking t = {.s = s, .scratch = &scratch, .out = out, .e = e};
	enum rc rc;

	*out = (struct state_diff){.account_cnt = 0};
	TRY(state_error(s, e));
	arena_init(&scratch, s->arena->max_bytes);
	rc = select_accounts(&t);
	if (rc == RC_OK)
		rc = select_slots(&t);
	if (rc == RC_OK)
		rc = put_changes(&t);
	if (rc == RC_OK)
		rc = put_codes(&t);
	arena_drop(&scratch);
	return rc;
}
