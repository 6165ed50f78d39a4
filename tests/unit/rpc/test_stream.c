/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents are cut where they end, however the bytes arrive.
 */
#include "rpc/stream.h"
#include "test.h"

static const char text[] = " {\"a\":\"}\\\"]\"}[1,[2,{}]]\n{}  [\"\\\\\"] ";
static const char *const want[] = {
    "{\"a\":\"}\\\"]\"}", "[1,[2,{}]]", "{}", "[\"\\\\\"]"};

TEST(test_stream_whole_text_gives_each_document)
{
	struct bytes in = bytes_of_str(text), doc;
	struct rpc_stream s = {0};
	size_t i;

	for (i = 0; i < 4; i++) {
		EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), RC_OK);
		EXPECT_BYTES(doc, bytes_of_str(want[i]));
	}
	EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), RC_TRUNCATED);
	EXPECT_U64(in.len, 0);
}

TEST(test_stream_single_bytes_give_the_same)
{
	struct rpc_stream s = {0};
	struct bytes in = {(const uint8_t *)text, 0}, doc;
	size_t i, n = 0;

	for (i = 1; i < sizeof(text); i++) {
		in.len = (size_t)((const uint8_t *)text + i - in.ptr);
		if (rpc_stream_take(&s, &doc, &in, NULL) != RC_OK)
			continue;
		EXPECT_BYTES(doc, bytes_of_str(want[n]));
		n++;
	}
	EXPECT_U64(n, 4);
}

TEST(test_stream_what_is_no_document_is_refused)
{
	static const struct {
		const char *text;
		enum rc want;
	} rows[] = {
	    {"1", RC_BAD_REQUEST},
	    {"-1", RC_BAD_REQUEST},
	    {"\"a\"", RC_BAD_REQUEST},
	    {" null", RC_BAD_REQUEST},
	    {"true", RC_BAD_REQUEST},
	    {"false", RC_BAD_REQUEST},
	    {"}", RC_BAD_JSON},
	    {" x", RC_BAD_JSON},
	    {"][", RC_BAD_JSON},
	    {",", RC_BAD_JSON},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = bytes_of_str(rows[i].text), doc;
		struct rpc_stream s = {0};

		test_row(rows[i].text);
		EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), rows[i].want);
	}
	test_row(NULL);
}

TEST(test_stream_deep_nesting_is_refused)
{
	uint8_t deep[RPC_STREAM_DEPTH_MAX + 1];
	struct bytes in = bytes_of(deep, sizeof(deep)), doc;
	struct rpc_stream s = {0};

	memset(deep, '[', sizeof(deep));
	in.len = RPC_STREAM_DEPTH_MAX;
	EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), RC_TRUNCATED);
	in.len = sizeof(deep);
	EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), RC_BAD_JSON);
}

TEST(test_stream_control_character_in_string_refused)
{
	static const char *const bad[] = {
	    "{\"a\nb\":1}", "[\"\t\"]", "[\"\\\n\"]", "[\"\x01"};
	size_t i;

	for (i = 0; i < 4; i++) {
		struct bytes in = bytes_of_str(bad[i]), doc;
		struct rpc_stream s = {0};

		test_row(bad[i]);
		EXPECT_RC(rpc_stream_take(&s, &doc, &in, NULL), RC_BAD_JSON);
	}
	test_row(NULL);
}

TEST(test_stream_pieces_are_scanned_once)
{
	/* A document that comes in two pieces: what was scanned of the first
	 * is not looked at again, even when it changes. */
	char doc[] = "[\"aaaaaaaaaaaaaaaa\",1]";
	struct bytes in = bytes_of(doc, 10), out;
	struct rpc_stream s = {0};

	EXPECT_RC(rpc_stream_take(&s, &out, &in, NULL), RC_TRUNCATED);
	EXPECT_U64(s.at, 10);
	doc[5] = '"';
	in.len = sizeof(doc) - 1;
	EXPECT_RC(rpc_stream_take(&s, &out, &in, NULL), RC_OK);
	EXPECT_U64(out.len, sizeof(doc) - 1);
}

TEST(test_stream_cancel_is_written_in_one_way)
{
	static const struct {
		const char *text;
		bool is_one;
		uint64_t no;
	} row[] = {
#define CANCEL "{\"jsonrpc\":\"2.0\",\"method\":\"sekisho_cancel\","
	    {CANCEL "\"params\":[12]}", true, 12},
	    {CANCEL "\"params\":[0]}", true, 0},
	    {CANCEL "\"params\":[18446744073709551615]}", true, UINT64_MAX},
	    {CANCEL "\"params\":[18446744073709551616]}", false, 0},
	    {CANCEL "\"params\":[]}", false, 0},
	    {CANCEL "\"params\":[-1]}", false, 0},
	    {CANCEL "\"params\":[1,2]}", false, 0},
	    {CANCEL "\"params\":[ 1]}", false, 0},
	    {CANCEL "\"params\":[1]", false, 0},
	    {CANCEL "\"params\":[\"1\"]}", false, 0},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sekisho_cancel\","
	     "\"params\":[1]}",
		false, 0},
	    {"[" CANCEL "\"params\":[1]}]", false, 0},
	    {"{}", false, 0},
	    {"", false, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t no = 0;

		test_row(row[i].text);
		EXPECT(rpc_stream_is_cancel(&no, bytes_of_str(row[i].text)) ==
		       row[i].is_one);
		EXPECT_U64(no, row[i].no);
		test_count(1);
	}
	test_row(NULL);
}
