/* SPDX-License-Identifier: Apache-2.0
 *
 * The node's answers as texts, and what is around every page.
 */
#include "portal/explorer/ask_priv.h"

#include <time.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"

enum { HASH_TEXT = 66 };

/* keep_lang lets the language that the query has chosen stay. */
static void
keep_lang(struct gw_req *r)
{
	struct bytes chosen, base = gw_req_base(r).text;
	const char *tag = gw_lang_tag(gw_req_lang(r)), *cookie;

	if (!gw_req_query(r, &chosen, "lang") ||
	    !bytes_eq(chosen, bytes_of_str(tag)))
		return;
	cookie = arena_str(&r->arena,
	    "lang=%s; Path=%.*s/; Max-Age=31536000; SameSite=Lax; HttpOnly%s",
	    tag, (int)base.len, (const char *)base.ptr,
	    r->peer.is_tls ? "; Secure" : "");
	if (cookie != NULL)
		gw_reply_field(r, "Set-Cookie", bytes_of_str(cookie));
}

enum gw_step
xp_page_reply(struct gw_req *r, unsigned status, struct bytes page)
{
	keep_lang(r);
	return gw_reply_page(r, status, page);
}

enum gw_step
xp_missing(struct gw_req *r, struct bytes asked)
{
	const struct xp_missing_view v = {
	    .top = xp_top_of(r), .asked = asked, .is_empty = asked.len == 0};

	return xp_page_reply(
	    r, 404, xp_page_missing(&r->arena, gw_req_lang(r), &v));
}

struct xp_top
xp_top_of(const struct gw_req *r)
{
	static const char *const kept[] = {"q", "from", "before", "after"};
	enum gw_lang lang = gw_req_lang(r);
	struct xp_top top = {.lang = gw_lang_tag(lang),
	    .base = gw_req_base(r),
	    .is_en = lang == GW_LANG_EN,
	    .kept_name = ""};
	size_t i;

	for (i = 0; i < ARRAY_CNT(kept); i++)
		if (gw_req_query(r, &top.kept, kept[i])) {
			top.kept_name = kept[i];
			break;
		}
	return top;
}

/* --- texts --- */

static struct bytes
str_bytes(const char *text)
{
	return text == NULL ? bytes_of(NULL, 0) : bytes_of_str(text);
}

/* with_point writes v divided by ten to the places. */
static struct bytes
with_point(struct gw_req *r, const struct u256 *v, size_t places)
{
	char digits[U256_DEC_MAX + 32];
	char dec[U256_DEC_MAX];
	size_t len = u256_dec(dec, v), pad, end;

	pad = len > places ? 0 : places + 1 - len;
	memset(digits, '0', pad);
	memcpy(digits + pad, dec, len);
	len += pad;
	end = len;
	while (end > len - places && digits[end - 1] == '0')
		end--;
	return str_bytes(arena_str(&r->arena, "%.*s%s%.*s", (int)(len - places),
	    digits, end > len - places ? "." : "", (int)(end - (len - places)),
	    digits + (len - places)));
}

struct bytes
xp_dec(struct gw_req *r, const struct gw_json *o)
{
	struct u256 v = gw_json_u256(o, NULL);

	return with_point(r, &v, 0);
}

struct bytes
xp_coins(struct gw_req *r, const struct u256 *wei)
{
	return with_point(r, wei, 18);
}

struct bytes
xp_gwei(struct gw_req *r, const struct u256 *wei)
{
	return with_point(r, wei, 9);
}

struct bytes
xp_time(struct gw_req *r, uint64_t unix_s)
{
	time_t at = (time_t)unix_s;
	char text[32];
	struct tm tm;

	/* The last second of the year 9999. */
	if (unix_s > 253402300799u || gmtime_r(&at, &tm) == NULL)
		return bytes_of(NULL, 0);
	return arena_copy(&r->arena,
	    bytes_of(
		text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

struct bytes
xp_addr_of(struct gw_req *r, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return arena_copy(&r->arena, bytes_of_str(addr_text(text, a)));
}

struct bytes
xp_addr(struct gw_req *r, struct bytes text)
{
	struct addr a;

	if (addr_read(&a, text, false, NULL) != RC_OK)
		return bytes_of(NULL, 0);
	return xp_addr_of(r, &a);
}

struct bytes
xp_data(struct gw_req *r, struct bytes text)
{
	struct bytes out;

	if (hex_read(&r->arena, &out, text, NULL) != RC_OK)
		return bytes_of(NULL, 0);
	return out;
}

uint64_t
xp_percent(uint64_t part, uint64_t all)
{
	if (all == 0 || part > UINT64_MAX / 100)
		return 0;
	return part * 100 / all;
}

bool
xp_key(uint64_t *out, const struct gw_req *r, const char *name)
{
	struct bytes text;

	return gw_req_query(r, &text, name) && text.len > 0 &&
	       bytes_dec(out, text, UINT64_MAX);
}

bool
xp_is_hash(struct bytes text)
{
	uint8_t hash[32];

	return text.len == HASH_TEXT &&
	       hex_read_fixed(hash, sizeof(hash), text, false, NULL) == RC_OK;
}

bool
xp_is_in_turn(const struct gw_json *header)
{
	return gw_json_u64(header, "difficulty") == 2;
}

static enum xp_status
status_of(const struct gw_json *receipt)
{
	if (receipt == NULL)
		return XP_PENDING;
	/* Before Byzantium there was none (EIP-658). */
	if (gw_json_get(receipt, "status") == NULL)
		return XP_DONE;
	return gw_json_u64(receipt, "status") == 1 ? XP_DONE : XP_FAILED;
}

/* Of receipts that Otterscan's methods give: a JSON number. */
static struct bytes
time_of(struct gw_req *r, const struct gw_json *receipt)
{
	const struct gw_json *v =
	    receipt == NULL ? NULL : gw_json_get(receipt, "timestamp");
	uint64_t unix_s;

	if (v == NULL || v->kind != GW_JSON_NUMBER ||
	    !bytes_dec(&unix_s, v->text, UINT64_MAX))
		return bytes_of(NULL, 0);
	return xp_time(r, unix_s);
}

void
xp_tx_row(struct gw_req *r, struct xp_tx_row *out, const struct gw_json *tx,
    const struct gw_json *receipt)
{
	struct u256 value = gw_json_u256(tx, "value");

	out->status = status_of(receipt);
	out->hash = gw_json_text(tx, "hash");
	out->from = xp_addr(r, gw_json_text(tx, "from"));
	out->to = xp_addr(r, gw_json_text(tx, "to"));
	out->created = xp_addr(r, gw_json_text(receipt, "contractAddress"));
	out->value = xp_coins(r, &value);
	out->block_no = gw_json_u64(tx, "blockNumber");
	out->time = time_of(r, receipt);
}
