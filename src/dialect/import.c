/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /blocks/import and /importBlock: {"block": "0x..."}, a block's RLP;
 * height and hash, where the client gives them, must be the block's. Who may:
 * users whose methods_for names sekisho_importBlock. A block that was judged
 * has status 200 whatever became of it, one that is none 400.
 */
#include "dialect/dialect.h"

#include "base/check.h"
#include "base/hex.h"
#include "dialect/dialect_priv.h"
#include "eth/header.h"
#include "eth/rlp.h"

#define METHOD_NAME "sekisho_importBlock"

/* struct brought is the block as the client told of it. */
struct brought {
	uint64_t height;
	struct hash hash;
};

static enum gw_step
verdict(struct gw_req *r, unsigned status, bool is_accepted,
    const struct brought *b, struct bytes reason, uint64_t undone)
{
	struct jsonw w;

	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "accepted");
	jsonw_bool(&w, is_accepted);
	jsonw_key(&w, "height");
	if (b == NULL)
		jsonw_null(&w);
	else
		jsonw_u64(&w, b->height);
	jsonw_key(&w, "hash");
	if (b == NULL)
		jsonw_null(&w);
	else
		jsonw_data(&w, hash_bytes(&b->hash));
	jsonw_key(&w, "reason");
	jsonw_strn(&w, reason);
	jsonw_key(&w, "reorged");
	jsonw_bool(&w, undone > 0);
	jsonw_key(&w, "reorg_depth");
	jsonw_u64(&w, undone);
	jsonw_obj_end(&w);
	return gw_reply_json(r, status, &w);
}

static enum gw_step
refuse_form(struct gw_req *r, const char *reason)
{
	r->reply.cause = GW_R_BAD_PARAM;
	return verdict(r, 400, false, NULL, bytes_of_str(reason), 0);
}

/* hash_fault says what is wrong with the form of a hash. */
static const char *
hash_fault(const struct gw_json *v)
{
	if (v->kind != GW_JSON_STRING)
		return "hash: must be a string";
	if (v->text.len < 2 || memcmp(v->text.ptr, "0x", 2) != 0)
		return "hash: must begin with 0x";
	if (v->text.len != 66)
		return "hash: must have 64 digits";
	if (!dl_is_hash(v->text))
		return "hash: must be hexadecimal";
	return NULL;
}

/* differs returns what the client says of the block that is not so. */
static const char *
differs(const struct gw_json *doc, const struct brought *b)
{
	const struct gw_json *hash = gw_json_get(doc, "hash");
	const struct gw_json *height = gw_json_get(doc, "height");
	const char *fault = hash == NULL ? NULL : hash_fault(hash);
	struct hash said;
	uint64_t no;

	if (fault != NULL)
		return fault;
	if (hash != NULL &&
	    (hex_read_fixed(said.b, 32, hash->text, false, NULL) != RC_OK ||
		!hash_eq(&said, &b->hash)))
		return "hash: is not the block's";
	if (height != NULL &&
	    (height->kind != GW_JSON_NUMBER ||
		!bytes_dec(&no, height->text, UINT64_MAX) || no != b->height))
		return "height: is not the block's";
	return NULL;
}

/* read_block returns what is wrong with the document, NULL for nothing. */
static const char *
read_block(struct gw_req *r, struct brought *b, const struct gw_json *doc,
    struct bytes *raw_text)
{
	const struct gw_json *v = gw_json_get(doc, "block");
	struct err e = {0};
	struct bytes raw, items;
	struct header h;
	enum rc rc;

	if (v == NULL)
		return "block: missing field";
	if (v->kind != GW_JSON_STRING)
		return "block: must be a string";
	rc = hex_read(&r->arena, &raw, v->text, &e);
	if (rc == RC_OK)
		rc = rlp_take_list(&items, &raw, &e);
	if (rc == RC_OK)
		rc = header_take(&h, &items, &e);
	if (rc != RC_OK)
		return dl_fault(r, "block", bytes_of_str(err_message(&e, rc)));
	b->hash = header_hash(&h);
	b->height = h.number;
	*raw_text = v->text;
	return differs(doc, b);
}

static enum gw_step
take(struct gw_req *r)
{
	struct brought *b = arena_alloc(&r->arena, sizeof(*b));
	struct gw_node_call *call = arena_alloc(&r->arena, sizeof(*call));
	const char *fault = NULL, *params;
	const struct gw_json *doc;
	struct bytes text = {NULL, 0};
	enum gw_step step = dl_admit(r, METHOD_NAME, 1);

	if (step != GW_NEXT)
		return step;
	doc = gw_req_json(r, &fault);
	if (doc == NULL || doc->kind != GW_JSON_OBJECT)
		return refuse_form(
		    r, fault == NULL ? "body: a JSON object is needed" : fault);
	if (b == NULL || call == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	fault = read_block(r, b, doc, &text);
	if (fault != NULL)
		return refuse_form(r, fault);
	params = arena_str(
	    &r->arena, "[\"%.*s\"]", (int)text.len, (const char *)text.ptr);
	if (params == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	*call = (struct gw_node_call){.method = bytes_of_str(METHOD_NAME),
	    .params = bytes_of_str(params)};
	r->state = b;
	(void)gw_wait_node(r, call, 1);
	r->effect.u.node.timeout_ms =
	    gw_rpc_time_ms(r->surface, gw_rpc_cost(bytes_of_str(METHOD_NAME)));
	return GW_WAIT;
}

/* reason_of puts the node's outcome into the words that clients look for. */
static struct bytes
reason_of(struct gw_req *r, const struct brought *b, const struct gw_json *v)
{
	struct bytes what = gw_json_text(v, "outcome");
	struct bytes why = gw_json_text(v, "reason");
	static const struct {
		const char *outcome, *text;
	} rows[] = {
	    {"accepted", "accepted"},
	    {"known", "block already exists"},
	    {"side", "fork: kept aside, the branch that weighs more stays"},
	    {"stale", "stale block"},
	    {"orphan", "fork: the parent is not on this chain"},
	    {"unauthorized", "untrusted proposer"},
	    {"refused", "invalid block"},
	};
	const char *text = NULL;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (bytes_eq(what, bytes_of_str(rows[i].outcome)))
			text = rows[i].text;
	if (bytes_eq(what, bytes_of_str("gap")))
		text = arena_str(&r->arena,
		    "gap: the head is at %llu, the block at %llu",
		    (unsigned long long)gw_json_u64(v, "head"),
		    (unsigned long long)b->height);
	else if (text != NULL && why.len > 0)
		text = arena_str(&r->arena, "%s: %.*s", text, (int)why.len,
		    (const char *)why.ptr);
	return bytes_of_str(text == NULL ? "" : text);
}

static enum gw_step
tell(struct gw_req *r)
{
	const struct gw_node_call *c = r->effect.u.node.calls;
	const struct gw_json *v;
	bool is_accepted;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	v = gw_batch_answer(r, 0);
	if (v == NULL && c->is_error)
		return refuse_form(r, dl_fault(r, "block", dl_message(r, c)));
	is_accepted =
	    bytes_eq(gw_json_text(v, "outcome"), bytes_of_str("accepted"));
	return verdict(r, 200, is_accepted, r->state, reason_of(r, r->state, v),
	    gw_json_u64(v, "undone"));
}

gw_stage_fn *const dl_import[] = {take, tell, NULL};
