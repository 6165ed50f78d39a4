/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of a trie that is being changed, in memory. A place is one path
 * at which a node stands, stood, or will stand; it keeps its identity while
 * the kind of node there changes, which is how the difference to the stored
 * nodes falls out at the end. Nothing is freed: all lives in an arena of the
 * batch.
 */
#ifndef TRIE_TREE_PRIV_H
#define TRIE_TREE_PRIV_H

#include "base/arena.h"
#include "trie/node_priv.h"
#include "trie/path_priv.h"
#include "trie/trie.h"

struct place;

/* union link is a way down: to a place in memory, or to a reference that was
 * not needed yet. The owner knows which. */
union link {
	struct place *place;
	const uint8_t *item;
};

/* struct fork is a branch's ways; bit i of has and of loaded is for slot i. */
struct fork {
	union link slot[NODE_WIDTH];
	uint16_t has, loaded;
};

struct place {
	const uint8_t *key; /* its first depth nibbles lead here, the nibbles
			     * up to end are the edge of a leaf or extension */
	union {
		struct fork *fork; /* branch */
		union link link;   /* extension */
	};
	struct bytes value;   /* leaf, branch */
	const uint8_t *item;  /* the reference to this node, once known */
	struct bytes rlp;     /* the node as loaded, later as encoded */
	struct place *parent; /* for heights */
	uint32_t depth, end, height;
	uint8_t kind; /* enum node_kind */
	bool is_dirty, is_loaded_link, was_stored;
	uint8_t ref[NODE_HASH_ITEM];
};

/* Places are collected before they go to the hash lanes: keccak256_many sorts
 * by block count, and of this many few lanes stay empty. */
enum { LANES_CNT = 256 };

struct lanes {
	struct place *place[LANES_CNT];
	struct bytes in[LANES_CNT];
	uint8_t hash[LANES_CNT][32];
	size_t cnt;
	const struct place *wrong; /* first whose hash is not its reference */
};

/* lanes_verify queues p: that p->rlp has the hash of p->item. */
void lanes_verify(struct lanes *l, struct place *p);

/* lanes_verified empties the queue. Errors RC_CORRUPT, naming the path. */
enum rc lanes_verified(struct lanes *l, struct err *e);

/*
 * tree_hash encodes places and sets their rlp and item, those of one height
 * together: lower heights first, so that every child is known.
 *
 * out      arena of the encoded nodes
 * scratch  arena of the rest
 * l        empty lanes
 * places   dirty ones, their height set, in any order
 * Errors   RC_NO_MEMORY
 */
enum rc tree_hash(struct arena *out, struct arena *scratch, struct lanes *l,
    struct place *const *places, size_t cnt, struct err *e);

/* A run of changes, ascending by key. */
struct span {
	const struct trie_change *at, *end;
};

/* A branch whose changes are being applied. */
struct frame {
	struct place *top;  /* the branch, or the extension that leads to it */
	struct place *fork; /* the branch */
	struct span todo;
	unsigned nib; /* the child being worked on */
	bool is_waiting;
};

/*
 * struct tree is one batch at work. Branches on one path have different
 * depths below KEY_NIBBLES, which bounds the stack.
 */
struct tree {
	struct arena *scratch;
	const struct trie_source *src;
	struct lanes lanes;
	struct frame stack[KEY_NIBBLES];
	size_t top;
	struct place *res;  /* what the last finished place became */
	struct place *gone; /* stored ones without a node, linked by parent */
	size_t place_cnt, gone_cnt;
	struct err *e;
};

/* tree_load decodes the node that item refers to at the first depth nibbles
 * of key. Errors as trie_update; a wrong hash shows in lanes_verified. */
enum rc tree_load(struct tree *t, struct place **out, const uint8_t *item,
    const uint8_t *key, size_t depth);

/* tree_apply applies changes below root (NULL: empty trie); t->res is the new
 * root, NULL when nothing is left. */
enum rc tree_apply(struct tree *t, struct place *root, struct span changes);

#endif
