/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: what they refuse as a whole, rewards, withdrawals, environments.
 */
#include "world.h"

enum { FROM = 1, TO = 2 };

#define COIN 1000000000000000000ULL

static struct block
block_of(struct tx *txs, size_t cnt)
{
	return (struct block){
	    .header = {.number = 1, .time = 1, .gas_limit = 30000000},
	    .txs = txs,
	    .tx_cnt = cnt,
	};
}

TEST(test_block_exec_refused_transaction_is_named)
{
	struct tx txs[2] = {world_tx(TO, 0, 1), world_tx(TO, 5, 1)};
	struct addr senders[2] = {world_addr(FROM), world_addr(FROM)};
	struct block b = block_of(txs, 2);
	struct exec_result out;
	struct err e = {0};
	struct world w;

	world_open(&w, FORK_LONDON);
	world_put(&w, FROM, 1000000, 0);
	world_start(&w);
	EXPECT_RC(
	    exec_block(&w.arena, &out, w.st, &w.env, &b, senders, false, &e),
	    RC_TX_NONCE_HIGH);
	EXPECT_STR(
	    e.text, "transaction 1: nonce too high: next nonce 1, tx nonce 5");
	world_close(&w);
}

TEST(test_block_exec_gas_limit_bounds_the_sum)
{
	struct tx txs[2] = {world_tx(TO, 0, 1), world_tx(TO, 1, 1)};
	struct addr senders[2] = {world_addr(FROM), world_addr(FROM)};
	struct block b = block_of(txs, 2);
	struct exec_result out;
	struct world w;

	b.header.gas_limit = 41999;
	world_open(&w, FORK_LONDON);
	world_put(&w, FROM, 1000000, 0);
	world_start(&w);
	EXPECT_RC(
	    exec_block(&w.arena, &out, w.st, &w.env, &b, senders, false, NULL),
	    RC_TX_GAS_LIMIT);
	world_close(&w);
}

TEST(test_block_exec_transfers_give_receipts_and_gas)
{
	struct tx txs[3] = {
	    world_tx(TO, 0, 1), world_tx(TO, 1, 2), world_tx(FROM, 0, 1)};
	struct addr senders[3] = {
	    world_addr(FROM), world_addr(FROM), world_addr(TO)};
	struct block b = block_of(txs, 3);
	struct exec_result out;
	struct bloom none = {{0}};
	struct world w;

	world_open(&w, FORK_LONDON);
	world_put(&w, FROM, 1000000, 0);
	world_put(&w, TO, 1000000, 0);
	world_start(&w);
	EXPECT_RC(
	    exec_block(&w.arena, &out, w.st, &w.env, &b, senders, false, NULL),
	    RC_OK);
	EXPECT_U64(out.gas_used, 63000);
	EXPECT_U64(out.receipts[2].cumulative_gas, 63000);
	EXPECT(!memcmp(out.bloom.b, none.b, sizeof(none.b)));
	EXPECT_U64(world_balance(&w, TO), 1000000 + 3 - 1 - 21000);
	world_close(&w);
}

/* Yellow Paper 11.3. */
static const struct {
	const char *name;
	enum fork f;
	bool pays;
	uint64_t ommer_at; /* 0: none; the block is number 10 */
	uint64_t want, want_ommer;
} rewards[] = {
    {"Frontier", FORK_FRONTIER, true, 0, 5 * COIN, 0},
    {"Byzantium, EIP-649", FORK_BYZANTIUM, true, 0, 3 * COIN, 0},
    {"Constantinople, EIP-1234", FORK_CONSTANTINOPLE, true, 0, 2 * COIN, 0},
    {"London", FORK_LONDON, true, 0, 2 * COIN, 0},
    {"Paris, EIP-3675", FORK_PARIS, true, 0, 0, 0},
    {"authority", FORK_BYZANTIUM, false, 0, 0, 0},
    {"ommer of the last generation", FORK_FRONTIER, true, 9,
	5 * COIN + 5 * COIN / 32, 5 * COIN / 8 * 7},
    {"oldest ommer", FORK_BYZANTIUM, true, 4, 3 * COIN + 3 * COIN / 32,
	3 * COIN / 8 * 2},
};

TEST(test_block_exec_rewards_follow_the_fork)
{
	struct exec_result done = {.gas_used = 0};
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(rewards) / sizeof(rewards[0]); i++) {
		struct block b = block_of(NULL, 0);
		struct header ommer = {
		    .coinbase = world_addr(7), .number = rewards[i].ommer_at};

		test_row(rewards[i].name);
		b.header.number = 10;
		b.ommers = &ommer;
		b.ommer_cnt = rewards[i].ommer_at > 0;
		world_open(&w, rewards[i].f);
		world_start(&w);
		b.header.difficulty =
		    u256_from_u64(rewards[i].f < FORK_PARIS); /* EIP-3675 */
		EXPECT_RC(exec_finish_block(&w.arena, &done, w.st, &w.env, &b,
			      rewards[i].pays, NULL),
		    RC_OK);
		EXPECT_U64(world_author_balance(&w), rewards[i].want);
		EXPECT_U64(world_balance(&w, 7), rewards[i].want_ommer);
		world_close(&w);
	}
}

TEST(test_block_exec_withdrawals_pay_gwei)
{
	struct addr nobody = world_addr(4);
	struct withdrawal list[3] = {{.amount_gwei = 3, .addr = world_addr(3)},
	    {.amount_gwei = 4, .addr = world_addr(3)},
	    {.amount_gwei = 0, .addr = nobody}};
	struct block b = block_of(NULL, 0);
	struct exec_result done = {.gas_used = 0};
	struct world w;

	b.withdrawals = list;
	b.withdrawal_cnt = 3;
	b.has_withdrawals = true;
	world_open(&w, FORK_SHANGHAI);
	world_start(&w);
	EXPECT_RC(
	    exec_finish_block(&w.arena, &done, w.st, &w.env, &b, true, NULL),
	    RC_OK);
	EXPECT_U64(world_balance(&w, 3), 7000000000);
	EXPECT(!state_exists(w.st, &nobody)); /* EIP-161 */
	world_close(&w);
}

/* A pool that asked for a fee there kept transactions without one forever. */
TEST(test_block_exec_before_london_there_is_no_base_fee)
{
	struct header parent = {.number = 6, .gas_limit = 30000000};
	struct fork_plan p;
	struct u256 fee = U256_ONE;

	world_plan(&p, FORK_BERLIN);
	exec_base_fee(&fee, &p, &parent);
	EXPECT(u256_is_zero(&fee));
	p.at[FORK_LONDON] = 7;
	exec_base_fee(&fee, &p, &parent);
	EXPECT_U64(fee.w[0], 1000000000);
	p.at[FORK_LONDON] = 8;
	exec_base_fee(&fee, &p, &parent);
	EXPECT(u256_is_zero(&fee));
}

TEST(test_block_exec_environment_is_the_headers)
{
	struct addr author = world_author();
	struct header h = {.number = 7,
	    .time = 9,
	    .gas_limit = 11,
	    .difficulty = u256_from_u64(13),
	    .base_fee = u256_from_u64(15)};
	struct fork_plan p;
	struct exec_env env;

	world_plan(&p, FORK_BERLIN);
	p.evm_fork = FORK_PRAGUE;
	h.mix.b[0] = 0x42;
	exec_env_of(&env, &p, &h, &author);
	EXPECT(addr_eq(&env.block.coinbase, &author));
	EXPECT_U64(env.block.number, 7);
	EXPECT_U64(env.block.time, 9);
	EXPECT_U64(env.block.gas_limit, 11);
	EXPECT_U64(env.block.chain_id, 1);
	EXPECT_U64(env.block.difficulty.w[0], 13);
	EXPECT_U64(env.block.base_fee.w[0], 15);
	EXPECT(env.block.fork == FORK_PRAGUE);
	EXPECT(!env.block.has_randao);
	EXPECT(hash_eq(&env.block.prev_randao, &h.mix));
	world_plan(&p, FORK_PARIS);
	exec_env_of(&env, &p, &h, &author);
	EXPECT(env.block.has_randao);
}
