/* SPDX-License-Identifier: Apache-2.0
 *
 * The rpc surface: one call taken apart, and whole requests with the node
 * played by the test.
 */
#include "http/rpc.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

static const struct gw_route routes[] = {
    {GW_POST, "/", GW_RPC, GW_CLOSED, gw_rpc, 0}};

static struct gw_rpc_call
read_call(const char *text)
{
	struct gw_rpc_call c;

	gw_rpc_read_call(&c, bytes_of_str(text));
	return c;
}

TEST(test_rpc_call_is_taken_apart)
{
	struct gw_rpc_call c =
	    read_call("{\"id\":\"x\",\"params\":[1],\"method\":\"m\","
		      "\"jsonrpc\":\"2.0\",\"more\":{}}");

	EXPECT_U64((uint64_t)c.code, 0);
	EXPECT_BYTES(c.id, bytes_of_str("\"x\""));
	EXPECT_BYTES(c.method, bytes_of_str("m"));
	EXPECT_BYTES(c.params, bytes_of_str("[1]"));
	c = read_call("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null}");
	EXPECT(c.code == 0 && c.id.len == 0 && c.params.len == 0);
}

TEST(test_rpc_call_that_is_none_has_its_code)
{
	static const struct {
		const char *text;
		int code;
		const char *id;
	} row[] = {
	    {"1", -32600, "null"},
	    {"[]", -32600, "null"},
	    {"{}", -32600, "null"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1}", -32600, "1"},
	    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"m\"}", -32600, "1"},
	    {"{\"jsonrpc\":2,\"id\":1,\"method\":\"m\"}", -32600, "1"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"m\"}", -32600,
		"null"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}", -32600,
		"null"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":1,\"method\":\"m\"}", -32600,
		"1"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"m\\u0065thod\":"
	     "\"n\"}",
		-32600, "1"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":1}",
		-32602, "1"},
	    {"{\"jsonrpc\":\"2.0\",\"method\":1}", -32600, "null"},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct gw_rpc_call c = read_call(row[i].text);

		test_row(row[i].text);
		EXPECT_U64((uint64_t)-c.code, (uint64_t)-row[i].code);
		EXPECT_BYTES(c.id, bytes_of_str(row[i].id));
		test_count(1);
	}
}

#define HEAD                                                                   \
	"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "                 \
	"application/json\r\nContent-Length: 9\r\n\r\n"

static void
send_body(struct rig *g, const char *body)
{
	rig_send(g, "loop", HEAD, routes, 1);
	rig_body(g, body);
}

static void
expect_reply(struct rig *g, unsigned status, const char *body)
{
	EXPECT_U64(g->run, GW_RUN_REPLY);
	EXPECT_U64(g->req.reply.status, status);
	EXPECT_BYTES(g->req.reply.body, bytes_of_str(body));
}

TEST(test_rpc_call_goes_to_the_node_and_back)
{
	struct gw_node_effect *n;
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(&g, "{\"jsonrpc\":\"2.0\",\"id\":1e1,\"method\":"
		      "\"eth_call\",\"params\":[{\"to\":1}]}");
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_NODE);
	n = &g.req.effect.u.node;
	EXPECT_U64(n->cnt, 1);
	EXPECT_BYTES(n->calls[0].method, bytes_of_str("eth_call"));
	EXPECT_BYTES(n->calls[0].params, bytes_of_str("[{\"to\":1}]"));
	n->calls[0].answer = bytes_of_str("{\"x\":[1]}");
	rig_go(&g);
	expect_reply(
	    &g, 200, "{\"jsonrpc\":\"2.0\",\"id\":1e1,\"result\":{\"x\":[1]}}");
	rig_close(&g);
}

TEST(test_rpc_batch_keeps_order_and_answers_what_it_may_not_send)
{
	struct gw_node_effect *n;
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(&g,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin_x\"},"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"},"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"eth_chainId\"}]");
	EXPECT_U64(g.run, GW_RUN_WAIT);
	n = &g.req.effect.u.node;
	EXPECT_U64(n->cnt, 2);
	n->calls[0].answer = bytes_of_str("\"0x1\"");
	n->calls[1].answer = bytes_of_str("{\"code\":-1,\"message\":\"m\"}");
	n->calls[1].is_error = true;
	rig_go(&g);
	expect_reply(&g, 200,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,"
	    "\"message\":\"the method admin_x does not exist/is not "
	    "available\"}},{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":"
	    "{\"code\":-1,\"message\":\"m\"}}]");
	rig_close(&g);
}

TEST(test_rpc_without_node_is_503_with_the_callers_id)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(&g,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"eth_chainId\"}");
	g.req.effect.rc = RC_UNAVAILABLE;
	rig_go(&g);
	expect_reply(&g, 503,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32002,"
	    "\"message\":\"not available now\"}}");
	rig_close(&g);
}

/* Its client hears that the node did not get it, and hears it in JSON. */
TEST(test_rpc_notification_without_node_is_503_in_words)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(&g, "{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}");
	g.req.effect.rc = RC_UNAVAILABLE;
	rig_go(&g);
	expect_reply(&g, 503,
	    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,"
	    "\"message\":\"not available now\"}}");
	EXPECT_U64(g.req.reply.cause, GW_R_NODE_GONE);
	rig_close(&g);
}

#define CALL(id, method, params)                                               \
	"{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method             \
	"\",\"params\":" params "}"

/* send_message is send_body of a WebSocket's message. */
static void
send_message(struct rig *g, const char *body)
{
	rig_send(g, "loop", HEAD, routes, 1);
	g->req.is_message = true;
	rig_body(g, body);
}

TEST(test_rpc_subscriptions_are_for_messages)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(&g, CALL(1, "eth_subscribe", "[\"newHeads\"]"));
	expect_reply(&g, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,"
	    "\"message\":\"notifications not supported\"}}");
	rig_next(&g);
	send_message(&g, CALL(1, "eth_subscribe", "[\"newHeads\"]"));
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_FEED);
	EXPECT_BYTES(
	    g.req.effect.u.feed->method, bytes_of_str("eth_subscribe"));
	EXPECT_BYTES(
	    g.req.effect.u.feed->params, bytes_of_str("[\"newHeads\"]"));
	g.req.effect.u.feed->answer = bytes_of_str("\"0x5\"");
	rig_go(&g);
	expect_reply(
	    &g, 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x5\"}");
	rig_close(&g);
}

TEST(test_rpc_subscriptions_in_a_batch_have_their_own_outcomes)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_message(
	    &g, "[" CALL(1, "eth_chainId", "[]") "," CALL(2, "eth_subscribe",
		    "[\"logs\"]") "," CALL(3, "eth_subscribe", "[\"x\"]") "]");
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_FEED);
	g.req.effect.u.feed->answer = bytes_of_str("\"0x5\"");
	rig_go(&g);
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_FEED);
	EXPECT_BYTES(g.req.effect.u.feed->params, bytes_of_str("[\"x\"]"));
	g.req.effect.rc = RC_NO_SPACE;
	rig_go(&g);
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_NODE);
	EXPECT_U64(g.req.effect.u.node.cnt, 1);
	g.req.effect.rc = RC_UNAVAILABLE;
	rig_go(&g);
	expect_reply(&g, 503,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,"
	    "\"message\":\"not available now\"}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"0x5\"},"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32005,"
	    "\"message\":\"too many subscriptions\"}}]");
	rig_close(&g);
}

TEST(test_rpc_subscription_that_the_node_refuses)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_message(&g, CALL(4, "eth_unsubscribe", "[\"0x5\"]"));
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_FEED);
	g.req.effect.u.feed->is_error = true;
	g.req.effect.u.feed->answer = bytes_of_str("{\"code\":-1}");
	rig_go(&g);
	expect_reply(
	    &g, 200, "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-1}}");
	rig_close(&g);
}

/* The words of a refusal need memory too: without it they are few, and not
 * a length without bytes. */
TEST(test_rpc_refusal_without_memory_has_a_body_that_is_there)
{
	struct arena whole;
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	rig_send(&g, "loop", HEAD, routes, 1);
	whole = g.req.arena;
	arena_init(&g.req.arena, 0);
	rig_body(&g, "{}");
	expect_reply(&g, 500, "{}");
	g.req.arena = whole;
	rig_close(&g);
}

TEST(test_rpc_answer_left_out_by_the_node_is_an_error)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send_body(
	    &g, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"}");
	rig_go(&g);
	expect_reply(&g, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,"
	    "\"message\":\"node gave no answer\"}}");
	rig_close(&g);
}

TEST(test_rpc_documents_that_are_no_request_are_answered_at_once)
{
	static const struct {
		const char *body;
		int code;
	} row[] = {{"", -32700}, {"{", -32700}, {"[] x", -32700},
	    {"[]", -32600}, {"[1,2,3,4]", -32600}, {"7", -32600}};
	char want[128];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].body);
		send_body(&g, row[i].body);
		EXPECT_U64(g.run, GW_RUN_REPLY);
		EXPECT_U64(g.req.reply.status, 200);
		snprintf(want, sizeof(want), "\"code\":%d", row[i].code);
		EXPECT(memmem(g.req.reply.body.ptr, g.req.reply.body.len, want,
			   strlen(want)) != NULL);
		rig_next(&g);
		test_count(1);
	}
	rig_send(&g, "loop",
	    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain"
	    "\r\n\r\n",
	    routes, 1);
	EXPECT_U64(g.req.reply.status, 415);
	rig_close(&g);
}

/* Surfaces where ann and bob have lists of their own. */
static const char lists[] =
    "[gateway]\nhome = /h\n[listener a]\naddress = 127.0.0.1:1\ntls = no\n"
    "[surface r]\nserves = rpc\nat = a /\nhosts = x\nfilters = basic\n"
    "users = u\nmethods_for = ann default debug_* clique_* admin_* "
    "txpool_status ots_getApiLevel\nmethods_for = bob eth_chainId\n"
    "[surface s]\nserves = rpc\nat = a /s\nhosts = x\nfilters = basic\n"
    "users = u\nmethods = default ots_getApiLevel x_y\n"
    "methods_for = ann default\nmethods_for = bob ots_*\n"
    "[surface t]\nserves = rpc\nat = a /t\nhosts = x\n"
    "methods = eth_chainId\ntime_call = 1s\ntime_dear = 2s\n"
    "time_scan = 3s\ntime_trace = 4s\n";

TEST(test_rpc_methods_by_user)
{
	static const struct {
		unsigned surface;
		const char *user, *method;
		bool may;
	} row[] = {
	    {0, "", "eth_call", true},
	    {0, "eve", "eth_call", true},
	    {0, "ann", "eth_call", true},
	    {0, "bob", "eth_chainId", true},
	    {0, "bob", "eth_call", false},
	    {0, "", "debug_traceCall", false},
	    {0, "eve", "debug_traceCall", false},
	    {0, "ann", "debug_traceCall", true},
	    {0, "ann", "debug_", false},
	    {0, "ann", "debug", false},
	    {0, "ann", "Debug_traceCall", false},
	    {0, "ann", "xdebug_traceCall", false},
	    {0, "ann", "debug_setHead", false},
	    {0, "ann", "txpool_status", true},
	    {0, "ann", "txpool_content", false},
	    {0, "ann", "clique_getSigners", true},
	    {0, "ann", "clique_propose", false},
	    {0, "ann", "clique_proposals", false},
	    {0, "ann", "admin_peers", true},
	    {0, "ann", "admin_addPeer", false},
	    {0, "ann", "personal_sign", false},
	    {0, "ann", "eth_sign", false},
	    {0, "ann", "eth_signTypedData_v4", false},
	    {0, "ann", "eth_sendTransaction", false},
	    {0, "ann", "eth_sendRawTransaction", true},
	    {0, "ann", "ots_getApiLevel", true},
	    {0, "ann", "ots_traceTransaction", false},
	    {0, "ann", "default", false},
	    {0, "an", "debug_traceCall", false},
	    {0, "anna", "debug_traceCall", false},
	    {1, "", "ots_getApiLevel", true},
	    {1, "", "x_y", true},
	    {1, "", "eth_call", true},
	    {1, "ann", "x_y", true},
	    {1, "ann", "debug_traceCall", false},
	    {1, "bob", "ots_anything", true},
	    {1, "bob", "eth_call", false},
	    {2, "", "eth_chainId", true},
	    {2, "", "eth_call", false},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, lists, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].method);
		EXPECT(gw_rpc_may(&g.conf->surfaces[row[i].surface],
			   bytes_of_str(row[i].user),
			   bytes_of_str(row[i].method)) == row[i].may);
		test_count(1);
	}
	rig_close(&g);
}

/* The whole document waits as long as its dearest call may. */
TEST(test_rpc_time_is_that_of_the_dearest_call)
{
	static const struct {
		const char *body;
		uint64_t ms;
		bool must_stay;
	} row[] = {
	    {CALL(1, "eth_chainId", "[]"), 0, false},
	    {CALL(1, "eth_call", "[]"), 5000, true},
	    {CALL(1, "eth_estimateGas", "[]"), 5000, true},
	    {CALL(1, "eth_sendRawTransaction", "[]"), 5000, false},
	    {"[" CALL(1, "eth_call", "[]") "," CALL(
		 2, "eth_sendRawTransaction", "[]") "]",
		5000, false},
	    {CALL(1, "eth_getLogs", "[]"), 10000, true},
	    {"[" CALL(1, "eth_getLogs", "[]") "," CALL(
		 2, "eth_chainId", "[]") "]",
		10000, true},
	    /* what is not sent is not waited for */
	    {"[" CALL(1, "debug_traceCall", "[]") "," CALL(
		 2, "eth_call", "[]") "]",
		5000, true},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].body);
		send_body(&g, row[i].body);
		EXPECT_U64(g.run, GW_RUN_WAIT);
		EXPECT_U64(g.req.effect.u.node.timeout_ms, row[i].ms);
		EXPECT(g.req.effect.u.node.must_stay == row[i].must_stay);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_rpc_times_are_the_surfaces)
{
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, lists, NULL));
	for (i = 0; i < GW_COST_CNT; i++)
		EXPECT_U64(
		    gw_rpc_time_ms(&g.conf->surfaces[2], (enum gw_cost)i),
		    1000 * i);
	rig_close(&g);
}
