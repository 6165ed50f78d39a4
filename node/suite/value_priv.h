/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of test files: hex with any count of digits, short addresses, blanks
 * where none should be. Errors name the member.
 */
#ifndef SUITE_VALUE_PRIV_H
#define SUITE_VALUE_PRIV_H

#include <jansson.h>

#include "base/arena.h"
#include "eth/types.h"

/* suite_get returns a member, NULL when it is missing or null. */
const json_t *suite_get(const json_t *obj, const char *key);

/* suite_text returns a member's text, "" when it is missing or no string. */
const char *suite_text(const json_t *obj, const char *key);

/* suite_need returns a member: RC_BAD_INPUT when it is missing. */
enum rc suite_need(
    const json_t **out, const json_t *obj, const char *key, struct err *e);

/*
 * suite_u256 reads a number: hex, "" and "0x" for zero.
 *
 * v       NULL reads as zero
 * Errors  RC_BAD_INPUT  no number
 *         RC_TOO_LARGE  more than 256 bits, or marked as a big integer
 */
enum rc suite_u256(struct u256 *out, const json_t *v, struct err *e);

/* suite_u64 is suite_u256 for 64 bits. */
enum rc suite_u64(uint64_t *out, const json_t *v, struct err *e);

/* suite_fixed reads bytes of hex, padded on the left. RC_BAD_INPUT. */
enum rc suite_fixed(uint8_t *out, size_t len, const char *text, struct err *e);
enum rc suite_addr(struct addr *out, const char *text, struct err *e);
enum rc suite_hash(struct hash *out, const char *text, struct err *e);

/* suite_data reads bytes of any length into the arena. RC_BAD_INPUT,
 * RC_NO_MEMORY. */
enum rc suite_data(
    struct arena *a, struct bytes *out, const char *text, struct err *e);

/* suite_within puts the way to a value in front of an error. Returns rc. */
enum rc suite_within(struct err *e, enum rc rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* suite_each reads a document and calls fn for each test in it until one
 * fails; comments are passed over. RC_BAD_JSON with line and column. */
enum rc suite_each(struct bytes doc,
    enum rc (*fn)(
	void *ctx, const char *name, const json_t *test, struct err *e),
    void *ctx, struct err *e);

#endif
