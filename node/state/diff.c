/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block changed, as plain data sorted by hash. Hashes of addresses
 * and keys are computed here, all at once, and nowhere earlier.
 */
#include <stdlib.h>

#include "crypto/keccak.h"
#include "state/state_priv.h"

static bool
slot_differs(const struct slot *sl)
{
	return !u256_eq(state_slot_now(sl), &sl->before);
}

/* An account is listed for its own value, and for its slots. */
static bool
obj_differs(const struct obj *o)
{
	return o->had_before != o->now.exists ||
	       !account_eq(&o->before, &o->now.acc);
}

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "changes of a block");
}

/* A changed slot may belong to an account whose own value is as before. */
static void
list_owners(struct state *s)
{
	struct slot *sl;

	for (sl = s->changed_slots; sl != NULL; sl = sl->next_changed) {
		if (sl->obj->has_changed)
			continue;
		sl->obj->has_changed = true;
		sl->obj->next_changed = s->changed;
		s->changed = sl->obj;
	}
}

/* Marks owners of slots that really differ, by way of warm_tx, which no
 * transaction uses any more. */
static size_t
count_slots(struct state *s)
{
	const struct slot *sl;
	size_t n = 0;

	for (sl = s->changed_slots; sl != NULL; sl = sl->next_changed) {
		if (!slot_differs(sl))
			continue;
		sl->obj->warm_tx = UINT64_MAX;
		n++;
	}
	return n;
}

static bool
is_listed(const struct obj *o)
{
	return obj_differs(o) || o->warm_tx == UINT64_MAX;
}

static size_t
count_accounts(const struct state *s)
{
	const struct obj *o;
	size_t n = 0;

	for (o = s->changed; o != NULL; o = o->next_changed)
		n += is_listed(o);
	return n;
}

static void
fill_account(struct state_account_change *c, const struct obj *o)
{
	c->addr = o->addr;
	c->had_before = o->had_before;
	c->has_after = o->now.exists;
	c->is_wiped = o->had_before && o->now.storage_gen > 0;
	c->before = o->before;
	c->after = o->now.acc;
	/* Still the old root: state_root goes on from it. */
	c->after.storage_root = o->before.storage_root;
}

static int
cmp_accounts(const void *a, const void *b)
{
	const struct state_account_change *x = a, *y = b;

	return memcmp(x->addr_hash.b, y->addr_hash.b, sizeof(struct hash));
}

static int
cmp_slots(const void *a, const void *b)
{
	const struct state_slot_change *x = a, *y = b;
	int d = memcmp(x->addr_hash.b, y->addr_hash.b, sizeof(struct hash));

	return d != 0
		   ? d
		   : memcmp(x->key_hash.b, y->key_hash.b, sizeof(struct hash));
}

/* Hashes n texts of equal length that stand stride bytes apart, and writes
 * each hash out bytes behind its text's start. */
static bool
hash_column(struct arena *a, void *rows, size_t n, size_t stride, size_t in,
    size_t len, size_t out)
{
	struct arena_mark mark = arena_save(a);
	struct bytes *texts = arena_array(a, n, sizeof(*texts));
	uint8_t(*hashes)[32] = arena_array(a, n, sizeof(*hashes));
	uint8_t *row = rows;
	size_t i;

	if (n > 0 && (texts == NULL || hashes == NULL))
		return false;
	for (i = 0; i < n; i++)
		texts[i] = bytes_of(row + i * stride + in, len);
	keccak256_many(hashes, texts, n);
	for (i = 0; i < n; i++)
		memcpy(row + i * stride + out, hashes[i], 32);
	arena_rewind(a, mark);
	return true;
}

static enum rc
take_accounts(struct state *s, struct state_diff *out, struct err *e)
{
	const struct obj *o;
	size_t n = count_accounts(s), i = 0;

	out->accounts = arena_array(s->arena, n, sizeof(*out->accounts));
	out->account_cnt = n;
	if (n > 0 && out->accounts == NULL)
		return no_memory(e);
	for (o = s->changed; o != NULL; o = o->next_changed)
		if (is_listed(o))
			fill_account(&out->accounts[i++], o);
	if (!hash_column(s->arena, out->accounts, n, sizeof(*out->accounts),
		offsetof(struct state_account_change, addr),
		sizeof(struct addr),
		offsetof(struct state_account_change, addr_hash)))
		return no_memory(e);
	if (n > 0)
		qsort(out->accounts, n, sizeof(*out->accounts), cmp_accounts);
	return RC_OK;
}

static bool
hash_slots(struct arena *a, struct state_diff *d)
{
	return hash_column(a, d->slots, d->slot_cnt, sizeof(*d->slots),
		   offsetof(struct state_slot_change, addr),
		   sizeof(struct addr),
		   offsetof(struct state_slot_change, addr_hash)) &&
	       hash_column(a, d->slots, d->slot_cnt, sizeof(*d->slots),
		   offsetof(struct state_slot_change, key), sizeof(struct hash),
		   offsetof(struct state_slot_change, key_hash));
}

static enum rc
take_slots(struct state *s, struct state_diff *out, size_t n, struct err *e)
{
	const struct slot *sl;
	size_t i = 0;

	out->slots = arena_array(s->arena, n, sizeof(*out->slots));
	out->slot_cnt = n;
	if (n > 0 && out->slots == NULL)
		return no_memory(e);
	for (sl = s->changed_slots; sl != NULL; sl = sl->next_changed) {
		if (!slot_differs(sl))
			continue;
		out->slots[i].addr = sl->obj->addr;
		out->slots[i].key = sl->key;
		out->slots[i].before = sl->before;
		out->slots[i++].after = *state_slot_now(sl);
	}
	if (!hash_slots(s->arena, out))
		return no_memory(e);
	if (n > 0)
		qsort(out->slots, n, sizeof(*out->slots), cmp_slots);
	return RC_OK;
}

enum rc
state_diff_take(struct state *s, struct state_diff *out, struct err *e)
{
	size_t slots;

	TRY(state_error(s, e));
	memset(out, 0, sizeof(*out));
	list_owners(s);
	slots = count_slots(s);
	TRY(take_accounts(s, out, e));
	TRY(take_slots(s, out, slots, e));
	out->codes = s->codes;
	out->code_cnt = s->code_cnt;
	return RC_OK;
}
