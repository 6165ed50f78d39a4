/* SPDX-License-Identifier: Apache-2.0
 *
 * What this node accepts, beyond the rules of the protocol: which types,
 * which prices, how much funds. The texts are go-ethereum's, because wallets
 * and libraries read them.
 */
#include "pool/pool_priv.h"

static enum rc
check_chain(const struct pool_conf *conf, const struct tx *tx, struct err *e)
{
	if (!tx->has_chain_id) {
		if (conf->allow_unprotected)
			return RC_OK;
		return FAIL(e, RC_TX_UNPROTECTED,
		    "only replay-protected (EIP-155) transactions allowed over "
		    "RPC");
	}
	if (tx->chain_id != conf->chain_id)
		return FAIL(e, RC_TX_CHAIN_ID,
		    "invalid chain id for signer: have %llu want %llu",
		    (unsigned long long)tx->chain_id,
		    (unsigned long long)conf->chain_id);
	return RC_OK;
}

static enum rc
check_price(const struct pool_conf *conf, const struct tx *tx, struct err *e)
{
	char tip[U256_DEC_MAX], floor[U256_DEC_MAX];

	if (u256_lt(&tx->max_fee, &tx->max_tip))
		return FAIL(e, RC_TX_TIP_ABOVE_FEE, "%s",
		    err_text(RC_TX_TIP_ABOVE_FEE));
	if (!u256_lt(&tx->max_tip, &conf->price_floor))
		return RC_OK;
	u256_dec(tip, &tx->max_tip);
	u256_dec(floor, &conf->price_floor);
	return FAIL(e, RC_TX_UNDERPRICED,
	    "transaction underpriced: gas tip cap %s, minimum needed %s", tip,
	    floor);
}

enum rc
pool_policy(const struct pool_conf *conf, const struct tx *tx, struct err *e)
{
	/* A blob transaction is nothing without its blobs, which a chain
	 * without a data layer has no place for. */
	if (tx->type == TX_BLOB)
		return FAIL(e, RC_TX_TYPE,
		    "transaction type not supported: tx type %d not supported "
		    "by this pool",
		    (int)tx->type);
	if (tx->raw.len > TX_RAW_MAX)
		return FAIL(e, RC_TX_OVERSIZED,
		    "oversized data: transaction size %zu, limit %d",
		    tx->raw.len, (int)TX_RAW_MAX);
	TRY(check_chain(conf, tx, e));
	if (tx->gas > conf->gas.accept)
		return FAIL(e, RC_TX_GAS_LIMIT, "exceeds block gas limit");
	/* EIP-2681 */
	if (tx->nonce == UINT64_MAX)
		return FAIL(e, RC_TX_NONCE_MAX, "nonce has max value");
	return check_price(conf, tx, e);
}

/* is_bumped tells whether a is above b by BUMP_PERCENT. */
static bool
is_bumped(const struct u256 *a, const struct u256 *b)
{
	static const struct u256 hundred = {{100, 0, 0, 0}};
	struct u256 least;

	if (u256_cmp(a, b) <= 0)
		return false;
	if (u256_mul_u64(&least, b, 100 + POOL_BUMP_PERCENT))
		return false;
	u256_divmod(&least, NULL, &least, &hundred);
	return u256_cmp(a, &least) >= 0;
}

bool
pool_outbids(const struct tx *a, const struct tx *b)
{
	return is_bumped(&a->max_fee, &b->max_fee) &&
	       is_bumped(&a->max_tip, &b->max_tip);
}

bool
pool_cost(struct u256 *out, const struct tx *tx)
{
	return !u256_mul_u64(out, &tx->max_fee, tx->gas) &&
	       !u256_add(out, out, &tx->value);
}

/* Texts of the numbers in a refusal for lack of funds. */
struct funds_text {
	char balance[U256_DEC_MAX], spent[U256_DEC_MAX], cost[U256_DEC_MAX],
	    over[U256_DEC_MAX];
};

static void
funds_text(struct funds_text *t, const struct u256 *balance,
    const struct u256 *spent, const struct u256 *cost, const struct u256 *need)
{
	struct u256 over;

	(void)u256_sub(&over, need, balance);
	u256_dec(t->balance, balance);
	u256_dec(t->spent, spent);
	u256_dec(t->cost, cost);
	u256_dec(t->over, &over);
}

/* refuse_bump says that a replacement costs more than there is. */
static enum rc
refuse_bump(const struct u256 *balance, const struct u256 *spent,
    const struct u256 *bump, const struct u256 *need, struct err *e)
{
	struct funds_text t;

	funds_text(&t, balance, spent, bump, need);
	return FAIL(e, RC_TX_FUNDS,
	    "insufficient funds for gas * price + value: balance %s, queued "
	    "cost %s, tx bumped %s, overshot %s",
	    t.balance, t.spent, t.cost, t.over);
}

enum rc
pool_funds(const struct u256 *balance, const struct u256 *spent,
    const struct pool_entry *old, const struct tx *tx, struct err *e)
{
	struct u256 cost, bump, need;
	struct funds_text t;
	bool is_over;

	if (!pool_cost(&cost, tx))
		return FAIL(e, RC_TX_FUNDS,
		    "insufficient funds for gas * price + value: tx cost "
		    "above 2^256");
	if (u256_cmp(balance, &cost) < 0) {
		funds_text(&t, balance, spent, &cost, &cost);
		return FAIL(e, RC_TX_FUNDS,
		    "insufficient funds for gas * price + value: balance %s, "
		    "tx cost %s, overshot %s",
		    t.balance, t.cost, t.over);
	}
	if (old != NULL) {
		/* A cheaper replacement gives a wrapped, negative bump, which
		 * cannot make need wrap: spent has the old cost in it. */
		(void)u256_sub(&bump, &cost, &old->cost);
		(void)u256_add(&need, spent, &bump);
		if (u256_cmp(balance, &need) < 0)
			return refuse_bump(balance, spent, &bump, &need, e);
		return RC_OK;
	}
	is_over = u256_add(&need, spent, &cost);
	if (!is_over && u256_cmp(balance, &need) >= 0)
		return RC_OK;
	funds_text(&t, balance, spent, &cost, &need);
	return FAIL(e, RC_TX_FUNDS,
	    "insufficient funds for gas * price + value: balance %s, queued "
	    "cost %s, tx cost %s, overshot %s",
	    t.balance, t.spent, t.cost, t.over);
}
