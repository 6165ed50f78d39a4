/* SPDX-License-Identifier: Apache-2.0
 *
 * Call data, logs and revert data of known contracts (contract/contract.h).
 * What does not fit its signature is not decoded at all: a page rather shows
 * bytes than a guess.
 */
#ifndef PORTAL_EXPLORER_ABI_PRIV_H
#define PORTAL_EXPLORER_ABI_PRIV_H

#include "base/arena.h"
#include "contract/event.h"
#include "portal/explorer/views_priv.h"

/* Longest string or bytes that is shown, and most items of a list; the rest
 * is left out. */
enum { XP_VALUE_MAX = 1024 };

enum xp_abi_kind { XP_ABI_FUNCTION, XP_ABI_ERROR };

/*
 * xp_decode reads a selector and its arguments.
 *
 * kind     FUNCTION for call data, ERROR for what a revert returned
 * Returns  false when no signature fits; out is empty then
 */
bool xp_decode(struct arena *a, struct xp_decoded *out, enum xp_abi_kind kind,
    struct bytes data);

/* xp_decode_log reads a log of up to EVENT_TOPIC_MAX topics; one that is not
 * of 32 bytes is none. */
bool xp_decode_log(struct arena *a, struct xp_decoded *out,
    const struct bytes *topics, size_t topic_cnt, struct bytes data);

/* xp_reason puts a contract's code, or the compiler's, into words of a
 * language; empty for anything else that a revert returned. */
struct bytes xp_reason(struct arena *a, enum gw_lang lang, struct bytes data);

#endif
