/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake of a WebSocket: a GET on the place that takes JSON-RPC by
 * POST. It passes the surface's filters like any request. Each message that
 * comes later is a request as well, with the same head but for its method:
 * it passes them again, so that whoever is shut out, or has spent the rate,
 * is told with the next message.
 *
 * Spec  RFC 6455 4.2; reliability H10
 */
#ifndef HTTP_UPGRADE_H
#define HTTP_UPGRADE_H

#include "http/req.h"

extern gw_stage_fn *const gw_upgrade[];

/* Longest head that is kept for messages. */
enum { GW_UPGRADE_HEAD_MAX = 4096 };

/*
 * gw_upgrade_head writes the head that the messages of an accepted handshake
 * have: POST, the fields of r that do not belong to the handshake or to one
 * request alone, Content-Type of JSON, the empty line.
 *
 * Returns  false when it does not fit
 */
bool gw_upgrade_head(struct buf *out, const struct gw_req *r);

#endif
