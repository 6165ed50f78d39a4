/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes to one account's place in the pool, and the counts, maps, heap and
 * lines of the log that follow from each. Who is to change and why is decided
 * elsewhere: pool.c for what comes, head.c for what the chain did.
 */
#include <inttypes.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/metrics.h"
#include "pool/pool_priv.h"

/* Texts with 0x and NUL. */
enum { HASH_TEXT_MAX = 67, ADDR_TEXT_LEN = 43 };

void
pool_publish(const struct pool *p)
{
	metric_set(METRIC_POOL_PENDING, p->ready);
	metric_set(METRIC_POOL_QUEUED, p->by_hash.cnt - p->ready);
	metric_set(METRIC_POOL_BYTES, p->bytes);
}

/* say_gone writes the line that keeps a drop from being silent; without a
 * reason it was written before the restart. */
static void
say_gone(const struct pool_entry *n, const char *why)
{
	char hash[HASH_TEXT_MAX], from[ADDR_TEXT_LEN];

	if (why == NULL)
		return;
	log_info("pool",
	    "dropped hash=%s sender=%s nonce=%" PRIu64 " why=\"%s\"",
	    hex_put0x(hash, hash_bytes(&n->tx->tx.hash)),
	    hex_put0x(from, addr_bytes(&n->tx->sender)), n->tx->tx.nonce, why);
}

bool
pool_is_above(const struct pool *p, const struct pool_entry *n)
{
	return n->tx->tx.gas > p->conf.gas.block;
}

void
pool_say_above(const struct pool *p, const struct pool_entry *n)
{
	char hash[HASH_TEXT_MAX], from[ADDR_TEXT_LEN];

	log_warn("pool",
	    "waits for larger blocks hash=%s sender=%s nonce=%" PRIu64
	    " gas=%" PRIu64 " limit=%" PRIu64,
	    hex_put0x(hash, hash_bytes(&n->tx->tx.hash)),
	    hex_put0x(from, addr_bytes(&n->tx->sender)), n->tx->tx.nonce,
	    n->tx->tx.gas, p->conf.gas.block);
}

void
pool_forget(struct pool *p, struct pool_entry *n)
{
	CHECK(map_del(&p->by_hash, n->tx->tx.hash.b) == n);
	p->bytes -= n->tx->memory_bytes;
	pool_log_forget(&n->ref);
	pool_entry_free(n);
}

/* forget_mined is pool_forget for what the chain has. */
static void
forget_mined(void *ctx, struct pool_entry *n)
{
	pool_linger_add(ctx, &n->ref);
	pool_forget(ctx, n);
}

void
pool_edit_begin(struct pool *p, const struct pool_account *acc)
{
	p->ready -= acc->ready;
}

/* note_ready tells of an entry that became executable. */
static void
note_ready(struct pool *p, struct pool_entry *n)
{
	if (n->tx->tx.gas > p->ready_gas)
		p->ready_gas = n->tx->tx.gas;
	if (!n->is_told && p->ready_fn != NULL)
		p->ready_fn(p->ready_ctx, n->tx);
	n->is_told = true;
}

void
pool_edit_end(struct pool *p, struct pool_account *acc)
{
	size_t i;

	pool_account_settle(acc, &i, p->conf.gas.block, p->now_ms);
	p->ready += acc->ready;
	for (; i < acc->ready; i++)
		note_ready(p, acc->v[i]);
	pool_idle_look(p, acc);
	if (acc->cnt > 0) {
		pool_heap_fix(p, acc);
		return;
	}
	pool_heap_del(p, acc);
	CHECK(map_del(&p->by_addr, acc->addr.b) == acc);
	pool_account_free(acc);
}

enum rc
pool_remove(
    struct pool *p, struct pool_entry *n, const char *why, struct err *e)
{
	struct pool_account *acc = n->acc;
	size_t at = pool_account_at(acc, n->tx->tx.nonce);
	struct hash hash = n->tx->tx.hash;

	say_gone(n, why);
	pool_edit_begin(p, acc);
	pool_account_demote(acc, at, p->now_ms);
	pool_account_close_gap(acc, at, 1);
	pool_forget(p, n);
	pool_edit_end(p, acc);
	return p->log == NULL ? RC_OK : pool_log_del(p->log, &hash, e);
}

enum rc
pool_refresh(struct pool *p, struct pool_account *acc, struct err *e)
{
	uint64_t nonce;
	struct u256 balance;

	TRY(p->view.account(p->view.ctx, &nonce, &balance, &acc->addr, e));
	pool_edit_begin(p, acc);
	pool_account_mined(acc, pool_account_at(acc, nonce), forget_mined, p);
	acc->nonce = nonce;
	acc->balance = balance;
	acc->read_at = p->head_no;
	pool_edit_end(p, acc);
	return RC_OK;
}
