/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls inside a transaction as rows, from what callTracer says.
 */
#ifndef PORTAL_EXPLORER_CALLS_PRIV_H
#define PORTAL_EXPLORER_CALLS_PRIV_H

#include "http/req.h"
#include "portal/explorer/views_priv.h"

/* Calls that are shown of one transaction, and how deep. */
enum { XP_CALL_MAX = 200, XP_CALL_DEPTH_MAX = 32 };

/* xp_calls fills in the calls of v, in their order, callers before whom they
 * call. Returns false without memory. */
bool xp_calls(
    struct gw_req *r, struct xp_tx_view *v, const struct gw_json *trace);

#endif
