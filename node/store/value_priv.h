/* SPDX-License-Identifier: Apache-2.0
 *
 * How accounts and slots look in the tables: no byte that can be left out,
 * since the page a record shares decides how many pages a block touches. An
 * account without code and storage takes 2 bytes and its two numbers. There
 * is one form for each value, so equal values are equal bytes.
 */
#ifndef STORE_VALUE_PRIV_H
#define STORE_VALUE_PRIV_H

#include "base/err.h"
#include "eth/account.h"

enum { VALUE_ACCOUNT_MAX = 2 + 8 + 32 + 32 + 32, VALUE_SLOT_MAX = 32 };

/* value_put_account writes acc; returns the length. */
size_t value_put_account(
    uint8_t out[VALUE_ACCOUNT_MAX], const struct account *acc);

/* value_account reads what value_put_account wrote; RC_CORRUPT. */
enum rc value_account(struct account *out, struct bytes in, struct err *e);

/* value_put_u256 writes v without leading zeros (nothing for 0); returns the
 * length. */
size_t value_put_u256(uint8_t out[VALUE_SLOT_MAX], const struct u256 *v);

/* value_u256 reads what value_put_u256 wrote; RC_CORRUPT. */
enum rc value_u256(struct u256 *out, struct bytes in, struct err *e);

#endif
