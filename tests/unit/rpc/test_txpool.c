/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits in the pool, as its methods show it.
 */
#include <string.h>

#include "eth/addr.h"
#include "rig.h"

/* send has each of two senders wait with an executable one, and the first
 * with one behind a gap. */
static void
send(struct rig *r)
{
	struct rig_tx a = {.from = 1, .value = 5};
	struct rig_tx b = {.from = 2, .is_create = true, .gas = 60000};
	struct rig_tx gap = {.from = 1, .nonce = 2, .value = 6};

	EXPECT(strlen(rig_send(r, &a)) == 66);
	EXPECT(strlen(rig_send(r, &b)) == 66);
	EXPECT(strlen(rig_send(r, &gap)) == 66);
}

static const json_t *
at(const json_t *v, const char *a, const char *b, const char *c)
{
	return json_object_get(json_object_get(json_object_get(v, a), b), c);
}

/* checksum is how the pool's objects name a sender. */
static const char *
checksum(struct rig *r, unsigned key)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr = rig_addr(key);

	return rig_fmt(r, "%s", addr_text(text, &addr));
}

TEST(test_txpool_content_by_sender_and_nonce)
{
	struct rig r;
	const json_t *tx;
	json_t *v;

	rig_open(&r);
	EXPECT_CALL(
	    &r, "txpool_content", "[]", "{\"pending\":{},\"queued\":{}}");
	send(&r);
	v = rig_json(rig_result(&r, "txpool_content", "[]"));
	EXPECT_U64(json_object_size(json_object_get(v, "pending")), 2);
	EXPECT_U64(json_object_size(json_object_get(v, "queued")), 1);
	tx = at(v, "pending", checksum(&r, 1), "0");
	EXPECT_STR(json_string_value(json_object_get(tx, "value")), "0x5");
	EXPECT(json_is_null(json_object_get(tx, "blockHash")));
	EXPECT(at(v, "pending", checksum(&r, 1), "2") == NULL);
	tx = at(v, "queued", checksum(&r, 1), "2");
	EXPECT_STR(json_string_value(json_object_get(tx, "value")), "0x6");
	EXPECT(at(v, "pending", checksum(&r, 2), "0") != NULL);
	json_decref(v);
	(void)rig_mine(&r);
	v = rig_json(rig_result(&r, "txpool_content", "[]"));
	EXPECT_U64(json_object_size(json_object_get(v, "pending")), 0);
	EXPECT_U64(json_object_size(json_object_get(v, "queued")), 1);
	json_decref(v);
	rig_close(&r);
}

TEST(test_txpool_inspect_is_a_line_for_each)
{
	struct rig r;

	rig_open(&r);
	send(&r);
	EXPECT(strstr(rig_result(&r, "txpool_inspect", "[]"),
		   rig_fmt(&r,
		       "\"queued\":{\"%s\":{\"2\":\"0x7000000000000000000000000"
		       "000000000000001: 6 wei + 21000 gas \xc3\x97 7 wei\"}}",
		       checksum(&r, 1))) != NULL);
	EXPECT(strstr(rig_result(&r, "txpool_inspect", "[]"),
		   "\"contract creation: 0 wei + 60000 gas \xc3\x97 7 wei\"") !=
	       NULL);
	rig_close(&r);
}

TEST(test_txpool_content_from_one_sender)
{
	struct rig r;
	json_t *v;

	rig_open(&r);
	send(&r);
	v = rig_json(rig_result(&r, "txpool_contentFrom",
	    rig_fmt(&r, "[\"%s\"]", rig_addr_text(1))));
	EXPECT(at(v, "pending", "0", "hash") != NULL);
	EXPECT(at(v, "queued", "2", "hash") != NULL);
	EXPECT_U64(json_object_size(json_object_get(v, "pending")), 1);
	json_decref(v);
	EXPECT_CALL(&r, "txpool_contentFrom",
	    rig_fmt(&r, "[\"%s\"]", rig_addr_text(3)),
	    "{\"pending\":{},\"queued\":{}}");
	EXPECT_CALL(&r, "txpool_contentFrom", "[]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "txpool_contentFrom", "[\"0x12\"]",
	    "-32602 invalid argument 0: hex data has 2 digits, want 40");
	rig_close(&r);
}

/* A list whose turn never came ends as the node does. */
TEST(test_txpool_content_without_the_pool)
{
	static const char text[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"txpool_content\"}";
	struct rig r;
	struct rpc_doc *d;
	struct bytes answer;

	rig_open(&r);
	send(&r);
	d = rpc_begin(&r.node, r.vm, RPC_LOCAL, bytes_of_str(text));
	EXPECT(rpc_needs_pool(d));
	answer = rpc_finish(d);
	EXPECT(
	    memmem(answer.ptr, answer.len, "the node is stopping", 20) != NULL);
	rpc_free(d);
	rig_close(&r);
}
