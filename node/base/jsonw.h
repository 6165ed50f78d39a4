/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON writer into a growing, bounded buffer. It inserts commas by itself,
 * escapes strings and writes integers of any size. Overflow is sticky: check
 * once at the end with jsonw_done.
 */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"

/* Deepest nesting that a writer keeps count of: the tree of calls of a
 * transaction is 1,025 deep (Yellow Paper 9.1), each an object in an array. */
enum { JSONW_DEPTH_MAX = 2112 };

struct jsonw {
	uint8_t *ptr;
	size_t len, cap, max;
	/* Bit d: nothing written yet at depth d. */
	uint64_t first[JSONW_DEPTH_MAX / 64];
	unsigned depth;
	bool has_failed; /* sticky: full, no memory or nested too deep */
	bool is_after_key;
};

/* jsonw_init opens a writer that grows to at most max_bytes. */
void jsonw_init(struct jsonw *w, size_t max_bytes);

/* jsonw_free gives the buffer back. */
void jsonw_free(struct jsonw *w);

/* jsonw_reset empties the writer and keeps its buffer. */
void jsonw_reset(struct jsonw *w);

/* jsonw_done tells whether the document is whole: no overflow, all closed. */
bool jsonw_done(const struct jsonw *w);

/* jsonw_bytes views what was written; valid until the next write. */
struct bytes jsonw_bytes(const struct jsonw *w);

void jsonw_obj(struct jsonw *w);     /* { */
void jsonw_obj_end(struct jsonw *w); /* } */
void jsonw_arr(struct jsonw *w);     /* [ */
void jsonw_arr_end(struct jsonw *w); /* ] */

/* jsonw_key writes a member name; name is ours and needs no escaping. */
void jsonw_key(struct jsonw *w, const char *name);

/* Values. Strings are UTF-8; bytes that are not become U+FFFD. */
void jsonw_str(struct jsonw *w, const char *s);
void jsonw_strn(struct jsonw *w, struct bytes s);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
void jsonw_u64(struct jsonw *w, uint64_t v);            /* 123 */
void jsonw_i64(struct jsonw *w, int64_t v);             /* -5 */
void jsonw_dec(struct jsonw *w, const struct u256 *v);  /* bare integer */
void jsonw_data(struct jsonw *w, struct bytes v);       /* "0x00ff" */
void jsonw_q64(struct jsonw *w, uint64_t v);            /* "0x41" */
void jsonw_q256(struct jsonw *w, const struct u256 *v); /* "0x41" */

/* jsonw_raw writes a value that already is JSON, unchecked. */
void jsonw_raw(struct jsonw *w, struct bytes json);

/* jsonw_fmt writes a string value from a printf format. */
void jsonw_fmt(struct jsonw *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
