/* SPDX-License-Identifier: Apache-2.0
 *
 * Work that the parent does in a child of its own: what is left in memory
 * ends with it, and so does what goes wrong.
 */
#ifndef GATEWAY_ASIDE_H
#define GATEWAY_ASIDE_H

#include "base/err.h"

typedef enum rc aside_fn(void *ctx, struct err *e);

/*
 * aside_run calls work in a child and waits for it.
 *
 * seconds  after which the child is ended
 * Errors   RC_CONF  what work said; or that the child came to a bad end
 */
enum rc aside_run(aside_fn *work, void *ctx, unsigned seconds, struct err *e);

#endif
