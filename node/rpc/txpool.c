/* SPDX-License-Identifier: Apache-2.0
 *
 * txpool_content, txpool_contentFrom, txpool_inspect, eth_pendingTransactions:
 * what waits in the pool.
 * The pool's turn lists it, and here it is written, in the forms of
 * go-ethereum.
 */
#include <inttypes.h>
#include <stdio.h>

#include "eth/addr.h"
#include "eth/ethjson.h"
#include "rpc/rpc_priv.h"

/* Transactions of one answer. A pool may have twenty times as many: nobody
 * reads those, and writing them would keep others waiting. */
enum { LIST_MAX = 10000 };

static enum rc
ask(struct rpc_call *c, enum rpc_list_form form)
{
	c->item->list_form = form;
	c->item->pool_work = RPC_POOL_LIST;
	return RC_OK;
}

enum rc
rpc_do_pool_content(struct rpc_call *c, struct err *e)
{
	(void)e;
	return ask(c, RPC_LIST_CONTENT);
}

enum rc
rpc_do_pool_inspect(struct rpc_call *c, struct err *e)
{
	(void)e;
	return ask(c, RPC_LIST_INSPECT);
}

enum rc
rpc_do_pool_content_from(struct rpc_call *c, struct err *e)
{
	TRY(rpc_arg_addr(&c->item->addr, c, 0, e));
	return ask(c, RPC_LIST_FROM);
}

/* list_own lists what waits of this node's accounts. */
static enum rc
list_own(
    struct rpc_doc *d, struct rpc_item *it, const struct pool *p, struct err *e)
{
	struct pool_item *v;
	size_t i, cnt;

	it->list = arena_array(&d->keep, LIST_MAX, sizeof(*it->list));
	if (it->list == NULL)
		return FAIL(e, RC_NO_MEMORY, "a list of transactions");
	for (i = 0; i < it->own_cnt; i++) {
		TRY(pool_list(p, &d->keep, &v, &cnt, &it->own[i],
		    LIST_MAX - it->list_cnt, e));
		if (cnt > 0)
			memcpy(it->list + it->list_cnt, v, cnt * sizeof(*v));
		it->list_cnt += cnt;
	}
	return RC_OK;
}

enum rc
rpc_pool_list(
    struct rpc_doc *d, struct rpc_item *it, const struct pool *p, struct err *e)
{
	const struct addr *addr =
	    it->list_form == RPC_LIST_FROM ? &it->addr : NULL;

	if (it->list_form == RPC_LIST_OWN)
		return list_own(d, it, p, e);
	return pool_list(
	    p, &d->keep, &it->list, &it->list_cnt, addr, LIST_MAX, e);
}

/* write_line writes a transaction as one line for a reader. */
static void
write_line(struct jsonw *w, const struct tx *tx)
{
	char value[U256_DEC_MAX], price[U256_DEC_MAX], to[ADDR_TEXT_MAX];
	char text[2 * U256_DEC_MAX + ADDR_TEXT_MAX + 96];

	u256_dec(value, &tx->value);
	u256_dec(price, &tx->max_fee);
	(void)snprintf(text, sizeof(text),
	    "%s: %s wei + %" PRIu64 " gas \xc3\x97 %s wei",
	    tx->is_create ? "contract creation" : addr_text(to, &tx->to), value,
	    tx->gas, price);
	jsonw_str(w, text);
}

static void
write_tx(struct jsonw *w, const struct pool_tx *t, enum rpc_list_form form)
{
	char nonce[24];

	(void)snprintf(nonce, sizeof(nonce), "%" PRIu64, t->tx.nonce);
	jsonw_key(w, nonce);
	if (form == RPC_LIST_INSPECT)
		write_line(w, &t->tx);
	else
		rpc_tx_pending(w, t, false);
}

/* write_part writes what is executable, or what is not, as an object from
 * nonce to transaction; with senders, of each a member of its own. */
static void
write_part(struct jsonw *w, const struct rpc_item *it, bool is_ready)
{
	bool has_senders = it->list_form != RPC_LIST_FROM;
	const struct addr *sender = NULL;
	char text[ADDR_TEXT_MAX];
	size_t i;

	jsonw_obj(w);
	for (i = 0; i < it->list_cnt && !w->has_failed; i++) {
		const struct pool_tx *t = it->list[i].tx;

		if (it->list[i].is_ready != is_ready)
			continue;
		if (has_senders &&
		    (sender == NULL || !addr_eq(sender, &t->sender))) {
			if (sender != NULL)
				jsonw_obj_end(w);
			sender = &t->sender;
			jsonw_key(w, addr_text(text, sender));
			jsonw_obj(w);
		}
		write_tx(w, t, it->list_form);
	}
	if (sender != NULL)
		jsonw_obj_end(w);
	jsonw_obj_end(w);
}

/* write_ready writes what is executable as an array. */
static void
write_ready(struct jsonw *w, const struct rpc_item *it)
{
	size_t i;

	jsonw_arr(w);
	for (i = 0; i < it->list_cnt && !w->has_failed; i++) {
		if (it->list[i].is_ready)
			rpc_tx_pending(w, it->list[i].tx, false);
	}
	jsonw_arr_end(w);
}

void
rpc_pool_list_write(struct jsonw *w, const struct rpc_item *it)
{
	if (it->list_form == RPC_LIST_OWN) {
		write_ready(w, it);
		return;
	}
	jsonw_obj(w);
	jsonw_key(w, "pending");
	write_part(w, it, true);
	jsonw_key(w, "queued");
	write_part(w, it, false);
	jsonw_obj_end(w);
}

void
rpc_pool_list_drop(struct rpc_item *it)
{
	size_t i;

	for (i = 0; i < it->list_cnt; i++)
		pool_tx_put(it->list[i].tx);
	it->list_cnt = 0;
}
