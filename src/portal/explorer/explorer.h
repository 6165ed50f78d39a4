/* SPDX-License-Identifier: Apache-2.0
 *
 * The explorer: pages that show blocks, transactions, addresses and signers,
 * for people, in Japanese and English. Everything comes from the node when it
 * is asked for, so that no page is behind or at odds with the chain.
 */
#ifndef PORTAL_EXPLORER_EXPLORER_H
#define PORTAL_EXPLORER_EXPLORER_H

#include "http/stage.h"

/* xp_home: the head and the last blocks; xp_live: the same as an event, once
 * there is a newer head than the page shows. */
extern gw_stage_fn *const xp_home[];
extern gw_stage_fn *const xp_live[];

/* xp_block: /block/{number or hash}; xp_tx: /tx/{hash}; xp_address:
 * /address/{address}; xp_signers; xp_search: ?q=. */
extern gw_stage_fn *const xp_block[];
extern gw_stage_fn *const xp_tx[];
extern gw_stage_fn *const xp_address[];
extern gw_stage_fn *const xp_signers[];
extern gw_stage_fn *const xp_search[];

#endif
