/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of header fields, shared by the codec (header.c) and the JSON
 * form (ethjson.c).
 */
#ifndef ETH_HEADER_PRIV_H
#define ETH_HEADER_PRIV_H

#include "eth/header.h"

enum header_kind {
	HEADER_KIND_FIXED, /* len bytes as they are */
	HEADER_KIND_U64,
	HEADER_KIND_U256,
	HEADER_KIND_EXTRA
};

struct header_field {
	const char *name;
	enum header_kind kind;
	size_t at, len; /* in struct header */
};

extern const struct header_field header_fields[HEADER_FIELDS_PRAGUE];

/* Views of a field by its kind. */
static inline struct bytes
header_fixed(const struct header *h, const struct header_field *f)
{
	return bytes_of((const uint8_t *)h + f->at, f->len);
}

static inline uint64_t
header_u64(const struct header *h, const struct header_field *f)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)h + f->at, sizeof(v));
	return v;
}

static inline struct u256
header_u256(const struct header *h, const struct header_field *f)
{
	struct u256 v;

	memcpy(&v, (const uint8_t *)h + f->at, sizeof(v));
	return v;
}

#endif
