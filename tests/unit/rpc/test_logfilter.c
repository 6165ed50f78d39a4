/* SPDX-License-Identifier: Apache-2.0
 *
 * Log filters: what is no filter, what a filter takes, and that a bloom never
 * says no to a block with a log that is wanted.
 */
#include "rpc/logfilter_priv.h"

#include <stdio.h>

#include "test.h"

#define A1 "\"0x00000000000000000000000000000000000000a1\""
#define A2 "\"0x00000000000000000000000000000000000000a2\""
#define T(n)                                                                   \
	"\"0x00000000000000000000000000000000000000000000000000000000000000" n \
	"\""
#define TEXT_MAX 131072

static enum rc
read_text(struct arena *a, struct rpc_log_filter *out, const char *text,
    struct err *e)
{
	const struct rpc_json *v;

	EXPECT_RC(rpc_json_read(a, &v, bytes_of_str(text), NULL), RC_OK);
	return rpc_log_filter_read(a, out, v, e);
}

TEST(test_logfilter_what_is_none_is_refused)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"[]", "a log filter is an object"},
	    {"\"latest\"", "a log filter is an object"},
	    {"{\"address\":1}", "invalid addresses in query"},
	    {"{\"address\":{}}", "invalid addresses in query"},
	    {"{\"address\":\"0xa1\"}", NULL},
	    {"{\"address\":[" A1 ",null]}", NULL},
	    {"{\"address\":" T("a1") "}", NULL},
	    {"{\"topics\":" T("01") "}", "invalid topic(s)"},
	    {"{\"topics\":{}}", "invalid topic(s)"},
	    {"{\"topics\":[1]}", "invalid topic(s)"},
	    {"{\"topics\":[true]}", "invalid topic(s)"},
	    {"{\"topics\":[\"0x01\"]}", NULL},
	    {"{\"topics\":[[" T("01") ",7]]}", NULL},
	    {"{\"topics\":[[[" T("01") "]]]}", NULL},
	    {"{\"topics\":[null,null,null,null,null]}", "exceed max topics"},
	    {"{\"fromBlock\":\"soon\"}", NULL},
	    {"{\"fromBlock\":7}", NULL},
	    {"{\"toBlock\":\"0x01\"}", NULL},
	    {"{\"blockHash\":\"0x01\"}", NULL},
	    {"{\"blockHash\":" T("01") ",\"toBlock\":\"latest\"}",
		"cannot specify both BlockHash and FromBlock/ToBlock, choose "
		"one or the other"},
	};
	struct rpc_log_filter f;
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};

		test_row(rows[i].text);
		EXPECT_RC(read_text(&a, &f, rows[i].text, &e), RC_BAD_INPUT);
		if (rows[i].want != NULL)
			EXPECT_STR(e.text, rows[i].want);
	}
	arena_drop(&a);
}

/* many writes a list of cnt addresses, the lowest last. */
static const char *
many(char out[TEXT_MAX], size_t cnt)
{
	int n = snprintf(out, TEXT_MAX, "{\"address\":[");
	size_t i;

	for (i = cnt; i > 0; i--)
		n += snprintf(out + n, TEXT_MAX - (size_t)n, "\"0x%040zx\"%s",
		    i, i > 1 ? "," : "]}");
	return out;
}

TEST(test_logfilter_a_thousand_addresses_and_no_more)
{
	static char text[TEXT_MAX];
	struct log_entry l = {.topic_cnt = 0};
	struct rpc_log_filter f;
	struct arena a;
	size_t i;

	arena_init(&a, 4 << 20);
	EXPECT_RC(read_text(&a, &f, many(text, RPC_LOG_ANY_MAX + 1), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(read_text(&a, &f, many(text, RPC_LOG_ANY_MAX), NULL), RC_OK);
	EXPECT_U64(f.addrs.cnt, RPC_LOG_ANY_MAX);
	for (i = 0; i <= RPC_LOG_ANY_MAX + 1; i++) {
		struct bloom b = {{0}};

		l.addr.b[18] = (uint8_t)(i >> 8);
		l.addr.b[19] = (uint8_t)i;
		EXPECT(rpc_log_filter_has(&f, &l) ==
		       (i >= 1 && i <= RPC_LOG_ANY_MAX));
		bloom_add_log(&b, &l);
		EXPECT(
		    !rpc_log_filter_has(&f, &l) || rpc_log_filter_may(&f, &b));
	}
	arena_drop(&a);
}

/* A log of a1 with topics 1, 2, 3. */
static struct log_entry
a_log(void)
{
	struct log_entry l = {.topic_cnt = 3};
	size_t i;

	l.addr.b[19] = 0xa1;
	for (i = 0; i < 3; i++)
		l.topics[i].b[31] = (uint8_t)(i + 1);
	return l;
}

/* Spec: execution-apis, filter.yaml; go-ethereum's filterLogs. The bloom of
 * the log itself says the same as the log but for the count of topics. */
TEST(test_logfilter_takes_what_was_asked_for)
{
	static const struct {
		const char *text;
		bool want, may;
	} rows[] = {
	    {"{}", true, true},
	    {"{\"address\":null,\"topics\":null}", true, true},
	    {"{\"address\":[],\"topics\":[]}", true, true},
	    {"{\"address\":" A1 "}", true, true},
	    {"{\"address\":" A2 "}", false, false},
	    {"{\"address\":[" A2 "," A1 "]}", true, true},
	    {"{\"topics\":[" T("01") "]}", true, true},
	    {"{\"topics\":[" T("02") "]}", false, true},
	    {"{\"topics\":[" T("09") "]}", false, false},
	    {"{\"topics\":[null," T("02") "]}", true, true},
	    {"{\"topics\":[[]," T("02") "]}", true, true},
	    {"{\"topics\":[null,null,null]}", true, true},
	    {"{\"topics\":[null,null,null,null]}", false, true},
	    {"{\"topics\":[[" T("09") "," T("01") "]]}", true, true},
	    {"{\"topics\":[[" T("09") "," T("08") "]]}", false, false},
	    {"{\"topics\":[[" T("09") ",null]]}", true, true},
	    {"{\"topics\":[" T("01") "," T("02") "," T("03") "]}", true, true},
	    {"{\"topics\":[" T("01") "," T("02") "," T("04") "]}", false,
		false},
	    {"{\"address\":" A2 ",\"topics\":[" T("01") "]}", false, false},
	    {"{\"address\":" A1 ",\"topics\":[" T("01") "],\"else\":1}", true,
		true},
	};
	struct log_entry l = a_log();
	struct bloom b = {{0}};
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	bloom_add_log(&b, &l);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rpc_log_filter f;

		test_row(rows[i].text);
		EXPECT_RC(read_text(&a, &f, rows[i].text, NULL), RC_OK);
		EXPECT(rpc_log_filter_has(&f, &l) == rows[i].want);
		EXPECT(rpc_log_filter_may(&f, &b) == rows[i].may);
	}
	arena_drop(&a);
}

TEST(test_logfilter_keeps_the_blocks_named)
{
	struct rpc_log_filter f;
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT_RC(
	    read_text(&a, &f,
		"{\"fromBlock\":\"0x10\",\"toBlock\":\"finalized\"}", NULL),
	    RC_OK);
	EXPECT(f.has_from && f.has_to && !f.has_hash);
	EXPECT(f.from.kind == RPC_AT_NUMBER && f.to.kind == RPC_AT_FINALIZED);
	EXPECT_U64(f.from.number, 16);
	EXPECT_RC(read_text(&a, &f,
		      "{\"blockHash\":" T("07") ",\"fromBlock\":null}", NULL),
	    RC_OK);
	EXPECT(f.has_hash && !f.has_from && !f.has_to);
	EXPECT_U64(f.block_hash.b[31], 7);
	arena_drop(&a);
}

TEST(test_logfilter_without_memory_is_an_error)
{
	struct rpc_log_filter f;
	const struct rpc_json *v;
	struct arena a, small;
	size_t room;

	arena_init(&a, 1 << 20);
	EXPECT_RC(rpc_json_read(&a, &v,
		      bytes_of_str("{\"address\":[" A1 "," A2
				   "],\"topics\":[" T("01") "]}"),
		      NULL),
	    RC_OK);
	for (room = 0; room < 8; room++) {
		arena_init(&small, room);
		EXPECT_RC(
		    rpc_log_filter_read(&small, &f, v, NULL), RC_NO_MEMORY);
		arena_drop(&small);
	}
	arena_drop(&a);
}
