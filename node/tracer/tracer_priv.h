/* SPDX-License-Identifier: Apache-2.0
 *
 * What the forms share: the tracer, and what each keeps in it while a
 * transaction runs. All of it lives in the tracer's arena.
 */
#ifndef TRACER_TRACER_PRIV_H
#define TRACER_TRACER_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "evm/trace.h"
#include "tracer/tracer.h"

/* Opcodes that a form looks at. */
enum {
	OP_BALANCE = 0x31,
	OP_EXTCODESIZE = 0x3b,
	OP_EXTCODECOPY = 0x3c,
	OP_EXTCODEHASH = 0x3f,
	OP_SLOAD = 0x54,
	OP_SSTORE = 0x55,
	OP_LOG0 = 0xa0,
	OP_LOG4 = 0xa4,
	OP_CREATE = 0xf0,
	OP_CREATE2 = 0xf5,
	OP_INVALID = 0xfe,
	OP_SELFDESTRUCT = 0xff
};

/* Accounts or slots of one transaction; gas allows less. */
enum { TRACER_ENTRY_MAX = 1 << 22 };

/* struct slot_seen is a storage slot with a value. */
struct slot_seen {
	struct hash key;
	struct u256 value;
	struct slot_seen *next;
};

/* struct steps is what the struct logger keeps. */
struct steps {
	uint64_t cnt;
	bool is_open;      /* a step is told up to its cost */
	bool is_creating;  /* its cost is known when its message begins */
	uint8_t op;        /* of the open one */
	uint64_t cost;     /* of a creation, with the gas given to it */
	struct addr owner; /* of the storage that it reads or writes */
	struct slot_seen slot;
	bool has_slot;
	struct map contracts; /* address to struct contract */
};

/* struct call is a node of the tree of calls; type is an enum evm_call_kind
 * or CALL_SELFDESTRUCT. */
enum { CALL_SELFDESTRUCT = EVM_CREATE2 + 1 };

struct call_log {
	struct addr addr;
	struct hash topics[4];
	size_t topic_cnt;
	struct bytes data;
	size_t position; /* calls of the same frame before it */
	struct call_log *next;
};

struct call {
	int type;
	struct addr from, to;
	struct u256 value;
	uint64_t gas, used;
	struct bytes input, output;
	enum rc rc;
	uint8_t op; /* its last one, when that failed */
	bool is_undone;
	size_t call_cnt;
	struct call *up, *first, *last, *next;
	struct call_log *logs, *last_log;
};

/* struct calls is what the call tracer keeps. */
struct calls {
	struct call *top, *at;    /* at: the one that runs */
	struct call_log *log;     /* of the instruction that runs */
	struct call *destruction; /* likewise */
	size_t size;              /* of the JSON so far, about */
};

/* struct pre_account is an account before the transaction. */
struct pre_account {
	struct addr addr;
	struct u256 balance;
	uint64_t nonce;
	struct hash code_hash;
	struct bytes code; /* view of the state; empty when it is not told */
	bool is_empty;
	struct pre_slot *slots, *last_slot;
	struct pre_account *next;
};

/* struct pre_slot is a slot before and, in the end, behind it. */
struct pre_slot {
	struct hash key;
	struct u256 before, behind;
	struct pre_slot *next;
};

/* struct prestate is what the prestate tracer keeps. */
struct prestate {
	struct map accounts; /* address to struct pre_account */
	struct map slots;    /* address and key to struct pre_slot */
	struct pre_account *first, *last;
};

/* struct subject is what a trace must know of its transaction; to is of a
 * creation the address that it makes. */
struct subject {
	struct addr sender, to, author;
	uint64_t gas;
	enum fork fork;
	const struct tx_auth *auths; /* EIP-7702 */
	size_t auth_cnt;
};

/* struct form is a way of telling. A NULL function is not called. */
struct form {
	void (*begin)(struct tracer *t);
	void (*step)(struct tracer *t, const struct evm_step *s);
	void (*after)(struct tracer *t, uint64_t cost, enum rc rc);
	void (*enter)(struct tracer *t, const struct evm_msg *msg);
	void (*leave)(struct tracer *t, const struct evm_result *r);
	void (*end)(struct tracer *t, uint64_t gas_used);
	void (*drop)(struct tracer *t); /* what is not in the arena */
};

extern const struct form tracer_steps, tracer_calls, tracer_prestate;

struct tracer {
	struct tracer_conf conf;
	const struct form *form;
	struct evm_tracer hooks;
	tracer_over_fn *is_over;
	void *ctx;
	struct arena arena; /* of the running transaction */
	struct jsonw *w;
	struct state *st;
	struct subject tx;
	unsigned ticks;
	unsigned depth; /* messages begun and not ended */
	uint8_t op;     /* the last instruction */
	bool has_stopped;
	enum rc why; /* it has */
	enum rc rc;  /* of the transaction's own message */
	struct bytes output;
	union {
		struct steps steps;
		struct calls calls;
		struct prestate prestate;
	};
};

/* tracer_put_flat writes the tree of calls below top in the forms of
 * flat.c. */
void tracer_put_flat(const struct tracer *t, struct call *top);

/* tracer_stop ends the trace, and the run with it. */
void tracer_stop(struct tracer *t, enum rc why);

/* tracer_alloc is arena_alloc that ends the trace when it fails. */
void *tracer_alloc(struct tracer *t, size_t size);

/* tracer_keep copies bytes into the arena, and ends the trace when it cannot.
 */
struct bytes tracer_keep(struct tracer *t, struct bytes in);

/* tracer_put_op writes the name of an instruction, tracer_put_error how one
 * or its frame ended, in go-ethereum's words. */
void tracer_put_op(struct jsonw *w, uint8_t op);
void tracer_put_error(struct jsonw *w, enum rc rc, uint8_t op);

/* tracer_key_hex writes 0x text as a member's name: up to 32 bytes. */
void tracer_key_hex(struct jsonw *w, struct bytes name);

/* tracer_put_word writes 32 bytes, tracer_put_addr an address. */
void tracer_put_word(struct jsonw *w, const struct u256 *v);
void tracer_put_addr(struct jsonw *w, const struct addr *a);

/* tracer_word_addr and tracer_word_hash read a word of the stack. */
struct addr tracer_word_addr(const struct u256 *w);
struct hash tracer_word_hash(const struct u256 *w);

#endif
