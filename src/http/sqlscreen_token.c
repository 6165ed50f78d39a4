/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a text into the tokens that PostgreSQL would see (documentation 4.1,
 * Lexical Structure), with what MySQL reads otherwise where that hides
 * nothing from PostgreSQL: # comments of one word, comments that are
 * executed, comments that do not nest. Every byte is passed over a bounded
 * number of times. Knows no rule.
 */
#include <string.h>

#include "base/check.h"
#include "http/sqlscreen_priv.h"

/* Searches to the end of the text that find nothing; after so many of them
 * none is begun any more. */
enum { VAIN_MAX = 4 };

/* What a sentence has more of: bytes above ASCII of its words, words before
 * a quote, bytes of the word behind a comment's dashes. */
enum { SHORT_MAX = 24, WORDS_MAX = 3, REMARK_MAX = 16 };

static const struct {
	const char *text;
	enum sql_sym sym;
} words[] = {
#define SYMBOL(name)
#define WORD(text, name) {text, SQL_##name},
#define PREFIX(text, name)
#define CLASS(name, members)
#include "http/sqlscreen_words.def"
#undef WORD
#undef PREFIX
};

static const struct {
	const char *text;
	enum sql_sym sym;
} prefixes[] = {
#define WORD(text, name)
#define PREFIX(text, name) {text, SQL_##name},
#include "http/sqlscreen_words.def"
#undef SYMBOL
#undef WORD
#undef PREFIX
#undef CLASS
};

/* Operators, longer ones before those that they begin with. */
static const struct {
	char text[4];
	enum sql_sym sym;
} operators[] = {
    {"<=>", SQL_CMP},
    {"->>", SQL_BITOP},
    {"#>>", SQL_BITOP},
    {"!~*", SQL_CMP},
    {"!~~", SQL_CMP},
    {"||", SQL_JOINOP},
    {"&&", SQL_BOOLOP},
    {"==", SQL_CMP},
    {"<=", SQL_CMP},
    {">=", SQL_CMP},
    {"<>", SQL_CMP},
    {"!=", SQL_CMP},
    {"!<", SQL_CMP},
    {"!>", SQL_CMP},
    {"^=", SQL_CMP},
    {":=", SQL_CMP},
    {"!~", SQL_CMP},
    {"~~", SQL_CMP},
    {"~*", SQL_CMP},
    {"<@", SQL_CMP},
    {"@>", SQL_CMP},
    {"->", SQL_BITOP},
    {"=>", SQL_OTHER},
    {"::", SQL_TYPED},
    {"#>", SQL_BITOP},
    {"<<", SQL_BITOP},
    {">>", SQL_BITOP},
    {"|/", SQL_SIGN},
    {"=", SQL_CMP},
    {"<", SQL_CMP},
    {">", SQL_CMP},
    {"~", SQL_CMP},
    {"+", SQL_SIGN},
    {"-", SQL_SIGN},
    {"*", SQL_STAR},
    {"/", SQL_BITOP},
    {"%", SQL_BITOP},
    {"^", SQL_BITOP},
    {"&", SQL_BITOP},
    {"|", SQL_BITOP},
    {"!", SQL_NOT},
    {"(", SQL_LP},
    {")", SQL_RP},
    {"[", SQL_LB},
    {"]", SQL_RB},
    {",", SQL_COMMA},
    {";", SQL_SEMI},
    {".", SQL_DOT},
    {"#", SQL_HASH},
};

static inline uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline uint32_t
hash_add(uint32_t h, uint8_t c)
{
	return (h ^ c) * 16777619U; /* FNV-1a */
}

static inline size_t
slot_of(uint32_t h)
{
	return (h ^ h >> 15) & (SQL_SLOT_CNT - 1);
}

static void
add_word(struct gw_sql_rules *rules, const char *text, enum sql_sym sym)
{
	uint32_t h = 0;
	size_t i, at;

	for (i = 0; text[i] != '\0'; i++)
		h = hash_add(h, (uint8_t)text[i]);
	CHECK(i > 0 && i <= SQL_WORD_MAX);
	at = slot_of(h);
	while (rules->slot[at].text != NULL) {
		CHECK(strcmp(rules->slot[at].text, text) != 0);
		at = (at + 1) & (SQL_SLOT_CNT - 1);
	}
	rules->slot[at] = (struct sql_slot){text, (uint8_t)i, (uint8_t)sym};
}

static void
set_kind(struct gw_sql_rules *rules, const char *bytes, unsigned kind)
{
	for (; *bytes != '\0'; bytes++)
		rules->kind[(uint8_t)*bytes] |= (uint8_t)kind;
}

void
sql_words_make(struct gw_sql_rules *rules)
{
	unsigned c;
	size_t i;

	_Static_assert(sizeof(words) / sizeof(words[0]) * 2 <= SQL_SLOT_CNT,
	    "half of the slots stay free");
	_Static_assert(SQL_SYM_CNT <= UINT8_MAX, "a symbol is a byte");
	for (i = 0; i < ARRAY_CNT(words); i++)
		add_word(rules, words[i].text, words[i].sym);
	for (c = 0; c < 256; c++) {
		bool is_letter =
		    lower((uint8_t)c) >= 'a' && lower((uint8_t)c) <= 'z';

		if (is_letter || c == '_' || c >= 0x80)
			rules->kind[c] = SQL_KIND_WORD | SQL_KIND_PLAIN;
		else if (c >= '0' && c <= '9')
			rules->kind[c] = SQL_KIND_DIGIT | SQL_KIND_PLAIN;
		else if (c <= ' ' || c == 0x7f)
			rules->kind[c] = SQL_KIND_BLANK;
	}
	/* U+00A0 is a blank to some, alone in Latin-1 too. */
	rules->kind[0xc2] &= (uint8_t)~SQL_KIND_PLAIN;
	rules->kind[0xa0] |= SQL_KIND_PAIRED;
	set_kind(rules, ".,+/=~?", SQL_KIND_PLAIN);
	set_kind(rules, "-@:", SQL_KIND_PLAIN | SQL_KIND_PAIRED);
	set_kind(rules, "'", SQL_KIND_QUOTE);
	set_kind(rules, "\"", SQL_KIND_DOUBLE);
	set_kind(rules, "%\\", SQL_KIND_ESCAPE);
}

static inline unsigned
kind_at(const struct sql_lexer *lex, const uint8_t *p)
{
	return lex->rules->kind[*p];
}

static inline size_t
left(const struct sql_lexer *lex)
{
	return (size_t)(lex->end - lex->p);
}

/* stands tells whether text is what comes next. */
static inline bool
stands(const struct sql_lexer *lex, const char *text, size_t len)
{
	return left(lex) >= len && memcmp(lex->p, text, len) == 0;
}

/* nbsp_len returns how many bytes of a no-break space stand at p: U+00A0, or
 * the lone byte of Latin-1 where no UTF-8 sequence is open. */
static size_t
nbsp_len(const struct sql_lexer *lex, const uint8_t *p, bool is_open)
{
	if (*p == 0xa0 && !is_open)
		return 1;
	return *p == 0xc2 && lex->end - p > 1 && p[1] == 0xa0 ? 2 : 0;
}

/* skip_quoted passes a string behind its opening quote and tells whether it
 * was closed; inner is what was in it. */
static bool
skip_quoted(
    struct sql_lexer *lex, struct bytes *inner, uint8_t quote, bool has_escapes)
{
	const uint8_t *begin = lex->p, *stop;

	while (lex->p < lex->end) {
		if (has_escapes && *lex->p == '\\' && left(lex) > 1) {
			lex->p += 2;
			continue;
		}
		if (*lex->p++ != quote)
			continue;
		if (lex->p < lex->end && *lex->p == quote) {
			lex->p++;
			continue;
		}
		stop = lex->p - 1;
		*inner = bytes_of(begin, (size_t)(stop - begin));
		return true;
	}
	*inner = bytes_of(begin, (size_t)(lex->end - begin));
	return false;
}

/* struct prose counts what sentences have more of than values. */
struct prose {
	size_t words, high;
};

static struct prose
prose_of(struct sql_lexer *lex, struct bytes text)
{
	struct prose n = {0};
	bool in_word = false;
	size_t i;

	lex->ahead_bytes += text.len;

	for (i = 0; i < text.len; i++) {
		bool is_blank =
		    (kind_at(lex, text.ptr + i) & SQL_KIND_BLANK) != 0;

		n.words += !is_blank && !in_word;
		n.high += text.ptr[i] >= 0x80;
		in_word = !is_blank;
	}
	return n;
}

/* is_prose tells what stands between the quotes of a sentence from what
 * stands in quotes: blanks at its ends, and several words in what is not
 * closed. */
static bool
is_prose(struct sql_lexer *lex, struct bytes text, bool is_closed)
{
	struct prose n = prose_of(lex, text);

	if (n.words == 0)
		return false;
	return (kind_at(lex, text.ptr) & SQL_KIND_BLANK) ||
	       (kind_at(lex, text.ptr + text.len - 1) & SQL_KIND_BLANK) ||
	       (!is_closed && (n.words > 1 || n.high > SHORT_MAX));
}

static void
lex_quoted(struct sql_lexer *lex, struct sql_token *out, bool has_escapes)
{
	uint8_t quote = *lex->p++;
	bool is_closed = skip_quoted(lex, &out->text, quote, has_escapes);

	out->sym = quote == '\'' ? SQL_STR : SQL_QUOTED;
	if (is_prose(lex, out->text, is_closed))
		out->sym = SQL_TEXT;
}

/* is_over tells whether only blanks are left behind p. */
static bool
is_over(struct sql_lexer *lex, const uint8_t *p)
{
	const uint8_t *begin = p;

	while (p < lex->end && (kind_at(lex, p) & SQL_KIND_BLANK))
		p++;
	lex->ahead_bytes += (size_t)(p - begin);
	return p == lex->end;
}

/* remark_sym tells the end of a statement from a sentence: no more than a
 * short word behind the comment's opening, and not at once, as in --all.
 * Looks no further than the first word of a long text. */
static enum sql_sym
remark_sym(struct sql_lexer *lex, const uint8_t *p, const uint8_t *end)
{
	size_t len = (size_t)(end - p);

	if (len > 0 && (kind_at(lex, p) & SQL_KIND_WORD))
		return SQL_REMARK;
	if (len > REMARK_MAX) {
		while (p < end && (kind_at(lex, p) & SQL_KIND_BLANK))
			p++;
		lex->ahead_bytes += len - (size_t)(end - p);
		return p == end ? SQL_TRUNC : SQL_REMARK;
	}
	return prose_of(lex, bytes_of(p, len)).words > 1 ? SQL_REMARK
							 : SQL_TRUNC;
}

/* find_eol sets the end of the line that p is in. A line of many dashes is
 * searched once. */
static void
find_eol(struct sql_lexer *lex, const uint8_t *p)
{
	if (lex->eol != NULL && lex->eol >= p)
		return;
	lex->eol = memchr(p, '\n', (size_t)(lex->end - p));
	lex->is_last_line = lex->eol == NULL || is_over(lex, lex->eol);
	lex->eol = lex->eol == NULL ? lex->end : lex->eol;
	lex->ahead_bytes += (size_t)(lex->eol - p);
}

/*
 * lex_dashes reads -- to the end of its line. One that text follows is a
 * blank; else what stands behind the dashes is looked at too when MySQL,
 * which wants a blank there, would take them for two signs.
 *
 * Returns  false for a blank
 */
static bool
lex_dashes(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *p = lex->p;
	bool is_both;

	while (p < lex->end && *p == '-')
		p++;
	if (p - lex->p > 3) { /* a ruler */
		out->sym = SQL_OTHER;
		lex->p = p;
		return true;
	}
	p = lex->p + 2;
	find_eol(lex, p);
	if (!lex->is_last_line) {
		lex->p = lex->eol;
		return false;
	}
	out->sym = remark_sym(lex, p, lex->eol);
	is_both = p == lex->eol || (kind_at(lex, p) & SQL_KIND_BLANK);
	lex->p = is_both ? lex->end : p;
	return true;
}

/* nested_end finds the end of a comment that may hold others, NULL when it
 * is not closed; first is behind the first end of any. */
static const uint8_t *
nested_end(const struct sql_lexer *lex, const uint8_t **first)
{
	const uint8_t *p = lex->p + 2;
	size_t depth = 1;

	*first = NULL;
	while (lex->end - p >= 2) {
		if (p[0] == '*' && p[1] == '/') {
			p += 2;
			*first = *first == NULL ? p : *first;
			if (--depth == 0)
				return p;
		} else if (p[0] == '/' && p[1] == '*') {
			p += 2;
			depth++;
		} else {
			p++;
		}
	}
	return NULL;
}

/* lex_comment reads a comment in slashes. Returns false for a blank. */
static bool
lex_comment(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *first, *end;

	if (stands(lex, "/*!", 3)) {
		lex->p += 3;
		while (lex->p < lex->end &&
		       (kind_at(lex, lex->p) & SQL_KIND_DIGIT))
			lex->p++;
		out->sym = SQL_MARK;
		return true;
	}
	if (lex->vain_cnt < VAIN_MAX) {
		end = nested_end(lex, &first);
	} else {
		end = memmem(lex->p + 2, left(lex) - 2, "*/", 2);
		first = end = end == NULL ? NULL : end + 2;
	}
	lex->ahead_bytes += end == NULL ? left(lex) : (size_t)(end - lex->p);
	if (end == NULL && first == NULL) {
		out->sym = remark_sym(lex, lex->p + 2, lex->end);
		lex->p = lex->end;
		return true;
	}
	lex->vain_cnt += end == NULL;
	end = end == NULL ? first : end;
	if (lex->p > lex->begin && end < lex->end &&
	    !(kind_at(lex, lex->p - 1) & SQL_KIND_BLANK) &&
	    !(kind_at(lex, end) & SQL_KIND_BLANK))
		lex->glued_cnt++;
	lex->p = end;
	return false;
}

/* skip_hash passes a # comment of at most one word at the end of a line. */
static bool
skip_hash(struct sql_lexer *lex)
{
	const uint8_t *p = lex->p + 1;

	while (p < lex->end &&
	       (kind_at(lex, p) & (SQL_KIND_WORD | SQL_KIND_DIGIT)))
		p++;
	lex->ahead_bytes += (size_t)(p - lex->p);
	if (p == lex->end || *p != '\n' || is_over(lex, p))
		return false;
	lex->p = p;
	return true;
}

/* exponent_len returns the length of e5 or e-5 at p, 0 when there is none. */
static size_t
exponent_len(const struct sql_lexer *lex, const uint8_t *p)
{
	const uint8_t *begin = p;

	if (lex->end - p < 2 || lower(*p) != 'e')
		return 0;
	p++;
	p += lex->end - p > 1 && (*p == '-' || *p == '+');
	if (!(kind_at(lex, p) & SQL_KIND_DIGIT))
		return 0;
	while (p < lex->end && (kind_at(lex, p) & SQL_KIND_DIGIT))
		p++;
	return (size_t)(p - begin);
}

static void
lex_number(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *begin = lex->p, *p = begin;

	out->sym = SQL_NUM;
	if (lex->end - p > 2 && p[0] == '0' && lower(p[1]) == 'x') {
		for (p += 2; p < lex->end &&
			     ((*p >= '0' && *p <= '9') ||
				 (lower(*p) >= 'a' && lower(*p) <= 'f'));
		     p++)
			;
	} else {
		while (p < lex->end &&
		       ((kind_at(lex, p) & SQL_KIND_DIGIT) || *p == '.'))
			p++;
		p += exponent_len(lex, p);
	}
	lex->p = p;
	out->text = bytes_of(begin, (size_t)(p - begin));
}

/* look_up returns the symbol of a word whose hash is h. */
static enum sql_sym
look_up(const struct gw_sql_rules *rules, struct bytes word, uint32_t h)
{
	size_t i = slot_of(h), k;

	for (; rules->slot[i].text != NULL; i = (i + 1) & (SQL_SLOT_CNT - 1)) {
		const struct sql_slot *s = &rules->slot[i];

		if (s->len != word.len)
			continue;
		for (k = 0; k < word.len; k++)
			if (lower(word.ptr[k]) != (uint8_t)s->text[k])
				break;
		if (k == word.len)
			return s->sym;
	}
	return SQL_NAME;
}

static enum sql_sym
by_prefix(struct bytes word)
{
	size_t i, k;

	for (i = 0; i < ARRAY_CNT(prefixes); i++) {
		size_t len = strlen(prefixes[i].text);

		for (k = 0; k < len && k < word.len; k++)
			if (lower(word.ptr[k]) != (uint8_t)prefixes[i].text[k])
				break;
		if (k == len)
			return prefixes[i].sym;
	}
	return SQL_NAME;
}

/* is_string_prefix tells whether word makes a string of the quote behind it:
 * E B X N U& of the standard, _charset of MySQL. */
static bool
is_string_prefix(struct sql_lexer *lex, struct bytes word)
{
	uint8_t c = lower(word.ptr[0]);

	if (word.len == 1 && c == 'u' &&
	    (stands(lex, "&'", 2) || stands(lex, "&\"", 2))) {
		lex->p++;
		return true;
	}
	return stands(lex, "'", 1) &&
	       (c == '_' || (word.len == 1 && strchr("ebxn", c) != NULL));
}

static void
lex_word(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *begin = lex->p, *p = begin;
	bool has_rise = false;
	uint32_t h = 0;

	while (p < lex->end &&
	       ((kind_at(lex, p) & (SQL_KIND_WORD | SQL_KIND_DIGIT)) ||
		   *p == '$') &&
	       nbsp_len(lex, p, p > begin && p[-1] >= 0x80) == 0) {
		has_rise = has_rise || *p == '_';
		h = hash_add(h, lower(*p++));
	}
	lex->p = p;
	out->text = bytes_of(begin, (size_t)(p - begin));
	if (is_string_prefix(lex, out->text)) {
		lex_quoted(lex, out, lower(*begin) == 'e');
		return;
	}
	out->sym = out->text.len > SQL_WORD_MAX
		       ? SQL_NAME
		       : look_up(lex->rules, out->text, h);
	if (out->sym == SQL_NAME && has_rise)
		out->sym = by_prefix(out->text);
}

/* lex_dollar reads $tag$ ... $tag$. Returns false for a lone sign, which is
 * passed over: $1 is a number then. */
static bool
lex_dollar(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *p = lex->p + 1, *close;
	size_t len;

	while (p < lex->end &&
	       (kind_at(lex, p) & (SQL_KIND_WORD | SQL_KIND_DIGIT)))
		p++;
	len = (size_t)(p - lex->p) + 1;
	lex->ahead_bytes += len;
	if (p == lex->end || *p != '$' ||
	    (kind_at(lex, lex->p + 1) & SQL_KIND_DIGIT) ||
	    lex->vain_cnt >= VAIN_MAX) {
		lex->p++;
		return false;
	}
	p++;
	close = memmem(p, (size_t)(lex->end - p), lex->p, len);
	lex->ahead_bytes += close == NULL ? left(lex) : (size_t)(close - p);
	if (close == NULL) {
		lex->vain_cnt++;
		lex->p++;
		return false;
	}
	out->sym = SQL_STR;
	out->text = bytes_of(p, (size_t)(close - p));
	lex->p = close + len;
	return true;
}

/* lex_at reads @name, @@name and the operators that begin with @. */
static void
lex_at(struct sql_lexer *lex, struct sql_token *out)
{
	const uint8_t *begin = lex->p, *p = begin + 1;

	out->sym = SQL_OTHER;
	if (p < lex->end && *p == '@')
		p++;
	lex->p = p;
	if (p < lex->end && ((kind_at(lex, p) & SQL_KIND_WORD) || *p == '`')) {
		out->sym = p - begin == 2 ? SQL_SYSVAR : SQL_VAR;
		for (lex->p += *p == '`';
		     lex->p < lex->end &&
		     (kind_at(lex, lex->p) & (SQL_KIND_WORD | SQL_KIND_DIGIT));
		     lex->p++)
			;
		if (stands(lex, "`", 1))
			lex->p++;
	}
	out->text = bytes_of(begin, (size_t)(lex->p - begin));
}

static void
lex_operator(struct sql_lexer *lex, struct sql_token *out)
{
	size_t i, len;

	for (i = 0; i < ARRAY_CNT(operators); i++) {
		len = strlen(operators[i].text);
		if (*lex->p == (uint8_t)operators[i].text[0] &&
		    stands(lex, operators[i].text, len)) {
			lex->p += len;
			out->sym = operators[i].sym;
			return;
		}
	}
	lex->p++;
	out->sym = SQL_OTHER;
}

/* lex_sign reads what begins with neither letter nor digit. Returns false
 * for what counts as a blank. */
static bool
lex_sign(struct sql_lexer *lex, struct sql_token *out)
{
	switch (*lex->p) {
	case '\'':
	case '"':
	case '`':
		lex_quoted(lex, out, false);
		return true;
	case '-':
		if (stands(lex, "--", 2))
			return lex_dashes(lex, out);
		break;
	case '/':
		if (stands(lex, "/*", 2))
			return lex_comment(lex, out);
		break;
	case '*':
		if (stands(lex, "*/", 2)) { /* closes a MARK */
			lex->p += 2;
			return false;
		}
		break;
	case '#':
		if (skip_hash(lex))
			return false;
		break;
	case '$':
		return lex_dollar(lex, out);
	case '@':
		if (!stands(lex, "@>", 2)) {
			lex_at(lex, out);
			return true;
		}
		break;
	case '.':
		if (left(lex) > 1 &&
		    (kind_at(lex, lex->p + 1) & SQL_KIND_DIGIT)) {
			lex_number(lex, out);
			return true;
		}
		break;
	default:
		break;
	}
	lex_operator(lex, out);
	return true;
}

static bool
is_comparable(enum sql_sym sym)
{
	return sym == SQL_NUM || sym == SQL_STR || sym == SQL_QUOTED ||
	       sym == SQL_NAME || sym == SQL_NULL || sym == SQL_BOOL ||
	       sym == SQL_VAR || sym == SQL_SYSVAR || sym == SQL_TEXT;
}

/* compare remembers values and finds those that are compared with
 * themselves. */
static void
compare(struct sql_lexer *lex, struct sql_token *t)
{
	if (is_comparable(t->sym)) {
		t->is_same = lex->has_before && bytes_eq(lex->before, t->text);
		lex->has_before = true;
		lex->before = t->text;
	} else if (t->sym != SQL_CMP && t->sym != SQL_LIKE &&
		   t->sym != SQL_LP && t->sym != SQL_RP && t->sym != SQL_OR &&
		   t->sym != SQL_AND) {
		lex->has_before = false;
	}
}

/* skip_dollars passes everything up to the first $$. */
static void
skip_dollars(struct sql_lexer *lex, struct bytes *inner)
{
	const uint8_t *begin = lex->p,
		      *close = memmem(begin, left(lex), "$$", 2);

	lex->p = close == NULL ? lex->end : close + 2;
	close = close == NULL ? lex->end : close;
	*inner = bytes_of(begin, (size_t)(close - begin));
}

enum sql_sym
sql_lex_begin(struct sql_lexer *lex, const struct gw_sql_rules *rules,
    struct bytes text, enum sql_start start)
{
	struct bytes before;
	struct prose n;

	*lex = (struct sql_lexer){.rules = rules,
	    .begin = text.ptr,
	    .p = text.ptr,
	    .end = text.ptr + text.len};
	if (start == SQL_IN_CODE)
		return SQL_START;
	if (start == SQL_IN_DOLLAR)
		skip_dollars(lex, &before);
	else
		(void)skip_quoted(
		    lex, &before, start == SQL_IN_QUOTE ? '\'' : '"', false);
	n = prose_of(lex, before);
	return n.words > WORDS_MAX || n.high > SHORT_MAX ? SQL_LATE : SQL_BREAK;
}

bool
sql_lex_next(struct sql_lexer *lex, struct sql_token *out)
{
	size_t nbsp;

	*out = (struct sql_token){.sym = SQL_END};
	while (lex->p < lex->end) {
		unsigned kind = kind_at(lex, lex->p);

		nbsp = nbsp_len(lex, lex->p, false);
		if (nbsp > 0 || (kind & SQL_KIND_BLANK)) {
			lex->p += nbsp > 0 ? nbsp : 1;
			continue;
		}
		if (kind & SQL_KIND_WORD)
			lex_word(lex, out);
		else if (kind & SQL_KIND_DIGIT)
			lex_number(lex, out);
		else if (!lex_sign(lex, out))
			continue;
		compare(lex, out);
		return true;
	}
	if (lex->is_ended)
		return false;
	lex->is_ended = true;
	return true;
}
