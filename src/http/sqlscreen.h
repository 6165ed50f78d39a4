/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQL-injection screen: judges one value of a request, decoded as the
 * handler will see it, without memory of its own and in time proportional to
 * its length. It is a second line of defence; the first is that no statement
 * is built from input (reliability I1).
 *
 * Two judges look at a value. libinjection 3.9.2 (BSD licence; the object
 * inside Debian's libmodsecurity-dev) knows what injections look like to
 * MySQL, SQL Server and Oracle. Our own rules (sqlscreen_rules.def) read the
 * value as PostgreSQL 15 would (documentation, chapter 4.1 Lexical
 * Structure): nested comments, dollar quotes, E and U& strings, casts; they
 * know its functions and catalogues, and the words of the other dialects
 * too. A value is read as it stands, and as the rest of a string behind each
 * kind of quote that is in it: single, double, $$.
 *
 * What PostgreSQL reads as a name is a name here: full-width letters make no
 * keywords, the ideographic space is a letter.
 *
 * Values of letters, digits and . , + / = ~ ? - @ : alone, no two of the last
 * three in a row, are let through after one look at each byte: without blank,
 * quote, bracket or comment there is no injection. So addresses, hashes, hex,
 * base64, dates, identifiers and most Japanese names cost next to nothing.
 */
#ifndef HTTP_SQLSCREEN_H
#define HTTP_SQLSCREEN_H

#include "http/values.h"

enum gw_sql_mode {
	GW_SQL_OFF,
	GW_SQL_DETECT, /* tell, let through */
	GW_SQL_BLOCK,
};

/* What a field is declared to hold instead of text. */
enum gw_sql_shape {
	GW_SQL_TEXT,
	GW_SQL_HEX,    /* 0x or not, any number of digits but none */
	GW_SQL_BASE64, /* either alphabet, padded or not, line breaks */
	GW_SQL_SIGNED, /* compact JWS, or armour: -----BEGIN ...----- */
};

/* struct gw_sql_field exempts a field of this name while what it holds has
 * the shape; what has not is screened as text. */
struct gw_sql_field {
	struct bytes name;
	enum gw_sql_shape shape;
};

/* struct gw_sql_conf is what a route's configuration says. Owns nothing. */
struct gw_sql_conf {
	enum gw_sql_mode mode;
	uint64_t block_at; /* score; 0: GW_SQL_BLOCK_AT */
	const struct gw_sql_field *fields;
	size_t field_cnt;
};

/* One rule that needs no second one is worth this. */
enum { GW_SQL_BLOCK_AT = 10 };

enum gw_sql_rule {
#define RULE(name, score, patterns) GW_SQL_##name,
#include "http/sqlscreen_rules.def"
#undef RULE
	GW_SQL_RULE_CNT
};
_Static_assert(GW_SQL_RULE_CNT <= 64, "a verdict has a bit for each rule");

/* struct gw_sql_rules is the tables that the rules are compiled into: made
 * once at start, then only read, by any number of threads. */
struct gw_sql_rules;

struct gw_sql_verdict {
	unsigned score;
	uint64_t fired;      /* bit n: rule n of enum gw_sql_rule */
	char fingerprint[8]; /* of libinjection, "" when it saw nothing */
	bool is_exempt;      /* the field's shape held; nothing was screened */
	bool is_second;      /* seen only after decoding once more */
};

enum gw_sql_action { GW_SQL_PASS, GW_SQL_TELL, GW_SQL_REFUSE };

/*
 * gw_sql_rules_make compiles the rules; a few milliseconds, 100 KB.
 *
 * Returns   NULL when the arena is full
 * Lifetime  the arena's
 */
const struct gw_sql_rules *gw_sql_rules_make(struct arena *a);

/*
 * gw_sql_screen looks at one value.
 *
 * value  decoded once, as the handler sees it; any bytes. A query, form,
 *        cookie or path value in which escapes (%27, %u0027) are left is
 *        looked at decoded once more as well, since a careless handler may
 *        do so; a JSON value or a file in which there are \u0027 and the
 *        like too, so that the text between the quotes may be given as it
 *        is. A file of several lines is looked at line by line as well.
 */
void gw_sql_screen(struct gw_sql_verdict *v, const struct gw_sql_rules *rules,
    enum gw_where where, struct bytes value);

/*
 * gw_sql_judge screens a value as the configuration says.
 *
 * v        zero in mode off
 * name     of the field
 * Returns  GW_SQL_REFUSE at or above block_at in mode block, GW_SQL_TELL in
 *          mode detect
 */
enum gw_sql_action gw_sql_judge(struct gw_sql_verdict *v,
    const struct gw_sql_rules *rules, const struct gw_sql_conf *conf,
    enum gw_where where, struct bytes name, struct bytes value);

/* gw_sql_has_shape tells whether all of value is of that shape; false for
 * text and for an empty value. */
bool gw_sql_has_shape(enum gw_sql_shape shape, struct bytes value);

/* gw_sql_rule_name returns a rule's name for logs, as the table has it. */
const char *gw_sql_rule_name(enum gw_sql_rule rule);

#endif
