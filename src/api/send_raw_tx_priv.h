/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stages of POST /v1/Eth/SendRawTransaction share: the items of one
 * request and what is known of each.
 */
#ifndef API_SEND_RAW_TX_PRIV_H
#define API_SEND_RAW_TX_PRIV_H

#include "eth/addr.h"
#include "eth/tx.h"
#include "http/req.h"

/* Error codes of an item beside those of JSON-RPC: not mined in time, never
 * handed over, accepted behind a gap, and what the contract list refuses. */
enum {
	CODE_PENDING = 2,
	CODE_REVERTED = 3,
	CODE_NOT_SENT = 4,
	CODE_QUEUED = 5,
	CODE_TARGET = 40,
	CODE_DECODE = 88
};

/* What a wallet is told in the extended profile; the legacy one knows only
 * the first two. */
enum status {
	STATUS_FAILED,
	STATUS_SUCCESS,
	STATUS_PENDING,
	STATUS_NONCE_LOW,
	STATUS_KNOWN
};

enum item_state {
	ITEM_REFUSED,
	ITEM_UNLISTED, /* may be a plain transfer: has the target code? */
	ITEM_READY,
	ITEM_SENT,
	ITEM_QUEUED, /* by the node, behind a gap of nonces */
	ITEM_MINED
};

struct item {
	enum item_state state;
	enum status status; /* of one that is refused or mined */
	bool is_confirmed;  /* the node has said that it has it */
	bool is_again;      /* handed over twice, having gone unconfirmed */
	struct tx tx;
	char to[ADDR_TEXT_MAX];         /* EIP-55 text */
	char hash[67], hash_params[72]; /* the latter as JSON */
	long code;
	const char *text;
};

/* What the effect that has just ended was for. */
enum job_wait { WAIT_NONE, WAIT_SEND, WAIT_BLOCK, WAIT_RECEIPT, WAIT_NONCE };

struct job {
	struct item *items;
	size_t cnt;
	struct gw_node_call *calls; /* one per item asked about */
	size_t *asked;              /* which item a call is about */
	size_t asked_cnt;
	enum job_wait wait;
	uint64_t until_ms; /* 0: nothing has been handed over */
	uint64_t block_no; /* receipts of up to here have been asked for */
	bool is_node_mute; /* the last call for receipts failed */
};

/* tx_item_refuse gives an item its end. text outlives the request. */
void tx_item_refuse(struct item *it, long code, const char *text);

/* tx_item_refused takes the node's error object over as an item's end. */
void tx_item_refused(struct gw_req *r, struct item *it, struct bytes answer);

/* tx_item_count tells how many items are in a state. */
size_t tx_item_count(const struct job *j, enum item_state state);

/* tx_item_call adds a call about an item to j->calls: value in hex, and
 * `more` behind it (JSON, with its comma). Returns false when memory is
 * short. */
bool tx_item_call(struct gw_req *r, struct job *j, size_t item,
    const char *method, struct bytes value, struct bytes more);

/* The stages, in order. */
enum gw_step api_tx_read(struct gw_req *r);
enum gw_step api_tx_find_targets(struct gw_req *r);
enum gw_step api_tx_allow(struct gw_req *r);
enum gw_step api_tx_plain(struct gw_req *r);
enum gw_step api_tx_follow(struct gw_req *r);

#endif
