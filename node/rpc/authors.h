/* SPDX-License-Identifier: Apache-2.0
 *
 * Who sealed the last blocks that calls looked at. Under Clique that takes a
 * signature's recovery, ten times what a token's balanceOf takes, and every
 * call in a block needs it. All readers share a small table; nobody waits.
 */
#ifndef RPC_AUTHORS_H
#define RPC_AUTHORS_H

#include <stdbool.h>

#include "eth/types.h"

/* Blocks that are remembered: calls mostly name the head. A power of two. */
enum { RPC_AUTHORS_MAX = 256 };

struct rpc_authors;

/* rpc_authors_new makes an empty table; NULL: no memory. */
struct rpc_authors *rpc_authors_new(void);
void rpc_authors_free(struct rpc_authors *t);

/* rpc_authors_find gets the author of a block; false when the table does not
 * have it, or another thread is writing at its place. */
bool rpc_authors_find(
    const struct rpc_authors *t, struct addr *out, const struct hash *block);

/* rpc_authors_put remembers it, in place of another one; or does not, when
 * another thread is writing there. */
void rpc_authors_put(
    struct rpc_authors *t, const struct hash *block, const struct addr *author);

#endif
