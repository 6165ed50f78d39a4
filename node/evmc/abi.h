/* SPDX-License-Identifier: Apache-2.0
 *
 * EVMC, version 12 of its binary interface: how a program that keeps state
 * (a host) and one that runs code (a machine) meet in one process. Layouts,
 * orders and numbers are the interface's, the words are ours; see
 * https://evmc.ethereum.org for its documentation. Numbers of 256 bits are
 * big-endian and have the layout of struct hash.
 *
 * The function that libsekisho_evm.so exports is at the end.
 */
#ifndef EVMC_ABI_H
#define EVMC_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/types.h"

enum { EVMC_ABI = 12 };

/* What a message is. EOF creations belong to a fork that never came. */
enum evmc_kind {
	EVMC_CALL = 0,
	EVMC_DELEGATECALL = 1,
	EVMC_CALLCODE = 2,
	EVMC_CREATE = 3,
	EVMC_CREATE2 = 4,
	EVMC_EOFCREATE = 5
};

/* Bits of evmc_message.flags: nothing may be written; the code is that of an
 * account which the one called delegates to (EIP-7702). */
enum { EVMC_FLAG_STATIC = 1, EVMC_FLAG_DELEGATED = 2 };

/* The rules that code runs under. */
enum evmc_revision {
	EVMC_FRONTIER = 0,
	EVMC_HOMESTEAD = 1,
	EVMC_TANGERINE = 2,
	EVMC_SPURIOUS = 3,
	EVMC_BYZANTIUM = 4,
	EVMC_CONSTANTINOPLE = 5,
	EVMC_PETERSBURG = 6,
	EVMC_ISTANBUL = 7,
	EVMC_BERLIN = 8,
	EVMC_LONDON = 9,
	EVMC_PARIS = 10,
	EVMC_SHANGHAI = 11,
	EVMC_CANCUN = 12,
	EVMC_PRAGUE = 13,
	EVMC_OSAKA = 14,
	EVMC_EXPERIMENTAL = 15 /* the newest, and what a machine adds to it */
};

/* How a message ended. Below zero: by no rule of the chain. */
enum evmc_status {
	EVMC_SUCCESS = 0,
	EVMC_FAILURE = 1,
	EVMC_REVERT = 2,
	EVMC_OUT_OF_GAS = 3,
	EVMC_INVALID_INSTRUCTION = 4, /* EIP-141's */
	EVMC_UNDEFINED_INSTRUCTION = 5,
	EVMC_STACK_OVERFLOW = 6,
	EVMC_STACK_UNDERFLOW = 7,
	EVMC_BAD_JUMP_DESTINATION = 8,
	EVMC_INVALID_MEMORY_ACCESS = 9,
	EVMC_CALL_DEPTH_EXCEEDED = 10,
	EVMC_STATIC_MODE_VIOLATION = 11,
	EVMC_PRECOMPILE_FAILURE = 12,
	EVMC_INSUFFICIENT_BALANCE = 17,
	EVMC_INTERNAL_ERROR = -1,
	EVMC_REJECTED = -2,
	EVMC_OUT_OF_MEMORY = -3
};

/* What a write did to a slot: from its value before the transaction, by that
 * before the write, to the one behind it. X, Y, Z are not zero and differ. */
enum evmc_storage {
	EVMC_ASSIGNED = 0,         /* nothing, or none of these */
	EVMC_ADDED = 1,            /* 0 0 Z */
	EVMC_DELETED = 2,          /* X X 0 */
	EVMC_MODIFIED = 3,         /* X X Z */
	EVMC_DELETED_ADDED = 4,    /* X 0 Z */
	EVMC_MODIFIED_DELETED = 5, /* X Y 0 */
	EVMC_DELETED_RESTORED = 6, /* X 0 X */
	EVMC_ADDED_DELETED = 7,    /* 0 Y 0 */
	EVMC_MODIFIED_RESTORED = 8 /* X Y X */
};

enum evmc_access { EVMC_COLD = 0, EVMC_WARM = 1 };

/*
 * struct evmc_message is a call or a creation.
 *
 * depth      0 for a transaction's own
 * recipient  whose balance and storage the code sees
 * input      call data; of a creation the init code, which execute gets as
 *            code
 * code_addr  where the code of a call is from
 * code       for hosts that carry it along; the machine leaves it empty
 */
struct evmc_message {
	enum evmc_kind kind;
	uint32_t flags;
	int32_t depth;
	int64_t gas;
	struct addr recipient, sender;
	const uint8_t *input;
	size_t input_len;
	struct hash value, salt;
	struct addr code_addr;
	const uint8_t *code;
	size_t code_len;
};

/* struct evmc_tx is what code can ask of its transaction and block.
 * prev_randao is the difficulty before Paris. Init codes belong to the fork
 * that never came. */
struct evmc_tx {
	struct hash gas_price;
	struct addr origin, coinbase;
	int64_t number, time, gas_limit;
	struct hash prev_randao, chain_id, base_fee, blob_base_fee;
	const struct hash *blob_hashes;
	size_t blob_cnt;
	const void *init_codes;
	size_t init_code_cnt;
};

/*
 * struct evmc_result is how a message ended.
 *
 * refund   gas to count towards the transaction's refund, may be negative
 * output   lives until release, which may be NULL and is called once
 * created  address of a creation that a host ran
 */
struct evmc_result {
	enum evmc_status status;
	int64_t gas_left, refund;
	const uint8_t *output;
	size_t output_len;
	void (*release)(const struct evmc_result *r);
	struct addr created;
	uint8_t room[4]; /* whoever made the result may use it */
};

/* What a host is told apart by; the machine passes it on. */
struct evmc_context;

/* struct evmc_host is what a host can be asked. From EIP-161 on an account
 * that is empty does not exist. */
struct evmc_host {
	bool (*exists)(struct evmc_context *, const struct addr *);
	struct hash (*storage)(
	    struct evmc_context *, const struct addr *, const struct hash *key);
	enum evmc_storage (*set_storage)(struct evmc_context *,
	    const struct addr *, const struct hash *key,
	    const struct hash *value);
	struct hash (*balance)(struct evmc_context *, const struct addr *);
	size_t (*code_size)(struct evmc_context *, const struct addr *);
	struct hash (*code_hash)(struct evmc_context *, const struct addr *);
	size_t (*copy_code)(struct evmc_context *, const struct addr *,
	    size_t from, uint8_t *out, size_t len);
	bool (*selfdestruct)(struct evmc_context *, const struct addr *,
	    const struct addr *heir);
	struct evmc_result (*call)(
	    struct evmc_context *, const struct evmc_message *);
	struct evmc_tx (*tx)(struct evmc_context *);
	struct hash (*block_hash)(struct evmc_context *, int64_t number);
	void (*log)(struct evmc_context *, const struct addr *,
	    const uint8_t *data, size_t len, const struct hash topics[],
	    size_t topic_cnt);
	enum evmc_access (*access_account)(
	    struct evmc_context *, const struct addr *);
	enum evmc_access (*access_storage)(
	    struct evmc_context *, const struct addr *, const struct hash *key);
	struct hash (*transient)(
	    struct evmc_context *, const struct addr *, const struct hash *key);
	void (*set_transient)(struct evmc_context *, const struct addr *,
	    const struct hash *key, const struct hash *value);
};

enum evmc_option_result {
	EVMC_OPTION_SET = 0,
	EVMC_OPTION_NAME = 1, /* no such option */
	EVMC_OPTION_VALUE = 2 /* it cannot have this value */
};

/* What a machine can run: code of the EVM; precompiles by itself. */
enum { EVMC_CAN_EVM = 1, EVMC_CAN_PRECOMPILES = 4 };

/* struct evmc_vm is a machine. set_option may be NULL in general, not in
 * ours. One thread uses a machine at a time; a host's call may execute on the
 * machine that called it. */
struct evmc_vm {
	int abi;
	const char *name, *version;
	void (*destroy)(struct evmc_vm *vm);
	struct evmc_result (*execute)(struct evmc_vm *vm,
	    const struct evmc_host *host, struct evmc_context *context,
	    enum evmc_revision rev, const struct evmc_message *msg,
	    const uint8_t *code, size_t code_len);
	uint32_t (*capabilities)(struct evmc_vm *vm);
	enum evmc_option_result (*set_option)(
	    struct evmc_vm *vm, const char *name, const char *value);
};

/*
 * evmc_create_sekisho makes a machine.
 *
 * Its one option, "memo", is "on" or "off": whether hashes of 64 bytes are
 * remembered. execute refuses (EVMC_REJECTED) kinds and revisions that it
 * does not know, a depth or gas out of range, a chain id above 64 bits, and
 * to be called from any function of a host but call.
 *
 * Returns   NULL when the system has no memory
 * Lifetime  until its destroy
 * Spec      EVMC 12
 */
struct evmc_vm *evmc_create_sekisho(void);

/* evmc_create is the same, for loaders that make up the longer name from that
 * of the file. */
struct evmc_vm *evmc_create(void);

#endif
