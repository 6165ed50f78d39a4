/* SPDX-License-Identifier: Apache-2.0
 *
 * What of bytes.h is too long for a header. No codec lives here.
 */
#include "base/bytes.h"

int
bytes_cmp(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c != 0)
		return c < 0 ? -1 : 1;
	if (a.len == b.len)
		return 0;
	return a.len < b.len ? -1 : 1;
}
