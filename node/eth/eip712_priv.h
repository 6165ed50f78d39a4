/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of one EIP-712 document.
 */
#ifndef ETH_EIP712_PRIV_H
#define ETH_EIP712_PRIV_H

#include <jansson.h>

#include "eth/eip712.h"

enum eip712_kind {
	EIP712_UINT,
	EIP712_INT,
	EIP712_ADDRESS,
	EIP712_BOOL,
	EIP712_FIXED_BYTES,
	EIP712_BYTES,
	EIP712_STRING,
	EIP712_STRUCT
};

/* What a member is: a base and dimensions, the innermost first. */
struct eip712_type {
	enum eip712_kind kind;
	unsigned size;    /* bits of a number, bytes of EIP712_FIXED_BYTES */
	size_t struct_at; /* EIP712_STRUCT: which */
	size_t dim[EIP712_DIM_MAX]; /* length; 0: any */
	size_t dim_cnt;
};

struct eip712_member {
	const char *name, *text; /* text: the type as it stands */
	struct eip712_type type;
};

struct eip712_struct {
	const char *name;
	const struct eip712_member *members;
	size_t cnt;
	struct hash type_hash; /* zero until it is asked for */
	bool is_hashed;
};

struct eip712_types {
	struct eip712_struct v[EIP712_STRUCT_MAX];
	size_t cnt;
};

/* eip712_name returns a string member of obj as text; NULL when it is none, or
 * has a NUL in it and would read as a shorter one. */
const char *eip712_name(const json_t *obj, const char *key);

/*
 * eip712_types_read reads the member "types".
 *
 * Errors    RC_BAD_INPUT, RC_TOO_LARGE, RC_NO_MEMORY
 * Lifetime  members in the arena; names point into doc
 */
enum rc eip712_types_read(struct arena *a, struct eip712_types *out,
    const json_t *doc, struct err *e);

/* eip712_types_find finds a struct by name, NULL: there is none. */
struct eip712_struct *eip712_types_find(
    struct eip712_types *t, const char *name);

/* eip712_type_hash is the hash of encodeType of a struct. */
const struct hash *eip712_type_hash(
    struct eip712_types *t, struct eip712_struct *s);

#endif
