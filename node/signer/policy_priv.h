/* SPDX-License-Identifier: Apache-2.0
 *
 * What the child may sign, and that a message is what its kind says.
 */
#ifndef SIGNER_POLICY_PRIV_H
#define SIGNER_POLICY_PRIV_H

#include "base/bytes.h"
#include "base/err.h"
#include "signer/signer.h"

/* policy_is_counted tells whether the watermark counts signatures of a kind. */
bool policy_is_counted(enum signer_kind kind);

/*
 * policy_check judges one request.
 *
 * Errors  RC_DENIED     the configuration does not allow this kind
 *         RC_BAD_INPUT  the message has another shape, or a seal is for
 *                       another height than it says
 */
enum rc policy_check(const struct signer_conf *conf, enum signer_kind kind,
    uint64_t height, struct bytes message, struct err *e);

#endif
