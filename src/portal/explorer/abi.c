/* SPDX-License-Identifier: Apache-2.0
 *
 * What the known contracts' tables make of call data, logs and reverts, as
 * the templates show it.
 */
#include "portal/explorer/abi_priv.h"

#include "contract/reason.h"

static bool
fill_arg(struct arena *a, struct xp_arg *out, const struct contract_param *p,
    const struct abi_type *type, const struct abi_value *v)
{
	*out = (struct xp_arg){.name = bytes_of_str(p->name),
	    .type = bytes_of_str(p->type),
	    .is_address = type->kind == ABI_ADDRESS,
	    .value = contract_value_text(a, type, v, XP_VALUE_MAX)};
	return out->value.ptr != NULL;
}

static bool
fill(struct arena *a, struct xp_decoded *out, const struct contract_decoded *d)
{
	const struct contract_member *m = d->member;
	struct xp_arg *args = arena_array(a, m->param_cnt + 1, sizeof(*args));
	size_t i;

	if (args == NULL)
		return false;
	for (i = 0; i < m->param_cnt; i++)
		if (!fill_arg(a, &args[i], &m->params[i], &m->args.items[i],
			&d->args[i]))
			return false;
	*out = (struct xp_decoded){.text = bytes_of_str(m->shown),
	    .args = args,
	    .arg_cnt = m->param_cnt};
	return true;
}

bool
xp_decode(struct arena *a, struct xp_decoded *out, enum xp_abi_kind kind,
    struct bytes data)
{
	struct contract_decoded d;
	enum rc rc = kind == XP_ABI_ERROR
			 ? contract_decode_error(a, &d, NULL, data, NULL)
			 : contract_decode_call(a, &d, NULL, data, NULL);

	*out = (struct xp_decoded){.arg_cnt = 0};
	return rc == RC_OK && fill(a, out, &d);
}

bool
xp_decode_log(struct arena *a, struct xp_decoded *out,
    const struct bytes *topics, size_t topic_cnt, struct bytes data)
{
	struct hash words[EVENT_TOPIC_MAX];
	struct contract_decoded d;
	size_t i;

	*out = (struct xp_decoded){.arg_cnt = 0};
	for (i = 0; i < topic_cnt; i++) {
		if (topics[i].len != sizeof(words[i].b))
			return false;
		memcpy(words[i].b, topics[i].ptr, topics[i].len);
	}
	return event_decode(a, &d, NULL, words, topic_cnt, data, NULL) ==
		   RC_OK &&
	       fill(a, out, &d);
}

struct bytes
xp_reason(struct arena *a, enum gw_lang lang, struct bytes data)
{
	struct bytes text;
	struct revert v;
	const char *out;

	if (revert_read(a, &v, data, NULL) != RC_OK)
		return bytes_of(NULL, 0);
	text = lang == GW_LANG_JA ? v.ja : v.en;
	if (v.kind == REVERT_PANIC)
		return text;
	if (v.kind != REVERT_CODE)
		return bytes_of(NULL, 0);
	out = arena_str(
	    a, "%.*s (%06u)", (int)text.len, (const char *)text.ptr, v.code);
	return out == NULL ? bytes_of(NULL, 0) : bytes_of_str(out);
}
