/* SPDX-License-Identifier: Apache-2.0
 *
 * debug_trace methods: the right transaction on the right state, in the form
 * that was asked for, bounded; and what is wrong with a question.
 */
#include <string.h>

#include "rig.h"

/* Code that counts calls in slot 0, and the init code that deploys it:
 * PUSH1 0 SLOAD PUSH1 1 ADD PUSH1 0 SSTORE. */
#define COUNTER "6000546001016000555b"
#define INIT    "0x69" COUNTER "600052600a6016f3"

#define ZEROS "0x000000000000000000000000000000000000000000000000000000000000"

/* A chain of two blocks: the counter is made in the first and called three
 * times in the second, the last time without the gas for it. */
struct story {
	struct rig r;
	const char *made, *counter, *calls[3];
};

static void
tell(struct story *s)
{
	struct rig_tx make = {
	    .from = 1, .is_create = true, .gas = 200000, .data = INIT};
	struct rig_tx call = {.from = 1, .gas = 50000};
	unsigned i;

	rig_open(&s->r);
	s->made = rig_fmt(&s->r, "%s", rig_send(&s->r, &make));
	(void)rig_mine(&s->r);
	s->counter = rig_member(&s->r, "eth_getTransactionReceipt",
	    rig_fmt(&s->r, "[\"%s\"]", s->made), "contractAddress");
	call.to = s->counter;
	for (i = 0; i < 3; i++) {
		call.nonce = i + 1;
		call.gas = i == 2 ? 22000 : 50000;
		s->calls[i] = rig_fmt(&s->r, "%s", rig_send(&s->r, &call));
	}
	EXPECT_U64(rig_mine(&s->r), 2);
}

static const char *
trace(struct story *s, const char *hash, const char *conf)
{
	return rig_result(&s->r, "debug_traceTransaction",
	    rig_fmt(&s->r, "[\"%s\",%s]", hash, conf));
}

TEST(test_trace_transaction_runs_on_what_was_before_it)
{
	struct story s;

	tell(&s);
	EXPECT_STR(trace(&s, s.calls[1], "{\"disableStack\":true}"),
	    "{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":29000,"
	    "\"depth\":1,\"gasCost\":3},{\"pc\":2,\"op\":\"SLOAD\","
	    "\"gas\":28997,\"depth\":1,\"gasCost\":2100,\"storage\":{\"" ZEROS
	    "0000\":\"" ZEROS "0001\"}},{\"pc\":3,\"op\":\"PUSH1\","
	    "\"gas\":26897,\"depth\":1,\"gasCost\":3},{\"pc\":5,\"op\":"
	    "\"ADD\",\"gas\":26894,\"depth\":1,\"gasCost\":3},{\"pc\":6,"
	    "\"op\":\"PUSH1\",\"gas\":26891,\"depth\":1,\"gasCost\":3},{"
	    "\"pc\":8,\"op\":\"SSTORE\",\"gas\":26888,\"depth\":1,\"gasCost\":"
	    "2900,\"storage\":{\"" ZEROS "0000\":\"" ZEROS "0002\"}},{\"pc\":"
	    "9,\"op\":\"JUMPDEST\",\"gas\":23988,\"depth\":1,\"gasCost\":1},{"
	    "\"pc\":10,\"op\":\"STOP\",\"gas\":23987,\"depth\":1,\"gasCost\":"
	    "0}],\"gas\":26013,\"failed\":false,\"returnValue\":\"0x\"}");
	EXPECT_STR(trace(&s, s.calls[2], "{\"tracer\":\"callTracer\"}"),
	    rig_fmt(&s.r,
		"{\"type\":\"CALL\",\"from\":\"%s\",\"to\":\"%s\","
		"\"value\":\"0x0\",\"gas\":\"0x55f0\",\"gasUsed\":\"0x55f0\","
		"\"input\":\"0x\",\"error\":\"out of gas\"}",
		rig_addr_text(1), s.counter));
	EXPECT_STR(trace(&s, s.made, "{\"tracer\":\"callTracer\"}"),
	    rig_fmt(&s.r,
		"{\"type\":\"CREATE\",\"from\":\"%s\",\"to\":\"%s\","
		"\"value\":\"0x0\",\"gas\":\"0x30d40\",\"gasUsed\":\"0xd7f6\","
		"\"input\":\"" INIT "\",\"output\":\"0x" COUNTER "\"}",
		rig_addr_text(1), s.counter));
	EXPECT_STR(
	    trace(&s, s.calls[1],
		"{\"tracer\":\"prestateTracer\",\"tracerConfig\":{\"diffMode\":"
		"false,\"disableCode\":true}}"),
	    rig_fmt(&s.r,
		"{\"%s\":{\"balance\":\"0xde0b6b3a7597d67\",\"nonce\":2},"
		"\"%s\":{\"balance\":\"0x0\",\"nonce\":1,\"storage\":{\"" ZEROS
		"0000\":\"" ZEROS "0001\"}},\"%s\":{\"balance\":"
		"\"0xde0b6b3a7640000\"}}",
		rig_addr_text(1), s.counter, rig_addr_text(0)));
	rig_close(&s.r);
}

TEST(test_trace_gas_is_the_receipts)
{
	struct story s;
	unsigned i;

	tell(&s);
	for (i = 0; i < 3; i++) {
		const char *params = rig_fmt(
		    &s.r, "[\"%s\",{\"tracer\":\"callTracer\"}]", s.calls[i]);

		EXPECT_STR(rig_member(&s.r, "debug_traceTransaction", params,
			       "gasUsed"),
		    rig_member(&s.r, "eth_getTransactionReceipt",
			rig_fmt(&s.r, "[\"%s\"]", s.calls[i]), "gasUsed"));
	}
	rig_close(&s.r);
}

#define LOGS "{\"tracer\":\"callTracer\",\"tracerConfig\":{\"withLog\":true}}"
#define DIFF                                                                   \
	"{\"tracer\":\"prestateTracer\",\"tracerConfig\":{\"diffMode\":true}}"

TEST(test_trace_block_is_its_transactions)
{
	static const char *const confs[] = {
	    "{}", "null", "{\"enableMemory\":true,\"limit\":3}", LOGS, DIFF};
	const char *want, *hash;
	struct story s;
	size_t i, k;

	tell(&s);
	hash = rig_hash(&s.r, 2);
	for (i = 0; i < sizeof(confs) / sizeof(confs[0]); i++) {
		want = "";
		for (k = 0; k < 3; k++)
			want = rig_fmt(&s.r,
			    "%s%s{\"txHash\":\"%s\",\"result\":%s}", want,
			    k == 0 ? "" : ",", s.calls[k],
			    trace(&s, s.calls[k], confs[i]));
		want = rig_fmt(&s.r, "[%s]", want);
		EXPECT_CALL(&s.r, "debug_traceBlockByNumber",
		    rig_fmt(&s.r, "[\"0x2\",%s]", confs[i]), want);
		EXPECT_CALL(&s.r, "debug_traceBlockByHash",
		    rig_fmt(&s.r, "[\"%s\",%s]", hash, confs[i]), want);
	}
	(void)rig_mine(&s.r);
	EXPECT_CALL(&s.r, "debug_traceBlockByNumber", "[\"latest\"]", "[]");
	rig_close(&s.r);
}

/* count_seen is the value of slot 0 that a call of the counter reads. */
static const char *
count_seen(struct story *s, const char *at, const char *more)
{
	json_t *v = rig_json(rig_result(&s->r, "debug_traceCall",
	    rig_fmt(&s->r,
		"[{\"to\":\"%s\"},%s,{\"tracer\":\"prestateTracer\"%s}]",
		s->counter, at, more)));
	json_t *slots =
	    json_object_get(json_object_get(v, s->counter), "storage");
	const char *text =
	    json_string_value(json_object_get(slots, ZEROS "0000"));
	const char *out = rig_fmt(&s->r, "%s", text == NULL ? "-" : text);

	json_decref(v);
	return out;
}

TEST(test_trace_call_runs_where_it_is_told)
{
	struct story s;

	tell(&s);
	EXPECT_STR(count_seen(&s, "\"latest\"", ""), ZEROS "0002");
	EXPECT_STR(count_seen(&s, "null", ""), ZEROS "0002");
	EXPECT_STR(count_seen(&s, "\"pending\"", ""), ZEROS "0002");
	EXPECT_STR(count_seen(&s, "\"0x1\"", ""), ZEROS "0000");
	EXPECT_STR(
	    count_seen(&s, "\"0x2\"", ",\"txIndex\":\"0x0\""), ZEROS "0000");
	EXPECT_STR(count_seen(&s, "\"0x2\"", ",\"txIndex\":1"), ZEROS "0001");
	EXPECT_STR(count_seen(&s, "\"0x2\"", ",\"txIndex\":3"), ZEROS "0002");
	EXPECT_CALL(&s.r, "debug_traceCall",
	    "[{\"data\":\"0x600035\"},\"latest\",{\"limit\":1}]",
	    "{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":49946964,"
	    "\"depth\":1,\"stack\":[],\"gasCost\":3}],\"gas\":53042,"
	    "\"failed\":false,\"returnValue\":\"0x\"}");
	EXPECT(strstr(rig_call(&s.r, "debug_traceCall",
			  "[{\"value\":\"0x1\"},\"latest\"]"),
		   "insufficient funds") != NULL);
	rig_close(&s.r);
}

#define OVER                                                                   \
	"\"stateOverrides\":{\"%s\":{\"stateDiff\":{\"" ZEROS                  \
	"0000\":\"" ZEROS                                                      \
	"0063\"}}},\"blockOverrides\":{\"number\":\"0x1234\"},"

TEST(test_trace_call_takes_overrides)
{
	struct story s;

	tell(&s);
	EXPECT_STR(count_seen(&s, "\"latest\"",
		       rig_fmt(&s.r, "," OVER "\"limit\":0", s.counter)),
	    ZEROS "0063");
	EXPECT_STR(count_seen(&s, "\"0x2\"",
		       rig_fmt(&s.r, "," OVER "\"txIndex\":1", s.counter)),
	    ZEROS "0063");
	EXPECT_STR(rig_member(&s.r, "debug_traceCall",
		       rig_fmt(&s.r,
			   "[{\"data\":\"0x4360005260206000f3\"},"
			   "\"latest\",{" OVER "\"limit\":1}]",
			   s.counter),
		       "returnValue"),
	    ZEROS "1234");
	rig_close(&s.r);
}

#define HASH_1 ZEROS "0001"

TEST(test_trace_bad_questions_refused)
{
	static const struct {
		const char *method, *params, *want;
	} rows[] = {
	    {"debug_traceTransaction", "[]",
		"-32602 missing value for required argument 0"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\"]",
		"-32000 transaction not found"},
	    {"debug_traceTransaction", "[\"0x1\"]",
		"-32602 invalid argument 0: hex data has 1 digits, want 64"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",[]]",
		"-32602 invalid argument 1: not an object"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",{\"tracer\":1}]",
		"-32602 invalid argument 1: tracer: not a string"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"tracer\":\"4byteTracer\"}]",
		"-32000 tracer not found: this node has callTracer and "
		"prestateTracer"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"enableMemory\":\"yes\"}]",
		"-32602 invalid argument 1: enableMemory: not a boolean"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",{\"limit\":-1}]",
		"-32602 invalid argument 1: limit: not a count"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",{\"limit\":1.5}]",
		"-32602 invalid argument 1: limit: not a count"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"tracer\":\"callTracer\","
		"\"tracerConfig\":{\"withLog\":1}}]",
		"-32602 invalid argument 1: withLog: not a boolean"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"tracer\":\"callTracer\","
		"\"tracerConfig\":true}]",
		"-32602 invalid argument 1: tracerConfig: not an object"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"tracer\":\"prestateTracer\","
		"\"tracerConfig\":{\"diffMode\":true,\"includeEmpty\":true}}]",
		"-32602 invalid argument 1: cannot use diffMode with "
		"includeEmpty"},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",{\"timeout\":5}]",
		"-32602 invalid argument 1: timeout: not a duration such as "
		"\"5s\""},
	    {"debug_traceTransaction", "[\"" HASH_1 "\",{\"timeout\":\"2h\"}]",
		"-32602 invalid argument 1: timeout: more than 60 s"},
	    {"debug_traceTransaction",
		"[\"" HASH_1 "\",{\"stateOverrides\":{}}]",
		"-32000 state and block overrides are for debug_traceCall"},
	    {"debug_traceCall",
		"[{},\"latest\",{\"overrides\":{\"londonBlock\":0}}]",
		"-32000 other rules than the chain's are not supported"},
	    {"debug_traceCall", "[{},\"0x9\"]", "-32000 header not found"},
	    {"debug_traceCall", "[{},\"0x0\",{\"txIndex\":0}]",
		"-32000 genesis is not traceable"},
	    {"debug_traceCall", "[{},\"0x2\",{\"txIndex\":4}]",
		"-32000 transaction index 4 of 3"},
	    {"debug_traceCall", "[{},\"pending\",{\"txIndex\":0}]",
		"-32000 no transactions are pending by index"},
	    {"debug_traceBlockByNumber", "[\"0x0\"]",
		"-32000 genesis is not traceable"},
	    {"debug_traceBlockByNumber", "[\"0x9\"]",
		"-32000 block #9 not found"},
	    {"debug_traceBlockByNumber", "[\"pending\"]",
		"-32000 block pending not found"},
	    {"debug_traceBlockByHash", "[\"" HASH_1 "\"]",
		"-32000 block " HASH_1 " not found"},
	};
	struct story s;
	size_t i;

	tell(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(&s.r, rows[i].method, rows[i].params, rows[i].want);
	test_count(i);
	rig_close(&s.r);
}

TEST(test_trace_durations_are_read_as_go_writes_them)
{
	static const struct {
		const char *text;
		bool is_duration;
	} rows[] = {
	    {"5s", true},
	    {"1m", true},
	    {"59.999s", true},
	    {"300ms", true},
	    {"1s500ms", true},
	    {".5s", true},
	    {"1.s", true},
	    {"1000000us", true},
	    {"1000000\\u00b5s", true},
	    {"60000000000ns", true},
	    {"", false},
	    {"5", false},
	    {"s", false},
	    {".s", false},
	    {"-1s", false},
	    {"5s ", false},
	    {"5 s", false},
	    {"1s5", false},
	    {"5d", false},
	    {"99999999999999999999s", false},
	    {"0.99999999999999999999s", false},
	    {"18446744073709551615h", false},
	};
	struct story s;
	size_t i;

	tell(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(&s.r, "debug_traceTransaction",
		    rig_fmt(&s.r, "[\"" HASH_1 "\",{\"timeout\":\"%s\"}]",
			rows[i].text),
		    rows[i].is_duration
			? "-32000 transaction not found"
			: "-32602 invalid argument 1: timeout: not a duration "
			  "such as \"5s\"");
	test_count(i);
	rig_close(&s.r);
}

/* Loops until its 50 million gas are gone: in 10 million steps. */
#define LOOP "[{\"data\":\"0x5b600056\"},\"latest\""

TEST(test_trace_is_bounded)
{
	struct story s;

	tell(&s);
	EXPECT_CALL(
	    &s.r, "debug_traceCall", LOOP "]", "-32003 response too large");
	EXPECT_CALL(&s.r, "debug_traceCall",
	    LOOP ",{\"timeout\":\"0s\",\"limit\":1}]",
	    "-32002 execution timeout");
	EXPECT_CALL(&s.r, "debug_traceBlockByNumber",
	    "[\"0x2\",{\"timeout\":\"0\"}]", "-32002 execution timeout");
	/* The machine is free again, and traces nothing that is not asked. */
	EXPECT_CALL(&s.r, "eth_call", "[{\"data\":\"0x6001\"}]", "\"0x\"");
	EXPECT_STR(rig_result(&s.r, "debug_traceCall",
		       LOOP ",{\"tracer\":\"callTracer\"}]"),
	    "{\"type\":\"CREATE\",\"from\":"
	    "\"0x0000000000000000000000000000000000000000\",\"value\":\"0x0\","
	    "\"gas\":\"0x2faf080\",\"gasUsed\":\"0x2faf080\",\"input\":"
	    "\"0x5b600056\",\"error\":\"out of gas\"}");
	rig_close(&s.r);
}

TEST(test_trace_beyond_history_says_so)
{
	struct story s;
	unsigned i;

	tell(&s);
	for (i = 0; i < 300; i++)
		(void)rig_mine(&s.r);
	EXPECT(strstr(trace(&s, s.calls[0], "{}"), "\"code\":-32000,") != NULL);
	EXPECT(strstr(trace(&s, s.calls[0], "{}"), "oldest") != NULL);
	EXPECT(strstr(rig_call(&s.r, "debug_traceCall", "[{},\"0x2\"]"),
		   "\"code\":-32000,") != NULL);
	rig_close(&s.r);
}
