/* SPDX-License-Identifier: Apache-2.0
 *
 * A log's topics are a tuple of words, its data another: both are decoded,
 * then put into the order in which the parameters are declared.
 */
#include "contract/event.h"

#include "base/check.h"
#include "contract/tables_priv.h"

/* The values of both tuples, as declared. */
static enum rc
merge(struct arena *a, struct contract_decoded *out,
    const struct abi_value *topics, const struct abi_value *data, struct err *e)
{
	const struct contract_member *m = out->member;
	struct abi_value *args = arena_array(a, m->param_cnt, sizeof(*args));
	size_t i;

	if (args == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "no room for %zu values", m->param_cnt);
	for (i = 0; i < m->param_cnt; i++)
		args[i] = m->params[i].is_indexed ? *topics++ : *data++;
	out->args = args;
	return RC_OK;
}

enum rc
event_decode(struct arena *a, struct contract_decoded *out,
    const struct contract *c, const struct hash *topics, size_t cnt,
    struct bytes data, struct err *e)
{
	const struct abi_value *indexed, *others;
	struct bytes words;

	*out = (struct contract_decoded){.member = NULL};
	CHECK(cnt <= EVENT_TOPIC_MAX);
	if (cnt > 0)
		out->member = contract_pick(
		    c, CONTRACT_EVENT, hash_bytes(topics), cnt - 1);
	if (out->member == NULL)
		return FAIL(e, RC_NOT_FOUND, "no known event");
	words =
	    arena_copy(a, bytes_of(topics + 1, (cnt - 1) * sizeof(*topics)));
	if (words.ptr == NULL && words.len > 0)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu topics", cnt);
	TRY(abi_decode(a, &indexed, &out->member->topics, words, e));
	TRY(abi_decode(a, &others, &out->member->data, data, e));
	return merge(a, out, indexed, others, e);
}

const struct hash *
event_topic(enum event_id event)
{
	size_t i;

	for (i = 0; i < contract_event_cnt; i++)
		if (contract_events[i]->event == event)
			return &contract_events[i]->hash;
	CHECK(event == EVENT_NONE);
	return NULL;
}
