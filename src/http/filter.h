/* SPDX-License-Identifier: Apache-2.0
 *
 * The filter chain: stages of the surface that stand before those of the
 * route. A filter returns GW_NEXT to let the request through, GW_DONE with a
 * refusal, or GW_AGAIN with an effect to be called again. filter.def has
 * the order.
 */
#ifndef HTTP_FILTER_H
#define HTTP_FILTER_H

#include "http/stage.h"
#include "http/throttle.h"

struct gw_conf;

#define FILTER(name, word, fn, phase) gw_stage_fn fn;
#include "http/filter.def"
#undef FILTER

/* How filter basic counts wrong passwords, by configuration: of a user at an
 * address, and of an address. Who checks passwords charges by these. */
struct gw_throttle_rule gw_rule_of_pair(const struct gw_conf *c);
struct gw_throttle_rule gw_rule_of_address(const struct gw_conf *c);

#endif
