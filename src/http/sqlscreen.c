/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision: which readings of a value are needed, what they are worth,
 * and which fields are let off. Reads no SQL itself.
 */
#include "http/sqlscreen.h"

#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "http/sqlscreen_priv.h"

/*
 * libinjection_sqli judges len bytes at s, which may hold any byte and need
 * no NUL. Of libinjection 3.9.2 as Debian's libmodsecurity-dev 3.0.9 has it
 * (BSD licence); no header comes with it.
 *
 * fingerprint  8 bytes: up to five letters for the kinds of tokens, NUL
 * Returns      1 for an injection, 0 else
 * Thread       keeps nothing between calls
 */
int libinjection_sqli(const char *s, size_t len, char *fingerprint);

/* A value with escapes is decoded in pieces of this size; each begins so much
 * of its text before the end of the one before, so that a statement on the
 * border is seen. */
enum { PIECE = 4096, OVERLAP = 1024 };

/* What a fingerprint is worth that sentences have as well. */
enum { WEAK_SCORE = 6 };

/* Shortest line of base64 that has several. */
enum { BASE64_LINE_MIN = 60 };

static const uint8_t scores[] = {
#define RULE(name, score, patterns) score,
#include "http/sqlscreen_rules.def"
#undef RULE
};

static const char *const names[] = {
#define RULE(name, score, patterns) #name,
#include "http/sqlscreen_rules.def"
#undef RULE
};

const char *
gw_sql_rule_name(enum gw_sql_rule rule)
{
	CHECK((size_t)rule < ARRAY_CNT(names));
	return names[rule];
}

/* kinds_of returns all kinds of bytes that value has, and clears PLAIN when
 * one is not. */
static unsigned
kinds_of(const struct gw_sql_rules *rules, struct bytes value)
{
	unsigned any = 0, all = SQL_KIND_PLAIN, k;
	size_t i;

	for (i = 0; i < value.len; i++) {
		k = rules->kind[value.ptr[i]];
		any |= k;
		all &= k;
	}
	return (any & ~(unsigned)SQL_KIND_PLAIN) | all;
}

/* has_pair tells whether one of the bytes that are plain when alone stands
 * beside itself, or a Latin-1 no-break space behind ASCII. */
static bool
has_pair(struct bytes value)
{
	size_t i;

	for (i = 1; i < value.len; i++) {
		uint8_t c = value.ptr[i], before = value.ptr[i - 1];

		if ((c == before && (c == '-' || c == '@' || c == ':')) ||
		    (c == 0xa0 && before < 0x80))
			return true;
	}
	return false;
}

/* worth returns what a fingerprint is worth: less for those that sentences
 * with quotes, percentages and lists have too, by how they begin. */
static unsigned
worth(const char *fingerprint)
{
	static const char *const weak[] = {"sos", "s&s", "1&1", "1c", "nc",
	    "n&n", "so(n)", "f(n)", "f(1)", "nT", "nf(", "n)", "sEnof", "Enkn",
	    "nos"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(weak); i++)
		if (strncmp(fingerprint, weak[i], strlen(weak[i])) == 0)
			return WEAK_SCORE;
	return GW_SQL_BLOCK_AT;
}

static void
add_scores(struct gw_sql_verdict *v)
{
	uint64_t left;

	v->score = v->fingerprint[0] == '\0' ? 0 : worth(v->fingerprint);
	for (left = v->fired; left != 0; left &= left - 1)
		v->score += scores[__builtin_ctzll(left)];
}

/* struct lines walks the lines of a text. */
struct lines {
	struct bytes rest;
};

/* next_line cuts a line without its break. Returns false at the end. */
static bool
next_line(struct lines *l, struct bytes *line)
{
	const uint8_t *eol;
	size_t len = l->rest.len;

	if (len == 0)
		return false;
	eol = memchr(l->rest.ptr, '\n', len);
	if (eol != NULL)
		len = (size_t)(eol - l->rest.ptr) + 1;
	if (!bytes_take(line, &l->rest, len))
		return false;
	if (eol != NULL)
		line->len--;
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* look_by_rules reads a piece of text in every way that its bytes allow. */
static void
look_by_rules(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    struct bytes text, unsigned kinds)
{
	v->fired |= sql_match(rules, text, SQL_IN_CODE);
	if (kinds & SQL_KIND_QUOTE)
		v->fired |= sql_match(rules, text, SQL_IN_QUOTE);
	if (kinds & SQL_KIND_DOUBLE)
		v->fired |= sql_match(rules, text, SQL_IN_DOUBLE);
	if (memmem(text.ptr, text.len, "$$", 2) != NULL)
		v->fired |= sql_match(rules, text, SQL_IN_DOLLAR);
}

typedef void look_fn(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    struct bytes text, unsigned kinds);

/* look has both judges look at a piece of text. */
static void
look(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    struct bytes text, unsigned kinds)
{
	look_by_rules(v, rules, text, kinds);
	if (v->fingerprint[0] == '\0' &&
	    libinjection_sqli(
		(const char *)text.ptr, text.len, v->fingerprint) == 0)
		v->fingerprint[0] = '\0';
	add_scores(v);
}

/* keep_higher keeps the verdict of two that is worth more. In a list ; may
 * stand between cells, and -- for an empty one. */
static void
keep_higher(struct gw_sql_verdict *v, struct gw_sql_verdict one)
{
	one.fired &= ~(1ULL << GW_SQL_SEMI_TRUNC);
	add_scores(&one);
	if (one.score > v->score)
		*v = one;
}

/* look_by_line looks at a list: at all of it, and at each line, whose quotes
 * have no other end than its own. libinjection, which folds long texts into
 * five tokens, has nothing to say about lists. */
static void
look_by_line(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    struct bytes text, unsigned kinds)
{
	struct gw_sql_verdict one = {0};
	struct lines l = {text};
	struct bytes line = {0};

	look_by_rules(&one, rules, text, kinds);
	keep_higher(v, one);
	while (next_line(&l, &line)) {
		memset(&one, 0, sizeof(one));
		look_by_rules(&one, rules, line, kinds_of(rules, line));
		keep_higher(v, one);
	}
}

/* has_lines tells whether there is more than one line in text. */
static bool
has_lines(struct bytes text)
{
	const uint8_t *eol = memchr(text.ptr, '\n', text.len);

	return eol != NULL && eol + 1 < text.ptr + text.len;
}

/* hex_at reads cnt digits at i of text, -1 when they are not there. */
static int
hex_at(struct bytes text, size_t i, size_t cnt)
{
	int value = 0, d;

	if (text.len < cnt || i > text.len - cnt)
		return -1;
	for (; cnt > 0; cnt--) {
		d = hex_digit(text.ptr[i++]);
		if (d < 0)
			return -1;
		value = value << 4 | d;
	}
	return value;
}

/*
 * escape_at reads the escape at i of text: %27, %u0027, and where the value
 * is JSON \u0027, \n and the like. What is above ASCII is no sign of SQL and
 * becomes a byte of a name.
 *
 * Returns  its length, 0 when there is none
 */
static size_t
escape_at(uint8_t *out, struct bytes text, size_t i, bool is_json)
{
	static const char from[] = "nrtfb\"\\/", to[] = "\n\r\t\f\b\"\\/";
	bool is_wide = text.len - i > 1 && (text.ptr[i + 1] | 0x20) == 'u';
	const char *plain;
	int value;

	if (text.ptr[i] != (is_json ? '\\' : '%') || text.len - i < 2)
		return 0;
	if (is_wide || !is_json) {
		value =
		    is_wide ? hex_at(text, i + 2, 4) : hex_at(text, i + 1, 2);
		if (value < 0)
			return 0;
		*out = (uint8_t)(is_wide && value > 0x7f ? 0xff : value);
		return is_wide ? 6 : 3;
	}
	plain = memchr(from, text.ptr[i + 1], sizeof(from) - 1);
	if (plain == NULL)
		return 0;
	*out = (uint8_t)to[plain - from];
	return 2;
}

/* decode_some decodes escapes of text into piece. Returns how many bytes of
 * text were read. */
static size_t
decode_some(struct buf *piece, struct bytes text, bool is_json)
{
	size_t i = 0, len;
	uint8_t c = 0;

	while (i < text.len && piece->len < piece->cap) {
		len = escape_at(&c, text, i, is_json);
		piece->ptr[piece->len++] = len > 0 ? c : text.ptr[i];
		i += len > 0 ? len : 1;
	}
	return i;
}

/* look_again looks at text decoded once more, piece by piece. */
static void
look_again(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    struct bytes text, bool is_json, look_fn *look_at)
{
	struct gw_sql_verdict one;
	uint8_t room[PIECE];
	struct bytes seen;
	size_t n;

	for (;;) {
		struct buf piece = buf_of(room, sizeof(room));

		n = decode_some(&piece, text, is_json);
		seen = bytes_of_buf(&piece);
		memset(&one, 0, sizeof(one));
		look_at(&one, rules, seen, kinds_of(rules, seen));
		if (one.score > v->score) {
			*v = one;
			v->is_second = true;
		}
		if (n == text.len)
			return;
		/* OVERLAP bytes of text make at most as many decoded. */
		text = bytes_of(text.ptr + n - OVERLAP, text.len - n + OVERLAP);
	}
}

void
gw_sql_screen(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    enum gw_where where, struct bytes value)
{
	unsigned kinds = kinds_of(rules, value);
	look_fn *look_at;

	memset(v, 0, sizeof(*v));
	if ((kinds & SQL_KIND_PLAIN) &&
	    (!(kinds & SQL_KIND_PAIRED) || !has_pair(value)))
		return;
	look_at = where == GW_IN_FILE && has_lines(value) ? look_by_line : look;
	look_at(v, rules, value, kinds);
	if (where == GW_IN_HEADER || !(kinds & SQL_KIND_ESCAPE))
		return;
	look_again(v, rules, value, where == GW_IN_JSON || where == GW_IN_FILE,
	    look_at);
}

/* is_hex looks a byte up instead of comparing it: a signed transaction is
 * thousands of them. */
static bool
is_hex(struct bytes v)
{
	static const uint8_t digit[256] = {['0'] = 1,
	    ['1'] = 1,
	    ['2'] = 1,
	    ['3'] = 1,
	    ['4'] = 1,
	    ['5'] = 1,
	    ['6'] = 1,
	    ['7'] = 1,
	    ['8'] = 1,
	    ['9'] = 1,
	    ['a'] = 1,
	    ['b'] = 1,
	    ['c'] = 1,
	    ['d'] = 1,
	    ['e'] = 1,
	    ['f'] = 1,
	    ['A'] = 1,
	    ['B'] = 1,
	    ['C'] = 1,
	    ['D'] = 1,
	    ['E'] = 1,
	    ['F'] = 1};
	uint8_t all = 1;
	size_t i =
	    v.len > 2 && v.ptr[0] == '0' && (v.ptr[1] | 0x20) == 'x' ? 2 : 0;

	for (; i < v.len; i++)
		all &= digit[v.ptr[i]];
	return v.len > 0 && all != 0;
}

static bool
is_base64_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '-' ||
	       c == '_';
}

/* base64_digits counts the digits of one line, 0 when it is no base64:
 * mixed alphabets, padding that is not the end. */
static size_t
base64_digits(struct bytes line)
{
	bool is_url = false, is_plain = false;
	size_t i, len = line.len;

	while (len > 0 && line.len - len < 2 && line.ptr[len - 1] == '=')
		len--;
	for (i = 0; i < len; i++) {
		uint8_t c = line.ptr[i];

		if (!is_base64_digit(c))
			return 0;
		is_url = is_url || c == '-' || c == '_';
		is_plain = is_plain || c == '+' || c == '/';
	}
	return is_url && is_plain ? 0 : len;
}

/*
 * is_base64 takes either alphabet. Lines are of one length, as mail (RFC
 * 2045) and PEM (RFC 7468) have them, but for the last: a blank between
 * short words is how a statement looks.
 */
static bool
is_base64(struct bytes v)
{
	struct lines l = {v};
	struct bytes line = {0};
	size_t cnt = 0, width = 0, n;

	while (next_line(&l, &line)) {
		n = base64_digits(line);
		if (n == 0 || (width > 0 && line.len > width))
			return false;
		width = width == 0 ? line.len : width;
		if (l.rest.len > 0 && (line.len < width || n < line.len ||
					  width < BASE64_LINE_MIN))
			return false;
		cnt += n;
	}
	return cnt > 0 && cnt % 4 != 1;
}

/* is_jws takes three parts of base64url between dots, RFC 7515 3.1. */
static bool
is_jws(struct bytes v)
{
	const uint8_t *dot;
	struct bytes part;
	size_t parts;

	for (parts = 1;; parts++) {
		dot = v.len == 0 ? NULL : memchr(v.ptr, '.', v.len);
		part = bytes_of(
		    v.ptr, dot == NULL ? v.len : (size_t)(dot - v.ptr));
		if (base64_digits(part) == 0 || part.ptr[part.len - 1] == '=')
			return false;
		if (dot == NULL)
			return parts == 3;
		v = bytes_of(dot + 1, v.len - part.len - 1);
	}
}

/* has_frame tells whether line is begin, a label that we know, and dashes. */
static bool
has_frame(struct bytes line, const char *begin)
{
	static const char *const labels[] = {"CERTIFICATE", "PKCS7", "CMS",
	    "PUBLIC KEY", "PGP SIGNATURE", "PGP MESSAGE", "SSH SIGNATURE"};
	size_t head = strlen(begin), i, len;

	if (line.len < head || memcmp(line.ptr, begin, head) != 0)
		return false;
	for (i = 0; i < ARRAY_CNT(labels); i++) {
		len = strlen(labels[i]);
		if (line.len == head + len + 5 &&
		    memcmp(line.ptr + head, labels[i], len) == 0 &&
		    memcmp(line.ptr + head + len, "-----", 5) == 0)
			return true;
	}
	return false;
}

/* is_armour takes a frame around base64 (RFC 7468; OpenPGP's, RFC 4880 6.2,
 * without headers and with its checksum). */
static bool
is_armour(struct bytes v)
{
	struct lines l = {v};
	struct bytes line, body;

	if (!next_line(&l, &line) || !has_frame(line, "-----BEGIN "))
		return false;
	if (l.rest.len > 0 && l.rest.ptr[0] == '\n')
		(void)next_line(&l, &line);
	body = bytes_of(l.rest.ptr, 0);
	while (next_line(&l, &line)) {
		if (has_frame(line, "-----END "))
			return l.rest.len == 0 && is_base64(body);
		if (line.len == 5 && line.ptr[0] == '=' &&
		    base64_digits(bytes_of(line.ptr + 1, 4)) == 4)
			continue;
		body.len = (size_t)(l.rest.ptr - body.ptr);
	}
	return false;
}

bool
gw_sql_has_shape(enum gw_sql_shape shape, struct bytes value)
{
	switch (shape) {
	case GW_SQL_TEXT:
		return false;
	case GW_SQL_HEX:
		return is_hex(value);
	case GW_SQL_BASE64:
		return is_base64(value);
	case GW_SQL_SIGNED:
		return is_jws(value) || is_armour(value);
	}
	return false;
}

static bool
is_let_off(
    const struct gw_sql_conf *conf, struct bytes name, struct bytes value)
{
	size_t i;

	for (i = 0; i < conf->field_cnt; i++)
		if (bytes_eq(conf->fields[i].name, name) &&
		    gw_sql_has_shape(conf->fields[i].shape, value))
			return true;
	return false;
}

enum gw_sql_action
gw_sql_judge(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    const struct gw_sql_conf *conf, enum gw_where where, struct bytes name,
    struct bytes value)
{
	uint64_t block_at =
	    conf->block_at == 0 ? GW_SQL_BLOCK_AT : conf->block_at;

	memset(v, 0, sizeof(*v));
	if (conf->mode == GW_SQL_OFF)
		return GW_SQL_PASS;
	v->is_exempt = is_let_off(conf, name, value);
	if (v->is_exempt)
		return GW_SQL_PASS;
	gw_sql_screen(v, rules, where, value);
	if (v->score < block_at)
		return GW_SQL_PASS;
	return conf->mode == GW_SQL_BLOCK ? GW_SQL_REFUSE : GW_SQL_TELL;
}
