/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON-RPC 2.0 to the letter: envelopes, ids, notifications, batches and
 * their bounds, arguments.
 */
#include <stdio.h>

#include "rig.h"

#define VERSION "\"jsonrpc\":\"2.0\""
#define CALL    "\"method\":\"eth_chainId\""
#define RESULT  "\"result\":\"0x7a69\"}"
#define INVALID                                                                \
	"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"         \
	"\"message\":\"invalid request\"}}"
#define INVALID_ID(id)                                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":-32600,"       \
	"\"message\":\"invalid request\"}}"

struct row {
	const char *question, *answer;
};

static void
expect_rows(const struct row *rows, size_t cnt)
{
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < cnt; i++) {
		test_row(rows[i].question);
		EXPECT_STR(rig_ask(&r, rows[i].question), rows[i].answer);
		EXPECT_STR(
		    rig_ask_gateway(&r, rows[i].question), rows[i].answer);
	}
	test_row(NULL);
	test_count(cnt);
	rig_close(&r);
}

TEST(test_doc_ids_come_back_unchanged)
{
	static const struct row rows[] = {
#define ID(text)                                                               \
	{"{" VERSION ",\"id\":" text "," CALL "}",                             \
	    "{" VERSION ",\"id\":" text "," RESULT}
	    ID("1"),
	    ID("0"),
	    ID("-1"),
	    ID("1.5"),
	    ID("1e3"),
	    ID("1.50E+3"),
	    ID("123456789012345678901234567890"),
	    ID("18446744073709551616"),
	    ID("\"\""),
	    ID("\"a\""),
	    ID("\"1\""),
	    ID("\"\\u0061\\n\\\"\""),
	    ID("\"\xc3\xa9\""),
	    ID("null"),
	    ID("true"),
	    ID("false"),
#undef ID
	};

	expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(test_doc_bad_envelopes_refused)
{
	static const struct row rows[] = {
	    {"{}", INVALID},
	    {"[1]", "[" INVALID "]"},
	    {"[[]]", "[" INVALID "]"},
	    {"[null,\"a\",{}]", "[" INVALID "," INVALID "," INVALID "]"},
	    {"1", INVALID},
	    {"\"a\"", INVALID},
	    {"null", INVALID},
	    {"{\"id\":1," CALL "}", INVALID_ID("1")},
	    {"{\"jsonrpc\":\"1.0\",\"id\":1," CALL "}", INVALID_ID("1")},
	    {"{\"jsonrpc\":2.0,\"id\":1," CALL "}", INVALID_ID("1")},
	    {"{\"jsonrpc\":\"2.00\",\"id\":1," CALL "}", INVALID_ID("1")},
	    {"{\"JSONRPC\":\"2.0\",\"id\":1," CALL "}", INVALID_ID("1")},
	    {"{" VERSION ",\"id\":1}", INVALID_ID("1")},
	    {"{" VERSION ",\"id\":1,\"method\":1}", INVALID_ID("1")},
	    {"{" VERSION ",\"id\":1,\"method\":null}", INVALID_ID("1")},
	    {"{" VERSION ",\"id\":1,\"Method\":\"eth_chainId\"}",
		INVALID_ID("1")},
	    {"{" VERSION ",\"id\":{}," CALL "}", INVALID},
	    {"{" VERSION ",\"id\":[1]," CALL "}", INVALID},
	    {"{" VERSION "}", INVALID},
	    {"[]", "{" VERSION ",\"id\":null,\"error\":{\"code\":-32600,"
		   "\"message\":\"empty batch\"}}"},
	};

	expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* What io may do itself: nothing that needs more than a recovery and one
 * account, and never more than one call. */
TEST(test_doc_short_is_one_cheap_call)
{
#define NAMED(name) "{" VERSION ",\"id\":1,\"method\":\"" name "\"}"
	static const struct {
		const char *text;
		bool local, gateway;
	} rows[] = {
	    {"", true, true},
	    {"nonsense", true, true},
	    {"1", true, true},
	    {"{}", true, true},
	    {"{" VERSION ",\"id\":1,\"method\":1}", true, true},
	    {NAMED("eth_chainId"), true, true},
	    {NAMED("eth_sendRawTransaction"), true, true},
	    {NAMED("txpool_status"), true, true},
	    {NAMED("no_such_method"), true, true},
	    {NAMED("eth_blockNumber"), true, true},
	    {NAMED("eth_getBalance"), true, true},
	    {NAMED("eth_getTransactionCount"), true, true},
	    {NAMED("eth_getStorageAt"), true, true},
	    {NAMED("eth_getCode"), true, true},
	    {NAMED("eth_getBlockByNumber"), false, false},
	    {NAMED("eth_call"), false, false},
	    {NAMED("eth_feeHistory"), false, false},
	    {NAMED("sekisho_blocksFrom"), false, false},
	    {"[]", false, false},
	    {"[" NAMED("eth_chainId") "]", false, false},
	};
#undef NAMED
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes text = bytes_of_str(rows[i].text);
		struct rpc_doc *d = rpc_open(&r.node, RPC_LOCAL, text);

		test_row(rows[i].text);
		EXPECT(rpc_is_short(d) == rows[i].local);
		rpc_free(d);
		d = rpc_open(&r.node, RPC_GATEWAY, text);
		EXPECT(rpc_is_short(d) == rows[i].gateway);
		rpc_free(d);
	}
	test_row(NULL);
	test_count(i);
	rig_close(&r);
}

TEST(test_doc_bad_json_is_parse_error)
{
	static const struct row rows[] = {
	    {"", "{" VERSION ",\"id\":null,\"error\":{\"code\":-32700,"
		 "\"message\":\"parse error: unexpected end at byte 0\"}}"},
	    {"{" VERSION ",\"id\":1," CALL ",\"id\":2}",
		"{" VERSION ",\"id\":null,\"error\":{\"code\":-32700,"
		"\"message\":\"parse error: name twice in an object at byte "
		"54\"}}"},
	    {"[{" VERSION ",\"id\":1," CALL "},{]",
		"{" VERSION ",\"id\":null,\"error\":{\"code\":-32700,"
		"\"message\":\"parse error: a name must begin here at byte "
		"50\"}}"},
	};

	expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(test_doc_notifications_get_no_answer)
{
	static const struct row rows[] = {
	    {"{" VERSION "," CALL "}", ""},
	    {"{" VERSION ",\"method\":\"no_such\"}", ""},
	    {"{" VERSION ",\"method\":\"eth_getBalance\",\"params\":[1]}", ""},
	    {"[{" VERSION "," CALL "},{" VERSION "," CALL "}]", ""},
	    {"[{" VERSION "," CALL "},{" VERSION ",\"id\":5," CALL "}]",
		"[{" VERSION ",\"id\":5," RESULT "]"},
	};

	expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(test_doc_batch_answers_in_order)
{
	static const struct row rows[] = {
	    {"[{" VERSION ",\"id\":2," CALL "},7,{" VERSION
	     ",\"id\":\"x\",\"method\":\"nope\"},{" VERSION ",\"id\":2," CALL
	     "}]",
		"[{" VERSION ",\"id\":2," RESULT "," INVALID ",{" VERSION
		",\"id\":\"x\",\"error\":{\"code\":-32601,\"message\":\"the "
		"method nope does not exist/is not available\"}},{" VERSION
		",\"id\":2," RESULT "]"},
	    {"[{" VERSION ",\"id\":1," CALL "}]",
		"[{" VERSION ",\"id\":1," RESULT "]"},
	};

	expect_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* batch makes a batch of cnt calls, the first with id "first". */
static const char *
batch(struct rig *r, size_t cnt)
{
	static const char one[] = ",{" VERSION ",\"id\":1," CALL "}";
	size_t i, len;
	char *text = arena_alloc(&r->arena, cnt * sizeof(one) + 64);

	len = (size_t)sprintf(text, "[{" VERSION ",\"id\":\"first\"," CALL "}");
	for (i = 1; i < cnt; i++)
		len += (size_t)sprintf(text + len, "%s", one);
	(void)sprintf(text + len, "]");
	return text;
}

TEST(test_doc_batches_bounded_by_source)
{
	static const char refused[] =
	    "[{" VERSION ",\"id\":\"first\",\"error\":{\"code\":-32600,"
	    "\"message\":\"batch too large\"}}]";
	struct rig r;
	json_t *v;

	rig_open(&r);
	v = rig_json(rig_ask_gateway(&r, batch(&r, 100)));
	EXPECT_U64(json_array_size(v), 100);
	json_decref(v);
	EXPECT_STR(rig_ask_gateway(&r, batch(&r, 101)), refused);
	v = rig_json(rig_ask(&r, batch(&r, 1000)));
	EXPECT_U64(json_array_size(v), 1000);
	json_decref(v);
	EXPECT_STR(rig_ask(&r, batch(&r, 1001)), refused);
	rig_close(&r);
}

TEST(test_doc_too_long_question_refused)
{
	struct rig r;
	size_t len = RPC_DOC_MAX + 1;
	uint8_t *text;

	rig_open(&r);
	text = arena_alloc(&r.arena, len);
	memset(text, ' ', len);
	EXPECT_STR(rig_ask_bytes(&r, RPC_LOCAL, bytes_of(text, len)),
	    "{" VERSION ",\"id\":null,\"error\":{\"code\":-32005,\"message\":"
	    "\"request too large\"}}");
	rig_close(&r);
}

TEST(test_doc_too_long_answers_become_errors)
{
	/* web3_sha3 is short; a code of 1 MiB is not to be had here, so many
	 * blocks do it: each block object is about 1,400 bytes. */
	struct rig r;
	json_t *v, *error;
	size_t i, failed = 0;
	char *text;
	size_t len;

	rig_open(&r);
	r.node.batch_max[RPC_GATEWAY] = 10000;
	text = arena_alloc(&r.arena, 10000 * 100);
	len = (size_t)sprintf(text, "[");
	for (i = 0; i < 9000; i++)
		len += (size_t)sprintf(text + len,
		    "%s{" VERSION ",\"id\":%zu,\"method\":"
		    "\"eth_getBlockByNumber\",\"params\":[\"0x0\"]}",
		    i == 0 ? "" : ",", i);
	(void)sprintf(text + len, "]");
	v = rig_json(rig_ask_gateway(&r, text));
	EXPECT_U64(json_array_size(v), 9000);
	for (i = 0; i < 9000; i++) {
		error = json_object_get(json_array_get(v, i), "error");
		if (error == NULL) {
			EXPECT_U64(failed, 0); /* only the last ones fail */
			continue;
		}
		failed++;
		EXPECT_U64((uint64_t)-json_integer_value(
			       json_object_get(error, "code")),
		    32003);
		EXPECT_STR(json_string_value(json_object_get(error, "message")),
		    "response too large");
	}
	EXPECT(failed > 0 && failed < 9000);
	json_decref(v);
	EXPECT(rpc_finish(r.doc).len < RPC_ANSWER_GATEWAY_MAX * 5 / 4);
	rig_close(&r);
}

TEST(test_doc_methods_and_their_disguises)
{
	static const char *const unknown[] = {"", "eth_chainid", "Eth_chainId",
	    "eth_chainId ", " eth_chainId", "eth.chainId", "eth_chainId\\u0000",
	    "eth_", "_", "rpc_", "admin_addPeer", "personal_importRawKey",
	    "debug_setHead", "miner_start", "eth_signTypedData",
	    "eth_subscribes"};
	static const char *const local[] = {"clique_propose", "clique_discard",
	    "clique_proposals", "admin_nodeInfo", "admin_peers", "eth_sign",
	    "eth_signTransaction", "eth_sendTransaction",
	    "eth_signTypedData_v4", "personal_listAccounts",
	    "personal_newAccount", "personal_unlockAccount",
	    "personal_lockAccount", "personal_sign", "personal_sendTransaction",
	    "personal_ecRecover"};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		test_row(unknown[i]);
		EXPECT(strstr(rig_call(&r, unknown[i], "[]"),
			   "\"code\":-32601,") != NULL);
	}
	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		const char *text = rig_fmt(&r,
		    "{" VERSION ",\"id\":1,\"method\":\"%s\",\"params\":[]}",
		    local[i]);

		test_row(local[i]);
		EXPECT(strstr(rig_ask(&r, text), "-32601") == NULL);
		EXPECT_STR(rig_ask_gateway(&r, text),
		    rig_fmt(&r,
			"{" VERSION ",\"id\":1,\"error\":{\"code\":-32601,"
			"\"message\":\"the method %s does not exist/is not "
			"available\"}}",
			local[i]));
	}
	test_row(NULL);
	EXPECT_CALL(&r, "rpc_modules", "[]",
	    "{\"web3\":\"1.0\",\"net\":\"1.0\",\"rpc\":\"1.0\",\"eth\":"
	    "\"1.0\",\"txpool\":\"1.0\",\"debug\":\"1.0\",\"erigon\":\"1.0\","
	    "\"ots\":\"1.0\",\"personal\":\"1.0\",\"clique\":\"1.0\",\"admin\":"
	    "\"1.0\","
	    "\"sekisho\":\"1.0\"}");
	rig_close(&r);
}

/* Tools ask these to see what a chain is sealed by. */
TEST(test_doc_methods_of_another_engine_say_so)
{
	static const char *const names[] = {"istanbul_getValidators",
	    "qbft_getValidatorsByBlockNumber", "qbft_"};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		EXPECT_CALL(&r, names[i], "[]",
		    rig_fmt(&r,
			"-32601 the method %s is not enabled: this chain is "
			"not sealed by QBFT",
			names[i]));
	EXPECT_CALL(&r, "qbf_getValidators", "[]",
	    "-32601 the method qbf_getValidators does not exist/is not "
	    "available");
	rig_close(&r);
}

TEST(test_doc_long_method_name_cut_in_error)
{
	struct rig r;
	char name[301];

	memset(name, 'm', 300);
	name[300] = '\0';
	rig_open(&r);
	EXPECT_CALL(&r, name, "[]",
	    rig_fmt(&r,
		"-32601 the method %.64s does not exist/is not available",
		name));
	rig_close(&r);
}

TEST(test_doc_arguments_counted)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_getBalance", "[]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "eth_getBalance", "null",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "eth_getBalance", "[null]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "eth_getBalance", "[1,2,3]",
	    "-32602 too many arguments, want at most 2");
	EXPECT_CALL(&r, "eth_chainId", "[1]",
	    "-32602 too many arguments, want at most 0");
	EXPECT_CALL(&r, "eth_chainId", "{}", "-32602 non-array args");
	EXPECT_CALL(&r, "eth_chainId", "\"a\"", "-32602 non-array args");
	EXPECT_CALL(&r, "eth_chainId", "null", "\"0x7a69\"");
	rig_close(&r);
}

TEST(test_doc_unfinished_call_says_so)
{
	static const char text[] =
	    "[{" VERSION ",\"id\":1,\"method\":\"txpool_status\"},{" VERSION
	    ",\"id\":2," CALL "},{" VERSION
	    ",\"id\":3,\"method\":\"clique_getSigners\"}]";
	struct rig r;

	rig_open(&r);
	rig_begin(&r, RPC_LOCAL, bytes_of_str(text));
	EXPECT(rpc_needs_pool(r.doc) && rpc_needs_core(r.doc));
	EXPECT_BYTES(rpc_finish(r.doc),
	    bytes_of_str(
		"[{" VERSION ",\"id\":1,\"error\":{\"code\":-32002,"
		"\"message\":\"the node is stopping\"}},{" VERSION
		",\"id\":2," RESULT ",{" VERSION
		",\"id\":3,\"error\":{\"code\":-32002,\"message\":\"the node "
		"is stopping\"}}]\n"));
	rig_close(&r);
}

TEST(test_doc_costly_calls_bounded)
{
	struct rig r;
	json_t *v;
	char text[2048];
	size_t i, len;

	rig_open(&r);
	len = (size_t)snprintf(text, sizeof(text), "[");
	for (i = 0; i < 11; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s{" VERSION ",\"id\":1,\"method\":\"eth_feeHistory\","
		    "\"params\":[\"0x1\",\"latest\"]}",
		    i == 0 ? "" : ",");
	(void)snprintf(text + len, sizeof(text) - len, "]");
	v = rig_json(rig_ask(&r, text));
	for (i = 0; i < 11; i++)
		EXPECT((json_object_get(json_array_get(v, i), "error") !=
			   NULL) == (i == 10));
	json_decref(v);
	rig_close(&r);
}
