/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of struct state. Accounts and slots come into memory once and
 * stay; a change writes what was before into the journal and the new value in
 * place. Transactions are numbered, so that marks of one (warm, touched,
 * original) end with it without a visit.
 *
 * A wiped account (destroyed, or created where one was) gets a new storage
 * generation: a slot whose value is of an older one reads as zero.
 */
#ifndef STATE_STATE_PRIV_H
#define STATE_STATE_PRIV_H

#include "base/arena.h"
#include "state/state.h"
#include "state/table_priv.h"

struct slot;

/* What of an account is undone together: it changes rarely. */
struct obj_life {
	bool exists;
	bool is_new;       /* created in this transaction (EIP-6780) */
	bool is_destroyed; /* to be removed when this transaction ends */
	uint32_t gen;      /* of its storage */
};

struct obj {
	struct addr addr; /* the table's key: first */
	bool is_loaded, had_before, has_changed;
	struct obj_life life;
	uint32_t warm_tx, touched_tx; /* transaction that did so last */
	struct account now, before;   /* before: when the block began */
	struct bytes code;            /* of now; ptr NULL: not loaded */
	struct slot *slots;           /* changed ones */
	struct obj *next_changed;
};

struct slot {
	struct obj *obj; /* the table's key: obj and key, first */
	struct hash key;
	struct u256 before, now, original; /* when block, transaction began */
	uint32_t gen;                      /* of now */
	uint32_t original_tx, warm_tx;
	bool is_loaded, has_changed;
	struct slot *next; /* of obj->slots */
};

struct transient {
	struct obj *obj; /* key as in struct slot */
	struct hash key;
	struct u256 value;
	uint32_t tx; /* that value belongs to */
};
_Static_assert(
    offsetof(struct slot, key) == 8 && offsetof(struct transient, key) == 8,
    "a pointer and a hash make a key without holes");

enum undo_kind {
	UNDO_NONCE,
	UNDO_BALANCE,
	UNDO_CODE,
	UNDO_LIFE,
	UNDO_TOUCH,
	UNDO_WARM_ADDR,
	UNDO_SLOT,
	UNDO_WARM_SLOT,
	UNDO_TRANSIENT,
	UNDO_LOG,
	UNDO_CREATION,
	UNDO_REFUND,
	UNDO_BURNT
};

/* What an account's code was. */
struct old_code {
	struct hash hash;
	struct bytes code;
};

struct undo {
	enum undo_kind kind;
	uint32_t gen; /* UNDO_SLOT */
	union {
		struct obj *obj;
		struct slot *slot;
		struct transient *transient;
	} of;
	union {
		struct u256 value; /* balance, slot, transient, burnt */
		uint64_t number;   /* nonce, refund */
		struct obj_life life;
		struct old_code *code;
	} was;
};

struct state {
	struct arena *arena;
	struct state_source src;
	uint64_t secret[TABLE_SECRETS];
	struct table objs, slots, transients;
	struct obj *last;    /* found last */
	struct obj *changed; /* in this block */
	struct undo *undo;   /* of the running transaction */
	size_t undo_cnt, undo_cap;
	struct log_entry *logs;
	size_t log_cnt, log_cap;
	const struct state_creation *creations;
	uint64_t refund;
	struct u256 burnt;      /* in this block, with destroyed accounts */
	uint32_t tx;            /* counts transactions from 1 */
	struct obj *kept_touch; /* touched whatever is undone */
	enum rc rc;             /* first failure, sticky */
	struct err err;
	struct obj spare; /* what stands for an account without memory */
	struct slot spare_slot;
};

/* state_fail records the first failure. */
void state_fail(struct state *s, enum rc rc, const struct err *e);

/* state_obj_of finds an account or makes room for it, without reading it.
 * Never NULL, also after a failure; so are the next two. */
struct obj *state_obj_of(struct state *s, const struct addr *addr);

/* state_obj is state_obj_of, read from the source. */
struct obj *state_obj(struct state *s, const struct addr *addr);

/* state_slot_of finds a slot, or makes room for it, without reading it. */
struct slot *state_slot_of(
    struct state *s, struct obj *o, const struct hash *key);

/* state_slot_read reads a slot from the source if that was not done. */
void state_slot_read(struct state *s, struct slot *sl);

/* state_slot_now returns the value of a slot that was read. */
const struct u256 *state_slot_now(const struct slot *sl);

/* state_slot_list puts a slot on its account's list of changed ones. */
void state_slot_list(struct slot *sl);

/* state_has_stored tells whether the source may have slots of an account that
 * are not wiped since. */
bool state_has_stored(const struct obj *o);

/* state_undo appends to the journal; NULL when memory is short. */
struct undo *state_undo(struct state *s, enum undo_kind kind);

/* state_undo_obj is state_undo for a change of o, which is touched by it and
 * listed as changed. */
struct undo *state_undo_obj(
    struct state *s, enum undo_kind kind, struct obj *o);

/* state_forget empties the journal at a transaction's end. */
void state_forget(struct state *s);

#endif
