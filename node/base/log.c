/* SPDX-License-Identifier: Apache-2.0
 *
 * The log sink. A line is built on the stack, kept in a ring and written to
 * standard error with one write(2), so that lines of several threads and
 * processes do not mix. No lock: a writer claims a place in the ring by a
 * counter; one that is overtaken by a whole round leaves its line out of the
 * ring. Rotation belongs to whoever holds the other end of standard error.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/utf8_priv.h"

enum { WORDS = LOG_LINE_MAX / 8 };

/*
 * A kept line. turn is odd while the line is written; text is copied in
 * words, each atomic, so that a dump reads no torn pointer-free data race but
 * at worst a line it then throws away because turn has moved.
 */
struct kept {
	_Atomic uint32_t turn;
	_Atomic uint32_t len;
	_Atomic uint64_t text[WORDS];
};

static struct kept ring[LOG_KEEP];
static _Atomic uint64_t ring_next;
static const char *_Atomic program_name;
static _Atomic int lowest_level = LOG_LV_INFO;

void
log_open(const char *program, enum log_level lowest)
{
	atomic_store(&program_name, program);
	atomic_store(&lowest_level, (int)lowest);
}

/* keep puts a line into the ring. */
static void
keep(const char *line, size_t len)
{
	uint64_t no = atomic_fetch_add(&ring_next, 1);
	struct kept *k = &ring[no % LOG_KEEP];
	uint32_t turn = atomic_load(&k->turn);
	size_t i;

	if (turn % 2 != 0 ||
	    !atomic_compare_exchange_strong(&k->turn, &turn, turn + 1))
		return;
	atomic_store_explicit(&k->len, (uint32_t)len, memory_order_relaxed);
	for (i = 0; i < len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, line + i, len - i < 8 ? len - i : 8);
		atomic_store_explicit(
		    &k->text[i / 8], word, memory_order_relaxed);
	}
	atomic_store(&k->turn, turn + 2);
}

/* recall copies a kept line out; 0 when there is none or it is changing. */
static size_t
recall(char line[LOG_LINE_MAX], struct kept *k)
{
	uint32_t turn = atomic_load(&k->turn);
	size_t i, len;

	if (turn == 0 || turn % 2 != 0)
		return 0;
	len = atomic_load_explicit(&k->len, memory_order_relaxed);
	for (i = 0; i < len && i < LOG_LINE_MAX; i += 8) {
		uint64_t word = atomic_load(&k->text[i / 8]);

		memcpy(line + i, &word, len - i < 8 ? len - i : 8);
	}
	return atomic_load(&k->turn) == turn ? len : 0;
}

/* write_all gives up silently: there is nowhere to report to. */
static void
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

void
log_dump(int fd)
{
	uint64_t next = atomic_load(&ring_next), i;
	char line[LOG_LINE_MAX];
	int saved = errno;

	for (i = next < LOG_KEEP ? 0 : next - LOG_KEEP; i < next; i++)
		write_all(fd, line, recall(line, &ring[i % LOG_KEEP]));
	errno = saved;
}

/* put_head writes "2026-01-31T12:00:00.000Z info  noded/chain ". */
static void
put_head(struct buf *out, enum log_level lv, const char *lib)
{
	static const char *const names[] = {"debug", "info ", "warn ", "error"};
	const char *program = atomic_load(&program_name);
	struct timespec now;
	struct tm tm;
	char text[160];
	int n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = snprintf(text, sizeof(text),
	    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %.32s%s%.32s ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(now.tv_nsec / 1000000), names[lv],
	    program == NULL ? "" : program, program == NULL ? "" : "/", lib);
	if (n > 0 && (size_t)n < sizeof(text))
		(void)buf_put(out, text, (size_t)n);
}

/* is_control finds C0, DEL and the two-byte forms of C1. */
static bool
is_control(const uint8_t *p, size_t n)
{
	return (n == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
	       (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* put_escaped writes text so that it stays one line of valid UTF-8. */
static void
put_escaped(struct buf *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	while (len > 0) {
		size_t n = utf8_len(p, len);
		bool fits;

		if (p[0] == '\n') {
			fits = buf_put(out, "\\n", 2);
		} else if (p[0] == '\\') {
			fits = buf_put(out, "\\\\", 2);
		} else if (n == 0 || is_control(p, n)) {
			char hex[] = {
			    '\\', 'x', digits[p[0] >> 4], digits[p[0] & 15]};

			fits = buf_put(out, hex, sizeof(hex));
			n = 1;
		} else {
			fits = buf_put(out, p, n);
		}
		if (!fits)
			return;
		p += n;
		len -= n;
	}
}

void
log_write(enum log_level lv, const char *lib, const char *text, ...)
{
	char line[LOG_LINE_MAX], body[LOG_LINE_MAX];
	struct buf out = buf_of(line, sizeof(line) - 1);
	int saved = errno, n;
	va_list ap;

	if ((int)lv < atomic_load_explicit(&lowest_level, memory_order_relaxed))
		return;
	va_start(ap, text);
	n = vsnprintf(body, sizeof(body), text, ap);
	va_end(ap);
	put_head(&out, lv, lib);
	if (n > 0)
		put_escaped(
		    &out, (const uint8_t *)body, strnlen(body, sizeof(body)));
	line[out.len] = '\n';
	keep(line, out.len + 1);
	write_all(STDERR_FILENO, line, out.len + 1);
	errno = saved;
}
