/* SPDX-License-Identifier: Apache-2.0
 *
 * VM tests: a piece of code run by itself under Frontier's gas. The value is
 * shown to it and moved by nobody, as when code is borrowed.
 */
#include <strings.h>

#include "base/check.h"
#include "exec/exec.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"

/* One case on its way. */
struct vm_case {
	const struct suite *s;
	const json_t *test;
	struct suite_verdict v;
	struct arena arena;
	struct fork_plan plan;
	struct exec_env env;
	struct evm_tx tx;
	struct evm_msg msg;
	struct state *st;
	struct evm_result result;
};

static enum rc
read_block(struct vm_case *c, struct err *e)
{
	const json_t *env;
	struct evm_block *b = &c->env.block;

	TRY(suite_need(&env, c->test, "env", e));
	TRY(suite_addr(&b->coinbase, suite_text(env, "currentCoinbase"), e));
	TRY(suite_u64(&b->number, suite_get(env, "currentNumber"), e));
	TRY(suite_u64(&b->time, suite_get(env, "currentTimestamp"), e));
	TRY(suite_u64(&b->gas_limit, suite_get(env, "currentGasLimit"), e));
	return suite_u256(
	    &b->difficulty, suite_get(env, "currentDifficulty"), e);
}

static enum rc
read_exec(struct vm_case *c, struct bytes *code, struct err *e)
{
	struct evm_msg *m = &c->msg;
	const json_t *x;

	TRY(suite_need(&x, c->test, "exec", e));
	m->kind = EVM_DELEGATECALL;
	TRY(suite_u64(&m->gas, suite_get(x, "gas"), e));
	TRY(suite_addr(&m->to, suite_text(x, "address"), e));
	m->code_addr = m->to;
	TRY(suite_addr(&m->caller, suite_text(x, "caller"), e));
	TRY(suite_u256(&m->value, suite_get(x, "value"), e));
	TRY(suite_data(&c->arena, &m->input, suite_text(x, "data"), e));
	TRY(suite_addr(&c->tx.origin, suite_text(x, "origin"), e));
	TRY(suite_u256(&c->tx.gas_price, suite_get(x, "gasPrice"), e));
	return suite_data(&c->arena, code, suite_text(x, "code"), e);
}

static enum rc
read_world(struct vm_case *c, struct bytes code, struct err *e)
{
	struct genesis_account *accounts;
	size_t cnt;

	TRY(suite_accounts(
	    &c->arena, &accounts, &cnt, suite_get(c->test, "pre"), e));
	TRY(suite_world(&c->arena, &c->st, accounts, cnt, e));
	state_set_code(c->st, &c->msg.to, code);
	state_end_tx(c->st, false);
	return state_error(c->st, e);
}

/* root_of computes the root that the accounts of a test's post-state have. */
static enum rc
root_of(struct vm_case *c, struct hash *out, const json_t *post, struct err *e)
{
	struct genesis_account *accounts;
	struct state *st;
	size_t cnt;

	TRY(suite_accounts(&c->arena, &accounts, &cnt, post, e));
	TRY(suite_world(&c->arena, &st, accounts, cnt, e));
	return suite_root(&c->arena, out, st, e);
}

static enum rc
judge_logs(struct vm_case *c, bool *is_right, struct err *e)
{
	size_t cnt;
	const struct log_entry *logs = state_logs(c->st, &cnt);
	struct hash got, want;

	TRY(suite_hash(&want, suite_text(c->test, "logs"), e));
	TRY(suite_logs_hash(&c->arena, &got, logs, cnt, e));
	*is_right = hash_eq(&got, &want);
	return RC_OK;
}

/* judge_success compares all that a run which must succeed left. */
static enum rc
judge_success(struct vm_case *c, struct err *e)
{
	struct hash root;
	struct bytes out;
	bool has_logs;
	uint64_t gas;

	TRY(suite_u64(&gas, suite_get(c->test, "gas"), e));
	TRY(suite_data(&c->arena, &out, suite_text(c->test, "out"), e));
	TRY(judge_logs(c, &has_logs, e));
	state_end_tx(c->st, false);
	TRY(suite_root(&c->arena, &c->v.root, c->st, e));
	TRY(root_of(c, &root, suite_get(c->test, "post"), e));
	if (c->result.rc != RC_OK)
		c->v.why = err_text(c->result.rc);
	else if (c->result.gas_left != gas)
		c->v.why = arena_str(&c->arena, "%llu gas left, want %llu",
		    (unsigned long long)c->result.gas_left,
		    (unsigned long long)gas);
	else if (!bytes_eq(c->result.output, out))
		c->v.why = "another output";
	else if (!has_logs)
		c->v.why = "another hash of the logs";
	else if (!hash_eq(&root, &c->v.root))
		c->v.why = "another state";
	return RC_OK;
}

static enum rc
run_case(struct vm_case *c, struct err *e)
{
	struct bytes code = bytes_of(NULL, 0);
	struct u256 ttd;

	TRY(suite_plan(&c->plan, &ttd, c->v.fork, e));
	c->env = (struct exec_env){.forks = &c->plan,
	    .vm = c->s->vm,
	    .block = {.fork = FORK_FRONTIER, .chain_id = c->plan.chain_id},
	    .block_hash = suite_block_hash};
	TRY(suite_within(e, read_block(c, e), "env"));
	TRY(suite_within(e, read_exec(c, &code, e), "exec"));
	TRY(read_world(c, code, e));
	if (c->s->before != NULL)
		c->s->before(c->s->ctx, &c->v);
	exec_msg(&c->result, c->st, &c->env, &c->tx, &c->msg);
	TRY(state_error(c->st, e));
	c->v.gas_used = c->msg.gas - c->result.gas_left;
	if (suite_get(c->test, "gas") != NULL)
		TRY(judge_success(c, e));
	else if (c->result.rc == RC_OK)
		c->v.why = "it did not fail";
	c->v.is_pass = c->v.why == NULL;
	c->s->say(c->s->ctx, &c->v);
	return RC_OK;
}

static enum rc
run_test(void *ctx, const char *name, const json_t *test, struct err *e)
{
	struct vm_case c = {
	    .s = ctx, .test = test, .v = {.name = name, .fork = "Frontier"}};
	enum rc rc;

	arena_init(&c.arena, SUITE_ARENA_MAX);
	rc = run_case(&c, e);
	arena_drop(&c.arena);
	return rc;
}

enum rc
suite_vm(const struct suite *s, struct bytes doc, struct err *e)
{
	struct suite copy = *s;

	if (s->fork != NULL && strcasecmp(s->fork, "Frontier") != 0)
		return RC_OK;
	return suite_each(doc, run_test, &copy, e);
}
