/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/node_priv.h"

#include <stdio.h>

#include "crypto/rng.h"
#include "test.h"

#define HASH_HEX                                                               \
	"a0"                                                                   \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Fifteen absent children. */
#define NONE_15 "808080808080808080808080808080"

static const struct {
	const char *name, *rlp;
} bad[] = {
    {"nothing", ""},
    {"a string", "820102"},
    {"an empty list", "c0"},
    {"one item", "c120"},
    {"three items", "c3203132"},
    {"bytes behind", "c2203100"},
    {"list cut short", "c320"},
    {"long form for a short list", "f8022031"},
    {"path is a list", "c2c031"},
    {"path is empty", "c28031"},
    {"leaf value is a list", "c220c0"},
    {"leaf value is empty", "c22080"},
    {"extension to nothing", "c21180"},
    {"extension to a short string", "c4118212ff"},
    {"extension to a long string",
	"f5"
	"11b20000000000000000000000000000000000000000000000000000000000000000"
	"000000000000000000000000000000000000"},
    {"extension to a list of 32 bytes",
	"e111"
	"df0000000000000000000000000000000000000000000000000000000000000000"},
    {"branch without children", "d180" NONE_15 "80"},
    {"branch with one child", "d3"
			      "c22031" NONE_15 "80"},
    {"branch with only a value", "d180" NONE_15 "01"},
    {"branch of 18", "d8"
		     "c22031c22031"
		     "8080808080808080808080808080"
		     "80"
		     "8080"},
    {"branch of 16", "d4"
		     "c22031c22031"
		     "8080808080808080808080808080"},
    {"branch with a list as value", "d6c22031c22031"
				    "8080808080808080808080808080c0"},
    {"branch child is one byte", "d601c22031c22031"
				 "80808080808080808080808080"
				 "80"},
    {"branch child hash cut short", "d6c22031c22031"
				    "80808080808080808080808080a001"},
};

TEST(test_node_decode_malformed_is_refused)
{
	struct node_view v;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i].name);
		EXPECT(node_decode(&v, test_hex(bad[i].rlp)) != NULL);
	}
	test_row(NULL);
}

static struct bytes
encode(const struct node_view *v, uint8_t *room, size_t cap)
{
	uint8_t key[32] = {0};
	struct buf b = buf_of(room, cap);

	/* A path of nibbles 0 to end of whatever the compact form says. */
	if (v->kind == NODE_BRANCH) {
		EXPECT_U64(node_size_branch(v->item, v->value), cap);
		node_put_branch(&b, v->item, v->value);
	} else if (v->kind == NODE_LEAF) {
		memcpy(key, v->compact.ptr + 1, v->compact.len - 1);
		EXPECT_U64(
		    node_size_leaf(0, 2 * (v->compact.len - 1), v->value), cap);
		node_put_leaf(&b, key, 0, 2 * (v->compact.len - 1), v->value);
	} else {
		memcpy(key, v->compact.ptr + 1, v->compact.len - 1);
		EXPECT_U64(
		    node_size_ext(0, 2 * (v->compact.len - 1), v->item[0]),
		    cap);
		node_put_ext(&b, key, 0, 2 * (v->compact.len - 1), v->item[0]);
	}
	return bytes_of_buf(&b);
}

TEST(test_node_decode_then_encode_is_same_bytes)
{
	static const struct {
		const char *name, *rlp;
		enum node_kind kind;
		unsigned has;
	} good[] = {
	    {"leaf, empty path, one small byte", "c22031", NODE_LEAF, 0},
	    {"leaf, one byte of value above 7f", "c32081ff", NODE_LEAF, 0},
	    {"leaf with path", "c58320123431", NODE_LEAF, 0},
	    {"extension by hash",
		"e482"
		"0012" HASH_HEX,
		NODE_EXT, 1},
	    {"extension to an embedded node", "c6820012c22031", NODE_EXT, 1},
	    {"branch of two embedded",
		"d5c22031c22032"
		"808080808080808080808080808080",
		NODE_BRANCH, 3},
	    {"branch of hash and embedded, first and last",
		"f3" HASH_HEX "8080808080808080808080808080"
		"c2203180",
		NODE_BRANCH, 0x8001},
	    {"branch with child and value",
		"d3c22031"
		"808080808080808080808080808080"
		"41",
		NODE_BRANCH, 1},
	};
	struct node_view v;
	uint8_t room[64];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bytes rlp = test_hex(good[i].rlp);
		const char *fault = node_decode(&v, rlp);

		test_row(good[i].name);
		EXPECT_STR(fault == NULL ? "" : fault, "");
		if (fault != NULL)
			continue;
		EXPECT_U64(v.kind, good[i].kind);
		EXPECT_U64(v.has, good[i].has);
		EXPECT_BYTES(encode(&v, room, rlp.len), rlp);
	}
	test_row(NULL);
}

/* One flipped byte never makes the decoder read outside (ASan) and what it
 * accepts points into the node. */
TEST(test_node_decode_mutations_stay_inside)
{
	struct rng_test r = {.state = 7};
	struct bytes rlp =
	    test_hex("f3" HASH_HEX "8080808080808080808080808080c2203180");
	struct node_view v;
	size_t i, k, accepted = 0;
	uint8_t copy[52];

	EXPECT_U64(rlp.len, sizeof(copy));
	for (i = 0; i < 20000; i++) {
		memcpy(copy, rlp.ptr, sizeof(copy));
		copy[rng_test_below(&r, sizeof(copy))] =
		    (uint8_t)rng_test_next(&r);
		if (node_decode(&v, bytes_of(copy, sizeof(copy))) != NULL ||
		    v.kind != NODE_BRANCH)
			continue;
		accepted++;
		for (k = 0; k < NODE_WIDTH; k++)
			EXPECT(v.item[k] == NULL ||
			       (v.item[k] >= copy &&
				   v.item[k] + item_len(v.item[k]) <=
				       copy + sizeof(copy)));
	}
	EXPECT(accepted > 1000);
}
