/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the SQL screen: tokens, and the automaton that matches rules.
 */
#ifndef HTTP_SQLSCREEN_PRIV_H
#define HTTP_SQLSCREEN_PRIV_H

#include "http/sqlscreen.h"

enum sql_sym {
#define SYMBOL(name) SQL_##name,
#define WORD(text, name)
#define PREFIX(text, name)
#define CLASS(name, members)
#include "http/sqlscreen_words.def"
#undef SYMBOL
#undef WORD
#undef PREFIX
#undef CLASS
	SQL_SYM_CNT
};

/* What a byte begins or is. PLAIN bytes alone are no injection. */
enum sql_kind {
	SQL_KIND_WORD = 1 << 0, /* letters, _, bytes above ASCII */
	SQL_KIND_DIGIT = 1 << 1,
	SQL_KIND_BLANK = 1 << 2,
	SQL_KIND_PLAIN = 1 << 3,
	SQL_KIND_QUOTE = 1 << 4, /* ' */
	SQL_KIND_DOUBLE = 1 << 5,
	SQL_KIND_PAIRED = 1 << 6, /* plain when alone: -- @@ :: are not */
	SQL_KIND_ESCAPE = 1 << 7, /* % and backslash */
};

/* Longest word of the table, and a power of two above twice its rows. */
enum { SQL_WORD_MAX = 32, SQL_SLOT_CNT = 2048 };
/* Sets of 64 positions that all patterns together take; a bit for each in a
 * word. */
enum { SQL_SET_MAX = 64 };

struct sql_slot {
	const char *text; /* NULL: free */
	uint8_t len, sym;
};

/*
 * struct gw_sql_rules: a word table and, for each symbol, which positions of
 * the patterns take it. A pattern lies within one set, so that stepping on
 * is a shift.
 */
struct gw_sql_rules {
	uint8_t kind[256];
	struct sql_slot slot[SQL_SLOT_CNT];
	unsigned set_cnt;
	uint64_t take[SQL_SYM_CNT][SQL_SET_MAX];
	uint64_t
	    enter[SQL_SYM_CNT]; /* bit w: set w has a pattern that begins so */
	uint64_t first[SQL_SET_MAX]; /* a pattern begins */
	uint64_t skip[SQL_SET_MAX];  /* may be missing */
	uint64_t stay[SQL_SET_MAX];  /* may be repeated */
	uint64_t last[SQL_SET_MAX];  /* a pattern ends */
	uint8_t rule[SQL_SET_MAX][64];
};

/* What a reading passes over of a text besides its tokens, in lengths of the
 * text: a few searches in vain, and each string, comment and line once. */
enum { SQL_AHEAD_MAX = 8 };

/* In what a reading of a text begins. */
enum sql_start { SQL_IN_CODE, SQL_IN_QUOTE, SQL_IN_DOUBLE, SQL_IN_DOLLAR };

struct sql_token {
	enum sql_sym sym;
	bool is_same; /* equals the value two tokens before */
	struct bytes text;
};

struct sql_lexer {
	const struct gw_sql_rules *rules;
	const uint8_t *begin, *p, *end;
	bool is_ended, has_before;
	unsigned glued_cnt;  /* comments where a blank should stand */
	struct bytes before; /* the last value */
	unsigned vain_cnt;   /* searches that found nothing */
	const uint8_t *eol;  /* end of the line that was looked for last */
	bool is_last_line;   /* of that one: only blanks stand behind it */
	/* Bytes that were read ahead of p: what could make the cost of a text
	 * grow faster than its length. */
	size_t ahead_bytes;
};

/* sql_lex_begin starts a reading of text. Returns the symbol of its frame,
 * START or BREAK. */
enum sql_sym sql_lex_begin(struct sql_lexer *lex,
    const struct gw_sql_rules *rules, struct bytes text, enum sql_start start);

/* sql_lex_next reads the next token; the last is END. Returns false behind
 * it. Until then no more than SQL_AHEAD_MAX times the text is read ahead. */
bool sql_lex_next(struct sql_lexer *lex, struct sql_token *out);

/* sql_words_make fills the word and byte tables. */
void sql_words_make(struct gw_sql_rules *rules);

/* sql_match reads text once and returns a bit for each rule that fires. */
uint64_t sql_match(
    const struct gw_sql_rules *rules, struct bytes text, enum sql_start start);

#endif
