/* SPDX-License-Identifier: Apache-2.0
 *
 * Prices: what is suggested, and the history of fees.
 */
#include <stdio.h>

#include "rig.h"

/* fill mines one block whose gas is all used, each transaction with its own
 * tip from 1 on. */
static void
fill(struct rig *r, unsigned from, uint64_t nonce, uint64_t tip)
{
	struct rig_tx t = {.from = from,
	    .nonce = nonce,
	    .type = TX_DYNAMIC_FEE,
	    .fee = 1000,
	    .tip = tip};

	EXPECT(strlen(rig_send(r, &t)) == 66);
}

TEST(test_fee_suggestion_is_the_floor_while_there_is_room)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_gasPrice", "[]", "\"0x7\"");
	EXPECT_CALL(&r, "eth_maxPriorityFeePerGas", "[]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_baseFee", "[]", "\"0x7\"");
	fill(&r, 1, 0, 500);
	(void)rig_mine(&r);
	EXPECT_CALL(&r, "eth_maxPriorityFeePerGas", "[]", "\"0x0\"");
	r.node.price_floor = u256_from_u64(3);
	EXPECT_CALL(&r, "eth_maxPriorityFeePerGas", "[]", "\"0x3\"");
	EXPECT_CALL(&r, "eth_gasPrice", "[]", "\"0xa\"");
	rig_close(&r);
}

TEST(test_fee_suggestion_follows_full_blocks)
{
	struct rig r;
	unsigned i;

	rig_open_small(&r, 3);
	for (i = 0; i < 12; i++) {
		fill(&r, 1, i, 10 + i);
		fill(&r, 2, i, 40);
		fill(&r, 3, i, 90);
		(void)rig_mine(&r);
	}
	/* Samples per block: 10 + i, 40, 90. Genesis was not full. */
	EXPECT_CALL(&r, "eth_maxPriorityFeePerGas", "[]", "\"0x28\"");
	EXPECT_CALL(&r, "eth_gasPrice", "[]", "\"0x2f\"");
	r.node.price_floor = u256_from_u64(60);
	EXPECT_CALL(&r, "eth_maxPriorityFeePerGas", "[]", "\"0x3c\"");
	rig_close(&r);
}

TEST(test_fee_history_shapes)
{
	struct rig r;

	rig_open_small(&r, 2);
	EXPECT_CALL(&r, "eth_feeHistory", "[\"0x1\",\"latest\",[]]",
	    "{\"oldestBlock\":\"0x0\",\"baseFeePerGas\":[\"0x7\",\"0x7\"],"
	    "\"gasUsedRatio\":[0]}");
	fill(&r, 1, 0, 5);
	fill(&r, 2, 0, 50);
	(void)rig_mine(&r);
	(void)rig_mine(&r);
	EXPECT_CALL(&r, "eth_feeHistory", "[2,\"0x1\",[0,49,50,51,100]]",
	    "{\"oldestBlock\":\"0x0\",\"baseFeePerGas\":[\"0x7\",\"0x7\","
	    "\"0x7\"],\"gasUsedRatio\":[0,1],\"reward\":[[\"0x0\",\"0x0\","
	    "\"0x0\",\"0x0\",\"0x0\"],[\"0x5\",\"0x5\",\"0x5\",\"0x32\","
	    "\"0x32\"]]}");
	/* More than there are, and none. */
	EXPECT_CALL(&r, "eth_feeHistory", "[\"0x400\",\"pending\"]",
	    "{\"oldestBlock\":\"0x0\",\"baseFeePerGas\":[\"0x7\",\"0x7\","
	    "\"0x7\",\"0x7\"],\"gasUsedRatio\":[0,1,0]}");
	EXPECT_CALL(&r, "eth_feeHistory", "[\"0x0\",\"latest\",[101]]",
	    "{\"oldestBlock\":\"0x0\",\"gasUsedRatio\":null}");
	rig_close(&r);
}

/* Of 63,000 gas 33.3336 % is 21,000.168: cut to a whole number, the first
 * transaction alone reaches it. */
TEST(test_fee_history_threshold_is_a_whole_number)
{
	struct rig r;

	rig_open_small(&r, 3);
	fill(&r, 1, 0, 5);
	fill(&r, 2, 0, 50);
	fill(&r, 3, 0, 500);
	(void)rig_mine(&r);
	EXPECT_CALL(&r, "eth_feeHistory", "[1,\"latest\",[33.3336,33.34]]",
	    "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x7\",\"0x7\"],"
	    "\"gasUsedRatio\":[1],\"reward\":[[\"0x5\",\"0x32\"]]}");
	rig_close(&r);
}

/* expect_ratio mines so many transfers and compares their block's ratio. */
static void
expect_ratio(
    struct rig *r, unsigned transfers, uint64_t nonce, const char *want)
{
	unsigned i;

	for (i = 0; i < transfers; i++)
		fill(r, 1 + i, nonce, 5);
	(void)rig_mine(r);
	EXPECT_STR(
	    rig_member(r, "eth_feeHistory", "[1,\"latest\"]", "oldestBlock"),
	    rig_fmt(r, "0x%x", (unsigned)nonce + 1));
	test_row(want);
	EXPECT(strstr(rig_result(r, "eth_feeHistory", "[1,\"latest\"]"),
		   rig_fmt(r, "\"gasUsedRatio\":[%s]}", want)) != NULL);
	test_row(NULL);
}

/* Ratios as Go writes them: the fewest digits that read back equal. */
TEST(test_fee_history_ratio_has_the_fewest_digits)
{
	struct rig r;

	rig_open_small(&r, 7);
	expect_ratio(&r, 3, 0, "0.42857142857142855");
	expect_ratio(&r, 2, 1, "0.2857142857142857");
	expect_ratio(&r, 1, 2, "0.14285714285714285");
	rig_close(&r);
}

/* Plain down to a millionth, where printf's %g has an exponent already. */
TEST(test_fee_history_small_ratio_is_plain)
{
	struct rig r;

	rig_open_small(&r, 20000);
	expect_ratio(&r, 1, 0, "0.00005");
	rig_close(&r);
}

TEST(test_fee_history_tiny_ratio_has_an_exponent)
{
	struct rig r;

	rig_open_small(&r, 2000000);
	expect_ratio(&r, 1, 0, "5e-7");
	rig_close(&r);
}

TEST(test_fee_history_bad_input_refused)
{
	static const struct {
		const char *params, *want;
	} rows[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[1]", "-32602 missing value for required argument 1"},
	    {"[-1,\"latest\"]", "-32602 invalid argument 0: not a count"},
	    {"[1.5,\"latest\"]", "-32602 invalid argument 0: not a count"},
	    {"[99999999999999999999,\"latest\"]",
		"-32602 invalid argument 0: not a count"},
	    {"[\"1\",\"latest\"]",
		"-32602 invalid argument 0: hex number without 0x prefix"},
	    {"[1,\"0x9\"]",
		"-32000 request beyond head block: requested 9, head 0"},
	    {"[1,\"latest\",5]", "-32602 invalid argument 2: not an array"},
	    {"[1,\"latest\",[\"5\"]]",
		"-32602 invalid argument 2: not an array of numbers"},
	    {"[1,\"latest\",[-1]]",
		"-32000 invalid reward percentile: -1.000000"},
	    {"[1,\"latest\",[100.5]]",
		"-32000 invalid reward percentile: 100.500000"},
	    {"[1,\"latest\",[1e999]]",
		"-32602 invalid argument 2: 1e999 is no float64"},
	    {"[1,\"latest\",[50,49]]",
		"-32000 invalid reward percentile: #0:50.000000 >= "
		"#1:49.000000"},
	    {"[1,\"latest\",[50,50]]",
		"-32000 invalid reward percentile: #0:50.000000 >= "
		"#1:50.000000"},
	};
	struct rig r;
	char many[1024];
	size_t i, len;

	rig_open(&r);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_CALL(&r, "eth_feeHistory", rows[i].params, rows[i].want);
	test_count(i);
	len = (size_t)snprintf(many, sizeof(many), "[1,\"latest\",[0");
	for (i = 1; i <= 100; i++)
		len +=
		    (size_t)snprintf(many + len, sizeof(many) - len, ",%zu", i);
	(void)snprintf(many + len, sizeof(many) - len, "]]");
	EXPECT_CALL(&r, "eth_feeHistory", many,
	    "-32000 invalid reward percentile: over the query limit 100");
	rig_close(&r);
}
