/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out at every allocation of a question in turn: there is
 * an answer, or none, but never half of one.
 */
#include <stdio.h>

#include "rig.h"

/* ask_with_failures asks until no allocation fails; every answer on the way
 * is JSON. Returns how often it failed. */
static size_t
ask_with_failures(struct rig *r, const char *text)
{
	const struct rpc_core core = rig_core(r);
	struct bytes answer;
	bool needs_sync, has_vote;
	json_t *v;
	size_t n;

	for (n = 1;; n++) {
		struct rpc_doc *d;

		test_alloc_fail(n);
		d = rpc_begin(&r->node, r->vm, RPC_LOCAL, bytes_of_str(text));
		if (d != NULL && rpc_needs_pool(d))
			EXPECT_RC(
			    rpc_run_pool(d, r->pool, 0, &needs_sync, NULL),
			    RC_OK);
		if (d != NULL && rpc_needs_core(d))
			(void)rpc_run_core(
			    d, &core, r->hands.wall_ms, &has_vote, NULL);
		answer = d == NULL ? bytes_of(NULL, 0) : rpc_finish(d);
		if (!test_alloc_did_fail()) {
			EXPECT(answer.len > 0);
			rpc_free(d);
			return n - 1;
		}
		if (answer.len > 0) {
			v = json_loadb((const char *)answer.ptr, answer.len,
			    JSON_REJECT_DUPLICATES, NULL);
			EXPECT(v != NULL);
			json_decref(v);
		}
		rpc_free(d);
	}
}

/* Init code that reads a slot, logs a word and calls an account. */
#define TRACED                                                                 \
	"{\"data\":\"0x6001545060206000a0600060006000600060007"                \
	"3c0de00000000000000000000000000000000000161fffff1\"}"

TEST(test_rpc_without_memory_answers_whole_or_not)
{
	static const char *const texts[] = {
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"eth_chainId\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no_such\"}",
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_getBlockByNumber\",\"params\":[\"0x1\",true]},{},1]",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_getBlockReceipts\",\"params\":[\"0x1\"]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_feeHistory\",\"params\":[2,\"latest\",[50]]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"sekisho_blocksFrom\",\"params\":[0,9,{\"receipts\":true}]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_call\",\"params\":[{\"to\":\"0x7000000000000000000000000000"
	    "000000000001\",\"data\":\"0x12\"}]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_traceCall\",\"params\":[" TRACED ",\"latest\",{}]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_traceCall\",\"params\":[" TRACED ",\"latest\","
	    "{\"tracer\":\"callTracer\",\"tracerConfig\":"
	    "{\"withLog\":true}}]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_traceCall\",\"params\":[" TRACED ",\"latest\","
	    "{\"tracer\":\"prestateTracer\",\"tracerConfig\":"
	    "{\"diffMode\":true}}]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_traceBlockByNumber\",\"params\":[\"0x1\"]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_storageRangeAt\",\"params\":[\"0x1\",1,\"" RIG_CODE_ADDR
	    "\",\"0x\",9]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"debug_accountRange\",\"params\":[\"latest\"]}",
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"txpool_status\"},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"clique_getSigners\"},"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"clique_status\"},"
	    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"sekisho_health\"}]",
	};
	struct rig_tx t = {.from = 1};
	size_t i, failures;
	struct rig r;

	rig_open(&r);
	(void)rig_send(&r, &t);
	(void)rig_mine(&r);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		test_row(texts[i]);
		failures = ask_with_failures(&r, texts[i]);
		EXPECT(failures > 2);
		test_count(failures);
	}
	test_row(NULL);
	t.nonce = 1;
	failures = ask_with_failures(
	    &r, rig_fmt(&r,
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
		    "\"eth_sendRawTransaction\",\"params\":[\"%s\"]}",
		    rig_raw(&r, &t)));
	EXPECT(failures > 2);
	EXPECT_CALL(&r, "txpool_status", "[]",
	    "{\"pending\":\"0x1\",\"queued\":\"0x0\"}");
	rig_close(&r);
}
