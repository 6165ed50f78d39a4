/* SPDX-License-Identifier: Apache-2.0
 *
 * Explaining without a running gateway: the same filters by configuration,
 * users and country data alone. Nobody has made a request or shown a wrong
 * password yet.
 */
#ifndef GATEWAY_OFFLINE_H
#define GATEWAY_OFFLINE_H

#include "gateway/parent.h"

/*
 * offline_explain reads the question that http/explain.h describes from
 * standard input and writes the answer to standard output, with a line end.
 *
 * Returns  an exit status: 0 answered, also when the question is wrong; 1
 *          when reading or writing fails or there is no memory
 */
int offline_explain(const struct gw_process *p);

#endif
