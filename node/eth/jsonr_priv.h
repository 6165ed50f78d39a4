/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON pull reader over a view: the caller walks the document and takes
 * what it wants; nothing is built and nothing allocated. Genesis documents
 * need it beside jansson for two measured reasons: they carry bare integers
 * beyond 64 bits, which jansson refuses, and a million accounts, which as a
 * tree take 505 MB outside every bound of ours.
 *
 * RFC 8259 to the letter: strict numbers and escapes, valid UTF-8, nothing
 * behind the document.
 */
#ifndef ETH_JSONR_PRIV_H
#define ETH_JSONR_PRIV_H

#include "base/bytes.h"
#include "base/err.h"

/* Deepest nesting; a genesis document has four levels. */
enum { JSONR_DEPTH_MAX = 64 };

struct jsonr {
	struct bytes doc;
	size_t at;
	bool is_first; /* right behind { or [ */
};

enum jsonr_kind {
	JSONR_NULL,
	JSONR_BOOL,
	JSONR_NUMBER,
	JSONR_STRING,
	JSONR_ARRAY,
	JSONR_OBJECT
};

void jsonr_init(struct jsonr *r, struct bytes doc);

/* jsonr_peek tells what value comes next, judging by its first byte. */
enum rc jsonr_peek(enum jsonr_kind *out, struct jsonr *r, struct err *e);

/*
 * jsonr_take takes a string, number, true, false or null; RC_BAD_INPUT for
 * another value.
 *
 * out  a number's text; a string's between its quotes, escapes as they
 *      stand; the literal's name
 */
enum rc jsonr_take(struct bytes *out, struct jsonr *r, struct err *e);

/* jsonr_open enters an object; RC_BAD_INPUT for another value. */
enum rc jsonr_open(struct jsonr *r, struct err *e);

/*
 * jsonr_member takes the next member's name and its colon, or the object's
 * end. The caller takes or skips the value before it asks again.
 *
 * has_more  false at the end
 */
enum rc jsonr_member(
    struct bytes *name, bool *has_more, struct jsonr *r, struct err *e);

/* jsonr_skip passes over one value of any kind, checking it; RC_TOO_LARGE when
 * it is nested too deep. */
enum rc jsonr_skip(struct jsonr *r, struct err *e);

/* jsonr_end checks that only white space is left. */
enum rc jsonr_end(struct jsonr *r, struct err *e);

#endif
