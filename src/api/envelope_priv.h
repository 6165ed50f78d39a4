/* SPDX-License-Identifier: Apache-2.0
 *
 * The success envelope of the wallet API: meta with code 200, then data.
 */
#ifndef API_ENVELOPE_PRIV_H
#define API_ENVELOPE_PRIV_H

#include "base/jsonw.h"
#include "base/u256.h"
#include "http/batch.h"

/* Largest answer of an endpoint. */
enum { API_ANSWER_MAX = 16 * 1024 * 1024 };

/* api_open writes everything up to the value of data. */
void api_open(struct jsonw *w);

/* api_close ends the envelope and completes the answer. */
enum gw_step api_close(struct gw_req *r, struct jsonw *w);

/* api_result reads the quantity that a call returned. Returns false when it
 * is none, or when the call failed. */
bool api_result(struct u256 *out, const struct gw_node_call *c);

#endif
