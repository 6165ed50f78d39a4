/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written to the node, and what is made of its answers.
 */
#include "http/nodewire.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "http/req.h"
#include "test.h"

static struct gw_node_call
call_of(const char *method, const char *params)
{
	return (struct gw_node_call){
	    .method = bytes_of_str(method), .params = bytes_of_str(params)};
}

static const char *
put(const struct gw_node_effect *n, uint64_t ticket, const char *req_id)
{
	static uint8_t out[65536];
	size_t len = gw_wire_put(out, n, ticket, req_id);

	EXPECT(len <= gw_wire_size(n) && len < sizeof(out));
	out[len] = '\0';
	return (const char *)out;
}

TEST(test_nodewire_one_call_is_no_batch)
{
	struct gw_node_call c = call_of("eth_chainId", "");
	struct gw_node_effect n = {.calls = &c, .cnt = 1};

	EXPECT_STR(put(&n, 3, "ab-1"),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"3072:ab-1\",\"method\":"
	    "\"eth_chainId\",\"params\":[]}\n");
	EXPECT_STR(put(&n, 0, ""),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"0:\",\"method\":"
	    "\"eth_chainId\",\"params\":[]}\n");
}

TEST(test_nodewire_several_calls_are_a_batch)
{
	struct gw_node_call c[2] = {
	    call_of("a", "[1]"), call_of("b", "{\"x\":2}")};
	struct gw_node_effect n = {.calls = c, .cnt = 2};

	EXPECT_STR(put(&n, 1, "r"),
	    "[{\"jsonrpc\":\"2.0\",\"id\":\"1024:r\",\"method\":\"a\","
	    "\"params\":[1]},{\"jsonrpc\":\"2.0\",\"id\":\"1025:r\","
	    "\"method\":\"b\",\"params\":{\"x\":2}}]\n");
}

TEST(test_nodewire_longest_call_fits_its_bound)
{
	static const uint64_t most = (1ULL << GW_WIRE_TICKET_BITS) - 1;
	static struct gw_node_call c[GW_NODE_CALL_MAX];
	struct gw_node_effect n = {.calls = c, .cnt = 1};
	static uint8_t out[GW_NODE_CALL_MAX * 256];
	char req_id[GW_REQ_ID_MAX + 1];

	memset(req_id, 'x', GW_REQ_ID_MAX);
	req_id[GW_REQ_ID_MAX] = '\0';
	for (size_t i = 0; i < GW_NODE_CALL_MAX; i++)
		c[i] = call_of("m", "");
	EXPECT(gw_wire_put(out, &n, most, req_id) <= gw_wire_size(&n));
	n.cnt = GW_NODE_CALL_MAX;
	EXPECT(gw_wire_size(&n) <= sizeof(out));
	EXPECT(gw_wire_put(out, &n, most, req_id) <= gw_wire_size(&n));
	/* The last id has the highest ticket and the last place. */
	EXPECT(strstr((const char *)out, "\"id\":\"70368744177639:") != NULL);
}

/* Each document of a stream comes out once, however it arrives. */
TEST(test_nodewire_stream_is_cut_into_documents)
{
	static const char text[] = " \n{\"a\":\"}\"}[{},{}]\n\n{\"b\":[1]} ";
	static const char *const want[] = {
	    "{\"a\":\"}\"}", "[{},{}]", "{\"b\":[1]}"};

	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct bytes in = bytes_of(text, 0), doc;
		struct gw_wire_cut cut = {0};
		const uint8_t *end = (const uint8_t *)text + strlen(text);
		size_t cnt = 0;

		while (in.ptr + in.len < end) {
			in.len += piece;
			if (in.ptr + in.len > end)
				in.len = (size_t)(end - in.ptr);
			while (gw_wire_cut(&cut, &doc, &in)) {
				EXPECT(cnt < ARRAY_CNT(want) &&
				       bytes_eq(doc, bytes_of_str(want[cnt])));
				cnt++;
			}
		}
		EXPECT_U64(cnt, ARRAY_CNT(want));
		EXPECT_U64(in.len, 0);
	}
}

/* The answers of a document as text: ticket/item=value, ! for an error. */
static const char *
answers(const char *doc)
{
	static char out[512];
	struct gw_wire_answers all;
	struct gw_wire_answer a;
	size_t len = 0;

	out[0] = '\0';
	gw_wire_open(&all, bytes_of_str(doc));
	while (gw_wire_next(&all, &a))
		len += (size_t)snprintf(out + len, sizeof(out) - len,
		    "%llu/%zu%c%.*s ", (unsigned long long)a.ticket, a.item,
		    a.is_error ? '!' : '=', (int)a.value.len,
		    a.value.ptr == NULL ? "" : (const char *)a.value.ptr);
	return out;
}

TEST(test_nodewire_answers_by_row)
{
	static const struct {
		const char *doc, *want;
	} row[] = {
	    /* what is no answer of ours is passed over */
	    {"{}", ""},
	    {"[]", ""},
	    {"[[]]", ""},
	    {"[1,\"x\",null]", ""},
	    {"{\"id\":1,\"result\":2}", ""},
	    {"{\"id\":null,\"error\":{}}", ""},
	    {"{\"id\":\"\",\"result\":2}", ""},
	    {"{\"id\":\"1024\",\"result\":2}", ""},
	    {"{\"id\":\":\",\"result\":2}", ""},
	    {"{\"id\":\"-1:\",\"result\":2}", ""},
	    {"{\"id\":\"1x:\",\"result\":2}", ""},
	    {"{\"id\":\"99999999999999999999:\",\"result\":2}", ""},
	    {"{\"result\":2}", ""},
	    /* what is no JSON ends the walk */
	    {"[x]", ""},
	    {"[x,{\"id\":\"0:\",\"result\":1}]", ""},
	    {"{x}", ""},
	    /* answers */
	    {"{\"id\":\"1024:\",\"result\":\"0x1\"}", "1/0=\"0x1\" "},
	    {"{\"result\":[1,{\"id\":2}],\"id\":\"1027:r-1\"}",
		"1/3=[1,{\"id\":2}] "},
	    {"{\"id\":\"0:\",\"error\":{\"code\":-1}}", "0/0!{\"code\":-1} "},
	    {"{\"id\":\"0:\",\"result\":1,\"error\":null}", "0/0=1 "},
	    {"{\"id\":\"0:\"}", "0/0= "},
	    {"[{\"id\":\"1:\",\"result\":1},7,{\"id\":\"0:\",\"result\":0}]",
		"0/1=1 0/0=0 "},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].doc);
		EXPECT_STR(answers(row[i].doc), row[i].want);
	}
	test_row(NULL);
}

TEST(test_nodewire_answer_goes_to_its_call)
{
	struct gw_node_call c[2] = {call_of("a", ""), call_of("b", "")};
	struct gw_node_effect n = {.calls = c, .cnt = 2};
	struct gw_wire_answer a = {.item = 1, .value = bytes_of_str("17")};
	struct arena arena;

	arena_init(&arena, 1 << 16);
	EXPECT(gw_wire_store(&arena, &n, &a));
	EXPECT(c[0].answer.len == 0);
	EXPECT(bytes_eq(c[1].answer, bytes_of_str("17")));
	EXPECT(!c[1].is_error && c[1].answer.ptr != a.value.ptr);
	a.item = 2; /* nobody's */
	EXPECT(gw_wire_store(&arena, &n, &a));
	a = (struct gw_wire_answer){.item = 0}; /* neither result nor error */
	EXPECT(gw_wire_store(&arena, &n, &a));
	EXPECT(c[0].answer.len == 0);
	arena_drop(&arena);
}

TEST(test_nodewire_answer_without_memory_is_told)
{
	struct gw_node_call c = call_of("a", "");
	struct gw_node_effect n = {.calls = &c, .cnt = 1};
	static const uint8_t big[1 << 17];
	struct gw_wire_answer a = {.value = bytes_of(big, sizeof(big))};
	struct arena arena;

	arena_init(&arena, 1 << 16);
	EXPECT(!gw_wire_store(&arena, &n, &a));
	arena_drop(&arena);
}

TEST(test_nodewire_number_by_row)
{
	static const struct {
		const char *value;
		bool is_error, is_good;
		uint64_t want;
	} row[] = {
	    {"\"0x0\"", false, true, 0},
	    {"\"0xffffffffffffffff\"", false, true, UINT64_MAX},
	    {"\"0x10000000000000000\"", false, false, 0},
	    {"\"0x1\"", true, false, 0},
	    {"\"0x\"", false, false, 0},
	    {"\"1\"", false, false, 0},
	    {"\"\"", false, false, 0},
	    {"17", false, false, 0},
	    {"null", false, false, 0},
	    {"", false, false, 0},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct gw_wire_answer a = {.is_error = row[i].is_error,
		    .value = bytes_of_str(row[i].value)};
		uint64_t got = 0;

		test_row(row[i].value);
		EXPECT(gw_wire_number(&got, &a) == row[i].is_good);
		EXPECT_U64(got, row[i].want);
	}
	test_row(NULL);
}

TEST(test_nodewire_notice)
{
	static const struct {
		const char *doc, *id, *result; /* NULL: it is none */
	} rows[] = {
	    {"{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\","
	     "\"params\":{\"subscription\":\"0x1a\",\"result\":{\"a\":[1]}}}",
		"\"0x1a\"", "{\"a\":[1]}"},
	    {"{\"method\":\"eth_subscription\",\"params\":{\"result\":true,"
	     "\"subscription\":\"7\"}}",
		"\"7\"", "true"},
	    {"{\"method\":\"eth_other\",\"params\":{\"subscription\":\"1\","
	     "\"result\":1}}",
		NULL, NULL},
	    {"{\"method\":\"eth_subscription\",\"params\":{\"result\":1}}",
		NULL, NULL},
	    {"{\"method\":\"eth_subscription\",\"params\":"
	     "{\"subscription\":1,\"result\":1}}",
		NULL, NULL},
	    {"{\"method\":\"eth_subscription\",\"params\":"
	     "{\"subscription\":\"1\"}}",
		NULL, NULL},
	    {"{\"method\":\"eth_subscription\",\"params\":[]}", NULL, NULL},
	    {"{\"method\":\"eth_subscription\"}", NULL, NULL},
	    {"[]", NULL, NULL},
	    {"7", NULL, NULL},
	};
	struct gw_wire_notice n;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].doc);
		EXPECT_U64(gw_wire_notice(&n, bytes_of_str(rows[i].doc)),
		    rows[i].id != NULL);
		if (rows[i].id == NULL)
			continue;
		EXPECT_BYTES(n.id, bytes_of_str(rows[i].id));
		EXPECT_BYTES(n.result, bytes_of_str(rows[i].result));
	}
}

TEST(test_nodewire_cancel_is_what_the_node_reads)
{
	uint8_t out[GW_WIRE_CANCEL_MAX];
	size_t len = gw_wire_put_cancel(out, 12);

	EXPECT_BYTES(bytes_of(out, len),
	    bytes_of_str("{\"jsonrpc\":\"2.0\",\"method\":\"sekisho_cancel\","
			 "\"params\":[12]}\n"));
	EXPECT(gw_wire_put_cancel(out, UINT64_MAX) < sizeof(out));
}
