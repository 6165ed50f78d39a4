/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_capabilities: which blocks this node can answer for, by kind of data,
 * so that a router in front of several nodes knows whom to ask. Blocks,
 * receipts and indexes are kept for ever; state and the tries for as many
 * blocks as the node is told to.
 *
 * Spec  execution-apis, eth_capabilities
 */
#include "rpc/rpc_priv.h"

static void
begin_resource(struct jsonw *w, const char *name, uint64_t oldest)
{
	jsonw_key(w, name);
	jsonw_obj(w);
	jsonw_key(w, "disabled");
	jsonw_bool(w, false);
	jsonw_key(w, "oldestBlock");
	jsonw_q64(w, oldest);
}

static void
write_kept(struct jsonw *w, const char *name)
{
	begin_resource(w, name, 0);
	jsonw_obj_end(w);
}

static void
write_window(struct jsonw *w, const char *name, uint64_t oldest, uint64_t kept)
{
	begin_resource(w, name, oldest);
	if (kept > 0) {
		jsonw_key(w, "deleteStrategy");
		jsonw_obj(w);
		jsonw_key(w, "type");
		jsonw_str(w, "window");
		jsonw_key(w, "retentionBlocks");
		jsonw_q64(w, kept);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static void
write_head(struct jsonw *w, const struct store_head *head)
{
	jsonw_key(w, "head");
	jsonw_obj(w);
	jsonw_key(w, "number");
	jsonw_q64(w, head->number);
	jsonw_key(w, "hash");
	jsonw_data(w, hash_bytes(&head->hash));
	jsonw_obj_end(w);
}

enum rc
rpc_do_capabilities(struct rpc_call *c, struct err *e)
{
	static const char *const kept[] = {"tx", "logs", "receipts", "blocks"};
	static const char *const windows[] = {"state", "stateproofs"};
	const struct store_view *v;
	struct store_head head;
	size_t i;

	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	jsonw_obj(c->w);
	write_head(c->w, &head);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		write_kept(c->w, kept[i]);
	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		write_window(
		    c->w, windows[i], store_view_oldest(v), c->node->history);
	jsonw_obj_end(c->w);
	return RC_OK;
}
