/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes a multipart form apart. Strict where RFC 2046 and RFC 7578 are not:
 * preamble, epilogue, padding and escapes are where one reader sees a field
 * and another one does not. Does not judge what fields contain.
 */
#include "http/multipart.h"

#include "http/head.h"
#include "http/uri.h"

static bool
fail(struct gw_parts *p, const char *text)
{
	p->fault = text;
	return false;
}

static void
pass(struct bytes *b, size_t n)
{
	b->ptr += n;
	b->len -= n;
}

static bool
begins(struct bytes b, const char *text)
{
	size_t len = strlen(text);

	return b.len >= len && memcmp(b.ptr, text, len) == 0;
}

/* --- parameters: ; name=value, the value a token or between quotes */

struct param {
	struct bytes name, value; /* value as it stands between its quotes */
	bool is_quoted;
};

enum found { FOUND, NONE, BAD };

/* quoted_len returns how long the string in quotes at the front of b is, 0
 * when nothing closes it. */
static size_t
quoted_len(struct bytes b)
{
	size_t i;

	for (i = 1; i < b.len; i++) {
		if (b.ptr[i] == '"')
			return i + 1;
		i += b.ptr[i] == '\\';
	}
	return 0;
}

/* take_value cuts the value off the front of rest. */
static bool
take_value(struct param *out, struct bytes *rest)
{
	const uint8_t *end = memchr(rest->ptr, ';', rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);

	out->is_quoted = begins(*rest, "\"");
	if (out->is_quoted) {
		len = quoted_len(*rest);
		if (len == 0)
			return false;
		out->value = bytes_of(rest->ptr + 1, len - 2);
	} else {
		out->value = gw_trim(bytes_of(rest->ptr, len));
		if (!gw_is_token(out->value))
			return false;
	}
	pass(rest, len);
	*rest = gw_trim(*rest);
	return true;
}

/* next_param cuts one parameter off the front of rest, blanks around it
 * too. */
static enum found
next_param(struct param *out, struct bytes *rest)
{
	const uint8_t *eq;

	*rest = gw_trim(*rest);
	if (rest->len == 0)
		return NONE;
	if (rest->ptr[0] != ';')
		return BAD;
	pass(rest, 1);
	*rest = gw_trim(*rest);
	eq = rest->len == 0 ? NULL : memchr(rest->ptr, '=', rest->len);
	if (eq == NULL)
		return BAD;
	out->name = bytes_of(rest->ptr, (size_t)(eq - rest->ptr));
	pass(rest, out->name.len + 1);
	if (!gw_is_token(out->name) || rest->len == 0)
		return BAD;
	return take_value(out, rest) ? FOUND : BAD;
}

/* cut_first takes what stands before the first parameter off the front of
 * field. */
static struct bytes
cut_first(struct bytes *field)
{
	const uint8_t *end =
	    field->len == 0 ? NULL : memchr(field->ptr, ';', field->len);
	size_t len = end == NULL ? field->len : (size_t)(end - field->ptr);
	struct bytes first = bytes_of(field->ptr, len);

	pass(field, len);
	return gw_trim(first);
}

/* --- boundary */

/* is_boundary: RFC 2046 5.1.1, bchars, no blank at the end. */
static bool
is_boundary(struct bytes b)
{
	static const char marks[] = "'()+_,-./:=? ";
	size_t i;

	if (b.len == 0 || b.len > GW_BOUNDARY_MAX || b.ptr[b.len - 1] == ' ')
		return false;
	for (i = 0; i < b.len; i++) {
		uint8_t c = b.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') &&
		    memchr(marks, c, sizeof(marks) - 1) == NULL)
			return false;
	}
	return true;
}

static bool
set_boundary(struct gw_parts *p, struct bytes boundary)
{
	if (p->dash_len > 0)
		return fail(p, "two boundaries");
	if (!is_boundary(boundary))
		return fail(p, "bad boundary");
	memcpy(p->dash, "--", 2);
	memcpy(p->dash + 2, boundary.ptr, boundary.len);
	p->dash_len = boundary.len + 2;
	return true;
}

bool
gw_parts_open(struct gw_parts *p, struct bytes type, struct bytes body)
{
	struct param param;
	enum found found;

	*p = (struct gw_parts){.rest = body};
	(void)cut_first(&type);
	while ((found = next_param(&param, &type)) == FOUND)
		if (gw_eq_nocase(param.name, "boundary") &&
		    !set_boundary(p, param.value))
			return false;
	if (found == BAD)
		return fail(p, "bad parameter of the Content-Type");
	return p->dash_len > 0 || fail(p, "no boundary");
}

/*
 * cut_content takes everything up to the next line that begins with the
 * boundary off the front of p->rest. In a content that begins such a line
 * behind a lone CR or LF readers would part ways.
 */
static bool
cut_content(struct gw_parts *p, struct bytes *out)
{
	const uint8_t *at = p->rest.ptr, *end = at + p->rest.len;

	for (;; at++) {
		at = memmem(at, (size_t)(end - at), p->dash, p->dash_len);
		if (at == NULL)
			return fail(p, "no last boundary");
		if (at == p->rest.ptr)
			return fail(p, "no line break before a boundary");
		if (at[-1] == '\n' || at[-1] == '\r')
			break;
	}
	*out = bytes_of(p->rest.ptr, (size_t)(at - p->rest.ptr));
	if (out->len < 2 || memcmp(at - 2, "\r\n", 2) != 0)
		return fail(p, "no line break before a boundary");
	pass(&p->rest, out->len);
	out->len -= 2;
	return true;
}

/* at_part passes the boundary that p->rest begins with. Returns false behind
 * the last. */
static bool
at_part(struct gw_parts *p)
{
	pass(&p->rest, p->dash_len);
	if (begins(p->rest, "\r\n")) {
		pass(&p->rest, 2);
		return true;
	}
	if (!begins(p->rest, "--"))
		return fail(p, "no line break behind a boundary");
	pass(&p->rest, 2);
	if (p->rest.len > 0 && !bytes_eq(p->rest, bytes_of_str("\r\n")))
		return fail(p, "text behind the last boundary");
	return false;
}

/* --- header of a part */

/* struct part_head is the fields that a form has; ptr NULL: not there. */
struct part_head {
	struct bytes disposition, type, encoding;
	struct bytes name, file_name; /* decoded */
};

/* is_text tells whether b is UTF-8 without control characters. */
static bool
is_text(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++)
		if (b.ptr[i] < 0x20 || b.ptr[i] == 0x7f)
			return false;
	return gw_utf8_ok(b);
}

static bool
set_once(struct gw_parts *p, struct bytes *field, struct bytes value)
{
	if (field->ptr != NULL)
		return fail(p, "a header or parameter of a part stands twice");
	*field = value;
	return true;
}

/* keep puts one line where it belongs. RFC 7578 4.8: others are ignored. */
static bool
keep(struct gw_parts *p, struct part_head *h, struct bytes line)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);
	struct bytes name, value;

	if (colon == NULL)
		return fail(p, "bad header of a part");
	name = bytes_of(line.ptr, (size_t)(colon - line.ptr));
	value = gw_trim(bytes_of(colon + 1, line.len - name.len - 1));
	if (!gw_is_token(name) || !is_text(value))
		return fail(p, "bad header of a part");
	if (gw_eq_nocase(name, "content-disposition"))
		return set_once(p, &h->disposition, value);
	if (gw_eq_nocase(name, "content-type"))
		return set_once(p, &h->type, value);
	if (gw_eq_nocase(name, "content-transfer-encoding"))
		return set_once(p, &h->encoding, value);
	return true;
}

/* read_lines reads the header and the empty line behind it. */
static bool
read_lines(struct gw_parts *p, struct part_head *h)
{
	size_t left = p->rest.len, lines;
	struct bytes line;
	const uint8_t *eol;

	left = left < GW_PART_HEAD_MAX ? left : GW_PART_HEAD_MAX;
	for (lines = 0; lines <= GW_PART_LINE_MAX; lines++) {
		eol = memmem(p->rest.ptr, left, "\r\n", 2);
		if (eol == NULL)
			break;
		line = bytes_of(p->rest.ptr, (size_t)(eol - p->rest.ptr));
		pass(&p->rest, line.len + 2);
		left -= line.len + 2;
		if (line.len == 0)
			return true;
		if (!keep(p, h, line))
			return false;
	}
	return fail(p, "header of a part is too long or has no end");
}

/* unescape decodes the two escapes of a quoted string that have one reading,
 * and what browsers write for a quotation mark; room has raw.len bytes. */
static bool
unescape(struct buf *room, struct bytes raw)
{
	size_t i;

	for (i = 0; i < raw.len; i++) {
		struct bytes at = bytes_of(raw.ptr + i, raw.len - i);

		if (begins(at, "%0D") || begins(at, "%0A"))
			return false;
		if (begins(at, "%22")) {
			(void)buf_put_u8(room, '"');
			i += 2;
			continue;
		}
		if (begins(at, "\\") && !begins(at, "\\\"") &&
		    !begins(at, "\\\\"))
			return false;
		i += at.ptr[0] == '\\';
		(void)buf_put_u8(room, raw.ptr[i]);
	}
	return true;
}

/* decode decodes a name in its quotes. */
static bool
decode(struct gw_parts *p, struct arena *a, struct bytes *out,
    const struct param *param)
{
	struct bytes raw = param->value;
	struct buf room;

	if (!param->is_quoted || raw.len == 0 ||
	    (memchr(raw.ptr, '\\', raw.len) == NULL &&
		memchr(raw.ptr, '%', raw.len) == NULL))
		return set_once(p, out, raw);
	room = buf_of(arena_alloc(a, raw.len), raw.len);
	p->is_memory = room.ptr == NULL;
	if (p->is_memory)
		return false;
	if (!unescape(&room, raw))
		return fail(p, "bad escape in a name");
	return set_once(p, out, bytes_of_buf(&room));
}

/* read_names reads a Content-Disposition, RFC 7578 4.2. */
static bool
read_names(struct gw_parts *p, struct arena *a, struct part_head *h)
{
	struct bytes rest = h->disposition;
	struct param param;
	enum found found;

	if (rest.ptr == NULL || !gw_eq_nocase(cut_first(&rest), "form-data"))
		return fail(p, "a part is no form-data");
	while ((found = next_param(&param, &rest)) == FOUND) {
		struct bytes *to = NULL;

		if (gw_eq_nocase(param.name, "name"))
			to = &h->name;
		if (gw_eq_nocase(param.name, "filename"))
			to = &h->file_name;
		if (to == NULL)
			return fail(p, "a parameter that forms do not have");
		if (!decode(p, a, to, &param))
			return false;
	}
	if (found == BAD)
		return fail(p, "bad Content-Disposition");
	return h->name.ptr != NULL || fail(p, "a part has no name");
}

/* is_utf8_name: what a charset may be. US-ASCII is UTF-8. */
static bool
is_utf8_name(struct bytes charset)
{
	return gw_eq_nocase(charset, "utf-8") ||
	       gw_eq_nocase(charset, "us-ascii");
}

/* type_ok looks at the Content-Type of a part. */
static bool
type_ok(struct gw_parts *p, const struct part_head *h)
{
	struct bytes rest = h->type, type = cut_first(&rest);
	struct param param;
	enum found found;

	if (type.len >= 10 &&
	    gw_eq_nocase(bytes_of(type.ptr, 10), "multipart/"))
		return fail(p, "parts in a part");
	if (h->file_name.ptr == NULL && type.len > 0 &&
	    !gw_eq_nocase(type, "text/plain"))
		return fail(p, "a field is not text/plain");
	while ((found = next_param(&param, &rest)) == FOUND)
		if (gw_eq_nocase(param.name, "charset") &&
		    !is_utf8_name(param.value))
			return fail(p, "a charset that is not UTF-8");
	return found == NONE || fail(p, "bad Content-Type of a part");
}

/* encoding_ok: RFC 7578 4.7 has done away with encodings that change
 * anything. */
static bool
encoding_ok(struct gw_parts *p, struct bytes encoding)
{
	return encoding.ptr == NULL || gw_eq_nocase(encoding, "binary") ||
	       gw_eq_nocase(encoding, "8bit") ||
	       gw_eq_nocase(encoding, "7bit") ||
	       fail(p, "a transfer encoding in a form");
}

/* charset_ok looks at the field that names the charset of the others, RFC
 * 7578 4.6. */
static bool
charset_ok(struct gw_parts *p, const struct gw_part *part)
{
	return part->is_file || !gw_eq_nocase(part->name, "_charset_") ||
	       is_utf8_name(part->content) ||
	       fail(p, "a charset that is not UTF-8");
}

static bool
read_part(struct gw_parts *p, struct arena *a, struct gw_part *out)
{
	struct part_head h = {0};

	if (!read_lines(p, &h) || !read_names(p, a, &h) || !type_ok(p, &h) ||
	    !encoding_ok(p, h.encoding))
		return false;
	*out = (struct gw_part){.is_file = h.file_name.ptr != NULL,
	    .name = h.name,
	    .file_name = h.file_name,
	    .type = h.type};
	return cut_content(p, &out->content) && charset_ok(p, out);
}

bool
gw_parts_next(struct gw_parts *p, struct arena *a, struct gw_part *out)
{
	if (p->cnt == 0 && (p->rest.len < p->dash_len ||
			       memcmp(p->rest.ptr, p->dash, p->dash_len) != 0))
		return fail(p, "the body does not begin with its boundary");
	if (p->fault != NULL || p->is_memory || !at_part(p))
		return false;
	if (p->cnt == GW_PART_MAX)
		return fail(p, "too many parts");
	p->cnt++;
	return read_part(p, a, out);
}
