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
extern gw_stage_fn *const api_block_sync[];  /* GET /v1/NodeInfo/Block... */
extern gw_stage_fn *const api_required_version[]; /* GET /v1/Required... */

#endif
