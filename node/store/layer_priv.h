/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks that are durable in the log but not yet in the tables. A layer is
 * one block with indexes over what it changed; a layer set is an immutable
 * list of layers over the tables, published by swapping one pointer. Layers
 * and sets are made and freed by the writer; readers only read.
 */
#ifndef STORE_LAYER_PRIV_H
#define STORE_LAYER_PRIV_H

#include "store/index_priv.h"
#include "store/store.h"

/* One changed trie node and the trie it belongs to. */
struct layer_node {
	const struct state_trie_nodes *trie;
	const struct trie_node *node;
};

struct layer {
	struct store_block *block; /* owned */
	uint64_t seq;              /* of the log record it came with */
	size_t refs;               /* sets that name it */
	struct arena arena;        /* owns all below */
	struct index accounts, slots, nodes, txs;
	struct layer_node *node_at; /* what nodes points into */
};

/*
 * layer_new makes a layer of a block, with one reference that the caller
 * gives back: by layer_drop, and then the block belongs to the sets that
 * name the layer, or by layer_leave when none does.
 *
 * Returns NULL when memory is short
 */
struct layer *layer_new(
    struct store_block *b, uint64_t seq, const struct index_seed *seed);

/* layer_drop gives a reference back; the last one frees layer and block. */
void layer_drop(struct layer *l);

/* layer_leave frees a layer but not its block, which stays its owner's. */
void layer_leave(struct layer *l);

size_t layer_bytes(const struct layer *l);

/* Lookups by hash (of index_hash over the table key) and key; NULL when the
 * block did not touch it. */
const struct state_account_change *layer_account(
    const struct layer *l, uint32_t hash, const struct addr *addr);
const struct state_slot_change *layer_slot(const struct layer *l, uint32_t hash,
    const struct addr *addr, const struct hash *key);
const struct trie_node *layer_node(const struct layer *l, uint32_t hash,
    const struct hash *account, const struct trie_path *path);
/* layer_tx gives the index of a transaction; false when it is not there. */
bool layer_tx(
    const struct layer *l, uint32_t hash, const struct hash *tx, size_t *index);

/*
 * struct layer_set is what a reader sees over the tables: valid with tables
 * that hold all records up to base_seq and none above head_seq.
 */
struct layer_set {
	struct layer_set *next; /* in the list of retired ones */
	uint64_t base_seq, head_seq;
	struct store_head head; /* header: in arena */
	size_t cnt;             /* canonical layers, ascending numbers */
	size_t side_cnt;        /* undone ones, to be kept by hash */
	struct layer **layers;  /* cnt and then side_cnt */
	size_t bytes;           /* of all of them */
	struct arena arena;     /* owns the array and the header */
};

/* layer_set_new makes an empty set with room for max layers; NULL when memory
 * is short. layer_set_head copies the head into it, false likewise. */
struct layer_set *layer_set_new(size_t max);
bool layer_set_head(struct layer_set *set, const struct store_head *head);

/* layer_set_add appends a layer, canonical ones first; it takes a reference. */
void layer_set_add(struct layer_set *set, struct layer *l, bool is_side);

/* layer_set_free drops the references and the set. */
void layer_set_free(struct layer_set *set);

#endif
