/* SPDX-License-Identifier: Apache-2.0
 *
 * The line from a worker to the key manager, on which the hash of a handshake
 * goes out and its signature comes back: a pair of sockets for each worker.
 * Kore routes these messages through the parent, a third process to be woken
 * twice for each handshake, which was a third of its cost.
 *
 * A packet is a number, drawn by the worker and returned by the key manager,
 * and Kore's request or answer: a worker that was started anew inherits the
 * line and must not take an answer to its predecessor.
 */
#ifndef GATEWAY_KEYLINE_H
#define GATEWAY_KEYLINE_H

#include "base/err.h"

struct gw_process;

/* keyline_open makes the lines, before the first fork. Errors RC_CONF. */
enum rc keyline_open(struct gw_process *p, struct err *e);

/* keyline_keep closes the ends that are not those of this process: worker
 * self, or UINT_MAX for the key manager, which begins to listen. Before the
 * sandbox. */
void keyline_keep(const struct gw_process *p, unsigned self);

#endif
