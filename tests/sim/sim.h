/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole Clique network in one process: the real engine in every node, time
 * that only events move, and a network that loses, delays and parts, all from
 * one seed. The same seed gives the same run, byte for byte.
 *
 *   sim.c     seeds, results, command line
 *   world.c   the event queue and the script of a run
 *   node.c    one node: engine, headers, signer, crash and restart
 *   net.c     messages between nodes
 *   check.c   what must hold, checked without the engine's help
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "consensus/clique.h"
#include "crypto/rng.h"

enum {
	SIM_NODE_MAX = 5,
	SIM_BLOCK_MAX = 2048, /* of one run, losing branches included */
	SIM_EVENT_MAX = 16384,
	SIM_AUX_MAX = 8,
	SIM_NONE = SIM_BLOCK_MAX /* no block */
};

/* Times of the script, milliseconds after the start. */
enum {
	SIM_CALM_MS = 8000,      /* all well */
	SIM_CHAOS_MS = 30000,    /* faults */
	SIM_ONE_DOWN_MS = 40000, /* healed, one sealer gone */
	SIM_ALL_UP_MS = 12000,   /* the one is back */
	SIM_DRAIN_MS = 8000,     /* nobody seals, messages arrive */
	SIM_SETTLE_MS = 30000,   /* bound of progress after healing */
	SIM_BREATH_MS = 1000,
	SIM_HEARTBEAT_S = 10,
	SIM_ANNOUNCE_MS = 1000 /* heads are told this often */
};

struct sim_block {
	struct header header; /* extra in the world's arena */
	struct hash hash;
	size_t parent;
	uint64_t td;
	unsigned sealer;
};

struct sim_aux {
	char name[65];
	struct bytes value;
};

/* A header on its way through a node's hands, with its own extra data. */
struct sim_work {
	struct header header;
	uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL + 20 * SIM_NODE_MAX];
	bool is_set;
};

struct world;

struct sim_node {
	struct world *w;
	unsigned id;
	struct addr addr;
	uint8_t key[32];

	/* What a crash leaves. */
	bool knows[SIM_BLOCK_MAX];
	size_t head;
	struct sim_aux aux[SIM_AUX_MAX];
	size_t aux_cnt;
	struct sim_work staged;
	uint64_t signed_height; /* the signer's watermark */
	struct hash signed_digest;

	/* What it does not leave. */
	struct engine *g;
	unsigned life; /* counts starts: older events are void */
	bool is_up;
	uint64_t timer_at_ms; /* by the node's clock */
	bool has_timer;
	unsigned timer_cnt; /* counts timers: older ones are void */
	struct sim_work built;
	unsigned attempt; /* counts builds: older answers are void */

	int64_t skew_ms; /* of its clock */
};

enum sim_event_kind {
	SIM_TIMER,
	SIM_BUILT,
	SIM_MESSAGE,
	SIM_ANNOUNCE,
	SIM_RESTART,
	SIM_FAULT,
	SIM_WORK
};

enum sim_message_kind {
	SIM_BLOCK, /* here is a block */
	SIM_HEAD,  /* this is my head */
	SIM_GET,   /* send me this block and its ancestors */
	SIM_BATCH  /* this block and its ancestors */
};

struct sim_event {
	uint64_t at_ms, seq;
	enum sim_event_kind kind;
	unsigned node, life, attempt;
	enum sim_message_kind message;
	unsigned from;
	size_t block;
};

/* What a run is made of, drawn from the seed. */
struct sim_plan {
	uint64_t seed;
	unsigned n;
	uint64_t period_s, epoch;
	bool skip_empty;
	uint64_t settle_s;
};

/* What runs are summed up to. */
struct sim_stats {
	uint64_t blocks, reorgs, restarts, adopted, denied, resumed, told,
	    messages, lost;
	uint64_t deepest_reorg;
	uint64_t longest_gap_ms; /* one sealer down, after settling */
	uint64_t longest_heal_ms;
};

struct world {
	struct sim_plan plan;
	struct fork_plan forks;
	struct rng_test rng;
	struct arena arena;
	uint64_t now_ms, start_ms, seq;
	struct sim_event heap[SIM_EVENT_MAX];
	size_t event_cnt;
	struct sim_block blocks[SIM_BLOCK_MAX];
	size_t block_cnt;
	struct sim_node nodes[SIM_NODE_MAX];

	/* The network at this moment. */
	bool is_cut[SIM_NODE_MAX][SIM_NODE_MAX];
	unsigned loss_percent;
	uint64_t delay_ms;
	bool is_chaos, is_frozen;
	bool is_told; /* print what happens */

	/* Checking. */
	size_t final;            /* deepest final block seen anywhere */
	uint64_t progress_at_ms; /* the highest head rose */
	uint64_t progress_number;
	uint64_t healed_at_ms; /* since then faults are over; 0: they are not */
	bool has_settled;
	uint64_t trace;   /* hash of all that happened */
	const char *rule; /* the rule that broke, NULL: none yet */
	char why[256];

	struct sim_stats *stats;
};

/* world.c ------------------------------------------------------------ */

/* world_run plays one seed, and tells it line by line when is_told is set.
 * Returns false when a rule broke: w->rule, w->why. */
bool world_run(
    struct world *w, uint64_t seed, struct sim_stats *stats, bool is_told);

/* world_push schedules an event; world_below draws below bound. */
void world_push(struct world *w, const struct sim_event *ev);
uint64_t world_below(struct world *w, uint64_t bound);
bool world_chance(struct world *w, unsigned percent);

/* world_mix adds to the trace. */
void world_mix(struct world *w, uint64_t v);

/* node.c ------------------------------------------------------------- */

void node_start(struct sim_node *n);
void node_crash(struct sim_node *n, uint64_t back_in_ms);
void node_stop(struct sim_node *n); /* for good */
/* node_describe prints where a node stands, after a rule broke. */
void node_describe(struct sim_node *n);
void node_event(struct sim_node *n, const struct sim_event *ev);

/* node_take imports a block that somebody sent; false when its parent is not
 * known. */
bool node_take(struct sim_node *n, size_t block);

/* node_wall_ms is the node's clock. */
uint64_t node_wall_ms(const struct sim_node *n);

/* net.c -------------------------------------------------------------- */

void net_broadcast(struct sim_node *from, size_t block);
void net_announce(struct sim_node *from);
void net_deliver(struct sim_node *to, const struct sim_event *ev);

/* check.c ------------------------------------------------------------ */

/* Each says so when a rule breaks; the first breach stays. */
void check_sealed(struct world *w, size_t block);
void check_refused(struct world *w, const struct sim_node *n, size_t block,
    enum rc rc, const struct err *e);
void check_head(struct world *w, const struct sim_node *n, size_t old);
void check_signature(struct world *w, const struct sim_node *n, uint64_t height,
    const struct hash *digest);
void check_progress(struct world *w);
void check_end(struct world *w);

#endif
