/* SPDX-License-Identifier: Apache-2.0
 *
 * A message that fails, whatever it did before and however it ends: nothing
 * of it is in the journal or anywhere else in the state.
 */
#include "test.h"
#include "world.h"

enum { TO = 1, OUTER = 2, BALANCE = 10 };

/* All that a call can leave: a slot that stays and one whose clearing is
 * refunded, a transient one, a log, warm accounts and slots, a value sent to
 * nobody's account, a contract, and one that destroys itself. */
#define DEEDS                                                                  \
	"6007600155"                                                           \
	"6001600455"                                                           \
	"5f600455"                                                             \
	"600760025d"                                                           \
	"60015f5fa1"                                                           \
	"60773150"                                                             \
	"60095450"                                                             \
	"5f5f5f5f600160665af150"                                               \
	"5f5f6001f050"                                                         \
	"626066ff5f526003601d6001f050"

static const struct {
	const char *name, *code;
	enum rc want;
} rows[] = {
    {"it ends well", DEEDS "00", RC_OK},
    {"REVERT", DEEDS "5f5ffd", RC_REVERT},
    {"INVALID", DEEDS "fe", RC_EVM_INVALID},
    {"no gas for memory", DEEDS "5f63ffffffff52", RC_EVM_GAS},
    {"nothing on the stack", DEEDS "50", RC_EVM_UNDERFLOW},
    {"a jump to nowhere", DEEDS "5f56", RC_EVM_JUMP},
    {"data that nobody returned", DEEDS "60ff5f5f3e", RC_EVM_RETURN_DATA},
};

static size_t
log_cnt(const struct state *st)
{
	size_t cnt;

	(void)state_logs(st, &cnt);
	return cnt;
}

static void
expect_trace(struct state *st, bool has_one)
{
	const struct addr to = world_addr(TO), looked_at = {{[19] = 0x77}};
	const struct hash two = {{[31] = 2}}, nine = {{[31] = 9}};
	struct state_diff diff;
	struct u256 v;

	EXPECT((state_refund(st) > 0) == has_one);
	EXPECT((log_cnt(st) > 0) == has_one);
	state_transient(st, &v, &to, &two);
	EXPECT(u256_is_zero(&v) == !has_one);
	EXPECT(state_warm_slot(st, &to, &nine) == has_one);
	EXPECT(state_warm_addr(st, &looked_at) == has_one);
	state_end_tx(st, true);
	EXPECT_RC(state_diff_take(st, &diff, NULL), RC_OK);
	/* The account itself, 0x66, and the contract that stays. */
	EXPECT_U64(diff.account_cnt, has_one ? 3 : 0);
	EXPECT_U64(diff.slot_cnt, has_one ? 1 : 0);
	EXPECT_U64(diff.code_cnt, 0);
}

/* call runs code at TO, called by nobody or by OUTER, which does no more. */
static enum rc
call(struct world *w, const char *code, bool is_inner)
{
	const struct addr to = world_addr(is_inner ? OUTER : TO);
	const struct evm_tx tx = {.origin = world_addr(3)};
	const struct evm_msg msg = {.kind = EVM_CALL,
	    .gas = 1000000,
	    .caller = world_addr(3),
	    .to = to,
	    .code_addr = to};
	struct evm_result out;

	world_open(w, FORK_OSAKA);
	world_code(world_put(w, TO, BALANCE, 1), code);
	world_code(world_put(w, OUTER, BALANCE, 1),
	    "5f5f5f5f5f"
	    "73aabb000000000000000000000000000000000001"
	    "620f0000f100");
	world_start(w);
	EXPECT_U64(state_snapshot(w->st), 0);
	exec_msg(&out, w->st, &w->env, &tx, &msg);
	EXPECT_RC(state_error(w->st, NULL), RC_OK);
	return out.rc;
}

TEST(test_msg_exec_failed_call_leaves_no_trace)
{
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_ok = rows[i].want == RC_OK;

		test_row(rows[i].name);
		EXPECT_RC(call(&w, rows[i].code, false), rows[i].want);
		EXPECT((state_snapshot(w.st) > 0) == is_ok);
		expect_trace(w.st, is_ok);
		world_close(&w);
	}
}

/* The caller goes on, with a journal that has as much as if the call had
 * failed at once. */
TEST(test_msg_exec_failed_inner_call_leaves_no_trace)
{
	struct world w;
	size_t i, touched;

	EXPECT_RC(call(&w, "fe", true), RC_OK);
	touched = state_snapshot(w.st);
	world_close(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_ok = rows[i].want == RC_OK;

		test_row(rows[i].name);
		EXPECT_RC(call(&w, rows[i].code, true), RC_OK);
		EXPECT((state_snapshot(w.st) > touched) == is_ok);
		EXPECT(is_ok || state_snapshot(w.st) == touched);
		expect_trace(w.st, is_ok);
		world_close(&w);
	}
}
