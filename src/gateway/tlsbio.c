/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes the socket of a connection for OpenSSL. It keeps nothing
 * and frees nothing.
 */
#include "gateway/tlsbio.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/check.h"
#include "gateway/conn.h"

/* The socket is not blocking: what is left is worth another try. */
static bool
is_pause(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int
on_read(BIO *bio, char *p, size_t cap, size_t *len)
{
	struct conn *c = BIO_get_data(bio);
	ssize_t n = recv(c->fd, p, cap, 0);

	BIO_clear_retry_flags(bio);
	*len = n > 0 ? (size_t)n : 0;
	c->is_drained = *len < cap;
	if (is_pause(n))
		BIO_set_retry_read(bio);
	else if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return n > 0;
}

static int
on_write(BIO *bio, const char *p, size_t cap, size_t *len)
{
	struct conn *c = BIO_get_data(bio);
	ssize_t n = send(c->fd, p, cap, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	*len = n > 0 ? (size_t)n : 0;
	if (is_pause(n))
		BIO_set_retry_write(bio);
	return n > 0;
}

/* on_ctrl answers what OpenSSL asks of a socket; 0 is no. */
static long
on_ctrl(BIO *bio, int what, long num, void *ptr)
{
	(void)num;
	(void)ptr;
	switch (what) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	default:
		return 0;
	}
}

/* One for the process, never freed. */
static BIO_METHOD *
method(void)
{
	static BIO_METHOD *m;

	if (m != NULL)
		return m;
	m = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
	CHECK(m != NULL && BIO_meth_set_read_ex(m, on_read) == 1 &&
	      BIO_meth_set_write_ex(m, on_write) == 1 &&
	      BIO_meth_set_ctrl(m, on_ctrl) == 1);
	return m;
}

BIO *
tlsbio_new(struct conn *c)
{
	BIO *bio = BIO_new(method());

	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	return bio;
}
