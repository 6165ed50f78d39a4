/* SPDX-License-Identifier: Apache-2.0
 *
 * Address text (EIP-55) and the addresses of new contracts (CREATE, CREATE2).
 */
#ifndef ETH_ADDR_H
#define ETH_ADDR_H

#include "base/err.h"
#include "eth/types.h"

/* 0x, 40 digits, NUL. */
enum { ADDR_TEXT_MAX = 43 };

/* addr_text writes checksummed text (EIP-55). Returns out. */
char *addr_text(char out[ADDR_TEXT_MAX], const struct addr *a);

/*
 * addr_read reads 40 hex digits, with 0x unless lax. Text with both cases
 * must carry the right checksum; all-lower and all-upper are accepted.
 *
 * Errors  RC_BAD_INPUT
 * Spec    EIP-55
 */
enum rc addr_read(struct addr *out, struct bytes text, bool lax, struct err *e);

/* addr_create computes the address of a contract created by CREATE. */
struct addr addr_create(const struct addr *sender, uint64_t nonce);

/* addr_create2 computes the address of a contract created by CREATE2
 * (EIP-1014). */
struct addr addr_create2(const struct addr *sender, const struct hash *salt,
    const struct hash *init_code_hash);

#endif
