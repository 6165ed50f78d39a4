/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/NodeInfo/BlockSyncStatus.
 */
#include "base/check.h"
#include "rig.h"
#include "test.h"

#define UNSYNCED "{\"is_synced\":false,\"latest_block_number\":null}"

TEST(test_block_sync_old_head_is_not_in_step)
{
	struct rig g;

	rig_open(&g, false);
	g.world.is_node_stale = true;
	rig_get(&g, "/v1/NodeInfo/BlockSyncStatus");
	rig_says(&g, 0, false, "\"0x1f\"");
	rig_says(&g, 1, false, "false");
	rig_go(&g, RC_OK);
	EXPECT_STR(rig_data(&g), UNSYNCED);
	rig_close(&g);
}

TEST(test_block_sync_node_by_row)
{
	static const struct {
		const char *name;
		enum rc rc;
		bool is_error;
		const char *number, *syncing, *want;
	} row[] = {
	    {"gone", RC_UNAVAILABLE, false, "", "", UNSYNCED},
	    {"slow", RC_TIMEOUT, false, "", "", UNSYNCED},
	    {"refuses", RC_OK, true, "{}", "{}", UNSYNCED},
	    {"no number", RC_OK, false, "null", "false", UNSYNCED},
	    {"syncing is no answer", RC_OK, false, "\"0x1\"", "true", UNSYNCED},
	    {"syncing is empty", RC_OK, false, "\"0x1\"", "{}", UNSYNCED},
	    {"in step", RC_OK, false, "\"0x1f\"", "false",
		"{\"is_synced\":true,\"latest_block_number\":31}"},
	    {"two behind", RC_OK, false, "\"0x1f\"",
		"{\"currentBlock\":\"0x1f\",\"highestBlock\":\"0x21\"}",
		"{\"is_synced\":true,\"latest_block_number\":31}"},
	    {"ahead", RC_OK, false, "\"0x1f\"",
		"{\"highestBlock\":\"0x1\",\"currentBlock\":\"0x2\"}",
		"{\"is_synced\":true,\"latest_block_number\":31}"},
	    {"three behind", RC_OK, false, "\"0x1f\"",
		"{\"currentBlock\":\"0x1f\",\"highestBlock\":\"0x22\"}",
		UNSYNCED},
	    {"far behind", RC_OK, false, "\"0x1f\"",
		"{\"currentBlock\":\"0x0\","
		"\"highestBlock\":\"0x10000000000000001\"}",
		UNSYNCED},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct rig g;

		test_row(row[i].name);
		rig_open(&g, false);
		rig_get(&g, "/v1/NodeInfo/BlockSyncStatus");
		EXPECT(g.req.effect.u.node.cnt == 2);
		rig_says(&g, 0, row[i].is_error, row[i].number);
		rig_says(&g, 1, row[i].is_error, row[i].syncing);
		rig_go(&g, row[i].rc);
		EXPECT_STR(rig_data(&g), row[i].want);
		rig_close(&g);
		test_row(NULL);
	}
}
