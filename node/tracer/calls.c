/* SPDX-License-Identifier: Apache-2.0
 *
 * The call tracer: the tree of messages of a transaction with what each
 * returned, and the logs that stayed. The tree is kept until the end, because
 * only then it is known what was undone; it is walked without recursion.
 */
#include "eth/reason.h"
#include "tracer/tracer_priv.h"

/* About how much JSON a call and a log take beside their data: never more
 * than they do. */
enum { CALL_SIZE = 128, LOG_SIZE = 64, LOG_BYTE_GAS = 8 };

static const char *const types[] = {
    [EVM_CALL] = "CALL",
    [EVM_CALLCODE] = "CALLCODE",
    [EVM_DELEGATECALL] = "DELEGATECALL",
    [EVM_STATICCALL] = "STATICCALL",
    [EVM_CREATE] = "CREATE",
    [EVM_CREATE2] = "CREATE2",
    [CALL_SELFDESTRUCT] = "SELFDESTRUCT",
};

static void
begin(struct tracer *t)
{
	t->calls = (struct calls){.top = NULL};
}

/* grow counts JSON that will have to be written, so that a tree which does
 * not fit ends the run and not just the writing. Data is two digits a byte. */
static void
grow(struct tracer *t, size_t fixed, size_t data_len)
{
	struct calls *k = &t->calls;

	if (t->conf.form == TRACER_TRANSFERS)
		return;
	k->size += fixed + 2 * data_len;
	if (k->size > t->w->max - t->w->len)
		tracer_stop(t, RC_ANSWER_TOO_LARGE);
}

static bool
is_create(const struct call *c)
{
	return c->type == EVM_CREATE || c->type == EVM_CREATE2;
}

/* keep copies data that the machine may change, and counts it. */
static struct bytes
keep(struct tracer *t, size_t fixed, struct bytes in)
{
	/* What moved value is told without its data. */
	if (t->conf.form == TRACER_TRANSFERS)
		return bytes_of(NULL, 0);
	grow(t, fixed, in.len);
	return t->has_stopped ? bytes_of(NULL, 0) : tracer_keep(t, in);
}

/* hang puts c below the running call. */
static void
hang(struct calls *k, struct call *c)
{
	struct call *up = k->at;

	c->up = up;
	if (up == NULL) {
		k->top = c;
		return;
	}
	if (up->last == NULL)
		up->first = c;
	else
		up->last->next = c;
	up->last = c;
	up->call_cnt++;
}

/* is_hidden tells whether messages and logs at this depth are left out. */
static bool
is_hidden(const struct tracer *t)
{
	return t->conf.is_top_only && t->depth > 1;
}

static void
enter(struct tracer *t, const struct evm_msg *msg)
{
	bool keeps_account =
	    msg->kind == EVM_CALLCODE || msg->kind == EVM_DELEGATECALL;
	struct call *c;

	if (is_hidden(t))
		return;
	c = tracer_alloc(t, sizeof(*c));
	if (c == NULL)
		return;
	c->type = (int)msg->kind;
	/* Who sends it is the account whose code runs: of DELEGATECALL not
	 * the caller that is shown to code. */
	c->from = keeps_account ? msg->to : msg->caller;
	c->to = keeps_account ? msg->code_addr : msg->to;
	c->value = msg->value;
	c->gas = msg->gas;
	c->input = keep(t, CALL_SIZE, msg->input);
	hang(&t->calls, c);
	t->calls.at = c;
}

static void
leave(struct tracer *t, const struct evm_result *r)
{
	struct call *c = t->calls.at;

	/* The depth is that of the frame which goes on. */
	if (t->conf.is_top_only && t->depth > 0)
		return;
	c->used = c->gas - r->gas_left;
	c->rc = r->rc;
	c->op = t->op;
	if (r->rc == RC_OK || r->rc == RC_REVERT)
		c->output = keep(t, 0, r->output);
	t->calls.at = c->up;
}

/* copy_data copies a log's data, of which memory may have only a part yet:
 * what it will grow by is zero. */
static struct bytes
copy_data(
    struct tracer *t, struct bytes memory, const struct u256 *at, size_t len)
{
	uint8_t *to;
	size_t have;

	if (len == 0)
		return bytes_of(NULL, 0);
	grow(t, 0, len);
	to = t->has_stopped ? NULL : tracer_alloc(t, len);
	if (to == NULL)
		return bytes_of(NULL, 0);
	if (u256_is_u64(at) && at->w[0] < memory.len) {
		have = memory.len - at->w[0];
		memcpy(to, memory.ptr + at->w[0], have < len ? have : len);
	}
	return bytes_of(to, len);
}

/* note_log reads what a log instruction is about to tell. One that cannot
 * pay for its data will fail. */
static void
note_log(struct tracer *t, const struct evm_step *s)
{
	size_t i, topics = (size_t)(s->op - OP_LOG0);
	const struct u256 *top = s->stack + s->stack_cnt;
	const struct u256 *len = top - 2;
	struct call_log *log;

	if (s->stack_cnt < topics + 2 || s->msg->is_static ||
	    !u256_is_u64(len) || len->w[0] > s->gas / LOG_BYTE_GAS)
		return;
	grow(t, LOG_SIZE, 0);
	log = t->has_stopped ? NULL : tracer_alloc(t, sizeof(*log));
	if (log == NULL)
		return;
	log->addr = s->msg->to;
	log->topic_cnt = topics;
	for (i = 0; i < topics; i++)
		log->topics[i] = tracer_word_hash(top - 3 - i);
	log->data = copy_data(t, s->memory, top - 1, len->w[0]);
	t->calls.log = log;
}

/* note_destruction reads what SELFDESTRUCT is about to move. */
static void
note_destruction(struct tracer *t, const struct evm_step *s)
{
	struct call *c;

	if (s->stack_cnt < 1)
		return;
	c = tracer_alloc(t, sizeof(*c));
	if (c == NULL)
		return;
	c->type = CALL_SELFDESTRUCT;
	c->from = s->msg->to;
	c->to = tracer_word_addr(&s->stack[s->stack_cnt - 1]);
	state_balance(t->st, &c->value, &c->from);
	t->calls.destruction = c;
}

static void
step(struct tracer *t, const struct evm_step *s)
{
	t->calls.log = NULL;
	t->calls.destruction = NULL;
	if (s->op >= OP_LOG0 && s->op <= OP_LOG4 && t->conf.shows_logs &&
	    !is_hidden(t))
		note_log(t, s);
	if (s->op == OP_SELFDESTRUCT && !t->conf.is_top_only)
		note_destruction(t, s);
}

static void
add_log(struct call *c, struct call_log *log)
{
	log->position = c->call_cnt;
	if (c->last_log == NULL)
		c->logs = log;
	else
		c->last_log->next = log;
	c->last_log = log;
}

static void
after(struct tracer *t, uint64_t cost, enum rc rc)
{
	struct calls *k = &t->calls;

	(void)cost;
	if (rc != RC_OK)
		return;
	if (k->log != NULL)
		add_log(k->at, k->log);
	if (k->destruction != NULL) {
		grow(t, CALL_SIZE, 0);
		hang(k, k->destruction);
	}
	k->log = NULL;
	k->destruction = NULL;
}

static void
put_output(struct jsonw *w, const struct call *c)
{
	char room[REASON_PANIC_MAX];
	struct bytes reason;

	if (c->output.len > 0) {
		jsonw_key(w, "output");
		jsonw_data(w, c->output);
	}
	if (c->rc == RC_OK)
		return;
	jsonw_key(w, "error");
	tracer_put_error(w, c->rc, c->op);
	if (c->rc != RC_REVERT || !reason_read(&reason, room, c->output) ||
	    reason.len == 0)
		return;
	jsonw_key(w, "revertReason");
	jsonw_strn(w, reason);
}

static void
put_log(struct jsonw *w, const struct call_log *log)
{
	size_t i;

	jsonw_obj(w);
	jsonw_key(w, "address");
	tracer_put_addr(w, &log->addr);
	jsonw_key(w, "topics");
	jsonw_arr(w);
	for (i = 0; i < log->topic_cnt; i++)
		jsonw_data(w, hash_bytes(&log->topics[i]));
	jsonw_arr_end(w);
	jsonw_key(w, "data");
	jsonw_data(w, log->data);
	jsonw_key(w, "position");
	jsonw_q64(w, log->position);
	jsonw_obj_end(w);
}

/* put_logs writes what a call logged, unless it was undone. */
static void
put_logs(struct jsonw *w, const struct call *c)
{
	const struct call_log *log;

	if (c->logs == NULL || c->is_undone)
		return;
	jsonw_key(w, "logs");
	jsonw_arr(w);
	for (log = c->logs; log != NULL && !w->has_failed; log = log->next)
		put_log(w, log);
	jsonw_arr_end(w);
}

/* open_call writes a call up to those that it made. */
static void
open_call(struct jsonw *w, struct call *c)
{
	c->is_undone = c->rc != RC_OK || (c->up != NULL && c->up->is_undone);
	jsonw_obj(w);
	jsonw_key(w, "type");
	jsonw_str(w, types[c->type]);
	jsonw_key(w, "from");
	tracer_put_addr(w, &c->from);
	if (c->rc == RC_OK || !is_create(c)) {
		jsonw_key(w, "to");
		tracer_put_addr(w, &c->to);
	}
	if (c->type != EVM_STATICCALL) {
		jsonw_key(w, "value");
		jsonw_q256(w, &c->value);
	}
	jsonw_key(w, "gas");
	jsonw_q64(w, c->gas);
	jsonw_key(w, "gasUsed");
	jsonw_q64(w, c->used);
	jsonw_key(w, "input");
	jsonw_data(w, c->input);
	put_output(w, c);
	put_logs(w, c);
	if (c->first == NULL)
		return;
	jsonw_key(w, "calls");
	jsonw_arr(w);
}

static void
close_call(struct jsonw *w, const struct call *c)
{
	if (c->first != NULL)
		jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void
put_tree(struct jsonw *w, struct call *top)
{
	struct call *c = top;

	for (;;) {
		open_call(w, c);
		if (c->first != NULL) {
			c = c->first;
			continue;
		}
		close_call(w, c);
		while (c != top && c->next == NULL) {
			c = c->up;
			close_call(w, c);
		}
		if (c == top)
			return;
		c = c->next;
	}
}

static void
end(struct tracer *t, uint64_t gas_used)
{
	struct call *top = t->calls.top;

	if (t->conf.form != TRACER_CALLS) {
		tracer_put_flat(t, top);
		return;
	}
	/* The transaction's gas, not only that of its message. */
	top->gas = t->tx.gas;
	top->used = gas_used;
	put_tree(t->w, top);
}

const struct form tracer_calls = {
    .begin = begin,
    .step = step,
    .after = after,
    .enter = enter,
    .leave = leave,
    .end = end,
};
