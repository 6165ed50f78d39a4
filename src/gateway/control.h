/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket between the parent and one worker, or the key manager: it hands
 * over files that these cannot open, with a word what they are for.
 */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

#include <stdbool.h>

enum control_kind {
	CONTROL_LOG,       /* access log, for writing */
	CONTROL_COUNTRIES, /* table of http/geo.h; empty: no database */
	CONTROL_CERT,      /* to the key manager, PEM; its key follows */
	CONTROL_KEY,
	CONTROL_CNT,
};

/* control_send hands a descriptor over, which stays the caller's; false when
 * the other end has not taken what was sent before. errno tells why. */
bool control_send(int sock, enum control_kind kind, int fd);

/* control_take returns the next descriptor, the caller's, or -1. */
int control_take(int sock, enum control_kind *kind);

#endif
