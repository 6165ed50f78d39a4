/* SPDX-License-Identifier: Apache-2.0
 *
 * clique_ methods, the node's health, and the block feed.
 */
#include "rig.h"

#define OTHER "0x00000000000000000000000000000000000000aa"
#define NO_HASH                                                                \
	"\"0x00000000000000000000000000000000000000000000000000000000deadbeef" \
	"\""

TEST(test_clique_signers_listed)
{
	struct rig r;
	const char *want;

	rig_open(&r);
	(void)rig_mine(&r);
	want = rig_fmt(&r, "[\"%s\"]", rig_addr_text(0));
	EXPECT_CALL(&r, "clique_getSigners", "[]", want);
	EXPECT_CALL(&r, "clique_getSigners", "[null]", want);
	EXPECT_CALL(&r, "clique_getSigners", "[\"0x0\"]", want);
	EXPECT_CALL(
	    &r, "clique_getSigners", "[\"0x9\"]", "-32000 header not found");
	EXPECT_CALL(&r, "clique_getSigners", "[1]",
	    "-32602 invalid argument 0: not a hex string");
	EXPECT_CALL(&r, "clique_getSignersAtHash",
	    rig_fmt(&r, "[\"%s\"]", rig_hash(&r, 1)), want);
	EXPECT_CALL(&r, "clique_getSignersAtHash", "[" NO_HASH "]",
	    "-32000 header not found");
	EXPECT_CALL(&r, "clique_getSignersAtHash", "[]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "clique_getSigner", "[\"0x1\"]",
	    rig_fmt(&r, "\"%s\"", rig_addr_text(0)));
	EXPECT_CALL(&r, "clique_getSigner",
	    rig_fmt(&r, "[\"%s\"]", rig_hash(&r, 1)),
	    rig_fmt(&r, "\"%s\"", rig_addr_text(0)));
	EXPECT_STR(rig_member(&r, "clique_getSnapshot", "[]", "number"), "1");
	EXPECT_STR(rig_member(&r, "clique_getSnapshotAtHash",
		       rig_fmt(&r, "[\"%s\"]", rig_hash(&r, 0)), "number"),
	    "0");
	rig_close(&r);
}

TEST(test_clique_votes_proposed_listed_discarded)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "clique_proposals", "[]", "{}");
	EXPECT_CALL(&r, "clique_propose", "[\"" OTHER "\",true]", "null");
	EXPECT(r.has_vote);
	EXPECT_CALL(&r, "clique_proposals", "[]", "{\"" OTHER "\":true}");
	EXPECT(!r.has_vote);
	EXPECT_CALL(&r, "clique_discard", "[\"" OTHER "\"]", "null");
	EXPECT_CALL(&r, "clique_proposals", "[]", "{}");
	EXPECT(strstr(rig_call(&r, "clique_discard", "[\"" OTHER "\"]"),
		   "\"error\"") != NULL);
	EXPECT_CALL(&r, "clique_propose", "[\"" OTHER "\"]",
	    "-32602 missing value for required argument 1");
	EXPECT_CALL(&r, "clique_propose", "[\"" OTHER "\",\"true\"]",
	    "-32602 invalid argument 1: not a boolean");
	EXPECT_CALL(&r, "clique_propose", "[\"0x1\",true]",
	    "-32602 invalid argument 0: hex data has 1 digits, want 40");
	rig_close(&r);
}

TEST(test_clique_status_counts_blocks)
{
	struct rig r;
	unsigned i;

	rig_open(&r);
	EXPECT_CALL(&r, "clique_status", "[]",
	    rig_fmt(&r,
		"{\"inturnPercent\":0.00,\"sealerActivity\":{\"%s\":0},"
		"\"numBlocks\":0}",
		rig_addr_text(0)));
	for (i = 0; i < 70; i++)
		(void)rig_mine(&r);
	EXPECT_CALL(&r, "clique_status", "[]",
	    rig_fmt(&r,
		"{\"inturnPercent\":100.00,\"sealerActivity\":{\"%s\":64},"
		"\"numBlocks\":64}",
		rig_addr_text(0)));
	rig_close(&r);
}

TEST(test_clique_on_another_engine_refused)
{
	static const char *const methods[] = {"clique_getSigners",
	    "clique_getSnapshot", "clique_status", "clique_proposals"};
	struct rig r;
	size_t i;

	rig_open(&r);
	r.g.engine = GENESIS_QBFT;
	for (i = 0; i < 4; i++)
		EXPECT_CALL(
		    &r, methods[i], "[]", "-32000 this chain is not Clique");
	EXPECT_CALL(&r, "clique_propose", "[\"" OTHER "\",true]",
	    "-32000 this chain is not Clique");
	EXPECT_CALL(&r, "clique_discard", "[\"" OTHER "\"]",
	    "-32000 this chain is not Clique");
	EXPECT_CALL(&r, "clique_getSigner", "[\"0x0\"]",
	    "-32000 this chain is not Clique");
	EXPECT_CALL(&r, "clique_getSignersAtHash", "[" NO_HASH "]",
	    "-32000 this chain is not Clique");
	rig_close(&r);
}

TEST(test_health_tells_head_pool_sealing)
{
	struct rig_tx t = {.from = 1};
	struct rig r;
	json_t *v;

	rig_open(&r);
	(void)rig_mine(&r);
	(void)rig_send(&r, &t);
	clock_fake_add(&r.hands, 2500);
	v = rig_json(rig_result(&r, "sekisho_health", "[]"));
	EXPECT_U64((uint64_t)json_integer_value(json_object_get(v, "head")), 1);
	EXPECT_U64(
	    (uint64_t)json_integer_value(json_object_get(v, "ageMs")), 2500);
	EXPECT_STR(
	    json_string_value(json_object_get(v, "hash")), rig_hash(&r, 1));
	EXPECT_U64((uint64_t)json_integer_value(
		       json_object_get(json_object_get(v, "pool"), "pending")),
	    1);
	EXPECT(json_is_string(
	    json_object_get(json_object_get(v, "sealing"), "state")));
	EXPECT(json_is_string(
	    json_object_get(json_object_get(v, "sealing"), "why")));
	json_decref(v);
	rig_close(&r);
}

/* The feed. ------------------------------------------------------------- */

/* first_of and count_of look at a feed's answer. */
static size_t
count_of(struct rig *r, const char *params)
{
	json_t *v = rig_json(rig_result(r, "sekisho_blocksFrom", params));
	size_t cnt = json_array_size(json_object_get(v, "blocks"));

	json_decref(v);
	return cnt;
}

TEST(test_feed_gives_linked_blocks_from_a_cursor)
{
	struct rig_tx t = {.from = 1, .value = 9};
	struct rig r;
	json_t *v, *blocks, *one;
	size_t i;

	rig_open(&r);
	(void)rig_mine(&r);
	(void)rig_send(&r, &t);
	(void)rig_mine(&r);
	(void)rig_mine(&r);
	v = rig_json(rig_result(&r, "sekisho_blocksFrom",
	    "[\"0x1\",\"0x10\",{\"receipts\":true}]"));
	EXPECT_STR(json_string_value(json_object_get(v, "head")), "0x3");
	EXPECT_STR(
	    json_string_value(json_object_get(v, "headHash")), rig_hash(&r, 3));
	blocks = json_object_get(v, "blocks");
	EXPECT_U64(json_array_size(blocks), 3);
	for (i = 0; i < 3; i++) {
		one = json_object_get(json_array_get(blocks, i), "block");
		EXPECT_STR(json_string_value(json_object_get(one, "hash")),
		    rig_hash(&r, i + 1));
		EXPECT_STR(
		    json_string_value(json_object_get(one, "parentHash")),
		    rig_hash(&r, i));
		EXPECT_U64(json_array_size(json_object_get(
			       json_array_get(blocks, i), "receipts")),
		    i == 1);
		EXPECT_U64(
		    json_array_size(json_object_get(one, "transactions")),
		    i == 1);
	}
	json_decref(v);
	v = rig_json(rig_result(&r, "sekisho_blocksFrom",
	    "[2,1,{\"transactions\":\"full\",\"signers\":true}]"));
	EXPECT_STR(
	    json_string_value(json_object_get(
		json_array_get(json_object_get(v, "blocks"), 0), "signer")),
	    rig_addr_text(0));
	one = json_object_get(
	    json_array_get(json_object_get(v, "blocks"), 0), "block");
	EXPECT_STR(json_string_value(json_object_get(
		       json_array_get(json_object_get(one, "transactions"), 0),
		       "from")),
	    rig_addr_text(1));
	EXPECT(json_object_get(json_array_get(json_object_get(v, "blocks"), 0),
		   "receipts") == NULL);
	json_decref(v);
	rig_close(&r);
}

TEST(test_feed_bounded_and_checked)
{
	struct rig r;
	unsigned i;

	rig_open(&r);
	for (i = 0; i < 260; i++)
		(void)rig_mine(&r);
	EXPECT_U64(count_of(&r, "[\"0x0\",\"0x2\"]"), 2);
	EXPECT_U64(count_of(&r, "[\"0x0\",100000]"), 256);
	EXPECT_U64(count_of(&r, "[256,100000]"), 5);
	EXPECT_U64(count_of(&r, "[260,1]"), 1);
	EXPECT_U64(count_of(&r, "[261,1]"), 0);
	EXPECT_U64(count_of(&r, "[\"0xffffffffffffffff\",10]"), 0);
	EXPECT_U64(count_of(&r, "[0,0]"), 0);
	EXPECT_CALL(&r, "sekisho_blocksFrom", "[0]",
	    "-32602 missing value for required argument 1");
	EXPECT_CALL(&r, "sekisho_blocksFrom", "[\"latest\",1]",
	    "-32602 invalid argument 0: hex number without 0x prefix");
	EXPECT_CALL(&r, "sekisho_blocksFrom", "[0,1,1]",
	    "-32602 invalid argument 2: not an object");
	EXPECT_CALL(&r, "sekisho_blocksFrom", "[0,1,{\"receipts\":1}]",
	    "-32602 invalid argument 2: receipts is not a boolean");
	EXPECT_CALL(&r, "sekisho_blocksFrom", "[0,1,{\"signers\":\"yes\"}]",
	    "-32602 invalid argument 2: signers is not a boolean");
	EXPECT_CALL(&r, "sekisho_blocksFrom",
	    "[0,1,{\"transactions\":\"none\"}]",
	    "-32602 invalid argument 2: transactions is \"hashes\" or "
	    "\"full\"");
	rig_close(&r);
}
