/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a process that found one of our own promises broken. It writes
 * with write(2) only, so that it works in a signal handler and with a broken
 * heap.
 */
#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* put_number writes n in decimal to the end of out and returns its start. */
static char *
put_number(char *out, size_t size, unsigned n)
{
	char *p = out + size - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return p;
}

static struct iovec
piece(const char *s)
{
	union {
		const char *in;
		void *out;
	} cast = {.in = s};

	return (struct iovec){.iov_base = cast.out, .iov_len = strlen(s)};
}

_Noreturn void
check_failed(const char *expr, const char *file, int line)
{
	char number[16];
	const struct iovec parts[] = {
	    piece("CHECK failed: "),
	    piece(expr),
	    piece(" at "),
	    piece(file),
	    piece(":"),
	    piece(put_number(number, sizeof(number), (unsigned)line)),
	    piece("\n"),
	};

	/* Nothing better can be done when standard error is gone. */
	if (writev(STDERR_FILENO, parts, ARRAY_CNT(parts)) < 0)
		abort();
	abort();
}
