/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the fields that decide about framing (Host, Content-Length,
 * Transfer-Encoding, Expect, Connection) and leaves all others to whoever
 * asks for them. The text was checked by frame.c: lines end in CRLF, names
 * are tokens, values hold no control bytes.
 */
#include "http/head.h"

#include "base/check.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool
gw_same_nocase(struct bytes a, struct bytes b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

struct bytes
gw_trim(struct bytes b)
{
	while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t')) {
		b.ptr++;
		b.len--;
	}
	while (
	    b.len > 0 && (b.ptr[b.len - 1] == ' ' || b.ptr[b.len - 1] == '\t'))
		b.len--;
	return b;
}

bool
gw_is_token(struct bytes v)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	size_t i;

	for (i = 0; i < v.len; i++) {
		uint8_t c = v.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') &&
		    memchr(marks, c, sizeof(marks) - 1) == NULL)
			return false;
	}
	return v.len > 0;
}

/* cut takes everything up to c, and c, from the front of rest. */
static struct bytes
cut(struct bytes *rest, uint8_t c)
{
	const uint8_t *end = memchr(rest->ptr, c, rest->len);
	struct bytes out = *rest;

	CHECK(end != NULL); /* frame.c has seen it */
	out.len = (size_t)(end - out.ptr);
	rest->ptr += out.len + 1;
	rest->len -= out.len + 1;
	return out;
}

bool
gw_list_next(struct bytes *item, struct bytes *list)
{
	const uint8_t *comma;
	size_t len;

	while (list->len > 0) {
		comma = memchr(list->ptr, ',', list->len);
		len = comma == NULL ? list->len : (size_t)(comma - list->ptr);
		*item = gw_trim(bytes_of(list->ptr, len));
		len += comma != NULL;
		list->ptr += len;
		list->len -= len;
		if (item->len > 0)
			return true;
	}
	return false;
}

static const char *const method_names[] = {
    [GW_GET] = "GET",
    [GW_HEAD] = "HEAD",
    [GW_POST] = "POST",
    [GW_PUT] = "PUT",
    [GW_DELETE] = "DELETE",
    [GW_OPTIONS] = "OPTIONS",
    [GW_PATCH] = "PATCH",
    [GW_METHOD_OTHER] = "-",
};

const char *
gw_method_name(enum gw_method m)
{
	return method_names[m];
}

/* Methods are case-sensitive, RFC 9110 9.1. */
static enum gw_method
method_of(struct bytes text)
{
	unsigned m;

	for (m = 0; m < GW_METHOD_OTHER; m++)
		if (bytes_eq(text, bytes_of_str(method_names[m])))
			return (enum gw_method)m;
	return GW_METHOD_OTHER;
}

static bool
is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool
is_address_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       (c >= '0' && c <= ':') || c == '.';
}

static bool
all(struct bytes b, bool (*fits)(uint8_t))
{
	size_t i;

	for (i = 0; i < b.len; i++)
		if (!fits(b.ptr[i]))
			return false;
	return true;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
split_bracketed(struct bytes *name, struct bytes *rest, struct bytes host)
{
	const uint8_t *end = memchr(host.ptr, ']', host.len);

	if (end == NULL)
		return false;
	*name = bytes_of(host.ptr + 1, (size_t)(end - host.ptr) - 1);
	*rest = bytes_of(end + 1, host.len - name->len - 2);
	return name->len > 0 && all(*name, is_address_byte);
}

bool
gw_host_split(struct bytes *name, struct bytes *port, struct bytes host)
{
	const uint8_t *colon;
	struct bytes rest = {NULL, 0};

	if (host.len > 0 && host.ptr[0] == '[') {
		if (!split_bracketed(name, &rest, host))
			return false;
	} else {
		colon = memchr(host.ptr, ':', host.len);
		*name = host;
		if (colon != NULL) {
			name->len = (size_t)(colon - host.ptr);
			rest = bytes_of(colon, host.len - name->len);
		}
		if (name->len == 0 || !all(*name, is_name_byte))
			return false;
	}
	*port = bytes_of(NULL, 0);
	if (rest.len == 0)
		return true;
	*port = bytes_of(rest.ptr + 1, rest.len - 1);
	return rest.ptr[0] == ':' && port->len <= 5 && all(*port, is_digit);
}

/* struct seen counts the fields that may stand only once. */
struct seen {
	unsigned host, length, coding, expect;
	unsigned once; /* bits of single_fields */
	bool close, keep;
};

/*
 * Fields that decide about a request and are no lists (RFC 9110 5.3). Of two
 * the one in front would count here, for a proxy in front of us perhaps the
 * last one. Those that decide about framing are counted one by one.
 */
static const char *const single_fields[] = {"authorization", "content-type",
    "origin", "sec-websocket-key", "sec-websocket-version"};

/* is_second tells of a single field that has stood before. */
static bool
is_second(struct seen *s, struct bytes name)
{
	unsigned i, bit;

	for (i = 0; i < ARRAY_CNT(single_fields); i++) {
		if (!gw_eq_nocase(name, single_fields[i]))
			continue;
		bit = 1u << i;
		if ((s->once & bit) != 0)
			return true;
		s->once |= bit;
	}
	return false;
}

/* Reliability H2: one to nineteen digits, nothing else. */
static unsigned
read_length(struct gw_head *h, struct bytes v)
{
	return v.len <= 19 && bytes_dec(&h->body_len, v, UINT64_MAX) ? 0 : 400;
}

static void
read_connection(struct seen *s, struct bytes list)
{
	struct bytes item;

	while (gw_list_next(&item, &list)) {
		s->close = s->close || gw_eq_nocase(item, "close");
		s->keep = s->keep || gw_eq_nocase(item, "keep-alive");
	}
}

static unsigned
read_field(struct gw_head *h, struct seen *s, const struct gw_field *f)
{
	struct bytes port;

	if (gw_eq_nocase(f->name, "host")) {
		h->host = f->value;
		if (++s->host > 1 ||
		    !gw_host_split(&h->host_name, &port, f->value))
			return 400;
	} else if (gw_eq_nocase(f->name, "content-length")) {
		if (++s->length > 1)
			return 400;
		return read_length(h, f->value);
	} else if (gw_eq_nocase(f->name, "transfer-encoding")) {
		if (++s->coding > 1)
			return 400;
		return gw_eq_nocase(f->value, "chunked") ? 0 : 501;
	} else if (gw_eq_nocase(f->name, "expect")) {
		if (++s->expect > 1 || !gw_eq_nocase(f->value, "100-continue"))
			return 417;
	} else if (gw_eq_nocase(f->name, "connection")) {
		read_connection(s, f->value);
	} else if (is_second(s, f->name)) {
		return 400;
	}
	return 0;
}

/* conclude decides about body and connection when all fields are known. */
static unsigned
conclude(struct gw_head *h, const struct seen *s)
{
	if (s->host == 0)
		return 400;
	/* RFC 9112 6.1: both, or a coding in 1.0, is an attack or a fault. */
	if (s->coding > 0 && (s->length > 0 || h->minor == 0))
		return 400;
	h->body = s->coding > 0     ? GW_BODY_CHUNKED
		  : h->body_len > 0 ? GW_BODY_COUNTED
				    : GW_BODY_NONE;
	/* A body here is read by some and skipped by others. */
	if (h->body != GW_BODY_NONE &&
	    (h->method == GW_GET || h->method == GW_HEAD))
		return 400;
	h->wants_continue =
	    s->expect > 0 && h->minor > 0 && h->body != GW_BODY_NONE;
	h->keep_alive = !s->close && (h->minor > 0 || s->keep);
	return 0;
}

static void
read_request_line(struct gw_head *h, struct bytes line)
{
	h->method_text = cut(&line, ' ');
	h->target = cut(&line, ' ');
	h->minor = line.ptr[line.len - 1] == '1';
	h->method = method_of(h->method_text);
}

unsigned
gw_head_read(struct gw_head *out, struct gw_field *store, struct bytes text)
{
	struct seen seen = {0};
	struct bytes line = cut(&text, '\r');
	struct gw_field *f;
	unsigned status;

	*out = (struct gw_head){.fields = store};
	read_request_line(out, line);
	for (;;) {
		(void)cut(&text, '\n'); /* the end of the last line */
		line = cut(&text, '\r');
		if (line.len == 0)
			break;
		CHECK(out->field_cnt < GW_FIELD_CNT_MAX);
		f = &store[out->field_cnt++];
		f->name = cut(&line, ':');
		f->value = gw_trim(line);
		status = read_field(out, &seen, f);
		if (status != 0)
			return status;
	}
	return conclude(out, &seen);
}

bool
gw_head_field(struct bytes *value, const struct gw_head *h, const char *name)
{
	struct bytes wanted = bytes_of_str(name);
	size_t i;

	for (i = 0; i < h->field_cnt; i++) {
		if (h->fields[i].name.len != wanted.len ||
		    !gw_same_nocase(h->fields[i].name, wanted))
			continue;
		*value = h->fields[i].value;
		return true;
	}
	return false;
}
