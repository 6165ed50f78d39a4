/* SPDX-License-Identifier: Apache-2.0
 *
 * A node without threads: genesis with funded keys, a real store in a
 * temporary folder, an engine, a chain, and blocks made by hand. Several can
 * stand side by side and hand each other blocks.
 */
#ifndef UNIT_CHAIN_YARD_H
#define UNIT_CHAIN_YARD_H

#include "chain/chain.h"
#include "consensus/clique.h"
#include "test.h"

/* Keys whose addresses ascend; the first are sealers under Clique. */
enum { YARD_KEYS = 8, YARD_SIGNERS = 3, YARD_TX_MAX = 256 };

/* What each key has at genesis. */
#define YARD_FUNDS 1000000000000000000ULL

struct yard {
	struct arena arena; /* transactions and raw blocks */
	char dir[96];
	struct genesis g;
	struct store_conf conf;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	bool is_clique;
	size_t self;                             /* the sealer's key */
	uint64_t nonce[YARD_KEYS];               /* of the next yard_tx */
	struct chain_candidate txs[YARD_TX_MAX]; /* for the next block */
	size_t tx_cnt;
	struct chain_change change; /* of the last step */
	struct err e;               /* of the last failing step */
};

/* yard_open starts a node of this name in the test's folder under the rules
 * of fork f: without an engine, or as sealer self of Clique. */
void yard_open(struct yard *y, const char *name, enum fork f);
void yard_open_clique(struct yard *y, const char *name, size_t self);

/* yard_stop closes chain, engine and store as a crash would leave them:
 * nothing is flushed. yard_start opens them again. */
void yard_stop(struct yard *y);
enum rc yard_start(struct yard *y);

/* yard_move gives a stopped node another, empty folder. */
void yard_move(struct yard *y, const char *name);

/* yard_close stops the node and frees everything. */
void yard_close(struct yard *y);

const uint8_t *yard_key(size_t i);
struct addr yard_addr(size_t i);

/* yard_target is an address without a key. */
struct addr yard_target(uint8_t n);

/* yard_ghost is an account that genesis gives three slots and nothing else:
 * whoever touches it ends it (EIP-161). */
struct addr yard_ghost(void);
struct hash yard_ghost_key(size_t i);

/* yard_sign signs tx with key i; the transaction lives until yard_close. */
const struct tx *yard_sign(struct yard *y, struct tx *tx, size_t from);

/* yard_tx puts a transfer from key to address at a price of 2 gwei on the
 * list of the next block. */
const struct tx *yard_tx(
    struct yard *y, size_t from, struct addr to, uint64_t value);

/* yard_sync_nonces sets the next nonces to those of the head's state. */
void yard_sync_nonces(struct yard *y);

/* yard_template fills what an engine would: a child of the head. */
struct header yard_template(struct yard *y, uint64_t difficulty);

/* yard_seal signs a complete header under Clique. */
void yard_seal(struct yard *y, struct header *h);

/* yard_build builds the listed transactions and empties the list. */
enum rc yard_build(struct yard *y, struct header *out, uint64_t difficulty);

/* yard_block builds, seals and commits; difficulty 0 takes what the engine
 * wants. Returns the new head's raw bytes, which live until yard_close. */
struct bytes yard_block(struct yard *y, uint64_t difficulty);

/* yard_give imports raw. */
enum rc yard_give(struct yard *y, struct bytes raw);

/* yard_raw copies the canonical block at number. */
struct bytes yard_raw(struct yard *y, uint64_t number);

uint64_t yard_balance(struct yard *y, struct addr a);
uint64_t yard_head(struct yard *y);
struct hash yard_hash(struct yard *y, uint64_t number);

/* yard_forge encodes block b, whose parts the caller has changed. */
struct bytes yard_forge(struct yard *y, const struct block *b);

/* yard_decode decodes raw into the yard's arena. */
struct block yard_decode(struct yard *y, struct bytes raw);

#endif
