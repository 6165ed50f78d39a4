/* SPDX-License-Identifier: Apache-2.0
 *
 * sekisho_importBlock: a block that somebody brings, for operators without
 * peers between their nodes. It is judged as one of a peer would be: only a
 * signer's seal gets it in. What becomes of a block is the answer; an error
 * is for what is no block, and for a node that cannot judge.
 */
#include "base/hex.h"
#include "chain/chain.h"
#include "eth/block.h"
#include "rpc/rpc_priv.h"

enum rc
rpc_do_import_block(struct rpc_call *c, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct bytes raw, in;
	struct block b;
	enum rc rc;

	TRY(rpc_arg_data(&raw, c, 0, e));
	in = raw;
	rc = block_take_frontier(c->a, &b, &in, &why);
	if (rc == RC_OK && in.len > 0)
		rc = FAIL(&why, RC_TRAILING, "bytes behind the block");
	if (rc == RC_NO_MEMORY)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	if (rc != RC_OK)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 0: not a block: %s",
		    err_message(&why, rc));
	c->item->raw = arena_copy(&c->doc->keep, raw);
	if (c->item->raw.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a block to import");
	c->item->hash = header_hash(&b.header);
	c->item->nonce = b.header.number;
	c->item->core_work = RPC_CORE_IMPORT;
	return RC_OK;
}

/* outcome is a word for what chain_import said; NULL: nothing that the block
 * is to blame for. */
static const char *
outcome(
    enum rc rc, const struct rpc_imported *done, uint64_t number, uint64_t head)
{
	if (rc == RC_OK)
		return done->added > 0 ? "accepted" : "side";
	if (rc == RC_IO || rc == RC_CORRUPT || rc == RC_NO_MEMORY ||
	    rc == RC_UNAVAILABLE || rc == RC_INTERNAL)
		return NULL;
	if (rc == RC_BLK_KNOWN)
		return "known";
	if (rc == RC_BLK_PARENT)
		return number > head + 1 ? "gap" : "orphan";
	if (rc == RC_TOO_LARGE && number + CHAIN_REORG_MAX <= head)
		return "stale";
	return rc == RC_BLK_UNAUTHORIZED ? "unauthorized" : "refused";
}

/* The head is told as it is behind the import. */
static void
write(struct jsonw *w, const struct rpc_item *it, const char *what,
    const char *reason, size_t undone, uint64_t head)
{
	jsonw_obj(w);
	jsonw_key(w, "outcome");
	jsonw_str(w, what);
	if (reason != NULL) {
		jsonw_key(w, "reason");
		jsonw_str(w, reason);
	}
	jsonw_key(w, "number");
	jsonw_q64(w, it->nonce);
	jsonw_key(w, "hash");
	jsonw_data(w, hash_bytes(&it->hash));
	jsonw_key(w, "head");
	jsonw_q64(w, head);
	jsonw_key(w, "undone");
	jsonw_q64(w, undone);
	jsonw_obj_end(w);
}

enum rc
rpc_import_run(const struct rpc_item *it, const struct rpc_core *core,
    struct jsonw *w, struct err *e)
{
	struct rpc_imported done = {0, 0};
	struct err why = {.rc = RC_OK};
	uint64_t head = core->head->number;
	enum rc rc = core->import(core->ctx, &done, it->raw, &why);
	const char *what = outcome(rc, &done, it->nonce, head);

	if (what == NULL)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	write(w, it, what, rc == RC_OK ? NULL : err_message(&why, rc),
	    done.undone, core->head->number);
	return RC_OK;
}
