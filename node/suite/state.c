/* SPDX-License-Identifier: Apache-2.0
 *
 * State tests: one transaction in one block on a given world, under one
 * fork. What must be right is the state's root and the hash of the logs; of
 * a transaction that must be refused, that it is, and why.
 */
#include <strings.h>

#include "base/check.h"
#include "crypto/ec.h"
#include "eth/blobfee.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"

/* One case on its way. */
struct state_case {
	const struct suite *s;
	const json_t *test, *post;
	struct suite_verdict v;
	struct arena arena;
	struct fork_plan plan;
	struct exec_env env;
	struct tx tx;
	struct addr sender;
	struct state *st;
	/* What the transaction cannot even be written down for; it is as good
	 * as refused. */
	struct err refusal;
	enum rc refused;
};

/* Reading. ---------------------------------------------------------- */

static enum rc
read_block(struct state_case *c, struct err *e)
{
	const json_t *env, *excess;
	struct evm_block *b = &c->env.block;
	uint64_t blobs;

	TRY(suite_need(&env, c->test, "env", e));
	excess = suite_get(env, "currentExcessBlobGas");
	b->chain_id = c->plan.chain_id;
	TRY(suite_addr(&b->coinbase, suite_text(env, "currentCoinbase"), e));
	TRY(suite_u64(&b->number, suite_get(env, "currentNumber"), e));
	TRY(suite_u64(&b->time, suite_get(env, "currentTimestamp"), e));
	TRY(suite_u64(&b->gas_limit, suite_get(env, "currentGasLimit"), e));
	TRY(suite_u256(&b->difficulty, suite_get(env, "currentDifficulty"), e));
	b->fork = fork_at(&c->plan, b->number, b->time);
	b->has_randao = b->fork >= FORK_PARIS;
	if (b->fork >= FORK_LONDON)
		TRY(suite_u256(
		    &b->base_fee, suite_get(env, "currentBaseFee"), e));
	if (b->has_randao) {
		TRY(suite_hash(
		    &b->prev_randao, suite_text(env, "currentRandom"), e));
		b->difficulty = U256_ZERO;
	}
	if (b->fork >= FORK_CANCUN) {
		TRY(suite_u64(&blobs, excess, e));
		blobfee_price(&b->blob_base_fee, blobs,
		    fork_blob_at(&c->plan, b->number, b->time)->fraction);
	}
	return RC_OK;
}

/* pick returns the item of one of the transaction's lists that this case
 * takes. */
static enum rc
pick(const json_t **out, size_t *at, const json_t *tx, const char *list,
    const json_t *indexes, const char *index, struct err *e)
{
	const json_t *n = suite_get(indexes, index);

	if (!json_is_integer(n) || json_integer_value(n) < 0)
		return FAIL(e, RC_BAD_INPUT, "indexes: %s is no number", index);
	*at = (size_t)json_integer_value(n);
	*out = json_array_get(suite_get(tx, list), *at);
	if (*out == NULL)
		return FAIL(e, RC_BAD_INPUT, "transaction: %s has no item %zu",
		    list, *at);
	return RC_OK;
}

static enum rc
read_keys(struct state_case *c, struct tx_access *out, const json_t *keys,
    struct err *e)
{
	size_t i, cnt = json_array_size(keys);
	struct hash *list = arena_array(&c->arena, cnt, sizeof(*list));

	if (list == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for an access list");
	for (i = 0; i < cnt; i++) {
		const char *text = json_string_value(json_array_get(keys, i));

		TRY(suite_hash(&list[i], text == NULL ? "" : text, e));
	}
	out->keys = list;
	out->key_cnt = cnt;
	return RC_OK;
}

static enum rc
read_access(struct state_case *c, const json_t *list, struct err *e)
{
	size_t i, cnt = json_array_size(list);
	struct tx_access *out = arena_array(&c->arena, cnt, sizeof(*out));

	if (out == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for an access list");
	for (i = 0; i < cnt; i++) {
		const json_t *v = json_array_get(list, i);

		TRY(suite_addr(&out[i].addr, suite_text(v, "address"), e));
		TRY(read_keys(c, &out[i], suite_get(v, "storageKeys"), e));
	}
	c->tx.access = out;
	c->tx.access_cnt = cnt;
	return RC_OK;
}

static enum rc
read_auth(struct tx_auth *out, const json_t *v, struct err *e)
{
	uint64_t parity;

	TRY(suite_u256(&out->chain_id, suite_get(v, "chainId"), e));
	TRY(suite_addr(&out->addr, suite_text(v, "address"), e));
	TRY(suite_u64(&out->nonce, suite_get(v, "nonce"), e));
	TRY(suite_u64(&parity,
	    suite_get(v, suite_get(v, "yParity") != NULL ? "yParity" : "v"),
	    e));
	TRY(suite_u256(&out->r, suite_get(v, "r"), e));
	TRY(suite_u256(&out->s, suite_get(v, "s"), e));
	if (parity > UINT8_MAX)
		return FAIL(e, RC_TOO_LARGE, "yParity above a byte");
	out->y_parity = (uint8_t)parity;
	return RC_OK;
}

static enum rc
read_auths(struct state_case *c, const json_t *list, struct err *e)
{
	size_t i, cnt = json_array_size(list);
	struct tx_auth *out = arena_array(&c->arena, cnt, sizeof(*out));

	if (out == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for authorizations");
	for (i = 0; i < cnt; i++)
		TRY(suite_within(e,
		    read_auth(&out[i], json_array_get(list, i), e),
		    "authorizationList: %zu", i));
	c->tx.auths = out;
	c->tx.auth_cnt = cnt;
	return RC_OK;
}

static enum rc
read_blobs(struct state_case *c, const json_t *list, struct err *e)
{
	size_t i, cnt = json_array_size(list);
	struct hash *out = arena_array(&c->arena, cnt, sizeof(*out));

	if (out == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for blobs");
	for (i = 0; i < cnt; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		TRY(suite_hash(&out[i], text == NULL ? "" : text, e));
	}
	c->tx.blob_hashes = out;
	c->tx.blob_cnt = cnt;
	return RC_OK;
}

static enum rc
read_fees(struct state_case *c, const json_t *t, struct err *e)
{
	struct tx *tx = &c->tx;

	TRY(suite_u256(&tx->max_fee, suite_get(t, "gasPrice"), e));
	tx->max_tip = tx->max_fee;
	if (suite_get(t, "maxFeePerGas") == NULL)
		return RC_OK;
	TRY(suite_u256(&tx->max_fee, suite_get(t, "maxFeePerGas"), e));
	return suite_u256(
	    &tx->max_tip, suite_get(t, "maxPriorityFeePerGas"), e);
}

/* read_type: the newest kind that the members given belong to. */
static enum rc
read_type(
    struct state_case *c, const json_t *t, const json_t *access, struct err *e)
{
	const json_t *auths = suite_get(t, "authorizationList");
	const json_t *blob_fee = suite_get(t, "maxFeePerBlobGas");

	if (access != NULL) {
		c->tx.type = TX_ACCESS_LIST;
		TRY(read_access(c, access, e));
	}
	if (suite_get(t, "maxFeePerGas") != NULL)
		c->tx.type = TX_DYNAMIC_FEE;
	if (blob_fee != NULL) {
		c->tx.type = TX_BLOB;
		TRY(suite_u256(&c->tx.max_blob_fee, blob_fee, e));
		TRY(read_blobs(c, suite_get(t, "blobVersionedHashes"), e));
	}
	if (auths != NULL) {
		c->tx.type = TX_SET_CODE;
		TRY(read_auths(c, auths, e));
	}
	c->tx.has_chain_id = c->tx.type != TX_LEGACY;
	c->tx.chain_id = c->plan.chain_id;
	return RC_OK;
}

/* build_tx makes the transaction from its fields; it is not signed. */
static enum rc
build_tx(struct state_case *c, const json_t *t, const json_t *gas,
    const json_t *value, const json_t *data, struct err *e)
{
	const json_t *access =
	    json_array_get(suite_get(t, "accessLists"), c->v.data_at);
	const char *text = json_string_value(data), *to = suite_text(t, "to");
	struct tx *tx = &c->tx;

	*tx = (struct tx){.r = U256_ONE, .s = U256_ONE};
	TRY(suite_u64(&tx->nonce, suite_get(t, "nonce"), e));
	TRY(suite_u64(&tx->gas, gas, e));
	TRY(suite_u256(&tx->value, value, e));
	TRY(suite_data(&c->arena, &tx->data, text == NULL ? "" : text, e));
	tx->is_create = to[0] == '\0' || !strcmp(to, "0x");
	TRY(suite_addr(&tx->to, to, e));
	TRY(read_fees(c, t, e));
	return read_type(c, t, json_is_null(access) ? NULL : access, e);
}

static enum rc
read_sender(struct state_case *c, const json_t *t, struct err *e)
{
	uint8_t key[32], pub[64];

	if (suite_get(t, "sender") != NULL)
		return suite_addr(&c->sender, suite_text(t, "sender"), e);
	TRY(suite_fixed(key, sizeof(key), suite_text(t, "secretKey"), e));
	TRY(ec_public(pub, key, e));
	ec_addr(c->sender.b, pub);
	return RC_OK;
}

/* decode_tx reads the transaction as it was signed. */
static enum rc
decode_tx(struct state_case *c, struct bytes raw, struct err *e)
{
	TRY(tx_decode_frontier(&c->arena, &c->tx, raw, e));
	return tx_sender(&c->sender, &c->tx, e);
}

/* note lets a refusal be what makes a transaction impossible; what else went
 * wrong is an error of the file. */
static enum rc
note(struct state_case *c, enum rc rc, struct err *e, bool is_signed)
{
	if (rc == RC_OK)
		return rc;
	if (rc == RC_NO_MEMORY || (!is_signed && rc != RC_TOO_LARGE))
		return FAIL(e, rc, "%s", err_message(&c->refusal, rc));
	c->refused = rc;
	return RC_OK;
}

static enum rc
read_tx(struct state_case *c, struct err *e)
{
	const json_t *t, *at, *gas, *value, *data;
	struct suite_verdict *v = &c->v;
	struct bytes raw;

	TRY(suite_need(&t, c->test, "transaction", e));
	TRY(suite_need(&at, c->post, "indexes", e));
	TRY(pick(&data, &v->data_at, t, "data", at, "data", e));
	TRY(pick(&gas, &v->gas_at, t, "gasLimit", at, "gas", e));
	TRY(pick(&value, &v->value_at, t, "value", at, "value", e));
	v->has_at = true;
	if (suite_get(c->post, "txbytes") != NULL) {
		TRY(suite_data(
		    &c->arena, &raw, suite_text(c->post, "txbytes"), e));
		return note(c, decode_tx(c, raw, &c->refusal), e, true);
	}
	TRY(suite_within(e, read_sender(c, t, e), "transaction: sender"));
	return suite_within(e,
	    note(c, build_tx(c, t, gas, value, data, &c->refusal), e, false),
	    "transaction");
}

static enum rc
read_world(struct state_case *c, struct err *e)
{
	struct genesis_account *accounts;
	size_t cnt;

	TRY(suite_accounts(
	    &c->arena, &accounts, &cnt, suite_get(c->test, "pre"), e));
	return suite_world(&c->arena, &c->st, accounts, cnt, e);
}

/* Running. ---------------------------------------------------------- */

static enum rc
run_tx(struct state_case *c, struct receipt *out)
{
	uint64_t gas_left = c->env.block.gas_limit, used = 0;

	if (c->refused != RC_OK)
		return c->refused;
	return exec_tx(&c->arena, out, c->st, &c->env, &c->tx, &c->sender,
	    &gas_left, &used, &c->refusal);
}

static enum rc
execute(struct state_case *c, struct err *e)
{
	struct receipt r = {.log_cnt = 0};

	c->refused = run_tx(c, &r);
	c->v.is_refused = c->refused != RC_OK;
	TRY(state_error(c->st, e));
	state_add_balance(c->st, &c->env.block.coinbase, &U256_ZERO);
	state_end_tx(c->st, c->env.block.fork >= FORK_SPURIOUS);
	TRY(suite_root(&c->arena, &c->v.root, c->st, e));
	c->v.gas_used = r.gas_used;
	return suite_logs_hash(&c->arena, &c->v.logs, r.logs, r.log_cnt, e);
}

/* judge compares; why lives in the case's arena. */
static enum rc
judge(struct state_case *c, struct err *e)
{
	bool must_refuse = suite_get(c->post, "expectException") != NULL;
	struct hash root, logs;

	TRY(suite_hash(&root, suite_text(c->post, "hash"), e));
	TRY(suite_hash(&logs, suite_text(c->post, "logs"), e));
	suite_judge(&c->arena, &c->v,
	    must_refuse ? suite_text(c->post, "expectException") : NULL,
	    c->refused, &c->refusal);
	if (c->v.why == NULL && !hash_eq(&root, &c->v.root))
		c->v.why = "another state root";
	else if (c->v.why == NULL && !hash_eq(&logs, &c->v.logs))
		c->v.why = "another hash of the logs";
	c->v.is_pass = c->v.why == NULL;
	return RC_OK;
}

static enum rc
run_case(struct state_case *c, struct err *e)
{
	struct u256 ttd;

	TRY(suite_plan(&c->plan, &ttd, c->v.fork, e));
	TRY(suite_config(&c->plan, c->test, e));
	c->env = (struct exec_env){.forks = &c->plan,
	    .vm = c->s->vm,
	    .block_hash = suite_block_hash,
	    .mid_root = suite_no_root};
	TRY(suite_within(e, read_block(c, e), "env"));
	TRY(read_world(c, e));
	TRY(read_tx(c, e));
	if (c->s->before != NULL)
		c->s->before(c->s->ctx, &c->v);
	TRY(execute(c, e));
	TRY(judge(c, e));
	c->s->say(c->s->ctx, &c->v);
	return RC_OK;
}

static enum rc
run_fork(const struct suite *s, const char *name, const json_t *test,
    const char *fork, const json_t *posts, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < json_array_size(posts); i++) {
		struct state_case c = {.s = s,
		    .test = test,
		    .post = json_array_get(posts, i),
		    .v = {.name = name, .fork = fork}};

		arena_init(&c.arena, SUITE_ARENA_MAX);
		rc = suite_within(
		    e, run_case(&c, e), "post: %.40s: %zu", fork, i);
		arena_drop(&c.arena);
	}
	return rc;
}

static enum rc
run_test(void *ctx, const char *name, const json_t *test, struct err *e)
{
	const struct suite *s = ctx;
	const json_t *post;
	const char *fork;
	json_t *posts;

	TRY(suite_need(&post, test, "post", e));
	json_object_foreach((json_t *)(uintptr_t)post, fork,
	    posts) if (s->fork == NULL || !strcasecmp(s->fork, fork))
	    TRY(run_fork(s, name, test, fork, posts, e));
	return RC_OK;
}

enum rc
suite_state(const struct suite *s, struct bytes doc, struct err *e)
{
	struct suite copy = *s;

	return suite_each(doc, run_test, &copy, e);
}
