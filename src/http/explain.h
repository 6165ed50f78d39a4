/* SPDX-License-Identifier: Apache-2.0
 *
 * What would become of a request: plays one through framing, routing and
 * filters, the same code that decides for clients, and tells each filter's
 * verdict, reason and cost. Nothing is changed by it: no stage runs, no try
 * is counted, no password is checked, nor looked up among those that were right
 * lately: it would be a place to try passwords at.
 */
#ifndef HTTP_EXPLAIN_H
#define HTTP_EXPLAIN_H

#include "base/arena.h"
#include "http/conf.h"

struct gw_world;

enum {
	GW_EXPLAIN_HEADER_MAX = 64, /* headers of one question */
	/* The whole question, encoded; a body is bounded by it too. */
	GW_EXPLAIN_FORM_MAX = 1024 * 1024,
};

/*
 * gw_explain answers one question.
 *
 * out    JSON in the arena; README.md has its members. When the question is
 *        wrong: {"error": TEXT}
 * world  with clock_ns; rates and wrong tries are looked at, not changed
 * form   application/x-www-form-urlencoded:
 *          method, url   what is asked; url is a path or begins with
 *                        https:// or http://, which picks the listener too
 *          surface       only places of this one
 *          from          the client's address, 127.0.0.1 unless given
 *          user          as if this user had shown the right password
 *          cert          as if a certificate had been shown: a word of
 *                        cert.def
 *          header        "Name: value", several times
 *          data          the body
 * Returns  false when the question is wrong, or without memory (out empty)
 */
bool gw_explain(struct arena *a, struct bytes *out,
    const struct gw_world *world, struct gw_conf *conf, struct bytes form);

#endif
