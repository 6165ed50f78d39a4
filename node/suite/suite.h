/* SPDX-License-Identifier: Apache-2.0
 *
 * The public test suites of Ethereum as a judge of this node: a file of cases
 * goes in, a verdict for each comes out. What is judged is the code that
 * noded runs; nothing here knows a rule of the protocol.
 *
 * A file is one JSON object from test name to test. What does not have the
 * form of its suite is an error of the file (RC_BAD_JSON with line and
 * column, RC_BAD_INPUT with the way to the value) and ends it; what does not
 * give the result that it should is a verdict.
 */
#ifndef SUITE_SUITE_H
#define SUITE_SUITE_H

#include "eth/fork.h"
#include "evm/evm.h"

/* Largest file; the longest published one has 30 MB. */
enum { SUITE_FILE_MAX = 256 * 1024 * 1024 };

/* struct suite_verdict is what became of one case; views live until the
 * callback returns. */
struct suite_verdict {
	const char *name, *fork;
	bool is_pass;
	const char *skipped; /* why it was not run, or NULL */
	const char *why;     /* why it failed, or NULL */
	/* The suite's name for a refusal that refusal.def has no row for, so
	 * that nobody compared the reason; or NULL. */
	const char *untold;
	/* State tests: which data, gas, value of the transaction; what its
	 * execution gave. */
	bool has_at;
	size_t data_at, gas_at, value_at;
	struct hash root; /* of the state, or the head block's hash */
	struct hash logs; /* of their RLP list */
	uint64_t gas_used;
	bool is_refused; /* the transaction changed nothing */
};

typedef void suite_say_fn(void *ctx, const struct suite_verdict *v);

/* struct suite is how files are run. */
struct suite {
	struct evm *vm;       /* its tracer is the caller's */
	const char *fork;     /* only cases of this one; NULL: all */
	const char *tmp_dir;  /* block tests: where a store may live */
	suite_say_fn *before; /* before a case runs; may be NULL */
	suite_say_fn *say;
	void *ctx;
};

/* suite_state runs a file of state tests: one transaction, one fork a case. */
enum rc suite_state(const struct suite *s, struct bytes doc, struct err *e);

/* suite_block runs a file of block tests: each is a chain that is imported
 * into a store of its own. */
enum rc suite_block(const struct suite *s, struct bytes doc, struct err *e);

/* suite_vm runs a file of VM tests: bare code under Frontier's gas. */
enum rc suite_vm(const struct suite *s, struct bytes doc, struct err *e);

/* suite_tx runs a file of transaction tests: raw bytes, a verdict a fork. */
enum rc suite_tx(const struct suite *s, struct bytes doc, struct err *e);

/* struct suite_call is a program run by itself in a world of its own, as code
 * of an account that is called with all the coins a caller may want. */
struct suite_call {
	struct bytes code, input;
	struct u256 value;
	uint64_t gas;
	const char *fork;
};

/*
 * suite_code runs a program.
 *
 * a       the world; the output is the machine's
 * Errors  RC_BAD_INPUT  no such fork
 */
enum rc suite_code(struct arena *a, struct evm_result *out, struct evm *vm,
    const struct suite_call *c, struct err *e);

/*
 * suite_plan makes the fork plan that a suite's name stands for ("EIP158",
 * "BerlinToLondonAt5", "ParisToShanghaiAtTime15k").
 *
 * ttd     set for a change at a total difficulty, when has_ttd is
 * Errors  RC_BAD_INPUT  no such name
 */
enum rc suite_plan(
    struct fork_plan *out, struct u256 *ttd, const char *name, struct err *e);

#endif
