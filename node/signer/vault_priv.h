/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the child's secrets are: memory that is never swapped, dumped or
 * inherited, between two pages that nobody can touch.
 */
#ifndef SIGNER_VAULT_PRIV_H
#define SIGNER_VAULT_PRIV_H

#include "base/err.h"
#include "eth/types.h"
#include "signer/wire_priv.h"

struct vault_key {
	struct addr addr;
	uint8_t key[32];
	bool is_set;
	bool is_once;      /* wiped by the next signature that is asked for */
	uint64_t until_ms; /* wiped then; 0: at the end */
};

/* What lives in locked memory: the keys, one that is only looked at or just
 * made, and the request that may carry a password. */
struct vault {
	struct vault_key keys[SIGNER_KEY_MAX];
	uint8_t spare[32];
	uint8_t request[WIRE_REQUEST_MAX];
};

/* vault_open maps and locks; the memory stays until the process ends. RC_IO */
enum rc vault_open(struct vault **out, struct err *e);

/* vault_find looks an unlocked key up, NULL when there is none. */
struct vault_key *vault_find(struct vault *v, const struct addr *addr);

/* vault_place returns a free place, NULL when SIGNER_KEY_MAX are taken. */
struct vault_key *vault_place(struct vault *v);

/* vault_drop wipes a key. */
void vault_drop(struct vault_key *k);

/* vault_expire wipes the keys whose time has come, and returns when the next
 * one's will (UINT64_MAX: never). */
uint64_t vault_expire(struct vault *v, uint64_t now_ms);

#endif
