/* SPDX-License-Identifier: Apache-2.0
 *
 * A request head taken apart: request line, fields, and what they say about
 * the body and the connection. The text stays where it is; everything here
 * is a view into it.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/frame.h"

/* Methods that some route may serve; any other token is M_OTHER. */
enum gw_method {
	GW_GET,
	GW_HEAD,
	GW_POST,
	GW_PUT,
	GW_DELETE,
	GW_OPTIONS,
	GW_PATCH,
	GW_METHOD_OTHER,
};

struct gw_field {
	struct bytes name, value; /* value without blanks around it */
};

struct gw_head {
	struct bytes method_text, target;
	enum gw_method method;
	unsigned minor; /* HTTP/1.minor */
	size_t field_cnt;
	const struct gw_field *fields;
	/* found by gw_head_read */
	struct bytes host;      /* the Host field, never empty */
	struct bytes host_name; /* of it, without port or brackets */
	enum gw_body_kind body;
	uint64_t body_len;   /* of a counted body */
	bool wants_continue; /* Expect: 100-continue */
	bool keep_alive;     /* as the client asks */
};

/*
 * gw_head_read takes apart what gw_frame_head found.
 *
 * out      fields points into store
 * store    room for GW_FIELD_CNT_MAX fields
 * text     a head as gw_frame_head returns it; must outlive out
 * Returns  0, or the HTTP status to refuse the request with: the connection
 *          must be closed then, since the end of the body is not certain
 * Spec     RFC 9110 5.3; RFC 9112 3.2, 6.1, 6.3, 9.3; reliability H1, H2, H7
 */
unsigned gw_head_read(
    struct gw_head *out, struct gw_field *store, struct bytes text);

/* gw_trim takes blanks and tabs off both ends, OWS of RFC 9110 5.6.3. */
struct bytes gw_trim(struct bytes b);

/*
 * gw_head_field finds the first field of a name.
 *
 * name     in lower case
 * Returns  false when there is none
 */
bool gw_head_field(
    struct bytes *value, const struct gw_head *h, const char *name);

/* gw_method_name returns the method's text, "-" for GW_METHOD_OTHER. */
const char *gw_method_name(enum gw_method m);

/* gw_same_nocase compares ASCII text without regard to case. */
bool gw_same_nocase(struct bytes a, struct bytes b);

/* gw_eq_nocase is gw_same_nocase with a C string. Inlined, so that the length
 * of a literal is known: it tells most names apart. */
static inline bool
gw_eq_nocase(struct bytes a, const char *b)
{
	size_t len = strlen(b);

	return a.len == len && gw_same_nocase(a, bytes_of(b, len));
}

/* gw_is_token tells whether v is a token of RFC 9110 5.6.2. */
bool gw_is_token(struct bytes v);

/*
 * gw_list_next cuts the next item of a comma-separated list (RFC 9110 5.6.1)
 * from the front of list, blanks removed, empty items skipped.
 *
 * Returns  false at the end
 */
bool gw_list_next(struct bytes *item, struct bytes *list);

/*
 * gw_host_split cuts host into name and port and checks both.
 *
 * name     without brackets around an IPv6 address
 * port     digits, empty when there is none
 * Returns  false when it is not a host of RFC 3986 3.2.2
 */
bool gw_host_split(struct bytes *name, struct bytes *port, struct bytes host);

#endif
