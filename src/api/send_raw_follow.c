/* SPDX-License-Identifier: Apache-2.0
 *
 * Hands items of a SendRawTransaction to the node and watches for their
 * receipts until they are there or the time is up.
 */
#include "api/send_raw_tx_priv.h"

#include <jansson.h>

#include "api/envelope_priv.h"
#include "http/world.h"

enum {
	/* Receipts are asked for after so long even without a new block: two
	 * sealers may have replaced one by another of the same number. */
	NO_BLOCK_MS = 5000,
	/* A call that begins when the time is over may still take so long. */
	LAST_CALL_MS = 500
};

static uint64_t
watch_ms(const struct gw_req *r)
{
	static const uint64_t ms[GW_PROFILE_CNT] = {
#define PROFILE(name, word, watch_ms) [GW_PROFILE_##name] = (watch_ms),
#include "http/profile.def"
#undef PROFILE
	};
	uint64_t most = r->conf->work_ms - r->conf->work_ms / 8;

	/* An answer has to be ready before the request's own time is over. */
	return ms[r->surface->profile] < most ? ms[r->surface->profile] : most;
}

/* left_ms: until the answer has to be made; a worker that is about to end
 * has less time than the profile allows. */
static uint64_t
left_ms(const struct gw_req *r, const struct job *j)
{
	const struct gw_world *w = r->world;
	uint64_t until_ms =
	    j->until_ms == 0 ? w->mono_ms + watch_ms(r) : j->until_ms;

	if (w->is_draining && w->end_ms < until_ms)
		until_ms = w->end_ms;
	return until_ms > w->mono_ms ? until_ms - w->mono_ms : 0;
}

static enum gw_step
call_node(struct gw_req *r, struct job *j, enum job_wait wait)
{
	uint64_t ms = left_ms(r, j);

	if (ms < LAST_CALL_MS)
		ms = LAST_CALL_MS;
	j->wait = wait;
	(void)gw_wait_node(r, j->calls, j->asked_cnt);
	if (ms < r->conf->node_ms)
		r->effect.u.node.timeout_ms = ms;
	return GW_AGAIN;
}

/* Hands over the next item, or all of them. */
static enum gw_step
hand_over(struct gw_req *r, struct job *j, bool is_one)
{
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt && (!is_one || j->asked_cnt == 0); i++)
		if (j->items[i].state == ITEM_READY &&
		    !tx_item_call(r, j, i, "eth_sendRawTransaction",
			j->items[i].tx.raw, bytes_of_str("")))
			return j->until_ms == 0
				   ? gw_refuse(r, GW_R_INTERNAL, NULL)
				   : GW_NEXT;
	if (j->asked_cnt == 0)
		return GW_NEXT;
	j->block_no = r->world->block_no;
	return call_node(r, j, WAIT_SEND);
}

static bool
begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The texts are what every node of this kind says; their code is one and
 * the same. */
static enum status
status_of_refusal(const char *text)
{
	if (begins(text, "nonce too low"))
		return STATUS_NONCE_LOW;
	if (begins(text, "already known") || begins(text, "known transaction"))
		return STATUS_KNOWN;
	return STATUS_FAILED;
}

/* What a refusal means for an item that the node may have had before: known
 * is what we hoped for; anything else may be because it has been mined. */
static void
take_refusal_again(struct item *it)
{
	it->state = ITEM_SENT;
	it->is_confirmed = it->status == STATUS_KNOWN;
}

/* The answer is the hash in quotes. One that is missing, or says something
 * else, is no promise; the transaction may be there all the same. */
static bool
is_hash(struct bytes answer, const char *hash)
{
	size_t len = strlen(hash);

	return answer.len == len + 2 && answer.ptr[0] == '"' &&
	       !memcmp(answer.ptr + 1, hash, len);
}

static void
take_answer(
    struct gw_req *r, struct item *it, const struct gw_node_call *c, enum rc rc)
{
	if (rc == RC_OK && c->is_error) {
		tx_item_refused(r, it, c->answer);
		it->status = status_of_refusal(it->text);
		if (it->is_again)
			take_refusal_again(it);
		return;
	}
	it->state = ITEM_SENT;
	it->is_confirmed = rc == RC_OK && is_hash(c->answer, it->hash);
}

static enum gw_step
take_answers(struct gw_req *r, struct job *j)
{
	size_t i;

	/* With the answer outstanding the node may have them all the same: a
	 * wallet that sends the same bytes again is told "already known".
	 * What was handed over earlier has to be told of, though. */
	if (r->effect.rc != RC_OK && j->until_ms == 0)
		return gw_refuse_node(r);
	if (j->until_ms == 0)
		j->until_ms = r->world->mono_ms + watch_ms(r);
	for (i = 0; i < j->asked_cnt; i++)
		take_answer(
		    r, &j->items[j->asked[i]], &j->calls[i], r->effect.rc);
	return GW_NEXT;
}

/* take_receipt: an item that the node neither confirmed nor has mined is
 * handed over once more, which can do no harm; what it says then stands. */
static void
take_receipt(struct item *it, const struct gw_node_call *c)
{
	json_t *doc = c->is_error ? NULL
				  : json_loadb((const char *)c->answer.ptr,
					c->answer.len, JSON_DECODE_ANY, NULL);
	const char *status = json_string_value(json_object_get(doc, "status"));

	if (status != NULL) {
		it->state = ITEM_MINED;
		it->status =
		    strcmp(status, "0x1") ? STATUS_FAILED : STATUS_SUCCESS;
		it->code = it->status == STATUS_FAILED ? CODE_REVERTED : 0;
		it->text = it->code == 0 ? NULL : "execution reverted";
	} else if (json_is_null(doc) && !it->is_confirmed) {
		it->state = it->text == NULL ? ITEM_READY : ITEM_REFUSED;
		it->is_again = true;
	}
	json_decref(doc);
}

static void
take_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	/* A node that is gone may be back in time; only time ends the watch. */
	j->is_node_mute = r->effect.rc != RC_OK;
	for (i = 0; i < j->asked_cnt && !j->is_node_mute; i++)
		take_receipt(&j->items[j->asked[i]], &j->calls[i]);
}

static enum gw_step
ask_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state != ITEM_SENT)
			continue;
		j->calls[j->asked_cnt] = (struct gw_node_call){
		    .method = bytes_of_str("eth_getTransactionReceipt"),
		    .params = bytes_of_str(it->hash_params)};
		j->asked[j->asked_cnt++] = i;
	}
	return call_node(r, j, WAIT_RECEIPT);
}

static enum gw_step
wait_block(struct gw_req *r, struct job *j)
{
	uint64_t ms = left_ms(r, j);

	j->wait = WAIT_BLOCK;
	(void)gw_wait_block(
	    r, j->block_no, ms < NO_BLOCK_MS ? ms : NO_BLOCK_MS);
	return GW_AGAIN;
}

/* The last question, when the time is over: which nonces may be mined next
 * for those who sent what the node has accepted and not mined. A worker that
 * is about to end asks nothing more. */
static enum gw_step
ask_nonces(struct gw_req *r, struct job *j)
{
	struct addr from;
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt && !j->is_node_mute && !r->world->is_draining;
	     i++) {
		const struct item *it = &j->items[i];

		if (it->state == ITEM_SENT && it->is_confirmed &&
		    tx_sender(&from, &it->tx, NULL) == RC_OK &&
		    !tx_item_call(r, j, i, "eth_getTransactionCount",
			addr_bytes(&from), bytes_of_str(",\"pending\"")))
			return GW_NEXT;
	}
	return j->asked_cnt == 0 ? GW_NEXT : call_node(r, j, WAIT_NONCE);
}

static enum gw_step
take_nonces(struct gw_req *r, struct job *j)
{
	struct u256 next;
	size_t i;

	for (i = 0; i < j->asked_cnt && r->effect.rc == RC_OK; i++) {
		struct item *it = &j->items[j->asked[i]];

		if (api_result(&next, &j->calls[i]) && u256_is_u64(&next) &&
		    it->tx.nonce > next.w[0])
			it->state = ITEM_QUEUED;
	}
	return GW_NEXT;
}

/* Called again whenever something has come of what it waits for. Receipts
 * are asked for a last time when the time is over. */
enum gw_step
api_tx_follow(struct gw_req *r)
{
	bool is_one = r->surface->profile == GW_PROFILE_LEGACY;
	struct job *j = r->state;
	enum job_wait was = j->wait;

	j->wait = WAIT_NONE;
	if (was == WAIT_SEND && take_answers(r, j) == GW_DONE)
		return GW_DONE;
	if (was == WAIT_RECEIPT)
		take_receipts(r, j);
	if (was == WAIT_NONCE)
		return take_nonces(r, j);
	if (was == WAIT_BLOCK) {
		j->block_no = r->effect.u.block.seen;
		return ask_receipts(r, j);
	}
	if (left_ms(r, j) == 0)
		return ask_nonces(r, j);
	if (tx_item_count(j, ITEM_SENT) == 0 ||
	    (!is_one && tx_item_count(j, ITEM_READY) > 0))
		return hand_over(r, j, is_one);
	return wait_block(r, j);
}
