/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals that are not lost. Kore keeps the last one only, and forgets one
 * that comes while it handles another: a reload behind the death of a child,
 * or an end behind a reload, would never happen. Here each kind is kept until
 * its turn, and Kore is given one after the other.
 */
#ifndef GATEWAY_SIGNALS_H
#define GATEWAY_SIGNALS_H

#include <stdint.h>

/* signals_wait waits for events of Kore's loop, not at all when a signal has
 * come, and puts the next one where Kore will look, those that end the
 * process first. It stands for kore_platform_event_wait in every process. */
void signals_wait(uint64_t timeout_ms);

#endif
