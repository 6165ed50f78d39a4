/* SPDX-License-Identifier: Apache-2.0
 *
 * A node without threads behind the JSON-RPC library: real store, chain,
 * Clique engine with one sealer, and pool. Questions go through reader, pool,
 * core and finish as noded would drive them.
 */
#ifndef UNIT_RPC_RIG_H
#define UNIT_RPC_RIG_H

#include <jansson.h>

#include "chain/chain.h"
#include "consensus/clique.h"
#include "evm/evm.h"
#include "rpc/rpc.h"
#include "test.h"

enum { RIG_KEYS = 4, RIG_CHAIN_ID = 31337, RIG_BASE_FEE = 7 };

/* What each key has at genesis: 10^18. */
#define RIG_FUNDS 1000000000000000000ULL

/* An account with code and storage at genesis. */
#define RIG_CODE_ADDR "0xc0de000000000000000000000000000000000001"

/* Two accounts whose code logs three topics: 0x11, who called, with what
 * value. One that logs 200 times without a topic. One that logs each byte of
 * its call data as a topic, with the caller as a second one from 0x80 on. */
#define RIG_LOG_A     "0xc0de00000000000000000000000000000000000a"
#define RIG_LOG_B     "0xc0de00000000000000000000000000000000000b"
#define RIG_LOG_MANY  "0xc0de00000000000000000000000000000000000c"
#define RIG_LOG_BYTES "0xc0de00000000000000000000000000000000000d"

struct rig {
	struct arena arena;
	struct genesis g;
	struct clock_fake hands;
	struct clock clock;
	struct store *store;
	struct store_view *view; /* of the head that the pool knows */
	struct chain *chain;
	struct engine *engine;
	struct pool *pool;
	struct evm *vm;
	struct rpc_node node;
	_Atomic(uint64_t) final_depth, peer_cnt;
	const struct rpc_keys *keys; /* NULL: no keeper */
	bool has_vote;               /* the last rpc_run_core said so */
	bool needs_sync;             /* the last rpc_run_pool said so */
	struct rpc_doc *doc;         /* of the last question */
};

/* rig_open starts with blocks of 30 M gas, rig_open_small with room for so
 * many transfers. */
void rig_open(struct rig *r);
void rig_open_small(struct rig *r, unsigned transfers);
void rig_close(struct rig *r);

struct addr rig_addr(unsigned key);
const char *rig_addr_text(unsigned key);

/* rig_ask asks from node.ipc, rig_ask_gateway from rpc.sock. The answer
 * without its line feed lives until the next question; "" when none is owed.
 */
const char *rig_ask(struct rig *r, const char *text);
const char *rig_ask_gateway(struct rig *r, const char *text);
const char *rig_ask_bytes(
    struct rig *r, enum rpc_source source, struct bytes text);

/* rig_begin does only the reader's part; rig_end the rest. */
void rig_begin(struct rig *r, enum rpc_source source, struct bytes text);
const char *rig_end(struct rig *r);

/* rig_core is what core's thread would lend a document. */
struct rpc_core rig_core(struct rig *r);

/* rig_call asks one method with these params ("[...]") and id 1. */
const char *rig_call(struct rig *r, const char *method, const char *params);

/* rig_result is the text of result ("null" and so on) of rig_call. */
const char *rig_result(struct rig *r, const char *method, const char *params);

/* rig_expect compares a whole result or error of rig_call: want is the
 * result's text, or "CODE MESSAGE" of an error. */
void rig_expect(const char *file, int line, struct rig *r, const char *method,
    const char *params, const char *want);
#define EXPECT_CALL(r, method, params, want)                                   \
	rig_expect(__FILE__, __LINE__, r, method, params, want)

/* rig_json parses an answer; the caller drops it with json_decref. */
json_t *rig_json(const char *text);

/* rig_member is the text of a member of rig_result's object: strings without
 * quotes, everything else as JSON; "-" when it is not there. */
const char *rig_member(
    struct rig *r, const char *method, const char *params, const char *member);

/* struct rig_tx says what differs from a legacy transfer of nothing with
 * 21,000 gas at the base fee. */
struct rig_tx {
	unsigned from;
	uint64_t nonce, gas, value, chain_id;
	uint64_t fee, tip; /* of type 2; fee: price of the others */
	enum tx_type type;
	bool is_create, is_unprotected;
	const char *to;   /* NULL: an address without code */
	size_t data_len;  /* so many zeros, or */
	const char *data; /* hex */
};

/* rig_raw signs it: "0x..." that lives until rig_close. */
const char *rig_raw(struct rig *r, const struct rig_tx *t);

/* rig_send sends it by JSON-RPC and returns the hash, or the error's text. */
const char *rig_send(struct rig *r, const struct rig_tx *t);

/* rig_sign signs a digest: r, s, y_parity. */
void rig_sign(uint8_t out[65], unsigned key_no, const struct hash *digest);

/* rig_mine seals a block of what the pool picks; returns its number. */
uint64_t rig_mine(struct rig *r);

/* rig_flush moves blocks to the tables: all with is_forced, else when there
 * are many. */
void rig_flush(struct rig *r, bool is_forced);

/* rig_hash is the text of a canonical block's hash. */
const char *rig_hash(struct rig *r, uint64_t number);

/* rig_fmt formats a text that lives until rig_close. */
const char *rig_fmt(struct rig *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
