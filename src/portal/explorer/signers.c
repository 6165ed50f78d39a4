/* SPDX-License-Identifier: Apache-2.0
 *
 * Who seals blocks: of the last ones, how many each signer has sealed, in
 * turn and not, how many turns it has missed, and when it was seen last.
 */
#include "portal/explorer/explorer.h"

#include "base/check.h"
#include "portal/explorer/ask_priv.h"

enum {
	CALL_SIGNERS,
	CALL_HEAD,
	CALL_CNT,
	/* Blocks that are looked at; more only make the page slower. */
	BLOCKS_MAX = 100,
	PER_BLOCK = 2,
	/* Signers that are shown. */
	SIGNERS_MAX = 100,
};

static enum gw_step
ask_signers(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);

	(void)gw_batch_add(r, &b, "clique_getSigners", "[]");
	(void)gw_batch_add(r, &b, "eth_blockNumber", "[]");
	return gw_batch_send(r, &b);
}

/* read_signers makes a row of each; the node has them in the order of their
 * turns. */
static bool
read_signers(
    struct gw_req *r, struct xp_signers_view *v, const struct gw_json *list)
{
	struct xp_signer_row *rows =
	    arena_array(&r->arena, SIGNERS_MAX, sizeof(*rows));
	const struct gw_json *s;

	if (rows == NULL)
		return false;
	for (s = list == NULL ? NULL : gw_json_in(list);
	     s != NULL && v->signer_cnt < SIGNERS_MAX;
	     s = gw_json_behind(list, s))
		rows[v->signer_cnt++].address =
		    xp_addr(r, gw_json_text(s, NULL));
	v->signers = rows;
	return true;
}

static enum gw_step
ask_blocks(struct gw_req *r)
{
	struct xp_signers_view *v = arena_alloc(&r->arena, sizeof(*v));
	struct gw_batch b =
	    gw_batch_begin(r, (size_t)PER_BLOCK * BLOCKS_MAX + 1);
	uint64_t i;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	if (v == NULL || !read_signers(r, v, gw_batch_answer(r, CALL_SIGNERS)))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	v->head = gw_json_u64(gw_batch_answer(r, CALL_HEAD), NULL);
	/* Nobody has sealed block 0. */
	v->block_cnt = v->head < BLOCKS_MAX ? v->head : BLOCKS_MAX;
	v->first = v->head + 1 - v->block_cnt;
	for (i = v->first; i <= v->head && v->block_cnt > 0; i++) {
		(void)gw_batch_add(
		    r, &b, "eth_getHeaderByNumber", "[\"0x%lx\"]", i);
		(void)gw_batch_add(r, &b, "clique_getSigner", "[\"0x%lx\"]", i);
	}
	if (v->block_cnt == 0)
		(void)gw_batch_add(r, &b, "eth_blockNumber", "[]");
	r->state = v;
	return gw_batch_send(r, &b);
}

/* count_block adds what one block says of whoever sealed it, and of whose
 * turn it was: number modulo signers, in the order of addresses (EIP-225). */
static void
count_block(struct gw_req *r, struct xp_signers_view *v,
    struct xp_signer_row *rows, size_t call)
{
	const struct gw_json *h = gw_batch_answer(r, call);
	struct bytes who =
	    xp_addr(r, gw_json_text(gw_batch_answer(r, call + 1), NULL));
	uint64_t no = gw_json_u64(h, "number");
	bool is_in_turn = xp_is_in_turn(h);
	size_t i;

	v->in_turn_percent += is_in_turn;
	if (h != NULL && !is_in_turn && v->signer_cnt > 0)
		rows[no % v->signer_cnt].missed++;
	for (i = 0; i < v->signer_cnt; i++) {
		if (who.len == 0 || !bytes_eq(rows[i].address, who))
			continue;
		rows[i].sealed++;
		rows[i].in_turn += is_in_turn;
		rows[i].has_sealed = true;
		rows[i].last_no = no;
		rows[i].last_time = xp_time(r, gw_json_u64(h, "timestamp"));
	}
}

static enum gw_step
show(struct gw_req *r)
{
	struct xp_signers_view *v = r->state;
	struct xp_signer_row *rows;
	size_t i;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	rows = arena_array(&r->arena, v->signer_cnt + 1, sizeof(*rows));
	if (rows == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	if (v->signer_cnt > 0)
		memcpy(rows, v->signers, v->signer_cnt * sizeof(*rows));
	for (i = 0; i < v->block_cnt; i++)
		count_block(r, v, rows, PER_BLOCK * i);
	v->in_turn_percent = xp_percent(v->in_turn_percent, v->block_cnt);
	for (i = 0; i < v->signer_cnt; i++) {
		rows[i].share = xp_percent(rows[i].sealed, v->block_cnt);
		rows[i].is_next = (v->head + 1) % v->signer_cnt == i;
	}
	v->limit = v->signer_cnt / 2 + 1;
	v->signers = rows;
	v->top = xp_top_of(r);
	v->top.is_signers = true;
	return xp_page_reply(
	    r, 200, xp_page_signers(&r->arena, gw_req_lang(r), v));
}

gw_stage_fn *const xp_signers[] = {ask_signers, ask_blocks, show, NULL};
