/* SPDX-License-Identifier: Apache-2.0
 *
 * A block as execution sees it: the environment its header makes, what the
 * protocol does before and behind its transactions, and the loop over them.
 * Whether the results are those of the header is for chain to judge.
 */
#include "eth/basefee.h"
#include "eth/blobfee.h"
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
	bool is_paris = fork_is_active(forks, FORK_PARIS, h->number, h->time) ||
			(forks->has_ttd && u256_is_zero(&h->difficulty));
	enum fork f = fork_evm_at(forks, h->number, h->time);

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
		    .has_randao = is_paris,
		    .fork = is_paris && f < FORK_PARIS ? FORK_PARIS : f,
		},
	};
	blobfee_of(&out->block.blob_base_fee, forks, h);
}

void
exec_base_fee(
    struct u256 *out, const struct fork_plan *p, const struct header *parent)
{
	*out = U256_ZERO;
	if (fork_is_active(p, FORK_LONDON, parent->number + 1, parent->time))
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
		exec_dao_fork(st);
	exec_system_begin(st, env, h);
	return state_error(st, e);
}

/* struct shares is what each party of a proof of work block gets. */
struct shares {
	struct u256 full, nephew; /* nephew: for each ommer included */
};

static struct shares
shares_of(const struct fork_plan *forks, const struct header *h)
{
	struct u256 divisor = u256_from_u64(NEPHEW_SHARE);
	struct shares s = {.full = U256_ZERO};

	/* Paris without its block number: difficulty says it (EIP-3675). */
	if (!u256_is_zero(&h->difficulty))
		exec_reward(&s.full, fork_at(forks, h->number, h->time));
	u256_divmod(&s.nephew, NULL, &s.full, &divisor);
	return s;
}

/* ommer_share is what the author of an ommer gets: chain has checked that it
 * is 1 to 6 blocks old. */
static struct u256
ommer_share(
    const struct shares *s, const struct header *h, const struct header *ommer)
{
	struct u256 out, eight = u256_from_u64(OMMER_SHARE);

	u256_mul_u64(&out, &s->full, OMMER_SHARE - (h->number - ommer->number));
	u256_divmod(&out, NULL, &out, &eight);
	return out;
}

static struct u256
author_share(const struct shares *s, size_t ommer_cnt)
{
	struct u256 out;

	u256_mul_u64(&out, &s->nephew, ommer_cnt);
	u256_add(&out, &out, &s->full);
	return out;
}

void
exec_minted(struct u256 *author, struct u256 *ommers,
    const struct fork_plan *forks, const struct block *b)
{
	struct shares s = shares_of(forks, &b->header);
	size_t i;

	*author = author_share(&s, b->ommer_cnt);
	*ommers = U256_ZERO;
	for (i = 0; i < b->ommer_cnt; i++) {
		struct u256 share = ommer_share(&s, &b->header, &b->ommers[i]);

		u256_add(ommers, ommers, &share);
	}
}

static void
pay(struct state *st, const struct exec_env *env, const struct block *b)
{
	struct shares s = shares_of(env->forks, &b->header);
	struct u256 share = author_share(&s, b->ommer_cnt);
	size_t i;

	if (u256_is_zero(&share))
		return;
	state_add_balance(st, &env->block.coinbase, &share);
	for (i = 0; i < b->ommer_cnt; i++) {
		share = ommer_share(&s, &b->header, &b->ommers[i]);
		state_add_balance(st, &b->ommers[i].coinbase, &share);
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
exec_finish_block(struct arena *a, struct exec_result *io, struct state *st,
    const struct exec_env *env, const struct block *b, bool pay_rewards,
    struct err *e)
{
	const struct header *h = &b->header;

	if (pay_rewards)
		pay(st, env, b);
	pay_withdrawals(st, b); /* EIP-4895 */
	state_end_tx(st, exec_clears(env));
	TRY(state_error(st, e));
	if (fork_is_active(env->forks, FORK_PRAGUE, h->number, h->time))
		return exec_requests(a, io, st, env, e);
	return RC_OK;
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
		out->receipt_cnt++;
	}
	return exec_finish_block(a, out, st, env, b, pay_rewards, e);
}
