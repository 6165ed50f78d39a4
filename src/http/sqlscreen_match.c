/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiles the patterns of sqlscreen_rules.def and runs them, all at once,
 * over a text's tokens: an extended Shift-And automaton (Navarro and
 * Raffinot, Flexible Pattern Matching in Strings, chapter 4). A position of
 * a pattern is a bit; a token moves all bits of 64 positions in a few
 * instructions, and sets in which nothing is under way are not touched.
 */
#include <string.h>

#include "base/check.h"
#include "http/sqlscreen_priv.h"

/* Optional positions in a row that a step passes. */
enum { SKIP_MAX = 3 };

static const char *const symbols[] = {
#define SYMBOL(name) #name,
#define WORD(text, name)
#define PREFIX(text, name)
#define CLASS(name, members)
#include "http/sqlscreen_words.def"
#undef SYMBOL
#undef CLASS
};

static const struct {
	const char *name, *members;
} classes[] = {
#define SYMBOL(name)
#define CLASS(name, members) {#name, members},
#include "http/sqlscreen_words.def"
#undef SYMBOL
#undef WORD
#undef PREFIX
#undef CLASS
};

static const struct {
	const char *patterns;
} rows[] = {
#define RULE(name, score, patterns) {patterns},
#include "http/sqlscreen_rules.def"
#undef RULE
};

/* struct members is a set of symbols. */
struct members {
	bool has[SQL_SYM_CNT];
};

/* cut_word takes the next word of a list, up to one of the bytes of stop. */
static struct bytes
cut_word(const char **list, const char *stop)
{
	size_t len;
	struct bytes word;

	*list += strspn(*list, " ");
	len = strcspn(*list, stop);
	word = bytes_of(*list, len);
	*list += len;
	return word;
}

/* struct sets is what the classes hold, filled from the top. */
struct sets {
	struct members of[ARRAY_CNT(classes)];
	size_t cnt;
};

static void
add_all(struct members *m, const struct members *more)
{
	size_t i;

	for (i = 0; i < SQL_SYM_CNT; i++)
		m->has[i] = m->has[i] || more->has[i];
}

/* add_name adds a symbol, or the symbols of a class that is filled. */
static void
add_name(struct members *m, const struct sets *sets, struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(symbols); i++)
		if (bytes_eq(name, bytes_of_str(symbols[i]))) {
			m->has[i] = true;
			return;
		}
	for (i = 0; i < sets->cnt; i++)
		if (bytes_eq(name, bytes_of_str(classes[i].name))) {
			add_all(m, &sets->of[i]);
			return;
		}
	CHECK(name.len == 0); /* else neither a symbol nor a class above */
}

static void
fill_sets(struct sets *sets)
{
	const char *list;

	for (sets->cnt = 0; sets->cnt < ARRAY_CNT(classes); sets->cnt++)
		for (list = classes[sets->cnt].members; *list != '\0';)
			add_name(
			    &sets->of[sets->cnt], sets, cut_word(&list, " "));
}

/* struct item is one position of a pattern. */
struct item {
	struct members takes;
	bool may_skip, may_stay;
};

/* Longest pattern, as positions. */
enum { ITEM_MAX = 16 };

/* read_pattern cuts one pattern off the front of text. Returns its length. */
static size_t
read_pattern(struct item *item, const struct sets *sets, const char **text)
{
	size_t cnt = 0;

	while (**text != '\0' && **text != '|') {
		struct item one = {0};
		char how;

		add_name(&one.takes, sets, cut_word(text, " ?*+|"));
		how = **text;
		if (how == '?' || how == '*' || how == '+')
			(*text)++;
		if (how == '+') {
			CHECK(cnt < ITEM_MAX);
			item[cnt++] = one;
		}
		one.may_skip = how == '?' || how == '*' || how == '+';
		one.may_stay = how == '*' || how == '+';
		CHECK(cnt < ITEM_MAX);
		item[cnt++] = one;
	}
	*text += **text == '|';
	/* An end that may be missing would never be the last to match. */
	CHECK(cnt > 0 && !item[0].may_skip && !item[cnt - 1].may_skip);
	return cnt;
}

static void
check_skips(const struct item *item, size_t cnt)
{
	size_t i, run = 0;

	for (i = 0; i < cnt; i++) {
		run = item[i].may_skip ? run + 1 : 0;
		CHECK(run <= SKIP_MAX);
	}
}

/* struct layout is how far each set is filled. */
struct layout {
	uint8_t used[SQL_SET_MAX];
};

static void
place(struct gw_sql_rules *rules, struct layout *l, const struct item *item,
    size_t cnt, size_t rule)
{
	size_t w = 0, i, s;

	check_skips(item, cnt);
	while (l->used[w] + cnt > 64) {
		w++;
		CHECK(w < SQL_SET_MAX);
	}
	for (i = 0; i < cnt; i++) {
		unsigned at = l->used[w]++;
		uint64_t bit = 1ULL << at;

		rules->first[w] |= i == 0 ? bit : 0;
		rules->last[w] |= i == cnt - 1 ? bit : 0;
		rules->skip[w] |= item[i].may_skip ? bit : 0;
		rules->stay[w] |= item[i].may_stay ? bit : 0;
		rules->rule[w][at] = (uint8_t)rule;
		for (s = 0; s < SQL_SYM_CNT; s++)
			if (item[i].takes.has[s])
				rules->take[s][w] |= bit;
	}
}

static void
note_entries(struct gw_sql_rules *rules)
{
	size_t s, w;

	for (s = 0; s < SQL_SYM_CNT; s++)
		for (w = 0; w < SQL_SET_MAX; w++)
			if (rules->take[s][w] & rules->first[w])
				rules->enter[s] |= 1ULL << w;
}

const struct gw_sql_rules *
gw_sql_rules_make(struct arena *a)
{
	struct gw_sql_rules *rules = arena_alloc(a, sizeof(*rules));
	struct item item[ITEM_MAX];
	struct layout l = {0};
	struct sets sets = {0};
	const char *text;
	size_t i, cnt;

	if (rules == NULL)
		return NULL;
	memset(rules, 0, sizeof(*rules));
	sql_words_make(rules);
	fill_sets(&sets);
	for (i = 0; i < ARRAY_CNT(rows); i++)
		for (text = rows[i].patterns; *text != '\0';) {
			cnt = read_pattern(item, &sets, &text);
			place(rules, &l, item, cnt, i);
		}
	note_entries(rules);
	return rules;
}

/* struct run is which positions were reached, and the sets that hold any. */
struct run {
	const struct gw_sql_rules *rules;
	uint64_t reached[SQL_SET_MAX], busy, fired;
};

static void
step_set(struct run *r, unsigned w, const struct sql_token *t)
{
	const struct gw_sql_rules *k = r->rules;
	uint64_t was = r->reached[w], take = k->take[t->sym][w], now, hits;

	if (t->is_same)
		take |= k->take[SQL_SAME][w];
	now = (was << 1 | k->first[w]) & take;
	now |= was & k->stay[w] & take;
	now |= now << 1 & k->skip[w];
	now |= now << 1 & k->skip[w];
	now |= now << 1 & k->skip[w];
	r->reached[w] = now;
	if (now == 0)
		r->busy &= ~(1ULL << w);
	else
		r->busy |= 1ULL << w;
	for (hits = now & k->last[w]; hits != 0; hits &= hits - 1)
		r->fired |= 1ULL << k->rule[w][__builtin_ctzll(hits)];
}

static void
step(struct run *r, const struct sql_token *t)
{
	uint64_t sets = r->busy | r->rules->enter[t->sym];

	for (; sets != 0; sets &= sets - 1)
		step_set(r, (unsigned)__builtin_ctzll(sets), t);
}

uint64_t
sql_match(
    const struct gw_sql_rules *rules, struct bytes text, enum sql_start start)
{
	struct run r = {.rules = rules};
	struct sql_lexer lex;
	struct sql_token t = {.sym = sql_lex_begin(&lex, rules, text, start)};

	do
		step(&r, &t);
	while (sql_lex_next(&lex, &t));
	if (lex.glued_cnt > 0)
		r.fired |= 1ULL << GW_SQL_GLUED;
	if (lex.glued_cnt > 1)
		r.fired |= 1ULL << GW_SQL_GLUED_AGAIN;
	return r.fired;
}
