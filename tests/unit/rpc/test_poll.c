/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters that are polled: each thing is told once, what nobody asks for
 * goes, and the table is bounded.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

/* made asks for a filter and gives the parameters that name it. */
static const char *
made(struct rig *r, const char *method, const char *params)
{
	const char *id = rig_result(r, method, params);

	EXPECT_U64(strlen(id), 36); /* 0x, 16 bytes, quotes */
	return rig_fmt(r, "[%s]", id);
}

static void
log_once(struct rig *r, uint64_t nonce, const char *to)
{
	struct rig_tx t = {.from = 1, .nonce = nonce, .gas = 100000, .to = to};

	EXPECT(strlen(rig_send(r, &t)) == 66);
	(void)rig_mine(r);
}

/* cnt is how many things a poll tells of. */
static size_t
cnt(struct rig *r, const char *method, const char *filter)
{
	json_t *v = rig_json(rig_result(r, method, filter));
	size_t n = json_array_size(v);

	EXPECT(json_is_array(v));
	json_decref(v);
	return n;
}

TEST(test_poll_blocks_are_told_once)
{
	const char *f;
	struct rig r;

	rig_open(&r);
	(void)rig_mine(&r);
	f = made(&r, "eth_newBlockFilter", "[]");
	EXPECT_CALL(&r, "eth_getFilterChanges", f, "[]");
	(void)rig_mine(&r);
	(void)rig_mine(&r);
	EXPECT_CALL(&r, "eth_getFilterChanges", f,
	    rig_fmt(&r, "[\"%s\",\"%s\"]", rig_hash(&r, 2), rig_hash(&r, 3)));
	EXPECT_CALL(&r, "eth_getFilterChanges", f, "[]");
	EXPECT_CALL(&r, "eth_getFilterLogs", f, "-32000 filter not found");
	rig_close(&r);
}

TEST(test_poll_logs_of_the_filter_alone)
{
	const char *all, *a, *late;
	struct rig r;

	rig_open(&r);
	log_once(&r, 0, RIG_LOG_A);
	all = made(&r, "eth_newFilter", "[{}]");
	a = made(&r, "eth_newFilter",
	    "[{\"address\":\"" RIG_LOG_A "\",\"fromBlock\":\"0x0\"}]");
	late = made(&r, "eth_newFilter", "[{\"fromBlock\":\"0x4\"}]");
	log_once(&r, 1, RIG_LOG_A);
	log_once(&r, 2, RIG_LOG_B);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", all), 2);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", a), 1);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", late), 0);
	log_once(&r, 3, RIG_LOG_B);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", all), 1);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", a), 0);
	EXPECT_U64(cnt(&r, "eth_getFilterChanges", late), 1);
	/* All that is on the chain, polled or not. */
	EXPECT_U64(cnt(&r, "eth_getFilterLogs", a), 2);
	rig_close(&r);
}

/* What is executable is told when it comes; what waits behind a gap is
 * not. */
TEST(test_poll_transactions_that_came_in)
{
	struct rig_tx first = {.from = 1}, gap = {.from = 1, .nonce = 2};
	struct rig_tx before = {.from = 2};
	const char *f, *hash;
	struct rig r;

	rig_open(&r);
	(void)rig_send(&r, &before);
	f = made(&r, "eth_newPendingTransactionFilter", "[]");
	(void)rig_send(&r, &gap);
	hash = rig_fmt(&r, "%s", rig_send(&r, &first));
	EXPECT_CALL(
	    &r, "eth_getFilterChanges", f, rig_fmt(&r, "[\"%s\"]", hash));
	EXPECT_CALL(&r, "eth_getFilterChanges", f, "[]");
	rig_close(&r);
}

TEST(test_poll_what_is_no_filter_by_row)
{
	static const struct {
		const char *method, *params, *want;
	} row[] = {
	    {"eth_getFilterChanges", "[]",
		"-32602 missing value for required argument 0"},
	    {"eth_getFilterChanges", "[1]",
		"-32602 invalid argument 0: not a hex string"},
	    {"eth_getFilterChanges", "[\"0x1\"]", "-32000 filter not found"},
	    {"eth_getFilterChanges", "[\"0x00000000000000000000000000000000\"]",
		"-32000 filter not found"},
	    {"eth_getFilterChanges", "[\"0xffff0000000000000000000000000000\"]",
		"-32000 filter not found"},
	    {"eth_getFilterLogs", "[\"0x1\"]", "-32000 filter not found"},
	    {"eth_uninstallFilter", "[\"0x1\"]", "false"},
	    {"eth_newFilter", "[1]",
		"-32602 invalid argument 0: a log filter is an object"},
	    {"eth_newFilter",
		"[{\"blockHash\":\"0x00000000000000000000000000000000000000000"
		"00000000000000000000000\"}]",
		"-32602 a filter is of a range of blocks, not of one block"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].params);
		EXPECT_CALL(&r, row[i].method, row[i].params, row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}

TEST(test_poll_uninstalled_or_expired_is_gone)
{
	const char *a, *b, *c;
	struct rig r;

	rig_open(&r);
	a = made(&r, "eth_newBlockFilter", "[]");
	b = made(&r, "eth_newFilter", "[{}]");
	c = made(&r, "eth_newFilter", "[{}]");
	EXPECT_CALL(&r, "eth_uninstallFilter", a, "true");
	EXPECT_CALL(&r, "eth_uninstallFilter", a, "false");
	EXPECT_CALL(&r, "eth_getFilterChanges", a, "-32000 filter not found");
	clock_fake_add(&r.hands, RPC_FILTER_IDLE_MS - 1);
	EXPECT_CALL(&r, "eth_getFilterChanges", b, "[]");
	clock_fake_add(&r.hands, RPC_FILTER_IDLE_MS - 1);
	EXPECT_CALL(&r, "eth_getFilterChanges", b, "[]");
	EXPECT_CALL(&r, "eth_getFilterChanges", c, "-32000 filter not found");
	rig_close(&r);
}

TEST(test_poll_table_is_bounded)
{
	const char *first;
	struct rig r;
	size_t i;

	rig_open(&r);
	first = made(&r, "eth_newBlockFilter", "[]");
	for (i = 1; i < RPC_FILTER_MAX; i++)
		(void)made(&r, "eth_newBlockFilter", "[]");
	EXPECT_CALL(&r, "eth_newBlockFilter", "[]", "-32005 too many filters");
	/* One that nobody asked for in a minute gives way. */
	clock_fake_add(&r.hands, RPC_FILTER_STALE_MS);
	EXPECT_CALL(&r, "eth_getFilterChanges", first, "[]");
	(void)made(&r, "eth_newBlockFilter", "[]");
	EXPECT_CALL(&r, "eth_getFilterChanges", first, "[]");
	rig_close(&r);
}

/* Four readers make, poll and drop filters of one table. */
static void *
hammer(void *arg)
{
	static const char add[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				  "\"eth_newFilter\",\"params\":[{}]}";
	const struct rpc_node *n = arg;
	char text[256];
	size_t i;

	for (i = 0; i < 2000; i++) {
		struct rpc_doc *d =
		    rpc_begin(n, NULL, RPC_LOCAL, bytes_of_str(add));
		struct bytes answer = rpc_finish(d);
		const char *id = memmem(answer.ptr, answer.len, "\"0x", 3);

		if (id != NULL) {
			(void)snprintf(text, sizeof(text),
			    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
			    "\"params\":[%.36s]}",
			    i % 2 == 0 ? "eth_getFilterChanges"
				       : "eth_uninstallFilter",
			    id);
			rpc_free(d);
			d = rpc_begin(n, NULL, RPC_LOCAL, bytes_of_str(text));
			answer = rpc_finish(d);
			if (memmem(answer.ptr, answer.len, "\"result\"", 8) ==
			    NULL)
				return d;
		}
		rpc_free(d);
	}
	return NULL;
}

TEST(test_poll_readers_share_the_table)
{
	pthread_t t[4];
	struct rig r;
	void *failed;
	size_t i;

	rig_open(&r);
	for (i = 0; i < 4; i++)
		EXPECT(pthread_create(&t[i], NULL, hammer, &r.node) == 0);
	for (i = 0; i < 4; i++) {
		EXPECT(pthread_join(t[i], &failed) == 0);
		EXPECT(failed == NULL);
	}
	rig_close(&r);
}
