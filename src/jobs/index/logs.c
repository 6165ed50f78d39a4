/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getLogs, and eth_getBlockReceipts for a block with more logs than that
 * gives. Topics are filtered by the node, contracts here: there are too many
 * of them.
 */
#include "jobs/index/logs.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"

/* A block of a thousand million gas takes a node seconds to tell. */
enum { LOGS_TIMEOUT_MS = 30000, LOGS_FIRST_CAP = 256 };

/* Reading. ------------------------------------------------------------------
 */

static enum rc
bad(const char *key, struct err *e)
{
	return FAIL(e, RC_CORRUPT, "node: log without proper %s", key);
}

static enum rc
read_fixed(uint8_t *out, size_t len, const json_t *text, const char *key,
    struct err *e)
{
	const char *s = json_string_value(text);

	if (s == NULL ||
	    hex_read_fixed(out, len, bytes_of_str(s), false, NULL) != RC_OK)
		return bad(key, e);
	return RC_OK;
}

static enum rc
read_number(uint64_t *out, const json_t *log, const char *key, struct err *e)
{
	const char *s = json_string_value(json_object_get(log, key));

	if (s == NULL ||
	    hex_quantity_u64(out, bytes_of_str(s), NULL) != RC_OK ||
	    *out > INT64_MAX)
		return bad(key, e);
	return RC_OK;
}

static enum rc
read_hash(struct hash *out, const json_t *log, const char *key, struct err *e)
{
	return read_fixed(
	    out->b, sizeof(out->b), json_object_get(log, key), key, e);
}

static enum rc
read_topics(struct ledger_log *out, const json_t *log, struct err *e)
{
	const json_t *topics = json_object_get(log, "topics");
	size_t i;

	if (!json_is_array(topics) || json_array_size(topics) > EVENT_TOPIC_MAX)
		return bad("topics", e);
	out->topic_cnt = json_array_size(topics);
	for (i = 0; i < out->topic_cnt; i++)
		TRY(read_fixed(out->topics[i].b, sizeof(out->topics[i].b),
		    json_array_get(topics, i), "topics", e));
	return RC_OK;
}

static enum rc
read_data(
    struct arena *a, struct ledger_log *out, const json_t *log, struct err *e)
{
	const char *s = json_string_value(json_object_get(log, "data"));
	enum rc rc;

	if (s == NULL)
		return bad("data", e);
	rc = hex_read(a, &out->data, bytes_of_str(s), e);
	return rc == RC_BAD_INPUT ? bad("data", e) : rc;
}

static enum rc
read_log(
    struct arena *a, struct ledger_log *out, const json_t *log, struct err *e)
{
	TRY(read_number(&out->block, log, "blockNumber", e));
	TRY(read_number(&out->index, log, "logIndex", e));
	TRY(read_number(&out->tx_index, log, "transactionIndex", e));
	TRY(read_hash(&out->block_hash, log, "blockHash", e));
	TRY(read_hash(&out->tx_hash, log, "transactionHash", e));
	TRY(read_fixed(out->address.b, sizeof(out->address.b),
	    json_object_get(log, "address"), "address", e));
	TRY(read_topics(out, log, e));
	return read_data(a, out, log, e);
}

/* The old array stays in the arena: it doubles, so all of them are less than
 * the last. */
static enum rc
make_room(struct arena *a, struct logs *out, size_t more, struct err *e)
{
	struct ledger_log *v;
	size_t cap = out->cap == 0 ? LOGS_FIRST_CAP : out->cap;

	while (cap < out->cnt + more)
		cap *= 2;
	if (cap == out->cap)
		return RC_OK;
	v = arena_array(a, cap, sizeof(*v));
	if (v == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu logs", cap);
	if (out->cnt > 0)
		memcpy(v, out->v, out->cnt * sizeof(*v));
	out->v = v;
	out->cap = cap;
	return RC_OK;
}

static enum rc
read_logs(struct arena *a, struct logs *out, const json_t *list, struct err *e)
{
	size_t i;

	if (!json_is_array(list))
		return FAIL(e, RC_CORRUPT, "node: logs that are no list");
	TRY(make_room(a, out, json_array_size(list), e));
	for (i = 0; i < json_array_size(list); i++)
		TRY(read_log(
		    a, &out->v[out->cnt++], json_array_get(list, i), e));
	return RC_OK;
}

/* Asking. --------------------------------------------------------------------
 */

static json_t *
hex_json(struct bytes v)
{
	char text[67];

	CHECK(v.len <= 32);
	return json_string(hex_put0x(text, v));
}

static json_t *
number_json(uint64_t v)
{
	char text[HEX_U64_MAX];

	hex_u64(text, v);
	return json_string(text);
}

/* Every event that counts; those with one text are one topic. */
static json_t *
topics_json(const struct addr *about)
{
	json_t *first = json_array(), *topics = json_array();
	uint8_t word[32] = {0};
	unsigned id;

	for (id = EVENT_NONE; id < EVENT_CNT; id++)
		if (ledger_event_counts((enum event_id)id))
			(void)json_array_append_new(first,
			    hex_json(
				hash_bytes(event_topic((enum event_id)id))));
	(void)json_array_append_new(topics, first);
	if (about != NULL) {
		memcpy(word + 12, about->b, sizeof(about->b));
		(void)json_array_append_new(
		    topics, hex_json(bytes_of(word, sizeof(word))));
	}
	return topics;
}

static enum rc
ask(json_t **out, bool *is_more, struct noderpc *node, json_t *filter,
    struct err *e)
{
	struct err why = {0};
	enum rc rc = noderpc_call(node, out, "eth_getLogs",
	    json_pack("[o]", filter), LOGS_TIMEOUT_MS, &why);

	*is_more = rc == RC_BAD_REQUEST;
	if (rc == RC_OK || *is_more)
		return RC_OK;
	return FAIL(e, rc, "%s", err_message(&why, rc));
}

enum rc
logs_of_range(struct arena *a, struct logs *out, bool *is_more,
    struct noderpc *node, uint64_t first, uint64_t last, json_t *from,
    const struct addr *about, struct err *e)
{
	json_t *filter, *list;
	enum rc rc;

	filter = json_pack("{s:o,s:o,s:o}", "fromBlock", number_json(first),
	    "toBlock", number_json(last), "topics", topics_json(about));
	if (from != NULL)
		(void)json_object_set_new(filter, "address", from);
	TRY(ask(&list, is_more, node, filter, e));
	if (*is_more)
		return RC_OK;
	rc = read_logs(a, out, list, e);
	json_decref(list);
	return rc;
}

static enum rc
from_receipts(struct arena *a, struct logs *out, bool *has,
    struct noderpc *node, const struct hash *block, struct err *e)
{
	enum rc rc = RC_OK;
	json_t *list;
	size_t i;

	TRY(noderpc_call(node, &list, "eth_getBlockReceipts",
	    json_pack("[o]", hex_json(hash_bytes(block))), LOGS_TIMEOUT_MS, e));
	*has = json_is_array(list);
	for (i = 0; rc == RC_OK && i < json_array_size(list); i++)
		rc = read_logs(a, out,
		    json_object_get(json_array_get(list, i), "logs"), e);
	json_decref(list);
	return rc;
}

/* An error may also say that the block is gone: then it has no receipts. */
enum rc
logs_of_block(struct arena *a, struct logs *out, bool *has,
    struct noderpc *node, const struct hash *block, struct err *e)
{
	json_t *list;
	bool is_more;
	enum rc rc;

	TRY(ask(&list, &is_more, node,
	    json_pack("{s:o,s:o}", "blockHash", hex_json(hash_bytes(block)),
		"topics", topics_json(NULL)),
	    e));
	if (is_more)
		return from_receipts(a, out, has, node, block, e);
	*has = true;
	rc = read_logs(a, out, list, e);
	json_decref(list);
	return rc;
}
