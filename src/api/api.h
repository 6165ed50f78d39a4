/* SPDX-License-Identifier: Apache-2.0
 *
 * The wallet API's endpoints: stage tables that gateway/routes.def names.
 */
#ifndef API_API_H
#define API_API_H

#include "http/stage.h"

extern gw_stage_fn *const api_root[];        /* GET / */
extern gw_stage_fn *const api_tx_count[];    /* GET /v1/Eth/TransactionCount */
extern gw_stage_fn *const api_send_raw_tx[]; /* POST /v1/Eth/SendRaw... */

#endif
