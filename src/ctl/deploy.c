/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho contracts deploy`: drop what can no longer be, plan what is
 * missing, send what is in no block, wait. Each step reads what the one
 * before has stored, so that a run may end anywhere and the next goes on.
 */
#include "ctl/deploy.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/hex.h"
#include "ctl/deploy_priv.h"
#include "ctl/stop.h"
#include "eth/addr.h"
#include "eth/tx.h"

enum { DEPLOY_WAIT_MS = 60000, DEPLOY_POLL_MS = 100 };

/* --- the chain's rules --- */

/* Code that only runs under rules of that name: an instruction that came with
 * them, and its result returned. */
static const struct {
	const char *evm_version, *probe;
} probes[] = {
    {"byzantium", "0x3d60005260206000f3"}, /* RETURNDATASIZE, EIP-211 */
    {"london", "0x4860005260206000f3"},    /* BASEFEE, EIP-3198 */
};

static enum rc
check_rules(struct deploy *d, struct err *e)
{
	const char *want = d->platform.row[0].contract->evm_version;
	json_t *r = NULL;
	size_t i = 0;
	enum rc rc;

	while (strcmp(probes[i].evm_version, want) != 0) {
		i++;
		CHECK(i < ARRAY_CNT(probes));
	}
	rc = asknode(d->node, &r, "eth_call",
	    json_pack("[{ss}s]", "data", probes[i].probe, "latest"), e);
	json_decref(r);
	if (rc != RC_BAD_REQUEST)
		return rc;
	return FAIL(e, RC_UNSUPPORTED,
	    "the %s profile needs the rules of %s or later, which this chain "
	    "does not have%s",
	    contract_profile_text(d->platform.profile), want,
	    d->platform.profile == CONTRACT_STRICT
		? "; --profile legacy runs from Byzantium on"
		: "");
}

/* --- receipts --- */

struct receipt {
	bool is_there, is_good;
	uint64_t block_no;
};

static bool
take_quantity(uint64_t *out, const json_t *receipt, const char *key)
{
	const char *text = json_string_value(json_object_get(receipt, key));

	return text != NULL &&
	       hex_quantity_u64(out, bytes_of_str(text), NULL) == RC_OK;
}

static enum rc
ask_receipt(struct deploy *d, struct receipt *out,
    const struct platform_row *row, struct err *e)
{
	uint64_t status = 0;
	bool is_whole;
	json_t *r;

	*out = (struct receipt){.is_there = false};
	TRY(asknode(d->node, &r, "eth_getTransactionReceipt",
	    json_pack("[o]", asknode_hex(&d->arena, hash_bytes(&row->tx_hash))),
	    e));
	out->is_there = json_is_object(r);
	is_whole = !out->is_there ||
		   (take_quantity(&status, r, "status") &&
		       take_quantity(&out->block_no, r, "blockNumber"));
	out->is_good = status == 1;
	json_decref(r);
	return is_whole ? RC_OK
			: FAIL(e, RC_CORRUPT, "%s: the node's receipt",
			      row->contract->name);
}

/* --- what can no longer be --- */

/* The number is asked for first: who took it is in a block by then, and if it
 * was us, our receipt is there. */
static enum rc
is_lost(
    struct deploy *d, bool *out, const struct platform_row *row, struct err *e)
{
	struct receipt receipt;
	uint64_t nonce;

	*out = false;
	if (!row->is_planned || row->is_done)
		return RC_OK;
	TRY(asknode_nonce(d->node, &nonce, &row->deployer, "latest", e));
	if (nonce <= row->nonce)
		return RC_OK;
	TRY(ask_receipt(d, &receipt, row, e));
	*out = !receipt.is_good;
	return RC_OK;
}

static bool
names_unplanned(const struct platform *p, const struct platform_row *row)
{
	size_t i;

	for (i = 0; i < row->arg_cnt; i++)
		if (!p->row[row->args[i].of].is_planned)
			return true;
	return false;
}

/* One that names a lost one has a wrong address in it. */
static enum rc
drop_lost(struct deploy *d, struct err *e)
{
	struct platform *p = &d->platform;
	size_t i;

	TRY(platform_begin(d->pg, e));
	for (i = 0; i < p->cnt; i++) {
		struct platform_row *row = &p->row[i];
		bool lost;

		TRY(is_lost(d, &lost, row, e));
		if (!row->is_planned || (!lost && !names_unplanned(p, row)))
			continue;
		deploy_say(d, "lost     %-24s %s: planned anew",
		    row->contract->name,
		    lost ? "its nonce was used otherwise"
			 : "it names one that is lost");
		TRY(platform_drop(d->pg, row, e));
		row->is_planned = row->is_done = false;
	}
	return platform_commit(d->pg, e);
}

/* --- planning --- */

struct signer {
	uint8_t key[32];
	struct addr addr;
	uint64_t chain_id, nonce, gas; /* of all that is planned */
	struct u256 gas_price;
};

static enum rc
creation_of(struct deploy *d, struct bytes *out, const struct platform_row *row,
    struct err *e)
{
	struct abi_value args[PLATFORM_ARG_MAX];
	size_t i;

	for (i = 0; i < row->arg_cnt; i++)
		args[i] = abi_addr(&d->platform.row[row->args[i].of].address);
	return contract_encode_create(
	    &d->arena, out, row->contract, args, row->arg_cnt, e);
}

/* An eighth more: rules may change before it is in a block. */
static enum rc
estimate(struct deploy *d, uint64_t *gas, const struct platform_row *row,
    struct bytes data, struct err *e)
{
	struct err why = {0};
	char from[ADDR_TEXT_MAX];
	enum rc rc = asknode_number(d->node, gas, "eth_estimateGas",
	    json_pack("[{ssso}]", "from", addr_text(from, &row->deployer),
		"data", asknode_hex(&d->arena, data)),
	    &why);

	if (rc != RC_OK)
		return FAIL(e, rc, "%s from %s: %s", row->contract->name, from,
		    err_message(&why, rc));
	*gas += *gas / 8;
	return RC_OK;
}

static enum rc
plan_row(
    struct deploy *d, struct platform_row *row, struct signer *s, struct err *e)
{
	struct tx tx = {.type = TX_LEGACY,
	    .has_chain_id = true,
	    .is_create = true,
	    .chain_id = s->chain_id,
	    .nonce = s->nonce,
	    .max_fee = s->gas_price,
	    .max_tip = s->gas_price};

	row->deployer = s->addr;
	row->nonce = s->nonce++;
	row->address = addr_create(&s->addr, row->nonce);
	TRY(creation_of(d, &tx.data, row, e));
	TRY(estimate(d, &tx.gas, row, tx.data, e));
	s->gas += tx.gas;
	TRY(tx_sign(&d->arena, &tx, s->key, e));
	row->tx_hash = tx.hash;
	row->raw = tx.raw;
	row->is_planned = true;
	return platform_insert(d->pg, row, e);
}

/* Behind what is in the pool, and behind what is planned and may not be. */
static enum rc
first_nonce(struct deploy *d, struct signer *s, struct err *e)
{
	const struct platform *p = &d->platform;
	size_t i;

	TRY(asknode_nonce(d->node, &s->nonce, &s->addr, "pending", e));
	for (i = 0; i < p->cnt; i++)
		if (p->row[i].is_planned &&
		    addr_eq(&p->row[i].deployer, &s->addr) &&
		    p->row[i].nonce >= s->nonce)
			s->nonce = p->row[i].nonce + 1;
	return RC_OK;
}

static enum rc
prepare_signer(struct deploy *d, struct signer *s, struct err *e)
{
	TRY(asknode_number(d->node, &s->chain_id, "eth_chainId", NULL, e));
	TRY(asknode_u256(d->node, &s->gas_price, "eth_gasPrice", NULL, e));
	return first_nonce(d, s, e);
}

/* Nothing is stored that its sender could not pay for. */
static enum rc
check_funds(struct deploy *d, const struct signer *s, struct err *e)
{
	char text[ADDR_TEXT_MAX], need_text[U256_DEC_MAX];
	struct u256 has, need;
	bool is_cut = u256_mul_u64(&need, &s->gas_price, s->gas);

	TRY(asknode_u256(d->node, &has, "eth_getBalance",
	    json_pack("[ss]", addr_text(text, &s->addr), "latest"), e));
	if (!is_cut && u256_cmp(&has, &need) >= 0)
		return RC_OK;
	u256_dec(need_text, &need);
	return FAIL(e, RC_TX_FUNDS,
	    "%s has insufficient funds: %s wei pay for all contracts", text,
	    need_text);
}

static enum rc
plan_rows(struct deploy *d, struct signer *s, struct err *e)
{
	struct platform *p = &d->platform;
	char text[ADDR_TEXT_MAX];
	size_t i, cnt = 0;

	TRY(prepare_signer(d, s, e));
	TRY(platform_begin(d->pg, e));
	for (i = 0; i < p->cnt; i++) {
		if (p->row[i].is_planned)
			continue;
		TRY(plan_row(d, &p->row[i], s, e));
		cnt++;
	}
	TRY(check_funds(d, s, e));
	TRY(platform_commit(d->pg, e));
	deploy_say(d, "planned  %zu contracts from %s", cnt,
	    addr_text(text, &s->addr));
	return RC_OK;
}

static enum rc
plan_missing(struct deploy *d, const struct signkey_ask *ask, struct err *e)
{
	struct signer s = {.gas = 0};
	size_t i = 0;
	enum rc rc;

	while (i < d->platform.cnt && d->platform.row[i].is_planned)
		i++;
	if (i == d->platform.cnt)
		return RC_OK;
	rc = signkey_find(s.key, &s.addr, d->home, ask, e);
	if (rc == RC_OK)
		rc = plan_rows(d, &s, e);
	explicit_bzero(&s, sizeof(s));
	return rc;
}

/* --- sending --- */

static enum rc
is_known(
    struct deploy *d, bool *out, const struct platform_row *row, struct err *e)
{
	json_t *r;

	TRY(asknode(d->node, &r, "eth_getTransactionByHash",
	    json_pack("[o]", asknode_hex(&d->arena, hash_bytes(&row->tx_hash))),
	    e));
	*out = json_is_object(r);
	json_decref(r);
	return RC_OK;
}

static enum rc
send_row(struct deploy *d, const struct platform_row *row, struct err *e)
{
	struct err why = {0};
	char from[ADDR_TEXT_MAX];
	bool known;
	json_t *r = NULL;
	enum rc rc;

	TRY(is_known(d, &known, row, e));
	if (known)
		return RC_OK;
	rc = asknode(d->node, &r, "eth_sendRawTransaction",
	    json_pack("[o]", asknode_hex(&d->arena, row->raw)), &why);
	json_decref(r);
	if (rc != RC_OK)
		return FAIL(e, rc, "%s from %s: %s", row->contract->name,
		    addr_text(from, &row->deployer), err_message(&why, rc));
	deploy_say(d, "sent     %s", row->contract->name);
	return RC_OK;
}

static enum rc
send_rows(struct deploy *d, struct err *e)
{
	size_t i;

	for (i = 0; i < d->platform.cnt; i++)
		if (!d->platform.row[i].is_done)
			TRY(send_row(d, &d->platform.row[i], e));
	return RC_OK;
}

/* --- waiting --- */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static enum rc
wait_receipt(struct deploy *d, struct receipt *out,
    const struct platform_row *row, struct err *e)
{
	const struct timespec pause = {.tv_nsec = DEPLOY_POLL_MS * 1000000L};
	uint64_t until = now_ms() + DEPLOY_WAIT_MS;

	for (;;) {
		struct arena_mark mark = arena_save(&d->arena);

		TRY(stop_check(e));
		TRY(ask_receipt(d, out, row, e));
		arena_rewind(&d->arena, mark);
		if (out->is_there)
			return RC_OK;
		if (now_ms() >= until)
			return FAIL(e, RC_TIMEOUT,
			    "%s is in no block after %d s: does the chain "
			    "grow? Another run goes on",
			    row->contract->name, DEPLOY_WAIT_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
}

static enum rc
check_code(struct deploy *d, const struct platform_row *row, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	bool has_code;

	TRY(deploy_has_code(d, &has_code, row, e));
	if (has_code)
		return RC_OK;
	return FAIL(e, RC_CORRUPT,
	    "%s: the chain has other code, or none, at %s; `sekisho contracts "
	    "verify` tells of all",
	    row->contract->name, addr_text(text, &row->address));
}

static enum rc
finish_row(struct deploy *d, struct platform_row *row, struct err *e)
{
	struct receipt receipt;

	TRY(wait_receipt(d, &receipt, row, e));
	if (!receipt.is_good)
		return FAIL(e, RC_REVERT,
		    "%s: its creation failed in block %llu; another run tries "
		    "again",
		    row->contract->name, (unsigned long long)receipt.block_no);
	TRY(check_code(d, row, e));
	row->block_no = receipt.block_no;
	TRY(platform_done(d->pg, row, e));
	row->is_done = true;
	return RC_OK;
}

static enum rc
finish_rows(struct deploy *d, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < d->platform.cnt; i++) {
		struct platform_row *row = &d->platform.row[i];

		if (row->is_done)
			TRY(check_code(d, row, e));
		else
			TRY(finish_row(d, row, e));
		deploy_say(d, "deployed %-24s %s  block %llu",
		    row->contract->name, addr_text(text, &row->address),
		    (unsigned long long)row->block_no);
	}
	return RC_OK;
}

/* What is signed stays its signer's. */
static enum rc
check_sender(
    const struct deploy *d, const struct signkey_ask *ask, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct addr from;
	size_t i;

	if (ask->from == NULL ||
	    addr_read(&from, bytes_of_str(ask->from), false, NULL) != RC_OK)
		return RC_OK;
	for (i = 0; i < d->platform.cnt; i++) {
		const struct platform_row *row = &d->platform.row[i];

		if (row->is_planned && !row->is_done &&
		    !addr_eq(&row->deployer, &from))
			return FAIL(e, RC_BAD_INPUT,
			    "%s is on its way from %s: end that without --from",
			    row->contract->name,
			    addr_text(text, &row->deployer));
	}
	return RC_OK;
}

/* The platform is read under the lock: another run may just have ended. */
static enum rc
run(struct deploy *d, enum contract_profile profile,
    const struct signkey_ask *ask, struct err *e)
{
	TRY(platform_lock(d->pg, e));
	TRY(platform_read(&d->arena, &d->platform, profile, d->pg, e));
	TRY(check_rules(d, e));
	TRY(drop_lost(d, e));
	TRY(check_sender(d, ask, e));
	TRY(plan_missing(d, ask, e));
	TRY(send_rows(d, e));
	return finish_rows(d, e);
}

enum rc
deploy_run(const struct home *h, enum contract_profile profile,
    const struct signkey_ask *ask, void (*say)(const char *line), struct err *e)
{
	struct deploy d;
	enum rc rc = deploy_open(&d, h, profile, true, say, e);

	if (rc == RC_OK)
		rc = run(&d, profile, ask, e);
	deploy_close(&d);
	return rc;
}
