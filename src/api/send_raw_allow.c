/* SPDX-License-Identifier: Apache-2.0
 *
 * Which items of a SendRawTransaction may go to the node: calls of contracts
 * on the list, and, by setting, plain value to accounts without code.
 */
#include "api/send_raw_tx_priv.h"

#include <libpq-fe.h>

#include "api/envelope_priv.h"

static const struct gw_stmt find_targets = {"find_targets",
    "select contract_address from executable_contract "
    "where contract_address = any($1::text[])"};

/* An array of addresses needs no quoting: hex digits only. */
static char *
target_array(struct gw_req *r, const struct job *j)
{
	size_t cap = j->cnt * ADDR_TEXT_MAX + 3, i;
	char *text = arena_alloc(&r->arena, cap), *at = text;

	if (text == NULL)
		return NULL;
	*at++ = '{';
	for (i = 0; i < j->cnt; i++) {
		if (j->items[i].state != ITEM_READY)
			continue;
		if (at != text + 1)
			*at++ = ',';
		memcpy(at, j->items[i].to, ADDR_TEXT_MAX - 1);
		at += ADDR_TEXT_MAX - 1;
	}
	*at = '}';
	return text;
}

enum gw_step
api_tx_find_targets(struct gw_req *r)
{
	const struct job *j = r->state;
	enum gw_step step;
	char *targets;

	r->effect.kind = GW_EFFECT_NONE;
	if (tx_item_count(j, ITEM_READY) == 0)
		return GW_NEXT;
	targets = target_array(r, j);
	if (targets == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	step = gw_wait_query(r, &find_targets);
	gw_query_param(r, targets);
	return step;
}

static bool
is_listed(const PGresult *rows, const char *to)
{
	int i, n = PQntuples(rows);

	for (i = 0; i < n; i++)
		if (!strcmp(PQgetvalue(rows, i, 0), to))
			return true;
	return false;
}

/* call_for finds the call that asks for a target's code; asked_cnt: none. */
static size_t
call_for(const struct job *j, const char *to)
{
	size_t i;

	for (i = 0; i < j->asked_cnt; i++)
		if (!strcmp(j->items[j->asked[i]].to, to))
			break;
	return i;
}

/* Asks for the code of every target that is not on the list and might be
 * sent plain value, all in one batch. */
static enum gw_step
ask_code(struct gw_req *r, struct job *j)
{
	size_t i;

	r->effect.kind = GW_EFFECT_NONE;
	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++) {
		const struct item *it = &j->items[i];

		if (it->state == ITEM_UNLISTED &&
		    call_for(j, it->to) == j->asked_cnt &&
		    !tx_item_call(r, j, i, "eth_getCode",
			addr_bytes(&it->tx.to), bytes_of_str(",\"latest\"")))
			return gw_refuse(r, GW_R_INTERNAL, NULL);
	}
	return j->asked_cnt == 0 ? GW_NEXT
				 : gw_wait_node(r, j->calls, j->asked_cnt);
}

enum gw_step
api_tx_allow(struct gw_req *r)
{
	struct job *j = r->state;
	const PGresult *rows = (const PGresult *)r->effect.u.query.result;
	size_t i;

	if (r->effect.kind != GW_EFFECT_QUERY)
		return GW_NEXT;
	if (r->effect.rc != RC_OK)
		return gw_refuse(r, gw_refusal_of_rc(r->effect.rc), NULL);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state != ITEM_READY || is_listed(rows, it->to))
			continue;
		if (r->surface->plain_transfers && it->tx.data.len == 0)
			it->state = ITEM_UNLISTED;
		else
			tx_item_refuse(it, CODE_TARGET,
			    "the target is not an executable contract");
	}
	return ask_code(r, j);
}

/* A call without data runs what code there is: value that goes to code is a
 * call of a contract, and those are on the list or refused. */
static void
take_code(struct gw_req *r, struct item *it, const struct gw_node_call *c)
{
	if (c->is_error || c->answer.len == 0)
		tx_item_refused(r, it, c->answer);
	else if (bytes_eq(c->answer, bytes_of_str("\"0x\"")))
		it->state = ITEM_READY;
	else
		tx_item_refuse(it, CODE_TARGET,
		    "the target is a contract and not an executable one");
}

enum gw_step
api_tx_plain(struct gw_req *r)
{
	struct job *j = r->state;
	size_t i;

	if (r->effect.kind != GW_EFFECT_NODE)
		return GW_NEXT;
	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state == ITEM_UNLISTED)
			take_code(r, it, &j->calls[call_for(j, it->to)]);
	}
	return GW_NEXT;
}
