/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the success envelope; refusals are http/reply's.
 */
#include "api/envelope_priv.h"

#include "base/hex.h"

void
api_open(struct jsonw *w)
{
	jsonw_init(w, API_ANSWER_MAX);
	jsonw_obj(w);
	jsonw_key(w, "meta");
	jsonw_obj(w);
	jsonw_key(w, "code");
	jsonw_u64(w, 200);
	jsonw_key(w, "message");
	jsonw_str(w, "OK");
	jsonw_obj_end(w);
	jsonw_key(w, "data");
}

enum gw_step
api_close(struct gw_req *r, struct jsonw *w)
{
	jsonw_obj_end(w);
	return gw_reply_json(r, 200, w);
}

bool
api_result(struct u256 *out, const struct gw_node_call *c)
{
	return !c->is_error && c->answer.len > 2 && c->answer.ptr[0] == '"' &&
	       hex_quantity(out, bytes_of(c->answer.ptr + 1, c->answer.len - 2),
		   NULL) == RC_OK;
}
