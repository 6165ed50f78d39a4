/* SPDX-License-Identifier: Apache-2.0
 *
 * The filter chain: stages of the surface that stand before those of the
 * route. A filter returns GW_NEXT to let the request through, GW_DONE with a
 * refusal (gw_refuse, gw_refuse_by) or an answer of its own, or GW_AGAIN with
 * an effect to be called again. filter.def has the order. A filter decides
 * the same whether it is in shadow or not. One that counts what requests do
 * leaves it when r->is_trial.
 */
#ifndef HTTP_FILTER_H
#define HTTP_FILTER_H

#include "http/conf.h"
#include "http/reply.h"
#include "http/stage.h"
#include "http/throttle.h"

#define FILTER(name, word, fn, phases) gw_stage_fn fn;
#include "http/filter.def"
#undef FILTER

/* gw_filter_next moves r->at on to the next filter of r->phase that the
 * surface has and the route does not excuse from; false when there is none. */
bool gw_filter_next(struct gw_req *r);

/*
 * gw_filter_call calls filter r->at and writes down its ruling. Where the
 * surface has the filter in shadow a refusal is taken back, with every header
 * that the filter has added, and the request goes on; but for GW_R_INTERNAL,
 * which is no rule of a filter's: the memory of the request is used up.
 */
enum gw_step gw_filter_call(struct gw_req *r);

/*
 * gw_filter_late writes down that filter f refuses a request after all which
 * it has let through: what it judges shows only later.
 *
 * Returns  false when the surface has f in shadow, so that it goes on
 */
bool gw_filter_late(struct gw_req *r, enum gw_filter f, enum gw_refusal cause,
    const char *rule);

/* gw_filter_word returns a filter's name in gateway.conf. */
const char *gw_filter_word(enum gw_filter f);

/* gw_cors_origin returns the origin of a page that may read what r->surface
 * answers, a view into the head; empty when it is not listed, or there is
 * none. */
struct bytes gw_cors_origin(const struct gw_req *r);

/*
 * gw_rate_charge is for stages: the request is worth units, of which filters
 * rate and user_rate have counted one.
 *
 * Returns  GW_NEXT, or GW_DONE with a 429 where it is too much for one of
 *          the filters that the surface has
 */
enum gw_step gw_rate_charge(struct gw_req *r, uint64_t units);

/* How filter basic counts wrong passwords, by configuration: of a user at an
 * address, and of an address. Who checks passwords charges by these. */
struct gw_throttle_rule gw_rule_of_pair(const struct gw_conf *c);
struct gw_throttle_rule gw_rule_of_address(const struct gw_conf *c);

#endif
