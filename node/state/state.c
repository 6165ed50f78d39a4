/* SPDX-License-Identifier: Apache-2.0
 *
 * The public reads and writes of the world state, and the end of a
 * transaction. Finding and loading is object.c's, undoing journal.c's.
 */
#include "state/state_priv.h"

#include "base/check.h"

struct state *
state_new(struct arena *a, const struct state_source *src)
{
	struct state *s = arena_alloc(a, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = a;
	s->src = *src;
	s->tx = 1;
	state_table_init(&s->objs, a, 20);
	state_table_init(&s->slots, a, 52);
	state_table_init(&s->transients, a, 52);
	return s;
}

enum rc
state_error(const struct state *s, struct err *e)
{
	if (s->rc != RC_OK && e != NULL)
		*e = s->err;
	return s->rc;
}

bool
state_exists(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->now.exists;
}

bool
state_is_empty(struct state *s, const struct addr *addr)
{
	return account_is_empty(&state_obj(s, addr)->now.acc);
}

uint64_t
state_nonce(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->now.acc.nonce;
}

void
state_balance(struct state *s, struct u256 *out, const struct addr *addr)
{
	*out = state_obj(s, addr)->now.acc.balance;
}

void
state_code_hash(struct state *s, struct hash *out, const struct addr *addr)
{
	*out = state_obj(s, addr)->now.acc.code_hash;
}

struct bytes
state_code(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	struct err e = {0};
	enum rc rc;

	if (o->code.ptr != NULL ||
	    hash_eq(&o->now.acc.code_hash, &HASH_EMPTY_CODE))
		return o->code;
	rc = s->src.code(s->src.ctx, &o->code, &o->now.acc.code_hash, &e);
	if (rc != RC_OK) {
		state_fail(s, rc, &e);
		o->code = bytes_of(NULL, 0);
	}
	return o->code;
}

void
state_slot(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	*out = *state_slot_now(state_obj_slot(s, addr, key));
}

void
state_slot_original(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	const struct slot *sl = state_obj_slot(s, addr, key);

	*out = sl->original_tx == s->tx ? sl->original : *state_slot_now(sl);
}

static bool
stop_at_first(void *ctx, const struct addr *addr, const struct hash *key)
{
	(void)addr;
	(void)key;
	*(bool *)ctx = true;
	return false;
}

bool
state_has_storage(struct state *s, const struct addr *addr)
{
	const struct obj *o = state_obj(s, addr);
	const struct slot *sl;
	bool found = false;
	struct err e = {0};
	enum rc rc;

	for (sl = s->changed_slots; sl != NULL; sl = sl->next_changed)
		if (sl->obj == o && !u256_is_zero(state_slot_now(sl)))
			return true;
	if (o->now.storage_gen > 0 || !o->had_before ||
	    hash_eq(&o->before.storage_root, &HASH_EMPTY_TRIE))
		return false;
	CHECK(s->src.each_slot != NULL);
	rc = s->src.each_slot(s->src.ctx, addr, stop_at_first, &found, &e);
	if (rc != RC_OK)
		state_fail(s, rc, &e);
	return found;
}

void
state_touch(struct state *s, const struct addr *addr)
{
	state_obj_edit(s, addr)->now.exists = true;
}

void
state_create(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj_edit(s, addr);
	struct u256 balance = o->now.acc.balance;

	state_wipe(s, o);
	o->now.acc = account_empty();
	o->now.acc.balance = balance; /* sent before the account existed */
	o->now.exists = o->now.is_new = true;
	o->now.is_destroyed = false;
	o->code = bytes_of(NULL, 0);
}

void
state_set_nonce(struct state *s, const struct addr *addr, uint64_t nonce)
{
	struct obj *o = state_obj_edit(s, addr);

	o->now.acc.nonce = nonce;
	o->now.exists = true;
}

void
state_set_balance(
    struct state *s, const struct addr *addr, const struct u256 *balance)
{
	struct obj *o = state_obj_edit(s, addr);

	o->now.acc.balance = *balance;
	o->now.exists = true;
}

void
state_set_code(struct state *s, const struct addr *addr, struct bytes code)
{
	struct obj *o = state_obj_edit(s, addr);

	o->now.acc.code_hash =
	    code.len == 0 ? HASH_EMPTY_CODE : hash_keccak(code);
	o->now.exists = true;
	o->code = arena_copy(s->arena, code);
	if (code.len == 0 || !state_grow(s, (void **)&s->codes, s->code_cnt,
				 &s->code_cap, sizeof(*s->codes)))
		return;
	s->codes[s->code_cnt++] = (struct state_code_change){
	    .hash = o->now.acc.code_hash, .code = o->code};
}

void
state_set_slot(struct state *s, const struct addr *addr, const struct hash *key,
    const struct u256 *value)
{
	struct obj *o = state_obj_edit(s, addr);
	struct slot *sl = state_obj_slot(s, addr, key);
	struct undo *u = state_undo_new(s, UNDO_SLOT);

	if (u == NULL)
		return;
	u->u.slot.slot = sl;
	u->u.slot.now = sl->now;
	u->u.slot.gen = sl->gen;
	if (sl->original_tx != s->tx) {
		sl->original = *state_slot_now(sl);
		sl->original_tx = s->tx;
	}
	sl->now = *value;
	sl->gen = o->now.storage_gen;
	if (sl->has_changed)
		return;
	sl->has_changed = true;
	sl->next_changed = s->changed_slots;
	s->changed_slots = sl;
}

void
state_destroy(struct state *s, const struct addr *addr)
{
	state_obj_edit(s, addr)->now.is_destroyed = true;
}

bool
state_is_destroyed(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->now.is_destroyed;
}

bool
state_is_new(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->now.is_new;
}

void
state_add_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount)
{
	struct obj *o = state_obj_edit(s, addr);

	(void)u256_add(&o->now.acc.balance, &o->now.acc.balance, amount);
	o->now.exists = true;
}

bool
state_sub_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount)
{
	struct obj *o = state_obj(s, addr);

	if (u256_lt(&o->now.acc.balance, amount))
		return false;
	o = state_obj_edit(s, addr);
	(void)u256_sub(&o->now.acc.balance, &o->now.acc.balance, amount);
	return true;
}

void
state_add_log(struct state *s, const struct log_entry *log)
{
	struct undo *u;

	if (!state_grow(s, (void **)&s->logs, s->log_cnt, &s->log_cap,
		sizeof(*s->logs)))
		return;
	u = state_undo_new(s, UNDO_LOG);
	if (u == NULL)
		return;
	s->logs[s->log_cnt] = *log;
	s->logs[s->log_cnt].data = arena_copy(s->arena, log->data);
	s->log_cnt++;
}

const struct log_entry *
state_logs(const struct state *s, size_t *cnt)
{
	*cnt = s->log_cnt;
	return s->logs;
}

static void
set_refund(struct state *s, uint64_t refund)
{
	struct undo *u = state_undo_new(s, UNDO_REFUND);

	if (u == NULL)
		return;
	u->u.refund = s->refund;
	s->refund = refund;
}

void
state_add_refund(struct state *s, uint64_t gas)
{
	set_refund(s, s->refund + gas);
}

void
state_sub_refund(struct state *s, uint64_t gas)
{
	CHECK(s->refund >= gas);
	set_refund(s, s->refund - gas);
}

uint64_t
state_refund(const struct state *s)
{
	return s->refund;
}

bool
state_warm_addr(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	struct undo *u;

	if (o->warm_tx == s->tx)
		return true;
	u = state_undo_new(s, UNDO_WARM);
	if (u == NULL)
		return true;
	u->u.mark = o;
	o->warm_tx = s->tx;
	return false;
}

bool
state_warm_slot(
    struct state *s, const struct addr *addr, const struct hash *key)
{
	struct slot *sl = state_obj_slot(s, addr, key);
	struct undo *u;

	if (sl->warm_tx == s->tx)
		return true;
	u = state_undo_new(s, UNDO_WARM_SLOT);
	if (u == NULL)
		return true;
	u->u.slot.slot = sl;
	sl->warm_tx = s->tx;
	return false;
}

static struct transient *
transient_cell(
    struct state *s, const struct addr *addr, const struct hash *key, bool make)
{
	uint8_t id[52], *kept;
	struct transient *cell;

	memcpy(id, addr->b, 20);
	memcpy(id + 20, key->b, 32);
	cell = state_table_get(&s->transients, id);
	if (cell != NULL && cell->tx != s->tx)
		*cell = (struct transient){.tx = s->tx};
	if (cell != NULL || !make)
		return cell;
	cell = arena_alloc(s->arena, sizeof(*cell));
	kept = arena_alloc(s->arena, sizeof(id));
	if (kept != NULL)
		memcpy(kept, id, sizeof(id));
	if (cell == NULL || kept == NULL ||
	    !state_table_add(&s->transients, kept, cell))
		return NULL;
	cell->tx = s->tx;
	return cell;
}

void
state_transient(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	const struct transient *cell = transient_cell(s, addr, key, false);

	*out = cell == NULL ? U256_ZERO : cell->value;
}

void
state_set_transient(struct state *s, const struct addr *addr,
    const struct hash *key, const struct u256 *value)
{
	struct transient *cell = transient_cell(s, addr, key, true);
	struct undo *u =
	    cell == NULL ? NULL : state_undo_new(s, UNDO_TRANSIENT);

	if (u == NULL)
		return;
	u->u.transient.cell = cell;
	u->u.transient.value = cell->value;
	cell->value = *value;
}

static void
remove_account(struct state *s, struct obj *o)
{
	state_wipe(s, o);
	o->now.acc = account_empty();
	o->now.exists = false;
	o->code = bytes_of(NULL, 0);
}

void
state_end_tx(struct state *s, bool clear_empty)
{
	size_t i;

	for (i = 0; i < s->touched_cnt; i++) {
		struct obj *o = s->touched[i];

		if (o->now.is_destroyed ||
		    (clear_empty && account_is_empty(&o->now.acc)))
			remove_account(s, o);
		o->now.is_new = o->now.is_destroyed = false;
	}
	s->touched_cnt = 0;
	s->undo_cnt = 0;
	s->log_cnt = 0;
	s->logs = NULL; /* the receipt keeps the old array */
	s->log_cap = 0;
	s->refund = 0;
	s->tx++;
}
