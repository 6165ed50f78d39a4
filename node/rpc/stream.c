/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts brackets outside strings. A document at the top must be an object
 * or an array: numbers and words at the top have no end that can be seen,
 * and are no JSON-RPC either. That brackets match is the parser's to judge;
 * here it matters that a broken document ends as soon as it is seen to be
 * broken, so that its sender is not left waiting.
 */
#include "rpc/stream.h"

#include <string.h>

#include "base/check.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* skip_string steps over bytes of a string from at on, its last quote
 * included; false at a control character, which no string may hold. */
static bool
skip_string(struct rpc_stream *s, struct bytes in)
{
	while (s->at < in.len && s->is_in_string) {
		uint8_t c = in.ptr[s->at];

		if (c < 0x20)
			return false;
		s->at++;
		if (s->is_escaped)
			s->is_escaped = false;
		else if (c == '\\')
			s->is_escaped = true;
		else if (c == '"')
			s->is_in_string = false;
	}
	return true;
}

/* Takes one byte outside strings; true when it was the document's last. */
static bool
step(struct rpc_stream *s, uint8_t c)
{
	switch (c) {
	case '"':
		s->is_in_string = true;
		return false;
	case '{':
	case '[':
		s->depth++;
		return false;
	case '}':
	case ']':
		s->depth--;
		return s->depth == 0;
	default:
		return false;
	}
}

/* begins_scalar tells whether c may begin a string, number or word. */
static bool
begins_scalar(uint8_t c)
{
	return c == '"' || c == '-' || (c >= '0' && c <= '9') || c == 't' ||
	       c == 'f' || c == 'n';
}

static enum rc
begin(struct rpc_stream *s, struct bytes *in, struct err *e)
{
	while (in->len > 0 && is_blank(in->ptr[0])) {
		in->ptr++;
		in->len--;
	}
	if (in->len == 0)
		return RC_TRUNCATED;
	if (begins_scalar(in->ptr[0]))
		return FAIL(e, RC_BAD_REQUEST, "neither object nor array");
	if (in->ptr[0] != '{' && in->ptr[0] != '[')
		return FAIL(e, RC_BAD_JSON,
		    "a document begins with { or [, not with 0x%02x",
		    in->ptr[0]);
	*s = (struct rpc_stream){.has_begun = true};
	return RC_OK;
}

enum rc
rpc_stream_take(
    struct rpc_stream *s, struct bytes *out, struct bytes *in, struct err *e)
{
	if (!s->has_begun)
		TRY(begin(s, in, e));
	while (s->at < in->len) {
		if (!skip_string(s, *in))
			return FAIL(
			    e, RC_BAD_JSON, "control character in a string");
		if (s->at < in->len && step(s, in->ptr[s->at++])) {
			s->has_begun = false;
			CHECK(bytes_take(out, in, s->at));
			return RC_OK;
		}
		if (s->depth > RPC_STREAM_DEPTH_MAX)
			return FAIL(e, RC_BAD_JSON, "nested deeper than %d",
			    RPC_STREAM_DEPTH_MAX);
	}
	return RC_TRUNCATED;
}

bool
rpc_stream_is_cancel(uint64_t *no, struct bytes doc)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"method\":"
				   "\"sekisho_cancel\",\"params\":[";
	static const char end[] = "]}";
	size_t around = sizeof(head) - 1 + sizeof(end) - 1;

	if (doc.len <= around || memcmp(doc.ptr, head, sizeof(head) - 1) != 0 ||
	    memcmp(doc.ptr + doc.len - 2, end, 2) != 0)
		return false;
	return bytes_dec(no,
	    bytes_of(doc.ptr + sizeof(head) - 1, doc.len - around), UINT64_MAX);
}
