/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls about accounts leave for the keeper's turn.
 */
#ifndef RPC_KEYS_PRIV_H
#define RPC_KEYS_PRIV_H

#include "rpc/rpc_priv.h"

enum rpc_key_work {
	RPC_KEY_LIST,
	RPC_KEY_PENDING,
	RPC_KEY_MAKE,    /* password */
	RPC_KEY_UNLOCK,  /* addr, password, seconds */
	RPC_KEY_LOCK,    /* addr */
	RPC_KEY_SIGN,    /* addr, message; perhaps password */
	RPC_KEY_SIGN_TX, /* addr, tx */
	RPC_KEY_SEND     /* addr, tx; perhaps nonce, password */
};

/* In the document's memory, and so is what it points to. */
struct rpc_key_ask {
	enum rpc_key_work work;
	struct addr addr;
	bool has_password, has_nonce;
	struct bytes password; /* wiped in the keeper's turn */
	uint32_t seconds;
	struct bytes message;
	struct tx tx; /* from addr, without signature */
};

/* rpc_key_wipe wipes what a call holds of a password. */
void rpc_key_wipe(struct rpc_item *it);

#endif
