/* SPDX-License-Identifier: Apache-2.0
 *
 * The node's plain HTTP dialect: what clients that speak no JSON-RPC ask
 * below an rpc surface, GET /head and so on. Thin adapters: each is a few
 * JSON-RPC calls to the node, allowed and charged as those are.
 */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include "http/stage.h"

extern gw_stage_fn *const dl_head[];         /* GET /head */
extern gw_stage_fn *const dl_block[];        /* GET /blocks/{height} */
extern gw_stage_fn *const dl_blocks_range[]; /* GET /blocks-range */
extern gw_stage_fn *const dl_tx[];           /* GET /tx/{hash} */
extern gw_stage_fn *const dl_balance[];      /* GET /getBalance/{address} */
extern gw_stage_fn *const dl_sync_status[];  /* GET /syncStatus */
extern gw_stage_fn *const dl_send_tx[];      /* POST /sendTx */
extern gw_stage_fn *const dl_import[]; /* POST /blocks/import, /importBlock */

#endif
