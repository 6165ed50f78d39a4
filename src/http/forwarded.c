/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads X-Forwarded-For and Forwarded from the right. Everything stands on
 * one point: what is further right was written by somebody who is trusted,
 * so nothing to the left of it may change how it is read. Quotes are matched
 * from the right for that reason.
 */
#include "http/forwarded.h"

/* struct walk goes through the items of a field from the last one. */
struct walk {
	const struct gw_head *head;
	struct bytes name;
	size_t at;     /* fields before this one are still to be looked at */
	bool in_field; /* rest is a list with at least one item */
	struct bytes rest; /* what is left of the field at hand */
};

typedef bool read_fn(struct gw_addr *out, struct bytes item);

/* is_escaped: an odd number of backslashes stands before v.ptr[i]. */
static bool
is_escaped(struct bytes v, size_t i)
{
	size_t n = i;

	while (n > 0 && v.ptr[n - 1] == '\\')
		n--;
	return (i - n) % 2 != 0;
}

/*
 * cut_last takes what stands behind the last sep outside of quotes off the
 * end of rest.
 *
 * Returns  false when there was no sep: that was all
 */
static bool
cut_last(struct bytes *item, struct bytes *rest, uint8_t sep)
{
	bool in_quotes = false;
	size_t i;

	for (i = rest->len; i > 0; i--) {
		uint8_t c = rest->ptr[i - 1];

		if (c == '"' && !is_escaped(*rest, i - 1))
			in_quotes = !in_quotes;
		if (c != sep || in_quotes)
			continue;
		*item = gw_trim(bytes_of(rest->ptr + i, rest->len - i));
		rest->len = i - 1;
		return true;
	}
	*item = gw_trim(*rest);
	return false;
}

/* next_item returns the item left of the last one, false at the left end. */
static bool
next_item(struct walk *w, struct bytes *item)
{
	while (!w->in_field) {
		if (w->at == 0)
			return false;
		w->at--;
		w->in_field =
		    gw_same_nocase(w->head->fields[w->at].name, w->name);
		w->rest = w->head->fields[w->at].value;
	}
	w->in_field = cut_last(item, &w->rest, ',');
	return true;
}

/* --- one item --- */

/* port_ok: a port of RFC 7239 6, digits or an underscore and a word. */
static bool
port_ok(struct bytes port, bool may_hide)
{
	bool hides = may_hide && port.len > 1 && port.ptr[0] == '_';
	size_t i;

	for (i = hides ? 1 : 0; i < port.len; i++) {
		uint8_t c = port.ptr[i];
		bool is_digit = c >= '0' && c <= '9';
		bool is_word = (c >= 'a' && c <= 'z') ||
			       (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
			       c == '-';

		if (!is_digit && !(hides && is_word))
			return false;
	}
	return hides || (port.len > 0 && port.len <= 5);
}

/* read_bracketed reads [IPv6] with or without a port. */
static bool
read_bracketed(struct gw_addr *out, struct bytes v, bool may_hide)
{
	const uint8_t *close = memchr(v.ptr, ']', v.len);
	struct bytes inner, port;

	if (close == NULL)
		return false;
	inner = bytes_of(v.ptr + 1, (size_t)(close - v.ptr) - 1);
	port = bytes_of(close + 1, v.len - inner.len - 2);
	if (memchr(inner.ptr, ':', inner.len) == NULL ||
	    !gw_addr_read(out, inner))
		return false;
	return port.len == 0 ||
	       (port.ptr[0] == ':' &&
		   port_ok(bytes_of(port.ptr + 1, port.len - 1), may_hide));
}

/* read_v4 reads an IPv4 address with or without a port. */
static bool
read_v4(struct gw_addr *out, struct bytes v, bool may_hide)
{
	const uint8_t *colon = memchr(v.ptr, ':', v.len);
	struct bytes host = v;

	if (colon != NULL) {
		host.len = (size_t)(colon - v.ptr);
		if (!port_ok(
			bytes_of(colon + 1, v.len - host.len - 1), may_hide))
			return false;
	}
	return gw_addr_read(out, host);
}

/* read_plain reads an item of X-Forwarded-For. */
static bool
read_plain(struct gw_addr *out, struct bytes item)
{
	if (item.len == 0)
		return false;
	if (item.ptr[0] == '[')
		return read_bracketed(out, item, false);
	return gw_addr_read(out, item) || read_v4(out, item, false);
}

/* is_quoted: one quoted string and nothing behind it. */
static bool
is_quoted(struct bytes v)
{
	size_t i;

	if (v.len < 2 || v.ptr[0] != '"' || v.ptr[v.len - 1] != '"')
		return false;
	for (i = 1; i + 1 < v.len; i++) {
		if (v.ptr[i] == '"')
			return false;
		if (v.ptr[i] == '\\' && ++i + 1 == v.len)
			return false;
	}
	return true;
}

/* read_node reads the value of for=. An address needs no backslash, and one
 * with it is not read. */
static bool
read_node(struct gw_addr *out, struct bytes v)
{
	if (!is_quoted(v))
		return gw_is_token(v) && read_v4(out, v, true);
	v = bytes_of(v.ptr + 1, v.len - 2);
	if (v.len > 0 && v.ptr[0] == '[')
		return read_bracketed(out, v, true);
	return read_v4(out, v, true);
}

/* read_pairs reads an item of Forwarded: well-formed pairs, for= once. */
static bool
read_pairs(struct gw_addr *out, struct bytes item)
{
	bool is_more = item.len > 0, is_found = false;

	while (is_more) {
		struct bytes pair, name, value;
		const uint8_t *eq;

		is_more = cut_last(&pair, &item, ';');
		eq = memchr(pair.ptr, '=', pair.len);
		if (eq == NULL)
			return false;
		name = bytes_of(pair.ptr, (size_t)(eq - pair.ptr));
		value = bytes_of(eq + 1, pair.len - name.len - 1);
		if (!gw_is_token(name) ||
		    (!gw_is_token(value) && !is_quoted(value)))
			return false;
		if (!gw_eq_nocase(name, "for"))
			continue;
		if (is_found || !read_node(out, value))
			return false;
		is_found = true;
	}
	return is_found;
}

/* --- the walk --- */

static const struct {
	const char *name;
	read_fn *read;
} kinds[GW_FORWARDED_CNT] = {
#define FORWARDED(name, word, reader) [GW_FORWARDED_##name] = {word, reader},
#include "http/forwarded.def"
#undef FORWARDED
};

static const struct gw_listener *
find(const struct gw_conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (!strcmp(c->listeners[i].name, name))
			return &c->listeners[i];
	return NULL;
}

bool
gw_forwarded_is_proxy(
    const struct gw_conf *c, const char *name, const struct gw_addr *a)
{
	const struct gw_listener *l = find(c, name);

	return l != NULL && gw_nets_have(&l->proxies, a);
}

struct gw_addr
gw_forwarded_client(const struct gw_conf *c, const char *name,
    const struct gw_addr *peer, const struct gw_head *head)
{
	const struct gw_listener *l = find(c, name);
	struct gw_addr client = *peer, next;
	struct walk w = {.head = head, .at = head->field_cnt};
	struct bytes item;
	unsigned hop;

	if (l == NULL || l->proxies.cnt == 0)
		return client;
	w.name = bytes_of_str(kinds[l->forwarded].name);
	for (hop = 0; hop < GW_HOP_MAX; hop++) {
		if (!gw_nets_have(&l->proxies, &client) ||
		    !next_item(&w, &item) ||
		    !kinds[l->forwarded].read(&next, item))
			break;
		client = next;
	}
	return client;
}
