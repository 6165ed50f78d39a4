/* SPDX-License-Identifier: Apache-2.0
 *
 * The world state of one block under execution: reads through a source,
 * keeps every change in memory with a journal, and at the end tells what
 * changed and what the new root is. It knows no database.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include "base/arena.h"
#include "eth/receipt.h"
#include "eth/statediff.h"
#include "trie/trie.h"

/*
 * struct state_source reads committed state. Absent accounts give
 * *found = false, absent slots give zero. Code views stay valid as long as
 * the source.
 */
struct state_source {
	enum rc (*account)(void *ctx, struct account *out, bool *found,
	    const struct addr *addr, struct err *e);
	enum rc (*slot)(void *ctx, struct u256 *out, const struct addr *addr,
	    const struct hash *key, struct err *e);
	enum rc (*code)(void *ctx, struct bytes *out, const struct hash *hash,
	    struct err *e);
	/* each_slot names every stored slot of an account, once each, until
	 * say returns false. NULL where the source cannot list: then what
	 * wiped storage has no diff (RC_UNSUPPORTED), and stored storage
	 * counts as not empty. */
	enum rc (*each_slot)(void *ctx, const struct addr *addr,
	    bool (*say)(
		void *arg, const struct addr *addr, const struct hash *key),
	    void *arg, struct err *e);
	void *ctx;
};

struct state;

/*
 * state_new opens a state over src.
 *
 * a         everything the state ever allocates; the caller drops it after
 *           the last use of the state and of its changes
 * Returns   NULL when memory is short
 */
struct state *state_new(struct arena *a, const struct state_source *src);

/*
 * Reads. A failure of the source is sticky: the read gives zero and
 * state_error reports it, so that execution need not test every read.
 */
bool state_exists(struct state *s, const struct addr *addr);
bool state_is_empty(struct state *s, const struct addr *addr); /* EIP-161 */
uint64_t state_nonce(struct state *s, const struct addr *addr);
void state_balance(struct state *s, struct u256 *out, const struct addr *addr);
void state_code_hash(
    struct state *s, struct hash *out, const struct addr *addr);
struct bytes state_code(struct state *s, const struct addr *addr);
void state_slot(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key);

/* state_slot_original reads a slot as it was before this transaction
 * (EIP-1283, EIP-2200). */
void state_slot_original(struct state *s, struct u256 *out,
    const struct addr *addr, const struct hash *key);

/* state_has_storage tells whether an account has any stored slot
 * (EIP-7610). */
bool state_has_storage(struct state *s, const struct addr *addr);

/* state_error returns the first failure since state_new. */
enum rc state_error(const struct state *s, struct err *e);

/* state_no_memory makes one of it that execution found no memory. */
void state_no_memory(struct state *s);

/* state_stop makes one of it, RC_TIMEOUT, that execution was ended. */
void state_stop(struct state *s);

/*
 * Writes. Each is journaled and touches its account (EIP-161); all but
 * state_sub_balance, state_set_slot and state_destroy make it exist.
 */
void state_touch(struct state *s, const struct addr *addr);
/* state_create begins a contract: new, nonce 0, no code, no storage; what
 * balance was there stays. */
void state_create(struct state *s, const struct addr *addr);
void state_set_nonce(struct state *s, const struct addr *addr, uint64_t nonce);
void state_set_balance(
    struct state *s, const struct addr *addr, const struct u256 *balance);
void state_set_code(
    struct state *s, const struct addr *addr, struct bytes code);
void state_set_slot(struct state *s, const struct addr *addr,
    const struct hash *key, const struct u256 *value);

/* state_destroy marks an account for removal, storage included, at the end of
 * the transaction; moving its balance is the caller's. */
void state_destroy(struct state *s, const struct addr *addr);
bool state_is_destroyed(struct state *s, const struct addr *addr);
/* state_is_new: created in this transaction (EIP-6780). */
bool state_is_new(struct state *s, const struct addr *addr);

/* Balance moves. state_sub_balance returns false, changing nothing, when the
 * account has less than amount. */
void state_add_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount);
bool state_sub_balance(
    struct state *s, const struct addr *addr, const struct u256 *amount);

/*
 * state_burn takes an account's whole balance out of the world; state_burnt
 * is how much went so since state_new, what accounts had that were removed
 * included.
 */
void state_burn(struct state *s, const struct addr *addr);
void state_burnt(const struct state *s, struct u256 *out);

/* Logs of the running transaction. A log's data is copied; what
 * state_logs returns lives as long as the arena. */
void state_add_log(struct state *s, const struct log_entry *log);
const struct log_entry *state_logs(const struct state *s, size_t *cnt);

/* Contracts that came to be in the running transaction, the last one first;
 * NULL: none. What state_creations returns lives as long as the arena. */
struct state_creation {
	struct creation c;
	const struct state_creation *before;
};
void state_add_creation(
    struct state *s, const struct addr *made, const struct addr *by);
const struct state_creation *state_creations(const struct state *s);

/* Refunds of the running transaction. */
void state_add_refund(struct state *s, uint64_t gas);
void state_sub_refund(struct state *s, uint64_t gas);
uint64_t state_refund(const struct state *s);

/* Warm sets (EIP-2929); the return tells whether it was warm before. Nothing
 * is read from the source. */
bool state_warm_addr(struct state *s, const struct addr *addr);
bool state_warm_slot(
    struct state *s, const struct addr *addr, const struct hash *key);

/*
 * A slot found once, for the machine: state_load is state_slot and
 * state_warm_slot together; state_slot_open reads all that an SSTORE asks of
 * a slot and warms it, state_slot_put sets it.
 */
struct slot;
struct state_slot_view {
	struct u256 now, original;
	bool was_warm;
	struct slot *at; /* as long as the state */
};
bool state_load(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key);
void state_slot_open(struct state *s, struct state_slot_view *out,
    const struct addr *addr, const struct hash *key);
void state_slot_put(struct state *s, struct slot *sl, const struct u256 *value);

/* Transient storage (EIP-1153). */
void state_transient(struct state *s, struct u256 *out, const struct addr *addr,
    const struct hash *key);
void state_set_transient(struct state *s, const struct addr *addr,
    const struct hash *key, const struct u256 *value);

/* state_snapshot and state_revert bracket a call frame. */
size_t state_snapshot(struct state *s);
void state_revert(struct state *s, size_t snapshot);

/*
 * state_end_tx closes a transaction: removes destroyed accounts and, with
 * clear_empty, touched empty ones (EIP-161); forgets logs, refunds, warm and
 * transient sets.
 */
void state_end_tx(struct state *s, bool clear_empty);

/*
 * state_diff_take collects what changed since state_new; the state may go on
 * afterwards. storage_root of the after values is still the old one;
 * state_root sets it. New code is listed once, also when another account
 * had the same before.
 *
 * Lifetime  the arena of state_new
 * Errors    that of state_error, RC_NO_MEMORY, RC_UNSUPPORTED (each_slot)
 */
enum rc state_diff_take(struct state *s, struct state_diff *out, struct err *e);

/* struct state_tries reads trie nodes: the account trie, and the storage
 * trie of an account. */
struct state_tries {
	enum rc (*node)(void *ctx, struct bytes *out,
	    const struct hash *account, /* addr_hash; NULL: account trie */
	    const struct trie_path *path, struct err *e);
	void *ctx;
};

/* STATE_SOURCE_EMPTY and STATE_TRIES_EMPTY read a state in which nothing is
 * stored; asking for code is RC_CORRUPT. */
extern const struct state_source STATE_SOURCE_EMPTY;
extern const struct state_tries STATE_TRIES_EMPTY;

/*
 * state_root computes the state root after diff and fills storage_root of
 * the after values. Of the before values it needs had_before and
 * storage_root only.
 *
 * parent_root  root before the block
 * Lifetime     nodes live in the arena, and nothing else is left there
 * Errors       those of trie_update and of tries
 */
enum rc state_root(struct arena *a, struct hash *root, struct state_nodes *out,
    struct state_diff *diff, const struct hash *parent_root,
    const struct state_tries *tries, struct err *e);

#endif
