/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket loop. A session that sends faster than it reads answers is not
 * read any more until it has caught up; one that breaks the framing gets one
 * error and is closed.
 */
#include "noded/io.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "rpc/stream.h"

/* Documents of one session under way (a gateway's may be more than its worker
 * has under way by its own bound, so that it is heard when it gives one up),
 * bytes of answers it has not read, how much is read at once, and events of one
 * turn. */
enum {
	IO_LOCAL_JOBS_MAX = 256,
	IO_GATEWAY_JOBS_MAX = 2048,
	IO_OUT_MAX = 2 * RPC_ANSWER_MAX,
	IO_READ_BYTES = 65536,
	IO_EVENTS = 64,
	IO_LOOKS = 4,         /* for more that can share the pool's sync */
	IO_SHORT_BYTES = 2048 /* of a document that io may read itself */
};

/* What epoll hands back beside sessions. */
enum { KEY_LISTEN_LOCAL, KEY_LISTEN_GATEWAY, KEY_QUEUE, KEY_SESSIONS };

struct bytebuf {
	uint8_t *ptr;
	size_t off, len, cap; /* content is ptr + off, len bytes */
};

struct io_session {
	TAILQ_ENTRY(io_session) next; /* of io.answered */
	int fd;                       /* -1: free */
	uint32_t generation;
	enum rpc_source source;
	uint32_t events; /* asked of epoll */
	struct rpc_stream stream;
	struct bytebuf in, out;
	size_t job_cnt;
	struct job_list jobs; /* as many, oldest first */
	uint64_t doc_cnt;     /* documents taken, for job.no */
	size_t note_due;      /* at most so much of out is notifications */
	bool has_subs;        /* it has asked the notifier for something */
	bool is_ended;        /* nothing more will be read */
	bool is_watched;      /* epoll knows it, if for its end alone */
	bool is_answered;     /* in io.answered */
};

static bool
bytebuf_room(struct bytebuf *b, size_t n, size_t max)
{
	size_t cap = b->cap == 0 ? IO_READ_BYTES : b->cap;
	uint8_t *ptr;

	if (b->off > 0) {
		memmove(b->ptr, b->ptr + b->off, b->len);
		explicit_bzero(b->ptr + b->len, b->off);
		b->off = 0;
	}
	if (b->len + n <= b->cap)
		return true;
	if (b->len + n > max)
		return false;
	while (cap < b->len + n)
		cap *= 2;
	ptr = mem_resize(b->ptr, b->cap, cap);
	if (ptr == NULL)
		return false;
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

/* Small buffers stay with their session; large ones are given back. */
static void
bytebuf_take(struct bytebuf *b, size_t n)
{
	b->off += n;
	b->len -= n;
	if (b->len > 0)
		return;
	b->off = 0;
	if (b->cap > IO_READ_BYTES) {
		mem_free(b->ptr);
		*b = (struct bytebuf){.ptr = NULL};
	}
}

static uint32_t
index_of(const struct io *io, const struct io_session *s)
{
	return (uint32_t)(s - io->sessions);
}

static void
leave_answered(struct io *io, struct io_session *s)
{
	if (s->is_answered)
		TAILQ_REMOVE(&io->answered, s, next);
	s->is_answered = false;
}

/* tell_gone has the notifier forget a session. */
static void
tell_gone(const struct io *io, uint32_t slot, uint32_t generation)
{
	struct mail *m = mail_new(MAIL_GONE);

	m->client = (struct rpc_client){slot, generation};
	mail_send(io->routes->subs, m);
}

static void
give_up(struct job *j)
{
	atomic_store_explicit(&j->is_unwanted, true, memory_order_relaxed);
}

static bool
is_given_up(const struct job *j)
{
	return atomic_load_explicit(&j->is_unwanted, memory_order_relaxed);
}

/* give_up_one gives up one document, if it is still under way. */
static void
give_up_one(const struct io_session *s, uint64_t no)
{
	struct job *j;

	TAILQ_FOREACH(j, &s->jobs, of_session)
	{
		if (j->no == no)
			give_up(j);
	}
}

static void
give_up_all(struct io_session *s)
{
	struct job *j;

	TAILQ_FOREACH(j, &s->jobs, of_session)
	{
		give_up(j);
	}
	TAILQ_INIT(&s->jobs); /* they find nobody */
}

static void
close_session(struct io *io, struct io_session *s)
{
	leave_answered(io, s);
	give_up_all(s);
	if (s->has_subs)
		tell_gone(io, index_of(io, s), s->generation);
	s->has_subs = false;
	s->note_due = 0;
	close(s->fd);
	s->fd = -1;
	s->generation++; /* answers under way find nobody */
	mem_free(s->in.ptr);
	mem_free(s->out.ptr);
	s->in = s->out = (struct bytebuf){.ptr = NULL};
	io->session_cnt--;
	metric_sub(METRIC_RPC_SESSIONS, 1);
}

static bool
may_read(const struct io *io, const struct io_session *s)
{
	size_t max =
	    s->source == RPC_GATEWAY ? IO_GATEWAY_JOBS_MAX : IO_LOCAL_JOBS_MAX;

	return !s->is_ended && s->job_cnt < max &&
	       s->out.len < IO_OUT_MAX / 2 && io->job_cnt < JOB_MAX;
}

/*
 * Asks epoll for what the session can use now. One that can use nothing is
 * taken out: epoll tells of a client's end whether asked or not, again and
 * again for as long as its jobs are under way. One that has ended stays in:
 * what is left to be told is that nobody waits, which ends it. False when the
 * kernel has no memory for it: nothing would wake the session.
 */
static bool
watch(struct io *io, struct io_session *s)
{
	uint32_t want = (may_read(io, s) ? (uint32_t)EPOLLIN : 0) |
			(s->out.len > 0 ? (uint32_t)EPOLLOUT : 0);
	struct epoll_event ev = {
	    .events = want, .data.u64 = KEY_SESSIONS + index_of(io, s)};
	bool is_kept = want != 0 || s->is_ended;
	int op = EPOLL_CTL_MOD;

	if (want == s->events && is_kept == s->is_watched)
		return true;
	if (!is_kept)
		op = EPOLL_CTL_DEL;
	else if (!s->is_watched)
		op = EPOLL_CTL_ADD;
	s->events = want;
	s->is_watched = is_kept;
	return epoll_ctl(io->epoll_fd, op, s->fd, &ev) == 0;
}

static void
sent(struct io_session *s, size_t n)
{
	bytebuf_take(&s->out, n);
	if (s->note_due > s->out.len)
		s->note_due = s->out.len;
}

/* Sends what it can; false when the session is over. */
static bool
flush(struct io_session *s)
{
	while (s->out.len > 0) {
		ssize_t n = send(
		    s->fd, s->out.ptr + s->out.off, s->out.len, MSG_NOSIGNAL);

		if (n > 0)
			sent(s, (size_t)n);
		else if (errno == EAGAIN)
			return true;
		else if (errno != EINTR)
			return false;
	}
	return !s->is_ended || s->job_cnt > 0;
}

static bool
answer(struct io_session *s, struct bytes text)
{
	if (!bytebuf_room(&s->out, text.len, IO_OUT_MAX))
		return false;
	memcpy(s->out.ptr + s->out.len, text.ptr, text.len);
	s->out.len += text.len;
	return true;
}

/* One error, then nothing more is read. The text is ours and needs no
 * escaping. */
static bool
refuse(struct io_session *s, enum rc rc, const char *why)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
	    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,"
	    "\"message\":\"%s: %s\"}}\n",
	    err_rpc_code(rc), err_text(rc), why);

	log_debug("io", "session broke the framing: %s", why);
	s->is_ended = true;
	return answer(s, bytes_of(text, (size_t)n));
}

static bool
start_job(struct io *io, struct io_session *s, struct bytes text)
{
	struct job *j = job_new(
	    io->routes, s->source, index_of(io, s), s->generation, text);

	if (j == NULL)
		return false;
	j->no = s->doc_cnt++;
	TAILQ_INSERT_TAIL(&s->jobs, j, of_session);
	s->job_cnt++;
	io->job_cnt++;
	if (text.len <= IO_SHORT_BYTES && io->here_cnt < IO_HERE_MAX &&
	    job_is_short(j)) {
		job_begin(j, NULL);
		io->here[io->here_cnt++] = j;
		return true;
	}
	io->next_reader = (io->next_reader + 1) % io->reader_cnt;
	mail_send(io->reader[io->next_reader], &j->mail);
	return true;
}

/* Starts a job for each whole document; false when the session is over. */
static bool
take_documents(struct io *io, struct io_session *s)
{
	struct bytes in, doc;
	struct err why = {0};
	enum rc rc = RC_OK;
	uint64_t no;

	while (rc == RC_OK && may_read(io, s)) {
		in = bytes_of(s->in.ptr + s->in.off, s->in.len);
		rc = rpc_stream_take(&s->stream, &doc, &in, &why);
		if (rc == RC_OK && rpc_stream_is_cancel(&no, doc))
			give_up_one(s, no);
		else if (rc == RC_OK && !start_job(io, s, doc))
			return false;
		/* An operator's question may hold a password. */
		if (s->source == RPC_LOCAL && s->in.len > in.len)
			explicit_bzero(
			    s->in.ptr + s->in.off, s->in.len - in.len);
		bytebuf_take(&s->in, s->in.len - in.len);
	}
	if (rc == RC_BAD_JSON || rc == RC_BAD_REQUEST)
		return refuse(s, rc, why.text);
	return true;
}

/* Reads once and uses what came; false when the session is over. */
static bool
receive(struct io *io, struct io_session *s)
{
	ssize_t n;

	if (!bytebuf_room(
		&s->in, IO_READ_BYTES / 4, RPC_DOC_MAX + IO_READ_BYTES))
		return refuse(s, RC_TOO_LARGE, "document is too long");
	n = recv(s->fd, s->in.ptr + s->in.off + s->in.len,
	    s->in.cap - s->in.off - s->in.len, 0);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0) {
		/* The client may still wait for answers. */
		s->is_ended = true;
		return true;
	}
	s->in.len += (size_t)n;
	return take_documents(io, s);
}

static void
on_session(struct io *io, struct io_session *s, uint32_t events)
{
	bool is_open = true;

	if (s->fd == -1)
		return;
	if ((events & EPOLLERR) != 0)
		is_open = false;
	else if ((events & (EPOLLIN | EPOLLHUP)) != 0 && may_read(io, s))
		is_open = receive(io, s);
	/* Both directions are closed: nobody waits for answers. */
	if ((events & EPOLLHUP) != 0 && s->is_ended)
		is_open = false;
	if (!is_open || !flush(s) || !watch(io, s))
		close_session(io, s);
}

static struct io_session *
free_session(struct io *io)
{
	size_t i;

	for (i = 0; i < IO_SESSION_MAX; i++)
		if (io->sessions[i].fd == -1)
			return &io->sessions[i];
	return NULL;
}

static void
on_listen(struct io *io, enum rpc_source source)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct io_session *s;
	int fd = accept4(
	    io->listen_fd[source], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return;
	s = free_session(io);
	if (s == NULL) {
		log_warn(
		    "io", "no room for another session max=%d", IO_SESSION_MAX);
		close(fd);
		return;
	}
	s->fd = fd;
	s->source = source;
	s->stream = (struct rpc_stream){0};
	s->job_cnt = 0;
	TAILQ_INIT(&s->jobs);
	s->doc_cnt = 0;
	s->is_watched = true;
	s->note_due = 0;
	s->has_subs = false;
	s->is_ended = false;
	s->events = EPOLLIN;
	ev.data.u64 = KEY_SESSIONS + index_of(io, s);
	if (epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == -1) {
		close(fd);
		s->fd = -1;
		return;
	}
	io->session_cnt++;
	metric_add(METRIC_RPC_SESSIONS, 1);
}

/* Uses what waits in a session's buffer, then writes and watches. */
static void
go_on(struct io *io, struct io_session *s)
{
	if (!take_documents(io, s) || !flush(s) || !watch(io, s))
		close_session(io, s);
}

/* There is room for jobs again: sessions without any of their own were left
 * waiting for it. */
static void
go_on_all(struct io *io)
{
	size_t i;

	for (i = 0; i < IO_SESSION_MAX; i++)
		if (io->sessions[i].fd != -1)
			go_on(io, &io->sessions[i]);
}

static void
enter_answered(struct io *io, struct io_session *s)
{
	if (!s->is_answered)
		TAILQ_INSERT_TAIL(&io->answered, s, next);
	s->is_answered = true;
}

static void
on_job(struct io *io, struct job *j)
{
	struct io_session *s = &io->sessions[j->session];
	bool is_open;

	io->job_cnt--;
	if (s->fd == -1 || s->generation != j->generation) {
		/* It ended while its subscription was made. */
		if (j->is_subs_done)
			tell_gone(io, j->session, j->generation);
		job_free(j);
		return;
	}
	s->job_cnt--;
	TAILQ_REMOVE(&s->jobs, j, of_session);
	s->has_subs |= j->is_subs_done;
	job_finish(j);
	is_open = j->doc != NULL && (is_given_up(j) || answer(s, j->answer));
	job_free(j);
	if (is_open)
		enter_answered(io, s);
	else
		close_session(io, s);
	if (io->job_cnt == JOB_MAX - 1)
		go_on_all(io);
}

/* session_of finds a session that is still there, or NULL. */
static struct io_session *
session_of(const struct io *io, const struct rpc_client *client)
{
	struct io_session *s = &io->sessions[client->slot];

	return s->fd != -1 && s->generation == client->generation ? s : NULL;
}

/* put_note writes a notification behind what waits; false when too many do. */
static bool
put_note(const struct io *io, struct io_session *s, const struct rpc_sub_to *to,
    struct bytes result)
{
	size_t len = rpc_note_bytes(result.len);

	if (s->note_due + len > io->note_max ||
	    !bytebuf_room(&s->out, len, IO_OUT_MAX))
		return false;
	rpc_note_put(s->out.ptr + s->out.len, to, result);
	s->out.len += len;
	s->note_due += len;
	metric_add(METRIC_RPC_NOTES, 1);
	return true;
}

static void
drop_listener(struct io *io, struct io_session *s, const char *why)
{
	log_warn("io", "session with subscriptions closed unread=%zu: %s",
	    s->note_due, why);
	metric_add(METRIC_RPC_NOTE_DROPS, 1);
	close_session(io, s);
}

static void
write_note(struct io *io, const struct mail_note *note)
{
	struct io_session *s;
	size_t i;

	for (i = 0; i < note->to_cnt; i++) {
		s = session_of(io, &note->to[i].client);
		if (s == NULL)
			continue;
		if (put_note(io, s, &note->to[i], note->result))
			enter_answered(io, s);
		else
			drop_listener(io, s, "it does not read");
	}
}

static void
on_notes(struct io *io, struct mail *m)
{
	const struct mail_note *note;

	for (note = m->notes; note != NULL; note = note->next)
		write_note(io, note);
	CHECK(io->noted_cnt < NOTIFIER_UNDER_WAY_MAX);
	io->noted[io->noted_cnt++] = m;
}

/* give_back has the notifier go on, now that sockets took what they could:
 * earlier, it could fill the buffer of a session that reads. */
static void
give_back(struct io *io)
{
	size_t i;

	for (i = 0; i < io->noted_cnt; i++) {
		if (!queue_push(io->acks, io->noted[i]))
			mail_free(io->noted[i]);
	}
	io->noted_cnt = 0;
}

static void
on_close(struct io *io, struct mail *m)
{
	struct io_session *s;
	size_t i;

	for (i = 0; i < m->client_cnt; i++) {
		s = session_of(io, &m->clients[i]);
		if (s != NULL)
			drop_listener(io, s, "news was lost");
	}
	mail_free(m);
}

/* A session's answers of one turn are one write: each write wakes who reads
 * them. */
static void
write_answers(struct io *io)
{
	struct io_session *s;

	while ((s = TAILQ_FIRST(&io->answered)) != NULL) {
		leave_answered(io, s);
		go_on(io, s);
	}
}

/* Sends on together what this turn began, so that the pool can sync it
 * together; an answer that is complete may bring the session's next one. */
static void
end_turn(struct io *io)
{
	size_t i = 0;

	do {
		for (; i < io->here_cnt; i++) {
			if (job_next(io->here[i]) == io->in)
				on_job(io, io->here[i]);
			else
				job_send_on(io->here[i]);
		}
		write_answers(io);
	} while (i < io->here_cnt);
	io->here_cnt = 0;
	give_back(io);
}

static void
on_queue(struct io *io)
{
	struct mail *m;

	queue_drain_fd(io->in);
	while ((m = queue_pop(io->in)) != NULL) {
		if (m->kind == MAIL_JOB) {
			on_job(io, (struct job *)m);
		} else if (m->kind == MAIL_NOTES) {
			on_notes(io, m);
		} else if (m->kind == MAIL_CLOSE) {
			on_close(io, m);
		} else {
			io->is_stopping = true;
			mail_free(m);
		}
	}
}

static bool
add(struct io *io, int fd, uint64_t key)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = key};

	return fd == -1 || epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void
dispatch(struct io *io, const struct epoll_event *ev)
{
	uint64_t key = ev->data.u64;

	if (key == KEY_QUEUE)
		on_queue(io);
	else if (key < KEY_QUEUE)
		on_listen(io, (enum rpc_source)key);
	else
		on_session(io, &io->sessions[key - KEY_SESSIONS], ev->events);
}

static void
close_all(struct io *io)
{
	size_t i;

	for (i = 0; i < IO_SESSION_MAX; i++)
		if (io->sessions[i].fd != -1)
			close_session(io, &io->sessions[i]);
	close(io->epoll_fd);
	mem_free(io->sessions);
}

static enum rc
open_all(struct io *io, struct err *e)
{
	size_t i;

	TAILQ_INIT(&io->answered);
	io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	io->sessions = mem_array(IO_SESSION_MAX, sizeof(*io->sessions));
	if (io->epoll_fd == -1 || io->sessions == NULL)
		return FAIL(e, RC_IO, "epoll: %s", strerror(errno));
	for (i = 0; i < IO_SESSION_MAX; i++)
		io->sessions[i].fd = -1;
	if (add(io, io->listen_fd[RPC_LOCAL], KEY_LISTEN_LOCAL) &&
	    add(io, io->listen_fd[RPC_GATEWAY], KEY_LISTEN_GATEWAY) &&
	    add(io, queue_fd(io->in), KEY_QUEUE))
		return RC_OK;
	return FAIL(e, RC_IO, "epoll: %s", strerror(errno));
}

/* Waits for events, at most wait_ms, and uses them; false when none came. */
static bool
look(struct io *io, int wait_ms)
{
	struct epoll_event ev[IO_EVENTS];
	int i, n = epoll_wait(io->epoll_fd, ev, IO_EVENTS, wait_ms);

	for (i = 0; i < n; i++)
		dispatch(io, &ev[i]);
	return n > 0;
}

/* One turn. What came while senders were recovered joins it: who asked at
 * about the same time then shares a sync and every waking up of a thread. */
static void
turn(struct io *io, int wait_ms)
{
	int looks = 0;

	(void)look(io, wait_ms);
	while (io->here_cnt > 0 && io->here_cnt < IO_HERE_MAX &&
	       looks++ < IO_LOOKS && look(io, 0))
		continue;
	end_turn(io);
}

enum rc
io_run(struct io *io, struct err *e)
{
	const struct clock *clock = clock_real();
	uint64_t until_ms = 0;

	TRY(open_all(io, e));
	for (;;) {
		uint64_t now = clock->mono_ms(clock->ctx);

		if (io->is_stopping && until_ms == 0)
			until_ms = now + IO_DRAIN_MS;
		if (io->is_stopping && (io->job_cnt == 0 || now >= until_ms))
			break;
		turn(io, io->is_stopping ? 50 : -1);
	}
	close_all(io);
	return RC_OK;
}
