/* SPDX-License-Identifier: Apache-2.0
 *
 * What chain and noded know of consensus. An engine is pure: it judges
 * headers, and turns (event, now) into effects. It has no clock, socket,
 * file, thread or key.
 *
 * The life of a block that we seal:
 *   head changes -> EV_HEAD -> EF_TIMER (shortly before it is due) -> EV_TIMER
 *   -> EF_BUILD (template) -> chain builds and executes -> EV_BUILT
 *   -> EF_TIMER (when due) -> EV_TIMER -> EF_SIGN -> signer -> EV_SIGNED
 *   -> EF_SEALED (whole header) -> chain imports -> EV_HEAD.
 * Whatever fails on the way comes back as EV_REFUSED.
 *
 * Thread: an engine belongs to the thread that made it and has no lock. A
 * reader thread that needs authors or signers makes an engine of its own,
 * with a chain link over its own view and without keep.
 */
#ifndef CONSENSUS_ENGINE_H
#define CONSENSUS_ENGINE_H

#include "base/arena.h"
#include "base/jsonw.h"
#include "eth/header.h"

struct engine;

/*
 * struct engine_chain is how an engine reads headers and keeps its own small
 * data (snapshots). Everything but header may be NULL: the engine then
 * recomputes, and stages nothing. Names are at most 64 bytes.
 *
 * header   a verified header by hash. out->extra must stay valid until the
 *          next call of header
 * load     a value that keep got. out must stay valid until the next call
 * keep     makes value durable; an empty one deletes
 * stage    makes the block last built durable before its header is signed
 * staged   after a start: the block staged last, executed and ready to be
 *          committed, when its parent is the head
 *
 * Why staging: a height is signed once, for ever (signer.h). A process that
 * dies between the signature and the commit would leave a height that it can
 * neither finish nor seal anew, and a chain with one sealer would be dead.
 * So the block is durable before it is signed, and is signed again, the
 * same bytes, after the crash.
 *
 * Errors   RC_NOT_FOUND of header, load and staged
 */
struct engine_chain {
	enum rc (*header)(void *ctx, struct header *out,
	    const struct hash *hash, struct err *e);
	enum rc (*load)(
	    void *ctx, struct bytes *out, const char *name, struct err *e);
	enum rc (*keep)(
	    void *ctx, const char *name, struct bytes value, struct err *e);
	enum rc (*stage)(void *ctx, struct err *e);
	enum rc (*staged)(void *ctx, struct header *out, struct err *e);
	void *ctx;
};

enum engine_event_kind {
	EV_START,   /* head is known, now begin */
	EV_HEAD,    /* the canonical head changed */
	EV_WORK,    /* the pool has something to mine, or a vote was proposed */
	EV_TIMER,   /* the timer asked for is due */
	EV_BUILT,   /* the block asked for is executed; header is complete
		     * but for the seal */
	EV_SIGNED,  /* the signer answered */
	EV_REFUSED, /* building, signing or importing failed; rc says how */
	EV_MESSAGE  /* a peer's consensus message (BFT) */
};

struct engine_event {
	enum engine_event_kind kind;
	const struct header *header; /* EV_START, EV_HEAD, EV_BUILT */
	struct hash hash;            /* of header, EV_START and EV_HEAD */
	bool has_work;               /* EV_START, EV_HEAD: pool not empty */
	uint8_t sig[65];             /* EV_SIGNED: r, s, y_parity */
	enum rc rc;                  /* EV_REFUSED: what the caller got;
				      * RC_DENIED of the signer: this height
				      * was signed before */
	struct bytes message;        /* EV_MESSAGE */
};

enum engine_effect_kind {
	EF_TIMER,  /* wake me with EV_TIMER at at_ms; replaces an older one.
		    * Clocks are set: the caller looks at the wall clock once
		    * a second, and also wakes the engine when the time that
		    * at_ms was away has passed on the monotonic clock. Woken
		    * early, the engine plans anew or asks again */
	EF_BUILD,  /* build on the head with this template */
	EF_SIGN,   /* sign message for height, round, kind. Answered before
		    * any other event is fed: a signature that nobody uses
		    * would use the height up in vain */
	EF_SEALED, /* header is sealed: import the block that was built */
	EF_ADOPT,  /* the known side block parent becomes head, although
		    * engine_prefer would not choose it: nobody can extend the
		    * head. Answered by EV_HEAD or EV_REFUSED */
	EF_SEND    /* to all peers: message (BFT); without a message the
		    * known block parent, which they may not have because it
		    * was never anybody's head for long */
};

struct engine_effect {
	enum engine_effect_kind kind;
	uint64_t at_ms; /* EF_TIMER: wall clock; EF_BUILD: be done by then */
	struct hash parent;          /* EF_BUILD, EF_ADOPT, EF_SEND */
	const struct header *header; /* EF_BUILD: all but what execution gives
				      * (roots, bloom, gas used);
				      * EF_SEALED: all */
	struct hash digest;          /* EF_SIGN: keccak of message */
	uint64_t height, round;      /* EF_SIGN */
	unsigned sign_kind;          /* EF_SIGN: enum signer_kind */
	struct bytes message;        /* EF_SIGN, EF_SEND */
};

/* Most effects of one event. */
enum { ENGINE_EFFECT_MAX = 8 };

struct engine_effects {
	struct engine_effect v[ENGINE_EFFECT_MAX];
	size_t cnt;
};

/* A vote to cast in blocks that we seal. */
struct engine_proposal {
	struct addr target;
	bool is_add;
};

/* Most proposals kept at once; an operator has a handful. */
enum { ENGINE_PROPOSAL_MAX = 64 };

/* What sealing waits for. */
enum engine_state {
	ENGINE_OFF,     /* this node does not seal */
	ENGINE_IDLE,    /* no work, or nothing to do yet */
	ENGINE_WAITING, /* will act at at_ms */
	ENGINE_BUSY,    /* a block is being built, signed or imported */
	ENGINE_BLOCKED, /* others must act first, the normal case */
	ENGINE_STALLED  /* nobody acts although somebody could */
};

/* Longest explanation, NUL included. */
enum { ENGINE_WHY_MAX = 512 };

struct engine_status {
	enum engine_state state;
	uint64_t at_ms;           /* ENGINE_WAITING */
	uint64_t sealed_cnt;      /* blocks sealed since the start */
	uint64_t refused_cnt;     /* attempts that failed since the start */
	char why[ENGINE_WHY_MAX]; /* one English sentence for the operator */
};

/*
 * struct engine_gas is how much gas a transaction may ask for after a head.
 *
 * next     gas limit of the block that we would build on it
 * lasting  what is not above it fits into that block and into all that we
 *          build later: the head's limit, or the limit that ours move
 *          towards when that is lower
 */
struct engine_gas {
	uint64_t next, lasting;
};

/* struct engine_ops: one row per engine; call through the functions below. */
struct engine_ops {
	const char *name;
	enum rc (*verify)(struct engine *g, const struct header *h,
	    const struct header *parent, uint64_t now_s, struct err *e);
	enum rc (*author)(struct engine *g, struct addr *out,
	    const struct header *h, struct err *e);
	int (*prefer)(struct engine *g, const struct header *a,
	    const struct u256 *td_a, const struct header *b,
	    const struct u256 *td_b);
	enum rc (*step)(struct engine *g, struct arena *a,
	    struct engine_effects *out, const struct engine_event *ev,
	    uint64_t now_ms, struct err *e);
	void (*gas)(struct engine *g, struct engine_gas *out,
	    const struct header *head);
	enum rc (*signers)(struct engine *g, struct arena *a, struct addr **out,
	    size_t *cnt, const struct hash *at, struct err *e);
	enum rc (*propose)(struct engine *g, const struct addr *target,
	    bool is_add, struct err *e);
	enum rc (*discard)(
	    struct engine *g, const struct addr *target, struct err *e);
	size_t (*proposals)(
	    const struct engine *g, const struct engine_proposal **out);
	void (*status)(
	    struct engine *g, struct engine_status *out, uint64_t now_ms);
	enum rc (*describe)(struct engine *g, struct jsonw *w,
	    const struct hash *at, struct err *e);
	void (*free)(struct engine *g);
};

/* struct engine is the head of every engine's own struct. */
struct engine {
	const struct engine_ops *ops;
};

/*
 * engine_verify checks a header against its parent: shape, timing, gas limit
 * and base fee bounds, seal and signer. Executing the body is chain's work.
 *
 * parent  NULL when the caller does not have it
 * now_s   wall clock in Unix seconds, for the future-block rule
 * Errors  RC_BLK_...; RC_BLK_PARENT for a parent that is not known or not
 *         the one that h names; RC_BLK_FUTURE passes with time, so the block
 *         must not be remembered as bad
 */
enum rc engine_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e);

/*
 * engine_author tells who gets the fees of a block and what COINBASE shows.
 * Of a template of ours, whose seal is still zero, that is our own sealer;
 * of a genesis header its coinbase.
 */
enum rc engine_author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e);

/* engine_prefer is fork choice: above 0 when a should replace b, below 0 when
 * not, 0 for the same header. Both are verified. */
int engine_prefer(struct engine *g, const struct header *a,
    const struct u256 *td_a, const struct header *b, const struct u256 *td_b);

/*
 * engine_step feeds one event. Effects live until the next step or until the
 * arena is dropped, whichever is first. An event that came too late (its
 * block is no longer wanted) has no effect.
 *
 * Errors  RC_IO, RC_CORRUPT and RC_NO_MEMORY of the chain's callbacks; the
 *         engine's own failures become pauses, seen through engine_status
 */
enum rc engine_step(struct engine *g, struct arena *a,
    struct engine_effects *out, const struct engine_event *ev, uint64_t now_ms,
    struct err *e);

/* engine_gas tells what blocks after head hold. Of an engine that does not
 * seal both are the head's limit: what others will do it does not know. */
void engine_gas(
    struct engine *g, struct engine_gas *out, const struct header *head);

/* engine_signers lists who may sign after block at, ascending. */
enum rc engine_signers(struct engine *g, struct arena *a, struct addr **out,
    size_t *cnt, const struct hash *at, struct err *e);

/*
 * engine_propose remembers a vote to cast in blocks that we seal, replacing
 * an older one on the same target. Feed EV_WORK afterwards.
 *
 * Errors  RC_DENIED    it would empty the signer set, or add the zero
 *                      address to it, or we do not seal
 *         RC_NO_SPACE  ENGINE_PROPOSAL_MAX are kept
 */
enum rc engine_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e);

/* engine_discard forgets a proposal; RC_NOT_FOUND. */
enum rc engine_discard(
    struct engine *g, const struct addr *target, struct err *e);

/* engine_proposals lists the proposals; valid until the next change. */
size_t engine_proposals(
    const struct engine *g, const struct engine_proposal **out);

/* engine_status says what sealing waits for and why. */
void engine_status(
    struct engine *g, struct engine_status *out, uint64_t now_ms);

/*
 * engine_describe writes the engine's state after block at as one JSON value
 * (Clique: the document of clique_getSnapshot).
 */
enum rc engine_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e);

/* engine_free drops an engine and all it remembers. */
void engine_free(struct engine *g);

/* engine_none returns an engine that accepts any seal and never builds:
 * foreign chains, block tests. Static storage, engine_free does nothing. */
struct engine *engine_none(void);

#endif
