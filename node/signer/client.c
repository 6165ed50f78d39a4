/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's side of the signer: forks the child, sends a request, waits
 * for the answer. A child that is late or speaks nonsense is cut off for
 * good, because the next answer could belong to the last question.
 */
#include "signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/frame.h"
#include "signer/child_priv.h"
#include "signer/wire_priv.h"

/* How long an answer may take. Unlocking may cost a gigabyte of scrypt, and
 * the start may wait for the signer of a process that was just killed. */
enum { START_MS = 30000, LIST_MS = 30000, UNLOCK_MS = 120000, SIGN_MS = 30000 };

/* Turns of 5 ms that its end may take; the text of it. */
enum { GONE_TURNS = 40, WHY_MAX = 64 };

struct signer {
	pid_t pid;
	int fd; /* -1: cut off */
	uint8_t request[WIRE_REQUEST_MAX];
	uint8_t reply[WIRE_REPLY_MAX];
};

static void
cut_off(struct signer *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool
signer_has_ended(const struct signer *s, char *why, size_t cap)
{
	siginfo_t info = {.si_pid = 0};
	const char *name;

	if (waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
	    0) {
		(void)snprintf(why, cap, "errno %d", errno);
		return errno == ECHILD;
	}
	if (info.si_pid == 0)
		return false;
	if (info.si_code == CLD_EXITED) {
		(void)snprintf(why, cap, "status %d", info.si_status);
		return true;
	}
	name = sigdescr_np(info.si_status);
	(void)snprintf(why, cap, "signal %d (%s)", info.si_status,
	    name == NULL ? "unnamed" : name);
	return true;
}

/*
 * The channel is of no use any more. When the child has ended the error says
 * how: its end follows that of its socket by a moment.
 */
static void
lose(struct signer *s, const char *what, struct err *e)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	char why[WHY_MAX];
	int i;

	cut_off(s);
	for (i = 0; i < GONE_TURNS; i++) {
		if (signer_has_ended(s, why, sizeof(why))) {
			err_fail(e, RC_IO, "%s: it was ended by %s", what, why);
			return;
		}
		(void)nanosleep(&moment, NULL);
	}
	err_fail(e, RC_IO, "%s", what);
}

/* Waits for one reply; what the child says fails becomes our failure. */
static enum rc
take_reply(struct signer *s, struct bytes *body, enum wire_op op,
    int timeout_ms, struct err *e)
{
	struct wire_reply reply;
	struct bytes in;
	enum rc rc = frame_recv(
	    s->fd, &in, s->reply, sizeof(s->reply), timeout_ms, NULL);

	if (rc == RC_OK)
		rc = wire_reply_take(&reply, op, in, NULL);
	if (rc != RC_OK) {
		lose(s, "the signer does not answer", e);
		return RC_IO;
	}
	if (reply.rc != RC_OK)
		return FAIL(e, reply.rc, "%.*s", (int)reply.text.len,
		    (const char *)reply.text.ptr);
	*body = reply.body;
	return RC_OK;
}

static enum rc
call(struct signer *s, struct bytes *body, const struct wire_request *r,
    int timeout_ms, struct err *e)
{
	struct buf out = buf_of(s->request, sizeof(s->request));
	enum rc rc;

	if (s->fd < 0)
		return FAIL(e, RC_IO, "the signer is gone");
	rc = wire_request_put(&out, r, e);
	if (rc != RC_OK)
		return rc;
	rc = frame_send(s->fd, bytes_of_buf(&out), NULL);
	explicit_bzero(s->request, out.len);
	if (rc != RC_OK) {
		lose(s, "the signer is gone", e);
		return RC_IO;
	}
	return take_reply(s, body, r->op, timeout_ms, e);
}

static enum rc
start(struct signer *s, const struct signer_conf *conf, struct err *e)
{
	pid_t parent = getpid();
	struct bytes body;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return FAIL(e, RC_IO, "socketpair: errno %d", errno);
	s->pid = fork();
	if (s->pid == 0) {
		close(pair[0]);
		child_main(conf, pair[1], parent);
	}
	close(pair[1]);
	s->fd = pair[0];
	if (s->pid < 0)
		return FAIL(e, RC_IO, "fork: errno %d", errno);
	return take_reply(s, &body, WIRE_LOCK, START_MS, e);
}

enum rc
signer_spawn(struct signer **out, const struct signer_conf *conf, struct err *e)
{
	struct signer *s;
	enum rc rc;

	if (conf->may_seal && conf->watermark_path == NULL)
		return FAIL(e, RC_CONF, "a sealer needs a watermark file");
	s = mem_new(sizeof(*s));
	if (s == NULL)
		return FAIL(e, RC_NO_MEMORY, "signer");
	s->fd = -1;
	rc = start(s, conf, e);
	if (rc == RC_OK)
		*out = s;
	else
		signer_stop(s);
	return rc;
}

void
signer_stop(struct signer *s)
{
	if (s == NULL)
		return;
	cut_off(s);
	while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	mem_free(s);
}

int
signer_pid(const struct signer *s)
{
	return (int)s->pid;
}

enum rc
signer_unlock(struct signer *s, const struct addr *addr, struct bytes password,
    uint32_t seconds, struct err *e)
{
	const struct wire_request r = {.op = WIRE_UNLOCK,
	    .addr = *addr,
	    .seconds = seconds,
	    .rest = password};
	struct bytes body;

	return call(s, &body, &r, UNLOCK_MS, e);
}

enum rc
signer_make_key(struct signer *s, struct arena *a, struct addr *addr,
    struct bytes *file, struct bytes password, struct err *e)
{
	const struct wire_request r = {.op = WIRE_MAKE, .rest = password};
	struct bytes body, head;

	TRY(call(s, &body, &r, UNLOCK_MS, e));
	if (!bytes_take(&head, &body, sizeof(addr->b)) || body.len == 0) {
		cut_off(s);
		return FAIL(e, RC_IO, "a new key of %zu bytes", body.len);
	}
	memcpy(addr->b, head.ptr, sizeof(addr->b));
	*file = arena_copy(a, body);
	return file->ptr == NULL ? FAIL(e, RC_NO_MEMORY, "key file") : RC_OK;
}

enum rc
signer_lock(struct signer *s, const struct addr *addr, struct err *e)
{
	const struct wire_request r = {.op = WIRE_LOCK, .addr = *addr};
	struct bytes body;

	return call(s, &body, &r, LIST_MS, e);
}

enum rc
signer_list(struct signer *s, struct arena *a, struct addr **out, size_t *cnt,
    struct err *e)
{
	const struct wire_request r = {.op = WIRE_LIST};
	struct bytes body;

	TRY(call(s, &body, &r, LIST_MS, e));
	*cnt = body.len / sizeof(**out);
	*out = arena_array(a, *cnt + 1, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "%zu accounts", *cnt);
	if (*cnt > 0)
		memcpy(*out, body.ptr, *cnt * sizeof(**out));
	return RC_OK;
}

enum rc
signer_sign(struct signer *s, uint8_t sig[65], const struct addr *addr,
    enum signer_kind kind, uint64_t height, uint64_t round,
    struct bytes message, struct err *e)
{
	const struct wire_request r = {.op = WIRE_SIGN,
	    .addr = *addr,
	    .kind = kind,
	    .height = height,
	    .round = round,
	    .rest = message};
	struct bytes body;

	TRY(call(s, &body, &r, SIGN_MS, e));
	if (body.len != 65) {
		cut_off(s);
		return FAIL(e, RC_IO, "signature of %zu bytes", body.len);
	}
	memcpy(sig, body.ptr, 65);
	return RC_OK;
}
