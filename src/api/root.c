/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /: wallets ask it to see whether anybody is there. The name is the
 * one that they know.
 */
#include "api/api.h"
#include "http/req.h"

static enum gw_step
say_name(struct gw_req *r)
{
	return gw_reply_set(
	    r, 200, GW_TYPE_JSON, bytes_of_str("{\"server\":\"TMR-API\"}"));
}

gw_stage_fn *const api_root[] = {say_name, NULL};
