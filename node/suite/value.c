/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of test files, and the walk over the tests of one. The suites grew
 * over years in several programs' hands: what they write is read with
 * patience, what cannot be meant is refused with its place.
 */
#include "suite/value_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"

const json_t *
suite_get(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_null(v) ? NULL : v;
}

const char *
suite_text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

enum rc
suite_need(
    const json_t **out, const json_t *obj, const char *key, struct err *e)
{
	*out = suite_get(obj, key);
	if (*out == NULL)
		return FAIL(e, RC_BAD_INPUT, "%s is missing", key);
	return RC_OK;
}

/* digits returns the text behind 0x; without it the whole. */
static struct bytes
digits(const char *text)
{
	return bytes_of_str(text[0] == '0' && (text[1] == 'x' || text[1] == 'X')
				? text + 2
				: text);
}

/* nibble_at returns the i-th digit from the end, zero beyond the first, -1
 * for what is no digit. */
static int
nibble_at(struct bytes text, size_t i)
{
	return i < text.len ? hex_digit(text.ptr[text.len - 1 - i]) : 0;
}

enum rc
suite_fixed(uint8_t *out, size_t len, const char *text, struct err *e)
{
	struct bytes in = digits(text);
	size_t i;

	if (in.len > 2 * len)
		return FAIL(e, RC_TOO_LARGE,
		    "\"%.80s\" is longer than %zu "
		    "bytes",
		    text, len);
	for (i = 0; i < len; i++) {
		int low = nibble_at(in, 2 * i), high = nibble_at(in, 2 * i + 1);

		if (low < 0 || high < 0)
			return FAIL(
			    e, RC_BAD_INPUT, "\"%.80s\" is no hex", text);
		out[len - 1 - i] = (uint8_t)(high << 4 | low);
	}
	return RC_OK;
}

enum rc
suite_addr(struct addr *out, const char *text, struct err *e)
{
	return suite_fixed(out->b, sizeof(out->b), text, e);
}

enum rc
suite_hash(struct hash *out, const char *text, struct err *e)
{
	return suite_fixed(out->b, sizeof(out->b), text, e);
}

enum rc
suite_u256(struct u256 *out, const json_t *v, struct err *e)
{
	static const char big[] = "0x:bigint ";
	const char *text = json_string_value(v);
	uint8_t raw[32];
	size_t zeros;

	*out = U256_ZERO;
	if (v == NULL)
		return RC_OK;
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = u256_from_u64((uint64_t)json_integer_value(v));
		return RC_OK;
	}
	if (text == NULL)
		return FAIL(e, RC_BAD_INPUT, "no number");
	if (!strncmp(text, big, sizeof(big) - 1))
		return FAIL(e, RC_TOO_LARGE, "\"%.80s\"", text);
	if (text[0] == '0' && text[1] == 'x')
		text += 2;
	zeros = strspn(text, "0");
	TRY(suite_fixed(raw, sizeof(raw), text + zeros, e));
	u256_from_be(out, bytes_of(raw, sizeof(raw)));
	return RC_OK;
}

enum rc
suite_u64(uint64_t *out, const json_t *v, struct err *e)
{
	struct u256 wide;

	*out = 0;
	TRY(suite_u256(&wide, v, e));
	if (!u256_is_u64(&wide))
		return FAIL(e, RC_TOO_LARGE, "above 64 bits");
	*out = wide.w[0];
	return RC_OK;
}

enum rc
suite_data(struct arena *a, struct bytes *out, const char *text, struct err *e)
{
	struct bytes in = digits(text);
	size_t len = (in.len + 1) / 2;
	uint8_t *to = arena_alloc(a, len);

	if (to == NULL && len > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for %zu bytes", len);
	TRY(suite_fixed(to, len, text, e));
	*out = bytes_of(to, len);
	return RC_OK;
}

enum rc
suite_within(struct err *e, enum rc rc, const char *fmt, ...)
{
	char where[ERR_TEXT_MAX], text[ERR_TEXT_MAX];
	va_list ap;

	if (rc == RC_OK || e == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s", err_message(e, rc));
	return FAIL(e, rc, "%s: %s", where, text);
}

static enum rc
load(json_t **out, struct bytes doc, struct err *e)
{
	json_error_t why;

	*out = json_loadb((const char *)doc.ptr, doc.len, JSON_ALLOW_NUL, &why);
	if (*out == NULL)
		return FAIL(e, RC_BAD_JSON, "line %d, column %d: %s", why.line,
		    why.column, why.text);
	if (json_is_object(*out))
		return RC_OK;
	json_decref(*out);
	return FAIL(e, RC_BAD_INPUT, "not an object of tests");
}

enum rc
suite_each(struct bytes doc,
    enum rc (*fn)(
	void *ctx, const char *name, const json_t *test, struct err *e),
    void *ctx, struct err *e)
{
	enum rc rc = RC_OK;
	json_t *all, *test;
	const char *name;

	TRY(load(&all, doc, e));
	json_object_foreach(all, name, test)
	{
		if (name[0] == '_')
			continue;
		rc = json_is_object(test) ? fn(ctx, name, test, e)
					  : FAIL(e, RC_BAD_INPUT, "not a test");
		if (rc != RC_OK) {
			rc = suite_within(e, rc, "%.120s", name);
			break;
		}
	}
	json_decref(all);
	return rc;
}
