/* SPDX-License-Identifier: Apache-2.0
 *
 * Subscriptions of connections (eth_subscribe): who wants to hear what, and
 * what each is told of a block or of pending transactions. Pure: no thread,
 * no socket. Its owner brings documents (rpc_run_subs), blocks and
 * transactions, and writes what it is given to say.
 *
 * Order: of an undone block its logs are told, last first; of a new one its
 * head, then its logs. Undone blocks come before new ones when the owner
 * brings them so. What a subscription is told follows the answer that named
 * it when the owner sends both the same way.
 */
#ifndef RPC_SUBS_H
#define RPC_SUBS_H

#include "eth/header.h"
#include "rpc/rpc.h"

/*
 * Bounds of all connections together: subscriptions, and bytes that they take
 * (a filter of thousands of topics has its price). One connection's are in
 * struct rpc_subs_conf.
 */
enum { RPC_SUBS_MAX = 65536, RPC_SUBS_BYTES_MAX = 64 * 1024 * 1024 };

/* Bytes of an id: nobody guesses one. */
enum { RPC_SUB_ID_BYTES = 16 };

struct rpc_subs;

/* struct rpc_client is a connection: its place, and which one in that place. */
struct rpc_client {
	uint32_t slot, generation;
};

struct rpc_subs_conf {
	uint32_t slots;       /* places of connections, all below it */
	size_t per_client[2]; /* most subscriptions of one, by rpc_source */
	void (*fill)(void *out, size_t len); /* with random bytes, for ids */
};

/* rpc_subs_new makes an empty registry; NULL: no memory. */
struct rpc_subs *rpc_subs_new(const struct rpc_subs_conf *conf);
void rpc_subs_free(struct rpc_subs *s);

/* rpc_subs_cnt counts the subscriptions. */
size_t rpc_subs_cnt(const struct rpc_subs *s);

/* Whether the document needs a turn of the registry: after pool and core. */
bool rpc_needs_subs(const struct rpc_doc *d);

/*
 * rpc_run_subs subscribes and unsubscribes for the connection that the
 * document came from, in the order of its calls. A bound that is reached is
 * the call's answer.
 *
 * Thread  the registry's
 */
void rpc_run_subs(
    struct rpc_doc *d, struct rpc_subs *s, const struct rpc_client *client);

/* rpc_subs_end forgets all subscriptions of a connection. */
void rpc_subs_end(struct rpc_subs *s, const struct rpc_client *client);

/*
 * rpc_subs_clients lists the connections that have subscriptions.
 *
 * Returns  false when memory is short
 */
bool rpc_subs_clients(const struct rpc_subs *s, struct arena *a,
    struct rpc_client **out, size_t *cnt);

/* struct rpc_sub_to is one subscription to be told something. */
struct rpc_sub_to {
	struct rpc_client client;
	uint8_t id[RPC_SUB_ID_BYTES];
};

/* rpc_say_fn tells the same to some subscriptions, at least one. result is
 * JSON; both live until it returns. */
typedef void rpc_say_fn(
    void *ctx, struct bytes result, const struct rpc_sub_to *to, size_t cnt);

/* struct rpc_news is a block that came or went. Its receipts (receipts_pack
 * form) are looked at when its bloom is not empty. */
struct rpc_news {
	bool is_undone;
	struct hash hash;
	const struct header *header;
	const struct hash *tx_hashes;
	size_t tx_cnt;
	struct bytes receipts;
};

/*
 * rpc_subs_block tells of a block.
 *
 * Errors  RC_NO_MEMORY, RC_CORRUPT: some were not told all
 */
enum rc rpc_subs_block(struct rpc_subs *s, const struct rpc_news *news,
    rpc_say_fn *say, void *ctx, struct err *e);

/* rpc_subs_pending tells of transactions that became executable; errors as
 * above. */
enum rc rpc_subs_pending(struct rpc_subs *s, struct pool_tx *const *txs,
    size_t cnt, rpc_say_fn *say, void *ctx, struct err *e);

/*
 * rpc_note_bytes is how long a notification with a result of so many bytes
 * is, and rpc_note_put writes it with the line feed that ends it; out has room
 * for that much.
 */
size_t rpc_note_bytes(size_t result_len);
void rpc_note_put(
    uint8_t *out, const struct rpc_sub_to *to, struct bytes result);

#endif
