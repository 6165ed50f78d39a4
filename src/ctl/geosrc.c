/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads lines of country data, strictly: a line that is not understood, out
 * of order or overlapping refuses the file, because a filter would be wrong
 * without anybody noticing.
 */
#include "ctl/geosrc.h"

#include <time.h>

#include "base/arena.h"

enum { RANGE_CAP_MIN = 4096 };

static const struct gw_addr v4_mapped_first = {{[10] = 0xff, 0xff}};

/* cut takes the text before a comma off the front of line. */
static bool
cut(struct bytes *out, struct bytes *line)
{
	const uint8_t *comma = memchr(line->ptr, ',', line->len);
	struct bytes skipped;

	return comma != NULL &&
	       bytes_take(out, line, (size_t)(comma - line->ptr)) &&
	       bytes_take(&skipped, line, 1);
}

/* read_number reads an IPv4 address written as a number. */
static bool
read_number(struct gw_addr *out, struct bytes text)
{
	uint64_t n = 0;
	size_t i;

	if (text.len == 0 || text.len > 10)
		return false;
	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	if (n > UINT32_MAX)
		return false;
	*out = (struct gw_addr){0};
	be32_put(out->b + 12, (uint32_t)n);
	return true;
}

static bool
is_below_96(const struct gw_addr *a)
{
	static const uint8_t zero[12];

	return memcmp(a->b, zero, sizeof(zero)) == 0;
}

/* read_v6 reads an address of IPv6 proper: where IPv4 lies there is none. */
static bool
read_v6(struct gw_addr *out, struct bytes text)
{
	return memchr(text.ptr, ':', text.len) != NULL &&
	       gw_addr_read(out, text) && !gw_addr_is_v4(out) &&
	       !is_below_96(out);
}

/* spans_v4 tells whether a range of IPv6 goes over ::ffff:0:0/96. */
static bool
spans_v4(const struct geo_range *r)
{
	return !is_below_96(&r->first) &&
	       memcmp(&r->first, &v4_mapped_first, sizeof(r->first)) < 0 &&
	       memcmp(&r->last, &v4_mapped_first, sizeof(r->last)) > 0;
}

/* read_range reads one line; NULL when it is fine, else what is wrong. */
static const char *
read_range(struct geo_range *r, struct bytes line)
{
	struct bytes first, last;

	if (!cut(&first, &line) || !cut(&last, &line))
		return "expected FIRST,LAST,COUNTRY";
	if (!(read_number(&r->first, first) && read_number(&r->last, last)) &&
	    !(read_v6(&r->first, first) && read_v6(&r->last, last)))
		return "neither two numbers below 2^32 nor two addresses of "
		       "IPv6";
	if (memcmp(&r->first, &r->last, sizeof(r->first)) > 0)
		return "the range ends before it begins";
	if (spans_v4(r))
		return "the range of IPv6 goes over IPv4 (::ffff:0:0/96)";
	r->country = (struct gw_country){0};
	if (!bytes_eq(line, bytes_of_str("??")) &&
	    !gw_country_take(&r->country, line))
		return "the country is neither a code nor ??";
	return NULL;
}

/* follows tells whether b begins right behind a. */
static bool
follows(const struct gw_addr *a, const struct gw_addr *b)
{
	struct gw_addr next = *a;
	size_t i = sizeof(next.b);

	while (i > 0 && ++next.b[i - 1] == 0)
		i--;
	return memcmp(&next, b, sizeof(next)) == 0;
}

/* Where IPv4 ends nothing may go on: behind it the tree is IPv6. */
static bool
continues(const struct geo_range *old, const struct geo_range *r)
{
	return gw_country_same(old->country, r->country) &&
	       follows(&old->last, &r->first) &&
	       is_below_96(&old->first) == is_below_96(&r->first);
}

static enum rc
grow(struct geo_source *s, struct err *e)
{
	size_t cap = s->cap == 0 ? RANGE_CAP_MIN : s->cap * 2;
	struct geo_range *p;

	if (s->cap >= GEOSRC_RANGE_MAX)
		return FAIL(
		    e, RC_NO_SPACE, "more than %d ranges", GEOSRC_RANGE_MAX);
	p = mem_resize(s->ranges, s->cap * sizeof(*p), cap * sizeof(*p));
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "country ranges");
	s->ranges = p;
	s->cap = cap;
	return RC_OK;
}

static enum rc
add(struct geo_source *s, const struct geo_range *r, struct err *e)
{
	s->line_cnt++;
	s->behind = r->last;
	if (!gw_country_is_set(r->country))
		return RC_OK;
	if (s->cnt > 0 && continues(&s->ranges[s->cnt - 1], r)) {
		s->ranges[s->cnt - 1].last = r->last;
		return RC_OK;
	}
	if (s->cnt == s->cap)
		TRY(grow(s, e));
	s->ranges[s->cnt++] = *r;
	return RC_OK;
}

/* read_stamp notes when the data were made, if the comment tells it. */
static void
read_stamp(struct geo_source *s, struct bytes line)
{
	static const char key[] = "# Generated: ";
	char text[GEOSRC_LINE_MAX + 1];
	struct tm tm = {0};
	time_t t;

	memcpy(text, line.ptr, line.len);
	text[line.len] = '\0';
	if (strncmp(text, key, sizeof(key) - 1) != 0 ||
	    strptime(text + sizeof(key) - 1, "%a, %d %b %Y %H:%M:%S GMT",
		&tm) == NULL)
		return;
	t = timegm(&tm);
	if (t > 0 && (uint64_t)t > s->made_unix)
		s->made_unix = (uint64_t)t;
}

/* read_line returns RC_BAD_INPUT with what is wrong in *why. */
static enum rc
read_line(
    struct geo_source *s, const char **why, struct bytes line, struct err *e)
{
	struct geo_range r;

	if (line.len > GEOSRC_LINE_MAX) {
		*why = "the line is too long";
		return RC_BAD_INPUT;
	}
	if (line.len == 0)
		return RC_OK;
	if (line.ptr[0] == '#') {
		read_stamp(s, line);
		return RC_OK;
	}
	*why = read_range(&r, line);
	if (*why == NULL && s->line_cnt > 0 &&
	    memcmp(&r.first, &s->behind, sizeof(r.first)) <= 0)
		*why = "the range overlaps or is out of order";
	return *why != NULL ? RC_BAD_INPUT : add(s, &r, e);
}

/* next_line cuts a line off, without its end. */
static struct bytes
next_line(struct bytes *text)
{
	const uint8_t *end = memchr(text->ptr, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->ptr);
	struct bytes line = bytes_of(text->ptr, len);

	text->ptr += len + (end != NULL);
	text->len -= len + (end != NULL);
	return line;
}

enum rc
geosrc_read(
    struct geo_source *s, const char *file, struct bytes text, struct err *e)
{
	const char *why = NULL;
	size_t line_no = 0;

	while (text.len > 0) {
		enum rc rc;

		line_no++;
		rc = read_line(s, &why, next_line(&text), e);
		if (rc == RC_BAD_INPUT)
			return FAIL(e, rc, "%s:%zu: %s", file, line_no, why);
		TRY(rc);
	}
	return RC_OK;
}

void
geosrc_free(struct geo_source *s)
{
	mem_free(s->ranges);
	*s = (struct geo_source){0};
}
