/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's part in the pool of nodes. Workers write into the shared
 * memory what they see of each node; the parent decides by http/nodes.h for
 * all of them, since it alone outlives them, and writes there which node is
 * used. It speaks to no node itself.
 *
 * Operators reach it through two files in run_dir, by `sekisho node`:
 *
 *   nodes.json  written here each second and at every change: who is used,
 *               what is known of each. A process that has not written it
 *               for NODES_FILE_OLD_S seconds is gone.
 *   node.use    a node's name and a line end: the first one from now on.
 *               Read at the start and at SIGHUP. It counts only when it
 *               belongs to the user that this process started as.
 */
#ifndef GATEWAY_NODES_H
#define GATEWAY_NODES_H

#include "gateway/parent.h"

/* nodes_start takes the first node, or the one that an operator has chosen
 * before, and writes who is used into the shared memory. */
void nodes_start(struct gw_process *p);

/* nodes_turn judges anew and writes nodes.json; now_ms is monotonic. */
void nodes_turn(struct gw_process *p, uint64_t now_ms);

/* nodes_choose reads node.use. */
void nodes_choose(struct gw_process *p);

#endif
