/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of chain share. Main path: import.c or build.c makes a
 * store_block with run.c, chain.c appends it, events.c tells who listens.
 */
#ifndef CHAIN_CHAIN_PRIV_H
#define CHAIN_CHAIN_PRIV_H

#include "base/map.h"
#include "chain/chain.h"

/* Memory of one genesis block: GENESIS_ACCOUNT_MAX accounts at about 600
 * bytes each with their trie nodes. */
#define CHAIN_GENESIS_BYTES_MAX ((size_t)4 << 30)

/* Memory of what a change tells: addresses and hashes of one reorganisation
 * of full blocks. */
#define CHAIN_CHANGE_BYTES_MAX ((size_t)1 << 30)

/* Largest block that is built: EIP-7934's 10 MiB less its margin, which
 * also fits one message between peers (16 MiB). */
enum { CHAIN_BUILD_RAW_MAX = 8 * 1024 * 1024 };

/* chain_is_fatal tells errors of the machine or the store from those that
 * speak of a block or transaction. */
bool chain_is_fatal(enum rc rc);

/* chain_is_for_good tells refusals of a block that will be the same another
 * day, and with another build of this program. */
bool chain_is_for_good(enum rc rc);

/* run.c ------------------------------------------------------------- */

/* struct chain_base is what a block is executed on. */
struct chain_base {
	struct state_source src;
	struct state_tries tries;
	struct hash root;              /* state root that both have */
	const struct store_view *view; /* headers for BLOCKHASH */
};

/* struct chain_run is one block under execution. */
struct chain_run {
	const struct chain_base *base;
	struct arena scratch; /* the state, receipts with their logs */
	struct state *st;
	struct exec_env env;
	struct hash parent; /* of the block, for BLOCKHASH */
	struct receipt *receipts;
	size_t tx_cnt;
	uint64_t gas_used;
	struct bloom bloom;
	struct hash requests_hash;
	struct state_diff diff; /* after chain_run_finish */
};

/* chain_run_open starts a block with header h whose fees author gets. */
enum rc chain_run_open(const struct chain *c, struct chain_run *r,
    const struct chain_base *base, const struct header *h,
    const struct addr *author, struct err *e);
void chain_run_close(struct chain_run *r);

/* chain_run_block executes a whole block. */
enum rc chain_run_block(struct chain_run *r, const struct block *b,
    const struct addr *senders, bool pay_rewards, struct err *e);

/*
 * chain_run_finish computes what execution gives a header (state root,
 * receipts root, bloom, gas used) and fills diff, nodes and receipts of out,
 * all in its arena.
 */
enum rc chain_run_finish(struct chain_run *r, struct header *h,
    struct store_block *out, struct err *e);

/* chain_receipts_root computes the root over consensus forms. a: scratch,
 * rewound. */
enum rc chain_receipts_root(struct arena *a, struct hash *out,
    const struct receipt *receipts, size_t cnt, struct err *e);

/* chain_tx_root computes the root over transactions. a as above. */
enum rc chain_tx_root(struct arena *a, struct hash *out, const struct tx *txs,
    size_t cnt, struct err *e);

/* overlay.c --------------------------------------------------------- */

/*
 * struct chain_overlay is a state in memory over another one: a group of
 * blocks that is not stored yet, or (over nothing) a whole chain in an
 * audit. It copies what it is given.
 */
struct chain_overlay {
	struct map accounts, slots, codes, nodes;
	struct state_source src; /* below */
	struct state_tries tries;
	struct hash root;
};

void chain_overlay_open(
    struct chain_overlay *o, const struct chain_base *below);
void chain_overlay_close(struct chain_overlay *o);

/* chain_overlay_add puts a block's changes on top; root is the state root
 * after it. RC_NO_MEMORY. */
enum rc chain_overlay_add(struct chain_overlay *o, const struct hash *root,
    const struct state_diff *diff, const struct state_nodes *nodes,
    struct err *e);

/* chain_overlay_base describes the overlay as a base; o outlives it. */
struct chain_base chain_overlay_base(
    struct chain_overlay *o, const struct store_view *view);

/* chain_overlay_accounts is the map of all accounts ever changed, keyed by
 * address; chain_overlay_count counts those that are there, and the slots
 * that are not zero. */
const struct map *chain_overlay_accounts(const struct chain_overlay *o);
void chain_overlay_count(
    const struct chain_overlay *o, size_t *accounts, size_t *slots);

/* chain_base_empty describes the state before genesis. */
struct chain_base chain_base_empty(void);

/* chain_base_of describes the state after link's block, whose root is given.
 */
struct chain_base chain_base_of(
    struct chain_link *link, const struct hash *root);

/* block_check.c ----------------------------------------------------- */

/*
 * struct chain_work is a block on its way into the chain: decoded, its
 * transactions' hashes and senders collected in out.
 */
struct chain_work {
	struct arena scratch; /* decoded transactions: views into out->raw */
	struct block block;
	struct addr *senders; /* NULL until recovered; out's arena */
	struct store_block *out;
};

/* chain_work_open copies raw and decodes it. Errors of block_decode. */
enum rc chain_work_open(const struct chain *c, struct chain_work *w,
    struct bytes raw, struct err *e);

/* chain_work_close drops what w still owns (out, unless it was taken). */
void chain_work_close(struct chain_work *w);

/* chain_peek reads the header of a block's RLP and its hash. Errors of
 * header_take, RC_TOO_LARGE. */
enum rc chain_peek(
    struct header *out, struct hash *hash, struct bytes raw, struct err *e);

/* chain_check_header checks that a header has the fields of its fork and the
 * base fee that follows from its parent; what else a header says is the
 * engine's matter. */
enum rc chain_check_header(const struct fork_plan *p, const struct header *h,
    const struct header *parent, struct err *e);

/* EIP-7934: the longest block from Osaka on, 10 MiB less a margin. */
enum { CHAIN_RAW_MAX_OSAKA = 8 * 1024 * 1024 };

/* chain_check_size checks the length of a block's RLP: RC_BLK_SIZE. */
enum rc chain_check_size(const struct fork_plan *p, const struct header *h,
    size_t raw_len, struct err *e);

/* ommers.c ---------------------------------------------------------- */

/*
 * chain_check_ommers checks what ommers a block of proof of work may name.
 *
 * w       decoded, its parent known to the view
 * Errors  RC_BLK_UNCLES, RC_BLK_PARENT, RC_BLK_... of an ommer's own header
 * Spec    Yellow Paper 11.1
 */
enum rc chain_check_ommers(
    struct chain *c, const struct chain_work *w, struct err *e);

/* chain_check_body checks a body against its header: ommers and the roots of
 * the lists. a: scratch, rewound. */
enum rc chain_check_body(struct arena *a, const struct block *b, struct err *e);

/* chain_compare checks what execution gave (got) against a header. */
enum rc chain_compare(
    const struct header *got, const struct header *want, struct err *e);

/* chain.c ----------------------------------------------------------- */

struct chain_sub {
	chain_change_fn *fn;
	void *ctx;
};

/* The block last built. */
struct chain_built {
	struct store_block *block; /* NULL: none */
	struct bytes body;         /* RLP behind the header; block's arena */
};

struct chain {
	struct store *store;
	const struct genesis *genesis;
	struct engine *engine;
	struct evm *vm;
	struct store_view *view; /* of the head; closed during a write */
	struct store_view *aux;  /* of small values, NULL: view will do */
	bool is_aux_new;         /* a value was kept since aux was opened */
	struct store_head head;
	struct arena head_arena; /* its header, which outlives views */
	chain_recover_fn *recover;
	void *recover_ctx;
	struct chain_sub subs[CHAIN_SUBSCRIBER_MAX];
	size_t sub_cnt;
	struct chain_built built;
	struct hash bad[CHAIN_BAD_MAX]; /* ring of refused side blocks */
	size_t bad_cnt;
	uint64_t sample_one_in;
	size_t block_bytes_max; /* of each of a block's two arenas */
	struct arena change;    /* what the last chain_change points to */
};

/* chain_author asks the engine; the genesis' own rule without one. */
enum rc chain_author(const struct chain *c, struct addr *out,
    const struct header *h, struct err *e);

/* chain_recover_work fills w->senders. */
enum rc chain_recover_work(
    const struct chain *c, struct chain_work *w, struct err *e);

/* chain_execute runs a checked block with known senders on base and fills
 * w->out but for total_difficulty. */
enum rc chain_execute(const struct chain *c, struct chain_work *w,
    const struct chain_base *base, struct err *e);

/* chain_hide and chain_show close and open the view around a write. */
void chain_hide(struct chain *c);
enum rc chain_show(struct chain *c, struct err *e);

/*
 * chain_extend appends a group, moves the head and tells the subscribers.
 * RC_NO_SPACE of the store is answered by a flush and a second try.
 *
 * blocks  set to NULL once the store has taken them over, which it may have
 *         done on RC_IO too
 */
enum rc chain_extend(struct chain *c, struct chain_change *out,
    struct store_block **blocks, size_t cnt, uint64_t rewind_to, struct err *e);

/* chain_is_bad and chain_mark_bad: the ring of refused side blocks. */
bool chain_is_bad(const struct chain *c, const struct hash *hash);
void chain_mark_bad(struct chain *c, const struct hash *hash);

/* events.c ---------------------------------------------------------- */

/* chain_change_make fills out, whose rewind_to is set, on the view that still
 * has what is undone. Everything is in c->change. */
enum rc chain_change_make(struct chain *c, struct chain_change *out,
    struct store_block **blocks, size_t cnt, struct err *e);

void chain_tell(struct chain *c, const struct chain_change *change);

/* build.c ----------------------------------------------------------- */

/* chain_drop_built forgets the block last built. */
void chain_drop_built(struct chain *c);

/* chain_stage and chain_staged: see engine.h. */
enum rc chain_stage(struct chain *c, struct err *e);
enum rc chain_staged(struct chain *c, struct header *out, struct err *e);

/* reorg.c ----------------------------------------------------------- */

/*
 * chain_switch makes the branch that ends in tip the canonical chain.
 *
 * tip  checked, not executed; not stored yet or a side block. Its out is
 *      taken over on success
 */
enum rc chain_switch(struct chain *c, struct chain_change *out,
    struct chain_work *tip, struct err *e);

/* recover.c --------------------------------------------------------- */

/* chain_replay brings what is in the log only back into memory. */
enum rc chain_replay(struct chain *c, struct err *e);

/* invariant.c ------------------------------------------------------- */

/* struct chain_facts is a canonical block beside its own re-execution. */
struct chain_facts {
	struct arena *scratch;
	const struct store_view *view; /* of the chain the block is in */
	const struct genesis *genesis;
	const struct block *block;
	struct hash hash;
	const struct addr *senders;
	const struct receipt *receipts;
	const struct state_diff *diff;
	struct u256 burnt; /* store_block's */
	/* Accounts and slots each that are looked up in the newest state,
	 * spread over all that changed; 0: every one. */
	size_t lookup_max;
};

/* chain_expected_change computes what a block mints (rewards, withdrawals)
 * and burns by its header (base fees, blob fees). */
void chain_expected_change(const struct genesis *g, const struct block *b,
    struct u256 *minted, struct u256 *burnt);

/* chain_check_facts runs the rows of invariant.def; with is_head those too
 * that read the newest state. say gets the first violation of each row. */
size_t chain_check_facts(const struct chain_facts *f, bool is_head,
    void (*say)(void *ctx, const char *row, enum rc rc, const struct err *e),
    void *ctx);

/* chain_check_all runs them over the head and fails with the first violation:
 * RC_CORRUPT, or what kept a row from looking. */
enum rc chain_check_all(const struct chain_facts *f, struct err *e);

/* sample.c ---------------------------------------------------------- */

/*
 * chain_sample checks the head just appended when its hash says that it is
 * one of the sample.
 *
 * Errors  RC_CORRUPT  a promise is broken; names the row
 *         RC_IO       the store cannot be read
 */
enum rc chain_sample(
    const struct chain *c, const struct store_block *b, struct err *e);

#endif
