/* SPDX-License-Identifier: Apache-2.0
 *
 * How a daemon without a socket of its own tells whoever started it that it
 * works: a line on a descriptor that it was given for that.
 */
#ifndef BASE_READY_H
#define BASE_READY_H

/* The environment's variable with the descriptor's number. */
#define READY_VARIABLE "READY_FD"

/* ready_tell writes "ready" and a line end there and closes it. The first call
 * counts; none does anything where no such number above 2 is named. */
void ready_tell(void);

#endif
