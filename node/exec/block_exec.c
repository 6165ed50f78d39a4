/* SPDX-License-Identifier: Apache-2.0
 *
 * A block as execution sees it: the environment its header makes, what the
 * protocol does before and behind its transactions, and the loop over them.
 * Whether the results are those of the header is for chain to judge.
 */
#include "eth/basefee.h"
#include "eth/bloom.h"
#include "exec/exec.h"
#include "exec/exec_priv.h"

/* Ommers pay an eighth less per generation, their includer a thirty-second
 * of the reward each; Yellow Paper 11.3. */
enum { OMMER_SHARE = 8, NEPHEW_SHARE = 32 };

void
exec_env_of(struct exec_env *out, const struct fork_plan *forks,
    const struct header *h, const struct addr *author)
{
	*out = (struct exec_env){
	    .forks = forks,
	    .block =
		{
		    .coinbase = *author,
		    .number = h->number,
		    .time = h->time,
		    .gas_limit = h->gas_limit,
		    .chain_id = forks->chain_id,
		    .difficulty = h->difficulty,
		    .base_fee = h->base_fee,
		    .prev_randao = h->mix,
		    .has_randao =
			fork_is_active(forks, FORK_PARIS, h->number, h->time),
		    .fork = fork_evm_at(forks, h->number, h->time),
		},
	};
}

void
exec_base_fee(
    struct u256 *out, const struct fork_plan *p, const struct header *parent)
{
	basefee_next(out, p, parent);
}

void
exec_reward(struct u256 *out, enum fork f)
{
	uint64_t coins = 5;

	if (f >= FORK_PARIS)
		coins = 0; /* EIP-3675 */
	else if (f >= FORK_CONSTANTINOPLE)
		coins = 2; /* EIP-1234 */
	else if (f >= FORK_BYZANTIUM)
		coins = 3; /* EIP-649 */
	*out = u256_from_u64(coins * 1000000000000000000ULL);
}

enum rc
exec_begin_block(struct state *st, const struct exec_env *env,
    const struct header *h, struct err *e)
{
	if (h->number > 0 && h->number == env->forks->at[FORK_DAO])
		return FAIL(e, RC_UNSUPPORTED,
		    "the DAO fork's change of state at block %llu",
		    (unsigned long long)h->number);
	/* System calls: EIP-4788, EIP-2935, EIP-7002, EIP-7251. */
	if (fork_is_active(env->forks, FORK_CANCUN, h->number, h->time))
		return FAIL(e, RC_EVM_NONE, "%s: blocks of Cancun and later",
		    err_text(RC_EVM_NONE));
	return state_error(st, e);
}

static void
pay_ommers(struct state *st, const struct block *b, struct u256 *reward)
{
	struct u256 full = *reward, share, eight = u256_from_u64(OMMER_SHARE);
	struct u256 nephew = u256_from_u64(NEPHEW_SHARE);
	size_t i;

	u256_divmod(&nephew, NULL, &full, &nephew);
	for (i = 0; i < b->ommer_cnt; i++) {
		const struct header *o = &b->ommers[i];
		uint64_t age = b->header.number - o->number;

		/* chain has checked that ommers are 1 to 6 blocks old. */
		u256_mul_u64(&share, &full, OMMER_SHARE - age);
		u256_divmod(&share, NULL, &share, &eight);
		state_add_balance(st, &o->coinbase, &share);
		u256_add(reward, reward, &nephew);
	}
}

static void
pay_withdrawals(struct state *st, const struct block *b)
{
	static const uint64_t gwei = 1000000000;
	size_t i;

	for (i = 0; i < b->withdrawal_cnt; i++) {
		struct u256 wei = u256_from_u64(b->withdrawals[i].amount_gwei);

		u256_mul_u64(&wei, &wei, gwei);
		state_add_balance(st, &b->withdrawals[i].addr, &wei);
	}
}

enum rc
exec_finish_block(struct state *st, const struct exec_env *env,
    const struct block *b, bool pay_rewards, struct err *e)
{
	const struct header *h = &b->header;
	struct u256 reward;

	exec_reward(&reward, fork_at(env->forks, h->number, h->time));
	if (pay_rewards && !u256_is_zero(&reward)) {
		pay_ommers(st, b, &reward);
		state_add_balance(st, &env->block.coinbase, &reward);
	}
	pay_withdrawals(st, b); /* EIP-4895 */
	state_end_tx(st, exec_clears(env));
	return state_error(st, e);
}

/* name_tx puts the transaction's place in front of an error's text. */
static enum rc
name_tx(enum rc rc, size_t index, struct err *e)
{
	char text[ERR_TEXT_MAX];

	if (e == NULL)
		return rc;
	memcpy(text, e->text, sizeof(text));
	text[ERR_TEXT_MAX - 1] = '\0';
	return FAIL(e, rc, "transaction %zu: %s", index, text);
}

enum rc
exec_block(struct arena *a, struct exec_result *out, struct state *st,
    const struct exec_env *env, const struct block *b,
    const struct addr *senders, bool pay_rewards, struct err *e)
{
	uint64_t gas_left = b->header.gas_limit;
	enum rc rc;
	size_t i;

	*out = (struct exec_result){0};
	out->receipts = arena_array(a, b->tx_cnt, sizeof(*out->receipts));
	if (out->receipts == NULL && b->tx_cnt > 0)
		return FAIL(
		    e, RC_NO_MEMORY, "no memory for %zu receipts", b->tx_cnt);
	TRY(exec_begin_block(st, env, &b->header, e));
	for (i = 0; i < b->tx_cnt; i++) {
		rc = exec_tx(a, &out->receipts[i], st, env, &b->txs[i],
		    &senders[i], &gas_left, &out->gas_used, e);
		if (rc != RC_OK)
			return name_tx(rc, i, e);
		bloom_or(&out->bloom, &out->receipts[i].bloom);
	}
	return exec_finish_block(st, env, b, pay_rewards, e);
}
