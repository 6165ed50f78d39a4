/* SPDX-License-Identifier: Apache-2.0
 *
 * The prestate tracer: the accounts and slots that a transaction needs, as
 * they were before it; or what it changed of them, before and behind.
 *
 * An account is looked at when the transaction first can reach it, which is
 * before it can change it.
 */
#include "base/check.h"
#include "tracer/tracer_priv.h"

/* struct slot_name is the key of the map of slots. */
struct slot_name {
	struct addr addr;
	struct hash key;
};

/* add makes room for an account and puts it into map and list. */
static struct pre_account *
add(struct tracer *t, const struct addr *addr)
{
	struct prestate *p = &t->prestate;
	struct pre_account *a = tracer_alloc(t, sizeof(*a));

	if (a == NULL)
		return NULL;
	if (!map_put(&p->accounts, addr, a)) {
		tracer_stop(t, RC_NO_MEMORY);
		return NULL;
	}
	a->addr = *addr;
	if (p->last == NULL)
		p->first = a;
	else
		p->last->next = a;
	p->last = a;
	return a;
}

/* look returns an account, remembering it as it is when it is new; NULL when
 * memory is short. */
static struct pre_account *
look(struct tracer *t, const struct addr *addr)
{
	struct pre_account *a = map_get(&t->prestate.accounts, addr);

	if (a != NULL)
		return a;
	a = add(t, addr);
	if (a == NULL)
		return NULL;
	state_balance(t->st, &a->balance, addr);
	a->nonce = state_nonce(t->st, addr);
	state_code_hash(t->st, &a->code_hash, addr);
	if (!t->conf.hides_code)
		a->code = state_code(t->st, addr);
	a->is_empty = state_is_empty(t->st, addr);
	return a;
}

/* look_slot remembers a slot as it is when it is new. */
static void
look_slot(struct tracer *t, const struct addr *addr, const struct hash *key)
{
	struct slot_name name = {.addr = *addr, .key = *key};
	struct pre_account *a = look(t, addr);
	struct pre_slot *s;

	if (a == NULL || t->conf.hides_storage ||
	    map_get(&t->prestate.slots, &name) != NULL)
		return;
	s = tracer_alloc(t, sizeof(*s));
	if (s == NULL)
		return;
	if (!map_put(&t->prestate.slots, &name, s)) {
		tracer_stop(t, RC_NO_MEMORY);
		return;
	}
	s->key = *key;
	state_slot(t->st, &s->before, addr, key);
	if (a->last_slot == NULL)
		a->slots = s;
	else
		a->last_slot->next = s;
	a->last_slot = s;
}

/* look_code remembers an account whose code runs, and whose code that is in
 * truth (EIP-7702). */
static void
look_code(struct tracer *t, const struct addr *addr)
{
	const struct pre_account *a = look(t, addr);
	struct addr target;

	if (a != NULL && evm_delegation(&target, state_code(t->st, addr)))
		(void)look(t, &target);
}

static void
begin(struct tracer *t)
{
	struct prestate *p = &t->prestate;
	struct addr signer;
	size_t i;

	*p = (struct prestate){.first = NULL};
	map_init(&p->accounts, sizeof(struct addr), TRACER_ENTRY_MAX);
	map_init(&p->slots, sizeof(struct slot_name), TRACER_ENTRY_MAX);
	(void)look(t, &t->tx.sender);
	look_code(t, &t->tx.to);
	(void)look(t, &t->tx.author);
	for (i = 0; i < t->tx.auth_cnt; i++) {
		if (tx_auth_signer(&signer, &t->tx.auths[i], NULL) == RC_OK)
			(void)look(t, &signer);
	}
}

static void
drop(struct tracer *t)
{
	map_free(&t->prestate.accounts);
	map_free(&t->prestate.slots);
}

static void
step(struct tracer *t, const struct evm_step *s)
{
	const struct u256 *top;
	struct addr addr;
	struct hash key;

	if (s->stack_cnt == 0)
		return;
	top = &s->stack[s->stack_cnt - 1];
	switch (s->op) {
	case OP_SLOAD:
	case OP_SSTORE:
		key = tracer_word_hash(top);
		look_slot(t, &s->msg->to, &key);
		break;
	case OP_BALANCE:
	case OP_EXTCODESIZE:
	case OP_EXTCODECOPY:
	case OP_EXTCODEHASH:
	case OP_SELFDESTRUCT:
		addr = tracer_word_addr(top);
		(void)look(t, &addr);
		break;
	default:
		break;
	}
}

/* enter comes before a message moves or makes anything. A creation that was
 * refused has no address. */
static void
enter(struct tracer *t, const struct evm_msg *msg)
{
	bool is_create = msg->kind == EVM_CREATE || msg->kind == EVM_CREATE2;

	if (!is_create)
		look_code(t, &msg->code_addr);
	else if (!addr_is_zero(&msg->to))
		(void)look(t, &msg->to);
}

static void
put_code(struct jsonw *w, struct bytes code)
{
	if (code.len == 0)
		return;
	jsonw_key(w, "code");
	jsonw_data(w, code);
}

static void
put_nonce(struct jsonw *w, uint64_t nonce)
{
	if (nonce == 0)
		return;
	jsonw_key(w, "nonce");
	jsonw_u64(w, nonce);
}

/* Which slots of an account are told, and with which value. */
enum slots { SLOTS_ALL, SLOTS_BEFORE, SLOTS_BEHIND };

/* is_told leaves out slots that did not change, and those that are not there
 * on this side of the change. */
static bool
is_told(const struct pre_slot *s, enum slots which)
{
	if (which == SLOTS_ALL)
		return true;
	return !u256_eq(&s->before, &s->behind) &&
	       !u256_is_zero(which == SLOTS_BEFORE ? &s->before : &s->behind);
}

static void
put_slots(struct tracer *t, const struct pre_account *a, enum slots which)
{
	const struct pre_slot *s;
	bool has_begun = false;

	for (s = a->slots; s != NULL && !t->w->has_failed; s = s->next) {
		if (!is_told(s, which))
			continue;
		if (!has_begun) {
			jsonw_key(t->w, "storage");
			jsonw_obj(t->w);
			has_begun = true;
		}
		tracer_key_hex(t->w, hash_bytes(&s->key));
		tracer_put_word(
		    t->w, which == SLOTS_BEHIND ? &s->behind : &s->before);
	}
	if (has_begun)
		jsonw_obj_end(t->w);
}

static void
put_before(struct tracer *t, const struct pre_account *a, enum slots which)
{
	tracer_key_hex(t->w, addr_bytes(&a->addr));
	jsonw_obj(t->w);
	jsonw_key(t->w, "balance");
	jsonw_q256(t->w, &a->balance);
	put_code(t->w, a->code);
	put_nonce(t->w, a->nonce);
	put_slots(t, a, which);
	jsonw_obj_end(t->w);
}

/* struct change is what a transaction did to an account. */
struct change {
	struct u256 balance;
	uint64_t nonce;
	bool is_gone, has_balance, has_nonce, has_code, has_slot;
};

/* compare reads an account as it is now. */
static struct change
compare(struct tracer *t, struct pre_account *a)
{
	struct change c = {
	    .is_gone = !a->is_empty && !state_exists(t->st, &a->addr)};
	struct hash code_hash;
	struct pre_slot *s;

	state_balance(t->st, &c.balance, &a->addr);
	c.nonce = state_nonce(t->st, &a->addr);
	state_code_hash(t->st, &code_hash, &a->addr);
	c.has_balance = !u256_eq(&c.balance, &a->balance);
	c.has_nonce = c.nonce != a->nonce;
	c.has_code = !hash_eq(&code_hash, &a->code_hash);
	for (s = a->slots; s != NULL; s = s->next) {
		state_slot(t->st, &s->behind, &a->addr, &s->key);
		c.has_slot |= !u256_eq(&s->before, &s->behind);
	}
	return c;
}

static bool
is_change(const struct change *c)
{
	return c->is_gone || c->has_balance || c->has_nonce || c->has_code ||
	       c->has_slot;
}

/* put_behind writes what is new of an account. */
static void
put_behind(struct tracer *t, struct pre_account *a)
{
	struct change c = compare(t, a);

	if (c.is_gone || !is_change(&c))
		return;
	tracer_key_hex(t->w, addr_bytes(&a->addr));
	jsonw_obj(t->w);
	if (c.has_balance) {
		jsonw_key(t->w, "balance");
		jsonw_q256(t->w, &c.balance);
	}
	if (c.has_code && !t->conf.hides_code)
		put_code(t->w, state_code(t->st, &a->addr));
	if (c.has_nonce)
		put_nonce(t->w, c.nonce);
	put_slots(t, a, SLOTS_BEHIND);
	jsonw_obj_end(t->w);
}

/* put_changed writes an account as it was, when it is another now. Of one
 * that is gone all is told. */
static void
put_changed(struct tracer *t, struct pre_account *a)
{
	struct change c = compare(t, a);

	if ((!a->is_empty || t->conf.shows_empty) && is_change(&c))
		put_before(t, a, c.is_gone ? SLOTS_ALL : SLOTS_BEFORE);
}

static void
put_diff(struct tracer *t)
{
	struct pre_account *a;

	jsonw_key(t->w, "post");
	jsonw_obj(t->w);
	for (a = t->prestate.first; a != NULL; a = a->next)
		put_behind(t, a);
	jsonw_obj_end(t->w);
	jsonw_key(t->w, "pre");
	jsonw_obj(t->w);
	for (a = t->prestate.first; a != NULL; a = a->next)
		put_changed(t, a);
	jsonw_obj_end(t->w);
}

static void
end(struct tracer *t, uint64_t gas_used)
{
	const struct pre_account *a;

	(void)gas_used;
	jsonw_obj(t->w);
	if (t->conf.is_diff) {
		put_diff(t);
	} else {
		for (a = t->prestate.first; a != NULL; a = a->next) {
			if (!a->is_empty || t->conf.shows_empty)
				put_before(t, a, SLOTS_ALL);
		}
	}
	jsonw_obj_end(t->w);
}

const struct form tracer_prestate = {
    .begin = begin,
    .step = step,
    .enter = enter,
    .end = end,
    .drop = drop,
};
