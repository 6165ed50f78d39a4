/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs of known contracts.
 */
#ifndef CONTRACT_EVENT_H
#define CONTRACT_EVENT_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

/* EVENT_x for each row of event.def: what an event says, whichever contract
 * it is of. */
enum event_id {
	EVENT_NONE,
#define EVENT(name, text, indexed) EVENT_##name,
#include "contract/event.def"
#undef EVENT
	EVENT_CNT
};

/* Topics of a log (Yellow Paper 4.3.1). */
enum { EVENT_TOPIC_MAX = 4 };

struct contract;
struct contract_decoded;

/*
 * event_decode reads a log: which event it is say the first topic and how
 * many topics there are. Anybody may log anything: who cares for the meaning
 * looks at the address first, and that text need not be UTF-8 later.
 *
 * c         whose event it must be; NULL: any, those of STANDARD first. The
 *           names of parameters are that contract's
 * cnt       up to EVENT_TOPIC_MAX
 * Errors    RC_NOT_FOUND for another event, or none; else abi_decode's
 * Lifetime  args in the arena, their data views into it and into data
 */
enum rc event_decode(struct arena *a, struct contract_decoded *out,
    const struct contract *c, const struct hash *topics, size_t cnt,
    struct bytes data, struct err *e);

/* event_topic is the first topic of an event, what filters are made of. */
const struct hash *event_topic(enum event_id event);

#endif
