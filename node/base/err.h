/* SPDX-License-Identifier: Apache-2.0
 *
 * How a failure travels: a function that can fail returns enum rc, and the
 * first place that knows why writes one line of context into struct err.
 * Everybody above passes both on unchanged.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

enum rc {
#define RC(name, rpc, http, text) RC_##name,
#include "base/err.def"
#undef RC
	RC_CNT
};

/* Longest context line; longer ones are cut, never split. */
enum { ERR_TEXT_MAX = 256 };

/*
 * struct err is filled at most once per failure. A caller that does not want
 * the text passes NULL.
 */
struct err {
	enum rc rc;
	char text[ERR_TEXT_MAX];
};

/*
 * err_fail records rc and a printf-formatted context line.
 *
 * Returns rc, so that a function can end with: return FAIL(e, RC_X, "...");
 */
enum rc err_fail(struct err *e, enum rc rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * FAIL is err_fail; upper case because it reads as a statement. Its value is
 * the rc as written, which the compiler can see: after TRY it knows that an
 * output was set. rc is evaluated twice.
 */
#define FAIL(e, rc, ...) err_same((rc), err_fail((e), (rc), __VA_ARGS__))

/* err_same returns rc; recorded is there to be evaluated. */
static inline enum rc
err_same(enum rc rc, enum rc recorded)
{
	(void)recorded;
	return rc;
}

/* err_text returns the fixed text of rc, static storage. */
const char *err_text(enum rc rc);

/* err_name returns the name of rc ("NONCANONICAL"), static storage. */
const char *err_name(enum rc rc);

/* err_rpc_code returns the JSON-RPC error code of rc. */
int err_rpc_code(enum rc rc);

/* err_http_status returns the HTTP status of rc. */
int err_http_status(enum rc rc);

/* err_message returns e's context if it has one, else the text of rc. */
const char *err_message(const struct err *e, enum rc rc);

/* TRY returns from the calling function when call fails. Use it only where
 * nothing awaits cleanup. */
#define TRY(call)                                                              \
	do {                                                                   \
		enum rc try_rc_ = (call);                                      \
		if (try_rc_ != RC_OK)                                          \
			return try_rc_;                                        \
	} while (0)

#endif
