/* SPDX-License-Identifier: Apache-2.0
 *
 * The error table (err.def) as functions, and the one place that writes a
 * context line. It prints nothing: who shows a failure is the caller's
 * business.
 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/utf8_priv.h"

struct row {
	const char *name, *text;
	int rpc, http;
};

static const struct row rows[] = {
#define RC(name, rpc, http, text) [RC_##name] = {#name, text, rpc, http},
#include "base/err.def"
#undef RC
};
_Static_assert(ARRAY_CNT(rows) == RC_CNT, "a row for each code");

static const struct row *
row_of(enum rc rc)
{
	CHECK((unsigned)rc < RC_CNT);
	return &rows[rc];
}

enum rc
err_fail(struct err *e, enum rc rc, const char *fmt, ...)
{
	va_list ap;
	int n;

	CHECK(rc != RC_OK);
	if (e == NULL)
		return rc;
	e->rc = rc;
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n < 0)
		e->text[0] = '\0';
	else if ((size_t)n >= sizeof(e->text))
		e->text[utf8_cut(e->text, sizeof(e->text) - 1)] = '\0';
	return rc;
}

const char *
err_text(enum rc rc)
{
	return row_of(rc)->text;
}

const char *
err_name(enum rc rc)
{
	return row_of(rc)->name;
}

int
err_rpc_code(enum rc rc)
{
	return row_of(rc)->rpc;
}

int
err_http_status(enum rc rc)
{
	return row_of(rc)->http;
}

const char *
err_message(const struct err *e, enum rc rc)
{
	if (e != NULL && e->rc == rc && e->text[0] != '\0')
		return e->text;
	return err_text(rc);
}
