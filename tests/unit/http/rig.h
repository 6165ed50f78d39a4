/* SPDX-License-Identifier: Apache-2.0
 *
 * A request without a gateway: a configuration, the head of a request, and
 * what the stages made of it. rig_run performs no effect; the test looks at
 * it, fills in the outcome and runs again.
 */
#ifndef HTTP_RIG_H
#define HTTP_RIG_H

#include "http/creds.h"
#include "http/req.h"
#include "http/route.h"
#include "http/throttle.h"
#include "http/world.h"

struct rig {
	struct gw_conf *conf;
	struct gw_world world;
	struct gw_req req;
	struct gw_field store[GW_FIELD_CNT_MAX];
	unsigned status; /* of gw_head_read */
	enum gw_run run;
	char said[4096]; /* faults of the configuration, a line each */
};

/* The configuration that most tests use. */
extern const char rig_conf[];

/* rig_open reads a configuration; false with the faults in said. users, when
 * not NULL, becomes the text of every users file. */
bool rig_open(struct rig *g, const char *conf, const char *users);

/* rig_check_routes is gw_conf_check_routes, told to said. */
enum rc rig_check_routes(
    struct rig *g, const struct gw_route *routes, size_t cnt);

/* rig_warn is gw_conf_warn, told to said. */
void rig_warn(struct rig *g);

/* rig_send opens a request at a listener and runs it until it waits, wants
 * its body or has an answer. */
void rig_send(struct rig *g, const char *listener, const char *head,
    const struct gw_route *routes, size_t route_cnt);

/* rig_go runs on, after an effect or with the body set. */
void rig_go(struct rig *g);
void rig_body(struct rig *g, const char *body);

/* rig_next drops the request, rig_close everything. */
void rig_next(struct rig *g);
void rig_close(struct rig *g);

#endif
