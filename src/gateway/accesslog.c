/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds and writes log lines. Text of clients is cut to a bound and escaped
 * so that it cannot end a line or a string (reliability I11); queries,
 * headers and bodies are not logged.
 */
#include "gateway/accesslog.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gateway/entry.h"
#include "gateway/worker.h"
#include "http/filter.h"
#include "http/route.h"
#include "http/uri.h"

enum { FLUSH_MS = 250, PATH_MAX_LOGGED = 256, SUBJECT_MAX_LOGGED = 128 };

void
accesslog_open(struct accesslog *l, int fd)
{
	l->fd = fd;
}

void
accesslog_flush(struct accesslog *l)
{
	char note[96];
	ssize_t n;
	size_t i, lines = 0;

	timer_clear(&gw_worker->timers, &l->timer);
	if (l->len == 0)
		return;
	if (l->lost > 0) {
		int len = snprintf(note, sizeof(note), "{\"lost\":%llu}\n",
		    (unsigned long long)l->lost);

		if (write(l->fd, note, (size_t)len) == len)
			l->lost = 0;
	}
	n = write(l->fd, l->buf, l->len);
	/* A full disk must not stop requests; say later what is missing. */
	if (n < (ssize_t)l->len) {
		for (i = n < 0 ? 0 : (size_t)n; i < l->len; i++)
			lines += l->buf[i] == '\n';
		l->lost += lines;
		worker_stat(STAT_LOG_LOST, lines);
	}
	l->len = 0;
}

static void
on_timer(void *arg)
{
	accesslog_flush(arg);
}

void
accesslog_swap(struct accesslog *l, int fd)
{
	accesslog_flush(l);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = fd;
}

static void
set_stamp(struct accesslog *l, uint64_t unix_s)
{
	struct tm tm;
	time_t sec = (time_t)unix_s;

	if (unix_s == l->sec)
		return;
	l->sec = unix_s;
	(void)gmtime_r(&sec, &tm);
	(void)strftime(l->stamp, sizeof(l->stamp), "%Y-%m-%dT%H:%M:%S", &tm);
}

/* wants_escape tells of ASCII that cannot stand in a JSON string as it is. */
static bool
wants_escape(uint8_t c)
{
	return c == '"' || c == '\\' || c < 0x20 || c == 0x7f;
}

/* plain_len is how much of text, from its front, is written as it is. */
static size_t
plain_len(struct bytes text)
{
	size_t i = 0;

	while (i < text.len && text.ptr[i] < 0x80 && !wants_escape(text.ptr[i]))
		i++;
	return i;
}

/* put_escaped writes text; what is not UTF-8 becomes question marks. */
static void
put_escaped(struct buf *b, struct bytes text)
{
	static const char hex[] = "0123456789abcdef";
	bool is_utf8 = gw_utf8_ok(text);
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		char esc[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

		if (wants_escape(c))
			(void)buf_put(b, esc, sizeof(esc));
		else
			(void)buf_put_u8(b, is_utf8 || c < 0x80 ? c : '?');
	}
}

/* put_text writes a JSON string. */
static void
put_text(struct buf *b, struct bytes text)
{
	size_t plain = plain_len(text);

	(void)buf_put_u8(b, '"');
	(void)buf_put(b, text.ptr, plain);
	if (plain < text.len)
		put_escaped(b, bytes_of(text.ptr + plain, text.len - plain));
	(void)buf_put_u8(b, '"');
}

/* put_word writes a word of our own, which needs no escapes. */
static void
put_word(struct buf *b, const char *word)
{
	(void)buf_put_u8(b, '"');
	(void)buf_put(b, word, strlen(word));
	(void)buf_put_u8(b, '"');
}

/* put_name writes a member's name, NAME a literal. */
#define PUT_NAME(b, name) put_name(b, ",\"" name "\":", sizeof(name) + 3)

static void
put_name(struct buf *b, const char *text, size_t len)
{
	size_t skip = b->len > 1 ? 0 : 1; /* the comma */

	(void)buf_put(b, text + skip, len - skip);
}

#define PUT_WORD(b, name, word) (PUT_NAME(b, name), put_word(b, word))
#define PUT_DEC(b, name, v)     (PUT_NAME(b, name), (void)buf_put_dec(b, v, 0))

static void
put_cause(struct buf *b, enum gw_refusal cause)
{
	char word[GW_REFUSAL_WORD_MAX];

	PUT_WORD(b, "cause", gw_refusal_word(word, cause));
}

/* put_ruling names a filter, and its rule behind a colon. */
static void
put_ruling(struct buf *b, enum gw_filter f, const struct gw_ruling *ruling)
{
	char text[64], word[GW_REFUSAL_WORD_MAX];

	(void)snprintf(text, sizeof(text), "%s:%s", gw_filter_word(f),
	    ruling->rule != NULL ? ruling->rule
				 : gw_refusal_word(word, ruling->cause));
	put_text(b, bytes_of_str(text));
}

/* put_rulings writes who refused, and who would have. */
static void
put_rulings(struct buf *b, const struct gw_req *r)
{
	size_t i, shadows = 0;

	for (i = 0; i < GW_FILTER_CNT; i++) {
		if (r->rulings[i].verdict != GW_VERDICT_SHADOW)
			continue;
		if (shadows++ == 0) {
			PUT_NAME(b, "shadow");
			(void)buf_put_u8(b, '[');
		} else {
			(void)buf_put_u8(b, ',');
		}
		put_ruling(b, (enum gw_filter)i, &r->rulings[i]);
	}
	if (shadows > 0)
		(void)buf_put_u8(b, ']');
	for (i = 0; i < GW_FILTER_CNT; i++) {
		if (r->rulings[i].verdict != GW_VERDICT_REFUSE)
			continue;
		PUT_NAME(b, "filter");
		put_ruling(b, (enum gw_filter)i, &r->rulings[i]);
	}
}

/* put_sqli writes what the SQL screen saw: all but the value. */
static void
put_sqli(struct buf *b, const struct gw_sql_note *n)
{
	uint64_t left;
	const char *sep = "";

	PUT_WORD(b, "sqli_in", gw_where_word(n->where));
	PUT_NAME(b, "sqli_field");
	put_text(b, n->name);
	PUT_DEC(b, "sqli_score", n->verdict.score);
	PUT_NAME(b, "sqli_fingerprint");
	put_text(b, bytes_of_str(n->verdict.fingerprint));
	PUT_NAME(b, "sqli_rules");
	(void)buf_put_u8(b, '[');
	for (left = n->fired; left != 0; left &= left - 1) {
		(void)buf_put(b, sep, strlen(sep));
		put_text(b, bytes_of_str(gw_sql_rule_name(
				(enum gw_sql_rule)__builtin_ctzll(left))));
		sep = ",";
	}
	(void)buf_put_u8(b, ']');
}

/* cut_text keeps whole UTF-8 sequences. */
static struct bytes
cut_text(struct bytes b, size_t max)
{
	if (b.len <= max)
		return b;
	while (max > 0 && (b.ptr[max] & 0xc0) == 0x80)
		max--;
	return bytes_of(b.ptr, max);
}

/* path_of returns the decoded path, or its route when the SQL screen saw a
 * value in it; of a target that has none what stands in front of its query,
 * unless that may hold a name and password. */
static struct bytes
path_of(const struct gw_req *r)
{
	struct bytes t = r->head.target;
	size_t len = 0;

	if (r->sqli != NULL && r->sqli->where == GW_IN_PATH && r->route != NULL)
		return bytes_of_str(r->route->path);
	if (r->path.len > 0)
		return r->path;
	if (t.len == 0 || t.ptr[0] != '/')
		return bytes_of_str("-");
	while (len < t.len && t.ptr[len] != '?' && t.ptr[len] != '#')
		len++;
	return bytes_of(t.ptr, len);
}

static void
put_time(struct buf *b, struct accesslog *l, uint64_t unix_us)
{
	set_stamp(l, unix_us / 1000000);
	PUT_NAME(b, "time");
	(void)buf_put_u8(b, '"');
	(void)buf_put(b, l->stamp, strlen(l->stamp));
	(void)buf_put_u8(b, '.');
	(void)buf_put_dec(b, unix_us / 1000 % 1000, 3);
	(void)buf_put(b, "Z\"", 2);
}

/* put_cert names whom an authority answers for; of others it only tells
 * which certificate that was. */
static void
put_cert(struct buf *b, const struct gw_cert *cert)
{
	if (cert->state == GW_CERT_GOOD) {
		PUT_NAME(b, "cert");
		put_text(b, cut_text(cert->subject, SUBJECT_MAX_LOGGED));
	}
	PUT_WORD(b, "cert_sha256", cert->print);
}

static void
put_request(struct buf *b, const struct gw_req *r)
{
	char addr[GW_ADDR_TEXT_MAX], country[GW_PLACE_TEXT_MAX];
	struct gw_place place;

	PUT_WORD(b, "req", r->id);
	PUT_WORD(b, "addr", gw_addr_text(addr, &r->client));
	if (memcmp(&r->client, &r->peer.addr, sizeof(r->client)) != 0)
		PUT_WORD(b, "proxy", gw_addr_text(addr, &r->peer.addr));
	place = gw_req_place(r);
	PUT_WORD(b, "country", gw_place_text(country, &place));
	PUT_NAME(b, "surface");
	put_text(b, bytes_of_str(r->surface == NULL ? "-" : r->surface->name));
	if (r->route != NULL)
		PUT_WORD(b, "route", r->route->path);
	PUT_NAME(b, "method");
	put_text(b, cut_text(r->head.method_text, 32));
	PUT_NAME(b, "path");
	put_text(b, cut_text(path_of(r), PATH_MAX_LOGGED));
	if (r->user.len > 0) {
		PUT_NAME(b, "user");
		put_text(b, cut_text(r->user, 64));
	}
	if (r->cert != NULL)
		put_cert(b, r->cert);
}

void
accesslog_put(
    struct accesslog *l, const struct txn *t, uint64_t end_us, bool is_aborted)
{
	struct buf b;

	if (l->fd < 0)
		return;
	if (ACCESSLOG_BUF - l->len < ACCESSLOG_LINE_MAX)
		accesslog_flush(l);
	if (l->len == 0)
		timer_set(&gw_worker->timers, &l->timer,
		    worker_now_ms() + FLUSH_MS, on_timer, l);
	b = buf_of(l->buf + l->len, ACCESSLOG_LINE_MAX - 2);
	(void)buf_put_u8(&b, '{');
	put_time(&b, l, worker_wall_us(end_us));
	put_request(&b, &t->req);
	PUT_DEC(&b, "status", t->req.reply.status);
	PUT_DEC(&b, "in", t->bytes_in);
	PUT_DEC(&b, "out", t->bytes_out);
	PUT_DEC(&b, "us", end_us - t->start_us);
	if (t->conn->ws != NULL)
		PUT_DEC(&b, "websocket", 1);
	if (t->req.reply.cause != GW_R_NONE)
		put_cause(&b, t->req.reply.cause);
	put_rulings(&b, &t->req);
	if (t->req.sqli != NULL)
		put_sqli(&b, t->req.sqli);
	if (is_aborted)
		PUT_DEC(&b, "aborted", 1);
	l->len += b.len;
	l->buf[l->len++] = '}';
	l->buf[l->len++] = '\n';
}
