/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block did to the state, as plain data: made by state, hashed by
 * trie, kept by store. It stands here because those three do not know each
 * other.
 */
#ifndef ETH_STATEDIFF_H
#define ETH_STATEDIFF_H

#include "eth/account.h"
#include "eth/types.h"

/* One changed account: before and after the block. */
struct state_account_change {
	struct addr addr;
	struct hash addr_hash; /* keccak of addr: the trie key */
	bool had_before, has_after;
	bool is_wiped; /* all older storage is gone (destroyed, re-created);
			* every slot that was there is listed in slots */
	struct account before, after;
};

/* One changed slot. A value of zero means absent. */
struct state_slot_change {
	struct addr addr;
	struct hash addr_hash, key, key_hash;
	struct u256 before, after;
};

/* Code that was not there before. */
struct state_code_change {
	struct hash hash;
	struct bytes code;
};

/*
 * struct state_diff is what a block changed. accounts ascend by addr_hash;
 * slots ascend by (addr_hash, key_hash); a slot's account is always listed.
 */
struct state_diff {
	struct state_account_change *accounts;
	size_t account_cnt;
	struct state_slot_change *slots;
	size_t slot_cnt;
	struct state_code_change *codes;
	size_t code_cnt;
};

/* struct trie_path is a sequence of nibbles, one per byte, at most 64. */
struct trie_path {
	uint8_t nib[64];
	uint8_t len;
};

/* One changed node: its new RLP, or empty when the path has none any more. */
struct trie_node {
	struct trie_path path;
	struct bytes rlp;
};

struct trie_batch {
	struct trie_node *nodes; /* ascending by path, each path once */
	size_t cnt;
};

/* One trie's changed nodes. */
struct state_trie_nodes {
	bool is_storage;
	struct hash addr_hash; /* of a storage trie */
	struct trie_batch batch;
};

/* All changed nodes of a block: storage tries ascending, account trie last. */
struct state_nodes {
	struct state_trie_nodes *tries;
	size_t cnt;
};

#endif
