/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /v1/Eth/SendRawTransaction, stage by stage: what is refused before
 * anybody is asked, what the node sees and in which order, and what a wallet
 * is told of each item.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/types.h"
#include "http/rate.h"
#include "rig.h"
#include "test.h"

#define PATH "/v1/Eth/SendRawTransaction"
#define JSON "application/json"

/* Targets: TO is what the database lists unless a test says otherwise. */
#define TO      "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
#define TO_TEXT "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define OTHER   "3535353535353535353535353535353535353535"

/* Half a hash that nothing has. */
#define HASH_32 "11111111111111111111111111111111"

#define SIGNATURE                                                              \
	"25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276" \
	"a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"

/* A transaction is its bytes and its hash, as texts. */
struct sample {
	char raw[256], hash[67];
};

/* A legacy transaction: to is 40 digits or "" for a creation, data a single
 * byte's two digits. */
static struct sample
sample(unsigned nonce, const char *to, const char *data)
{
	struct sample s;
	struct hash h;

	(void)snprintf(s.raw, sizeof(s.raw), "0x%s%02x80825208%s%s80%s%s",
	    to[0] == '\0' ? "f84b" : "f85f", nonce, to[0] == '\0' ? "80" : "94",
	    to, data, SIGNATURE);
	h = hash_keccak(test_hex(s.raw));
	hex_put0x(s.hash, hash_bytes(&h));
	return s;
}

static const char *
body_of(const struct sample *s, size_t cnt)
{
	static char body[65536];
	size_t len = 0;

	len += (size_t)snprintf(body, sizeof(body), "{\"raw_tx_hex_list\":[");
	for (size_t i = 0; i < cnt; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len,
		    "%s\"%s\"", i == 0 ? "" : ",", s[i].raw);
	(void)snprintf(body + len, sizeof(body) - len, "]}");
	return body;
}

/* Posts and ends the query with TO listed; the node is asked next. */
static void
post_listed(struct rig *g, const struct sample *s, size_t cnt)
{
	static const char *const listed[] = {TO_TEXT};

	rig_post(g, PATH, JSON, body_of(s, cnt));
	EXPECT(g->run == GW_RUN_WAIT && g->req.effect.kind == GW_EFFECT_QUERY);
	rig_lists(g, listed, 1);
}

/* The node takes call i and says its hash. */
static void
takes(struct rig *g, size_t i, const struct sample *s)
{
	rig_says(g, i, false, arena_str(&g->req.arena, "\"%s\"", s->hash));
}

/* The node has another block, or none until the time is over. */
static void
next_block(struct rig *g)
{
	EXPECT(g->run == GW_RUN_WAIT && g->req.effect.kind == GW_EFFECT_BLOCK);
	g->req.effect.u.block.seen = ++g->world.block_no;
	rig_go(g, RC_OK);
}

static void
no_block(struct rig *g)
{
	EXPECT(g->run == GW_RUN_WAIT && g->req.effect.kind == GW_EFFECT_BLOCK);
	g->world.mono_ms += g->req.effect.u.block.timeout_ms;
	rig_go(g, RC_TIMEOUT);
}

/* No block comes until the time is over. Even so receipts are looked for now
 * and then, and a last time at the end. */
static void
unmined_in_time(struct rig *g)
{
	while (g->run == GW_RUN_WAIT && g->req.effect.kind == GW_EFFECT_BLOCK) {
		EXPECT(g->req.effect.u.block.timeout_ms <= 5000);
		no_block(g);
		EXPECT(rig_is_node(g, 1, "eth_getTransactionReceipt"));
		rig_says(g, 0, false, "null");
		rig_go(g, RC_OK);
	}
}

/* The last question: the next nonce of a sender. */
static void
next_nonce(struct rig *g, const char *nonce)
{
	EXPECT(rig_is_node(g, 1, "eth_getTransactionCount"));
	rig_says(g, 0, false, nonce);
	rig_go(g, RC_OK);
}

static const char *
says_receipt(const char *status)
{
	return !strcmp(status, "0x1") ? "{\"status\":\"0x1\"}"
				      : "{\"status\":\"0x0\"}";
}

static void
is_handed_over(struct rig *g, size_t call, const struct sample *s)
{
	char want[300];

	(void)snprintf(want, sizeof(want), "[\"%.255s\"]", s->raw);
	EXPECT_BYTES(
	    g->req.effect.u.node.calls[call].params, bytes_of_str(want));
}

/* Stage 1. ------------------------------------------------------------ */

TEST(test_send_bad_body_by_row)
{
	static const struct {
		const char *type, *body;
		const char *description; /* as JSON text, NULL: none */
	} row[] = {
	    {"text/plain", "{\"raw_tx_hex_list\":[]}", NULL},
	    {JSON, "[]", NULL},
	    {JSON, "{}", "{\"raw_tx_hex_list\":\"required field\"}"},
	    {JSON, "{\"raw_tx_hex_list\":null}",
		"{\"raw_tx_hex_list\":\"null value not allowed\"}"},
	    {JSON, "{\"raw_tx_hex_list\":\"0x00\"}",
		"{\"raw_tx_hex_list\":\"must be of list type\"}"},
	    {JSON, "{\"raw_tx_hex_list\":{}}",
		"{\"raw_tx_hex_list\":\"must be of list type\"}"},
	    {JSON, "{\"raw_tx_hex_list\":[\"0x00\",7,\"\",null]}",
		"{\"raw_tx_hex_list\":{\"1\":\"must be of string "
		"type\",\"3\":\"must be of string type\"}}"},
	    {JSON, "{\"raw_tx_hex_list\":[],\"x\":1}",
		"{\"x\":\"unknown field\"}"},
	    {JSON, "{\"x\\\"y\":1}",
		"{\"raw_tx_hex_list\":\"required field\",\"x\\\"y\":\"unknown "
		"field\"}"},
	    {JSON,
		"{\"raw_tx_hex_list\":[],\"012345678901234567890123456789012345"
		"67890123456789012345678901234\":1}",
		"{\"?\":\"unknown field\"}"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct rig g;
		unsigned status;
		const json_t *meta, *d;
		char *text;

		test_row(row[i].body);
		rig_open(&g, false);
		rig_post(&g, PATH, row[i].type, row[i].body);
		meta = json_object_get(rig_answer(&g, &status), "meta");
		EXPECT_U64(status, 400);
		EXPECT(json_integer_value(json_object_get(meta, "code")) == 88);
		EXPECT_STR(json_string_value(json_object_get(meta, "message")),
		    "Invalid Parameter");
		d = json_object_get(meta, "description");
		text = d == NULL ? NULL : json_dumps(d, JSON_COMPACT);
		EXPECT((text == NULL) == (row[i].description == NULL));
		if (text != NULL && row[i].description != NULL)
			EXPECT_STR(text, row[i].description);
		free(text);
		rig_close(&g);
		test_row(NULL);
	}
}

TEST(test_send_malformed_json_is_400_with_a_text)
{
	static const char *const body[] = {"{", "{\"raw_tx_hex_list\":[}",
	    "{\"raw_tx_hex_list\":[],\"raw_tx_hex_list\":[]}",
	    "{\"raw_tx_hex_list\":[\"\xff\"]}", "{} {}", "nul"};

	for (size_t i = 0; i < ARRAY_CNT(body); i++) {
		unsigned status;
		struct rig g;

		rig_open(&g, false);
		rig_post(&g, PATH, JSON, body[i]);
		EXPECT(json_is_string(json_object_get(
		    json_object_get(rig_answer(&g, &status), "meta"),
		    "description")));
		EXPECT_U64(status, 400);
		rig_close(&g);
	}
}

TEST(test_send_empty_list_is_accepted_and_nobody_asked)
{
	struct rig g;

	rig_open(&g, false);
	rig_post(&g, PATH, "application/json; charset=utf-8",
	    "{\"raw_tx_hex_list\": []}");
	EXPECT_STR(rig_data(&g), "[]");
	rig_close(&g);
}

TEST(test_send_item_limit)
{
	static struct sample s[101];
	unsigned status;
	struct rig g;

	for (unsigned i = 0; i < 101; i++)
		s[i] = sample(1 + i, TO, "01");
	rig_open(&g, false);
	rig_profile(&g, GW_PROFILE_EXTENDED);
	rig_post(&g, PATH, JSON, body_of(s, 101));
	(void)rig_answer(&g, &status);
	EXPECT_U64(status, 400);
	post_listed(&g, s, 100);
	EXPECT(rig_is_node(&g, 100, "eth_sendRawTransaction"));
	rig_close(&g);
}

/* A list is worth what its items are, whichever way they are sent. */
TEST(test_send_items_count_in_the_rate)
{
	const struct gw_rate_rule rule = {.interval_us = 20000, .burst = 20};
	struct sample s[3] = {
	    sample(1, TO, "01"), sample(2, TO, "01"), sample(3, TO, "01")};
	unsigned status;
	struct rig g;

	rig_open(&g, false);
	g.world.rates = mem_new(sizeof(*g.world.rates));
	gw_rate_init(g.world.rates);
	g.conf->surfaces[0].filter_bits |= 1u << GW_FILTER_RATE;
	g.conf->surfaces[0].rate = rule;
	post_listed(&g, s, 3);
	EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
	/* Fifteen of twenty are gone, and the request itself is another. */
	rig_post(&g, PATH, JSON, body_of(s, 2));
	(void)rig_answer(&g, &status);
	EXPECT_U64(status, 429);
	EXPECT_U64(g.req.rulings[GW_FILTER_RATE].verdict, GW_VERDICT_REFUSE);
	g.world.mono_ms += 20;
	post_listed(&g, s, 1);
	mem_free(g.world.rates);
	rig_close(&g);
}

TEST(test_send_item_without_prefix_is_taken)
{
	struct sample s = sample(1, TO, "01"), bare = s;
	struct rig g;

	memmove(bare.raw, bare.raw + 2, strlen(bare.raw) - 1);
	rig_open(&g, false);
	post_listed(&g, &bare, 1);
	EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
	is_handed_over(&g, 0, &s);
	rig_close(&g);
}

TEST(test_send_item_that_is_no_transaction_is_refused_by_itself)
{
	static const char *const bad[] = {"", "0x", "0x0", "0xzz", "hello",
	    "0xc0", "0x00", "0x7f", "0xf85f018082520894", "0x05c0", "0xc10180",
	    "c0", "f", "c01", "zzzz", "0X00"};
	struct sample s[2];
	struct rig g;

	for (size_t i = 0; i < ARRAY_CNT(bad); i++) {
		test_row(bad[i]);
		rig_open(&g, false);
		s[0] = sample(1, TO, "01");
		(void)snprintf(s[0].raw, sizeof(s[0].raw), "%s", bad[i]);
		s[1] = sample(2, TO, "01");
		post_listed(&g, s, 2);
		/* The node sees the good one alone. */
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
		takes(&g, 0, &s[1]);
		rig_go(&g, RC_OK);
		next_block(&g);
		rig_says(&g, 0, false, says_receipt("0x1"));
		rig_go(&g, RC_OK);
		EXPECT_STR(rig_item(&g, 0, "id"), "1");
		EXPECT_STR(rig_item(&g, 0, "status"), "0");
		EXPECT_STR(rig_item(&g, 0, "transaction_hash"), "null");
		EXPECT_STR(rig_item(&g, 0, "error_code"), "88");
		EXPECT_STR(rig_item(&g, 1, "id"), "2");
		EXPECT_STR(rig_item(&g, 1, "status"), "1");
		rig_close(&g);
		test_row(NULL);
	}
}

/* Stage 2. ------------------------------------------------------------ */

TEST(test_send_creation_is_refused_and_nobody_asked)
{
	struct sample s = sample(1, "", "01");
	struct rig g;

	for (int plain = 0; plain < 2; plain++) {
		rig_open(&g, plain == 1);
		rig_post(&g, PATH, JSON, body_of(&s, 1));
		EXPECT(g.run == GW_RUN_REPLY);
		EXPECT_STR(rig_item(&g, 0, "status"), "0");
		EXPECT_STR(rig_item(&g, 0, "error_code"), "40");
		EXPECT_STR(rig_item(&g, 0, "error_msg"),
		    "\"contract creation is not allowed here\"");
		rig_close(&g);
	}
}

TEST(test_send_target_by_row)
{
	static const struct {
		const char *name, *to, *data;
		bool plain;
		const char *listed;
		bool passes;
	} row[] = {
	    {"listed", TO, "01", false, TO_TEXT, true},
	    {"nothing listed", TO, "01", false, NULL, false},
	    {"another listed", OTHER, "01", false, TO_TEXT, false},
	    /* exact EIP-55 text, as in the first version */
	    {"listed in small letters", TO, "01", false, "0x" TO, false},
	    {"transfer, setting off", OTHER, "80", false, TO_TEXT, false},
	    {"data, setting on", OTHER, "01", true, TO_TEXT, false},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, row[i].to, row[i].data);
		struct rig g;

		test_row(row[i].name);
		rig_open(&g, row[i].plain);
		rig_post(&g, PATH, JSON, body_of(&s, 1));
		EXPECT(g.req.effect.kind == GW_EFFECT_QUERY);
		EXPECT(g.req.effect.u.query.param_cnt == 1);
		rig_lists(&g, &row[i].listed, row[i].listed == NULL ? 0 : 1);
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction") ==
		       row[i].passes);
		if (!row[i].passes) {
			EXPECT_STR(rig_item(&g, 0, "error_code"), "40");
			EXPECT_STR(rig_item(&g, 0, "error_msg"),
			    "\"the target is not an executable contract\"");
			EXPECT(strstr(rig_item(&g, 0, "transaction_hash"),
				   s.hash) != NULL);
		}
		rig_close(&g);
		test_row(NULL);
	}
}

/* A transfer to whoever is not on the list: the node is asked for code. */
TEST(test_send_plain_transfer_by_code)
{
	static const struct {
		bool is_error;
		const char *answer, *code, *text; /* code NULL: it passes */
	} row[] = {
	    {false, "\"0x\"", NULL, NULL},
	    {false, "\"0x00\"", "40",
		"\"the target is a contract and not an executable one\""},
	    {false, "\"0x6001\"", "40",
		"\"the target is a contract and not an executable one\""},
	    {false, "null", "40",
		"\"the target is a contract and not an executable one\""},
	    {false, "", "null", "\"refused by the node\""},
	    {true, "{\"code\":-32000,\"message\":\"header not found\"}",
		"-32000", "\"header not found\""},
	};
	struct sample s = sample(1, OTHER, "80");

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct rig g;

		test_row(row[i].answer);
		rig_open(&g, true);
		post_listed(&g, &s, 1);
		EXPECT(rig_is_node(&g, 1, "eth_getCode"));
		EXPECT_BYTES(g.req.effect.u.node.calls[0].params,
		    bytes_of_str("[\"0x" OTHER "\",\"latest\"]"));
		rig_says(&g, 0, row[i].is_error, row[i].answer);
		rig_go(&g, RC_OK);
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction") ==
		       (row[i].code == NULL));
		if (row[i].code != NULL) {
			EXPECT_STR(rig_item(&g, 0, "status"), "0");
			EXPECT_STR(rig_item(&g, 0, "error_code"), row[i].code);
			EXPECT_STR(rig_item(&g, 0, "error_msg"), row[i].text);
		}
		rig_close(&g);
		test_row(NULL);
	}
}

/* One batch for all, each target once; what is listed is not asked about. */
TEST(test_send_asks_for_code_in_one_batch)
{
	static const char third[] = "1212121212121212121212121212121212121212";
	struct sample s[6];
	struct rig g;

	rig_open(&g, true);
	rig_profile(&g, GW_PROFILE_EXTENDED);
	s[0] = sample(1, OTHER, "80");
	s[1] = sample(2, TO, "80");
	s[2] = sample(3, third, "80");
	s[3] = sample(4, OTHER, "80");
	s[4] = sample(5, third, "01");
	s[5] = sample(6, "", "80");
	post_listed(&g, s, 6);
	EXPECT(rig_is_node(&g, 2, "eth_getCode"));
	rig_says(&g, 0, false, "\"0x\"");
	rig_says(&g, 1, false, "\"0x6001\"");
	rig_go(&g, RC_OK);
	EXPECT(rig_is_node(&g, 3, "eth_sendRawTransaction"));
	for (size_t i = 0; i < 3; i++)
		takes(&g, i, &s[i == 2 ? 3 : i]);
	rig_go(&g, RC_OK);
	next_block(&g);
	for (size_t i = 0; i < 3; i++)
		rig_says(&g, i, false, says_receipt("0x1"));
	rig_go(&g, RC_OK);
	for (size_t i = 0; i < 6; i++) {
		bool passed = i == 0 || i == 1 || i == 3;

		EXPECT_STR(rig_item(&g, i, "status"), passed ? "1" : "0");
		EXPECT_STR(
		    rig_item(&g, i, "error_code"), passed ? "null" : "40");
	}
	rig_close(&g);
}

TEST(test_send_node_gone_when_asked_for_code_hands_nothing_over)
{
	static const enum rc row[] = {RC_UNAVAILABLE, RC_TIMEOUT};
	struct sample s = sample(1, OTHER, "80");

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		unsigned status;
		struct rig g;

		rig_open(&g, true);
		post_listed(&g, &s, 1);
		rig_says(&g, 0, false, "\"0x\"");
		rig_go(&g, row[i]);
		(void)rig_answer(&g, &status);
		EXPECT_U64(status, 503);
		rig_close(&g);
	}
}

TEST(test_send_asks_the_database_for_every_target_once_in_one_array)
{
	struct sample s[3];
	struct rig g;

	rig_open(&g, false);
	s[0] = sample(1, TO, "01");
	s[1] = sample(2, "", "01"); /* not asked about */
	s[2] = sample(3, OTHER, "01");
	rig_post(&g, PATH, JSON, body_of(s, 3));
	EXPECT_STR(g.req.effect.u.query.params[0], "{" TO_TEXT ",0x" OTHER "}");
	rig_close(&g);
}

TEST(test_send_database_by_row)
{
	static const struct {
		enum rc rc;
		unsigned http;
		int code;
	} row[] = {
	    {RC_UNAVAILABLE, 503, 503},
	    {RC_TIMEOUT, 503, 503},
	    {RC_INTERNAL, 500, 500},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		unsigned status;
		const json_t *meta;
		struct rig g;

		rig_open(&g, false);
		rig_post(&g, PATH, JSON, body_of(&s, 1));
		rig_go(&g, row[i].rc);
		meta = json_object_get(rig_answer(&g, &status), "meta");
		EXPECT(json_integer_value(json_object_get(meta, "code")) ==
		       row[i].code);
		EXPECT_U64(status, row[i].http);
		rig_close(&g);
	}
}

/* Stage 3. ------------------------------------------------------------ */

/* Legacy: each waits for the receipt of the one before; what that says does
 * not matter to the next. */
TEST(test_send_legacy_hands_over_one_after_the_others_receipt)
{
	struct sample s[5];
	struct rig g;

	rig_open(&g, false);
	for (unsigned i = 0; i < 5; i++)
		s[i] = sample(9 - i, i == 2 ? OTHER : TO, "01");
	post_listed(&g, s, 5);
	for (unsigned i = 0; i < 5; i++) {
		if (i == 2)
			continue;
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
		is_handed_over(&g, 0, &s[i]);
		takes(&g, 0, &s[i]);
		if (i == 3)
			rig_says(&g, 0, true, "{\"code\":-32000}");
		rig_go(&g, RC_OK);
		if (i == 3)
			continue;
		next_block(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionReceipt"));
		rig_says(&g, 0, false, "null");
		rig_go(&g, RC_OK);
		next_block(&g);
		rig_says(&g, 0, false, says_receipt(i == 1 ? "0x0" : "0x1"));
		rig_go(&g, RC_OK);
	}
	EXPECT_STR(rig_item(&g, 0, "status"), "1");
	EXPECT_STR(rig_item(&g, 1, "status"), "0");
	EXPECT_STR(rig_item(&g, 1, "error_code"), "3");
	EXPECT_STR(rig_item(&g, 2, "error_code"), "40");
	EXPECT_STR(rig_item(&g, 3, "error_code"), "-32000");
	EXPECT_STR(rig_item(&g, 4, "status"), "1");
	rig_close(&g);
}

TEST(test_send_extended_hands_all_over_in_the_order_of_the_list)
{
	struct sample s[5];
	struct rig g;

	rig_open(&g, false);
	rig_profile(&g, GW_PROFILE_EXTENDED);
	for (unsigned i = 0; i < 5; i++)
		s[i] = sample(9 - i, i == 2 ? OTHER : TO, "01");
	post_listed(&g, s, 5);
	EXPECT(rig_is_node(&g, 4, "eth_sendRawTransaction"));
	for (unsigned i = 0, call = 0; i < 5; i++)
		if (i != 2)
			is_handed_over(&g, call++, &s[i]);
	rig_close(&g);
}

/* The 30 s are those of the whole list. */
TEST(test_send_legacy_time_over_leaves_the_rest_unsent)
{
	struct sample s[3] = {
	    sample(1, TO, "01"), sample(2, TO, "01"), sample(3, TO, "01")};
	uint64_t begin;
	struct rig g;

	rig_open(&g, false);
	post_listed(&g, s, 3);
	takes(&g, 0, &s[0]);
	rig_go(&g, RC_OK);
	begin = g.world.mono_ms;
	g.world.mono_ms += 20000;
	next_block(&g);
	rig_says(&g, 0, false, says_receipt("0x1"));
	rig_go(&g, RC_OK);
	is_handed_over(&g, 0, &s[1]);
	takes(&g, 0, &s[1]);
	rig_go(&g, RC_OK);
	unmined_in_time(&g);
	EXPECT_U64(g.world.mono_ms - begin, 30000);
	next_nonce(&g, "\"0x2\"");
	EXPECT_STR(rig_item(&g, 0, "status"), "1");
	EXPECT_STR(rig_item(&g, 1, "status"), "0");
	EXPECT_STR(rig_item(&g, 1, "error_code"), "2");
	EXPECT_STR(rig_item(&g, 2, "status"), "0");
	EXPECT_STR(rig_item(&g, 2, "error_code"), "4");
	EXPECT_STR(rig_item(&g, 2, "error_msg"),
	    "\"not sent: the request ended before its turn\"");
	rig_close(&g);
}

TEST(test_send_node_gone_or_slow_is_503)
{
	static const struct {
		enum rc rc;
		unsigned http;
		int code;
	} row[] = {
	    {RC_UNAVAILABLE, 503, 999},
	    {RC_TIMEOUT, 503, 999},
	    {RC_TOO_LARGE, 413, 413},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		unsigned status;
		const json_t *meta;
		struct rig g;

		rig_open(&g, false);
		post_listed(&g, &s, 1);
		rig_go(&g, row[i].rc);
		meta = json_object_get(rig_answer(&g, &status), "meta");
		EXPECT(json_integer_value(json_object_get(meta, "code")) ==
		       row[i].code);
		EXPECT_U64(status, row[i].http);
		rig_close(&g);
	}
}

TEST(test_send_refusal_of_the_node_is_passed_on)
{
	static const struct {
		const char *answer, *code, *text, *extended;
	} row[] = {
	    {"{\"code\":-32000,\"message\":\"nonce too low: next nonce 5, "
	     "tx nonce 1\"}",
		"-32000", "\"nonce too low: next nonce 5, tx nonce 1\"", "3"},
	    {"{\"code\":-32000,\"message\":\"already known\"}", "-32000",
		"\"already known\"", "4"},
	    {"{\"code\":-32000,\"message\":\"known transaction: 12\"}",
		"-32000", "\"known transaction: 12\"", "4"},
	    {"{\"code\":-32000,\"message\":\"nonce too high\"}", "-32000",
		"\"nonce too high\"", "0"},
	    {"{\"code\":3,\"message\":\"\"}", "3", "\"\"", "0"},
	    {"{\"code\":-32005}", "-32005", "\"refused by the node\"", "0"},
	    {"{\"message\":7}", "null", "\"refused by the node\"", "0"},
	    {"no json", "null", "\"refused by the node\"", "0"},
	};

	for (size_t i = 0; i < 2 * ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		struct rig g;

		test_row(row[i / 2].answer);
		rig_open(&g, false);
		if (i % 2 == 1)
			rig_profile(&g, GW_PROFILE_EXTENDED);
		post_listed(&g, &s, 1);
		rig_says(&g, 0, true, row[i / 2].answer);
		rig_go(&g, RC_OK);
		/* No receipt is waited for. */
		EXPECT_STR(rig_item(&g, 0, "status"),
		    i % 2 == 1 ? row[i / 2].extended : "0");
		EXPECT_STR(rig_item(&g, 0, "error_code"), row[i / 2].code);
		EXPECT_STR(rig_item(&g, 0, "error_msg"), row[i / 2].text);
		EXPECT(strstr(rig_item(&g, 0, "transaction_hash"), s.hash) !=
		       NULL);
		rig_close(&g);
		test_row(NULL);
	}
}

TEST(test_send_long_refusal_is_cut)
{
	struct sample s = sample(1, TO, "01");
	char answer[2000], *at = answer;
	struct rig g;

	at += sprintf(at, "{\"code\":1,\"message\":\"");
	memset(at, 'x', 1000);
	(void)snprintf(at + 1000, 3, "\"}");
	rig_open(&g, false);
	post_listed(&g, &s, 1);
	rig_says(&g, 0, true, answer);
	rig_go(&g, RC_OK);
	EXPECT_U64(strlen(rig_item(&g, 0, "error_msg")), 300 + 2);
	rig_close(&g);
}

/* Stage 4. ------------------------------------------------------------ */

TEST(test_send_receipt_by_row)
{
	static const struct {
		const char *receipt, *status, *code, *text;
	} row[] = {
	    {"{\"status\":\"0x1\"}", "1", "null", "null"},
	    {"{\"status\":\"0x0\"}", "0", "3", "\"execution reverted\""},
	    {"{\"status\":\"0x01\"}", "0", "3", "\"execution reverted\""},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		char want[80];
		struct rig g;

		rig_open(&g, false);
		post_listed(&g, &s, 1);
		takes(&g, 0, &s);
		rig_go(&g, RC_OK);
		next_block(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionReceipt"));
		(void)snprintf(want, sizeof(want), "[\"%s\"]", s.hash);
		EXPECT_BYTES(
		    g.req.effect.u.node.calls[0].params, bytes_of_str(want));
		rig_says(&g, 0, false, row[i].receipt);
		rig_go(&g, RC_OK);
		EXPECT_STR(rig_item(&g, 0, "status"), row[i].status);
		EXPECT_STR(rig_item(&g, 0, "error_code"), row[i].code);
		EXPECT_STR(rig_item(&g, 0, "error_msg"), row[i].text);
		rig_close(&g);
	}
}

/* What is mined late is asked about again with each block, and who has a
 * receipt is not asked about any more. */
TEST(test_send_extended_watches_until_all_receipts_are_there)
{
	struct sample s[2] = {sample(1, TO, "01"), sample(2, TO, "02")};
	struct rig g;

	rig_open(&g, false);
	rig_profile(&g, GW_PROFILE_EXTENDED);
	post_listed(&g, s, 2);
	takes(&g, 0, &s[0]);
	takes(&g, 1, &s[1]);
	rig_go(&g, RC_OK);
	for (int turn = 0; turn < 8; turn++) {
		EXPECT_U64(g.req.effect.u.block.seen, g.world.block_no);
		next_block(&g);
		EXPECT(rig_is_node(
		    &g, turn < 4 ? 2 : 1, "eth_getTransactionReceipt"));
		rig_says(&g, 0, false,
		    turn == 3 || turn == 7 ? says_receipt("0x1") : "null");
		if (turn < 4)
			rig_says(&g, 1, false, "null");
		rig_go(&g, RC_OK);
	}
	EXPECT_STR(rig_item(&g, 0, "status"), "1");
	EXPECT_STR(rig_item(&g, 1, "status"), "1");
	rig_close(&g);
}

/* A block that comes while the node is being handed the item counts as new:
 * the item may be in it. */
TEST(test_send_waits_for_blocks_after_those_known_at_hand_over)
{
	struct sample s = sample(1, TO, "01");
	struct rig g;

	rig_open(&g, false);
	g.world.block_no = 41;
	post_listed(&g, &s, 1);
	g.world.block_no = 42;
	takes(&g, 0, &s);
	rig_go(&g, RC_OK);
	EXPECT(g.req.effect.kind == GW_EFFECT_BLOCK);
	EXPECT_U64(g.req.effect.u.block.seen, 41);
	rig_close(&g);
}

TEST(test_send_not_mined_in_time_is_pending_and_no_lie)
{
	static const struct {
		enum gw_profile profile;
		uint64_t ms;
		const char *status;
	} row[] = {
	    {GW_PROFILE_LEGACY, 30000, "0"},
	    {GW_PROFILE_EXTENDED, 5000, "2"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		uint64_t begin;
		struct rig g;

		rig_open(&g, false);
		rig_profile(&g, row[i].profile);
		post_listed(&g, &s, 1);
		takes(&g, 0, &s);
		rig_go(&g, RC_OK);
		begin = g.world.mono_ms;
		unmined_in_time(&g);
		EXPECT_U64(g.world.mono_ms - begin, row[i].ms);
		next_nonce(&g, "\"0x2\"");
		EXPECT_STR(rig_item(&g, 0, "status"), row[i].status);
		EXPECT_STR(rig_item(&g, 0, "error_code"), "2");
		EXPECT_STR(rig_item(&g, 0, "error_msg"),
		    "\"pending: accepted, not mined in time; it may still be "
		    "mined\"");
		EXPECT(strstr(rig_item(&g, 0, "transaction_hash"), s.hash) !=
		       NULL);
		rig_close(&g);
	}
}

/* Accepted with nonce 1: whether something is missing before it is what the
 * sender's next nonce tells. */
TEST(test_send_behind_a_gap_by_row)
{
	static const struct {
		const char *name, *nonce;
		bool is_error;
		enum rc rc;
		enum gw_profile profile;
		const char *status, *code;
	} row[] = {
	    {"gap", "\"0x0\"", false, RC_OK, GW_PROFILE_EXTENDED, "0", "5"},
	    {"gap, legacy", "\"0x0\"", false, RC_OK, GW_PROFILE_LEGACY, "0",
		"5"},
	    {"next", "\"0x1\"", false, RC_OK, GW_PROFILE_EXTENDED, "2", "2"},
	    {"ready", "\"0x2\"", false, RC_OK, GW_PROFILE_EXTENDED, "2", "2"},
	    {"no number", "null", false, RC_OK, GW_PROFILE_EXTENDED, "2", "2"},
	    {"error", "\"0x0\"", true, RC_OK, GW_PROFILE_EXTENDED, "2", "2"},
	    {"node gone", "\"0x0\"", false, RC_UNAVAILABLE, GW_PROFILE_EXTENDED,
		"2", "2"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		struct rig g;

		test_row(row[i].name);
		rig_open(&g, false);
		rig_profile(&g, row[i].profile);
		post_listed(&g, &s, 1);
		takes(&g, 0, &s);
		rig_go(&g, RC_OK);
		unmined_in_time(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionCount"));
		EXPECT_U64(g.req.effect.u.node.timeout_ms, 500);
		EXPECT(
		    strstr(
			(const char *)g.req.effect.u.node.calls[0].params.ptr,
			"\",\"pending\"]") != NULL);
		rig_says(&g, 0, row[i].is_error, row[i].nonce);
		rig_go(&g, row[i].rc);
		EXPECT_STR(rig_item(&g, 0, "status"), row[i].status);
		EXPECT_STR(rig_item(&g, 0, "error_code"), row[i].code);
		rig_close(&g);
		test_row(NULL);
	}
}

/* Calls near the end of the time are cut to what is left, with a floor. */
TEST(test_send_calls_end_with_the_time)
{
	static const struct {
		uint64_t passed_ms, timeout_ms;
	} row[] = {{10000, 0}, {25000, 5000}, {29900, 500}, {30000, 500}};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s = sample(1, TO, "01");
		struct rig g;

		rig_open(&g, false);
		post_listed(&g, &s, 1);
		takes(&g, 0, &s);
		rig_go(&g, RC_OK);
		g.world.mono_ms += row[i].passed_ms;
		next_block(&g);
		EXPECT_U64(g.req.effect.u.node.timeout_ms, row[i].timeout_ms);
		rig_close(&g);
	}
}

/* The request's own time may be shorter than the profile's. */
TEST(test_send_watch_ends_before_the_requests_time)
{
	struct sample s = sample(1, TO, "01");
	struct rig g;

	rig_open(&g, false);
	g.conf->work_ms = 8000;
	post_listed(&g, &s, 1);
	takes(&g, 0, &s);
	rig_go(&g, RC_OK);
	g.world.mono_ms += 7000;
	next_block(&g);
	rig_says(&g, 0, false, "null");
	rig_go(&g, RC_OK);
	next_nonce(&g, "\"0x2\"");
	EXPECT_STR(rig_item(&g, 0, "error_code"), "2");
	rig_close(&g);
}

/* A worker that was told to stop answers before it is cut off. */
TEST(test_send_draining_worker_answers_what_it_knows)
{
	struct sample s[2] = {sample(1, TO, "01"), sample(2, TO, "01")};
	struct rig g;

	rig_open(&g, false);
	post_listed(&g, s, 2);
	takes(&g, 0, &s[0]);
	rig_go(&g, RC_OK);
	g.world.is_draining = true;
	g.world.end_ms = g.world.mono_ms + 1000;
	next_block(&g);
	rig_says(&g, 0, false, "null");
	rig_go(&g, RC_OK);
	EXPECT_U64(g.req.effect.u.block.timeout_ms, 1000);
	g.world.mono_ms += 1000;
	next_block(&g);
	rig_says(&g, 0, false, "null");
	rig_go(&g, RC_OK);
	EXPECT_STR(rig_item(&g, 0, "error_code"), "2");
	EXPECT_STR(rig_item(&g, 1, "error_code"), "4");
	rig_close(&g);
}

TEST(test_send_node_gone_while_watching_is_asked_again)
{
	static const enum rc row[] = {RC_UNAVAILABLE, RC_TIMEOUT, RC_TOO_LARGE};
	struct sample s = sample(1, TO, "01");
	struct rig g;

	rig_open(&g, false);
	post_listed(&g, &s, 1);
	takes(&g, 0, &s);
	rig_go(&g, RC_OK);
	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		next_block(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionReceipt"));
		/* What stands in a failed effect is nobody's answer. */
		rig_says(&g, 0, false, says_receipt("0x1"));
		rig_go(&g, row[i]);
	}
	next_block(&g);
	rig_says(&g, 0, true, "{\"code\":-32603}");
	rig_go(&g, RC_OK);
	next_block(&g);
	rig_says(&g, 0, false, says_receipt("0x1"));
	rig_go(&g, RC_OK);
	EXPECT_STR(rig_item(&g, 0, "status"), "1");
	rig_close(&g);
}

/* The node goes between two items: the first is told of as it is, the
 * second is handed over again when the node is back. */
TEST(test_send_node_gone_between_items_by_row)
{
	static const struct {
		const char *name;
		bool is_error;
		const char *second, *receipt; /* to the second hand-over */
		const char *status, *code, *text;
	} row[] = {
	    {"taken the second time", false, NULL, "{\"status\":\"0x1\"}", "1",
		"null", "null"},
	    {"had it already", true, "{\"message\":\"already known\"}",
		"{\"status\":\"0x1\"}", "1", "null", "null"},
	    {"was mined meanwhile", true, "{\"message\":\"nonce too low\"}",
		"{\"status\":\"0x0\"}", "0", "3", "\"execution reverted\""},
	    {"refused", true, "{\"code\":-32000,\"message\":\"nonce too low\"}",
		"null", "0", "-32000", "\"nonce too low\""},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct sample s[2] = {sample(1, TO, "01"), sample(2, TO, "01")};
		struct rig g;

		test_row(row[i].name);
		rig_open(&g, false);
		post_listed(&g, s, 2);
		takes(&g, 0, &s[0]);
		rig_go(&g, RC_OK);
		next_block(&g);
		rig_says(&g, 0, false, says_receipt("0x1"));
		rig_go(&g, RC_OK);
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
		takes(&g, 0, &s[1]); /* in a failed effect: no answer */
		rig_go(&g, RC_UNAVAILABLE);
		no_block(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionReceipt"));
		rig_says(&g, 0, false, "null");
		rig_go(&g, RC_OK);
		EXPECT(rig_is_node(&g, 1, "eth_sendRawTransaction"));
		is_handed_over(&g, 0, &s[1]);
		if (row[i].second == NULL)
			takes(&g, 0, &s[1]);
		else
			rig_says(&g, 0, row[i].is_error, row[i].second);
		rig_go(&g, RC_OK);
		next_block(&g);
		rig_says(&g, 0, false, row[i].receipt);
		rig_go(&g, RC_OK);
		EXPECT_STR(rig_item(&g, 0, "status"), "1");
		EXPECT_STR(rig_item(&g, 1, "status"), row[i].status);
		EXPECT_STR(rig_item(&g, 1, "error_code"), row[i].code);
		EXPECT_STR(rig_item(&g, 1, "error_msg"), row[i].text);
		rig_close(&g);
		test_row(NULL);
	}
}

/* The node goes for good: an accepted item is not called refused, one whose
 * answer was lost is not called accepted. */
TEST(test_send_node_gone_for_good_says_what_is_known)
{
	for (int was_lost = 0; was_lost < 2; was_lost++) {
		struct sample s[2] = {sample(1, TO, "01"), sample(2, TO, "01")};
		struct rig g;

		rig_open(&g, false);
		post_listed(&g, s, 2);
		takes(&g, 0, &s[0]);
		rig_go(&g, RC_OK);
		if (was_lost == 1) {
			next_block(&g);
			rig_says(&g, 0, false, says_receipt("0x1"));
			rig_go(&g, RC_OK);
			rig_go(&g, RC_UNAVAILABLE);
		}
		while (g.run == GW_RUN_WAIT) {
			no_block(&g);
			rig_go(&g, RC_UNAVAILABLE);
		}
		EXPECT_STR(rig_item(&g, (size_t)was_lost, "error_code"), "2");
		EXPECT_STR(rig_item(&g, (size_t)was_lost, "error_msg"),
		    was_lost == 1
			? "\"unknown: the node did not confirm it; it may "
			  "still be mined\""
			: "\"pending: accepted by the node, which is silent "
			  "now; it may be mined already\"");
		if (was_lost == 0)
			EXPECT_STR(rig_item(&g, 1, "error_code"), "4");
		rig_close(&g);
	}
}

/* An answer that the node leaves out, or that is not the transaction's hash,
 * promises nothing: it is watched, and never called accepted. */
TEST(test_send_unconfirmed_item_is_watched_and_not_called_accepted)
{
	static const char *const answers[] = {
	    "", "null", "\"0x\"", "true", "\"0x" HASH_32 HASH_32 "\""};

	for (size_t i = 0; i < ARRAY_CNT(answers); i++) {
		struct sample s = sample(1, TO, "01");
		struct rig g;

		test_row(answers[i]);
		rig_open(&g, false);
		post_listed(&g, &s, 1);
		rig_says(&g, 0, false, answers[i]);
		rig_go(&g, RC_OK);
		g.world.mono_ms += 30000;
		next_block(&g);
		EXPECT(rig_is_node(&g, 1, "eth_getTransactionReceipt"));
		rig_says(&g, 0, false, "null");
		rig_go(&g, RC_OK);
		EXPECT_STR(rig_item(&g, 0, "status"), "0");
		EXPECT_STR(rig_item(&g, 0, "error_code"), "2");
		EXPECT_STR(rig_item(&g, 0, "error_msg"),
		    "\"unknown: the node did not confirm it; it may still be "
		    "mined\"");
		rig_close(&g);
		test_row(NULL);
	}
}

/* Everything at once: each item has its own line, in the list's order. */
TEST(test_send_mixed_list_answers_each_item)
{
	struct sample s[5] = {sample(1, TO, "01"), sample(2, "", "01"),
	    sample(3, OTHER, "01"), sample(4, TO, "01"), sample(5, TO, "01")};
	char want[1600];
	struct rig g;

	rig_open(&g, false);
	rig_profile(&g, GW_PROFILE_EXTENDED);
	post_listed(&g, s, 5);
	EXPECT(rig_is_node(&g, 3, "eth_sendRawTransaction"));
	takes(&g, 0, &s[0]);
	rig_says(
	    &g, 1, true, "{\"code\":-32000,\"message\":\"nonce too low\"}");
	takes(&g, 2, &s[4]);
	rig_go(&g, RC_OK);
	next_block(&g);
	EXPECT(rig_is_node(&g, 2, "eth_getTransactionReceipt"));
	rig_says(&g, 0, false, says_receipt("0x1"));
	rig_says(&g, 1, false, says_receipt("0x0"));
	rig_go(&g, RC_OK);
	(void)snprintf(want, sizeof(want),
	    "[{\"id\":1,\"status\":1,\"transaction_hash\":\"%s\",\"error_"
	    "code\":null,\"error_msg\":null},"
	    "{\"id\":2,\"status\":0,\"transaction_hash\":\"%s\",\"error_code\":"
	    "40,\"error_msg\":\"contract creation is not allowed here\"},"
	    "{\"id\":3,\"status\":0,\"transaction_hash\":\"%s\",\"error_code\":"
	    "40,\"error_msg\":\"the target is not an executable contract\"},"
	    "{\"id\":4,\"status\":3,\"transaction_hash\":\"%s\",\"error_code\":"
	    "-32000,\"error_msg\":\"nonce too low\"},"
	    "{\"id\":5,\"status\":0,\"transaction_hash\":\"%s\",\"error_code\":"
	    "3,\"error_msg\":\"execution reverted\"}]",
	    s[0].hash, s[1].hash, s[2].hash, s[3].hash, s[4].hash);
	EXPECT_STR(rig_data(&g), want);
	rig_close(&g);
}

/* Memory that runs out anywhere gives an answer, and never a false one. */
TEST(test_send_no_memory_is_an_answer)
{
	static const char *const listed[] = {TO_TEXT};
	struct sample s = sample(1, TO, "01");
	bool was_handed_over = false;

	for (size_t max = 64; max < 8192; max += 16) {
		struct rig g;

		rig_open(&g, false);
		g.memory_max = max;
		rig_post(&g, PATH, JSON, body_of(&s, 1));
		if (g.run == GW_RUN_WAIT)
			rig_lists(&g, listed, 1);
		was_handed_over = g.run == GW_RUN_WAIT;
		if (was_handed_over)
			rig_go(&g, RC_UNAVAILABLE);
		EXPECT(g.run == GW_RUN_REPLY);
		EXPECT_U64(g.req.reply.status, was_handed_over ? 503 : 500);
		rig_close(&g);
	}
	EXPECT(was_handed_over);
}
