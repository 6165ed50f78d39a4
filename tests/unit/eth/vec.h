/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this library share: JSON vector files through jansson,
 * and values from JSON text.
 */
#ifndef UNIT_ETH_VEC_H
#define UNIT_ETH_VEC_H

#include <jansson.h>

#include "base/arena.h"
#include "eth/types.h"
#include "test.h"

/* vec_json loads a file; NULL, with the running test failed, when it is not
 * JSON. The caller drops it with json_decref. */
json_t *vec_json(const char *path);

/* vec_public is vec_json of a public vector file; NULL, with the running
 * test skipped, when the vectors are not there. */
json_t *vec_public(const char *name);

/* vec_archive is vec_json of a file in a public archive ("unit",
 * "RLPTests/rlptest.json"); NULL and skipped when it is not there. */
json_t *vec_archive(const char *archive, const char *file);

/* vec_str returns member key of obj as text; the test fails without it. */
const char *vec_str(const json_t *obj, const char *key);

/* vec_bytes decodes member key of obj, hex with or without 0x. */
struct bytes vec_bytes(const json_t *obj, const char *key);

/* Fixed sizes from hex text; shorter text ends the program. */
struct hash vec_hash(const char *hex);
struct addr vec_addr(const char *hex);

/* vec_u256 reads a number: JSON integer, decimal text or hex text. */
struct u256 vec_u256(const json_t *v);
uint64_t vec_u64(const json_t *v);

/*
 * vec_list joins RLP items given as hex text into a list, for rows that
 * break one item of a good document.
 *
 * items  ends at NULL
 * at     this item is replaced by item; -1 for none
 * extra  hex behind the last item
 */
struct bytes vec_list(
    const char *const *items, int at, const char *item, const char *extra);

/* vec_wrap makes a view that lives until the test ends of prefix and in. */
struct bytes vec_wrap(const char *prefix_hex, struct bytes in);

#endif
