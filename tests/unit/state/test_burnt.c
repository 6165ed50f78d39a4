/* SPDX-License-Identifier: Apache-2.0
 *
 * Coins that leave the world with accounts that go.
 */
#include "state/state.h"

#include "test.h"

static enum rc
nobody(void *ctx, struct account *out, bool *found, const struct addr *addr,
    struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*out = account_empty();
	*found = false;
	return RC_OK;
}

static uint64_t
burnt(const struct state *s)
{
	struct u256 out;

	state_burnt(s, &out);
	return out.w[0];
}

TEST(test_burnt_coins_are_undone_with_what_burnt_them)
{
	static const struct state_source src = {.account = nobody};
	struct addr a = {{1}}, b = {{2}};
	struct u256 five = u256_from_u64(5), balance;
	struct state *s;
	struct arena arena;
	size_t mark;

	arena_init(&arena, 1 << 20);
	s = state_new(&arena, &src);
	EXPECT_U64(burnt(s), 0);
	state_add_balance(s, &a, &five);
	mark = state_snapshot(s);
	state_burn(s, &a);
	EXPECT_U64(burnt(s), 5);
	state_balance(s, &balance, &a);
	EXPECT(u256_is_zero(&balance));
	state_revert(s, mark);
	EXPECT_U64(burnt(s), 0);
	state_balance(s, &balance, &a);
	EXPECT_U64(balance.w[0], 5);
	state_burn(s, &a);
	state_end_tx(s, true);

	/* What an account gets after its destruction goes with it. */
	state_create(s, &b);
	state_destroy(s, &b);
	state_add_balance(s, &b, &five);
	EXPECT_U64(burnt(s), 5);
	state_end_tx(s, true);
	EXPECT_U64(burnt(s), 10);
	EXPECT_RC(state_error(s, NULL), RC_OK);
	arena_drop(&arena);
}
