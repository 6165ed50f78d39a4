/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request says, decoded once: path parameters, query, cookies, form
 * fields, files and a JSON body. Handlers read their input from here, filters
 * judge what is here, so that both see the same.
 *
 * Nothing is ever longer decoded than it was sent, so the bounds of request
 * line, head and body bound the bytes; GW_VALUE_MAX and those of
 * http/multipart.h and http/json.h bound how many there are.
 */
#ifndef HTTP_VALUES_H
#define HTTP_VALUES_H

#include "http/json.h"

enum {
	/* Query parameters, cookies and url-encoded fields of one request;
	 * those of a multipart body are bounded by http/multipart.h. */
	GW_VALUE_MAX = 1024,
	/* Longest file that may count as text, in bytes. What is longer is no
	 * list that somebody has typed, and screening it takes milliseconds. */
	GW_FILE_TEXT_MAX = 256 * 1024,
	/* Longest name of a field that is repeated to anybody, in bytes. */
	GW_NAME_SHOWN_MAX = 64,
};

/* Where a value came from. */
enum gw_where {
	GW_IN_QUERY,
	GW_IN_FORM, /* of either media type */
	GW_IN_FILE, /* contents of a file in a form */
	GW_IN_FILE_NAME,
	GW_IN_JSON, /* a string of a JSON body */
	GW_IN_COOKIE,
	GW_IN_HEADER,
	GW_IN_PATH, /* a segment that a route calls {name} */
	GW_WHERE_CNT,
};

struct gw_value {
	enum gw_where where;
	struct bytes name; /* of a file: that of its field */
	/* UTF-8; a NUL only in JSON. Of a file: any bytes. */
	struct bytes value;
	struct bytes type; /* of a file: media type as sent, may be empty */
	bool is_name;      /* on a walk: value is a name */
	bool is_opaque;    /* a file that is no text, or a long one */
};

struct gw_values {
	const struct gw_value *list; /* all but JSON */
	size_t cnt;
	uint32_t torn_bits;      /* bit 1 << gw_where: see gw_values_read */
	struct gw_json_doc json; /* root NULL: no JSON body, or a bad one */
};

/* struct gw_value_fault is the first reason why a request is not decoded. */
struct gw_value_fault {
	enum gw_where where;
	struct bytes name; /* empty when it is the name that is bad */
	const char *text;
	bool is_memory; /* there was no memory; the rest is not set */
};

struct gw_req;

/*
 * gw_values_read fills r->values of a routed request whose body is there. A
 * JSON body that is bad is no fault here: how it is told depends on the
 * route, see gw_req_json.
 *
 * A place (query, cookies, form) in which something can not be decoded is
 * torn: nothing of it is handed to a route, which would read a part for the
 * whole; what there is of it, any bytes, is only walked over. The others are
 * as ever.
 *
 * Returns  false with the fault: a bad escape, a NUL, text that is not UTF-8,
 *          above GW_VALUE_MAX, a malformed multipart body, no memory
 * Spec     RFC 6265 4.2.1 and 5.4 (cookies: quotes around a value are cut,
 *          one without a name has an empty one); the URL standard's
 *          application/x-www-form-urlencoded for query and form; RFC 7578
 *          (http/multipart.h); reliability I3, I7
 */
bool gw_values_read(struct gw_req *r, struct gw_value_fault *fault);

/* gw_value_find returns the first value of that name, NULL when there is
 * none, or where is torn. For where other than GW_IN_JSON. */
const struct gw_value *gw_value_find(
    const struct gw_values *v, enum gw_where where, const char *name);

/* struct gw_value_iter walks over everything that a client can write text
 * into: names, which have no name themselves, and values but for opaque
 * files. */
struct gw_value_iter {
	const struct gw_values *values;
	size_t at;
	bool is_name_done; /* of the value at `at` */
};

/* gw_value_next returns the next one; a string of a JSON array has the name
 * of the array. Returns false at the end. */
bool gw_value_next(struct gw_value_iter *it, struct gw_value *out);

/* gw_where_word returns "query" and so on. */
const char *gw_where_word(enum gw_where where);

/* gw_name_shown returns name, or "..." when it is too long to be shown. */
struct bytes gw_name_shown(struct bytes name);

#endif
