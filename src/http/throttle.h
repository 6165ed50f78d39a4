/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong passwords, counted for each address and for each user at an address:
 * after some of them every further try has to wait, twice as long each time.
 * Another address is another count, so who guesses locks nobody out
 * elsewhere (reliability A7, A8).
 *
 * One table of fixed size for all workers, in shared memory: an entry is one
 * atomic word, so nothing is locked and a worker that dies leaves nothing
 * half written. Keyed digests name the entries; strangers can not choose
 * which of them meet in a row. A row that is full gives up the entry with the
 * fewest wrong tries, never one that has to wait: each entry costs its maker
 * a hashed password, so they can not be made faster than they end.
 */
#ifndef HTTP_THROTTLE_H
#define HTTP_THROTTLE_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "http/net.h"

enum {
	GW_THROTTLE_WAYS = 8,
	GW_THROTTLE_ROWS = 8192, /* 512 KiB in all */
};

struct gw_throttle {
	uint8_t secret[32];
	_Atomic uint64_t words[GW_THROTTLE_ROWS][GW_THROTTLE_WAYS];
};

/* struct gw_throttle_rule says how an entry counts. */
struct gw_throttle_rule {
	uint64_t free;     /* tries without a wait, at most 100; 0: no bound */
	uint64_t pause_ms; /* the first wait */
	uint64_t most_ms;  /* the longest */
	uint64_t leak_ms;  /* one try is forgotten in so long, after a wait */
};

/* gw_throttle_init draws the key; the table is zeros. */
void gw_throttle_init(struct gw_throttle *t);

/*
 * gw_throttle_key names the entry of a user of a surface at an address; with
 * an empty surface and user that of the address. An IPv6 address stands for
 * its /64, which is what one client has.
 */
uint64_t gw_throttle_key(const struct gw_throttle *t, const struct gw_addr *a,
    struct bytes surface, struct bytes user);

/* gw_throttle_wait returns after how many ms a try is allowed; 0: now. */
uint64_t gw_throttle_wait(const struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms);

/* gw_throttle_has_failed tells whether wrong tries are still remembered. */
bool gw_throttle_has_failed(const struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms);

/* gw_throttle_charge counts a try before it is known to be wrong, so that
 * many at once gain nothing; gw_throttle_refund takes one back, and
 * gw_throttle_confirm has the wait begin only now that it was wrong. */
void gw_throttle_charge(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms);
void gw_throttle_refund(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms);
void gw_throttle_confirm(struct gw_throttle *t, uint64_t key,
    const struct gw_throttle_rule *rule, uint64_t now_ms);

/* gw_throttle_forgive forgets all wrong tries and remembers that the right
 * password was shown; gw_throttle_is_known tells that. */
void gw_throttle_forgive(struct gw_throttle *t, uint64_t key, uint64_t now_ms);
bool gw_throttle_is_known(const struct gw_throttle *t, uint64_t key);

#endif
