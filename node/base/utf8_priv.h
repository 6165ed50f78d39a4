/* SPDX-License-Identifier: Apache-2.0
 *
 * Which bytes are UTF-8 (RFC 3629: shortest form, no surrogates, at most
 * U+10FFFF), for the two writers of foreign text: logs and JSON.
 */
#ifndef BASE_UTF8_PRIV_H
#define BASE_UTF8_PRIV_H

#include <stddef.h>
#include <stdint.h>

/* utf8_len returns the length (1 to 4) of the character at p, of which len
 * bytes may be read; 0 when they are not UTF-8 or len is 0. */
size_t utf8_len(const uint8_t *p, size_t len);

/* utf8_cut returns the greatest n <= len at which text does not end inside a
 * character. */
size_t utf8_cut(const char *text, size_t len);

#endif
