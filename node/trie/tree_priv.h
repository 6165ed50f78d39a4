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

/* struct fork is a branch's ways; bit i of a mask is for slot i. */
struct fork {
	union link slot[NODE_WIDTH];
	uint16_t has, loaded;
	uint16_t stored; /* has when loaded, if all were hashes, else 0 */
};

struct place {
	const uint8_t *key; /* its first depth nibbles lead here, the nibbles
			     * up to end are the edge of a leaf or extension */
	union {
		struct fork *fork; /* branch */
		union link link;   /* extension */
	};
	struct bytes value;  /* leaf, branch */
	const uint8_t *item; /* the reference to this node, once known */
	struct bytes rlp;    /* the node as loaded, later as encoded */
	struct place *next;  /* dirty places below and including this one, in */
	union {              /* path order, up to last; later: */
		struct place *last;
		struct place *queue; /* next of the same height */
	};
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

/* struct levels holds places that are complete but not hashed, by height. */
struct levels {
	struct place **head;
	size_t max;   /* heights are below it */
	size_t cnt;   /* waiting */
	size_t total; /* ever put */
};

/* levels_put adds p; its children are there or hashed already. */
void levels_put(struct levels *v, struct place *p);

/*
 * levels_hash encodes and hashes what v holds, lowest heights first, and sets
 * rlp and item of each; v is empty afterwards.
 *
 * out     arena of the encoded nodes
 * l       empty lanes
 * Errors  RC_NO_MEMORY
 */
enum rc levels_hash(
    struct arena *out, struct lanes *l, struct levels *v, struct err *e);

/* A run of changes, ascending by key. */
struct span {
	const struct trie_change *at, *end;
};

static inline bool
span_is_empty(struct span s)
{
	return s.at == s.end;
}

/* span_within drops changes at both ends that leave key before nibble to. */
struct span span_within(
    struct span s, const uint8_t *key, size_t from, size_t to);

/* span_cut cuts from the front the changes whose nibble at depth is that of
 * the first. */
struct span span_cut(struct span *s, size_t depth);

/* A branch whose changes are being applied. */
struct frame {
	struct place *top;  /* the branch, or the extension that leads to it */
	struct place *fork; /* the branch */
	struct span todo;
	unsigned nib; /* the child being worked on */
	bool is_waiting, is_ahead;
};

/* Heights of a trie of hashed keys: a leaf has 0, the root at most 64. */
enum { LEVEL_CNT = KEY_NIBBLES + 1 };

/*
 * struct tree is one batch at work. Branches on one path have different
 * depths below KEY_NIBBLES, which bounds the stack.
 */
struct tree {
	struct arena *scratch, *out;
	const struct trie_source *src;
	struct frame stack[KEY_NIBBLES];
	size_t top;
	struct place *res;  /* what the last finished place became */
	struct place *gone; /* stored ones without a node, linked by next */
	size_t gone_cnt;
	bool is_ahead; /* what the next branch needs is loaded */
	struct place *level_head[LEVEL_CNT];
	struct levels levels;
	struct lanes lanes;
	struct err *e;
};

/* tree_place makes a place at the first depth nibbles of key; NULL when
 * memory is short. */
struct place *tree_place(struct tree *t, const uint8_t *key, size_t depth);

/* Failures of a batch, with their context. */
enum rc tree_no_memory(struct tree *t);
enum rc tree_corrupt(
    struct tree *t, const uint8_t *key, size_t depth, const char *why);

/*
 * tree_load makes a place of the node that item refers to at the first depth
 * nibbles of key. Its hash is only queued for verification.
 *
 * Errors  RC_CORRUPT, RC_NO_MEMORY, those of the source
 */
enum rc tree_load(struct tree *t, struct place **out, const uint8_t *item,
    const uint8_t *key, size_t depth);

/* tree_load_ahead loads what the changes in s lead to below p, a level at a
 * time, so that the memory's answers overlap. Errors as tree_load. */
enum rc tree_load_ahead(struct tree *t, struct place *p, struct span s);

/* tree_apply applies changes below root (NULL: empty trie); t->res is the new
 * root, NULL when nothing is left. Dirty places are linked from it in path
 * order; the last ones, itself included, wait in t->levels. */
enum rc tree_apply(struct tree *t, struct place *root, struct span changes);

#endif
