/* SPDX-License-Identifier: Apache-2.0
 *
 * What to mine next: a heap over the first executable transaction of each
 * sender; whoever is taken makes place for the sender's next. It changes
 * nothing in the pool.
 */
#include "pool/pool_priv.h"

/* struct turn is one sender's place in the heap. */
struct turn {
	struct u256 tip;
	uint64_t seq;
	const struct pool_account *acc;
	size_t at;
};

struct turns {
	struct turn *v;
	size_t cnt;
};

/* is_before orders by tip, higher first, then by arrival. */
static bool
is_before(const struct turn *a, const struct turn *b)
{
	int cmp = u256_cmp(&a->tip, &b->tip);

	return cmp != 0 ? cmp > 0 : a->seq < b->seq;
}

static void
sift_down(struct turns *h, size_t at)
{
	struct turn moving = h->v[at];

	for (;;) {
		size_t down = 2 * at + 1;

		if (down >= h->cnt)
			break;
		if (down + 1 < h->cnt &&
		    is_before(&h->v[down + 1], &h->v[down]))
			down++;
		if (!is_before(&h->v[down], &moving))
			break;
		h->v[at] = h->v[down];
		at = down;
	}
	h->v[at] = moving;
}

/* set_turn puts entry at of acc on turn; false when there is none or it does
 * not pay base_fee: all behind it then wait as well. */
static bool
set_turn(struct turn *t, const struct pool_account *acc, size_t at,
    const struct u256 *base_fee)
{
	if (at >= acc->ready || !tx_tip(&t->tip, &acc->v[at]->tx->tx, base_fee))
		return false;
	t->seq = acc->v[at]->seq;
	t->acc = acc;
	t->at = at;
	return true;
}

/* begin makes the heap of all senders with something to mine. */
static enum rc
begin(const struct pool *p, struct arena *a, struct turns *h,
    const struct u256 *base_fee, struct err *e)
{
	size_t i;

	h->cnt = 0;
	h->v = arena_array(a, p->heap_cnt + 1, sizeof(struct turn));
	if (h->v == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "turns of %zu senders", p->heap_cnt);
	for (i = 0; i < p->heap_cnt; i++) {
		if (set_turn(&h->v[h->cnt], p->heap[i], 0, base_fee))
			h->cnt++;
	}
	for (i = h->cnt / 2; i-- > 0;)
		sift_down(h, i);
	return RC_OK;
}

/* pass_on gives the first sender's next transaction its turn, or ends the
 * sender's turn. */
static void
pass_on(struct turns *h, bool has_next, const struct u256 *base_fee)
{
	struct turn *t = h->v;

	if (!has_next || !set_turn(t, t->acc, t->at + 1, base_fee))
		h->v[0] = h->v[--h->cnt];
	if (h->cnt > 0)
		sift_down(h, 0);
}

enum rc
pool_pick(struct pool *p, struct arena *a, struct pool_tx ***out, size_t *cnt,
    uint64_t gas_max, const struct u256 *base_fee, struct err *e)
{
	uint64_t most = gas_max / POOL_GAS_MIN;
	struct pool_tx **v;
	struct turns h;
	size_t n = 0;

	if (most > p->ready)
		most = p->ready;
	TRY(begin(p, a, &h, base_fee, e));
	v = arena_array(a, (size_t)most + 1, sizeof(struct pool_tx *));
	if (v == NULL)
		return FAIL(e, RC_NO_MEMORY, "a list of %llu transactions",
		    (unsigned long long)most);
	while (h.cnt > 0 && n < most) {
		struct pool_tx *t = h.v[0].acc->v[h.v[0].at]->tx;
		bool is_fit = t->tx.gas <= gas_max;

		if (is_fit) {
			gas_max -= t->tx.gas;
			v[n++] = pool_tx_get(t);
		}
		pass_on(&h, is_fit, base_fee);
	}
	*out = v;
	*cnt = n;
	return RC_OK;
}

/* has_turn tells whether something of acc could be mined. */
static bool
has_turn(const struct pool_account *acc, uint64_t gas_max,
    const struct u256 *base_fee)
{
	struct turn t;

	return set_turn(&t, acc, 0, base_fee) &&
	       acc->v[0]->tx->tx.gas <= gas_max;
}

void
pool_idle_look(struct pool *p, const struct pool_account *acc)
{
	struct pool_idle *idle = &p->idle;

	if (idle->is_known && has_turn(acc, idle->gas_max, &idle->base_fee))
		idle->is_known = false;
}

bool
pool_has_work(struct pool *p, uint64_t gas_max, const struct u256 *base_fee)
{
	size_t i;

	if (p->idle.is_known && p->idle.gas_max == gas_max &&
	    u256_eq(&p->idle.base_fee, base_fee))
		return false;
	for (i = 0; i < p->heap_cnt; i++) {
		if (has_turn(p->heap[i], gas_max, base_fee))
			return true;
	}
	p->idle = (struct pool_idle){
	    .is_known = true, .gas_max = gas_max, .base_fee = *base_fee};
	return false;
}
