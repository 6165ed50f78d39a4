/* SPDX-License-Identifier: Apache-2.0
 *
 * The search: whatever is typed leads to the page of the block, transaction
 * or address that it names, or to one that says that there is none.
 */
#include "portal/explorer/explorer.h"

#include "eth/addr.h"
#include "portal/explorer/ask_priv.h"

/* Longest text that may name something: a hash, and commas in a number. */
enum { ASKED_MAX = 80, CALL_TX = 0, CALL_BLOCK };

static enum gw_step
lead_to(struct gw_req *r, const char *folder, struct bytes name)
{
	struct bytes base = gw_req_base(r).text;
	const char *to = arena_str(&r->arena, "%.*s/%s/%.*s", (int)base.len,
	    (const char *)base.ptr, folder, (int)name.len,
	    (const char *)name.ptr);

	if (to == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	gw_reply_field(r, "Location", bytes_of_str(to));
	return gw_reply_set(r, 303, NULL, bytes_of(NULL, 0));
}

/* asked_of returns what was typed, without blanks around it. */
static struct bytes
asked_of(const struct gw_req *r)
{
	struct bytes text = bytes_of(NULL, 0);

	if (!gw_req_query(r, &text, "q"))
		return text;
	return gw_trim(text);
}

/* read_number reads 1234 or 1,234. */
static bool
read_number(uint64_t *out, struct bytes text)
{
	char digits[ASKED_MAX];
	size_t i, len = 0;

	for (i = 0; i < text.len && i < ASKED_MAX; i++)
		if (text.ptr[i] != ',')
			digits[len++] = (char)text.ptr[i];
	return len > 0 && bytes_dec(out, bytes_of(digits, len), UINT64_MAX);
}

/* lower_hash returns 64 digits with 0x and in lower case, or nothing. */
static struct bytes
lower_hash(struct gw_req *r, struct bytes text)
{
	char *hash;
	size_t i;

	if (text.len == 64)
		hash = arena_str(&r->arena, "0x%.64s", (const char *)text.ptr);
	else
		hash = arena_str(
		    &r->arena, "%.*s", (int)text.len, (const char *)text.ptr);
	if (hash == NULL || !xp_is_hash(bytes_of_str(hash)))
		return bytes_of(NULL, 0);
	for (i = 0; hash[i] != '\0'; i++)
		if (hash[i] >= 'A' && hash[i] <= 'F')
			hash[i] = (char)(hash[i] | 0x20);
	return bytes_of_str(hash);
}

static enum gw_step
ask_hash(struct gw_req *r, struct bytes hash)
{
	struct gw_batch b = gw_batch_begin(r, 2);

	(void)gw_batch_add(r, &b, "eth_getTransactionByHash", "[\"%.*s\"]",
	    (int)hash.len, (const char *)hash.ptr);
	(void)gw_batch_add(r, &b, "eth_getHeaderByHash", "[\"%.*s\"]",
	    (int)hash.len, (const char *)hash.ptr);
	return gw_batch_send(r, &b);
}

static enum gw_step
ask(struct gw_req *r)
{
	struct bytes text = asked_of(r), hash;
	struct addr addr;
	uint64_t no;

	if (text.len == 0 || text.len > ASKED_MAX)
		return xp_missing(r, text);
	if (read_number(&no, text)) {
		struct gw_batch b = gw_batch_begin(r, 1);

		(void)gw_batch_add(
		    r, &b, "eth_getHeaderByNumber", "[\"0x%lx\"]", no);
		return gw_batch_send(r, &b);
	}
	if (addr_read(&addr, text, true, NULL) == RC_OK)
		return lead_to(r, "address", xp_addr_of(r, &addr));
	hash = lower_hash(r, text);
	return hash.len > 0 ? ask_hash(r, hash) : xp_missing(r, text);
}

static enum gw_step
lead(struct gw_req *r)
{
	const struct gw_json *first;
	uint64_t no;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	first = gw_batch_answer(r, CALL_TX);
	if (first != NULL && read_number(&no, asked_of(r)))
		return lead_to(
		    r, "block", bytes_of_str(arena_str(&r->arena, "%lu", no)));
	if (first != NULL)
		return lead_to(r, "tx", gw_json_text(first, "hash"));
	if (r->effect.u.node.cnt > CALL_BLOCK &&
	    gw_batch_answer(r, CALL_BLOCK) != NULL)
		return lead_to(r, "block",
		    gw_json_text(gw_batch_answer(r, CALL_BLOCK), "hash"));
	return xp_missing(r, asked_of(r));
}

gw_stage_fn *const xp_search[] = {ask, lead, NULL};
