/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass phrases: from a file only its owner can read, from standard input, or
 * asked at the terminal without echo; never from arguments or environment.
 */
#ifndef CTL_SECRET_H
#define CTL_SECRET_H

#include "base/bytes.h"
#include "base/err.h"

enum { SECRET_MAX = 1024 };

struct secret {
	char text[SECRET_MAX];
	size_t len;
};

/*
 * secret_read reads one line, without its line end.
 *
 * file    path, "-" for standard input, NULL: ask at the terminal
 * prompt  what to ask for
 * twice   ask twice and compare
 * Errors  RC_CONF  others can read the file, or it is empty or too long;
 *                  no terminal; the two differ
 */
enum rc secret_read(struct secret *out, const char *file, const char *prompt,
    bool twice, struct err *e);

/* secret_wipe clears it. */
void secret_wipe(struct secret *s);

#endif
