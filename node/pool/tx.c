/* SPDX-License-Identifier: Apache-2.0
 *
 * The pooled transaction: one allocation with its bytes behind it, and an
 * arena for what only some types have (access lists, authorizations). Its
 * count of references is the only thing in the pool that threads share.
 */
#include <stdatomic.h>

#include "base/check.h"
#include "pool/pool.h"

/*
 * Decoded lists are larger than their bytes: an authorization of 27 bytes
 * becomes a struct of 136. Chunks of the arena double, hence twice that.
 */
enum { LIST_BYTES_MAX = 16 * TX_RAW_MAX };

struct box {
	struct pool_tx tx; /* first: a pool_tx is a box */
	struct arena lists;
	uint8_t raw[];
};

static struct box *
box_of(struct pool_tx *t)
{
	return (struct box *)(void *)t;
}

enum rc
pool_tx_decode(struct pool_tx **out, struct bytes raw, struct err *e)
{
	struct box *b;
	enum rc rc;

	if (raw.len > TX_RAW_MAX)
		return FAIL(e, RC_TX_OVERSIZED,
		    "oversized data: transaction size %zu, limit %d", raw.len,
		    (int)TX_RAW_MAX);
	b = mem_new(sizeof(*b) + raw.len);
	if (b == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "a transaction of %zu bytes", raw.len);
	if (raw.len > 0)
		memcpy(b->raw, raw.ptr, raw.len);
	arena_init(&b->lists, LIST_BYTES_MAX);
	atomic_init(&b->tx.refs, 1);
	rc = tx_decode(&b->lists, &b->tx.tx, bytes_of(b->raw, raw.len), e);
	if (rc != RC_OK) {
		pool_tx_put(&b->tx);
		return rc;
	}
	b->tx.memory_bytes = sizeof(*b) + raw.len + b->lists.used_bytes;
	*out = &b->tx;
	return RC_OK;
}

enum rc
pool_tx_recover(struct pool_tx *t, struct err *e)
{
	return tx_sender(&t->sender, &t->tx, e);
}

enum rc
pool_tx_new(struct pool_tx **out, struct bytes raw, struct err *e)
{
	struct pool_tx *t;
	enum rc rc;

	TRY(pool_tx_decode(&t, raw, e));
	rc = pool_tx_recover(t, e);
	if (rc != RC_OK) {
		pool_tx_put(t);
		return rc;
	}
	*out = t;
	return RC_OK;
}

struct pool_tx *
pool_tx_get(struct pool_tx *t)
{
	if (t != NULL)
		atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void
pool_tx_put(struct pool_tx *t)
{
	uint32_t before;

	if (t == NULL)
		return;
	before = atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel);
	CHECK(before > 0);
	if (before > 1)
		return;
	arena_drop(&box_of(t)->lists);
	mem_free(t);
}
