/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /v1/Eth/SendRawTransaction: signed transactions of a wallet, in the
 * order of the list. Each is decoded, its target looked up among the
 * contracts that wallets may call, handed to the node, and watched until its
 * receipt is there or the time is up. In the legacy profile an item is
 * handed over when the one before it has its receipt; in the extended one
 * all go in one batch, which the node takes in order. Nobody asks the node
 * for receipts on a clock: a request sleeps until there is another block.
 *
 * What a wallet is told of an item is never a guess: status 1 only with a
 * successful receipt. What is not mined in time has a hash, a code of its
 * own and a text that says what is known of it; what was never handed over
 * says that too.
 */
#include "api/send_raw_tx_priv.h"

#include <jansson.h>

#include "api/api.h"
#include "api/envelope_priv.h"
#include "base/hex.h"

enum { TEXT_MAX = 300 }; /* of the node's words */

void
tx_item_refuse(struct item *it, long code, const char *text)
{
	it->state = ITEM_REFUSED;
	it->code = code;
	it->text = text;
}

void
tx_item_refused(struct gw_req *r, struct item *it, struct bytes answer)
{
	json_t *doc = json_loadb((const char *)answer.ptr, answer.len, 0, NULL);
	const char *text = json_string_value(json_object_get(doc, "message"));
	long code = (long)json_integer_value(json_object_get(doc, "code"));
	const char *copy =
	    text == NULL ? NULL : arena_str(&r->arena, "%.*s", TEXT_MAX, text);

	tx_item_refuse(it, code, copy == NULL ? "refused by the node" : copy);
	json_decref(doc);
}

size_t
tx_item_count(const struct job *j, enum item_state state)
{
	size_t i, n = 0;

	for (i = 0; i < j->cnt; i++)
		n += j->items[i].state == state;
	return n;
}

bool
tx_item_call(struct gw_req *r, struct job *j, size_t item, const char *method,
    struct bytes value, struct bytes more)
{
	struct gw_node_call *c = &j->calls[j->asked_cnt];
	size_t len = 2 * value.len + 2;
	char *params = arena_alloc(&r->arena, len + more.len + 6);

	if (params == NULL)
		return false;
	params[0] = '[';
	params[1] = '"';
	hex_put0x(params + 2, value);
	params[len + 2] = '"';
	memcpy(params + len + 3, more.ptr, more.len);
	params[len + 3 + more.len] = ']';
	*c = (struct gw_node_call){.method = bytes_of_str(method),
	    .params = bytes_of(params, len + 4 + more.len)};
	j->asked[j->asked_cnt++] = item;
	return true;
}

static enum status
status_for(enum gw_profile p, const struct item *it)
{
	if (p == GW_PROFILE_LEGACY && it->status != STATUS_SUCCESS)
		return STATUS_FAILED;
	return it->status;
}

static void
write_item(struct jsonw *w, enum gw_profile p, const struct item *it, size_t id)
{
	jsonw_obj(w);
	jsonw_key(w, "id");
	jsonw_u64(w, id);
	jsonw_key(w, "status");
	jsonw_u64(w, (uint64_t)status_for(p, it));
	jsonw_key(w, "transaction_hash");
	if (it->hash[0] == '\0')
		jsonw_null(w);
	else
		jsonw_str(w, it->hash);
	jsonw_key(w, "error_code");
	if (it->code == 0)
		jsonw_null(w);
	else
		jsonw_i64(w, it->code);
	jsonw_key(w, "error_msg");
	if (it->text == NULL)
		jsonw_null(w);
	else
		jsonw_str(w, it->text);
	jsonw_obj_end(w);
}

/* say_open: what is known of an item whose end is not. */
static void
say_open(const struct job *j, struct item *it)
{
	if (it->state == ITEM_READY && !it->is_again) {
		it->code = CODE_NOT_SENT;
		it->text = "not sent: the request ended before its turn";
		return;
	}
	if (it->state == ITEM_QUEUED) {
		it->status = STATUS_FAILED;
		it->code = CODE_QUEUED;
		it->text = "queued: accepted, but its nonce is too high; it "
			   "may be mined after those that are missing";
		return;
	}
	if (it->state != ITEM_READY && it->state != ITEM_SENT)
		return;
	it->status = STATUS_PENDING;
	it->code = CODE_PENDING;
	if (!it->is_confirmed)
		it->text = "unknown: the node did not confirm it; it may still "
			   "be mined";
	else if (j->is_node_mute)
		it->text = "pending: accepted by the node, which is silent "
			   "now; it may be mined already";
	else
		it->text = "pending: accepted, not mined in time; it may still "
			   "be mined";
}

static enum gw_step
tx_report(struct gw_req *r)
{
	struct job *j = r->state;
	struct jsonw w;
	size_t i;

	api_open(&w);
	jsonw_arr(&w);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		say_open(j, it);
		write_item(&w, r->surface->profile, it, i + 1);
	}
	jsonw_arr_end(&w);
	return api_close(r, &w);
}

gw_stage_fn *const api_send_raw_tx[] = {
    api_tx_read,         /* body -> items with target and hash */
    api_tx_find_targets, /* which of the targets are executable contracts */
    api_tx_allow,        /* others only for plain transfers: have they code? */
    api_tx_plain,        /* those with code are refused, each by itself */
    api_tx_follow,       /* handed over in order, until the last receipt */
    tx_report,           /* one line per item */
    NULL,
};
