/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts the pieces of a password. Knows nothing of lengths and of how
 * passwords are kept (http/password.h).
 */
#include "ctl/weak.h"

#include <string.h>

#include "base/check.h"

/* Longer passwords are judged by their beginning. */
enum { WEAK_LEN_MAX = 256, RUN_MIN = 3, WORD_MAX = 16 };

/* Sorted by what they are read as. Arrays, since a pointer to each would cost
 * the program as much again. */
static const char words[][WORD_MAX] = {
#define WORD(text) text,
#include "ctl/weak.def"
#undef WORD
};

/* Reliability A10. */
_Static_assert(ARRAY_CNT(words) >= 3000, "too few common words");

static const char *const rows[] = {"1234567890", "qwertyuiop", "asdfghjkl",
    "zxcvbnm", "qwertzuiop", "azertyuiop", "!@#$%^&*()"};

static char
lower(char c)
{
	static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char to[] = "abcdefghijklmnopqrstuvwxyz";
	const char *at = c == '\0' ? NULL : strchr(from, c);

	if (at == NULL)
		return c;
	return to[at - from];
}

/* Digits and signs that stand for letters; l is one with i, since 1 and |
 * stand for both. */
static char
letter_of(char c)
{
	static const char from[] = "@4831!|l05$7", to[] = "aabeiiiiosst";
	const char *at = c == '\0' ? NULL : strchr(from, c);

	if (at == NULL)
		return c;
	return to[at - from];
}

struct text {
	char plain[WEAK_LEN_MAX], read[WEAK_LEN_MAX]; /* as letters */
	size_t len;
};

static void
fold(struct text *t, struct bytes password)
{
	size_t i;

	t->len = password.len < WEAK_LEN_MAX ? password.len : WEAK_LEN_MAX;
	for (i = 0; i < t->len; i++) {
		t->plain[i] = lower((char)password.ptr[i]);
		t->read[i] = letter_of(t->plain[i]);
	}
}

/* Returns the word's length when it stands at i, as it is or in disguise. */
static size_t
word_at(const struct text *t, size_t i, const char *word)
{
	size_t len = strlen(word), k;

	if (len == 0 || len > t->len - i)
		return 0;
	for (k = 0; k < len; k++)
		if (letter_of(lower(word[k])) != t->read[i + k])
			return 0;
	return len;
}

/* first_of returns the first of words[from] to words[to] whose letter at k is
 * c or comes behind it; they are equal before k. */
static size_t
first_of(size_t from, size_t to, size_t k, char c)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (letter_of(words[middle][k]) < c)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* longest_common narrows the list down letter by letter; a word that ends
 * stands before those that go on. */
static size_t
longest_common(const struct text *t, size_t i)
{
	size_t from = 0, to = ARRAY_CNT(words), best = 0, k;

	for (k = 0; k < WORD_MAX - 1 && i + k < t->len; k++) {
		char c = t->read[i + k];

		if (c < 0x20 || c > 0x7e)
			break;
		from = first_of(from, to, k, c);
		to = first_of(from, to, k, (char)(c + 1));
		if (from == to)
			break;
		if (words[from][k + 1] == '\0')
			best = k + 1;
	}
	return best;
}

static size_t
longest_word(const struct text *t, size_t i, const char *const *own)
{
	size_t best = longest_common(t, i), n;

	for (; own != NULL && *own != NULL; own++) {
		n = word_at(t, i, *own);
		best = n > best && n >= RUN_MIN ? n : best;
	}
	return best;
}

/* The same step from each character to the next: aaaa, abcd, 9876. */
static size_t
run_length(const struct text *t, size_t i)
{
	size_t n = 2;
	int step;

	if (i + 2 > t->len)
		return 0;
	step = t->plain[i + 1] - t->plain[i];
	if (step < -1 || step > 1)
		return 0;
	while (i + n < t->len && t->plain[i + n] - t->plain[i + n - 1] == step)
		n++;
	return n;
}

/* Along a row of the keyboard, in one direction. */
static size_t
row_length(const struct text *t, size_t i, const char *row, ptrdiff_t step)
{
	const char *at = t->plain[i] == '\0' ? NULL : strchr(row, t->plain[i]);
	ptrdiff_t len = (ptrdiff_t)strlen(row),
		  pos = at == NULL ? -1 : at - row;
	size_t n = 0;

	while (pos >= 0 && pos < len && i + n < t->len &&
	       t->plain[i + n] == row[pos]) {
		n++;
		pos += step;
	}
	return n;
}

static size_t
longest_run(const struct text *t, size_t i)
{
	size_t best = run_length(t, i), k, n;

	for (k = 0; k < ARRAY_CNT(rows); k++) {
		n = row_length(t, i, rows[k], 1);
		best = n > best ? n : best;
		n = row_length(t, i, rows[k], -1);
		best = n > best ? n : best;
	}
	return best >= RUN_MIN ? best : 0;
}

static size_t
year_at(const struct text *t, size_t i)
{
	const char *p = t->plain + i;
	bool is_year = t->len - i >= 4 &&
		       (!memcmp(p, "19", 2) || !memcmp(p, "20", 2)) &&
		       p[2] >= '0' && p[2] <= '9' && p[3] >= '0' && p[3] <= '9';

	return is_year ? 4 : 0;
}

static bool
is_number(const struct text *t, size_t i, size_t least, size_t most)
{
	const char *p = t->plain + i;
	size_t n;

	if (t->len - i < 2 || p[0] < '0' || p[0] > '9' || p[1] < '0' ||
	    p[1] > '9')
		return false;
	n = (size_t)(p[0] - '0') * 10 + (size_t)(p[1] - '0');
	return n >= least && n <= most;
}

/* sign_at returns the length of what stands between parts of a date. */
static size_t
sign_at(const struct text *t, size_t i)
{
	return i < t->len && t->plain[i] != '\0' &&
	       strchr("-/.", t->plain[i]) != NULL;
}

/* date_in reads a date whose parts come in that order: y a year of four
 * digits, Y one of two, m and d; returns its length. */
static size_t
date_in(const struct text *t, size_t i, const char *order)
{
	size_t at = i, n;

	for (; *order != '\0'; order++) {
		at += at > i ? sign_at(t, at) : 0;
		n = 2;
		if (*order == 'y')
			n = year_at(t, at);
		else if (!is_number(t, at, *order == 'Y' ? 0 : 1,
			     *order == 'Y'   ? 99
			     : *order == 'm' ? 12
					     : 31))
			n = 0;
		if (n == 0)
			return 0;
		at += n;
	}
	return at - i;
}

/* A birthday is one piece, in whatever order it is written. */
static size_t
longest_date(const struct text *t, size_t i)
{
	static const char *const orders[] = {
	    "ymd", "dmy", "mdy", "Ymd", "dmY", "mdY"};
	size_t best = year_at(t, i), k, n;

	for (k = 0; k < ARRAY_CNT(orders); k++) {
		n = date_in(t, i, orders[k]);
		best = n > best ? n : best;
	}
	return best;
}

static size_t
pieces_of(const struct text *t, const char *const *own)
{
	size_t i = 0, cnt = 0;

	while (i < t->len) {
		size_t word = longest_word(t, i, own), run = longest_run(t, i);
		size_t date = longest_date(t, i), n = 1;

		n = word > n ? word : n;
		n = run > n ? run : n;
		n = date > n ? date : n;
		i += n;
		cnt++;
	}
	return cnt;
}

/* The length of the shortest text that the whole is a repetition of; the
 * last one may be cut. */
static size_t
period_of(const struct text *t)
{
	size_t p, i;

	for (p = 1; p * 2 <= t->len; p++) {
		for (i = p; i < t->len && t->plain[i] == t->plain[i - p]; i++)
			;
		if (i == t->len)
			return p;
	}
	return t->len;
}

size_t
weak_pieces(struct bytes password, const char *const *own)
{
	struct text t = {.len = 0};
	size_t period, cnt;

	fold(&t, password);
	period = period_of(&t);
	cnt = period < t.len ? 1 : 0;
	t.len = period;
	cnt += pieces_of(&t, own);
	explicit_bzero(&t, sizeof(t));
	return cnt;
}

enum rc
weak_check(struct bytes password, const char *const *own, struct err *e)
{
	size_t cnt = weak_pieces(password, own);

	if (cnt >= WEAK_PIECES_MIN)
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT,
	    "this password is easy to guess: common words, sequences and "
	    "repetitions make only %zu pieces of it, %d are needed; "
	    "`openssl rand -base64 18` makes a good one",
	    cnt, WEAK_PIECES_MIN);
}
