/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be signed. The shapes of seals, consensus messages, transactions
 * and EIP-191 messages do not overlap, so that a caller who may have one kind
 * signed cannot pass another for it. Whether a height was signed before is
 * watermark.c.
 */
#include "signer/policy_priv.h"

#include "eth/header.h"
#include "eth/rlp.h"

/* Items of an unsigned legacy transaction: before EIP-155, and with chain id
 * and two empty strings. */
enum { TX_ITEMS_OLD = 6, TX_ITEMS_EIP155 = 9, TX_TYPE_LAST = 4 };

static const char *
name_of(enum signer_kind kind)
{
	switch (kind) {
	case SIGNER_SEAL:
		return "seal";
	case SIGNER_PREPARE:
		return "prepare";
	case SIGNER_COMMIT:
		return "commit";
	case SIGNER_PROPOSE:
		return "proposal";
	case SIGNER_ROUND_CHANGE:
		return "round change";
	case SIGNER_TX:
		return "transaction";
	case SIGNER_MESSAGE:
		return "message";
	case SIGNER_KIND_CNT:
		break;
	}
	return "nothing";
}

static bool
is_allowed(const struct signer_conf *conf, enum signer_kind kind)
{
	switch (kind) {
	case SIGNER_SEAL:
	case SIGNER_PREPARE:
	case SIGNER_COMMIT:
	case SIGNER_PROPOSE:
	case SIGNER_ROUND_CHANGE:
		return conf->may_seal;
	case SIGNER_TX:
		return conf->may_sign_tx;
	case SIGNER_MESSAGE:
		return conf->may_sign_message;
	case SIGNER_KIND_CNT:
		break;
	}
	return false;
}

bool
policy_is_counted(enum signer_kind kind)
{
	return kind != SIGNER_TX && kind != SIGNER_MESSAGE;
}

/* The items of a message that is one whole RLP list. */
static enum rc
take_items(
    struct bytes *items, size_t *cnt, struct bytes message, struct err *e)
{
	TRY(rlp_take_list(items, &message, e));
	if (message.len > 0)
		return FAIL(e, RC_TRAILING, "bytes behind the message");
	return rlp_count(cnt, *items, e);
}

static enum rc
check_seal(uint64_t height, struct bytes message, struct err *e)
{
	struct header h;

	TRY(header_decode(&h, message, e));
	if (h.number != height)
		return FAIL(e, RC_BAD_INPUT, "header %llu for height %llu",
		    (unsigned long long)h.number, (unsigned long long)height);
	return RC_OK;
}

/* A consensus message is a list, and not one of a transaction. */
static enum rc
check_vote(struct bytes message, struct err *e)
{
	struct bytes items;
	size_t cnt;

	TRY(take_items(&items, &cnt, message, e));
	if (cnt == TX_ITEMS_OLD || cnt == TX_ITEMS_EIP155)
		return FAIL(e, RC_BAD_INPUT, "shaped as a transaction");
	return RC_OK;
}

static enum rc
check_legacy_tx(struct bytes message, struct err *e)
{
	struct bytes items, r, s;
	size_t cnt, i;

	TRY(take_items(&items, &cnt, message, e));
	if (cnt == TX_ITEMS_OLD)
		return RC_OK;
	if (cnt != TX_ITEMS_EIP155)
		return FAIL(e, RC_BAD_INPUT, "transaction of %zu items", cnt);
	for (i = 0; i < TX_ITEMS_OLD + 1; i++)
		TRY(rlp_take_str(&r, &items, e));
	TRY(rlp_take_str(&r, &items, e));
	TRY(rlp_take_str(&s, &items, e));
	if (r.len > 0 || s.len > 0)
		return FAIL(e, RC_BAD_INPUT, "transaction with a signature");
	return RC_OK;
}

static enum rc
check_tx(struct bytes message, struct err *e)
{
	struct bytes type, items;
	size_t cnt;

	if (message.len == 0 || message.ptr[0] > TX_TYPE_LAST)
		return check_legacy_tx(message, e);
	bytes_take(&type, &message, 1);
	if (type.ptr[0] == 0)
		return FAIL(e, RC_BAD_INPUT, "transaction type 0");
	return take_items(&items, &cnt, message, e);
}

/* EIP-191: 0x19, then the version; 'E' begins the text that wallets sign. */
static enum rc
check_message(struct bytes message, struct err *e)
{
	if (message.len >= 2 && message.ptr[0] == 0x19 &&
	    (message.ptr[1] <= 0x01 || message.ptr[1] == 'E'))
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "no EIP-191 prefix");
}

static enum rc
check_shape(
    enum signer_kind kind, uint64_t height, struct bytes message, struct err *e)
{
	switch (kind) {
	case SIGNER_SEAL:
		return check_seal(height, message, e);
	case SIGNER_PREPARE:
	case SIGNER_COMMIT:
	case SIGNER_PROPOSE:
	case SIGNER_ROUND_CHANGE:
		return check_vote(message, e);
	case SIGNER_TX:
		return check_tx(message, e);
	case SIGNER_MESSAGE:
		return check_message(message, e);
	case SIGNER_KIND_CNT:
		break;
	}
	return FAIL(e, RC_BAD_INPUT, "kind %d", (int)kind);
}

enum rc
policy_check(const struct signer_conf *conf, enum signer_kind kind,
    uint64_t height, struct bytes message, struct err *e)
{
	struct err why = {.rc = RC_OK};
	enum rc rc;

	if (!is_allowed(conf, kind))
		return FAIL(
		    e, RC_DENIED, "this signer signs no %s", name_of(kind));
	rc = check_shape(kind, height, message, &why);
	if (rc == RC_OK)
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "not a %s: %s", name_of(kind),
	    err_message(&why, rc));
}
