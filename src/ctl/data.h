/* SPDX-License-Identifier: Apache-2.0
 *
 * A stopped node's data folder, opened the way the node opens it: for
 * commands that read the whole chain or add to it.
 */
#ifndef CTL_DATA_H
#define CTL_DATA_H

#include <limits.h>

#include "base/arena.h"
#include "chain/chain.h"

struct data {
	struct arena arena;
	char conf[PATH_MAX], dir[PATH_MAX], genesis_path[PATH_MAX];
	uint64_t history; /* blocks whose state the node keeps; 0: all */
	struct genesis genesis;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
};

/*
 * data_open opens the folder that a node.conf names. As root this process
 * becomes the node's user for good, so that no file changes its owner.
 *
 * conf    NULL: the state directory's own
 * Errors  RC_NOT_FOUND no state; RC_CONF; RC_IO; what store_open and
 *         chain_open say, a node that runs among them. data_close is due in
 *         any case
 */
enum rc data_open(struct data *d, const char *conf, struct err *e);

/* data_close gives everything back. */
void data_close(struct data *d);

#endif
