/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as it lies in memory: checks it and finds the pieces, builds nothing.
 * Strict (RFC 8259, UTF-8, no lone surrogates, bounded depth), without
 * recursion; a value is the span of its text.
 */
#ifndef HTTP_JSONSCAN_H
#define HTTP_JSONSCAN_H

#include "base/bytes.h"

/* Reliability I7. */
enum { GW_JSON_DEPTH_MAX = 64 };

/*
 * gw_json_value cuts one whole value off the front of in, blanks before it
 * skipped, blanks behind it too.
 *
 * Returns  false when there is no well-formed value
 */
bool gw_json_value(struct bytes *value, struct bytes *in);

/* gw_json_is_blank tells whether c may stand between values. */
static inline bool
gw_json_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum gw_json_kind {
	GW_JSON_WORD, /* null, true, false */
	GW_JSON_NUMBER,
	GW_JSON_STRING,
	GW_JSON_ARRAY,
	GW_JSON_OBJECT,
};

/* struct gw_json_found is one value on a walk. */
struct gw_json_found {
	enum gw_json_kind kind;
	unsigned depth; /* brackets around it */
	bool has_key;   /* it is a member of an object */
	struct bytes key;
	/* A scalar as it stands, an array or object from its bracket on. Of
	 * key and string the text between the quotes, escapes not resolved. */
	struct bytes text;
};

/*
 * struct gw_json_walk goes over all values of a document in their order, an
 * array or object before what is in it, and checks the text on its way. It
 * begins with nothing but rest set, to the text.
 */
struct gw_json_walk {
	struct bytes rest;
	uint64_t objects; /* which open brackets are objects, a bit for each */
	unsigned depth;   /* open brackets */
	struct bytes key;
	bool has_value; /* the value before is read: bracket or comma */
};

enum gw_json_step { GW_JSON_FOUND, GW_JSON_END, GW_JSON_BAD };

/* gw_json_walk finds the next value. GW_JSON_END: the document is whole and
 * well-formed; rest is what stands behind it. */
enum gw_json_step gw_json_walk(
    struct gw_json_walk *w, struct gw_json_found *out);

/*
 * struct gw_json_iter walks the members of an object or the items of an
 * array that gw_json_value has found well-formed. Of anything else it gives
 * spans of the text, and an end.
 */
struct gw_json_iter {
	struct bytes rest;
};

/* gw_json_open starts at the first member or item of value. Returns false
 * when value is neither an object nor an array. */
bool gw_json_open(struct gw_json_iter *it, struct bytes value);

/* gw_json_member returns the next member; key is the text between the
 * quotes, escapes not resolved. Returns false at the end. */
bool gw_json_member(
    struct gw_json_iter *it, struct bytes *key, struct bytes *value);

/* gw_json_item returns the next item. Returns false at the end. */
bool gw_json_item(struct gw_json_iter *it, struct bytes *value);

/* gw_json_find finds a member of an object, without building what else is in
 * it; false when there is none, or it is no object. */
bool gw_json_find(struct bytes *value, struct bytes object, const char *name);

/* gw_json_count counts the items of an array; 0 of anything else. */
size_t gw_json_count(struct bytes array);

/*
 * struct gw_json_end finds where a document of a stream ends, fed piece by
 * piece; it only counts brackets outside strings, for peers that are
 * trusted to write JSON.
 */
struct gw_json_end {
	size_t depth;
	bool in_string, is_escaped, has_begun;
};

/*
 * gw_json_end_find looks at more bytes of the present document.
 *
 * at       in: bytes looked at before; out: behind the end when found, else
 *          in.len
 * in       all bytes of the document so far
 * Returns  true when the document, an object or array, is complete
 */
bool gw_json_end_find(struct gw_json_end *e, size_t *at, struct bytes in);

#endif
