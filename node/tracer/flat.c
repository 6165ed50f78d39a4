/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of calls of calls.c as Otterscan reads it: one list in the order
 * in which the calls began, what moved value inside, or only why the whole
 * failed.
 *
 * Spec  Otterscan, "JSON-RPC API extensions"; what that leaves open is as
 *       Erigon has it, but that value which a revert moved back is not told
 */
#include "tracer/tracer_priv.h"

/* Types of ots_getInternalOperations. */
enum { MOVE_TRANSFER, MOVE_DESTRUCTION, MOVE_CREATE, MOVE_CREATE2 };

static const char *const types[] = {
    [EVM_CALL] = "CALL",
    [EVM_CALLCODE] = "CALLCODE",
    [EVM_DELEGATECALL] = "DELEGATECALL",
    [EVM_STATICCALL] = "STATICCALL",
    [EVM_CREATE] = "CREATE",
    [EVM_CREATE2] = "CREATE2",
    [CALL_SELFDESTRUCT] = "SELFDESTRUCT",
};

/* next_of walks the tree below top in order; NULL at the end. */
static struct call *
next_of(struct call *c, const struct call *top, unsigned *depth)
{
	if (c->first != NULL) {
		(*depth)++;
		return c->first;
	}
	while (c != top && c->next == NULL) {
		c = c->up;
		(*depth)--;
	}
	return c == top ? NULL : c->next;
}

static void
put_addr(struct jsonw *w, const char *key, const struct addr *a)
{
	jsonw_key(w, key);
	tracer_put_addr(w, a);
}

/* is_code tells calls that run code from those of a precompile. */
static bool
is_code(const struct tracer *t, const struct call *c)
{
	return c->type == EVM_CREATE || c->type == EVM_CREATE2 ||
	       c->type == CALL_SELFDESTRUCT ||
	       !evm_is_precompile(&c->to, t->tx.fork);
}

static void
put_entry(struct jsonw *w, const struct call *c, unsigned depth)
{
	jsonw_obj(w);
	jsonw_key(w, "type");
	jsonw_str(w, types[c->type]);
	jsonw_key(w, "depth");
	jsonw_u64(w, depth);
	put_addr(w, "from", &c->from);
	put_addr(w, "to", &c->to);
	jsonw_key(w, "value");
	if (c->type == EVM_DELEGATECALL || c->type == EVM_STATICCALL)
		jsonw_null(w);
	else
		jsonw_q256(w, &c->value);
	jsonw_key(w, "input");
	jsonw_data(w, c->input);
	jsonw_key(w, "output");
	jsonw_data(w, c->output);
	jsonw_obj_end(w);
}

static void
put_list(const struct tracer *t, struct call *top)
{
	unsigned depth = 0;
	struct call *c;

	jsonw_arr(t->w);
	for (c = top; c != NULL && !t->w->has_failed;
	     c = next_of(c, top, &depth)) {
		if (is_code(t, c))
			put_entry(t->w, c, depth);
	}
	jsonw_arr_end(t->w);
}

/* move_of tells what a call below the top did to balances and accounts;
 * false when that is nothing. */
static bool
move_of(int *out, const struct call *c)
{
	switch (c->type) {
	case EVM_CALL:
		*out = MOVE_TRANSFER;
		return !u256_is_zero(&c->value);
	case CALL_SELFDESTRUCT:
		*out = MOVE_DESTRUCTION;
		return true;
	case EVM_CREATE:
		*out = MOVE_CREATE;
		return true;
	case EVM_CREATE2:
		*out = MOVE_CREATE2;
		return true;
	default: /* value stays where it is */
		return false;
	}
}

static void
put_move(struct jsonw *w, int type, const struct call *c)
{
	jsonw_obj(w);
	jsonw_key(w, "type");
	jsonw_i64(w, type);
	put_addr(w, "from", &c->from);
	put_addr(w, "to", &c->to);
	jsonw_key(w, "value");
	jsonw_q256(w, &c->value);
	jsonw_obj_end(w);
}

static void
put_moves(const struct tracer *t, struct call *top)
{
	unsigned depth = 0;
	struct call *c;
	int type;

	jsonw_arr(t->w);
	for (c = top; c != NULL && !t->w->has_failed;
	     c = next_of(c, top, &depth)) {
		c->is_undone =
		    c->rc != RC_OK || (c->up != NULL && c->up->is_undone);
		if (c != top && !c->is_undone && move_of(&type, c))
			put_move(t->w, type, c);
	}
	jsonw_arr_end(t->w);
}

/* put_reason writes what a revert returned; nothing for any other end. */
static void
put_reason(struct jsonw *w, const struct call *top)
{
	jsonw_data(w, top->rc == RC_REVERT ? top->output : bytes_of(NULL, 0));
}

void
tracer_put_flat(const struct tracer *t, struct call *top)
{
	switch (t->conf.form) {
	case TRACER_FLAT:
		put_list(t, top);
		return;
	case TRACER_TRANSFERS:
		put_moves(t, top);
		return;
	case TRACER_REASON:
		put_reason(t->w, top);
		return;
	case TRACER_STEPS:
	case TRACER_CALLS:
	case TRACER_PRESTATE:
		return;
	}
}
