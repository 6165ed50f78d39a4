/* SPDX-License-Identifier: Apache-2.0
 *
 * A failure's text with its place in front.
 */
#include "eth/where_priv.h"

#include <stdio.h>

enum rc
where_fail(struct err *e, enum rc rc, const char *fmt, ...)
{
	char place[ERR_TEXT_MAX], what[ERR_TEXT_MAX];
	va_list ap;

	if (e == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	snprintf(what, sizeof(what), "%s", err_message(e, e->rc));
	return err_fail(e, rc, "%s: %s", place, what);
}
