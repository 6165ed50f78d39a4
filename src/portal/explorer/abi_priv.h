/* SPDX-License-Identifier: Apache-2.0
 *
 * Call data, logs and revert data by the signatures of abi.def. What does not
 * fit its signature to the last byte of its words is not decoded at all: a
 * page rather shows bytes than a guess.
 *
 * Source: Solidity documentation, "Contract ABI Specification"
 */
#ifndef PORTAL_EXPLORER_ABI_PRIV_H
#define PORTAL_EXPLORER_ABI_PRIV_H

#include "base/arena.h"
#include "portal/explorer/views_priv.h"

enum {
	/* Parameters of one signature of ours, and their longest text. */
	XP_ARG_MAX = 8,
	XP_SIGNATURE_MAX = 160,
	/* Longest string or bytes that is shown; the rest is left out. */
	XP_VALUE_MAX = 1024,
	/* Topics of a log. */
	XP_TOPIC_MAX = 4,
};

enum xp_abi_kind { XP_ABI_FUNCTION, XP_ABI_EVENT, XP_ABI_ERROR };

/*
 * xp_decode reads a selector and its arguments.
 *
 * kind     FUNCTION for call data, ERROR for what a revert returned
 * Returns  false when no signature fits; out is empty then
 */
bool xp_decode(struct arena *a, struct xp_decoded *out, enum xp_abi_kind kind,
    struct bytes data);

/* xp_decode_log reads a log; topics are of 32 bytes each. */
bool xp_decode_log(struct arena *a, struct xp_decoded *out,
    const struct bytes *topics, size_t topic_cnt, struct bytes data);

#endif
