/* SPDX-License-Identifier: Apache-2.0
 *
 * How an endpoint is written: a table of stages, ended by NULL. A stage is a
 * short function that never blocks. What it needs from outside it writes
 * down as an effect, plain data, and returns; the gateway performs it and
 * comes back with the outcome in the same struct.
 *
 *     static gw_stage_fn *const send_raw_tx[] = {
 *             tx_decode, tx_allow, tx_submit, tx_report, NULL,
 *     };
 */
#ifndef HTTP_STAGE_H
#define HTTP_STAGE_H

#include "base/bytes.h"
#include "base/err.h"

struct gw_req;
struct gw_password;
struct pg_result; /* libpq's PGresult */

enum gw_step {
	GW_NEXT,  /* go on with the next stage */
	GW_WAIT,  /* perform r->effect, then go on with the next stage */
	GW_AGAIN, /* perform r->effect, then call this stage again */
	GW_DONE,  /* r->reply is complete */
};

typedef enum gw_step gw_stage_fn(struct gw_req *r);

enum gw_phase { GW_PHASE_HEAD, GW_PHASE_BODY, GW_PHASE_STAGES };

enum gw_effect_kind {
	GW_EFFECT_NONE,
	GW_EFFECT_NODE,     /* calls to the node */
	GW_EFFECT_QUERY,    /* one SQL statement */
	GW_EFFECT_TIMER,    /* nothing but time */
	GW_EFFECT_BLOCK,    /* the node's next block */
	GW_EFFECT_PASSWORD, /* check a password */
	GW_EFFECT_FEED,     /* begin or end a subscription */
	GW_EFFECT_KIND_CNT,
};

/* Calls that one effect may hold. */
enum { GW_NODE_CALL_MAX = 1000 };

/* struct gw_node_call is one JSON-RPC call and its answer. */
struct gw_node_call {
	struct bytes method; /* text without quotes, nothing to escape */
	struct bytes params; /* JSON array or object; empty: [] */
	/* filled in */
	bool is_error;
	struct bytes answer; /* JSON of result or error, in the arena; empty
			      * when the node left the call out */
};

/*
 * A NODE effect: one call, or several as one batch, which the node answers
 * in its order. rc: RC_OK, RC_TIMEOUT, RC_UNAVAILABLE (no node, connection
 * lost, too many calls waiting), RC_TOO_LARGE (answer above [node] answer).
 */
struct gw_node_effect {
	struct gw_node_call *calls;
	size_t cnt;
	uint64_t timeout_ms; /* 0: [node] time */
	/* Costly, and changes nothing: whose client has closed its side is
	 * given up. Others are answered, for clients that only half close. */
	bool must_stay;
};

/* struct gw_stmt names a statement; a connection prepares it once. */
struct gw_stmt {
	const char *name; /* unique in the program */
	const char *text; /* with $1, $2 ... */
};

enum { GW_STMT_PARAM_MAX = 16 };

/*
 * A QUERY effect. Parameters are text, NUL-terminated, NULL for SQL NULL.
 * rc: RC_OK with result set, RC_TIMEOUT, RC_UNAVAILABLE (no database, too
 * many queries waiting), RC_INTERNAL (the server refused the statement; the
 * log has its message).
 */
struct gw_query_effect {
	const struct gw_stmt *stmt;
	const char *params[GW_STMT_PARAM_MAX];
	int param_cnt;
	uint64_t timeout_ms;      /* 0: [database] time */
	struct pg_result *result; /* freed by the gateway with the request,
				   * or when the next effect begins */
};

/*
 * A BLOCK effect waits until the node's newest block has another number than
 * seen, or until the time is over. However many requests wait, a worker asks
 * the node once for all of them. rc: RC_OK when there is a block, with its
 * number in seen; RC_TIMEOUT.
 */
struct gw_block_effect {
	uint64_t seen;
	uint64_t timeout_ms;
};

/* How much a try is worth when the queue is full. */
enum gw_rank {
	GW_RANK_SHADOW, /* nothing depends on it */
	GW_RANK_FAILED, /* its address has shown wrong passwords lately */
	GW_RANK_CLEAN,
	GW_RANK_KNOWN, /* the user has come from there before */
};

/*
 * A PASSWORD effect. rc: RC_OK with fits, RC_UNAVAILABLE (the queue is full
 * of tries that are worth more).
 */
struct gw_password_effect {
	uint8_t key[32]; /* the same for the same try: checked once for all */
	const struct gw_password *record;
	struct bytes password;  /* in the arena */
	uint64_t pair, address; /* keys of world's throttle */
	enum gw_rank rank;
	bool fits; /* filled in, with rc RC_OK */
};

/*
 * A FEED effect: one call of eth_subscribe or eth_unsubscribe of a request
 * that is a message. rc: RC_OK with the answer, which may be the node's error;
 * RC_NO_SPACE (the connection, or the gateway, has as many as it may),
 * RC_TIMEOUT, RC_UNAVAILABLE, RC_NO_MEMORY.
 */

struct gw_effect {
	enum gw_effect_kind kind;
	enum rc rc;
	union {
		struct gw_node_effect node;
		struct gw_query_effect query;
		struct gw_block_effect block;
		struct gw_password_effect password;
		struct gw_node_call *feed;
		uint64_t timer_ms;
	} u;
};

enum gw_run {
	GW_RUN_WAIT,  /* perform r->effect, then run again */
	GW_RUN_BODY,  /* read the body into r->body, then run again */
	GW_RUN_REPLY, /* send r->reply; a trial that gets here has none when
		       * the filters let it through */
};

/*
 * gw_run drives a routed request as far as it goes: filters that need only
 * the head, then the body, then the other filters, then the route's stages.
 * A stage that ends without an answer is an internal error.
 */
enum gw_run gw_run(struct gw_req *r);

/* gw_wait_* write an effect and return GW_WAIT; for the end of a stage. */
enum gw_step gw_wait_node(
    struct gw_req *r, struct gw_node_call *calls, size_t cnt);
enum gw_step gw_wait_feed(struct gw_req *r, struct gw_node_call *call);
enum gw_step gw_wait_timer(struct gw_req *r, uint64_t ms);
enum gw_step gw_wait_block(struct gw_req *r, uint64_t seen, uint64_t ms);

/* gw_wait_query starts a QUERY effect; add parameters with gw_query_param
 * before returning. */
enum gw_step gw_wait_query(struct gw_req *r, const struct gw_stmt *stmt);
void gw_query_param(struct gw_req *r, const char *text);

#endif
