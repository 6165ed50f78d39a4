/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed structured data (EIP-712): from the JSON document that wallets hand
 * to eth_signTypedData_v4 to the bytes that are signed.
 *
 * Strict where two readings of a document could differ, because whoever signs
 * must know what he signs: names are identifiers, every member of the data
 * has a type and every type a member, numbers and fixed bytes are in range,
 * "EIP712Domain" is among the types. The one leniency is the one that
 * recursive types need: a struct that is null or left out counts as 32 zero
 * bytes, as in every wallet that has eth_signTypedData_v4.
 */
#ifndef ETH_EIP712_H
#define ETH_EIP712_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

/*
 * Bounds: a document's text; struct types, which all refer to each other at
 * worst, so that each one's hash costs the text of all; members of one;
 * dimensions of one array; values inside each other.
 */
enum {
	EIP712_TEXT_MAX = 256 * 1024,
	EIP712_STRUCT_MAX = 64,
	EIP712_MEMBER_MAX = 128,
	EIP712_DIM_MAX = 8,
	EIP712_DEPTH_MAX = 32
};

/* What is signed: 0x19, 0x01, domain separator and the message's hash, which
 * is left out when the primary type is the domain itself. */
enum { EIP712_PREIMAGE_MAX = 2 + 32 + 32 };

struct eip712 {
	struct hash domain;  /* separator */
	struct hash message; /* hashStruct; zero without one */
	uint8_t preimage[EIP712_PREIMAGE_MAX];
	size_t len; /* of the preimage */
};

/*
 * eip712_read reads a document {"types", "primaryType", "domain", "message"}
 * and computes what is to be signed: the Keccak-256 of the preimage.
 *
 * a       for decoded "bytes", free again on return
 * Errors  RC_BAD_JSON; RC_TOO_LARGE for a bound above; RC_BAD_INPUT naming
 *         type and member; RC_NO_MEMORY
 * Spec    EIP-712
 */
enum rc eip712_read(
    struct arena *a, struct eip712 *out, struct bytes json, struct err *e);

#endif
