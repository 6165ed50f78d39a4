/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_subscribe and eth_unsubscribe up to where the registry is needed: the
 * arguments, with go-ethereum's texts. subs.c does the rest.
 */
#include "base/hex.h"
#include "rpc/subs_priv.h"

/* Digits of an id, 0x included. */
enum { ID_TEXT_LEN = 2 + 2 * RPC_SUB_ID_BYTES };

static const struct name {
	const char *text;
	enum rpc_sub_kind kind;
	unsigned most; /* arguments, the name included */
} names[] = {
    {"newHeads", RPC_SUB_HEADS, 1},
    {"logs", RPC_SUB_LOGS, 2},
    {"newPendingTransactions", RPC_SUB_PENDING, 2},
    {"syncing", RPC_SUB_SYNCING, 1},
};

static enum rc
find_name(const struct name **out, const struct rpc_call *c, struct err *e)
{
	struct bytes text;
	size_t i;

	if (c->arg[0]->kind != RPC_JSON_STRING)
		return FAIL(e, RC_BAD_INPUT, "non-string subscription name");
	text = c->arg[0]->str;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*out = &names[i];
		if (bytes_eq(text, bytes_of_str(names[i].text)))
			return RC_OK;
	}
	return FAIL(e, RC_NO_METHOD,
	    "no \"%.*s\" subscription in eth namespace",
	    text.len > 64 ? 64 : (int)text.len, (const char *)text.ptr);
}

/* fixed_block reads an end of a range: *is_fixed is false where it is left
 * open. Only numbers can be compared with blocks to come. */
static enum rc
fixed_block(bool *is_fixed, uint64_t *number, bool has, const struct rpc_at *at,
    struct err *e)
{
	*is_fixed = false;
	if (!has || at->kind == RPC_AT_LATEST)
		return RC_OK;
	if (at->kind == RPC_AT_PENDING)
		return FAIL(e, RC_BAD_INPUT, "pending logs are not supported");
	*is_fixed = true;
	*number = at->kind == RPC_AT_EARLIEST ? 0 : at->number;
	if (at->kind == RPC_AT_NUMBER || at->kind == RPC_AT_EARLIEST)
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "invalid block range params");
}

/* read_range judges which blocks' logs are wanted. */
static enum rc
read_range(struct rpc_sub *sub, struct err *e)
{
	const struct rpc_log_filter *f = &sub->filter;
	bool has_first, has_last;

	sub->first = 0;
	sub->last = UINT64_MAX;
	if (f->has_hash)
		return FAIL(
		    e, RC_BAD_INPUT, "a subscription takes no blockHash");
	TRY(fixed_block(&has_first, &sub->first, f->has_from, &f->from, e));
	TRY(fixed_block(&has_last, &sub->last, f->has_to, &f->to, e));
	if ((has_last && !has_first) || sub->last < sub->first)
		return FAIL(e, RC_BAD_INPUT, "invalid block range params");
	return RC_OK;
}

static enum rc
make_logs(struct rpc_sub **out, struct rpc_call *c, struct err *e)
{
	struct rpc_log_filter filter;
	enum rc rc;

	if (!rpc_arg_has(c, 1))
		return FAIL(
		    e, RC_BAD_INPUT, "missing value for required argument 1");
	TRY(rpc_arg_log_filter(&filter, c, 1, e));
	*out = rpc_sub_new(RPC_SUB_LOGS, &filter);
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "a subscription");
	rc = read_range(*out, e);
	if (rc != RC_OK)
		rpc_sub_free(*out);
	return rc;
}

static enum rc
make_plain(struct rpc_sub **out, enum rpc_sub_kind kind, struct rpc_call *c,
    struct err *e)
{
	bool is_full = false;

	if (rpc_arg_has(c, 1))
		TRY(rpc_arg_bool(&is_full, c, 1, e));
	*out = rpc_sub_new(is_full ? RPC_SUB_PENDING_FULL : kind, NULL);
	return *out != NULL ? RC_OK : FAIL(e, RC_NO_MEMORY, "a subscription");
}

enum rc
rpc_do_subscribe(struct rpc_call *c, struct err *e)
{
	const struct name *name;
	struct rpc_sub *sub;

	TRY(find_name(&name, c, e));
	if (name->most == 1 && rpc_arg_has(c, 1))
		return FAIL(
		    e, RC_BAD_INPUT, "too many arguments, want at most 1");
	if (name->kind == RPC_SUB_LOGS)
		TRY(make_logs(&sub, c, e));
	else
		TRY(make_plain(&sub, name->kind, c, e));
	c->item->sub = sub;
	c->item->sub_work = RPC_SUBS_ADD;
	return RC_OK;
}

/* What is no id of ours names no subscription. */
enum rc
rpc_do_unsubscribe(struct rpc_call *c, struct err *e)
{
	uint8_t id[RPC_SUB_ID_BYTES];
	struct bytes text;

	if (c->arg[0]->kind != RPC_JSON_STRING)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 0: not a string");
	text = c->arg[0]->str;
	if (text.len != ID_TEXT_LEN ||
	    hex_read_fixed(id, sizeof(id), text, false, NULL) != RC_OK)
		return FAIL(e, RC_NOT_FOUND, "subscription not found");
	memcpy(c->item->sub_id, id, sizeof(id));
	c->item->sub_work = RPC_SUBS_DROP;
	return RC_OK;
}
