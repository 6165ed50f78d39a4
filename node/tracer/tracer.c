/* SPDX-License-Identifier: Apache-2.0
 *
 * From the machine's callbacks to the form that is asked for, and what all
 * forms share: when a trace has to end before its transaction, and how names
 * and numbers are written.
 */
#include "tracer/tracer.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"
#include "tracer/tracer_priv.h"

/* Steps between two looks at the clock: well below a millisecond. */
enum { TICK_STEPS = 1024 };

void
tracer_stop(struct tracer *t, enum rc why)
{
	if (t->has_stopped)
		return;
	t->has_stopped = true;
	t->why = why;
}

void *
tracer_alloc(struct tracer *t, size_t size)
{
	void *p = arena_alloc(&t->arena, size);

	if (p == NULL)
		tracer_stop(t, RC_NO_MEMORY);
	return p;
}

struct bytes
tracer_keep(struct tracer *t, struct bytes in)
{
	struct bytes out = arena_copy(&t->arena, in);

	if (out.ptr == NULL && in.len > 0) {
		tracer_stop(t, RC_NO_MEMORY);
		return bytes_of(NULL, 0);
	}
	return out;
}

/* check_time ends a trace that takes too long. A message can be all that a
 * loop does, so it counts as a step. */
static void
check_time(struct tracer *t)
{
	if (++t->ticks % TICK_STEPS == 0 && t->is_over != NULL &&
	    t->is_over(t->ctx))
		tracer_stop(t, RC_TIMEOUT);
}

static void
check_room(struct tracer *t)
{
	if (t->w->has_failed)
		tracer_stop(t, RC_ANSWER_TOO_LARGE);
}

static void
on_step(void *ctx, const struct evm_step *s)
{
	struct tracer *t = ctx;

	check_time(t);
	t->op = s->op;
	if (t->has_stopped || t->form->step == NULL)
		return;
	t->form->step(t, s);
	check_room(t);
}

static void
on_after(void *ctx, uint64_t cost, enum rc rc)
{
	struct tracer *t = ctx;

	if (!t->has_stopped && t->form->after != NULL)
		t->form->after(t, cost, rc);
}

static void
on_enter(void *ctx, const struct evm_msg *msg)
{
	struct tracer *t = ctx;

	check_time(t);
	t->depth++;
	if (!t->has_stopped && t->form->enter != NULL)
		t->form->enter(t, msg);
}

static void
on_leave(void *ctx, const struct evm_result *r)
{
	struct tracer *t = ctx;

	t->depth--;
	if (t->has_stopped)
		return;
	if (t->form->leave != NULL)
		t->form->leave(t, r);
	if (t->depth > 0)
		return;
	t->rc = r->rc;
	t->output = tracer_keep(t, r->output);
}

static const struct form *
form_of(enum tracer_form form)
{
	switch (form) {
	case TRACER_STEPS:
		return &tracer_steps;
	case TRACER_CALLS:
	case TRACER_FLAT:
	case TRACER_TRANSFERS:
	case TRACER_REASON:
		return &tracer_calls;
	case TRACER_PRESTATE:
		return &tracer_prestate;
	}
	return &tracer_steps;
}

struct tracer *
tracer_new(const struct tracer_conf *conf, tracer_over_fn *is_over, void *ctx)
{
	struct tracer *t = mem_new(sizeof(*t));

	if (t == NULL)
		return NULL;
	t->conf = *conf;
	if (conf->form == TRACER_REASON)
		t->conf.is_top_only = true;
	t->form = form_of(conf->form);
	t->is_over = is_over;
	t->ctx = ctx;
	t->hooks = (struct evm_tracer){
	    .step = on_step,
	    .after = on_after,
	    .enter = on_enter,
	    .leave = on_leave,
	    .stop = &t->has_stopped,
	    .ctx = t,
	};
	arena_init(&t->arena, TRACER_BYTES_MAX);
	return t;
}

/* forget drops what was kept of a transaction. */
static void
forget(struct tracer *t)
{
	if (t->w != NULL && t->form->drop != NULL)
		t->form->drop(t);
	arena_drop(&t->arena);
	t->w = NULL;
}

void
tracer_free(struct tracer *t)
{
	if (t == NULL)
		return;
	forget(t);
	mem_free(t);
}

/* begin gets ready for a transaction that has not begun; its result goes to
 * w. */
static void
begin(struct tracer *t, struct jsonw *w, struct state *st, struct evm *vm,
    const struct subject *tx)
{
	forget(t);
	t->w = w;
	t->st = st;
	t->tx = *tx;
	t->depth = 0;
	t->has_stopped = false;
	t->rc = RC_OK;
	t->output = bytes_of(NULL, 0);
	t->form->begin(t);
	check_room(t);
	evm_trace(vm, &t->hooks);
}

/* end writes what is left of the result, behind the end of the transaction:
 * what it destroyed is gone, its fees are paid. */
static enum rc
end(struct tracer *t, uint64_t gas_used, struct err *e)
{
	DCHECK(t->depth == 0);
	if (!t->has_stopped)
		t->form->end(t, gas_used);
	check_room(t);
	if (t->has_stopped && t->why == RC_TIMEOUT)
		return FAIL(e, RC_TIMEOUT, "execution timeout");
	if (t->has_stopped)
		return FAIL(e, t->why, "%s", err_text(t->why));
	return state_error(t->st, e);
}

static struct subject
subject_of_tx(
    const struct tx *tx, const struct addr *sender, const struct exec_env *env)
{
	return (struct subject){
	    .sender = *sender,
	    .to = tx->is_create ? addr_create(sender, tx->nonce) : tx->to,
	    .author = env->block.coinbase,
	    .gas = tx->gas,
	    .fork = env->block.fork,
	    .auths = tx->auths,
	    .auth_cnt = tx->auth_cnt,
	};
}

enum rc
tracer_run_tx(struct tracer *t, struct jsonw *w, struct arena *a,
    struct receipt *out, struct state *st, const struct exec_env *env,
    const struct tx *tx, const struct addr *sender, uint64_t *gas_left,
    uint64_t *cumulative, struct err *e)
{
	struct subject subject = subject_of_tx(tx, sender, env);
	enum rc rc;

	begin(t, w, st, env->vm, &subject);
	rc = exec_tx(a, out, st, env, tx, sender, gas_left, cumulative, e);
	evm_trace(env->vm, NULL);
	if (rc == RC_OK)
		rc = end(t, out->gas_used, e);
	forget(t);
	return rc;
}

static struct subject
subject_of_call(
    const struct exec_call *c, struct state *st, const struct exec_env *env)
{
	struct addr made = addr_create(&c->from, state_nonce(st, &c->from));

	return (struct subject){
	    .sender = c->from,
	    .to = c->is_create ? made : c->to,
	    .author = env->block.coinbase,
	    .gas = c->gas,
	    .fork = env->block.fork,
	    .auths = c->auths,
	    .auth_cnt = c->auth_cnt,
	};
}

enum rc
tracer_run_call(struct tracer *t, struct jsonw *w, struct arena *a,
    struct state *st, const struct exec_env *env, const struct exec_call *c,
    struct err *e)
{
	struct subject subject = subject_of_call(c, st, env);
	struct exec_outcome out;
	enum rc rc;

	begin(t, w, st, env->vm, &subject);
	rc = exec_call_run(a, &out, st, env, c, e);
	evm_trace(env->vm, NULL);
	if (rc == RC_OK) {
		state_end_tx(st, env->block.fork >= FORK_SPURIOUS);
		rc = end(t, out.gas_used, e);
	}
	forget(t);
	return rc;
}

/* op_text names an instruction as go-ethereum does, also bytes that are
 * none. */
static const char *
op_text(char *room, size_t size, uint8_t op)
{
	const char *name = evm_op_name(op);

	if (op == OP_INVALID)
		return "INVALID";
	if (name != NULL)
		return name;
	(void)snprintf(room, size, "opcode 0x%x not defined", op);
	return room;
}

void
tracer_put_op(struct jsonw *w, uint8_t op)
{
	char room[32];

	jsonw_str(w, op_text(room, sizeof(room), op));
}

void
tracer_put_error(struct jsonw *w, enum rc rc, uint8_t op)
{
	char room[32];

	if (rc == RC_EVM_OPCODE || rc == RC_EVM_INVALID)
		jsonw_fmt(
		    w, "%s: %s", err_text(rc), op_text(room, sizeof(room), op));
	else
		jsonw_str(w, err_text(rc));
}

void
tracer_key_hex(struct jsonw *w, struct bytes name)
{
	char text[2 * sizeof(struct hash) + 3];

	CHECK(name.len <= sizeof(struct hash));
	jsonw_key(w, hex_put0x(text, name));
}

void
tracer_put_word(struct jsonw *w, const struct u256 *v)
{
	uint8_t word[32];

	u256_to_be(word, v);
	jsonw_data(w, bytes_of(word, sizeof(word)));
}

void
tracer_put_addr(struct jsonw *w, const struct addr *a)
{
	jsonw_data(w, addr_bytes(a));
}

struct addr
tracer_word_addr(const struct u256 *w)
{
	uint8_t word[32];
	struct addr out;

	u256_to_be(word, w);
	memcpy(out.b, word + sizeof(word) - sizeof(out.b), sizeof(out.b));
	return out;
}

struct hash
tracer_word_hash(const struct u256 *w)
{
	struct hash out;

	u256_to_be(out.b, w);
	return out;
}
