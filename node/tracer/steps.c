/* SPDX-License-Identifier: Apache-2.0
 *
 * The struct logger: one object per instruction, written as the machine
 * goes. What an instruction costs is known when the next one begins, so that
 * an object is written in two parts; of a creation it is known when its
 * message begins, since the gas that goes with the message is not a cost
 * here (of a call it is).
 *
 * Spec  execution-apis, OpcodeTransactionTrace and StructLog
 */
#include "base/check.h"
#include "tracer/tracer_priv.h"

enum { WORD_LEN = 32 };

/* What was read and written of one contract's storage. */
struct contract {
	struct slot_seen *first, *last;
};

static void
begin(struct tracer *t)
{
	t->steps = (struct steps){.cnt = 0};
	map_init(&t->steps.contracts, sizeof(struct addr), TRACER_ENTRY_MAX);
	jsonw_obj(t->w);
	jsonw_key(t->w, "structLogs");
	jsonw_arr(t->w);
}

static void
drop(struct tracer *t)
{
	map_free(&t->steps.contracts);
}

static void
put_stack(struct jsonw *w, const struct evm_step *s)
{
	size_t i;

	jsonw_key(w, "stack");
	jsonw_arr(w);
	for (i = 0; i < s->stack_cnt; i++)
		jsonw_q256(w, &s->stack[i]);
	jsonw_arr_end(w);
}

/* put_memory writes whole words: memory grows by them. */
static void
put_memory(struct jsonw *w, struct bytes memory)
{
	struct bytes word;

	if (memory.len == 0)
		return;
	jsonw_key(w, "memory");
	jsonw_arr(w);
	while (!w->has_failed && bytes_take(&word, &memory, WORD_LEN))
		jsonw_data(w, word);
	jsonw_arr_end(w);
}

/* note_slot remembers which slot an instruction is about, with the value
 * that it has behind it. */
static void
note_slot(struct tracer *t, const struct evm_step *s)
{
	struct steps *k = &t->steps;
	const struct u256 *top = s->stack + s->stack_cnt;
	size_t need = s->op == OP_SLOAD ? 1 : 2;

	k->has_slot = false;
	if ((s->op != OP_SLOAD && s->op != OP_SSTORE) ||
	    t->conf.hides_storage || s->stack_cnt < need)
		return;
	k->has_slot = true;
	k->owner = s->msg->to;
	k->slot.key = tracer_word_hash(top - 1);
	if (s->op == OP_SSTORE)
		k->slot.value = *(top - 2);
	else
		state_slot(t->st, &k->slot.value, &k->owner, &k->slot.key);
}

static void
step(struct tracer *t, const struct evm_step *s)
{
	struct steps *k = &t->steps;
	struct jsonw *w = t->w;

	if (t->conf.step_max > 0 && k->cnt >= t->conf.step_max)
		return;
	k->cnt++;
	k->is_open = true;
	k->op = s->op;
	note_slot(t, s);
	jsonw_obj(w);
	jsonw_key(w, "pc");
	jsonw_u64(w, s->pc);
	jsonw_key(w, "op");
	tracer_put_op(w, s->op);
	jsonw_key(w, "gas");
	jsonw_u64(w, s->gas);
	jsonw_key(w, "depth");
	jsonw_u64(w, s->depth);
	if (s->refund > 0) {
		jsonw_key(w, "refund");
		jsonw_u64(w, s->refund);
	}
	if (!t->conf.hides_stack)
		put_stack(w, s);
	if (t->conf.shows_memory)
		put_memory(w, s->memory);
	if (t->conf.shows_return_data && s->return_data.len > 0) {
		jsonw_key(w, "returnData");
		jsonw_data(w, s->return_data);
	}
}

/* contract_of finds what is known of a contract's storage. */
static struct contract *
contract_of(struct tracer *t, const struct addr *addr)
{
	struct map *m = &t->steps.contracts;
	struct contract *c = map_get(m, addr);

	if (c != NULL)
		return c;
	c = tracer_alloc(t, sizeof(*c));
	if (c != NULL && !map_put(m, addr, c)) {
		tracer_stop(t, RC_NO_MEMORY);
		return NULL;
	}
	return c;
}

/* see_slot puts the value of the instruction's slot into the contract's list.
 * All of the list is written behind it anyway. */
static void
see_slot(struct tracer *t, struct contract *c)
{
	const struct slot_seen *now = &t->steps.slot;
	struct slot_seen *s = c->first;

	while (s != NULL && !hash_eq(&s->key, &now->key))
		s = s->next;
	if (s != NULL) {
		s->value = now->value;
		return;
	}
	s = tracer_alloc(t, sizeof(*s));
	if (s == NULL)
		return;
	s->key = now->key;
	s->value = now->value;
	if (c->last == NULL)
		c->first = s;
	else
		c->last->next = s;
	c->last = s;
}

static void
put_storage(struct tracer *t)
{
	struct contract *c = contract_of(t, &t->steps.owner);
	const struct slot_seen *s;

	if (c == NULL)
		return;
	see_slot(t, c);
	jsonw_key(t->w, "storage");
	jsonw_obj(t->w);
	for (s = c->first; s != NULL && !t->w->has_failed; s = s->next) {
		tracer_key_hex(t->w, hash_bytes(&s->key));
		tracer_put_word(t->w, &s->value);
	}
	jsonw_obj_end(t->w);
}

/* finish writes the second part of a step. A revert is what its instruction
 * is for, and no error of it. */
static void
finish(struct tracer *t, uint64_t cost, enum rc rc)
{
	struct steps *k = &t->steps;
	struct jsonw *w = t->w;

	k->is_open = false;
	k->is_creating = false;
	jsonw_key(w, "gasCost");
	jsonw_u64(w, cost);
	if (rc != RC_OK && rc != RC_REVERT) {
		jsonw_key(w, "error");
		tracer_put_error(w, rc, k->op);
	}
	if (rc == RC_OK && k->has_slot)
		put_storage(t);
	jsonw_obj_end(w);
}

static void
after(struct tracer *t, uint64_t cost, enum rc rc)
{
	struct steps *k = &t->steps;

	if (!k->is_open)
		return;
	k->is_creating =
	    rc == RC_OK && (k->op == OP_CREATE || k->op == OP_CREATE2);
	if (k->is_creating)
		k->cost = cost;
	else
		finish(t, cost, rc);
}

static void
enter(struct tracer *t, const struct evm_msg *msg)
{
	if (t->steps.is_creating)
		finish(t, t->steps.cost - msg->gas, RC_OK);
}

static void
end(struct tracer *t, uint64_t gas_used)
{
	struct jsonw *w = t->w;
	bool has_data = t->rc == RC_OK || t->rc == RC_REVERT;

	DCHECK(!t->steps.is_open);
	jsonw_arr_end(w);
	jsonw_key(w, "gas");
	jsonw_u64(w, gas_used);
	jsonw_key(w, "failed");
	jsonw_bool(w, t->rc != RC_OK);
	jsonw_key(w, "returnValue");
	jsonw_data(w, has_data ? t->output : bytes_of(NULL, 0));
	jsonw_obj_end(w);
}

const struct form tracer_steps = {
    .begin = begin,
    .step = step,
    .after = after,
    .enter = enter,
    .end = end,
    .drop = drop,
};
