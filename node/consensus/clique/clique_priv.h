/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the Clique engine share.
 *
 *   extra.c     vanity, signer list and seal of a header; the sealer
 *   snapshot.c  signer set, recent signers and votes after one block
 *   snapcodec.c their stored form
 *   track.c     which snapshots are in memory or kept, and how to get others
 *   verify.c    header rules
 *   tips.c      verified blocks near the head, also of losing branches
 *   vote.c      proposals and when to cast them
 *   plan.c      when to seal
 *   template.c  the header of the next block
 *   seal.c      events in, effects out
 *   status.c    why nothing is sealed, in words
 *   clique.c    the engine's table, fork choice
 */
#ifndef CONSENSUS_CLIQUE_CLIQUE_PRIV_H
#define CONSENSUS_CLIQUE_CLIQUE_PRIV_H

#include "consensus/clique.h"
#include "crypto/rng.h"

/* Bounds ------------------------------------------------------------- */

enum {
	/* Signers in one set: what a header's extra data can hold. */
	CLIQUE_SIGNER_MAX = 10000,
	/* Votes alive in one epoch: one per block. An epoch of 30,000 blocks is
	 * usual, so that only a broken genesis meets the bound. */
	CLIQUE_VOTE_MAX = 1 << 20,
	/* The stored form of the largest snapshot fits. */
	CLIQUE_SNAP_BYTES_MAX = 64 * CLIQUE_VOTE_MAX + 64 * CLIQUE_SIGNER_MAX,
	/* Snapshots in memory, and their bytes. */
	CLIQUE_CACHE_MAX = 64,
	CLIQUE_CACHE_BYTES_MAX = 8 << 20,
	/* Sealers of recent headers, as go-ethereum's inmemorySignatures. */
	CLIQUE_SEALER_CACHE_MAX = 4096,
	/* A snapshot is kept every so many blocks (go-ethereum). */
	CLIQUE_KEEP_EVERY = 1024,
	/* Headers behind which a checkpoint is believed without its past
	 * (go-ethereum's FullImmutabilityThreshold), and the longest walk. */
	CLIQUE_TRUST_AFTER = 90000,
	CLIQUE_WALK_MAX = 1 << 20,
	/* Verified blocks near the head that are remembered. */
	CLIQUE_TIP_MAX = 64,
	/* Longer branches told to peers at once. */
	CLIQUE_TELL_MAX = 4,
	/* A build that starts late gets at least this long. */
	CLIQUE_BUILD_MS_MIN = 500,
	/* After a failed attempt: first pause and longest pause. */
	CLIQUE_RETRY_MS_MIN = 500,
	CLIQUE_RETRY_MS_MAX = 30000,
	/* Nobody answers a build, a signature or an import for so long. */
	CLIQUE_WATCH_MS = 15000
};

/* Snapshots ---------------------------------------------------------- */

struct clique_recent {
	uint64_t number;
	struct addr signer;
};

struct clique_vote {
	struct addr signer, target;
	uint64_t number; /* block it was cast in */
	bool is_add;
};

/*
 * struct clique_snap is the state after block number (EIP-225). Signers
 * ascend; recents ascend by number; votes stand in the order they were cast,
 * at most one per (signer, target), each of them one that would change
 * something.
 */
struct clique_snap {
	uint64_t number;
	struct hash hash;
	struct addr *signers;
	struct clique_recent *recents;
	struct clique_vote *votes;
	size_t signer_cnt, signer_cap;
	size_t recent_cnt, recent_cap;
	size_t vote_cnt, vote_cap;
};

/* clique_snap_first reads the first signers from a genesis or checkpoint
 * header. RC_BLK_..., RC_NO_MEMORY. */
enum rc clique_snap_first(struct clique_snap *out, const struct header *h,
    const struct hash *hash, struct err *e);

/* clique_snap_copy makes out an independent copy. RC_NO_MEMORY. */
enum rc clique_snap_copy(
    struct clique_snap *out, const struct clique_snap *in, struct err *e);

void clique_snap_free(struct clique_snap *s);

/* clique_snap_bytes is what the snapshot takes in memory. */
size_t clique_snap_bytes(const struct clique_snap *s);

/*
 * clique_snap_apply moves s over the next block.
 *
 * Errors  RC_BLK_UNAUTHORIZED, RC_BLK_RECENT (s is unchanged);
 *         RC_NO_MEMORY, RC_NO_SPACE (s is spoilt)
 */
enum rc clique_snap_apply(struct clique_snap *s, const struct header *h,
    const struct hash *hash, const struct addr *signer, uint64_t epoch,
    struct err *e);

/* clique_snap_index finds a signer: its index, or signer_cnt. */
size_t clique_snap_index(const struct clique_snap *s, const struct addr *a);

/* clique_snap_is_recent tells whether signer must not sign block number; then
 * seen, if not NULL, is the block it signed. */
bool clique_snap_is_recent(const struct clique_snap *s,
    const struct addr *signer, uint64_t number, uint64_t *seen);

/* clique_snap_votes counts the votes on target. */
size_t clique_snap_votes(
    const struct clique_snap *s, const struct addr *target);

/* clique_snap_vote finds a vote, NULL when there is none. */
const struct clique_vote *clique_snap_vote(const struct clique_snap *s,
    const struct addr *signer, const struct addr *target);

/* clique_snap_encode writes the kept form into the arena. */
enum rc clique_snap_encode(struct arena *a, struct bytes *out,
    const struct clique_snap *s, struct err *e);

/*
 * clique_snap_decode reads the kept form and checks every invariant of
 * struct clique_snap, so that damaged bytes are never believed.
 *
 * Errors  RLP errors, RC_CORRUPT, RC_UNSUPPORTED (another version),
 *         RC_NO_MEMORY
 */
enum rc clique_snap_decode(
    struct clique_snap *out, struct bytes in, struct err *e);

/* Extra data --------------------------------------------------------- */

/* clique_extra_signers cuts the signer list out of a header's extra data;
 * RC_BLK_VANITY, RC_BLK_SIG_MISSING. */
enum rc clique_extra_signers(
    struct bytes *out, const struct header *h, struct err *e);

/* clique_seal_bytes writes what is hashed and signed into the arena. */
enum rc clique_seal_bytes(
    struct arena *a, struct bytes *out, const struct header *h, struct err *e);

/* clique_is_vote_add reads the nonce: all ones is a vote to add. */
bool clique_is_vote_add(const struct header *h);

/* The engine --------------------------------------------------------- */

struct clique_sealer {
	struct hash hash;
	struct addr addr;
	bool is_set;
};

struct clique_slot {
	struct clique_snap snap;
	uint64_t used_at; /* 0: empty */
};

struct clique_cache {
	struct clique_slot slots[CLIQUE_CACHE_MAX];
	uint64_t tick;
	size_t bytes;
};

struct clique_tip {
	struct hash hash, parent;
	uint64_t number;
	uint64_t difficulty;
};

enum clique_phase {
	CLIQUE_OFF,     /* not started, or not a sealer */
	CLIQUE_IDLE,    /* nothing to seal, or not authorised */
	CLIQUE_BLOCKED, /* signed too recently, or this height was signed */
	CLIQUE_WAIT,    /* until shortly before due_ms */
	CLIQUE_BUILD,   /* EF_BUILD is out */
	CLIQUE_HOLD,    /* built, until due_ms */
	CLIQUE_SIGN,    /* EF_SIGN is out */
	CLIQUE_IMPORT,  /* EF_SEALED is out */
	CLIQUE_ADOPT,   /* EF_ADOPT is out */
	CLIQUE_RETRY    /* after a failure */
};

struct clique {
	struct engine engine;
	struct clique_conf conf;
	struct engine_chain chain;
	struct rng_test rng;

	struct clique_cache cache;
	struct clique_sealer *sealers; /* by hash, direct-mapped */

	struct clique_tip tips[CLIQUE_TIP_MAX];
	size_t tip_cnt;
	bool tips_are_dirty; /* a fork was seen: keep them */

	struct engine_proposal proposals[ENGINE_PROPOSAL_MAX];
	size_t proposal_cnt;

	/* Sealing. */
	enum clique_phase phase;
	struct arena head_arena, work_arena;
	const struct header *head; /* in head_arena */
	struct hash head_hash;
	bool has_work, has_due_vote; /* reasons to seal */
	bool has_planned_work;       /* the plan counts on one of them */
	struct header *work;  /* template or built block, in work_arena */
	uint64_t expected_ms; /* the next block could come from then on */
	uint64_t planned_ms;  /* when the plan was made */
	uint64_t due_ms, timer_ms, build_start_ms, lead_ms;
	uint64_t signed_max;    /* highest height we asked a signature for */
	uint64_t signed_before; /* signed_max before the attempt under way */
	uint64_t stall_ms;      /* when to look for another branch */
	unsigned retry_cnt;
	enum rc retry_rc;
	uint64_t sealed_cnt, refused_cnt;
};

/* clique_of is the whole struct of an engine made by clique_new. */
static inline struct clique *
clique_of(struct engine *g)
{
	return (struct clique *)(void *)g;
}

static inline uint64_t
clique_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t
clique_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* clique_period_ms is the period, and clique_wiggle_ms the bound of the
 * random delay with n signers. */
uint64_t clique_period_ms(const struct clique *c);
uint64_t clique_wiggle_ms(size_t n);

/* clique_leaves_out_empty: no block without transactions but heartbeats. */
bool clique_leaves_out_empty(const struct clique *c);

/* clique_heartbeat_ms is when a block without transactions is due on the head;
 * clique_after_head_ms is seconds after the head's timestamp. Both may lie so
 * far ahead that they never come. */
uint64_t clique_heartbeat_ms(const struct clique *c);
uint64_t clique_after_head_ms(const struct clique *c, uint64_t seconds);

/* clique_patience_ms is how long nothing may happen among n signers before we
 * look for another branch; clique_build_ms_max the longest build. */
uint64_t clique_patience_ms(struct clique *c, size_t n);
uint64_t clique_build_ms_max(const struct clique *c);

/* clique_effect appends an effect; clique_arm asks for EV_TIMER. */
struct engine_effect *clique_effect(
    struct engine_effects *out, enum engine_effect_kind kind);
void clique_arm(struct clique *c, struct engine_effects *out, uint64_t at_ms);

/* clique_drop_work forgets template and built block. */
void clique_drop_work(struct clique *c);

/* clique_retry plans anew after a pause that grows with each failure. */
void clique_retry(
    struct clique *c, struct engine_effects *out, enum rc rc, uint64_t now_ms);

/* clique_pause waits for work: the pool had nothing that could be mined. */
void clique_pause(
    struct clique *c, struct engine_effects *out, uint64_t now_ms);

/*
 * clique_plan decides what to wait for on the present head.
 *
 * is_fresh  the head or the work is new: patience starts again
 * Errors    RC_IO, RC_CORRUPT; others become a pause
 */
enum rc clique_plan(struct clique *c, struct engine_effects *out,
    uint64_t now_ms, bool is_fresh, struct err *e);

/* clique_gas is engine_gas. */
void clique_gas(
    struct engine *g, struct engine_gas *out, const struct header *head);

/* clique_template makes c->work, the header of the next block, in
 * c->work_arena. RC_NO_MEMORY, those of clique_track. */
enum rc clique_template(struct clique *c, uint64_t now_ms, struct err *e);

/* clique_finality is the depth below which blocks stay (2 * limit). */
uint64_t clique_finality(size_t n);

/* clique_sealer_of is clique_signer through the cache; hash is h's. */
enum rc clique_sealer_of(struct clique *c, struct addr *out,
    const struct header *h, const struct hash *hash, struct err *e);

/*
 * clique_track gives the snapshot after block hash.
 *
 * h    the block's header, or NULL: it is read through the chain
 * out  valid until the next clique_track
 */
enum rc clique_track(struct clique *c, const struct clique_snap **out,
    const struct hash *hash, const struct header *h, struct err *e);

void clique_track_free(struct clique *c);

/* clique_verify is the engine's verify. */
enum rc clique_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e);

/* clique_tips_add remembers a verified block. */
void clique_tips_add(
    struct clique *c, const struct header *h, const struct hash *hash);

/* clique_tips_load and clique_tips_keep survive a restart; keep does nothing
 * unless a fork was seen. RC_IO. */
void clique_tips_load(struct clique *c);
enum rc clique_tips_keep(struct clique *c, struct err *e);

/* clique_tips_forget drops one. */
void clique_tips_forget(struct clique *c, const struct hash *hash);

/*
 * clique_tips_pick looks for another branch that we could extend.
 *
 * Returns the best such tip, NULL when there is none
 */
const struct clique_tip *clique_tips_pick(struct clique *c);

/* clique_tips_longer lists at most max branches that are longer than the
 * head's; returns how many. */
size_t clique_tips_longer(struct clique *c, struct hash *out, size_t max);

/* clique_vote_pick chooses a proposal to cast after snap, at random among
 * those that make sense; NULL when there is none. */
const struct engine_proposal *clique_vote_pick(
    struct clique *c, const struct clique_snap *snap);

/* clique_vote_is_due tells whether clique_vote_pick would find one. */
bool clique_vote_is_due(const struct clique *c, const struct clique_snap *snap);

enum rc clique_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e);
enum rc clique_discard(
    struct engine *g, const struct addr *target, struct err *e);
size_t clique_proposals(
    const struct engine *g, const struct engine_proposal **out);

/* clique_step is the engine's step. */
enum rc clique_step(struct engine *g, struct arena *a,
    struct engine_effects *out, const struct engine_event *ev, uint64_t now_ms,
    struct err *e);

/* clique_status and clique_describe are the engine's. */
void clique_status(
    struct engine *g, struct engine_status *out, uint64_t now_ms);
enum rc clique_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e);

/* clique_prefer is the engine's fork choice, EIP-3436. */
int clique_prefer(struct engine *g, const struct header *a,
    const struct u256 *td_a, const struct header *b, const struct u256 *td_b);

#endif
