/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the pool share: entries, accounts, the heap that knows
 * who gives way.
 */
#ifndef POOL_POOL_PRIV_H
#define POOL_POOL_PRIV_H

#include "base/map.h"
#include "pool/log_priv.h"
#include "pool/pool.h"

enum pool_limit {
#define LIMIT(name, value, reason) POOL_##name = (value),
#include "pool/limits.def"
#undef LIMIT
};

/* struct pool_entry is a transaction's place in the pool. */
struct pool_entry {
	struct pool_tx *tx;
	struct pool_account *acc;
	struct u256 cost; /* most that it can take from the sender */
	uint64_t seq;     /* order of arrival */
	uint64_t idle_ms; /* since when it is queued */
	bool is_told;     /* to who listens, that it is executable */
	struct pool_log_ref ref;
};

/* struct pool_linger keeps the record of a mined transaction in the log. */
struct pool_linger {
	struct pool_linger *next; /* mined later */
	struct pool_log_ref ref;  /* its tx is NULL: never copied */
	uint64_t head_no;
};

/* struct pool_idle is the question to which pool_has_work last said no, while
 * that holds. */
struct pool_idle {
	bool is_known;
	uint64_t gas_max;
	struct u256 base_fee;
};

/*
 * struct pool_account is a sender with at least one transaction. v ascends
 * by nonce; v[0..ready) is executable, ready_cost is what it costs.
 */
struct pool_account {
	struct addr addr;
	uint64_t nonce; /* at the head read_at */
	struct u256 balance;
	uint64_t read_at;
	struct pool_entry **v;
	size_t cnt, cap, ready;
	struct u256 ready_cost;
	size_t heap_at;
};

struct pool {
	struct pool_conf conf;
	struct pool_view view;
	struct map by_hash;         /* hash -> struct pool_entry */
	struct map by_addr;         /* address -> struct pool_account */
	struct pool_account **heap; /* all accounts; who gives way is first */
	size_t heap_cnt, heap_cap;
	size_t ready;       /* sum over the accounts */
	uint64_t ready_gas; /* no executable one has more gas */
	struct pool_idle idle;
	size_t bytes;
	uint64_t seq, head_no;
	uint64_t now_ms;  /* as last told */
	uint64_t aged_ms; /* when we last looked for aged ones */
	struct pool_linger *linger_first, *linger_last;
	struct pool_log *log;    /* NULL: nothing on disk */
	pool_ready_fn *ready_fn; /* NULL: nobody listens */
	void *ready_ctx;
};

/* pool.c */

/* pool_new makes a pool without a log; NULL: no memory. */
struct pool *pool_new(const struct pool_conf *conf,
    const struct pool_view *view, uint64_t now_ms);

/* pool_reader takes what a log holds into p. */
struct pool_log_reader pool_reader(struct pool *p);

/* account.c */

/* pool_entry_new makes the entry of t and takes t over; NULL: no memory. */
struct pool_entry *pool_entry_new(struct pool_tx *t);
void pool_entry_free(struct pool_entry *n);

void pool_account_free(struct pool_account *acc);

/* pool_account_at returns the place of nonce: of the first entry that does
 * not have a lower one. */
size_t pool_account_at(const struct pool_account *acc, uint64_t nonce);

/* pool_account_run counts the entries that follow the account without gap. */
size_t pool_account_run(const struct pool_account *acc);

/* pool_account_reserve makes room for one entry more; false: no memory. */
bool pool_account_reserve(struct pool_account *acc);

/* pool_account_put inserts n at place at, in reserved room. */
void pool_account_put(
    struct pool_account *acc, size_t at, struct pool_entry *n);

/* pool_account_close_gap removes v[at..at+cnt), none of it executable. */
void pool_account_close_gap(struct pool_account *acc, size_t at, size_t cnt);

/* pool_account_mined removes v[0..cnt), which the chain has, and hands each
 * to gone. */
void pool_account_mined(struct pool_account *acc, size_t cnt,
    void (*gone)(void *ctx, struct pool_entry *n), void *ctx);

/* pool_account_demote leaves at most n entries executable. */
void pool_account_demote(struct pool_account *acc, size_t n, uint64_t now_ms);

/* pool_account_above counts the entries before the first executable one with
 * more gas than a block has. */
size_t pool_account_above(const struct pool_account *acc, uint64_t block_gas);

/* pool_account_settle makes executable what can be, and what cannot queued;
 * but what is executable is not compared with block_gas again. *from is the
 * first that became executable; acc->ready when none did. */
void pool_account_settle(struct pool_account *acc, size_t *from,
    uint64_t block_gas, uint64_t now_ms);

/* edit.c */

/* pool_publish sets the metrics. */
void pool_publish(const struct pool *p);

/* pool_is_above: the next block is too small for n. pool_say_above writes the
 * line about an acknowledged one that this happened to. */
bool pool_is_above(const struct pool *p, const struct pool_entry *n);
void pool_say_above(const struct pool *p, const struct pool_entry *n);

/* pool_edit_begin and pool_edit_end bracket changes to an account's array; the
 * account may be gone after the end. */
void pool_edit_begin(struct pool *p, const struct pool_account *acc);
void pool_edit_end(struct pool *p, struct pool_account *acc);

/* pool_forget frees an entry that its account lists no more. */
void pool_forget(struct pool *p, struct pool_entry *n);

/*
 * pool_remove takes out what the chain's state will not tell at the next
 * start, hence the record. The account may be gone afterwards.
 *
 * why     for the line in the log; NULL: it was written before
 * Errors  RC_IO
 */
enum rc pool_remove(
    struct pool *p, struct pool_entry *n, const char *why, struct err *e);

/* pool_refresh reads an account again. What is mined needs no record: its
 * nonce tells the same at the next start. The account may be gone
 * afterwards. */
enum rc pool_refresh(struct pool *p, struct pool_account *acc, struct err *e);

/* pick.c */

/* pool_idle_look is called after each change of an account: work in it ends
 * what p->idle remembers. */
void pool_idle_look(struct pool *p, const struct pool_account *acc);

/* linger.c */

/* pool_linger_add takes over the ref of a transaction that was mined at the
 * present head; without memory its record is forgotten at once. */
void pool_linger_add(struct pool *p, struct pool_log_ref *ref);

/* pool_linger_expire forgets those mined LINGER_HEADS ago, or all. */
void pool_linger_expire(struct pool *p, bool is_all);

/* evict.c */

/* pool_heap_add, _del and _fix keep an account's place; _add returns false
 * when memory is short. */
bool pool_heap_add(struct pool *p, struct pool_account *acc);
void pool_heap_del(struct pool *p, struct pool_account *acc);
void pool_heap_fix(struct pool *p, struct pool_account *acc);

/*
 * pool_victim looks for the one entry whose removal makes room for a
 * newcomer. *out is NULL when there is room without.
 *
 * acc       the newcomer's account, NULL when it has none yet
 * is_ready  the newcomer will be executable
 * Errors    RC_TX_POOL_FULL
 */
enum rc pool_victim(const struct pool *p, struct pool_entry **out,
    const struct pool_account *acc, const struct pool_tx *t, bool is_ready,
    struct err *e);

/* policy.c */

/* pool_policy judges what needs neither account nor pool. RC_TX_... */
enum rc pool_policy(
    const struct pool_conf *conf, const struct tx *tx, struct err *e);

/* pool_outbids tells whether a pays BUMP_PERCENT more than b, in fee and in
 * tip; nothing outbids an equal price, zero included. */
bool pool_outbids(const struct tx *a, const struct tx *b);

/* pool_cost computes the most that tx can take from its sender; false when
 * that is 2^256 or more. */
bool pool_cost(struct u256 *out, const struct tx *tx);

/*
 * pool_funds judges whether the account covers a newcomer beside what is
 * executable already.
 *
 * old     the entry that it would replace, or NULL
 * Errors  RC_TX_FUNDS
 */
enum rc pool_funds(const struct u256 *balance, const struct u256 *spent,
    const struct pool_entry *old, const struct tx *tx, struct err *e);

#endif
