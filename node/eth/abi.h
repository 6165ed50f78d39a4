/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract ABI: types from their canonical text, call data and return
 * data both ways, selectors and event topics.
 *
 * Spec  Solidity documentation, "Contract ABI Specification"
 */
#ifndef ETH_ABI_H
#define ETH_ABI_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

/*
 * Bounds: nesting of arrays and tuples; members of the tuples that are open
 * at one place of a text; elements of a fixed array; values of one document,
 * which foreign data could otherwise multiply by pointing twice at the same
 * place; bytes that an encoding may take.
 */
enum {
	ABI_DEPTH_MAX = 16,
	ABI_MEMBER_MAX = 128,
	ABI_LENGTH_MAX = 1024,
	ABI_VALUE_MAX = 1 << 16,
	ABI_DATA_MAX = 1 << 24
};

enum abi_kind {
	ABI_UINT,
	ABI_INT,
	ABI_ADDRESS,
	ABI_BOOL,
	ABI_FIXED_BYTES, /* bytes1 to bytes32, function (24) */
	ABI_BYTES,
	ABI_STRING,
	ABI_ARRAY, /* T[k] */
	ABI_LIST,  /* T[] */
	ABI_TUPLE
};

struct abi_type {
	enum abi_kind kind;
	unsigned size;    /* bits of a number, bytes of ABI_FIXED_BYTES */
	bool is_dynamic;  /* stands in the tail, with an offset in the head */
	unsigned depth;   /* of nested arrays and tuples, 0 for plain types */
	size_t head_size; /* bytes in the head */
	const struct abi_type *items; /* members, or the one element type */
	size_t cnt;                   /* of members, or length of ABI_ARRAY */
	const char *name; /* of a member, for failures; NULL: none is known */
};

/* struct abi_value is a value; its type tells which member counts. */
struct abi_value {
	struct u256 num;   /* UINT; INT in two's complement; BOOL 0 or 1 */
	struct addr addr;  /* ADDRESS */
	struct bytes data; /* FIXED_BYTES, BYTES, STRING */
	const struct abi_value *items; /* ARRAY, LIST, TUPLE */
	size_t cnt;
};

/* struct abi_sig is a function, event or error. */
struct abi_sig {
	struct bytes name;    /* view into the text */
	struct abi_type args; /* tuple */
	struct hash hash;     /* of the text: an event's first topic */
	uint8_t selector[4];  /* its first bytes: a function's selector */
};

/*
 * abi_read_type reads canonical type text: "uint256", "(address,bytes)[2][]".
 *
 * Errors    RC_BAD_INPUT    unknown or short names ("uint"), spaces, lengths
 *                           of zero; the text says where
 *           RC_UNSUPPORTED  fixed point numbers
 *           RC_TOO_LARGE    a bound above
 * Lifetime  items in the arena
 */
enum rc abi_read_type(
    struct arena *a, struct abi_type *out, struct bytes text, struct err *e);

/* abi_read_sig reads "transfer(address,uint256)". Errors as abi_read_type. */
enum rc abi_read_sig(
    struct arena *a, struct abi_sig *out, struct bytes text, struct err *e);

/*
 * abi_encode writes the members of a tuple.
 *
 * Errors    RC_BAD_INPUT  another number of values, or one out of its type's
 *                         range; the text tells the argument by number,
 *                         counted from 1, and by its name if it has one
 *           RC_TOO_LARGE, RC_NO_MEMORY
 * Lifetime  in the arena
 */
enum rc abi_encode(struct arena *a, struct bytes *out,
    const struct abi_type *args, const struct abi_value *values, size_t cnt,
    struct err *e);

/* abi_encode_call is abi_encode behind a selector. */
enum rc abi_encode_call(struct arena *a, struct bytes *out,
    const struct abi_sig *sig, const struct abi_value *values, size_t cnt,
    struct err *e);

/*
 * abi_decode reads the members of a tuple. Numbers, addresses, booleans and
 * fixed bytes must be in range and padded with zeros (or the sign). Where the
 * tail stands is as free as Solidity leaves it, and bytes behind it are
 * ignored: who needs one form only encodes again and compares.
 *
 * out       args->cnt values
 * Errors    RC_TRUNCATED, RC_BAD_INPUT naming the argument, RC_TOO_LARGE,
 *           RC_NO_MEMORY
 * Lifetime  values in the arena, their data views into in
 */
enum rc abi_decode(struct arena *a, const struct abi_value **out,
    const struct abi_type *args, struct bytes in, struct err *e);

/* abi_u256 makes a number for abi_encode; negative ones in two's
 * complement. */
static inline struct abi_value
abi_u256(const struct u256 *v)
{
	return (struct abi_value){.num = *v};
}

/* abi_u64 makes a small number. */
static inline struct abi_value
abi_u64(uint64_t v)
{
	return (struct abi_value){.num = u256_from_u64(v)};
}

/* abi_bool makes a boolean. */
static inline struct abi_value
abi_bool(bool v)
{
	return abi_u64(v);
}

/* abi_addr makes an address. */
static inline struct abi_value
abi_addr(const struct addr *v)
{
	return (struct abi_value){.addr = *v};
}

/* abi_data is for bytes, string and fixed bytes. */
static inline struct abi_value
abi_data(struct bytes v)
{
	return (struct abi_value){.data = v};
}

/* abi_items is for arrays, lists and tuples. */
static inline struct abi_value
abi_items(const struct abi_value *items, size_t cnt)
{
	return (struct abi_value){.items = items, .cnt = cnt};
}

#endif
