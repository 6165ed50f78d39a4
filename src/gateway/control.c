/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors over a socket. Messages are one byte and one descriptor; they
 * arrive in order, so what was sent last is in force in the end.
 */
#include "gateway/control.h"

#include <string.h>
#include <sys/socket.h>

/* One descriptor, as CMSG wants it. */
union ancillary {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

bool
control_send(int sock, enum control_kind kind, int fd)
{
	char byte = (char)kind;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union ancillary ctl = {0};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = ctl.room,
	    .msg_controllen = sizeof(ctl.room)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

int
control_take(int sock, enum control_kind *kind)
{
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union ancillary ctl;
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = ctl.room,
	    .msg_controllen = sizeof(ctl.room)};
	const struct cmsghdr *h;
	int fd = -1;

	if (recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	*kind = byte < CONTROL_CNT ? (enum control_kind)byte : CONTROL_LOG;
	h = CMSG_FIRSTHDR(&m);
	if (h != NULL && h->cmsg_level == SOL_SOCKET &&
	    h->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}
