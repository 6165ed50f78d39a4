/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of a JSON-RPC request: scanned, and when it is JSON, taken apart
 * as the rpc surface does. jansson reads the same text: what it takes we
 * take, apart from bounds of ours, and the other way round.
 *
 * fuzz: cover=src/http/jsonscan.c lib=http
 */
#include <jansson.h>
#include <string.h>

#include "base/check.h"
#include "http/jsonscan.h"
#include "http/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_within(struct bytes part, struct bytes whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr &&
		   part.ptr + part.len <= whole.ptr + whole.len);
}

static void
look_at_call(struct bytes doc)
{
	struct gw_rpc_call c;

	gw_rpc_read_call(&c, doc);
	CHECK(c.code == 0 || c.message != NULL);
	CHECK(c.code != 0 || c.method.len == 0 || is_within(c.method, doc));
	CHECK(is_within(c.params, doc));
	if (c.code == 0) {
		/* Nothing that could end the string it is written into. */
		CHECK(c.method.len == 0 || c.method.ptr[c.method.len] == '"');
	}
}

static void
look_at(struct bytes doc)
{
	struct gw_json_iter it;
	struct bytes key, value, again;
	size_t at = 0;
	struct gw_json_end e = {0};

	if (gw_json_open(&it, doc)) {
		/* The end that a stream reader finds is the same. */
		CHECK(gw_json_end_find(&e, &at, doc) && at == doc.len);
		while (doc.ptr[0] == '{' ? gw_json_member(&it, &key, &value)
					 : gw_json_item(&it, &value)) {
			CHECK(is_within(value, doc));
			again = value;
			CHECK(gw_json_value(&value, &again) && again.len == 0);
			if (doc.ptr[0] == '[')
				look_at_call(value);
		}
		CHECK(it.rest.len == 0);
	}
	look_at_call(doc);
}

/* jansson refuses some numbers for their size and NUL in keys. */
static bool
is_excused(struct bytes in, const json_error_t *why)
{
	enum json_error_code code = json_error_code(why);

	return code == json_error_numeric_overflow ||
	       code == json_error_null_character ||
	       code == json_error_null_byte_in_key ||
	       memmem(in.ptr, in.len, "\\u0000", 6) != NULL;
}

/* depth_of counts open brackets outside strings of well-formed JSON. */
static size_t
depth_of(struct bytes in)
{
	size_t i, depth = 0, most = 0;
	bool in_string = false;

	for (i = 0; i < in.len; i++) {
		uint8_t c = in.ptr[i];

		if (in_string && c == '\\') {
			i++;
		} else if (c == '"') {
			in_string = !in_string;
		} else if (!in_string) {
			depth += c == '[' || c == '{';
			depth -= c == ']' || c == '}';
		}
		most = depth > most ? depth : most;
	}
	return most;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), rest = in, doc;
	json_error_t why;
	json_t *j = json_loadb(
	    (const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	bool good = gw_json_value(&doc, &rest) && rest.len == 0;

	if (good)
		look_at(doc);
	if (good && j == NULL)
		CHECK(is_excused(in, &why));
	/* To jansson a NUL byte is the end of the text. */
	if (!good && j != NULL && memchr(data, 0, size) == NULL) {
		/* Only depth sets us apart. */
		CHECK(depth_of(in) > GW_JSON_DEPTH_MAX);
	}
	json_decref(j);
	return 0;
}
