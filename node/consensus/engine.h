/* SPDX-License-Identifier: Apache-2.0
 *
 * What chain and noded know of consensus. An engine is pure: it judges
 * headers, and turns (event, now) into effects. It has no clock, socket,
 * file, thread or key.
 *
 * The life of a block that we seal:
 *   head changes -> EV_HEAD -> EF_TIMER (our turn, or the wiggle) -> EV_TIMER
 *   -> EF_BUILD (template) -> chain builds and executes -> EV_BUILT
 *   -> EF_SIGN -> signer -> EV_SIGNED -> EF_SEALED (whole header) -> chain
 *   imports -> EV_HEAD.
 */
#ifndef CONSENSUS_ENGINE_H
#define CONSENSUS_ENGINE_H

#include "base/arena.h"
#include "eth/header.h"

struct engine;

/*
 * struct engine_chain is how an engine reads headers and keeps its own small
 * data (snapshots). keep may be NULL: the engine recomputes.
 */
struct engine_chain {
	enum rc (*header)(void *ctx, struct header *out,
	    const struct hash *hash, struct err *e); /* RC_NOT_FOUND */
	enum rc (*load)(void *ctx, struct bytes *out, const char *name,
	    struct err *e);
	enum rc (*keep)(void *ctx, const char *name, struct bytes value,
	    struct err *e);
	void *ctx;
};

enum engine_event_kind {
	EV_START,   /* head is known, now begin */
	EV_HEAD,    /* the canonical head changed */
	EV_WORK,    /* the pool has something to mine */
	EV_TIMER,   /* the timer asked for is due */
	EV_BUILT,   /* the block asked for is executed; header is complete
	             * but for the seal */
	EV_SIGNED,  /* the signer answered */
	EV_REFUSED, /* building or signing failed */
	EV_MESSAGE  /* a peer's consensus message (BFT) */
};

struct engine_event {
	enum engine_event_kind kind;
	const struct header *header; /* EV_START, EV_HEAD, EV_BUILT */
	struct hash hash;            /* of header, EV_START and EV_HEAD */
	bool has_work;               /* EV_START, EV_HEAD: pool not empty */
	uint8_t sig[65];             /* EV_SIGNED: r, s, y_parity */
	struct bytes message;        /* EV_MESSAGE */
};

enum engine_effect_kind {
	EF_TIMER,  /* wake me with EV_TIMER at at_ms; replaces an older one */
	EF_BUILD,  /* build on the head with this template */
	EF_SIGN,   /* sign digest for height, round, kind */
	EF_SEALED, /* header is sealed: import the block that was built */
	EF_SEND    /* message to all validators (BFT) */
};

struct engine_effect {
	enum engine_effect_kind kind;
	uint64_t at_ms; /* EF_TIMER: wall clock; EF_BUILD: be done by then */
	struct hash parent;          /* EF_BUILD */
	const struct header *header; /* EF_BUILD: time, coinbase, difficulty,
	                              * extra, nonce, mix set; EF_SEALED: all */
	struct hash digest;          /* EF_SIGN */
	uint64_t height, round;      /* EF_SIGN */
	unsigned sign_kind;          /* EF_SIGN */
	struct bytes message;        /* EF_SEND */
};

/* Most effects of one event. */
enum { ENGINE_EFFECT_MAX = 8 };

struct engine_effects {
	struct engine_effect v[ENGINE_EFFECT_MAX];
	size_t cnt;
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
	enum rc (*signers)(struct engine *g, struct arena *a,
	    struct addr **out, size_t *cnt, const struct hash *at,
	    struct err *e);
	enum rc (*propose)(struct engine *g, const struct addr *target,
	    bool is_add, struct err *e);
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
 * now_s   wall clock in Unix seconds, for the future-block rule
 * Errors  RC_BLK_...
 */
enum rc engine_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e);

/* engine_author tells who gets the fees of a block and what COINBASE shows. */
enum rc engine_author(struct engine *g, struct addr *out,
    const struct header *h, struct err *e);

/* engine_prefer is fork choice: above 0 when a should replace b. */
int engine_prefer(struct engine *g, const struct header *a,
    const struct u256 *td_a, const struct header *b,
    const struct u256 *td_b);

/* engine_step feeds one event; effects point into the arena. */
enum rc engine_step(struct engine *g, struct arena *a,
    struct engine_effects *out, const struct engine_event *ev,
    uint64_t now_ms, struct err *e);

/* engine_signers lists who may sign after block at, ascending. */
enum rc engine_signers(struct engine *g, struct arena *a, struct addr **out,
    size_t *cnt, const struct hash *at, struct err *e);

/* engine_propose remembers a vote to cast in blocks that we seal. */
enum rc engine_propose(struct engine *g, const struct addr *target,
    bool is_add, struct err *e);

void engine_free(struct engine *g);

/* engine_none returns an engine that accepts any seal and never builds:
 * foreign chains, block tests. */
struct engine *engine_none(void);

#endif
