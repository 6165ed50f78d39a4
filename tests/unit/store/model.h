/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world that knows what the store should answer: a tree of blocks
 * with random changes, each block keeping the whole state after it. All of
 * it follows from a seed, so that another process can build the same world.
 */
#ifndef UNIT_STORE_MODEL_H
#define UNIT_STORE_MODEL_H

#include "eth/receipt.h"
#include "store/store.h"

enum {
	MODEL_ACCOUNTS = 24,
	MODEL_SLOTS = 4,
	MODEL_TRIES = 5, /* four storage tries and the account trie */
	MODEL_PATHS = 14,
	MODEL_CODES = 6,
	MODEL_TXS = 4, /* at most, in a block */
	MODEL_LOGS = 3,
	MODEL_MADE = 2, /* contracts that came to be in a transaction */
	MODEL_BLOCK_MAX = 4096
};

struct model_account {
	bool is_there;
	struct account acc;
	struct u256 slots[MODEL_SLOTS];
};

struct model_state {
	struct model_account accounts[MODEL_ACCOUNTS];
	struct bytes nodes[MODEL_TRIES][MODEL_PATHS];
};

struct model_tx {
	struct hash hash;
	struct addr sender, other;
	bool has_other;
	uint64_t nonce; /* no other transaction of the world has it */
	struct creation made[MODEL_MADE];
	size_t made_cnt;
	struct log_entry logs[MODEL_LOGS];
	size_t log_cnt;
};

struct model_block {
	struct model_block *parent; /* NULL: first */
	uint64_t number;
	struct hash hash;
	struct header header;
	struct u256 td;
	struct bytes raw, receipts, senders;
	struct model_tx txs[MODEL_TXS];
	size_t tx_cnt;
	struct hash codes[MODEL_CODES];
	size_t code_cnt;
	struct state_diff diff; /* with before values */
	struct state_nodes nodes;
	struct model_state after;
};

struct model {
	struct arena a;
	uint64_t rng;
	struct addr addrs[MODEL_ACCOUNTS]; /* ascending by hash */
	struct hash addr_hashes[MODEL_ACCOUNTS];
	struct hash keys[MODEL_SLOTS]; /* ascending by hash */
	struct hash key_hashes[MODEL_SLOTS];
	struct trie_path paths[MODEL_PATHS]; /* ascending */
	struct bytes codes[MODEL_CODES];
	struct model_block *blocks[MODEL_BLOCK_MAX];
	size_t block_cnt;
	uint64_t txs_made;
};

void model_init(struct model *m, uint64_t seed);
void model_free(struct model *m);

/* model_random gives the next number below n of the world's generator. */
uint64_t model_random(struct model *m, uint64_t n);

/* model_grow makes a child of parent (NULL: the first block). */
struct model_block *model_grow(struct model *m, struct model_block *parent);

/* model_find finds a block by hash, NULL when the world has none. */
struct model_block *model_find(const struct model *m, const struct hash *hash);

/* model_ancestor is the ancestor of b with a number; b itself too. */
const struct model_block *model_ancestor(
    const struct model_block *b, uint64_t number);

/* model_block makes what chain would hand to the store. */
struct store_block *model_block(const struct model_block *b);

/* model_complete gives a recovered block the before values and nodes that
 * chain would compute; false when the world disagrees with it. */
bool model_complete(const struct model *m, struct store_block *b);

/*
 * model_check compares all that a view of the store answers with the world,
 * given the head that it should have (NULL: an empty store). oldest is the
 * first block whose state must be readable. Reports through test_fail.
 */
void model_check(const struct model *m, struct store *s,
    const struct model_block *head, uint64_t oldest);

/* model_check_view is model_check on an open view. */
void model_check_view(const struct model *m, const struct store_view *v,
    const struct model_block *head, uint64_t oldest);

/* model_append appends the blocks above rewind_to that lead to head; the
 * answer of the store comes back and refused blocks are freed. */
enum rc model_append(struct store *s, const struct model_block *head,
    uint64_t rewind_to, struct err *e);

/* model_recover replays the log of a store that was just opened; returns how
 * many groups there were. Reports through test_fail. */
size_t model_recover(const struct model *m, struct store *s);

#endif
