/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of struct state.
 */
#ifndef STATE_STATE_PRIV_H
#define STATE_STATE_PRIV_H

#include "base/arena.h"
#include "state/state.h"
#include "state/table_priv.h"

/* What of an account can change and be undone. */
struct obj_now {
	struct account acc;
	bool exists;
	bool is_new;          /* created in this transaction (EIP-6780) */
	bool is_destroyed;    /* to be removed when this transaction ends */
	uint32_t storage_gen; /* slots of an older generation are zero */
};

struct obj {
	struct addr addr;
	bool had_before;
	struct account before; /* when the block began */
	struct obj_now now;
	struct bytes code; /* of now.acc.code_hash; ptr NULL: not loaded */
	uint64_t warm_tx, touched_tx; /* transaction that did so last */
	bool has_changed;             /* on the list of changed ones */
	struct obj *next_changed;
};

struct slot {
	struct obj *obj;
	struct hash key;
	struct u256 before; /* when the block began */
	struct u256 now;
	uint32_t gen;         /* of now */
	struct u256 original; /* when transaction original_tx began */
	uint64_t original_tx, warm_tx;
	bool has_changed;
	struct slot *next_changed;
};

struct transient {
	struct u256 value;
	uint64_t tx;
};

enum undo_kind {
	UNDO_OBJ,   /* obj.now and code */
	UNDO_SLOT,  /* slot.now and gen */
	UNDO_TOUCH, /* obj.touched_tx */
	UNDO_WARM,  /* obj.warm_tx */
	UNDO_WARM_SLOT,
	UNDO_TRANSIENT,
	UNDO_LOG,
	UNDO_REFUND
};

struct undo {
	enum undo_kind kind;
	union {
		struct {
			struct obj *obj;
			struct obj_now now;
			struct bytes code;
		} obj;
		struct {
			struct slot *slot;
			struct u256 now;
			uint32_t gen;
		} slot;
		struct {
			struct transient *cell;
			struct u256 value;
		} transient;
		struct obj *mark;
		uint64_t refund;
	} u;
};

struct state {
	struct arena *arena;
	struct state_source src;
	struct table objs, slots, transients;
	struct obj *changed;
	struct slot *changed_slots;
	struct undo *undo;
	size_t undo_cnt, undo_cap;
	struct obj **touched; /* in this transaction */
	size_t touched_cnt, touched_cap;
	struct log_entry *logs;
	size_t log_cnt, log_cap;
	struct state_code_change *codes;
	size_t code_cnt, code_cap;
	uint64_t refund;
	uint64_t tx; /* counts transactions from 1 */
	enum rc rc;  /* first failure, sticky */
	struct err err;
	struct obj spare; /* what a failed look-up gives */
	struct slot spare_slot;
};

/* state_fail records the first failure. */
void state_fail(struct state *s, enum rc rc, const struct err *e);

/* state_obj finds or loads an account; never NULL. */
struct obj *state_obj(struct state *s, const struct addr *addr);

/* state_obj_edit is state_obj for a change: journaled, on the changed list,
 * and touched. */
struct obj *state_obj_edit(struct state *s, const struct addr *addr);

/* state_obj_slot finds or loads a slot; never NULL. */
struct slot *state_obj_slot(
    struct state *s, const struct addr *addr, const struct hash *key);

/* state_slot_now returns a slot's value, zero when it was wiped. */
const struct u256 *state_slot_now(const struct slot *sl);

/* state_undo_new appends an undo entry; NULL when memory is short. */
struct undo *state_undo_new(struct state *s, enum undo_kind kind);

/* state_grow makes room for one more item in an arena array. */
bool state_grow(
    struct state *s, void **items, size_t cnt, size_t *cap, size_t size);

/* state_wipe starts a new storage generation of an account. */
void state_wipe(struct state *s, struct obj *o);

#endif
