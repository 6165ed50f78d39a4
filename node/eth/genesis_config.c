/* SPDX-License-Identifier: Apache-2.0
 *
 * The config object of a genesis document: forks, engine, blob schedule, our
 * extensions. What each means on a chain is for the libraries that use it.
 */
#include "base/check.h"
#include "eth/genesis_priv.h"

#define AT(member) offsetof(struct genesis, member)

static enum rc
set_engine(struct genesis_walk *w, enum genesis_engine engine, struct err *e)
{
	if (w->g->engine != GENESIS_NO_ENGINE && w->g->engine != engine)
		return FAIL(e, RC_BAD_INPUT, "a second consensus engine");
	w->g->engine = engine;
	return RC_OK;
}

/* Besu writes the last two names. */
static enum rc
read_clique(struct genesis_walk *w, void *at, struct err *e)
{
	static const struct genesis_member table[] = {
	    {"period", genesis_read_u64, AT(clique_period_s)},
	    {"epoch", genesis_read_u64, AT(clique_epoch)},
	    {"blockperiodseconds", genesis_read_u64, AT(clique_period_s)},
	    {"epochlength", genesis_read_u64, AT(clique_epoch)},
	};
	struct genesis_seen seen;

	(void)at;
	TRY(set_engine(w, GENESIS_CLIQUE, e));
	TRY(genesis_object(
	    w, &seen, table, ARRAY_CNT(table), w->g, "config.clique.", e));
	if ((seen.given & 0xa) != 0 && w->g->clique_epoch == 0)
		w->g->remarks |= GENESIS_ZERO_EPOCH;
	if (w->g->clique_epoch == 0)
		w->g->clique_epoch = GENESIS_CLIQUE_EPOCH;
	return RC_OK;
}

static enum rc
read_bft(struct genesis_walk *w, void *at, struct err *e)
{
	(void)at;
	TRY(set_engine(w, GENESIS_QBFT, e));
	return jsonr_skip(&w->r, e);
}

static enum rc
read_eip150_hash(struct genesis_walk *w, void *at, struct err *e)
{
	(void)at;
	w->g->remarks |= GENESIS_HAS_EIP150_HASH;
	return jsonr_skip(&w->r, e);
}

static enum rc
read_dao_support(struct genesis_walk *w, void *at, struct err *e)
{
	(void)at;
	return genesis_read_bool(w, &w->has_dao_support, e);
}

static enum rc
read_ttd(struct genesis_walk *w, void *at, struct err *e)
{
	w->g->remarks |= GENESIS_HAS_TTD;
	w->g->forks.has_ttd = true;
	return genesis_read_u256(w, at, e);
}

static enum rc
read_deposit_contract(struct genesis_walk *w, void *at, struct err *e)
{
	w->g->forks.has_deposit_contract = true;
	return genesis_read_addr(w, at, e);
}

static enum rc
read_blob(struct genesis_walk *w, void *at, struct err *e)
{
	static const struct genesis_member table[] = {
	    {"target", genesis_read_u64, offsetof(struct fork_blob, target)},
	    {"max", genesis_read_u64, offsetof(struct fork_blob, max)},
	    {"baseFeeUpdateFraction", genesis_read_u64,
		offsetof(struct fork_blob, fraction)},
	};
	struct genesis_seen seen;
	struct fork_blob *blob = at;
	const char *path;

	path = arena_str(w->a, "config.blobSchedule.%.*s.",
	    (int)(w->name.len < 16 ? w->name.len : 16),
	    (const char *)w->name.ptr);
	if (path == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a name");
	TRY(genesis_object(w, &seen, table, ARRAY_CNT(table), blob, path, e));
	if (blob->fraction == 0)
		return FAIL(e, RC_BAD_INPUT, "baseFeeUpdateFraction is zero");
	return RC_OK;
}

static enum rc
read_blob_schedule(struct genesis_walk *w, void *at, struct err *e)
{
	static const struct genesis_member table[] = {
	    {"cancun", read_blob, sizeof(struct fork_blob) * FORK_CANCUN},
	    {"prague", read_blob, sizeof(struct fork_blob) * FORK_PRAGUE},
	    {"osaka", read_blob, sizeof(struct fork_blob) * FORK_OSAKA},
	    {"bpo1", read_blob, sizeof(struct fork_blob) * FORK_BPO1},
	    {"bpo2", read_blob, sizeof(struct fork_blob) * FORK_BPO2},
	    {"bpo3", read_blob, sizeof(struct fork_blob) * FORK_BPO3},
	    {"bpo4", read_blob, sizeof(struct fork_blob) * FORK_BPO4},
	    {"bpo5", read_blob, sizeof(struct fork_blob) * FORK_BPO5},
	};
	struct genesis_seen seen;

	return genesis_object(
	    w, &seen, table, ARRAY_CNT(table), at, "config.blobSchedule.", e);
}

static enum rc
read_evm_fork(struct genesis_walk *w, void *at, struct err *e)
{
	enum fork *out = at;
	struct bytes name;

	TRY(jsonr_take(&name, &w->r, e));
	if (!fork_find(out, name))
		return FAIL(e, RC_BAD_INPUT, "no fork of this name");
	return RC_OK;
}

static enum rc
read_fixed_base_fee(struct genesis_walk *w, void *at, struct err *e)
{
	w->g->forks.has_fixed_base_fee = true;
	return genesis_read_u256(w, at, e);
}

static enum rc
read_sekisho(struct genesis_walk *w, void *at, struct err *e)
{
	static const struct genesis_member table[] = {
	    {"fixedBaseFee", read_fixed_base_fee, AT(forks.fixed_base_fee)},
	    {"evmFork", read_evm_fork, AT(forks.evm_fork)},
	};
	struct genesis_seen seen;
	enum rc rc;

	(void)at;
	w->is_strict = true;
	rc = genesis_object(
	    w, &seen, table, ARRAY_CNT(table), w->g, "config.sekisho.", e);
	w->is_strict = false;
	return rc;
}

static const struct genesis_member config[] = {
#define FORK(name, kind, key, spec)                                            \
	{key, genesis_read_u64, AT(forks.at) + sizeof(uint64_t) * FORK_##name},
#include "eth/fork.def"
#undef FORK
    {"chainId", genesis_read_u64, AT(forks.chain_id)},
    {"eip150Hash", read_eip150_hash, 0},
    {"daoForkSupport", read_dao_support, 0},
    {"terminalTotalDifficulty", read_ttd, AT(ttd)},
    {"terminalTotalDifficultyPassed", genesis_read_skip, 0},
    {"depositContractAddress", read_deposit_contract,
	AT(forks.deposit_contract)},
    {"blobSchedule", read_blob_schedule, AT(forks.blob)},
    {"ethash", genesis_read_skip, 0},
    {"clique", read_clique, 0},
    {"qbft", read_bft, 0},
    {"istanbul", read_bft, 0},
    {"ibft", read_bft, 0},
    {"ibft2", read_bft, 0},
    {"sekisho", read_sekisho, 0},
};

/* Rows behind the forks start with chainId. */
enum { ROW_CHAIN_ID = FORK_CNT };

/* What go-ethereum concludes from what is and what is not there. */
static void
conclude(struct genesis_walk *w)
{
	uint64_t *at = w->g->forks.at;

	if (at[FORK_PETERSBURG] == FORK_NEVER)
		at[FORK_PETERSBURG] = at[FORK_CONSTANTINOPLE];
	if (!w->has_dao_support)
		at[FORK_DAO] = FORK_NEVER;
	if (w->g->remarks & GENESIS_HAS_TTD && u256_is_zero(&w->g->ttd))
		at[FORK_PARIS] = 0;
}

enum rc
genesis_read_config(struct genesis_walk *w, void *at, struct err *e)
{
	struct genesis_seen seen;

	(void)at;
	TRY(genesis_object(
	    w, &seen, config, ARRAY_CNT(config), w->g, "config.", e));
	if (!(seen.given >> ROW_CHAIN_ID & 1))
		w->g->remarks |= GENESIS_NO_CHAIN_ID;
	conclude(w);
	return RC_OK;
}
