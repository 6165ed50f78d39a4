/* SPDX-License-Identifier: Apache-2.0
 *
 * The one reader of log filters and the one judge of logs. It does not know
 * where logs come from nor who asks.
 */
#include "rpc/logfilter_priv.h"

#include <stdlib.h>

/* What a list may hold: addresses or topics, both compared as bytes. */
struct kind {
	size_t size;
	const char *name;
};

static const struct kind addr_kind = {sizeof(struct addr), "address"};
static const struct kind topic_kind = {sizeof(struct hash), "topic"};

static int
by_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static int
by_topic(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

/* read_item reads one address or topic. */
static enum rc
read_item(
    uint8_t *out, const struct kind *k, const struct rpc_json *v, struct err *e)
{
	struct err why = {.rc = RC_OK};
	enum rc rc = k == &addr_kind ? rpc_read_addr((void *)out, v, &why)
				     : rpc_read_hash((void *)out, v, &why);

	if (rc == RC_OK)
		return RC_OK;
	return FAIL(
	    e, RC_BAD_INPUT, "invalid %s: %s", k->name, err_message(&why, rc));
}

/* first_of and count_of see a lone string as a list of itself. */
static const struct rpc_json *
first_of(const struct rpc_json *v)
{
	return v->kind == RPC_JSON_ARRAY ? v->first : v;
}

static size_t
count_of(const struct rpc_json *v)
{
	return v->kind == RPC_JSON_ARRAY ? v->cnt : 1;
}

/* read_any reads a lone item or a list of them into a new array. */
static enum rc
read_any(struct arena *a, void **out, size_t *cnt, const struct kind *k,
    const struct rpc_json *v, struct err *e)
{
	size_t i, n = count_of(v);
	const struct rpc_json *item = first_of(v);
	uint8_t *any;

	if (n > RPC_LOG_ANY_MAX)
		return FAIL(e, RC_BAD_INPUT,
		    "exceed max addresses or topics per search position");
	any = arena_array(a, n, k->size);
	if (any == NULL && n > 0)
		return FAIL(e, RC_NO_MEMORY, "a log filter");
	for (i = 0; i < n; i++, item = item->next)
		TRY(read_item(any + i * k->size, k, item, e));
	*out = any;
	*cnt = n;
	return RC_OK;
}

/* keys_of computes the bloom bits of each item. */
static enum rc
keys_of(struct arena *a, struct bloom_key **out, const void *any, size_t cnt,
    const struct kind *k, struct err *e)
{
	const uint8_t *item = any;
	size_t i;

	*out = arena_array(a, cnt, sizeof(**out));
	if (*out == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "a log filter");
	for (i = 0; i < cnt; i++)
		(*out)[i] = bloom_key_of(bytes_of(item + i * k->size, k->size));
	return RC_OK;
}

static enum rc
read_addrs(struct arena *a, struct rpc_log_addrs *out, const struct rpc_json *v,
    struct err *e)
{
	void *any;

	if (v == NULL || v->kind == RPC_JSON_NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_STRING && v->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "invalid addresses in query");
	TRY(read_any(a, &any, &out->cnt, &addr_kind, v, e));
	out->any = any;
	if (out->cnt > 1)
		qsort(out->any, out->cnt, sizeof(*out->any), by_addr);
	return keys_of(a, &out->key, out->any, out->cnt, &addr_kind, e);
}

/* takes_all tells whether a place of the topics wants no one in particular. */
static bool
takes_all(const struct rpc_json *v)
{
	const struct rpc_json *item;

	if (v->kind != RPC_JSON_ARRAY)
		return v->kind == RPC_JSON_NULL;
	for (item = v->first; item != NULL; item = item->next) {
		if (item->kind == RPC_JSON_NULL)
			return true;
	}
	return false;
}

static enum rc
read_topic(struct arena *a, struct rpc_log_topic *out, const struct rpc_json *v,
    struct err *e)
{
	void *any;

	if (takes_all(v))
		return RC_OK;
	if (v->kind != RPC_JSON_STRING && v->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "invalid topic(s)");
	TRY(read_any(a, &any, &out->cnt, &topic_kind, v, e));
	out->any = any;
	if (out->cnt > 1)
		qsort(out->any, out->cnt, sizeof(*out->any), by_topic);
	return keys_of(a, &out->key, out->any, out->cnt, &topic_kind, e);
}

static enum rc
read_topics(struct arena *a, struct rpc_log_filter *out,
    const struct rpc_json *v, struct err *e)
{
	const struct rpc_json *item;

	if (v == NULL || v->kind == RPC_JSON_NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "invalid topic(s)");
	if (v->cnt > RPC_LOG_TOPICS_MAX)
		return FAIL(e, RC_BAD_INPUT, "exceed max topics");
	for (item = v->first; item != NULL; item = item->next)
		TRY(read_topic(a, &out->topics[out->topic_cnt++], item, e));
	return RC_OK;
}

/* read_end reads one end of the range of blocks. */
static enum rc
read_end(struct rpc_at *out, bool *has, const struct rpc_json *v, struct err *e)
{
	*has = v != NULL && v->kind != RPC_JSON_NULL;
	return *has ? rpc_read_tag(out, v, e) : RC_OK;
}

static enum rc
read_blocks(struct rpc_log_filter *out, const struct rpc_json *v, struct err *e)
{
	const struct rpc_json *hash = rpc_json_get(v, "blockHash");

	TRY(read_end(
	    &out->from, &out->has_from, rpc_json_get(v, "fromBlock"), e));
	TRY(read_end(&out->to, &out->has_to, rpc_json_get(v, "toBlock"), e));
	out->has_hash = hash != NULL && hash->kind != RPC_JSON_NULL;
	if (!out->has_hash)
		return RC_OK;
	if (out->has_from || out->has_to)
		return FAIL(e, RC_BAD_INPUT,
		    "cannot specify both BlockHash and FromBlock/ToBlock, "
		    "choose one or the other");
	return rpc_read_hash(&out->block_hash, hash, e);
}

enum rc
rpc_log_filter_read(struct arena *a, struct rpc_log_filter *out,
    const struct rpc_json *v, struct err *e)
{
	*out = (struct rpc_log_filter){.topic_cnt = 0};
	if (v == NULL || v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "a log filter is an object");
	TRY(read_blocks(out, v, e));
	TRY(read_addrs(a, &out->addrs, rpc_json_get(v, "address"), e));
	return read_topics(a, out, rpc_json_get(v, "topics"), e);
}

enum rc
rpc_arg_log_filter(struct rpc_log_filter *out, const struct rpc_call *c,
    unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(
	    i, rpc_log_filter_read(c->a, out, c->arg[i], &why), &why, e);
}

/* may_have tells whether a bloom may have one of these; of none, all. */
static bool
may_have(const struct bloom *bloom, const struct bloom_key *key, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		if (bloom_has_key(bloom, &key[i]))
			return true;
	}
	return cnt == 0;
}

bool
rpc_log_filter_may(const struct rpc_log_filter *f, const struct bloom *bloom)
{
	size_t i;

	if (!may_have(bloom, f->addrs.key, f->addrs.cnt))
		return false;
	for (i = 0; i < f->topic_cnt; i++) {
		if (!may_have(bloom, f->topics[i].key, f->topics[i].cnt))
			return false;
	}
	return true;
}

static bool
has_addr(const struct rpc_log_addrs *addrs, const struct addr *a)
{
	return addrs->cnt == 0 || bsearch(a, addrs->any, addrs->cnt,
				      sizeof(*addrs->any), by_addr) != NULL;
}

static bool
has_topic(const struct rpc_log_topic *topic, const struct hash *h)
{
	return topic->cnt == 0 || bsearch(h, topic->any, topic->cnt,
				      sizeof(*topic->any), by_topic) != NULL;
}

bool
rpc_log_filter_names(const struct rpc_log_filter *f, const struct log_entry *l)
{
	size_t i;

	if (!has_addr(&f->addrs, &l->addr))
		return false;
	for (i = 0; i < f->topic_cnt; i++) {
		if (f->topics[i].cnt > 0 &&
		    (i >= l->topic_cnt ||
			!has_topic(&f->topics[i], &l->topics[i])))
			return false;
	}
	return true;
}

bool
rpc_log_filter_has(const struct rpc_log_filter *f, const struct log_entry *l)
{
	return l->topic_cnt >= f->topic_cnt && rpc_log_filter_names(f, l);
}
