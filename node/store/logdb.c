/* SPDX-License-Identifier: Apache-2.0
 *
 * The log index: where the logs of an address or with a topic are. The logs
 * themselves are in the receipts.
 */
#include "base/check.h"
#include "store/dbs_priv.h"

static const struct bytes nothing = {(const uint8_t *)"", 0};

/* The place behind address or topic: block (8), tx (4), log (4). */
enum { AT_LEN = 16, TOPIC_MAX = 4 };

static void
put_at(struct key *k, uint64_t number, size_t tx, size_t log)
{
	key_put_u64(k, number);
	key_put_u32(k, (uint32_t)tx);
	key_put_u32(k, (uint32_t)log);
}

static struct key
addr_key(const struct addr *addr)
{
	struct key k;

	k.len = 0;
	key_put(&k, addr->b, sizeof(addr->b));
	return k;
}

static struct key
topic_key(unsigned at, const struct hash *topic)
{
	uint8_t place = (uint8_t)at;
	struct key k;

	k.len = 0;
	key_put(&k, &place, 1);
	key_put(&k, topic->b, sizeof(topic->b));
	return k;
}

static enum rc
collect_one(struct changes *addrs, struct changes *topics, uint64_t number,
    size_t tx, size_t at, const struct log_entry *log, struct err *e)
{
	struct key k = addr_key(&log->addr);

	put_at(&k, number, tx, at);
	TRY(changes_add_key(addrs, &k, nothing, e));
	for (unsigned i = 0; i < log->topic_cnt && i < TOPIC_MAX; i++) {
		k = topic_key(i, &log->topics[i]);
		put_at(&k, number, tx, at);
		TRY(changes_add_key(topics, &k, nothing, e));
	}
	return RC_OK;
}

enum rc
logdb_collect(struct changes *addrs, struct changes *topics, uint64_t number,
    const struct receipt *r, size_t cnt, struct err *e)
{
	size_t at = 0;

	for (size_t i = 0; i < cnt; i++)
		for (size_t j = 0; j < r[i].log_cnt; j++)
			TRY(collect_one(
			    addrs, topics, number, i, at++, &r[i].logs[j], e));
	return RC_OK;
}

/* Walking. ----------------------------------------------------------- */

struct walk {
	const struct store_view *v;
	const struct store_log_query *q;
	bool (*say)(void *ctx, const struct store_log_at *at);
	void *ctx;
	bool is_over;
};

static struct key
query_key(const struct store_log_query *q)
{
	return q->addr != NULL ? addr_key(q->addr)
			       : topic_key(q->topic_at, q->topic);
}

static enum table
query_table(const struct store_log_query *q)
{
	return q->addr != NULL ? TABLE_LOG_ADDRS : TABLE_LOG_TOPICS;
}

/* take_at reads where the log of an entry is; false when the entry is not of
 * the query. */
static bool
take_at(struct store_log_at *out, const struct table_at *at,
    const struct key *start, const struct store_log_query *q)
{
	const uint8_t *p;

	if (at->key.ptr == NULL || at->key.len != (size_t)start->len + AT_LEN ||
	    !bytes_start(at->key, key_bytes(start)))
		return false;
	p = at->key.ptr + start->len;
	*out = (struct store_log_at){be64(p), be32(p + 8), be32(p + 12)};
	return out->number <= q->last;
}

static enum rc
walk_tables(struct walk *w, struct err *e)
{
	enum table tb = query_table(w->q);
	struct key start = query_key(w->q), k = start;
	struct store_log_at here;
	struct table_at at;

	put_at(&k, w->q->first, 0, 0);
	TRY(table_seek(w->v->txn, &at, tb, key_bytes(&k), e));
	while (!w->is_over && take_at(&here, &at, &start, w->q)) {
		w->is_over = !w->say(w->ctx, &here);
		TRY(seek_behind(w->v->txn, &at, tb, at.key, e));
	}
	return RC_OK;
}

static bool
is_wanted(const struct store_log_query *q, const struct log_entry *log)
{
	if (q->addr != NULL)
		return addr_eq(q->addr, &log->addr);
	return q->topic_at < log->topic_cnt &&
	       hash_eq(q->topic, &log->topics[q->topic_at]);
}

static void
walk_receipts(
    struct walk *w, uint64_t number, const struct receipt *r, size_t cnt)
{
	struct store_log_at here = {.number = number};

	for (size_t i = 0; i < cnt; i++) {
		here.tx_index = (uint32_t)i;
		for (size_t j = 0; j < r[i].log_cnt; j++, here.log_index++) {
			if (w->is_over || !is_wanted(w->q, &r[i].logs[j]))
				continue;
			w->is_over = !w->say(w->ctx, &here);
		}
	}
}

static enum rc
walk_layer(struct walk *w, const struct layer *l, struct err *e)
{
	struct arena_mark mark = arena_save(w->v->scratch);
	struct receipt *r = NULL;
	size_t cnt = 0;
	enum rc rc;

	rc = receipts_unpack_logs(
	    w->v->scratch, &r, &cnt, l->block->receipts, e);
	if (rc == RC_OK)
		walk_receipts(w, layer_number(l), r, cnt);
	arena_rewind(w->v->scratch, mark);
	return rc;
}

enum rc
store_each_log(const struct store_view *v, const struct store_log_query *q,
    bool (*say)(void *ctx, const struct store_log_at *at), void *ctx,
    struct err *e)
{
	struct walk w = {.v = v, .q = q, .say = say, .ctx = ctx};

	CHECK((q->addr != NULL) != (q->topic != NULL));
	if (q->topic != NULL && q->topic_at >= TOPIC_MAX)
		return FAIL(e, RC_BAD_INPUT, "topic %u of a log", q->topic_at);
	TRY(walk_tables(&w, e));
	for (size_t i = 0; i < view_layer_cnt(v) && !w.is_over; i++) {
		uint64_t number = layer_number(view_layer(v, i));

		if (number >= q->first && number <= q->last)
			TRY(walk_layer(&w, view_layer(v, i), e));
	}
	return RC_OK;
}

uint64_t
store_view_settled(const struct store_view *v)
{
	struct store_head head;

	if (view_layer_cnt(v) > 0)
		return layer_number(view_layer(v, 0));
	store_view_head(v, &head);
	return head.header == NULL ? 0 : head.number + 1;
}

enum rc
store_log_seek(const struct store_view *v, const struct store_log_query *q,
    const struct store_log_at *from, struct store_log_at *out, bool *found,
    struct err *e)
{
	struct key start, k;
	struct table_at at;

	CHECK((q->addr != NULL) != (q->topic != NULL));
	if (q->topic != NULL && q->topic_at >= TOPIC_MAX)
		return FAIL(e, RC_BAD_INPUT, "topic %u of a log", q->topic_at);
	start = k = query_key(q);
	if (from->number < q->first)
		put_at(&k, q->first, 0, 0);
	else
		put_at(&k, from->number, from->tx_index, from->log_index);
	TRY(table_seek(v->txn, &at, query_table(q), key_bytes(&k), e));
	*found = take_at(out, &at, &start, q);
	return RC_OK;
}
