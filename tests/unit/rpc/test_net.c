/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods without state, and that the rig works at all.
 */
#include <stdatomic.h>

#include "rig.h"

TEST(test_rpc_node_facts_answered)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "web3_clientVersion", "[]", "\"Sekisho/test\"");
	EXPECT_CALL(&r, "web3_sha3", "[\"0x68656c6c6f20776f726c64\"]",
	    "\"0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01"
	    "fad\"");
	EXPECT_CALL(&r, "net_version", "[]", "\"31337\"");
	EXPECT_CALL(&r, "eth_chainId", "[]", "\"0x7a69\"");
	EXPECT_CALL(&r, "eth_syncing", "[]", "false");
	EXPECT_CALL(&r, "eth_accounts", "[]", "[]");
	EXPECT_CALL(&r, "eth_hashrate", "[]", "\"0x0\"");
	EXPECT_CALL(&r, "eth_mining", "[]", "true");
	EXPECT_CALL(
	    &r, "eth_coinbase", "[]", rig_fmt(&r, "\"%s\"", rig_addr_text(0)));
	EXPECT_CALL(&r, "net_listening", "[]", "false");
	EXPECT_CALL(&r, "net_peerCount", "[]", "\"0x0\"");
	r.node.is_sealer = false;
	EXPECT_CALL(&r, "eth_mining", "[]", "false");
	EXPECT_CALL(&r, "eth_coinbase", "[]",
	    "-32000 etherbase must be explicitly specified");
	atomic_store(&r.peer_cnt, 3);
	r.node.peer_cnt = &r.peer_cnt;
	EXPECT_CALL(&r, "net_listening", "[]", "true");
	EXPECT_CALL(&r, "net_peerCount", "[]", "\"0x3\"");
	rig_close(&r);
}

TEST(test_rpc_node_info_is_of_this_chain)
{
	struct rig r;

	rig_open(&r);
	EXPECT_U64(rig_mine(&r), 1);
	EXPECT_CALL(&r, "admin_nodeInfo", "[1]",
	    "-32602 too many arguments, want at most 0");
	EXPECT_CALL(&r, "admin_nodeInfo", "[]",
	    rig_fmt(&r,
		"{\"name\":\"Sekisho/test\",\"protocols\":{\"eth\":{"
		"\"network\":%d,\"difficulty\":3,\"genesis\":\"%s\","
		"\"head\":\"%s\"}}}",
		RIG_CHAIN_ID, rig_hash(&r, 0), rig_hash(&r, 1)));
	EXPECT_CALL(&r, "admin_peers", "[]", "[]");
	r.node.peer_cnt = &r.peer_cnt;
	EXPECT_CALL(&r, "admin_peers", "[]", "[]");
	r.peer_cnt = 1;
	EXPECT_CALL(&r, "admin_peers", "[]", "-32000 peers are not listed yet");
	rig_close(&r);
}
