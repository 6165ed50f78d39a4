/* SPDX-License-Identifier: Apache-2.0
 *
 * How much a client may ask for: a rate and a burst, kept exactly by GCRA,
 * the generic cell rate algorithm (ITU-T I.371), which is a leaky bucket that
 * needs one number for each client: when all that it has used will have come
 * back. In any span of time no more is let through than burst + rate * span;
 * there are no windows, so there is nothing to gain at their edges.
 *
 * One table of fixed size for all workers, in shared memory (2 MiB; pages
 * that nobody writes cost nothing). An entry is one atomic word, replaced
 * whole: nothing is locked, and a worker that is killed leaves no entry half
 * written. Keyed digests name the entries, so strangers cannot choose which
 * of them meet in a row. Reloads and new workers find it as it was.
 *
 * A newcomer takes the place of an entry whose time is over, which loses
 * nothing, or else of the one in its row that has used least. One that has
 * reached its limit or was refused stays until all that it used has come
 * back. Where all of a row are such, the newcomer has to wait too: no stream
 * of addresses sets an offender free, and none passes uncounted.
 */
#ifndef HTTP_RATE_H
#define HTTP_RATE_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "http/net.h"

enum {
	GW_RATE_WAYS = 8, /* a row is a cache line */
	GW_RATE_ROWS = 32768,
	/* What one request may cost; more costs as much. */
	GW_RATE_COST_MAX = 10000,
};

/* How long a full burst may take to come back, in us: an hour. */
#define GW_RATE_SPAN_MAX 3600000000u

struct gw_rates {
	uint64_t secret[2];
	_Alignas(64) _Atomic uint64_t words[GW_RATE_ROWS][GW_RATE_WAYS];
};

/* struct gw_rate_rule: burst * interval_us is at most GW_RATE_SPAN_MAX. */
struct gw_rate_rule {
	uint64_t interval_us; /* one comes back in so long; 0: no bound */
	uint64_t burst;       /* at once, at least 1 */
};

struct gw_rate_verdict {
	bool is_ok;
	uint64_t wait_us; /* else: until it would be */
	uint64_t left;    /* what can be asked for now */
};

/* gw_rate_init draws the key; the table is zeros. */
void gw_rate_init(struct gw_rates *t);

/* gw_rate_key_* name the entry of an address, or of a user, at a surface. An
 * IPv6 address stands for its /64, which is what one client has. */
uint64_t gw_rate_key_addr(
    const struct gw_rates *t, struct bytes surface, const struct gw_addr *a);
uint64_t gw_rate_key_user(
    const struct gw_rates *t, struct bytes surface, struct bytes user);

/*
 * gw_rate_take takes cost from what key may use. What is refused costs
 * nothing. A cost above the burst is let through when nothing is owed, and
 * is owed in full.
 *
 * now_us  of a clock that all workers share and that does not go back; it
 *         may be some ms old
 */
struct gw_rate_verdict gw_rate_take(struct gw_rates *t, uint64_t key,
    const struct gw_rate_rule *rule, uint64_t cost, uint64_t now_us);

/* gw_rate_look tells what gw_rate_take would say, and takes nothing. */
struct gw_rate_verdict gw_rate_look(struct gw_rates *t, uint64_t key,
    const struct gw_rate_rule *rule, uint64_t cost, uint64_t now_us);

#endif
