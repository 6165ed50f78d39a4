/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool of nodes: who is used when nodes come, go, stand still or lag,
 * what an operator's choice overrides, and what answers give away.
 */
#include "http/nodes.h"

#include "base/check.h"
#include "test.h"

enum { NOW_S = 1000000 };

static const struct gw_conf rule = {
    .node_stale_ms = 120000, .node_back_ms = 30000};

struct pool {
	struct gw_nodes n;
	struct gw_node_view v[3];
	uint64_t ms;
};

static struct pool
open_pool(void)
{
	struct pool p = {.ms = 1000};

	gw_nodes_init(&p.n, 3);
	for (size_t i = 0; i < 3; i++)
		p.v[i] =
		    (struct gw_node_view){true, 100, NOW_S - 1, false, false};
	return p;
}

/* Judges every 100 ms for so long; returns the node used at the end. */
static unsigned
after(struct pool *p, const struct gw_conf *c, uint64_t ms)
{
	uint64_t end = p->ms + ms;
	unsigned used;
	bool is_new;

	for (;;) {
		struct gw_nodes_now now = {p->ms, NOW_S};

		used = p->n.used;
		is_new = gw_nodes_judge(&p->n, p->v, c, &now);
		EXPECT(is_new == (used != p->n.used));
		if (p->ms >= end)
			return p->n.used;
		p->ms += 100;
	}
}

TEST(test_nodes_state_by_row)
{
	static const struct {
		const char *name;
		struct gw_node_view v;
		uint64_t shown;
		enum gw_node_state want;
	} row[] = {
	    {"up", {true, 100, NOW_S, false, false}, 100, GW_NODE_UP},
	    {"gone", {false, 100, NOW_S, false, false}, 0, GW_NODE_GONE},
	    {"behind by one", {true, 99, NOW_S, false, false}, 100,
		GW_NODE_BEHIND},
	    {"behind and old", {true, 99, 0, false, false}, 100,
		GW_NODE_BEHIND},
	    {"behind and forked", {true, 99, NOW_S, true, false}, 100,
		GW_NODE_BEHIND},
	    {"forked", {true, 101, NOW_S, true, false}, 100, GW_NODE_FORKED},
	    {"forked and old", {true, 101, 0, true, false}, 100,
		GW_NODE_FORKED},
	    {"forked, and gone", {false, 101, NOW_S, true, false}, 100,
		GW_NODE_GONE},
	    {"not asked yet", {true, 100, NOW_S, false, true}, 100, GW_NODE_UP},
	    {"just not stale", {true, 100, NOW_S - 120, false, false}, 100,
		GW_NODE_UP},
	    {"stale", {true, 100, NOW_S - 121, false, false}, 100,
		GW_NODE_STALE},
	    {"its clock is ahead", {true, 100, NOW_S + 900, false, false}, 0,
		GW_NODE_UP},
	    {"nothing known yet", {true, 0, 0, false, false}, 0, GW_NODE_STALE},
	};
	struct gw_conf never = rule;

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct gw_nodes n = {.cnt = 1, .shown = row[i].shown};

		test_row(row[i].name);
		EXPECT(
		    gw_node_state(&n, &row[i].v, &rule, NOW_S) == row[i].want);
		test_row(NULL);
	}
	never.node_stale_ms = 0;
	EXPECT(gw_node_state(&(struct gw_nodes){.cnt = 1},
		   &(struct gw_node_view){true, 100, 0, false, false}, &never,
		   NOW_S) == GW_NODE_UP);
	EXPECT_STR(gw_node_word(GW_NODE_BEHIND), "behind");
}

TEST(test_nodes_gone_first_is_replaced_in_order_and_comes_back)
{
	struct pool p = open_pool();

	EXPECT_U64(after(&p, &rule, 60000), 0);
	p.v[0].is_up = false;
	EXPECT_U64(after(&p, &rule, 200), 0);
	EXPECT_U64(after(&p, &rule, 200), 1);
	p.v[0].is_up = true;
	EXPECT_U64(after(&p, &rule, 29900), 1);
	EXPECT_U64(after(&p, &rule, 200), 0);
}

TEST(test_nodes_short_absence_changes_nothing)
{
	struct pool p = open_pool();

	for (unsigned i = 0; i < 10; i++) {
		p.v[0].is_up = false;
		EXPECT_U64(after(&p, &rule, 200), 0);
		p.v[0].is_up = true;
		EXPECT_U64(after(&p, &rule, 100), 0);
	}
}

TEST(test_nodes_first_that_comes_and_goes_is_not_taken_back)
{
	struct pool p = open_pool();

	p.v[0].is_up = false;
	EXPECT_U64(after(&p, &rule, 1000), 1);
	for (unsigned i = 0; i < 5; i++) {
		p.v[0].is_up = true;
		EXPECT_U64(after(&p, &rule, 20000), 1);
		p.v[0].is_up = false;
		EXPECT_U64(after(&p, &rule, 100), 1);
	}
}

TEST(test_nodes_never_one_behind_what_was_shown)
{
	struct gw_conf any = rule;
	struct pool p = open_pool();

	p.n.shown = 101;
	p.v[0] = (struct gw_node_view){false, 101, NOW_S, false, false};
	p.v[2].is_up = false;
	EXPECT_U64(after(&p, &rule, 60000), 0);
	p.v[1].head = 101;
	EXPECT_U64(after(&p, &rule, 0), 1);
	/* nor back to the first while it lacks what the second has shown */
	p.v[0].is_up = true;
	p.n.shown = p.v[1].head = 102;
	EXPECT_U64(after(&p, &rule, 60000), 1);
	p.v[0].head = 102;
	EXPECT_U64(after(&p, &rule, 30000), 0);
	/* unless that is wanted */
	any.node_behind = true;
	p.n.shown = 200;
	p.v[0].is_up = false;
	EXPECT_U64(after(&p, &any, 300), 1);
}

TEST(test_nodes_never_one_with_another_block_where_one_was_shown)
{
	struct gw_conf any = rule;
	struct pool p = open_pool();

	p.n.shown = 100;
	p.v[0].is_up = p.v[2].is_up = false;
	p.v[1].is_forked = true;
	p.v[1].head = 200;
	EXPECT_U64(after(&p, &rule, 60000), 0);
	p.v[1].is_forked = false;
	EXPECT_U64(after(&p, &rule, 0), 1);
	/* nor back to the first */
	p.v[0] = (struct gw_node_view){true, 300, NOW_S, true, false};
	EXPECT_U64(after(&p, &rule, 60000), 1);
	p.v[0].is_forked = false;
	EXPECT_U64(after(&p, &rule, 30000), 0);
	/* unless that is wanted */
	any.node_forked = true;
	p.v[0].is_up = false;
	p.v[1].is_forked = true;
	EXPECT(gw_node_state(&p.n, &p.v[1], &any, NOW_S) == GW_NODE_UP);
	EXPECT_U64(after(&p, &any, 300), 1);
}

TEST(test_nodes_none_is_taken_before_it_was_asked_for_the_block)
{
	struct gw_conf any = rule;
	struct pool p = open_pool();

	p.v[0].is_up = false;
	p.v[1].is_unchecked = true;
	EXPECT_U64(after(&p, &rule, 300), 2);
	p.v[2].is_unchecked = true;
	p.v[2].is_up = false;
	EXPECT_U64(after(&p, &rule, 60000), 2);
	p.v[1].is_unchecked = false;
	EXPECT_U64(after(&p, &rule, 0), 1);
	/* that a new block is asked for now and then does not make it unfit */
	p.v[0] = (struct gw_node_view){true, 100, NOW_S, false, true};
	EXPECT_U64(after(&p, &rule, 60000), 1);
	p.v[0].is_unchecked = false;
	EXPECT_U64(after(&p, &rule, 0), 0);
	any.node_forked = true;
	p.v[0].is_up = false;
	p.v[1].is_unchecked = true;
	EXPECT_U64(after(&p, &any, 300), 1);
}

TEST(test_nodes_skip_to_the_next_that_is_not_behind)
{
	struct gw_conf any = rule;
	struct pool p = open_pool();

	any.node_behind = true;
	p.n.shown = 100;
	p.v[0].is_up = false;
	p.v[1].head = 99;
	EXPECT_U64(after(&p, &any, 300), 2);
}

TEST(test_nodes_stale_gives_way_to_newer_only)
{
	struct pool p = open_pool();

	for (size_t i = 0; i < 3; i++)
		p.v[i].head_unix = NOW_S - 121;
	EXPECT_U64(after(&p, &rule, 60000), 0); /* the chain stands still */
	p.v[2].head_unix = NOW_S;
	EXPECT_U64(after(&p, &rule, 100), 2);
	/* gone: a stale one is better than none */
	p.v[2].is_up = false;
	EXPECT_U64(after(&p, &rule, 300), 0);
}

TEST(test_nodes_return_by_hand_only)
{
	struct gw_conf c = rule;
	struct pool p = open_pool();

	c.node_back_ms = 0;
	p.v[0].is_up = false;
	EXPECT_U64(after(&p, &c, 300), 1);
	p.v[0].is_up = true;
	EXPECT_U64(after(&p, &c, 600000), 1);
	EXPECT(gw_nodes_use(&p.n, p.v, 0));
	EXPECT_U64(after(&p, &c, 100), 0);
}

TEST(test_nodes_operator_may_take_one_that_is_behind)
{
	struct pool p = open_pool();

	p.n.shown = 100;
	p.v[2].head = 40;
	EXPECT(gw_nodes_use(&p.n, p.v, 2));
	EXPECT_U64(p.n.shown, 40);
	EXPECT_U64(after(&p, &rule, 60000), 2);
	/* it is the first now: others stand in for it */
	p.v[2].is_up = false;
	EXPECT_U64(after(&p, &rule, 300), 0);
	p.v[2] = (struct gw_node_view){true, 100, NOW_S, false, false};
	EXPECT_U64(after(&p, &rule, 30000), 2);
	EXPECT(!gw_nodes_use(&p.n, p.v, 2));
}

TEST(test_nodes_chosen_one_that_is_gone_is_taken_when_it_comes)
{
	struct pool p = open_pool();

	p.n.shown = 100;
	p.v[1] = (struct gw_node_view){false, 0, 0, false, false};
	EXPECT(!gw_nodes_use(&p.n, p.v, 1));
	EXPECT_U64(p.n.shown, 100);
	EXPECT_U64(after(&p, &rule, 1000), 0);
	p.v[1] = (struct gw_node_view){true, 99, NOW_S, false, false};
	EXPECT_U64(after(&p, &rule, 60000), 0);
	p.v[1].head = 100;
	EXPECT_U64(after(&p, &rule, 30000), 1);
}

TEST(test_nodes_hash_of_a_block)
{
#define HEX32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	static const struct {
		const char *block;
		bool want;
	} row[] = {
	    {"{\"number\":\"0x2\",\"hash\":\"0x" HEX32 "\"}", true},
	    {"{\"x\":{\"hash\":\"0x" HEX32 "\"}}", false},
	    {"{\"hash\":\"" HEX32 "\"}", false},
	    {"{\"hash\":\"0x" HEX32 "00\"}", false},
	    {"{\"hash\":\"0x00\"}", false},
	    {"{\"hash\":null}", false},
	    {"{\"hash\":\"\"}", false},
	    {"{\"number\":\"0x2\"}", false},
	    {"null", false},
	    {"", false},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct hash hash = {0};

		test_row(row[i].block);
		EXPECT(gw_node_block_hash(&hash, bytes_of_str(row[i].block)) ==
		       row[i].want);
		EXPECT(
		    !row[i].want || (hash.b[1] == 0x11 && hash.b[31] == 0xff));
		test_row(NULL);
	}
}

TEST(test_nodes_what_only_reads)
{
	static const struct {
		const char *method;
		bool want;
	} row[] = {
	    {"eth_blockNumber", true},
	    {"eth_call", true},
	    {"eth_getLogs", true},
	    {"net_version", true},
	    {"txpool_status", true},
	    {"debug_traceCall", true},
	    {"ots_getApiLevel", true},
	    {"trace_block", true},
	    {"eth_sendRawTransaction", false},
	    {"eth_sendTransaction", false},
	    {"personal_unlockAccount", false},
	    {"admin_addPeer", false},
	    {"clique_propose", false},
	    {"ethics", false},
	    {"", false},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].method);
		EXPECT(gw_node_is_read(bytes_of_str(row[i].method)) ==
		       row[i].want);
		test_row(NULL);
	}
}

TEST(test_nodes_shown_by_answers)
{
	static const struct {
		const char *method, *result;
		uint64_t want;
	} row[] = {
	    {"eth_blockNumber", "\"0x1f\"", 31},
	    {"eth_blockNumber", "\"0x\"", 0},
	    {"eth_blockNumber", "31", 0},
	    {"eth_blockNumber", "\"0x10000000000000000\"", 0},
	    {"eth_chainId", "\"0x1f\"", 0},
	    {"eth_getBlockByNumber", "{\"a\":[1],\"number\":\"0x2\"}", 2},
	    {"eth_getBlockByNumber", "null", 0},
	    {"eth_getBlockByHash", "{\"number\":null}", 0},
	    {"eth_getTransactionReceipt",
		"{\"logs\":[{\"blockNumber\":\"0x9\"}],"
		"\"blockNumber\":\"0x8\"}",
		8},
	    {"eth_getTransactionByHash", "{\"blockNumber\":null}", 0},
	    {"eth_getTransactionByHash", "", 0},
	    {"eth_getLogs", "[{\"blockNumber\":\"0x9\"}]", 0},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].result);
		EXPECT_U64(gw_node_shown(bytes_of_str(row[i].method),
			       bytes_of_str(row[i].result)),
		    row[i].want);
		test_row(NULL);
	}
}
