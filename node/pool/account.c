/* SPDX-License-Identifier: Apache-2.0
 *
 * One sender's transactions: an array that ascends by nonce, of which a
 * prefix is executable. The prefix grows and shrinks at its end only, so
 * that an ordinary insertion or a mined block costs a few steps; all else is
 * bounded by PER_ACCOUNT_MAX. It knows neither the other accounts nor the
 * log.
 */
#include <string.h>

#include "base/check.h"
#include "pool/pool_priv.h"

enum { CAP_MIN = 4 };

struct pool_entry *
pool_entry_new(struct pool_tx *t)
{
	struct pool_entry *n = mem_new(sizeof(*n));

	if (n == NULL)
		return NULL;
	n->tx = t;
	if (!pool_cost(&n->cost, &t->tx))
		memset(&n->cost, 0xff, sizeof(n->cost));
	return n;
}

void
pool_entry_free(struct pool_entry *n)
{
	if (n == NULL)
		return;
	pool_tx_put(n->tx);
	mem_free(n);
}

void
pool_account_free(struct pool_account *acc)
{
	if (acc == NULL)
		return;
	mem_free(acc->v);
	mem_free(acc);
}

size_t
pool_account_at(const struct pool_account *acc, uint64_t nonce)
{
	size_t low = 0, high = acc->cnt;

	/* Most come in order, behind all others. */
	if (high > 0 && acc->v[high - 1]->tx->tx.nonce < nonce)
		return high;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (acc->v[mid]->tx->tx.nonce < nonce)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* follows tells whether entry i is the i-th after the account's nonce.
 * Nonces ascend, so once false it stays false. */
static bool
follows(const struct pool_account *acc, size_t i)
{
	return acc->v[i]->tx->tx.nonce - acc->nonce == i;
}

size_t
pool_account_run(const struct pool_account *acc)
{
	size_t low = 0, high = acc->cnt;

	if (high == 0 || follows(acc, high - 1))
		return high;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (follows(acc, mid))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
pool_account_reserve(struct pool_account *acc)
{
	size_t cap = acc->cap == 0 ? CAP_MIN : acc->cap * 2;
	struct pool_entry **v;

	if (acc->cnt < acc->cap)
		return true;
	v = mem_resize(acc->v, acc->cap * sizeof(struct pool_entry *),
	    cap * sizeof(struct pool_entry *));
	if (v == NULL)
		return false;
	acc->v = v;
	acc->cap = cap;
	return true;
}

void
pool_account_close_gap(struct pool_account *acc, size_t at, size_t cnt)
{
	CHECK(at >= acc->ready && at + cnt <= acc->cnt);
	memmove(acc->v + at, acc->v + at + cnt,
	    (acc->cnt - at - cnt) * sizeof(struct pool_entry *));
	acc->cnt -= cnt;
}

void
pool_account_put(struct pool_account *acc, size_t at, struct pool_entry *n)
{
	CHECK(acc->cnt < acc->cap && at <= acc->cnt && at >= acc->ready);
	memmove(acc->v + at + 1, acc->v + at,
	    (acc->cnt - at) * sizeof(struct pool_entry *));
	acc->v[at] = n;
	acc->cnt++;
	n->acc = acc;
}

void
pool_account_mined(struct pool_account *acc, size_t cnt,
    void (*gone)(void *ctx, struct pool_entry *n), void *ctx)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		if (i < acc->ready)
			(void)u256_sub(&acc->ready_cost, &acc->ready_cost,
			    &acc->v[i]->cost);
		gone(ctx, acc->v[i]);
	}
	memmove(acc->v, acc->v + cnt,
	    (acc->cnt - cnt) * sizeof(struct pool_entry *));
	acc->ready -= cnt < acc->ready ? cnt : acc->ready;
	acc->cnt -= cnt;
}

void
pool_account_demote(struct pool_account *acc, size_t n, uint64_t now_ms)
{
	while (acc->ready > n) {
		struct pool_entry *last = acc->v[--acc->ready];

		(void)u256_sub(&acc->ready_cost, &acc->ready_cost, &last->cost);
		last->idle_ms = now_ms;
	}
}

size_t
pool_account_above(const struct pool_account *acc, uint64_t block_gas)
{
	size_t i = 0;

	while (i < acc->ready && acc->v[i]->tx->tx.gas <= block_gas)
		i++;
	return i;
}

void
pool_account_settle(
    struct pool_account *acc, size_t *from, uint64_t block_gas, uint64_t now_ms)
{
	size_t run = pool_account_run(acc);
	struct u256 sum;

	/* A head that was undone can put the nonce below the first entry. */
	pool_account_demote(acc, run, now_ms);
	while (u256_cmp(&acc->ready_cost, &acc->balance) > 0)
		pool_account_demote(acc, acc->ready - 1, now_ms);
	for (*from = acc->ready; acc->ready < run; acc->ready++) {
		const struct pool_entry *n = acc->v[acc->ready];

		if (n->tx->tx.gas > block_gas ||
		    u256_add(&sum, &acc->ready_cost, &n->cost) ||
		    u256_cmp(&sum, &acc->balance) > 0)
			break;
		acc->ready_cost = sum;
	}
}
