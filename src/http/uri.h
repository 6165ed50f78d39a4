/* SPDX-License-Identifier: Apache-2.0
 *
 * Request targets: which form, which path, which query. A path is decoded
 * and judged once, here, before anything is decided by it (reliability H18).
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/arena.h"
#include "base/bytes.h"

enum gw_target_kind {
	GW_TARGET_PATH, /* /x?y, or http://host/x?y */
	GW_TARGET_STAR, /* *, only for OPTIONS */
	GW_TARGET_BAD,
};

struct gw_target {
	enum gw_target_kind kind;
	struct bytes authority; /* of the absolute form, else empty */
	struct bytes path;      /* as sent, begins with / */
	struct bytes query;     /* as sent, without the ? */
};

/*
 * gw_target_read cuts a request target into its parts.
 *
 * Spec  RFC 9112 3.2; a fragment, another scheme and user information in
 *       the authority are GW_TARGET_BAD
 */
struct gw_target gw_target_read(struct bytes target);

/*
 * gw_path_read decodes a path.
 *
 * out      in the arena: percent-decoded, one trailing slash cut unless it
 *          is the whole path
 * Returns  false for what could mean different paths to different readers:
 *          bad escapes, an encoded slash or NUL, backslashes, control bytes,
 *          text that is not UTF-8, empty or dot segments; and when the arena
 *          is full
 */
bool gw_path_read(struct arena *a, struct bytes *out, struct bytes raw);

/*
 * gw_pair_next cuts the next name=value from a query or a form body.
 *
 * name, value  still encoded; value is empty when there is no =
 * Returns      false at the end
 */
bool gw_pair_next(struct bytes *name, struct bytes *value, struct bytes *rest);

/*
 * gw_form_decode decodes a name or value of a query or form: + is a blank.
 *
 * room     has raw.len bytes left; only what is decoded is put there
 * out      raw itself when there is nothing to decode, else in room; also
 *          when false is returned, a bad escape then as it was sent
 * Returns  false for a bad escape, a NUL, or text that is not UTF-8
 */
bool gw_form_decode(struct buf *room, struct bytes *out, struct bytes raw);

/* gw_utf8_ok tells whether b is well-formed UTF-8 (RFC 3629). */
bool gw_utf8_ok(struct bytes b);

#endif
