/* SPDX-License-Identifier: Apache-2.0
 *
 * Endpoints about the gateway itself.
 *
 *   gw_health   200 as long as the process answers
 *   gw_ready    200 when node and database are up and it is not stopping,
 *               503 with what is missing
 *   gw_metrics  Prometheus text
 *   gw_explain_form  what would become of the request that the form in the
 *               body describes, http/explain.h
 *   gw_metrics_local, gw_explain_local  the same, only for clients on this
 *               machine at listeners without TLS
 */
#ifndef HTTP_OPS_H
#define HTTP_OPS_H

#include "http/stage.h"

extern gw_stage_fn *const gw_health[];
extern gw_stage_fn *const gw_ready[];
extern gw_stage_fn *const gw_metrics[];
extern gw_stage_fn *const gw_metrics_local[];
extern gw_stage_fn *const gw_explain_form[];
extern gw_stage_fn *const gw_explain_local[];

#endif
