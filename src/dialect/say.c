/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may, refusals, and how a block looks.
 */
#include <time.h>

#include "base/hex.h"
#include "dialect/dialect_priv.h"
#include "http/filter.h"
#include "http/nodes.h"

enum { DETAIL_MAX = 4096 };

static enum gw_step
say(struct gw_req *r, unsigned status, const char *detail)
{
	struct jsonw w;

	jsonw_init(&w, DETAIL_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "detail");
	jsonw_str(&w, detail);
	jsonw_obj_end(&w);
	return gw_reply_json(r, status, &w);
}

enum gw_step
dl_refuse(struct gw_req *r, enum gw_refusal why, const char *detail)
{
	(void)gw_refuse(r, why, NULL);
	return say(r, r->reply.status,
	    detail == NULL ? gw_refusal_text(why, GW_LANG_EN) : detail);
}

enum gw_step
dl_refuse_node(struct gw_req *r)
{
	(void)gw_refuse_node(r);
	return say(
	    r, r->reply.status, gw_refusal_text(r->reply.cause, GW_LANG_EN));
}

struct bytes
dl_message(struct gw_req *r, const struct gw_node_call *c)
{
	struct gw_json_doc doc;

	if (!c->is_error || !gw_json_read(&r->arena, &doc, c->answer))
		return bytes_of(NULL, 0);
	return gw_json_text(doc.root, "message");
}

enum gw_step
dl_refuse_error(struct gw_req *r, const struct gw_node_call *c)
{
	struct bytes text = dl_message(r, c);
	bool is_full = bytes_eq(text, bytes_of_str(err_text(RC_TX_POOL_FULL)));
	const char *detail =
	    arena_str(&r->arena, "%.*s", (int)text.len, (const char *)text.ptr);

	if (text.len == 0 || detail == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	return dl_refuse(
	    r, is_full ? GW_R_UNAVAILABLE : GW_R_BAD_PARAM, detail);
}

const char *
dl_fault(struct gw_req *r, const char *field, struct bytes why)
{
	const char *text = arena_str(
	    &r->arena, "%s: %.*s", field, (int)why.len, (const char *)why.ptr);

	return text == NULL ? field : text;
}

enum gw_step
dl_admit(struct gw_req *r, const char *method, uint64_t calls)
{
	struct bytes name = bytes_of_str(method);
	uint64_t units = gw_rpc_units(r->surface, gw_rpc_cost(name));

	if (!gw_rpc_may(r->surface, r->user, name))
		return dl_refuse(r, GW_R_FORBIDDEN, NULL);
	return gw_rate_charge(r, units * calls);
}

void
dl_add_block(struct gw_req *r, struct gw_batch *b, const char *which)
{
	(void)gw_batch_add(r, b, "eth_getHeaderByNumber", "[\"%s\"]", which);
	(void)gw_batch_add(
	    r, b, "eth_getBlockTransactionCountByNumber", "[\"%s\"]", which);
	(void)gw_batch_add(r, b, "clique_getSigner", "[\"%s\"]", which);
}

/* With the offset, since readers of ISO 8601 know Z not everywhere. */
static void
put_time(struct jsonw *w, const char *key, uint64_t unix_s)
{
	time_t at = (time_t)unix_s;
	char text[32];
	struct tm tm;

	jsonw_key(w, key);
	/* The last second of the year 9999. */
	if (unix_s > 253402300799u || gmtime_r(&at, &tm) == NULL) {
		jsonw_null(w);
		return;
	}
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	jsonw_str(w, text);
}

struct bytes
dl_member(struct bytes object, const char *name)
{
	struct bytes value;

	return gw_json_find(&value, object, name) ? value : bytes_of(NULL, 0);
}

struct bytes
dl_str(struct bytes value)
{
	if (value.len < 2 || value.ptr[0] != '"')
		return bytes_of(NULL, 0);
	return bytes_of(value.ptr + 1, value.len - 2);
}

uint64_t
dl_num(struct bytes value)
{
	uint64_t v;

	return gw_node_quantity(&v, value) ? v : 0;
}

bool
dl_read_block(struct dl_block *out, struct bytes object)
{
	if (object.len == 0 || object.ptr[0] != '{')
		return false;
	out->height = dl_num(dl_member(object, "number"));
	out->time = dl_num(dl_member(object, "timestamp"));
	out->hash = dl_str(dl_member(object, "hash"));
	out->parent = dl_str(dl_member(object, "parentHash"));
	out->proposer = dl_str(dl_member(object, "miner"));
	out->state_root = dl_str(dl_member(object, "stateRoot"));
	return true;
}

/* Where no signers are, the header says who made the block. */
bool
dl_read_asked(struct gw_req *r, struct dl_block *out, size_t place)
{
	const struct gw_node_call *c = r->effect.u.node.calls + place;
	struct bytes signer = dl_str(c[DL_BLOCK_SIGNER].answer);

	if (c[DL_BLOCK_HEADER].is_error ||
	    !dl_read_block(out, c[DL_BLOCK_HEADER].answer))
		return false;
	out->tx_cnt = dl_num(c[DL_BLOCK_COUNT].answer);
	if (signer.len > 0)
		out->proposer = signer;
	return true;
}

void
dl_put_block(struct jsonw *w, const struct dl_block *b)
{
	jsonw_key(w, "height");
	jsonw_u64(w, b->height);
	jsonw_key(w, "hash");
	jsonw_strn(w, b->hash);
	jsonw_key(w, "parent_hash");
	jsonw_strn(w, b->parent);
	jsonw_key(w, "proposer");
	jsonw_strn(w, b->proposer);
	put_time(w, "timestamp", b->time);
	jsonw_key(w, "tx_count");
	jsonw_u64(w, b->tx_cnt);
	jsonw_key(w, "state_root");
	jsonw_strn(w, b->state_root);
}

bool
dl_is_hash(struct bytes text)
{
	uint8_t hash[32];

	return text.len == 66 &&
	       hex_read_fixed(hash, sizeof(hash), text, false, NULL) == RC_OK;
}
