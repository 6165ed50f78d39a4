/* SPDX-License-Identifier: Apache-2.0
 *
 * Subscriptions: what is refused, whose they are, their bounds, and what each
 * is told of blocks that come and go and of transactions.
 */
#include "rpc/subs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/metrics.h"
#include "rig.h"
#include "rpc/subs_priv.h"

enum { SAID_MAX = 64, SLOTS = 8, LOCAL_MAX = 4, TEXT_MAX = 4096 };

/* What was said, a line each: the last digits of the id and the result. */
struct site {
	struct rig r;
	struct rpc_subs *subs;
	struct arena a;
	const char *said[SAID_MAX];
	size_t said_cnt, say_cnt;
};

static unsigned drawn;

/* Ids that tell the order in which they were drawn. */
static void
fill(void *out, size_t len)
{
	memset(out, 0, len);
	((uint8_t *)out)[len - 1] = (uint8_t)++drawn;
}

static void
open_site(struct site *s)
{
	struct rpc_subs_conf conf = {
	    .slots = SLOTS, .per_client = {LOCAL_MAX, 2}, .fill = fill};

	*s = (struct site){.say_cnt = 0};
	rig_open(&s->r);
	arena_init(&s->a, 64 << 20);
	drawn = 0;
	s->subs = rpc_subs_new(&conf);
	CHECK(s->subs != NULL);
}

static void
close_site(struct site *s)
{
	rpc_subs_free(s->subs);
	EXPECT_U64(metric_get(METRIC_RPC_SUBS), 0);
	arena_drop(&s->a);
	rig_close(&s->r);
}

static void
note(void *ctx, struct bytes result, const struct rpc_sub_to *to, size_t cnt)
{
	struct site *s = ctx;
	size_t i;

	s->say_cnt++;
	for (i = 0; i < cnt; i++, s->said_cnt++) {
		if (s->said_cnt < SAID_MAX)
			s->said[s->said_cnt] = arena_str(&s->a, "%u %.*s",
			    to[i].id[RPC_SUB_ID_BYTES - 1], (int)result.len,
			    (const char *)result.ptr);
	}
}

/* ask lets connection at of the operators' socket ask. */
static const char *
ask(struct site *s, uint32_t at, const char *text)
{
	struct rpc_client client = {.slot = at, .generation = 7};

	rig_begin(&s->r, RPC_LOCAL, bytes_of_str(text));
	if (rpc_needs_subs(s->r.doc))
		rpc_run_subs(s->r.doc, s->subs, &client);
	EXPECT(!rpc_needs_subs(s->r.doc));
	return rig_end(&s->r);
}

static const char *
call(struct site *s, uint32_t at, const char *method, const char *params)
{
	return ask(s, at,
	    rig_fmt(&s->r,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
		"\"params\":%s}",
		method, params));
}

#define ID(n)     "0x100000000000000000000000000000" n
#define RESULT(t) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" t "}"
#define ERR(c, t)                                                              \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" c                 \
	",\"message\":\"" t "\"}}"
#define BAD(t) ERR("-32602", t)

TEST(test_subs_what_is_no_subscription_is_refused)
{
	static const struct {
		const char *params, *want;
	} rows[] = {
	    {"[]", BAD("missing value for required argument 0")},
	    {"[null]", BAD("missing value for required argument 0")},
	    {"[7]", BAD("non-string subscription name")},
	    {"[\"newheads\"]",
		ERR("-32601",
		    "no \\\"newheads\\\" subscription in eth namespace")},
	    {"[\"\"]",
		ERR("-32601", "no \\\"\\\" subscription in eth namespace")},
	    {"[\"newHeads\",{}]", BAD("too many arguments, want at most 1")},
	    {"[\"syncing\",true]", BAD("too many arguments, want at most 1")},
	    {"[\"newHeads\",null,1]",
		BAD("too many arguments, want at most 2")},
	    {"[\"newPendingTransactions\",\"true\"]",
		BAD("invalid argument 1: not a boolean")},
	    {"[\"logs\"]", BAD("missing value for required argument 1")},
	    {"[\"logs\",null]", BAD("missing value for required argument 1")},
	    {"[\"logs\",[]]",
		BAD("invalid argument 1: a log filter is an object")},
	    {"[\"logs\",{\"topics\":[null,null,null,null,null]}]",
		BAD("invalid argument 1: exceed max topics")},
	    {"[\"logs\",{\"fromBlock\":\"pending\"}]",
		BAD("pending logs are not supported")},
	    {"[\"logs\",{\"toBlock\":\"0x5\"}]",
		BAD("invalid block range params")},
	    {"[\"logs\",{\"fromBlock\":\"0x5\",\"toBlock\":\"0x4\"}]",
		BAD("invalid block range params")},
	    {"[\"logs\",{\"fromBlock\":\"safe\"}]",
		BAD("invalid block range params")},
	};
	struct site s;
	size_t i;

	open_site(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].params);
		EXPECT_STR(
		    call(&s, 0, "eth_subscribe", rows[i].params), rows[i].want);
	}
	EXPECT_U64(rpc_subs_cnt(s.subs), 0);
	close_site(&s);
}

TEST(test_subs_belong_to_their_connection)
{
	struct rpc_client other = {1, 8}, first = {1, 7};
	struct rpc_client *v;
	struct site s;
	size_t cnt;

	open_site(&s);
	EXPECT_STR(call(&s, 1, "eth_subscribe", "[\"newHeads\"]"),
	    RESULT("\"" ID("01") "\""));
	EXPECT_STR(call(&s, 2, "eth_unsubscribe", "[\"" ID("01") "\"]"),
	    ERR("-32000", "subscription not found"));
	EXPECT_STR(call(&s, 1, "eth_unsubscribe", "[\"" ID("01") "\"]"),
	    RESULT("true"));
	EXPECT_STR(call(&s, 1, "eth_unsubscribe", "[\"" ID("01") "\"]"),
	    ERR("-32000", "subscription not found"));
	EXPECT_STR(call(&s, 1, "eth_unsubscribe", "[\"0x1\"]"),
	    ERR("-32000", "subscription not found"));
	EXPECT_STR(call(&s, 1, "eth_unsubscribe", "[1]"),
	    BAD("invalid argument 0: not a string"));
	(void)call(&s, 1, "eth_subscribe", "[\"syncing\"]");
	(void)call(&s, 1, "eth_subscribe", "[\"newHeads\"]");
	(void)call(&s, 3, "eth_subscribe", "[\"newHeads\"]");
	EXPECT(rpc_subs_clients(s.subs, &s.a, &v, &cnt));
	EXPECT_U64(cnt, 2);
	EXPECT_U64(v[0].slot, 1);
	EXPECT_U64(v[1].slot, 3);
	/* Another connection in the same place is not this one. */
	rpc_subs_end(s.subs, &other);
	EXPECT_U64(rpc_subs_cnt(s.subs), 3);
	rpc_subs_end(s.subs, &first);
	EXPECT_U64(rpc_subs_cnt(s.subs), 1);
	close_site(&s);
}

TEST(test_subs_of_a_connection_are_bounded)
{
	struct rpc_client gw = {5, 1};
	struct site s;
	size_t i;

	open_site(&s);
	for (i = 0; i < LOCAL_MAX; i++)
		(void)call(&s, 0, "eth_subscribe", "[\"newHeads\"]");
	EXPECT_STR(call(&s, 0, "eth_subscribe", "[\"logs\",{}]"),
	    ERR("-32005",
		"too many subscriptions on this connection, at most 4"));
	EXPECT_STR(call(&s, 0, "eth_unsubscribe", "[\"" ID("02") "\"]"),
	    RESULT("true"));
	EXPECT_STR(call(&s, 0, "eth_subscribe", "[\"logs\",{}]"),
	    RESULT("\"" ID("05") "\""));
	/* The gateway's bound is another; a batch meets it in the middle. */
	rig_begin(&s.r, RPC_GATEWAY,
	    bytes_of_str("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			 "\"eth_subscribe\",\"params\":[\"newHeads\"]},"
			 "{\"jsonrpc\":\"2.0\",\"method\":"
			 "\"eth_subscribe\",\"params\":[\"newHeads\"]},"
			 "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
			 "\"eth_subscribe\",\"params\":[\"newHeads\"]},"
			 "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":"
			 "\"eth_subscribe\",\"params\":[\"newHeads\"]}]"));
	rpc_run_subs(s.r.doc, s.subs, &gw);
	EXPECT_STR(rig_end(&s.r),
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"" ID(
		"06") "\"},"
		      "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"" ID(
			  "07") "\"},"
				"{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{"
				"\"code\":-32005,"
				"\"message\":\"too many subscriptions on this "
				"connection, at "
				"most 2\"}}]");
	EXPECT_U64(rpc_subs_cnt(s.subs), LOCAL_MAX + 2);
	close_site(&s);
}

TEST(test_subs_bytes_of_all_filters_are_bounded)
{
	static struct rpc_log_filter f;
	struct rpc_client client = {0, 7};
	static struct hash any[RPC_LOG_ANY_MAX];
	static struct bloom_key key[RPC_LOG_ANY_MAX];
	struct site s;
	struct rpc_sub *sub;
	size_t i;

	open_site(&s);
	s.subs->conf.per_client[RPC_LOCAL] = RPC_SUBS_MAX;
	f.topic_cnt = RPC_LOG_TOPICS_MAX;
	for (i = 0; i < RPC_LOG_TOPICS_MAX; i++)
		f.topics[i] = (struct rpc_log_topic){any, key, RPC_LOG_ANY_MAX};
	for (i = 0; i < RPC_SUBS_MAX; i++) {
		rig_begin(&s.r, RPC_LOCAL,
		    bytes_of_str(
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			"\"eth_subscribe\",\"params\":[\"newHeads\"]}"));
		sub = rpc_sub_new(RPC_SUB_LOGS, &f);
		rpc_sub_free(s.r.doc->items[0].sub);
		s.r.doc->items[0].sub = sub;
		rpc_run_subs(s.r.doc, s.subs, &client);
		if (rpc_subs_cnt(s.subs) == i)
			break;
	}
	EXPECT_STR(rig_end(&s.r),
	    ERR("-32005", "too many subscriptions on this node"));
	EXPECT(s.subs->bytes <= RPC_SUBS_BYTES_MAX);
	EXPECT(i >= 400 && i < 600);
	close_site(&s);
}

/* A block with three logs: of a1 with topic 1, of a2, of a1. */
static struct log_entry
a_log(uint8_t addr, uint8_t topic)
{
	struct log_entry l = {.topic_cnt = 1, .data = {NULL, 0}};

	l.addr.b[19] = addr;
	l.topics[0].b[31] = topic;
	return l;
}

static struct rpc_news
make_news(struct site *s, struct header *h, bool is_undone)
{
	static struct log_entry first[2], second[1];
	static struct hash txs[2];
	struct rpc_news news = {
	    .is_undone = is_undone, .header = h, .tx_hashes = txs, .tx_cnt = 2};
	struct receipt r[2] = {
	    {.is_success = true, .logs = first, .log_cnt = 2},
	    {.is_success = true, .logs = second, .log_cnt = 1}};
	size_t i;

	first[0] = a_log(0xa1, 1);
	first[1] = a_log(0xa2, 2);
	second[0] = a_log(0xa1, 3);
	*h = (struct header){.number = 9, .field_cnt = HEADER_FIELDS_LONDON};
	for (i = 0; i < 2; i++)
		bloom_add_log(&h->bloom, &first[i]);
	bloom_add_log(&h->bloom, &second[0]);
	txs[0].b[31] = 0xe1;
	txs[1].b[31] = 0xe2;
	news.hash.b[31] = 0x99;
	EXPECT_RC(receipts_pack(&s->a, &news.receipts, r, 2, NULL), RC_OK);
	return news;
}

#define A1 "\"0x00000000000000000000000000000000000000a1\""
#define H32(n)                                                                 \
	"\"0x00000000000000000000000000000000000000000000000000000000000000" n \
	"\""
#define LOG(addr, topic, tx, at, index, removed)                               \
	"{\"address\":\"0x00000000000000000000000000000000000000" addr         \
	"\",\"topics\":[" H32(topic) "],\"data\":\"0x\",\"blockHash\":" H32(   \
	    "99") ",\"blockNumber\":\"0x9\",\"blockTimestamp\":\"0x0\","       \
		  "\"transactionIndex\":\"0x" at                               \
		  "\",\"transactionHash\":" H32(tx) ",\"logIndex\":\"0x" index \
						    "\",\"removed\":" removed  \
						    "}"

static void
expect_said(struct site *s, const char *const *want, size_t cnt)
{
	size_t i;

	EXPECT_U64(s->said_cnt, cnt);
	for (i = 0; i < cnt && i < s->said_cnt; i++)
		EXPECT_STR(s->said[i], want[i]);
	s->said_cnt = s->say_cnt = 0;
}

TEST(test_subs_logs_are_told_to_who_wants_them)
{
	struct site s;
	struct header h;
	struct rpc_news news;

	open_site(&s);
	news = make_news(&s, &h, false);
	(void)call(&s, 0, "eth_subscribe", "[\"logs\",{\"address\":" A1 "}]");
	(void)call(
	    &s, 0, "eth_subscribe", "[\"logs\",{\"topics\":[" H32("03") "]}]");
	(void)call(
	    &s, 0, "eth_subscribe", "[\"logs\",{\"topics\":[" H32("07") "]}]");
	(void)call(&s, 1, "eth_subscribe",
	    "[\"logs\",{\"address\":" A1 ",\"fromBlock\":\"0xa\"}]");
	(void)call(&s, 1, "eth_subscribe",
	    "[\"logs\",{\"address\":" A1
	    ",\"fromBlock\":\"earliest\",\"toBlock\":\"0x8\"}]");
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_OK);
	EXPECT_U64(s.say_cnt, 2); /* rendered once each */
	expect_said(&s,
	    (const char *const[]){"1 " LOG("a1", "01", "e1", "0", "0", "false"),
		"1 " LOG("a1", "03", "e2", "1", "2", "false"),
		"2 " LOG("a1", "03", "e2", "1", "2", "false")},
	    3);
	close_site(&s);
}

/* An undone block's logs go in reverse, marked, and it has no head to tell. */
TEST(test_subs_undone_logs_are_told_backwards)
{
	struct site s;
	struct header h;
	struct rpc_news news;

	open_site(&s);
	news = make_news(&s, &h, true);
	(void)call(&s, 0, "eth_subscribe", "[\"newHeads\"]");
	(void)call(&s, 0, "eth_subscribe", "[\"logs\",{}]");
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_OK);
	expect_said(&s,
	    (const char *const[]){"2 " LOG("a1", "03", "e2", "1", "2", "true"),
		"2 " LOG("a2", "02", "e1", "0", "1", "true"),
		"2 " LOG("a1", "01", "e1", "0", "0", "true")},
	    3);
	close_site(&s);
}

/* Whoever hears of a gap can ask; one that is not told would be a lie. */
TEST(test_subs_logs_that_are_not_there_are_an_error)
{
	struct site s;
	struct header h;
	struct rpc_news news;

	open_site(&s);
	news = make_news(&s, &h, true);
	news.receipts = bytes_of(NULL, 0);
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_OK);
	(void)call(&s, 0, "eth_subscribe", "[\"logs\",{}]");
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_NO_MEMORY);
	news = make_news(&s, &h, true);
	news.tx_cnt = 1;
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_CORRUPT);
	/* A filter that the bloom speaks against asks for nothing of it. */
	(void)call(&s, 0, "eth_unsubscribe", "[\"" ID("01") "\"]");
	(void)call(
	    &s, 0, "eth_subscribe", "[\"logs\",{\"topics\":[" H32("07") "]}]");
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_OK);
	EXPECT_U64(s.said_cnt, 0);
	close_site(&s);
}

/* The head is that of eth_getHeaderByNumber but for the total difficulty,
 * comes before the logs, and is rendered once. */
TEST(test_subs_heads_are_the_header)
{
	const struct store_head *head;
	struct rpc_news news = {.tx_cnt = 0};
	struct site s;
	json_t *want, *got;

	open_site(&s);
	(void)rig_mine(&s.r);
	head = chain_head(s.r.chain);
	news.hash = head->hash;
	news.header = head->header;
	(void)call(&s, 0, "eth_subscribe", "[\"newHeads\"]");
	(void)call(&s, 1, "eth_subscribe", "[\"newHeads\"]");
	(void)call(&s, 1, "eth_subscribe", "[\"syncing\"]");
	EXPECT_RC(rpc_subs_block(s.subs, &news, note, &s, NULL), RC_OK);
	EXPECT_U64(s.said_cnt, 2);
	EXPECT_U64(s.say_cnt, 1);
	want =
	    rig_json(rig_result(&s.r, "eth_getHeaderByNumber", "[\"latest\"]"));
	EXPECT(json_object_del(want, "totalDifficulty") == 0);
	got = rig_json(s.said[1] + 2);
	EXPECT(json_equal(want, got));
	EXPECT(json_object_get(got, "transactions") == NULL);
	json_decref(want);
	json_decref(got);
	close_site(&s);
}

TEST(test_subs_pending_ones_are_told_as_asked)
{
	struct rig_tx t = {.from = 1, .value = 5};
	struct pool_tx *tx;
	struct site s;
	struct hash hash;
	const char *text, *want;

	open_site(&s);
	text = rig_send(&s.r, &t);
	memcpy(hash.b, test_hex(text + 2).ptr, sizeof(hash.b));
	tx = pool_find(s.r.pool, &hash);
	CHECK(tx != NULL);
	EXPECT_RC(rpc_subs_pending(s.subs, &tx, 1, note, &s, NULL), RC_OK);
	EXPECT_U64(s.said_cnt, 0);
	(void)call(&s, 0, "eth_subscribe", "[\"newPendingTransactions\"]");
	(void)call(
	    &s, 0, "eth_subscribe", "[\"newPendingTransactions\",false]");
	(void)call(&s, 0, "eth_subscribe", "[\"newPendingTransactions\",true]");
	EXPECT_RC(rpc_subs_pending(s.subs, &tx, 1, note, &s, NULL), RC_OK);
	want = rig_result(
	    &s.r, "eth_getTransactionByHash", rig_fmt(&s.r, "[\"%s\"]", text));
	expect_said(&s,
	    (const char *const[]){rig_fmt(&s.r, "1 \"%s\"", text),
		rig_fmt(&s.r, "2 \"%s\"", text), rig_fmt(&s.r, "3 %s", want)},
	    3);
	pool_tx_put(tx);
	close_site(&s);
}

TEST(test_subs_note_is_what_clients_read)
{
	static const char want[] =
	    "{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{"
	    "\"subscription\":\"0x0102030405060708090a0b0c0d0e0f10\","
	    "\"result\":\"0x1\"}}\n";
	struct rpc_sub_to to;
	uint8_t out[256];
	size_t i;

	for (i = 0; i < RPC_SUB_ID_BYTES; i++)
		to.id[i] = (uint8_t)(i + 1);
	EXPECT_U64(rpc_note_bytes(5), sizeof(want) - 1);
	rpc_note_put(out, &to, bytes_of_str("\"0x1\""));
	EXPECT_BYTES(bytes_of(out, rpc_note_bytes(5)), bytes_of_str(want));
}

/* A node that is stopping has no registry any more. */
TEST(test_subs_without_a_registry_are_answered)
{
	struct site s;

	open_site(&s);
	EXPECT_STR(rig_call(&s.r, "eth_subscribe", "[\"logs\",{}]"),
	    ERR("-32002", "the node is stopping"));
	close_site(&s);
}
