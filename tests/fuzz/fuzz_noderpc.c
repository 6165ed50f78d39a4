/* SPDX-License-Identifier: Apache-2.0
 *
 * What a node says to jobsd and sekisho: all of it lies in the socket before
 * the calls are made, one after the other until the connection is given up.
 * A result is only believed from a line that answers the call, and a second
 * client of the same bytes sees the same.
 *
 * fuzz: cover=src/upstream/noderpc.c lib=upstream
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"
#include "upstream/noderpc.h"

/* Less than a socket holds, so that nobody waits. */
enum { INPUT_MAX = 65536, CALL_MAX = 8, TIME_MS = 5000 };

/* Bits of the first input byte; the high half is how many allocations of
 * ours work, 0 all. */
enum { IS_LATE = 1 /* the node keeps the line open */ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64], path[96];
static int listener = -1;

static void
clean_up(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
open_listener(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (listener != -1)
		return;
	(void)snprintf(dir, sizeof(dir), "/tmp/sekisho-fuzz.XXXXXX");
	CHECK(mkdtemp(dir) != NULL && atexit(clean_up) == 0);
	(void)snprintf(path, sizeof(path), "%s/node", dir);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(listener, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	CHECK(listen(listener, 1) == 0);
}

/* converse makes calls until one fails; returns how many worked and how the
 * last one ended. */
static unsigned
converse(enum rc *end, struct bytes says, bool is_late, size_t memory)
{
	struct noderpc *n = NULL;
	unsigned worked = 0;
	json_t *result;
	int fd;

	test_alloc_fail(memory);
	*end = noderpc_open(&n, path, NULL);
	fd = accept(listener, NULL, NULL);
	CHECK(fd != -1);
	CHECK(send(fd, says.ptr, says.len, MSG_NOSIGNAL) == (ssize_t)says.len ||
	      n == NULL);
	if (!is_late)
		(void)shutdown(fd, SHUT_WR);
	while (*end == RC_OK && worked < CALL_MAX) {
		*end = noderpc_call(
		    n, &result, "a", NULL, is_late ? 0 : TIME_MS, NULL);
		CHECK((result != NULL) == (*end == RC_OK));
		worked += *end == RC_OK;
		json_decref(result);
	}
	/* A connection that was given up stays so. */
	if (*end == RC_CORRUPT || *end == RC_TOO_LARGE)
		CHECK(noderpc_call(n, &result, "a", NULL, TIME_MS, NULL) ==
		      RC_UNAVAILABLE);
	noderpc_close(n);
	(void)close(fd);
	(void)test_alloc_did_fail();
	return worked;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_late;
	struct bytes says;
	unsigned once, twice;
	enum rc end, again;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	open_listener();
	says = bytes_of(data + 1, size - 1);
	is_late = (data[0] & IS_LATE) != 0;
	once = converse(&end, says, is_late, data[0] >> 4);
	twice = converse(&again, says, is_late, data[0] >> 4);
	CHECK(once == twice && end == again);
	return 0;
}
