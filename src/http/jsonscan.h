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
