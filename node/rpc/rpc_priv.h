/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of rpc share: the document, its calls, what a handler sees,
 * arguments, lookups.
 */
#ifndef RPC_RPC_PRIV_H
#define RPC_RPC_PRIV_H

#include "base/jsonw.h"
#include "rpc/json_priv.h"
#include "rpc/rpc.h"

/*
 * Bounds that no caller sets. Memory of one document: a batch's values and a
 * decoded block for the time of a call, results until the answer. Most
 * arguments of a method. Calls that read many blocks, per document. Gas of a
 * simulated call, and time of one that has no time of its own (reliability
 * N4).
 */
enum {
	RPC_SCRATCH_MAX = 256 * 1024 * 1024,
	RPC_KEEP_MAX = 2 * RPC_ANSWER_MAX + 4 * RPC_DOC_MAX,
	RPC_ARG_MAX = 6,
	RPC_SCAN_MAX = 10,
	RPC_KEY_MAX = 4, /* each takes up to a second of the keeper */
	RPC_CALL_GAS_MAX = 50000000,
	RPC_CALL_MS = 5000
};

/* What is left to do for a call when its handler is done. */
enum rpc_pool_work {
	RPC_POOL_NONE,
	RPC_POOL_SUBMIT, /* tx */
	RPC_POOL_FIND,   /* hash; want_raw */
	RPC_POOL_NONCE,  /* addr, nonce of the account */
	RPC_POOL_FILL,   /* addr, nonce of the account, fill */
	RPC_POOL_STATUS,
	RPC_POOL_LIST,  /* list_form; addr with FROM, own with OWN */
	RPC_POOL_HEALTH /* stats for the core's turn */
};

enum rpc_core_work {
	RPC_CORE_NONE,
	RPC_CORE_SIGNERS,  /* hash */
	RPC_CORE_SNAPSHOT, /* hash */
	RPC_CORE_STATUS,   /* hash, activity */
	RPC_CORE_PROPOSALS,
	RPC_CORE_PROPOSE, /* addr, is_add */
	RPC_CORE_DISCARD, /* addr */
	RPC_CORE_HEALTH,  /* stats */
	RPC_CORE_IMPORT   /* raw */
};

enum rpc_subs_work {
	RPC_SUBS_NONE,
	RPC_SUBS_ADD, /* sub */
	RPC_SUBS_DROP /* sub_id */
};

struct rpc_sub;
struct rpc_key_ask;

/* Who sealed how many of the last blocks. */
enum { RPC_ACTIVITY_BLOCKS = 64 };

struct rpc_activity {
	struct addr signer[RPC_ACTIVITY_BLOCKS];
	unsigned sealed[RPC_ACTIVITY_BLOCKS];
	size_t signer_cnt, block_cnt, in_turn_cnt;
};

/* How the pool's list is written. */
enum rpc_list_form {
	RPC_LIST_CONTENT,
	RPC_LIST_FROM,
	RPC_LIST_INSPECT,
	RPC_LIST_OWN
};

/* struct rpc_item is one call of a document. */
struct rpc_item {
	struct bytes id;   /* its text; empty: a notification */
	struct bytes body; /* result or error object; empty until known */
	bool is_error;
	enum rpc_pool_work pool_work;
	enum rpc_core_work core_work;
	enum rpc_subs_work sub_work;
	struct rpc_sub *sub;
	uint8_t sub_id[16]; /* RPC_SUB_ID_BYTES */
	struct pool_tx *tx; /* SUBMIT: to insert; FIND: what was found */
	struct hash hash;
	struct addr addr;
	uint64_t nonce;   /* IMPORT: its number; hash: its hash */
	struct bytes raw; /* IMPORT: a block */
	bool is_add;      /* PROPOSE */
	bool want_raw;    /* FIND: the bytes, not the object */
	bool is_missed;   /* FIND: the pool does not have it */
	struct tx *fill;  /* FILL: what lacks its nonce at most */
	bool is_filled;
	enum rpc_list_form list_form;
	struct addr *own; /* LIST: this node's accounts */
	size_t own_cnt;
	struct pool_item *list; /* LIST: what was found */
	size_t list_cnt;
	struct pool_stats stats;
	struct rpc_activity *activity;
	struct rpc_key_ask *key;       /* for the keeper's turn; or NULL */
	const struct rpc_item *behind; /* SUBMIT: not without that one */
};

/*
 * Log lines of a call name its id: the gateway's calls carry the id of the
 * request they belong to, so that one grep finds a request in both logs.
 * rpc_log_len is how much of it a line gets.
 */
enum { RPC_LOG_ID_MAX = 96 };
int rpc_log_len(const struct rpc_item *it);

struct rpc_doc {
	const struct rpc_node *node;
	enum rpc_source source;
	struct arena keep;    /* items, ids, results, the answer */
	struct arena scratch; /* the question's values; until rpc_run ends */
	const struct rpc_json *root; /* in it; NULL: refused, or answered */
	struct store_view *view; /* opened by the first call that needs one */
	struct evm *vm;          /* of the thread, while rpc_run runs */
	const _Atomic(bool) *unwanted; /* by then too; NULL: never */
	uint64_t until_ms; /* of the monotonic clock: the running call's time */
	unsigned looks_left; /* of rpc_limit; 0: no limit */
	bool is_cut;
	struct jsonw w; /* the running call's result */
	bool keeps_w;   /* w has the body of the only call */
	struct rpc_item *items;
	size_t cnt;
	bool is_batch;
	size_t bytes; /* of bodies so far */
	unsigned scans, key_cnt;
	bool has_secret; /* scratch may hold a password */
};

/* struct rpc_call is what a handler sees. A result is written to w, unless
 * work is left in the item. */
struct rpc_call {
	struct rpc_doc *doc;
	const struct rpc_node *node;
	struct rpc_item *item;
	struct arena *a; /* until the handler returns */
	struct jsonw *w;
	const struct rpc_json *arg[RPC_ARG_MAX]; /* NULL: not given */
	struct bytes data;                       /* of an error: revert data */
};

typedef enum rc rpc_handler(struct rpc_call *c, struct err *e);

#define METHOD(name, handler, least, most, cost, who)                          \
	rpc_handler rpc_do_##handler;
#include "rpc/methods.def"
#undef METHOD

/* dispatch.c */

/* rpc_call_run does one call: looks the method up, checks who asks and the
 * number of arguments, runs the handler, keeps result or error. */
void rpc_call_run(
    struct rpc_doc *d, struct rpc_item *it, const struct rpc_json *request);

/* rpc_call_is_short tells whether a call needs no more than one account. */
bool rpc_call_is_short(const struct rpc_json *request, enum rpc_source source);

/* rpc_module_list writes the object of rpc_modules. */
void rpc_module_list(struct jsonw *w, enum rpc_source source);

/* doc.c */

/* rpc_doc_view opens the document's view on its first call. */
enum rc rpc_doc_view(
    struct rpc_doc *d, const struct store_view **out, struct err *e);

/* rpc_doc_begin_call gives the call that begins now so much time. */
void rpc_doc_begin_call(struct rpc_doc *d, uint64_t ms);

/* rpc_doc_check is RC_TIMEOUT when the running call's time is up, or when
 * nobody wants the document any more. For loops over foreign sizes. */
enum rc rpc_doc_check(struct rpc_doc *d, struct err *e);

/* rpc_item_result and rpc_item_fail keep the outcome of a call; data may be
 * empty. */
void rpc_item_result(
    struct rpc_doc *d, struct rpc_item *it, const struct jsonw *w);
void rpc_item_fail(struct rpc_doc *d, struct rpc_item *it, enum rc rc,
    const struct err *why, struct bytes data);

/* rpc_item_end frees w and keeps what it has, or the failure. */
void rpc_item_end(struct rpc_doc *d, struct rpc_item *it, struct jsonw *w,
    enum rc rc, const struct err *why);

/* rpc_room is how many bytes of answer are left. */
size_t rpc_room(const struct rpc_doc *d);

/* param.c. Values of a document: RC_BAD_INPUT for another kind or form. */

enum rc rpc_text(struct bytes *out, const struct rpc_json *v, struct err *e);
enum rc rpc_read_addr(
    struct addr *out, const struct rpc_json *v, struct err *e);
enum rc rpc_read_hash(
    struct hash *out, const struct rpc_json *v, struct err *e);
enum rc rpc_read_u64(uint64_t *out, const struct rpc_json *v, struct err *e);
enum rc rpc_read_u256(
    struct u256 *out, const struct rpc_json *v, struct err *e);
enum rc rpc_read_data(struct arena *a, struct bytes *out,
    const struct rpc_json *v, struct err *e);

/* rpc_read_slot reads a storage key: hex of any length up to 32 bytes, of
 * which *len were written out. */
enum rc rpc_read_slot(
    struct hash *out, size_t *len, const struct rpc_json *v, struct err *e);

/* rpc_arg_fail puts "invalid argument i: " before why; RC_OK stays. */
enum rc rpc_arg_fail(
    unsigned i, enum rc rc, const struct err *why, struct err *e);

/* rpc_arg_has tells whether an optional argument is there (null is not). */
bool rpc_arg_has(const struct rpc_call *c, unsigned i);

/* Argument i of a call. */
enum rc rpc_arg_addr(
    struct addr *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_hash(
    struct hash *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_data(
    struct bytes *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_text(
    struct bytes *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_u64(
    uint64_t *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_bool(
    bool *out, const struct rpc_call *c, unsigned i, struct err *e);

/* rpc_arg_count is rpc_arg_u64 that also takes a JSON integer. */
enum rc rpc_arg_count(
    uint64_t *out, const struct rpc_call *c, unsigned i, struct err *e);

/* rpc_arg_slot is rpc_read_slot of an argument. */
enum rc rpc_arg_slot(
    struct hash *out, const struct rpc_call *c, unsigned i, struct err *e);

/* How a block is named: a tag, a number, a hash (EIP-1898). */
enum rpc_at_kind {
	RPC_AT_LATEST,
	RPC_AT_PENDING,
	RPC_AT_EARLIEST,
	RPC_AT_SAFE,
	RPC_AT_FINALIZED,
	RPC_AT_NUMBER,
	RPC_AT_HASH
};

struct rpc_at {
	enum rpc_at_kind kind;
	uint64_t number;
	struct hash hash;
	bool needs_canonical; /* EIP-1898 requireCanonical */
};

/* rpc_read_tag reads a tag or a number. */
enum rc rpc_read_tag(
    struct rpc_at *out, const struct rpc_json *v, struct err *e);

/* rpc_arg_at reads a tag, number, hash or EIP-1898 object; latest when the
 * argument is not given. rpc_arg_tag takes a tag or number only. */
enum rc rpc_arg_at(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e);
enum rc rpc_arg_tag(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e);

/* rpc_arg_height is rpc_arg_at that also takes a JSON integer. */
enum rc rpc_arg_height(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e);

/* lookup.c */

/* struct rpc_block names a block that is there; is_pending: not this one but
 * the one that would follow it, whose state is the same. */
struct rpc_block {
	struct hash hash;
	uint64_t number;
	bool is_canonical, is_pending;
};

/*
 * rpc_find_block finds the block that at names; pending stands on the head.
 *
 * found   false when there is none
 * Errors  RC_NOT_FOUND "finalized block not found", and for a hash off the
 *         chain with needs_canonical; those of the store
 */
enum rc rpc_find_block(struct rpc_call *c, struct rpc_block *out, bool *found,
    const struct rpc_at *at, struct err *e);

/* rpc_need_block is rpc_find_block for calls that cannot answer null:
 * RC_NOT_FOUND "header not found". */
enum rc rpc_need_block(struct rpc_call *c, struct rpc_block *out,
    const struct rpc_at *at, struct err *e);

/* rpc_need_state finds the block whose state argument i asks for. */
enum rc rpc_need_state(
    struct rpc_call *c, uint64_t *number, unsigned i, struct err *e);

enum rc rpc_need_state_at(struct rpc_call *c, uint64_t *number,
    const struct rpc_at *at, struct err *e);

/* rpc_state_root gets the root of the state after a block of the chain. */
enum rc rpc_state_root(
    struct rpc_call *c, struct hash *out, uint64_t number, struct err *e);

/* struct rpc_body is a stored block cut into its parts: only the header is
 * decoded. It lives as long as the view. Of a pending block raw is empty. */
struct rpc_body {
	struct header header;
	struct u256 td; /* total difficulty; rpc_body_td */
	struct bytes raw, txs, ommers;
	size_t tx_cnt, ommer_cnt;
};

enum rc rpc_body_get(struct rpc_call *c, struct rpc_body *out,
    const struct rpc_block *b, struct err *e);

/* rpc_body_td is a block's total difficulty, or NULL where it is not told. */
const struct u256 *rpc_body_td(
    const struct rpc_node *n, const struct rpc_body *body);

/* rpc_body_tx decodes the transaction at index (below tx_cnt) into a. */
enum rc rpc_body_tx(struct arena *a, struct tx *out,
    const struct rpc_body *body, size_t index, struct err *e);

/* rpc_body_hashes gets the hashes of all transactions (tx_cnt): those of the
 * block in memory, or it hashes them, several at a time. */
enum rc rpc_body_hashes(struct rpc_call *c, const struct hash **out,
    const struct rpc_block *b, const struct rpc_body *body, struct err *e);

/* rpc_tx_hash_next hashes the transaction at the front of a body's rest, and
 * steps over it. */
enum rc rpc_tx_hash_next(struct hash *out, struct bytes *txs, struct err *e);

/*
 * rpc_receipts_get opens the stored receipts of a block for receipts_next.
 * Genesis blocks and those off the chain have none: *found is false.
 */
enum rc rpc_receipts_get(struct rpc_call *c, struct bytes *items, bool *found,
    const struct hash *hash, struct err *e);

/* rpc_sender_of reads or recovers the sender of a transaction of a block. */
enum rc rpc_sender_of(struct addr *out, const struct store_view *v,
    const struct rpc_block *b, const struct tx *tx, size_t index,
    struct err *e);

/* rpc_author_of tells who sealed a header; hash: the block's, NULL for one
 * that has none yet. */
struct addr rpc_author_of(
    const struct rpc_node *n, const struct header *h, const struct hash *hash);

/* pending.c */

/*
 * rpc_pending_header makes the header of the block that would follow the
 * head now, with nothing in it.
 *
 * Errors  RC_NOT_FOUND "pending block is not available" on a chain that
 *         nobody seals; those of the store
 */
enum rc rpc_pending_header(
    struct rpc_call *c, struct header *out, struct err *e);

/* eth_block.c */

/* How much of a block to write. */
enum rpc_block_form { RPC_BLOCK_HEADER, RPC_BLOCK_HASHES, RPC_BLOCK_FULL };

/* rpc_block_write writes a block object to w. */
enum rc rpc_block_write(struct rpc_call *c, const struct rpc_block *b,
    enum rpc_block_form form, struct err *e);

/* rpc_body_full decodes a block of which the body is body, and who sent its
 * transactions, one for each. */
enum rc rpc_body_full(struct rpc_call *c, struct block *out,
    struct addr **senders, const struct rpc_block *b,
    const struct rpc_body *body, struct err *e);

/* rpc_body_tail decodes a block without its transactions: nothing else of it
 * is large. */
enum rc rpc_body_tail(struct rpc_call *c, struct block *out,
    const struct rpc_body *body, struct err *e);

/* rpc_block_receipts writes the array of a block's receipts to w; null when
 * there are none to be had. */
enum rc rpc_block_receipts(
    struct rpc_call *c, const struct rpc_block *b, struct err *e);

/* fee.c */

/* rpc_fee_suggest tells the suggested tip and the next block's base fee;
 * has_base is false, and the fee zero, before London. */
enum rc rpc_fee_suggest(struct rpc_call *c, struct u256 *tip, struct u256 *base,
    bool *has_base, struct err *e);

/* eth_tx.c */

/* rpc_tx_check judges a transaction by what needs no sender: chain id, the
 * block's gas, the protocol's rules for the next block. */
enum rc rpc_tx_check(struct rpc_call *c, const struct tx *tx, struct err *e);

/* rpc_tx_seal makes the bytes and the hash that a transaction without a
 * signature has. */
enum rc rpc_tx_seal(struct arena *a, struct tx *tx, struct err *e);

/* rpc_tx_find writes the mined transaction of that hash to w; *found is
 * false, and nothing written, when the view has none. */
enum rc rpc_tx_find(struct rpc_call *c, bool *found, const struct hash *hash,
    bool want_raw, struct err *e);

/* rpc_tx_pending writes a pooled transaction. */
void rpc_tx_pending(struct jsonw *w, const struct pool_tx *t, bool want_raw);

/* accounts.c */

/* rpc_fill_write writes what eth_fillTransaction has filled. */
enum rc rpc_fill_write(
    struct arena *a, struct jsonw *w, const struct rpc_item *it, struct err *e);

/* txpool.c */

/* rpc_pool_list does RPC_POOL_LIST in the pool's turn. */
enum rc rpc_pool_list(struct rpc_doc *d, struct rpc_item *it,
    const struct pool *p, struct err *e);

/* rpc_pool_list_write writes what it found, rpc_pool_list_drop gives it
 * back. */
void rpc_pool_list_write(struct jsonw *w, const struct rpc_item *it);
void rpc_pool_list_drop(struct rpc_item *it);

/* import.c */

/* rpc_import_run does RPC_CORE_IMPORT and writes what became of the block to
 * w. Errors: those for which there is no such answer, the node's own. */
enum rc rpc_import_run(const struct rpc_item *it, const struct rpc_core *core,
    struct jsonw *w, struct err *e);

/* work.c */

/* rpc_work_finish does what rpc_finish has to do for one call. */
void rpc_work_finish(struct rpc_doc *d, struct rpc_item *it);

#endif
