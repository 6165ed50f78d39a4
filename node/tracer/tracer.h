/* SPDX-License-Identifier: Apache-2.0
 *
 * What one transaction or call does, told in the three forms that
 * go-ethereum gave its debug_trace methods and that tools read: every step
 * of the machine, the tree of calls, the accounts before and behind it.
 *
 * A tracer listens to the machine (evm/trace.h), asks the state and writes
 * JSON while exec runs the transaction. What is not traced costs nothing: it
 * runs on the machine's other instance.
 */
#ifndef TRACER_TRACER_H
#define TRACER_TRACER_H

#include "base/err.h"
#include "base/jsonw.h"
#include "exec/call.h"
#include "exec/exec.h"

enum tracer_form {
	TRACER_STEPS,    /* the struct logger */
	TRACER_CALLS,    /* callTracer */
	TRACER_PRESTATE, /* prestateTracer */
	/* Otterscan's, with everything else of struct tracer_conf zero: */
	TRACER_FLAT,      /* ots_traceTransaction */
	TRACER_TRANSFERS, /* ots_getInternalOperations */
	TRACER_REASON     /* ots_getTransactionError */
};

/* struct tracer_conf says what of it is told. Zero is every default. */
struct tracer_conf {
	enum tracer_form form;
	/* TRACER_STEPS */
	bool hides_stack, shows_memory, shows_return_data;
	uint64_t step_max; /* no more steps are told; 0: no bound */
	/* TRACER_CALLS */
	bool is_top_only; /* the transaction's own call alone */
	bool shows_logs;
	/* TRACER_PRESTATE */
	bool is_diff; /* what has changed, before and behind */
	bool hides_code, shows_empty;
	/* TRACER_STEPS, TRACER_PRESTATE */
	bool hides_storage;
};

/*
 * Memory of one trace beside what it writes. What goes in is bounded by the
 * output (calls) or by gas (accounts and slots), far below it.
 */
enum { TRACER_BYTES_MAX = 256 * 1024 * 1024 };

/* Tells that a trace has taken long enough. */
typedef bool tracer_over_fn(void *ctx);

struct tracer;

/*
 * tracer_new makes a tracer for any number of transactions.
 *
 * is_over  asked now and then during a run; may be NULL
 * Returns  NULL when memory is short
 */
struct tracer *tracer_new(
    const struct tracer_conf *conf, tracer_over_fn *is_over, void *ctx);

/* tracer_free ends it; NULL is fine. */
void tracer_free(struct tracer *t);

/*
 * tracer_run_tx is exec_tx that writes what the transaction does to w, as one
 * value.
 *
 * Errors  those of exec_tx
 *         RC_ANSWER_TOO_LARGE  w cannot take it
 *         RC_TIMEOUT           is_over said so
 *         RC_NO_MEMORY         TRACER_BYTES_MAX, or the machine's
 *         After these three the run was cut short: the state is spoilt, and
 *         what w has is no value.
 */
enum rc tracer_run_tx(struct tracer *t, struct jsonw *w, struct arena *a,
    struct receipt *out, struct state *st, const struct exec_env *env,
    const struct tx *tx, const struct addr *sender, uint64_t *gas_left,
    uint64_t *cumulative, struct err *e);

/* tracer_run_call is exec_call_run likewise; the call is over then, as a
 * transaction is. Errors those of exec_call_run, and as above. */
enum rc tracer_run_call(struct tracer *t, struct jsonw *w, struct arena *a,
    struct state *st, const struct exec_env *env, const struct exec_call *c,
    struct err *e);

#endif
