/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gives way when the pool is full: a heap over all accounts by their
 * last transaction. First come accounts whose last one is queued, then the
 * lower tip, then the sender with more transactions. Only last ones are
 * taken, so that an eviction never opens a nonce gap.
 *
 * One newcomer displaces at most one transaction; when that does not make
 * room enough (a large one for a small one), it is refused.
 */
#include "base/check.h"
#include "pool/pool_priv.h"

static const struct pool_entry *
tail(const struct pool_account *acc)
{
	return acc->v[acc->cnt - 1];
}

static bool
is_tail_ready(const struct pool_account *acc)
{
	return acc->ready == acc->cnt;
}

/* yields tells whether a gives way before b. */
static bool
yields(const struct pool_account *a, const struct pool_account *b)
{
	int cmp;

	if (is_tail_ready(a) != is_tail_ready(b))
		return is_tail_ready(b);
	cmp = u256_cmp(&tail(a)->tx->tx.max_tip, &tail(b)->tx->tx.max_tip);
	if (cmp != 0)
		return cmp < 0;
	return a->cnt > b->cnt;
}

static void
place(struct pool *p, size_t at, struct pool_account *acc)
{
	p->heap[at] = acc;
	acc->heap_at = at;
}

static void
sift_up(struct pool *p, size_t at, struct pool_account *acc)
{
	while (at > 0) {
		size_t up = (at - 1) / 2;

		if (!yields(acc, p->heap[up]))
			break;
		place(p, at, p->heap[up]);
		at = up;
	}
	place(p, at, acc);
}

static void
sift_down(struct pool *p, size_t at, struct pool_account *acc)
{
	for (;;) {
		size_t down = 2 * at + 1;

		if (down >= p->heap_cnt)
			break;
		if (down + 1 < p->heap_cnt &&
		    yields(p->heap[down + 1], p->heap[down]))
			down++;
		if (!yields(p->heap[down], acc))
			break;
		place(p, at, p->heap[down]);
		at = down;
	}
	place(p, at, acc);
}

bool
pool_heap_add(struct pool *p, struct pool_account *acc)
{
	size_t cap = p->heap_cap == 0 ? 64 : p->heap_cap * 2;
	struct pool_account **v;

	if (p->heap_cnt == p->heap_cap) {
		v = mem_resize(p->heap,
		    p->heap_cap * sizeof(struct pool_account *),
		    cap * sizeof(struct pool_account *));
		if (v == NULL)
			return false;
		p->heap = v;
		p->heap_cap = cap;
	}
	p->heap_cnt++;
	sift_up(p, p->heap_cnt - 1, acc);
	return true;
}

void
pool_heap_fix(struct pool *p, struct pool_account *acc)
{
	size_t at = acc->heap_at;

	CHECK(at < p->heap_cnt && p->heap[at] == acc);
	sift_down(p, at, acc);
	if (acc->heap_at == at)
		sift_up(p, at, acc);
}

void
pool_heap_del(struct pool *p, struct pool_account *acc)
{
	struct pool_account *last = p->heap[p->heap_cnt - 1];
	size_t at = acc->heap_at;

	CHECK(at < p->heap_cnt && p->heap[at] == acc);
	p->heap_cnt--;
	if (last == acc)
		return;
	place(p, at, last);
	pool_heap_fix(p, last);
}

/* first_other returns the account that gives way first, other than acc. */
static struct pool_account *
first_other(const struct pool *p, const struct pool_account *acc)
{
	struct pool_account *a, *b;

	if (p->heap_cnt == 0)
		return NULL;
	if (p->heap[0] != acc)
		return p->heap[0];
	a = p->heap_cnt > 1 ? p->heap[1] : NULL;
	b = p->heap_cnt > 2 ? p->heap[2] : NULL;
	return b != NULL && yields(b, a) ? b : a;
}

/* struct room is what the pool would hold. */
struct room {
	size_t cnt, bytes, accounts, queued;
};

static bool
fits(const struct pool_conf *conf, const struct room *r, bool is_ready)
{
	return r->cnt <= conf->tx_max && r->bytes <= conf->bytes_max &&
	       r->accounts <= conf->account_max &&
	       (is_ready || r->queued <= conf->tx_max / POOL_QUEUE_SHARE);
}

enum rc
pool_victim(const struct pool *p, struct pool_entry **out,
    const struct pool_account *acc, const struct pool_tx *t, bool is_ready,
    struct err *e)
{
	struct room r = {
	    .cnt = p->by_hash.cnt + 1,
	    .bytes = p->bytes + t->memory_bytes,
	    .accounts = p->heap_cnt + (acc == NULL),
	    .queued = p->by_hash.cnt - p->ready + !is_ready,
	};
	struct pool_account *from;
	struct pool_entry *last;
	bool is_free;

	*out = NULL;
	if (acc != NULL && acc->cnt >= p->conf.per_account_max)
		return FAIL(e, RC_TX_POOL_FULL,
		    "txpool is full: %zu transactions of this sender",
		    acc->cnt);
	if (fits(&p->conf, &r, is_ready))
		return RC_OK;
	from = first_other(p, acc);
	if (from == NULL)
		return FAIL(e, RC_TX_POOL_FULL, "txpool is full");
	last = from->v[from->cnt - 1];
	is_free = is_ready && !is_tail_ready(from);
	r.cnt--;
	r.bytes -= last->tx->memory_bytes;
	r.accounts -= from->cnt == 1;
	r.queued -= !is_tail_ready(from);
	if (!fits(&p->conf, &r, is_ready))
		return FAIL(e, RC_TX_POOL_FULL, "txpool is full");
	if (!is_free && (is_tail_ready(from) && !is_ready))
		return FAIL(e, RC_TX_POOL_FULL, "txpool is full");
	if (!is_free && !pool_outbids(&t->tx, &last->tx->tx))
		return FAIL(e, RC_TX_POOL_FULL, "txpool is full");
	*out = last;
	return RC_OK;
}
