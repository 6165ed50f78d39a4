/* SPDX-License-Identifier: Apache-2.0
 *
 * A surface without TLS that only shows the way to one with it. People who
 * type a name get a 308; programs get a refusal that they notice, because a
 * client that is sent on each time would go on showing its password to the
 * whole network.
 */
#ifndef HTTP_REDIRECT_H
#define HTTP_REDIRECT_H

#include "http/stage.h"

/*
 * gw_redirect answers a request of a REDIRECT surface that has passed its
 * filters: 308 to the same place below https for GET and HEAD of pages; 403
 * for other methods, for what carries credentials, and for paths of the
 * APIs that the listener it leads to has.
 *
 * Spec  reliability H14; RFC 9110 15.4.9, RFC 6797 7.2 (no HSTS here)
 */
enum gw_step gw_redirect(struct gw_req *r);

#endif
