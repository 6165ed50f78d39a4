/* SPDX-License-Identifier: Apache-2.0
 *
 * Framed messages over a socket pair: broken peers first.
 */
#include "base/frame.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

static void
pair(int fd[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
}

TEST(test_frame_recv_broken_peer_reported)
{
	static const struct {
		const char *name, *sent;
		enum rc rc;
	} rows[] = {
	    {"closed at once", "", RC_IO},
	    {"half a head", "0000", RC_IO},
	    {"half a payload", "00000004ffff", RC_IO},
	    {"larger than the buffer", "00000011", RC_TOO_LARGE},
	    {"larger than FRAME_MAX", "00100001", RC_TOO_LARGE},
	    {"all ones", "ffffffff", RC_TOO_LARGE},
	};
	uint8_t buf[16];
	struct bytes out;
	size_t i;
	int fd[2];

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		struct bytes sent = test_hex(rows[i].sent);

		test_row(rows[i].name);
		pair(fd);
		EXPECT(write(fd[0], sent.ptr, sent.len) == (ssize_t)sent.len);
		(void)close(fd[0]);
		EXPECT_RC(frame_recv(fd[1], &out, buf, sizeof(buf), 1000, NULL),
		    rows[i].rc);
		(void)close(fd[1]);
	}
	test_row(NULL);
}

TEST(test_frame_recv_silent_peer_times_out)
{
	uint8_t buf[16];
	struct bytes out;
	int fd[2];

	pair(fd);
	EXPECT_RC(
	    frame_recv(fd[1], &out, buf, sizeof(buf), 10, NULL), RC_TIMEOUT);
	EXPECT_RC(
	    frame_recv(fd[1], &out, buf, sizeof(buf), 0, NULL), RC_TIMEOUT);
	EXPECT(write(fd[0], "\0\0\0\2x", 5) == 5); /* stops half-way */
	EXPECT_RC(
	    frame_recv(fd[1], &out, buf, sizeof(buf), 10, NULL), RC_TIMEOUT);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

TEST(test_frame_send_to_nobody_reported)
{
	int fd[2];

	pair(fd);
	(void)close(fd[1]);
	EXPECT_RC(frame_send(fd[0], bytes_of_str("x"), NULL), RC_IO);
	EXPECT_RC(frame_send(-1, bytes_of_str("x"), NULL), RC_IO);
	EXPECT_RC(
	    frame_send(fd[0], bytes_of("", FRAME_MAX + 1), NULL), RC_TOO_LARGE);
	(void)close(fd[0]);
}

static uint8_t large[FRAME_MAX], got[FRAME_MAX];

static void *
send_large(void *arg)
{
	int fd = *(int *)arg;

	EXPECT_RC(frame_send(fd, bytes_of(large, sizeof(large)), NULL), RC_OK);
	return NULL;
}

TEST(test_frame_send_largest_arrives_whole)
{
	struct bytes out = {NULL, 0};
	pthread_t thread;
	size_t i;
	int fd[2];

	for (i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 31 >> 3);
	pair(fd);
	CHECK(pthread_create(&thread, NULL, send_large, &fd[0]) == 0);
	EXPECT_RC(frame_recv(fd[1], &out, got, sizeof(got), -1, NULL), RC_OK);
	CHECK(pthread_join(thread, NULL) == 0);
	EXPECT_BYTES(out, bytes_of(large, sizeof(large)));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

TEST(test_frame_messages_keep_their_borders)
{
	static const char *const sent[] = {"one", "", "three"};
	uint8_t buf[16];
	struct bytes out;
	size_t i;
	int fd[2];

	pair(fd);
	for (i = 0; i < 3; i++)
		EXPECT_RC(
		    frame_send(fd[0], bytes_of_str(sent[i]), NULL), RC_OK);
	for (i = 0; i < 3; i++) {
		EXPECT_RC(
		    frame_recv(fd[1], &out, buf, sizeof(buf), 0, NULL), RC_OK);
		EXPECT_BYTES(out, bytes_of_str(sent[i]));
	}
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* feed gives the bytes to f in pieces of n and collects what comes out. */
static void
feed(struct frame_in *f, struct bytes in, size_t n, struct buf *out)
{
	while (in.len > 0) {
		size_t room = f->cap - f->len, take = n;
		struct bytes msg;
		enum rc rc;

		EXPECT(room > 0);
		take = take < room ? take : room;
		take = take < in.len ? take : in.len;
		memcpy(f->ptr + f->len, in.ptr, take);
		f->len += take;
		in.ptr += take;
		in.len -= take;
		while ((rc = frame_in_take(&msg, f, NULL)) == RC_OK) {
			EXPECT(buf_put(out, msg.ptr, msg.len));
			EXPECT(buf_put_u8(out, '|'));
		}
		EXPECT_RC(rc, RC_TRUNCATED);
	}
}

TEST(test_frame_in_any_split_gives_the_same_messages)
{
	struct bytes in = test_hex("00000003616263000000000000000a303132333435"
				   "3637383900000001780000000179");
	uint8_t mem[14], text[100];
	size_t n;

	for (n = 1; n <= in.len; n++) {
		struct frame_in f = {.ptr = mem, .cap = sizeof(mem)};
		struct buf out = buf_of(text, sizeof(text));

		feed(&f, in, n, &out);
		EXPECT_BYTES(
		    bytes_of_buf(&out), bytes_of_str("abc||0123456789|x|y|"));
		EXPECT(f.len == 0 && f.off == 0);
	}
}

TEST(test_frame_in_larger_than_its_buffer_refused)
{
	uint8_t mem[8];
	struct frame_in f = {.ptr = mem, .cap = sizeof(mem), .len = 4};
	struct bytes out;

	memcpy(mem, "\0\0\0\5", 4);
	EXPECT_RC(frame_in_take(&out, &f, NULL), RC_TOO_LARGE);
	memcpy(mem, "\0\0\0\4", 4);
	EXPECT_RC(frame_in_take(&out, &f, NULL), RC_TRUNCATED);
	memcpy(mem, "\xff\xff\xff\xff", 4);
	EXPECT_RC(frame_in_take(&out, &f, NULL), RC_TOO_LARGE);
}

TEST(test_frame_recv_bad_descriptor_reported)
{
	uint8_t buf[16];
	struct bytes out;
	struct err e = {0};
	int fd[2];

	EXPECT_RC(frame_recv(1 << 20, &out, buf, sizeof(buf), 10, &e), RC_IO);
	EXPECT(e.text[0] != '\0');
	CHECK(pipe(fd) == 0); /* its write end cannot be read */
	(void)close(fd[0]);
	EXPECT_RC(frame_recv(fd[1], &out, buf, sizeof(buf), 10, NULL), RC_IO);
	(void)close(fd[1]);
}
