/* SPDX-License-Identifier: Apache-2.0
 *
 * Raw bytes hash to what the chain says they hash to.
 */
#include <string.h>

#include "base/hex.h"
#include "eth/block.h"
#include "rig.h"
#include "trie/listroot.h"

static struct bytes
raw(struct rig *r, const char *method, const char *params)
{
	json_t *v = rig_json(rig_result(r, method, params));
	struct bytes out = {NULL, 0};

	EXPECT(json_is_string(v) &&
	       hex_read(&r->arena, &out, bytes_of_str(json_string_value(v)),
		   NULL) == RC_OK);
	json_decref(v);
	return out;
}

TEST(test_raw_bytes_are_those_that_are_hashed)
{
	struct rig_tx t = {.from = 1, .value = 7};
	struct bytes header, block, tx, receipt;
	struct hash hash;
	struct block decoded;
	const char *sent;
	char text[2 * sizeof(hash.b) + 3];
	struct rig r;
	json_t *v;

	rig_open(&r);
	sent = rig_fmt(&r, "%s", rig_send(&r, &t));
	(void)rig_mine(&r);
	header = raw(&r, "debug_getRawHeader", "[\"0x1\"]");
	hash = hash_keccak(header);
	EXPECT_STR(hex_put0x(text, hash_bytes(&hash)), rig_hash(&r, 1));
	block = raw(&r, "debug_getRawBlock", "[\"latest\"]");
	EXPECT(block_decode(&r.arena, &decoded, block, NULL) == RC_OK);
	EXPECT_U64(decoded.tx_cnt, 1);
	tx = raw(&r, "debug_getRawTransaction", rig_fmt(&r, "[\"%s\"]", sent));
	hash = hash_keccak(tx);
	EXPECT_STR(hex_put0x(text, hash_bytes(&hash)), sent);
	EXPECT(bytes_eq(decoded.txs[0].raw, tx));
	v = rig_json(rig_result(&r, "debug_getRawReceipts", "[\"0x1\"]"));
	EXPECT_U64(json_array_size(v), 1);
	EXPECT(hex_read(&r.arena, &receipt,
		   bytes_of_str(json_string_value(json_array_get(v, 0))),
		   NULL) == RC_OK);
	EXPECT(trie_list_root(&r.arena, &hash, &receipt, 1, NULL) == RC_OK);
	EXPECT(hash_eq(&hash, &decoded.header.receipts_root));
	json_decref(v);
	rig_close(&r);
}

TEST(test_raw_what_is_not_there_by_row)
{
	static const char *const method[] = {
	    "debug_getRawBlock", "debug_getRawHeader", "debug_getRawReceipts"};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(method) / sizeof(method[0]); i++) {
		test_row(method[i]);
		EXPECT_CALL(
		    &r, method[i], "[\"0x1\"]", "-32000 block not found");
		EXPECT_CALL(
		    &r, method[i], "[\"pending\"]", "-32000 block not found");
		EXPECT_CALL(&r, method[i], "[\"2\"]",
		    "-32602 invalid argument 0: hex number without 0x prefix");
		EXPECT_CALL(&r, method[i], "[]",
		    "-32602 missing value for required argument 0");
	}
	test_row(NULL);
	EXPECT_CALL(&r, "debug_getRawReceipts", "[\"earliest\"]", "[]");
	rig_close(&r);
}

TEST(test_capabilities_tell_what_is_kept)
{
	struct rig r;

	rig_open(&r);
	(void)rig_mine(&r);
	r.node.history = 256;
	EXPECT_CALL(&r, "eth_capabilities", "[]",
	    rig_fmt(&r,
		"{\"head\":{\"number\":\"0x1\",\"hash\":\"%s\"},"
		"\"tx\":{\"disabled\":false,\"oldestBlock\":\"0x0\"},"
		"\"logs\":{\"disabled\":false,\"oldestBlock\":\"0x0\"},"
		"\"receipts\":{\"disabled\":false,\"oldestBlock\":\"0x0\"},"
		"\"blocks\":{\"disabled\":false,\"oldestBlock\":\"0x0\"},"
		"\"state\":{\"disabled\":false,\"oldestBlock\":\"0x0\","
		"\"deleteStrategy\":{\"type\":\"window\","
		"\"retentionBlocks\":\"0x100\"}},"
		"\"stateproofs\":{\"disabled\":false,\"oldestBlock\":\"0x0\","
		"\"deleteStrategy\":{\"type\":\"window\","
		"\"retentionBlocks\":\"0x100\"}}}",
		rig_hash(&r, 1)));
	EXPECT_CALL(&r, "eth_blobBaseFee", "[]", "\"0x0\"");
	rig_close(&r);
}
