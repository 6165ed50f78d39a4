/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong passwords: each makes its account wait longer for the next try. The
 * child keeps count, so that a caller who was taken over guesses no faster.
 */
#ifndef SIGNER_TRIES_PRIV_H
#define SIGNER_TRIES_PRIV_H

#include "base/err.h"
#include "eth/types.h"

/* Accounts that wait at once; above it the one that waits least makes room. */
enum { TRIES_MAX = 64 };

struct tries {
	struct {
		struct addr addr;
		uint32_t wait_ms;  /* of the last one; 0: a free place */
		uint64_t until_ms; /* no password is looked at before */
	} v[TRIES_MAX];
};

/* tries_check tells whether a password may be tried; RC_UNAVAILABLE saying
 * when. */
enum rc tries_check(const struct tries *t, const struct addr *addr,
    uint64_t now_ms, struct err *e);

/* tries_note counts a wrong password: first_ms after the first, then twice as
 * long each time, up to SIGNER_WAIT_MAX_MS. 0: no wait. */
void tries_note(struct tries *t, const struct addr *addr, uint32_t first_ms,
    uint64_t now_ms);

/* tries_forget clears an account that was opened. */
void tries_forget(struct tries *t, const struct addr *addr);

#endif
