/* SPDX-License-Identifier: Apache-2.0
 *
 * The public reads and writes of the world state, and the end of a
 * transaction. Finding and reading is object.c's, undoing journal.c's, what
 * changed diff.c's.
 */
#include "base/check.h"
#include "crypto/rng.h"
#include "state/state_priv.h"

enum { LOG_CAP_MIN = 64 };

struct state *
state_new(struct arena *a, const struct state_source *src)
{
	struct state *s = arena_alloc(a, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = a;
	s->src = *src;
	s->tx = 1;
	rng_fill(s->secret, sizeof(s->secret));
	state_table_open(&s->objs, a, s->secret, sizeof(struct addr));
	state_table_open(&s->slots, a, s->secret, TABLE_KEY_MAX);
	state_table_open(&s->transients, a, s->secret, TABLE_KEY_MAX);
	return s;
}

/* Reads -------------------------------------------------------------- */

bool
state_exists(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->life.exists;
}

bool
state_is_empty(struct state *s, const struct addr *addr)
{
	return account_is_empty(&state_obj(s, addr)->now);
}

uint64_t
state_nonce(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->now.nonce;
}

void
state_balance(struct state *s, struct u256 *out, const struct addr *addr)
{
	*out = state_obj(s, addr)->now.balance;
}

void
state_code_hash(struct state *s, struct hash *out, const struct addr *addr)
{
	*out = state_obj(s, addr)->now.code_hash;
}

struct bytes
state_code(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	struct err e = {.rc = RC_OK};
	enum rc rc;

	if (o->code.ptr != NULL || hash_eq(&o->now.code_hash, &HASH_EMPTY_CODE))
		return o->code;
	rc = s->src.code(s->src.ctx, &o->code, &o->now.code_hash, &e);
	if (rc != RC_OK) {
		state_fail(s, rc, &e);
		o->code = bytes_of(NULL, 0);
	}
	return o->code;
}

static struct slot *
read_slot(struct state *s, const struct addr *addr, const struct hash *key)
{
	struct slot *sl = state_slot_of(s, state_obj(s, addr), key);

	state_slot_read(s, sl);
	return sl;
}

void
state_slot(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	*out = *state_slot_now(read_slot(s, addr, key));
}

/* original_of returns a slot that was read as it was before this
 * transaction. */
static struct u256
original_of(const struct state *s, const struct slot *sl)
{
	return sl->original_tx == s->tx ? sl->original : *state_slot_now(sl);
}

void
state_slot_original(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	*out = original_of(s, read_slot(s, addr, key));
}

/* struct search looks for a stored slot that is not zero by now. */
struct search {
	struct state *s;
	struct obj *o;
	bool found;
};

static bool
is_slot_zero(void *ctx, const struct addr *addr, const struct hash *key)
{
	struct search *x = ctx;
	struct slot *sl = state_slot_of(x->s, x->o, key);

	(void)addr;
	state_slot_read(x->s, sl);
	x->found = !u256_is_zero(state_slot_now(sl));
	return !x->found && x->s->rc == RC_OK;
}

static bool
has_stored_slot(struct state *s, struct obj *o)
{
	struct search x = {.s = s, .o = o};
	struct err e = {.rc = RC_OK};
	enum rc rc;

	if (s->src.each_slot == NULL)
		return true;
	rc = s->src.each_slot(s->src.ctx, &o->addr, is_slot_zero, &x, &e);
	if (rc != RC_OK)
		state_fail(s, rc, &e);
	return x.found;
}

bool
state_has_storage(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	const struct slot *sl;

	for (sl = o->slots; sl != NULL; sl = sl->next)
		if (!u256_is_zero(state_slot_now(sl)))
			return true;
	return o->life.gen == 0 && state_has_stored(o) && has_stored_slot(s, o);
}

enum rc
state_error(const struct state *s, struct err *e)
{
	if (s->rc != RC_OK && e != NULL)
		*e = s->err;
	return s->rc;
}

/* Writes ------------------------------------------------------------- */

static void
set_life(struct state *s, struct obj *o, struct obj_life life)
{
	struct undo *u = state_undo_obj(s, UNDO_LIFE, o);

	if (u == NULL)
		return;
	u->was.life = o->life;
	o->life = life;
}

/* make lets an account exist. */
static void
make(struct state *s, struct obj *o)
{
	struct obj_life life = o->life;

	life.exists = true;
	if (!o->life.exists)
		set_life(s, o, life);
}

static void
set_nonce(struct state *s, struct obj *o, uint64_t nonce)
{
	struct undo *u = state_undo_obj(s, UNDO_NONCE, o);

	if (u == NULL)
		return;
	u->was.number = o->now.nonce;
	o->now.nonce = nonce;
}

static void
set_balance(struct state *s, struct obj *o, const struct u256 *balance)
{
	struct undo *u = state_undo_obj(s, UNDO_BALANCE, o);

	if (u == NULL)
		return;
	u->was.value = o->now.balance;
	o->now.balance = *balance;
}

static void
set_code(
    struct state *s, struct obj *o, const struct hash *hash, struct bytes code)
{
	struct old_code *was = arena_alloc(s->arena, sizeof(*was));
	struct undo *u;

	if (was == NULL) {
		state_no_memory(s);
		return;
	}
	u = state_undo_obj(s, UNDO_CODE, o);
	if (u == NULL)
		return;
	*was = (struct old_code){o->now.code_hash, o->code};
	u->was.code = was;
	o->now.code_hash = *hash;
	o->code = code;
}

void
state_touch(struct state *s, const struct addr *addr)
{
	static const struct u256 zero;

	state_add_balance(s, addr, &zero);
}

void
state_create(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);

	set_life(s, o,
	    (struct obj_life){
		.exists = true, .is_new = true, .gen = o->life.gen + 1});
	if (o->now.nonce != 0)
		set_nonce(s, o, 0);
	if (!hash_eq(&o->now.code_hash, &HASH_EMPTY_CODE))
		set_code(s, o, &HASH_EMPTY_CODE, bytes_of(NULL, 0));
}

void
state_set_nonce(struct state *s, const struct addr *addr, uint64_t nonce)
{
	struct obj *o = state_obj(s, addr);

	make(s, o);
	set_nonce(s, o, nonce);
}

void
state_set_balance(
    struct state *s, const struct addr *addr, const struct u256 *balance)
{
	struct obj *o = state_obj(s, addr);

	make(s, o);
	set_balance(s, o, balance);
}

void
state_set_code(struct state *s, const struct addr *addr, struct bytes code)
{
	struct obj *o = state_obj(s, addr);
	struct hash hash = hash_keccak(code);
	struct bytes copy = bytes_of(NULL, 0);

	make(s, o);
	if (code.len > 0)
		copy = arena_copy(s->arena, code);
	if (code.len > 0 && copy.ptr == NULL)
		state_no_memory(s);
	else
		set_code(s, o, &hash, copy);
}

void
state_set_slot(struct state *s, const struct addr *addr, const struct hash *key,
    const struct u256 *value)
{
	state_slot_put(s, read_slot(s, addr, key), value);
}

void
state_slot_put(struct state *s, struct slot *sl, const struct u256 *value)
{
	struct undo *u = state_undo_obj(s, UNDO_SLOT, sl->obj);

	if (u == NULL)
		return;
	u->of.slot = sl;
	u->gen = sl->gen;
	u->was.value = sl->now;
	if (sl->original_tx != s->tx) {
		sl->original = *state_slot_now(sl);
		sl->original_tx = s->tx;
	}
	sl->now = *value;
	sl->gen = sl->obj->life.gen;
	state_slot_list(sl);
}

void
state_destroy(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj(s, addr);
	struct obj_life life = o->life;

	life.is_destroyed = true;
	set_life(s, o, life);
}

bool
state_is_destroyed(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->life.is_destroyed;
}

bool
state_is_new(struct state *s, const struct addr *addr)
{
	return state_obj(s, addr)->life.is_new;
}

/* keep_touch: the touch of account 3 by nothing stands even when the frame
 * that touched it is undone. Yellow Paper appendix K.1, after the transaction
 * 0xcf416c53... of the main network. */
static void
keep_touch(struct state *s, struct obj *o)
{
	static const struct addr ripemd = {.b = {[19] = 3}};

	if (addr_eq(&o->addr, &ripemd) && account_is_empty(&o->now))
		s->kept_touch = o;
}

void
state_add_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount)
{
	struct obj *o = state_obj(s, addr);
	struct u256 sum;

	make(s, o);
	if (u256_is_zero(amount))
		keep_touch(s, o);
	(void)u256_add(&sum, &o->now.balance, amount);
	set_balance(s, o, &sum);
}

bool
state_sub_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount)
{
	struct obj *o = state_obj(s, addr);
	struct u256 left;

	if (u256_sub(&left, &o->now.balance, amount))
		return false;
	set_balance(s, o, &left);
	return true;
}

/* The running transaction -------------------------------------------- */

static bool
log_room(struct state *s)
{
	size_t cap = s->log_cnt < LOG_CAP_MIN ? LOG_CAP_MIN : 2 * s->log_cnt;
	struct log_entry *more;

	if (s->log_cnt < s->log_cap)
		return true;
	more = arena_array(s->arena, cap, sizeof(*more));
	if (more == NULL) {
		state_no_memory(s);
		return false;
	}
	if (s->log_cnt > 0)
		memcpy(more, s->logs, s->log_cnt * sizeof(*more));
	s->logs = more;
	s->log_cap = cap;
	return true;
}

void
state_add_log(struct state *s, const struct log_entry *log)
{
	struct log_entry copy = *log;

	copy.data = arena_copy(s->arena, log->data);
	if (copy.data.ptr == NULL && log->data.len > 0) {
		state_no_memory(s);
		return;
	}
	if (log_room(s) && state_undo(s, UNDO_LOG) != NULL)
		s->logs[s->log_cnt++] = copy;
}

void
state_add_creation(
    struct state *s, const struct addr *made, const struct addr *by)
{
	struct state_creation *one = arena_alloc(s->arena, sizeof(*one));

	if (one == NULL) {
		state_no_memory(s);
		return;
	}
	*one = (struct state_creation){
	    .c = {.made = *made, .by = *by}, .before = s->creations};
	if (state_undo(s, UNDO_CREATION) != NULL)
		s->creations = one;
}

const struct state_creation *
state_creations(const struct state *s)
{
	return s->creations;
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
	struct undo *u = state_undo(s, UNDO_REFUND);

	if (u == NULL)
		return;
	u->was.number = s->refund;
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

void
state_burn(struct state *s, const struct addr *addr)
{
	struct undo *u = state_undo(s, UNDO_BURNT);
	struct u256 balance;

	if (u == NULL)
		return;
	u->was.value = s->burnt;
	state_balance(s, &balance, addr);
	u256_add(&s->burnt, &s->burnt, &balance);
	state_set_balance(s, addr, &U256_ZERO);
}

void
state_burnt(const struct state *s, struct u256 *out)
{
	*out = s->burnt;
}

uint64_t
state_refund(const struct state *s)
{
	return s->refund;
}

bool
state_warm_addr(struct state *s, const struct addr *addr)
{
	struct obj *o = state_obj_of(s, addr);
	struct undo *u;

	if (o->warm_tx == s->tx)
		return true;
	u = state_undo(s, UNDO_WARM_ADDR);
	if (u == NULL)
		return true;
	u->of.obj = o;
	o->warm_tx = s->tx;
	return false;
}

/* warm_slot marks a slot warm; true when it was. */
static bool
warm_slot(struct state *s, struct slot *sl)
{
	struct undo *u;

	if (sl->warm_tx == s->tx)
		return true;
	u = state_undo(s, UNDO_WARM_SLOT);
	if (u == NULL)
		return true;
	u->of.slot = sl;
	sl->warm_tx = s->tx;
	return false;
}

bool
state_warm_slot(
    struct state *s, const struct addr *addr, const struct hash *key)
{
	return warm_slot(s, state_slot_of(s, state_obj_of(s, addr), key));
}

bool
state_load(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	struct slot *sl = read_slot(s, addr, key);

	*out = *state_slot_now(sl);
	return warm_slot(s, sl);
}

void
state_slot_open(struct state *s, struct state_slot_view *out,
    const struct addr *addr, const struct hash *key)
{
	struct slot *sl = read_slot(s, addr, key);

	out->at = sl;
	out->now = *state_slot_now(sl);
	out->original = original_of(s, sl);
	out->was_warm = warm_slot(s, sl);
}

/* transient_of finds the value of a key, NULL when there is none yet or
 * memory is short; a value of an earlier transaction is zero. */
static struct transient *
transient_of(
    struct state *s, const struct addr *addr, const struct hash *key, bool make)
{
	struct transient id = {.obj = state_obj_of(s, addr), .key = *key};
	struct transient *t;
	uint64_t hash;

	t = state_table_find(&s->transients, &hash, &id);
	if (t == NULL && make) {
		t = arena_alloc(s->arena, sizeof(*t));
		if (t != NULL) {
			*t = id;
			if (!state_table_put(&s->transients, hash, t))
				t = NULL;
		}
		if (t == NULL)
			state_no_memory(s);
	}
	if (t != NULL && t->tx != s->tx) {
		t->tx = s->tx;
		t->value = U256_ZERO;
	}
	return t;
}

void
state_transient(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	const struct transient *t = transient_of(s, addr, key, false);

	*out = t == NULL ? U256_ZERO : t->value;
}

void
state_set_transient(struct state *s, const struct addr *addr,
    const struct hash *key, const struct u256 *value)
{
	struct transient *t = transient_of(s, addr, key, true);
	struct undo *u = t == NULL ? NULL : state_undo(s, UNDO_TRANSIENT);

	if (u == NULL)
		return;
	u->of.transient = t;
	u->was.value = t->value;
	t->value = *value;
}

/* finish_obj ends the transaction for an account that it touched. */
static void
finish_obj(struct state *s, struct obj *o, bool clear_empty)
{
	struct obj_life life = {.exists = o->life.exists, .gen = o->life.gen};

	if (o->life.is_destroyed ||
	    (clear_empty && account_is_empty(&o->now))) {
		life.exists = false;
		life.gen++;
		u256_add(&s->burnt, &s->burnt, &o->now.balance);
		o->now = account_empty();
		o->code = bytes_of(NULL, 0);
	}
	o->life = life;
}

void
state_end_tx(struct state *s, bool clear_empty)
{
	size_t i;

	for (i = 0; i < s->undo_cnt; i++)
		if (s->undo[i].kind == UNDO_TOUCH)
			finish_obj(s, s->undo[i].of.obj, clear_empty);
	if (s->kept_touch != NULL)
		finish_obj(s, s->kept_touch, clear_empty);
	state_forget(s);
}
