/* SPDX-License-Identifier: Apache-2.0
 *
 * A state in which nothing is stored: what lies below a genesis block.
 */
#include "state/state.h"

static enum rc
empty_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*out = account_empty();
	*found = false;
	return RC_OK;
}

static enum rc
empty_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)key;
	(void)e;
	*out = U256_ZERO;
	return RC_OK;
}

static enum rc
empty_code(void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	(void)ctx;
	(void)hash;
	*out = bytes_of(NULL, 0);
	return FAIL(e, RC_CORRUPT, "code that nobody has stored");
}

static enum rc
empty_slots(void *ctx, const struct addr *addr,
    bool (*say)(void *arg, const struct addr *addr, const struct hash *key),
    void *arg, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)say;
	(void)arg;
	(void)e;
	return RC_OK;
}

static enum rc
empty_node(void *ctx, struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e)
{
	(void)ctx;
	(void)account;
	(void)path;
	(void)e;
	*out = bytes_of(NULL, 0);
	return RC_OK;
}

const struct state_source STATE_SOURCE_EMPTY = {
    .account = empty_account,
    .slot = empty_slot,
    .code = empty_code,
    .each_slot = empty_slots,
};

const struct state_tries STATE_TRIES_EMPTY = {.node = empty_node};
