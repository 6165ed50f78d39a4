/* SPDX-License-Identifier: Apache-2.0
 *
 * Which contracts count, which of their logs, and by which rules.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "base/check.h"
#include "ledger/rule_priv.h"

/* Contracts of the platform by name, of either profile. */
static const struct {
	const char *name;
	enum ledger_class class;
} classes[] = {
    {"TokenList", LEDGER_CLASS_LIST},
    {"PersonalInfo", LEDGER_CLASS_INFO},
    {"PaymentGateway", LEDGER_CLASS_GATEWAY},
    {"WhiteList", LEDGER_CLASS_GATEWAY},
    {"SecurityExchange", LEDGER_CLASS_EXCHANGE},
    {"MembershipExchange", LEDGER_CLASS_EXCHANGE},
    {"CouponExchange", LEDGER_CLASS_EXCHANGE},
    {"IbetStraightBondExchange", LEDGER_CLASS_EXCHANGE},
    {"IbetMembershipExchange", LEDGER_CLASS_EXCHANGE},
    {"IbetCouponExchange", LEDGER_CLASS_EXCHANGE},
};

void
ledger_sources_open(struct ledger_sources *s, struct arena *a)
{
	s->a = a;
	map_init(&s->by_address, sizeof(struct addr), LEDGER_SOURCE_MAX);
}

void
ledger_sources_close(struct ledger_sources *s)
{
	map_free(&s->by_address);
}

const struct ledger_source *
ledger_find(const struct ledger_sources *s, const struct addr *at)
{
	return map_get(&s->by_address, at->b);
}

static enum rc
add(struct ledger_sources *s, const struct ledger_source *source, struct err *e)
{
	struct ledger_source *copy;

	if (ledger_find(s, &source->address) != NULL)
		return RC_OK;
	copy = arena_alloc(s->a, sizeof(*copy));
	if (copy == NULL || !map_put(&s->by_address, source->address.b, copy))
		return FAIL(e, RC_NO_MEMORY, "no room for one more contract");
	*copy = *source;
	return RC_OK;
}

enum rc
ledger_add_contract(struct ledger_sources *s, const struct addr *at,
    enum contract_profile profile, const char *name, struct err *e)
{
	struct ledger_source source = {.address = *at, .profile = profile};
	size_t i = 0;

	source.contract = contract_find(profile, name);
	if (source.contract == NULL)
		return FAIL(e, RC_NOT_FOUND, "no contract %s in profile %s",
		    name, contract_profile_text(profile));
	while (i < ARRAY_CNT(classes) && strcmp(classes[i].name, name) != 0)
		i++;
	if (i == ARRAY_CNT(classes))
		return RC_OK;
	source.class = classes[i].class;
	return add(s, &source, e);
}

enum rc
ledger_add_token(struct ledger_sources *s, const struct addr *at,
    enum contract_profile profile, struct bytes template, struct err *e)
{
	struct ledger_source source = {
	    .address = *at, .class = LEDGER_CLASS_TOKEN, .profile = profile};
	char name[32];

	if (template.len < sizeof(name) &&
	    memchr(template.ptr, 0, template.len) == NULL) {
		memcpy(name, template.ptr, template.len);
		name[template.len] = '\0';
		source.contract = contract_find(profile, name);
	}
	return add(s, &source, e);
}

enum rc
ledger_discover(struct arena *a, const struct ledger_source **out,
    struct ledger_sources *s, const struct ledger_log *log, struct err *e)
{
	const struct ledger_source *list = ledger_find(s, &log->address);
	struct contract_decoded d;
	enum rc rc;

	*out = NULL;
	if (list == NULL || list->class != LEDGER_CLASS_LIST)
		return RC_OK;
	rc = event_decode(
	    a, &d, list->contract, log->topics, log->topic_cnt, log->data, e);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK || d.member->event != EVENT_REGISTER_TOKEN ||
	    ledger_find(s, &d.args[0].addr) != NULL)
		return RC_OK;
	TRY(ledger_add_token(
	    s, &d.args[0].addr, list->profile, d.args[1].data, e));
	*out = ledger_find(s, &d.args[0].addr);
	return RC_OK;
}

/* Those of strangers' standards are not ours: an allowance moves nothing. */
bool
ledger_event_counts(enum event_id event)
{
	return event != EVENT_NONE && event != EVENT_CNT &&
	       event != EVENT_TRANSFER_NFT && event != EVENT_APPROVAL &&
	       event != EVENT_APPROVAL_NFT && event != EVENT_APPROVAL_FOR_ALL;
}

/* Of which kind of contract each event is that more than one kind has not. */
static bool
is_of_class(enum event_id event, enum ledger_class class)
{
	switch (class) {
	case LEDGER_CLASS_LIST:
		return event == EVENT_REGISTER_TOKEN ||
		       event == EVENT_CHANGE_OWNER;
	case LEDGER_CLASS_INFO:
		return event == EVENT_REGISTER || event == EVENT_MODIFY;
	case LEDGER_CLASS_GATEWAY:
		return event >= EVENT_REGISTER && event <= EVENT_REMOVE_AGENT;
	case LEDGER_CLASS_EXCHANGE:
		return event >= EVENT_NEW_ORDER &&
		       event <= EVENT_EXCHANGE_TRANSFER;
	case LEDGER_CLASS_TOKEN:
		break;
	}
	return event == EVENT_TRANSFER || event >= EVENT_OWNERSHIP_TRANSFERRED;
}

/* The token that an event is about: the contract, or the first argument of
 * exchanges and lists. */
static const struct ledger_source *
token_of(const struct ledger_sources *s, const struct ledger_event *ev)
{
	const struct ledger_source *token = NULL;

	if (ev->source->class == LEDGER_CLASS_TOKEN)
		return ev->source;
	if (ev->source->class == LEDGER_CLASS_EXCHANGE ||
	    ev->source->class == LEDGER_CLASS_LIST)
		token = ledger_find(s, &ev->decoded.args[0].addr);
	return token != NULL && token->class == LEDGER_CLASS_TOKEN ? token
								   : NULL;
}

enum rc
ledger_read(struct arena *a, struct ledger_event *out, bool *counts,
    const struct ledger_sources *s, const struct ledger_log *log, struct err *e)
{
	enum rc rc;

	*counts = false;
	*out = (struct ledger_event){
	    .log = log, .source = ledger_find(s, &log->address)};
	if (out->source == NULL)
		return RC_OK;
	rc = event_decode(a, &out->decoded, out->source->contract, log->topics,
	    log->topic_cnt, log->data, e);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK || !ledger_event_counts(out->decoded.member->event) ||
	    !is_of_class(out->decoded.member->event, out->source->class))
		return RC_OK;
	out->token = token_of(s, out);
	*counts = out->token != NULL ||
		  (out->source->class != LEDGER_CLASS_EXCHANGE &&
		      out->source->class != LEDGER_CLASS_LIST);
	return RC_OK;
}

void
ledger_apply(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev)
{
	b->block = ev->log->block;
	switch (ev->source->class) {
	case LEDGER_CLASS_LIST:
		rule_list(b, ev);
		break;
	case LEDGER_CLASS_INFO:
		rule_info(b, ev);
		break;
	case LEDGER_CLASS_GATEWAY:
		rule_gateway(b, ev);
		break;
	case LEDGER_CLASS_EXCHANGE:
		rule_exchange(b, ev);
		break;
	case LEDGER_CLASS_TOKEN:
		rule_token(b, s, ev);
		break;
	}
	/* A transfer has a table of its own. */
	if (ev->decoded.member->event != EVENT_TRANSFER)
		rule_event(b, ev);
}
