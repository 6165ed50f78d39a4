/* SPDX-License-Identifier: Apache-2.0
 *
 * Length-prefixed messages over blocking stream sockets. What a payload means
 * is its reader's business.
 */
#include "base/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/frame_priv.h"

enum rc
frame_check_len(size_t len, size_t max, struct err *e)
{
	if (len > FRAME_MAX || len > max)
		return FAIL(e, RC_TOO_LARGE,
		    "message of %zu bytes, at most %zu here", len,
		    max < FRAME_MAX ? max : FRAME_MAX);
	return RC_OK;
}

/* advance moves the start of parts behind n bytes that were written. */
static void
advance(struct iovec *parts, size_t cnt, size_t n)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		size_t take = n < parts[i].iov_len ? n : parts[i].iov_len;

		parts[i].iov_base = (uint8_t *)parts[i].iov_base + take;
		parts[i].iov_len -= take;
		n -= take;
	}
}

enum rc
frame_send(int fd, struct bytes payload, struct err *e)
{
	uint8_t head[FRAME_HEAD_LEN];
	union {
		const uint8_t *in;
		void *out;
	} cast = {.in = payload.ptr};
	struct iovec parts[2] = {
	    {.iov_base = head, .iov_len = sizeof(head)},
	    {.iov_base = cast.out, .iov_len = payload.len},
	};
	const struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

	TRY(frame_check_len(payload.len, FRAME_MAX, e));
	be32_put(head, (uint32_t)payload.len);
	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(e, RC_IO, "sendmsg: errno %d", errno);
		advance(parts, 2, (size_t)n);
	}
	return RC_OK;
}

/* wait_readable sleeps until fd can be read or end (mono ms, 0: never). */
static enum rc
wait_readable(int fd, uint64_t end, struct err *e)
{
	const struct clock *clock = clock_real();
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now = clock->mono_ms(clock->ctx);
		int n, left = -1;

		if (end != 0)
			left = now >= end ? 0 : (int)(end - now);
		n = poll(&p, 1, left);
		if (n > 0)
			return RC_OK;
		if (n == 0)
			return FAIL(e, RC_TIMEOUT, "no message in time");
		if (errno != EINTR)
			return FAIL(e, RC_IO, "poll: errno %d", errno);
	}
}

/* read_all fills out with exactly len bytes. */
static enum rc
read_all(int fd, uint8_t *out, size_t len, uint64_t end, struct err *e)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n;

		TRY(wait_readable(fd, end, e));
		n = read(fd, out + got, len - got);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return FAIL(e, RC_IO, "read: errno %d", errno);
		if (n == 0)
			return FAIL(e, RC_IO,
			    "the peer closed after %zu of %zu bytes", got, len);
		got += (size_t)n;
	}
	return RC_OK;
}

enum rc
frame_recv(int fd, struct bytes *out, uint8_t *buf, size_t cap, int timeout_ms,
    struct err *e)
{
	const struct clock *clock = clock_real();
	uint8_t head[FRAME_HEAD_LEN];
	uint64_t end = 0;
	size_t len;

	if (timeout_ms >= 0)
		end = clock->mono_ms(clock->ctx) + (uint64_t)timeout_ms + 1;
	TRY(read_all(fd, head, sizeof(head), end, e));
	len = be32(head);
	TRY(frame_check_len(len, cap, e));
	TRY(read_all(fd, buf, len, end, e));
	*out = bytes_of(buf, len);
	return RC_OK;
}
