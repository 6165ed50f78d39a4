/* SPDX-License-Identifier: Apache-2.0
 *
 * The genesis document without its allocation, kept beside the database: a
 * chain that exists needs only the rules and the header, and a start must
 * not parse a million accounts to learn them.
 */
#ifndef NODED_GENCACHE_H
#define NODED_GENCACHE_H

#include "base/arena.h"
#include "eth/genesis.h"

/*
 * gencache_load reads the genesis of path: from the cache in data_dir when
 * the file has not changed since (size, inode, time), else from the file.
 *
 * out        header.state_root is set only when it came from the cache, and
 *            accounts are empty then
 * is_cached  which of the two it was
 * Errors     those of genesis_read, naming the file; RC_IO
 */
enum rc gencache_load(struct arena *a, struct genesis *out, bool *is_cached,
    const char *data_dir, const char *path, struct err *e);

/*
 * gencache_save keeps it for the next start, once the chain is known to have
 * this genesis. A failure costs speed only and is logged.
 */
void gencache_save(struct arena *a, const char *data_dir, const char *path,
    const struct hash *state_root);

#endif
