/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethereum's two hex texts: data (0x and an even number of digits) and
 * quantity (0x and no leading zero). Source: execution-apis, JSON-RPC
 * "Conventions".
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"

/* Longest text of a 64-bit quantity, NUL included. */
enum { HEX_U64_MAX = 19 };

/* hex_put writes 2*in.len lower-case digits, no prefix, no NUL, to out. */
void hex_put(char *out, struct bytes in);

/* hex_put0x writes 0x, the digits and a NUL: 2*in.len + 3 bytes. Returns out.
 */
char *hex_put0x(char *out, struct bytes in);

/* hex_u64 writes a quantity with NUL. Returns its length. */
size_t hex_u64(char out[HEX_U64_MAX], uint64_t v);

/*
 * hex_read decodes data text with 0x into a new array in the arena.
 *
 * Errors  RC_BAD_INPUT  no 0x, odd number of digits, other character
 *         RC_NO_MEMORY
 */
enum rc hex_read(
    struct arena *a, struct bytes *out, struct bytes text, struct err *e);

/*
 * hex_read_fixed decodes data text of exactly len bytes; the 0x may be
 * missing when lax is set (addresses of the wallet API).
 *
 * Errors  RC_BAD_INPUT  as hex_read, or another length
 */
enum rc hex_read_fixed(
    uint8_t *out, size_t len, struct bytes text, bool lax, struct err *e);

/*
 * hex_quantity reads a JSON-RPC quantity.
 *
 * Errors  RC_BAD_INPUT  no 0x, no digit, leading zero, above 2^256-1
 */
enum rc hex_quantity(struct u256 *out, struct bytes text, struct err *e);

/* hex_quantity_u64 is hex_quantity bounded to 64 bits. */
enum rc hex_quantity_u64(uint64_t *out, struct bytes text, struct err *e);

/* hex_digit returns 0..15, or -1. */
int hex_digit(uint8_t c);

#endif
