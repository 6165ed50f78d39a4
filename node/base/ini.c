/* SPDX-License-Identifier: Apache-2.0
 *
 * Splits configuration text into sections and pairs and reads typed values.
 * Knows no key by name.
 */
#include "base/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

enum rc
ini_read_file(
    struct arena *a, struct bytes *out, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct arena_mark mark = arena_save(a);
	uint8_t *buf;
	int fault = 0;
	size_t n = 0;

	if (f == NULL)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	buf = arena_alloc(a, INI_FILE_MAX + 1);
	if (buf != NULL)
		n = fread(buf, 1, INI_FILE_MAX + 1, f);
	if (ferror(f) != 0)
		fault = errno; /* of a folder, say */
	fclose(f);
	if (buf != NULL && fault == 0 && n <= INI_FILE_MAX) {
		*out = bytes_of(buf, n);
		return RC_OK;
	}
	arena_rewind(a, mark);
	if (buf == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	if (fault != 0)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(fault));
	return FAIL(e, RC_CONF, "%s: larger than %d bytes", path, INI_FILE_MAX);
}

struct ini
ini_open(struct bytes text)
{
	return (struct ini){.rest = text, .line = 0};
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes
trim(struct bytes b)
{
	while (b.len > 0 && is_blank(b.ptr[0])) {
		b.ptr++;
		b.len--;
	}
	while (b.len > 0 && is_blank(b.ptr[b.len - 1]))
		b.len--;
	return b;
}

static struct bytes
next_line(struct ini *ini)
{
	struct bytes line = ini->rest;
	const uint8_t *nl = memchr(line.ptr, '\n', line.len);

	if (nl != NULL)
		line.len = (size_t)(nl - line.ptr);
	ini->rest.ptr += line.len + (nl != NULL);
	ini->rest.len -= line.len + (nl != NULL);
	ini->line++;
	return line;
}

/* Cuts a comment that starts outside double quotes. */
static struct bytes
cut_comment(struct bytes b)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; i < b.len; i++) {
		if (b.ptr[i] == '"')
			is_quoted = !is_quoted;
		if (b.ptr[i] == '#' && !is_quoted)
			break;
	}
	b.len = i;
	return trim(b);
}

static bool
is_word(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++) {
		uint8_t c = b.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-' && c != '.')
			return false;
	}
	return b.len > 0;
}

static enum rc
read_section(struct ini_item *out, struct bytes b, struct err *e)
{
	size_t i = 0;

	if (b.ptr[b.len - 1] != ']')
		return FAIL(e, RC_CONF, "a section line must end in ]");
	b = trim(bytes_of(b.ptr + 1, b.len - 2));
	while (i < b.len && !is_blank(b.ptr[i]))
		i++;
	out->kind = INI_SECTION;
	out->key = bytes_of(b.ptr, i);
	out->value = trim(bytes_of(b.ptr + i, b.len - i));
	if (!is_word(out->key))
		return FAIL(e, RC_CONF,
		    "a section is [kind] or [kind name], in small letters");
	return RC_OK;
}

static enum rc
unquote(struct bytes *v, struct err *e)
{
	if (v->len == 0 || v->ptr[0] != '"')
		return RC_OK;
	if (v->len < 2 || v->ptr[v->len - 1] != '"' ||
	    memchr(v->ptr + 1, '"', v->len - 2) != NULL)
		return FAIL(e, RC_CONF, "a quoted value must end in its \"");
	*v = bytes_of(v->ptr + 1, v->len - 2);
	return RC_OK;
}

static enum rc
read_pair(struct ini_item *out, struct bytes b, struct err *e)
{
	const uint8_t *eq = memchr(b.ptr, '=', b.len);
	size_t at;

	if (eq == NULL)
		return FAIL(e, RC_CONF, "expected key = value");
	at = (size_t)(eq - b.ptr);
	out->kind = INI_PAIR;
	out->key = trim(bytes_of(b.ptr, at));
	out->value = trim(bytes_of(eq + 1, b.len - at - 1));
	if (!is_word(out->key))
		return FAIL(e, RC_CONF,
		    "a key is made of small letters, digits, _ - and .");
	return unquote(&out->value, e);
}

enum rc
ini_next(struct ini_item *out, struct ini *ini, struct err *e)
{
	struct bytes b;

	*out = (struct ini_item){.kind = INI_END};
	while (ini->rest.len > 0) {
		b = next_line(ini);
		if (b.len > INI_LINE_MAX)
			return FAIL(e, RC_CONF, "line of %zu bytes, at most %d",
			    b.len, INI_LINE_MAX);
		if (b.len > 0 && memchr(b.ptr, 0, b.len) != NULL)
			return FAIL(e, RC_CONF, "a NUL byte");
		b = cut_comment(b);
		if (b.len == 0)
			continue;
		return b.ptr[0] == '[' ? read_section(out, b, e)
				       : read_pair(out, b, e);
	}
	return RC_OK;
}

/* Reads leading digits; what is behind them goes to rest. */
static bool
take_digits(uint64_t *out, struct bytes *rest, struct bytes v)
{
	size_t i;
	uint64_t n = 0;

	for (i = 0; i < v.len && v.ptr[i] >= '0' && v.ptr[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(v.ptr[i] - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	*rest = bytes_of(v.ptr + i, v.len - i);
	return i > 0;
}

static enum rc
with_unit(uint64_t *out, struct bytes v, const struct unit *units, size_t cnt,
    const char *what, struct err *e)
{
	struct bytes rest;
	uint64_t n;
	size_t i;

	if (!take_digits(&n, &rest, v))
		return FAIL(e, RC_CONF, "\"%.*s\" is not %s", (int)v.len,
		    (const char *)v.ptr, what);
	for (i = 0; i < cnt; i++) {
		if (!bytes_eq(rest, bytes_of_str(units[i].name)))
			continue;
		if (n > UINT64_MAX / units[i].factor)
			break;
		*out = n * units[i].factor;
		return RC_OK;
	}
	return FAIL(e, RC_CONF, "\"%.*s\" is not %s", (int)v.len,
	    (const char *)v.ptr, what);
}

static enum rc
in_range(
    uint64_t v, uint64_t min, uint64_t max, const char *unit, struct err *e)
{
	if (v >= min && v <= max)
		return RC_OK;
	return FAIL(e, RC_CONF, "%llu%s is outside %llu to %llu%s",
	    (unsigned long long)v, unit, (unsigned long long)min,
	    (unsigned long long)max, unit);
}

enum rc
ini_u64(
    uint64_t *out, struct bytes v, uint64_t min, uint64_t max, struct err *e)
{
	static const struct unit units[] = {{"", 1}};

	TRY(with_unit(out, v, units, 1, "a whole number", e));
	return in_range(*out, min, max, "", e);
}

enum rc
ini_bool(bool *out, struct bytes v, struct err *e)
{
	*out = bytes_eq(v, bytes_of_str("yes"));
	if (*out || bytes_eq(v, bytes_of_str("no")))
		return RC_OK;
	return FAIL(e, RC_CONF, "\"%.*s\" is neither yes nor no", (int)v.len,
	    (const char *)v.ptr);
}

enum rc
ini_duration_ms(uint64_t *out, struct bytes v, uint64_t min_ms, uint64_t max_ms,
    struct err *e)
{
	static const struct unit units[] = {{"ms", 1}, {"s", 1000},
	    {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

	TRY(with_unit(
	    out, v, units, 5, "a duration such as 250ms, 10s or 5m", e));
	return in_range(*out, min_ms, max_ms, " ms", e);
}

enum rc
ini_size(
    uint64_t *out, struct bytes v, uint64_t min, uint64_t max, struct err *e)
{
	static const struct unit units[] = {
	    {"", 1}, {"K", 1024}, {"M", 1048576}, {"G", 1073741824}};

	TRY(with_unit(out, v, units, 4, "a size such as 4096, 64K or 16M", e));
	return in_range(*out, min, max, " bytes", e);
}
