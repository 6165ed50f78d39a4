/* SPDX-License-Identifier: Apache-2.0
 *
 * A request to the wallet API with the test in the place of gateway, node
 * and database: it looks at the effect that a stage asks for, fills in the
 * outcome and lets the stages go on.
 */
#ifndef API_RIG_H
#define API_RIG_H

#include <jansson.h>

#include "api/api.h"
#include "http/req.h"
#include "http/world.h"

struct rig {
	struct gw_conf *conf;
	struct gw_world world;
	struct gw_req req;
	struct gw_field store[GW_FIELD_CNT_MAX];
	enum gw_run run;
	size_t memory_max; /* of the next request; 0: as the gateway's */
	char head[512];
	json_t *doc; /* of rig_answer */
};

/* rig_open starts with a wallet surface; plain lets transfers go anywhere. */
void rig_open(struct rig *g, bool plain);
void rig_close(struct rig *g);

/* rig_profile changes the surface's profile, which is legacy at first. */
void rig_profile(struct rig *g, enum gw_profile profile);

/* rig_get and rig_post run a new request up to its first effect or answer. */
void rig_get(struct rig *g, const char *path);
void rig_post(
    struct rig *g, const char *path, const char *type, const char *body);

/* rig_is_node tells whether so many calls of that method are asked for. */
bool rig_is_node(const struct rig *g, size_t cnt, const char *method);

/* rig_says fills in one call's answer; is_error for an error object. */
void rig_says(struct rig *g, size_t call, bool is_error, const char *json);

/* rig_go ends the effect with rc and runs on. */
void rig_go(struct rig *g, enum rc rc);

/* rig_lists ends a query with these rows of one column and runs on. */
void rig_lists(struct rig *g, const char *const *texts, size_t cnt);

/* rig_answer gives the whole answer as JSON, until the next request; the
 * status goes to status. */
const json_t *rig_answer(struct rig *g, unsigned *status);

/* rig_data is data of the answer, rig_item one item's member of it, as
 * compact JSON text until the running test ends. */
const char *rig_data(struct rig *g);
const char *rig_item(struct rig *g, size_t item, const char *key);

#endif
