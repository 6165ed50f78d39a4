/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives one sealing engine by hand: events in, effects looked at, the head
 * moved, seals made with the rig's keys.
 */
#ifndef UNIT_CONSENSUS_DRIVE_H
#define UNIT_CONSENSUS_DRIVE_H

#include "rig.h"

struct drive {
	struct rig rig;
	struct engine *g, *judge; /* judge verifies and seals nothing */
	struct arena arena;       /* of the last step */
	struct engine_effects out;
	const struct header *head;
	uint64_t now_ms;
	size_t self, n; /* our index among n signers */
};

/* drive_open sets up a chain of n signers with us at index self; change
 * d->rig.conf before drive_start. */
void drive_open(struct drive *d, size_t n, size_t self);
void drive_close(struct drive *d);

/* drive_start makes the engines and feeds EV_START on the genesis, at its
 * time; has_work tells of transactions. */
void drive_start(struct drive *d, bool has_work);

/* drive_restart makes a new engine, as after a crash, and starts it on the
 * present head. */
void drive_restart(struct drive *d);

/* drive_step feeds an event. */
void drive_step(struct drive *d, const struct engine_event *ev);
void drive_event(struct drive *d, enum engine_event_kind kind);
void drive_refuse(struct drive *d, enum rc rc);

/* drive_head stores nothing; it makes h the head. */
void drive_head(struct drive *d, const struct header *h, bool has_work);

/* drive_other lets signer seal the next block, verified by the engine, and
 * makes it the head. */
void drive_other(struct drive *d, size_t signer);

/* drive_effect finds the one effect of a kind in the last answer; NULL when
 * there is none, a failed test when there are two. */
const struct engine_effect *drive_effect(
    struct drive *d, enum engine_effect_kind kind);

/* drive_timer_at is the time of the timer asked for last, 0: none. */
uint64_t drive_timer_at(struct drive *d);

/* drive_fire moves the clock to the timer and feeds EV_TIMER. */
void drive_fire(struct drive *d);

/* drive_built answers EF_BUILD; tx_cnt 0 leaves the block empty. */
void drive_built(struct drive *d, size_t tx_cnt);

/* drive_signed answers EF_SIGN with our key, or with that of signer. */
void drive_signed(struct drive *d);
void drive_signed_by(struct drive *d, size_t signer);

/* drive_seal goes from a planned timer to the new head: fires, builds, signs,
 * verifies with the judge, stores, EV_HEAD. Returns the block, NULL with a
 * failed test when the engine did something else. */
const struct header *drive_seal(struct drive *d, size_t tx_cnt);

/* drive_why is the engine's explanation; the state must be want. */
const char *drive_why(struct drive *d, enum engine_state want);

#endif
