/* SPDX-License-Identifier: Apache-2.0
 *
 * Putting the platform's contracts on the chain, and looking whether they are
 * there.
 */
#ifndef CTL_DEPLOY_H
#define CTL_DEPLOY_H

#include "contract/contract.h"
#include "ctl/home.h"
#include "ctl/signkey.h"

/*
 * deploy_run creates what is missing of a profile. Each transaction is signed
 * and stored before the first is sent: whenever it ends, another run sends the
 * same again and creates nothing twice. One that can never be in a block any
 * more, because its number was taken by another of the account's, is planned
 * anew, with those that name its contract.
 *
 * say     gets a line per step
 * Errors  RC_UNAVAILABLE  no node, no database; RC_UNSUPPORTED  the chain's
 *         rules are too old for the profile; RC_TIMEOUT  a transaction is in
 *         no block in time; RC_BAD_REQUEST  the node's refusal; RC_REVERT  a
 *         creation failed; RC_CORRUPT  other code where a contract stands;
 *         signkey_find's, only when something must be signed
 */
enum rc deploy_run(const struct home *h, enum contract_profile profile,
    const struct signkey_ask *ask, void (*say)(const char *line),
    struct err *e);

/* deploy_is_due tells whether a first start should deploy: a development
 * state without contracts, or where that was not finished. */
enum rc deploy_is_due(bool *out, const struct home *h, struct err *e);

/*
 * deploy_verify compares a profile with the chain: code byte for byte,
 * addresses that contracts have of each other, and that wallets may call them.
 *
 * say       gets a line per contract
 * good,bad  how many; both zero when nothing was ever planned
 * Errors    those of asking
 */
enum rc deploy_verify(const struct home *h, enum contract_profile profile,
    void (*say)(const char *line), size_t *good, size_t *bad, struct err *e);

/* deploy_list tells of each planned contract of a profile. */
enum rc deploy_list(const struct home *h, enum contract_profile profile,
    void (*say)(const char *line), struct err *e);

#endif
