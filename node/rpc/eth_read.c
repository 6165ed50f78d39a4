/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods that read accounts: balance, nonce, code, storage, after any block
 * whose state is kept.
 */
#include "rpc/rpc_priv.h"

enum rc
rpc_do_block_number(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct store_head head;

	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	jsonw_q64(c->w, head.number);
	return RC_OK;
}

/*
 * Syncing is following peers that are ahead. A node without peers has nobody
 * ahead of it; with them, sync will say so here.
 */
enum rc
rpc_do_syncing(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_bool(c->w, false);
	return RC_OK;
}

/* read_account reads the account of argument 0 after the block of argument
 * 1; one that was never touched is empty. */
static enum rc
read_account(struct rpc_call *c, struct account *out, struct err *e)
{
	const struct store_view *v;
	struct addr addr;
	uint64_t number;
	bool found;

	TRY(rpc_arg_addr(&addr, c, 0, e));
	TRY(rpc_need_state(c, &number, 1, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_account(v, number, out, &found, &addr, e));
	if (!found)
		*out = account_empty();
	return RC_OK;
}

enum rc
rpc_do_get_balance(struct rpc_call *c, struct err *e)
{
	struct account acc;

	TRY(read_account(c, &acc, e));
	jsonw_q256(c->w, &acc.balance);
	return RC_OK;
}

/* The pending count is the pool's to say. */
enum rc
rpc_do_get_nonce(struct rpc_call *c, struct err *e)
{
	struct account acc;
	struct rpc_at at;

	TRY(read_account(c, &acc, e));
	TRY(rpc_arg_at(&at, c, 1, e));
	if (at.kind == RPC_AT_PENDING) {
		TRY(rpc_arg_addr(&c->item->addr, c, 0, e));
		c->item->nonce = acc.nonce;
		c->item->pool_work = RPC_POOL_NONCE;
		return RC_OK;
	}
	jsonw_q64(c->w, acc.nonce);
	return RC_OK;
}

/* write_code writes an account's code as a value. */
static enum rc
write_code(struct rpc_call *c, const struct account *acc, struct err *e)
{
	const struct store_view *v;
	struct bytes code = {NULL, 0};

	TRY(rpc_doc_view(c->doc, &v, e));
	if (!hash_eq(&acc->code_hash, &HASH_EMPTY_CODE))
		TRY(store_code(v, &code, &acc->code_hash, e));
	jsonw_data(c->w, code);
	return RC_OK;
}

enum rc
rpc_do_get_code(struct rpc_call *c, struct err *e)
{
	struct account acc;

	TRY(read_account(c, &acc, e));
	return write_code(c, &acc, e);
}

/* What cast asks for, in one answer instead of three. */
enum rc
rpc_do_get_account_info(struct rpc_call *c, struct err *e)
{
	struct account acc;

	TRY(read_account(c, &acc, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "balance");
	jsonw_q256(c->w, &acc.balance);
	jsonw_key(c->w, "nonce");
	jsonw_q64(c->w, acc.nonce);
	jsonw_key(c->w, "code");
	TRY(write_code(c, &acc, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_get_storage(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	uint8_t word[32];
	struct addr addr;
	struct hash key;
	struct u256 value;
	uint64_t number;

	TRY(rpc_arg_addr(&addr, c, 0, e));
	TRY(rpc_arg_slot(&key, c, 1, e));
	TRY(rpc_need_state(c, &number, 2, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_slot(v, number, &value, &addr, &key, e));
	u256_to_be(word, &value);
	jsonw_data(c->w, bytes_of(word, sizeof(word)));
	return RC_OK;
}
