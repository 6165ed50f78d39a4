/* SPDX-License-Identifier: Apache-2.0
 *
 * Transaction tests: raw bytes, and for each fork whether they are a
 * transaction, whose, and what it costs before it runs.
 */
#include <strings.h>

#include "base/check.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"

/* One verdict on its way. */
struct tx_case {
	const struct suite *s;
	const json_t *want;
	struct suite_verdict v;
	struct arena arena;
	struct bytes raw;
	struct tx tx;
	struct addr sender;
	uint64_t intrinsic;
};

static enum rc
check(struct tx_case *c, const struct fork_plan *p, struct err *e)
{
	TRY(tx_decode_frontier(&c->arena, &c->tx, c->raw, e));
	TRY(exec_check_stateless(&c->tx, p, 0, 0, e));
	TRY(exec_intrinsic_gas(
	    &c->intrinsic, NULL, &c->tx, fork_evm_at(p, 0, 0), e));
	return tx_sender(&c->sender, &c->tx, e);
}

/* judge_taken compares what a transaction that was taken says. */
static enum rc
judge_taken(struct tx_case *c, struct err *e)
{
	struct addr sender;
	struct hash hash;
	uint64_t gas;

	TRY(suite_hash(&hash, suite_text(c->want, "hash"), e));
	TRY(suite_addr(&sender, suite_text(c->want, "sender"), e));
	TRY(suite_u64(&gas, suite_get(c->want, "intrinsicGas"), e));
	if (!hash_eq(&hash, &c->tx.hash))
		c->v.why = "another hash";
	else if (!addr_eq(&sender, &c->sender))
		c->v.why = "another sender";
	else if (gas != c->intrinsic)
		c->v.why = arena_str(&c->arena, "intrinsic gas %llu, want %llu",
		    (unsigned long long)c->intrinsic, (unsigned long long)gas);
	return RC_OK;
}

static enum rc
run_case(struct tx_case *c, struct err *e)
{
	const char *exception = suite_text(c->want, "exception");
	struct fork_plan plan;
	struct err why = {0};
	struct u256 ttd;
	enum rc rc;

	TRY(suite_plan(&plan, &ttd, c->v.fork, e));
	if (c->s->before != NULL)
		c->s->before(c->s->ctx, &c->v);
	rc = check(c, &plan, &why);
	suite_judge(&c->arena, &c->v, exception[0] != '\0' ? exception : NULL,
	    rc, &why);
	if (rc == RC_OK && c->v.why == NULL)
		TRY(judge_taken(c, e));
	c->v.is_pass = c->v.why == NULL;
	c->s->say(c->s->ctx, &c->v);
	return RC_OK;
}

static enum rc
run_fork(const struct suite *s, const char *name, const char *fork,
    const json_t *test, const json_t *want, struct err *e)
{
	struct tx_case c = {
	    .s = s, .want = want, .v = {.name = name, .fork = fork}};
	enum rc rc;

	arena_init(&c.arena, SUITE_ARENA_MAX);
	rc = suite_data(&c.arena, &c.raw, suite_text(test, "txbytes"), e);
	if (rc == RC_OK)
		rc = run_case(&c, e);
	arena_drop(&c.arena);
	return suite_within(e, rc, "result: %.40s", fork);
}

static enum rc
run_test(void *ctx, const char *name, const json_t *test, struct err *e)
{
	const struct suite *s = ctx;
	const json_t *result;
	const char *fork;
	json_t *want;

	TRY(suite_need(&result, test, "result", e));
	json_object_foreach((json_t *)(uintptr_t)result, fork,
	    want) if (s->fork == NULL || !strcasecmp(s->fork, fork))
	    TRY(run_fork(s, name, fork, test, want, e));
	return RC_OK;
}

enum rc
suite_tx(const struct suite *s, struct bytes doc, struct err *e)
{
	struct suite copy = *s;

	return suite_each(doc, run_test, &copy, e);
}
