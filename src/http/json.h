/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON document decoded once: a row of values in the order of the text, an
 * object or array before what is in it. Handlers and filters read the same
 * row. Strings are decoded; those without escapes stay where they are, so
 * the text must outlive the row.
 */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include "base/arena.h"
#include "http/jsonscan.h"

enum {
	/* Values of one document, and members of one of its objects. */
	GW_JSON_VALUE_MAX = 65536,
	GW_JSON_MEMBER_MAX = 256,
};

struct gw_json {
	enum gw_json_kind kind;
	bool is_member;    /* it has a key of its own */
	uint32_t cnt;      /* members or items */
	uint32_t size;     /* values in it, itself included */
	struct bytes key;  /* decoded; an item has that of its array */
	struct bytes text; /* string: decoded; word, number: as it stands */
};

/* struct gw_json_doc is a document that was read, or why it was not. */
struct gw_json_doc {
	const struct gw_json *root; /* NULL: not read */
	size_t cnt;                 /* values behind root, itself included */
	struct bytes text;          /* of the root, blanks around it cut */
	const char *fault;          /* when not read */
	struct bytes fault_key;     /* where: the key, decoded; may be empty */
	bool is_memory;             /* the fault is that there was none */
	/* Read, but others may read it otherwise: a key stands twice in one
	 * object, a NUL in a key or string. The first such. NULL: none. */
	const char *doubt;
	struct bytes doubt_key;
};

/*
 * gw_json_read reads a whole document.
 *
 * out      a doubt is no fault: for its reader to refuse or not
 * Returns  false with out->fault set: not well-formed, more than one value,
 *          above a bound, no memory
 * Cost     linear, but for comparing the keys of an object with each other
 * Spec     RFC 8259; reliability I7
 */
bool gw_json_read(struct arena *a, struct gw_json_doc *out, struct bytes text);

/* gw_json_in returns the first member or item of v, NULL when there is none;
 * gw_json_behind the one behind v in parent, NULL at the end. */
const struct gw_json *gw_json_in(const struct gw_json *v);
const struct gw_json *gw_json_behind(
    const struct gw_json *parent, const struct gw_json *v);

/* gw_json_get returns the first member of an object with that key, NULL when
 * there is none or v is no object. */
const struct gw_json *gw_json_get(const struct gw_json *v, const char *key);

#endif
