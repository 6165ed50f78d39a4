/* SPDX-License-Identifier: Apache-2.0
 *
 * What methods share that run code for nobody: call objects, overrides of
 * state and block, and what a single call runs on.
 */
#ifndef RPC_SIMULATE_PRIV_H
#define RPC_SIMULATE_PRIV_H

#include "chain/chain.h"
#include "eth/block.h"
#include "exec/call.h"
#include "rpc/rpc_priv.h"

/*
 * Slots that the overrides of one call may set: each goes through the journal
 * of every state that is made for the call. Its accounts are bounded by
 * RPC_JSON_MEMBER_MAX.
 */
enum { RPC_OVERRIDE_SLOT_MAX = 10000 };

/* rpc_member returns a member that is there and not null, or NULL. */
const struct rpc_json *rpc_member(const struct rpc_json *obj, const char *name);

/* Members by name; one that is not there leaves *out, and *has, as they are.
 * has may be NULL. Errors name the member. */
enum rc rpc_get_addr(struct addr *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e);
enum rc rpc_get_hash(struct hash *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e);
enum rc rpc_get_u64(uint64_t *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e);
enum rc rpc_get_u256(struct u256 *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e);
enum rc rpc_get_data(struct arena *a, struct bytes *out, bool *has,
    const struct rpc_json *obj, const char *name, struct err *e);
enum rc rpc_get_bool(
    bool *out, const struct rpc_json *obj, const char *name, struct err *e);

/* callobj.c */

/* struct rpc_callobj is a call object as it came: tx has what was given, the
 * rest is zero. */
struct rpc_callobj {
	struct addr from;
	struct tx tx;
	bool has_gas, has_nonce, has_gas_price, has_fee, has_tip;
};

/*
 * rpc_callobj_read reads a call object.
 *
 * Errors    RC_BAD_INPUT naming the member; RC_UNSUPPORTED for blobs
 *           themselves; RC_NO_MEMORY
 * Lifetime  the arena of the call
 */
enum rc rpc_callobj_read(struct rpc_call *c, struct rpc_callobj *out,
    const struct rpc_json *obj, struct err *e);

/* rpc_callobj_call makes the call of eth_call and its kin of it. RC_BAD_INPUT
 * when the tip exceeds the fee */
enum rc rpc_callobj_call(
    struct exec_call *out, const struct rpc_callobj *o, struct err *e);

/* override.c */

struct rpc_slot {
	struct hash key;
	struct u256 value;
};

/* struct rpc_override is what one account is made to be. */
struct rpc_override {
	struct addr addr, move_to;
	bool has_nonce, has_balance, has_code, has_move;
	bool replaces; /* slots are all that there are */
	uint64_t nonce;
	struct u256 balance;
	struct bytes code;
	struct rpc_slot *slots;
	size_t slot_cnt;
};

struct rpc_overrides {
	struct rpc_override *v;
	size_t cnt;
};

/*
 * rpc_overrides_read reads an object from address to override; NULL is none.
 *
 * slots_left  reduced by the slots that are set
 * Errors      RC_BAD_INPUT, RC_TOO_LARGE (too many slots), RC_NO_MEMORY
 */
enum rc rpc_overrides_read(struct rpc_call *c, struct rpc_overrides *out,
    size_t *slots_left, const struct rpc_json *obj, struct err *e);

/*
 * rpc_overrides_moves sets what the overrides do to the precompiles of a
 * block: one that is overridden is code from then on.
 *
 * Errors  RC_UNSUPPORTED  what is to be moved is no precompile, or goes where
 *                         another override is; RC_SIM_MOVED_TWICE;
 *                         RC_NO_MEMORY
 */
enum rc rpc_overrides_moves(struct arena *a, struct evm_block *b,
    const struct rpc_overrides *o, struct err *e);

/* rpc_overrides_apply changes a state as if a transaction had done it. */
void rpc_overrides_apply(struct state *st, const struct rpc_overrides *o);

/* struct rpc_block_override is what a block is made to be. */
struct rpc_block_override {
	bool has_number, has_time, has_gas_limit, has_difficulty, has_coinbase,
	    has_mix, has_base_fee, has_blob_fee, has_beacon_root,
	    has_withdrawals;
	uint64_t number, time, gas_limit;
	struct u256 difficulty, base_fee, blob_fee;
	struct addr coinbase;
	struct hash mix, beacon_root;
	struct withdrawal *withdrawals;
	size_t withdrawal_cnt;
};

/* rpc_block_override_read reads a block's overrides; NULL is none. */
enum rc rpc_block_override_read(struct rpc_call *c,
    struct rpc_block_override *out, const struct rpc_json *obj, struct err *e);

/* rpc_block_override_apply changes the fields of a header. */
void rpc_block_override_apply(
    struct header *h, const struct rpc_block_override *o);

/* simulate.c */

/* struct rpc_simulation is one call with all that it runs on. */
struct rpc_simulation {
	const struct store_view *view;
	struct chain_link link;
	struct state_source source;
	struct header header;
	struct addr author; /* of the header */
	struct exec_env env;
	struct exec_call call;
	struct rpc_overrides overrides;
};

/*
 * rpc_simulation_open reads the arguments of eth_call and its kin (call,
 * block, overrides of state and of the block) and makes what it runs on; the
 * machine is the document's. s stays where it is.
 */
enum rc rpc_simulation_open(
    struct rpc_call *c, struct rpc_simulation *s, struct err *e);

/* rpc_gas_estimate is eth_estimateGas: the least gas with which the call of
 * the arguments does not fail. RC_REVERT leaves the data in c. */
enum rc rpc_gas_estimate(struct rpc_call *c, uint64_t *gas, struct err *e);

/* rpc_halt_fail returns rc, which ended a call, with the words that clients
 * are told: of a revert also those of its Error(string) or Panic(uint256). */
enum rc rpc_halt_fail(enum rc rc, struct bytes output, struct err *e);

/* rpc_simulation_state makes a state with the overrides, in the arena of the
 * call; NULL: no memory. */
struct state *rpc_simulation_state(
    struct rpc_call *c, const struct rpc_simulation *s);

#endif
