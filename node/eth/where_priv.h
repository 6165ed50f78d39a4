/* SPDX-License-Identifier: Apache-2.0
 *
 * The codec that reads an item knows what is wrong with it; the caller knows
 * which field it was. This puts the two together, on the failing path only.
 */
#ifndef ETH_WHERE_PRIV_H
#define ETH_WHERE_PRIV_H

#include "base/err.h"

/*
 * where_fail puts a printf-formatted place and ": " before e's text.
 *
 * Returns rc
 */
enum rc where_fail(struct err *e, enum rc rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
