/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 of RFC 4648 section 4, read strictly: padding as it must be, no
 * line ends, no bits left over.
 */
#ifndef HTTP_B64_H
#define HTTP_B64_H

#include "base/arena.h"

/* gw_b64_read decodes text into the arena; false when it is not canonical
 * base64 or the arena is full. */
bool gw_b64_read(struct arena *a, struct bytes *out, struct bytes text);

#endif
