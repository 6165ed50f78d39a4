/* SPDX-License-Identifier: Apache-2.0
 *
 * The framing state machine. It goes through the head byte by byte, faster
 * past those that change nothing, so that one byte at a time and all at once
 * give the same verdict at the same byte; it stores no text. What the fields
 * mean is head.c's business, except that nothing reaches head.c that is not
 * made of well-formed lines.
 */
#include "http/frame.h"

enum state {
	/* head */
	S_BEFORE,
	S_BEFORE_LF,
	S_METHOD,
	S_TARGET,
	S_VERSION,
	S_LINE_LF,
	S_FIELD,
	S_NAME,
	S_VALUE,
	S_VALUE_LF,
	S_END_LF,
	/* body */
	S_COUNTED,
	S_SIZE_FIRST,
	S_SIZE,
	S_EXT,
	S_SIZE_LF,
	S_CHUNK,
	S_CHUNK_CR,
	S_CHUNK_LF,
	S_TRAILER,
	S_TRAILER_NAME,
	S_TRAILER_VALUE,
	S_TRAILER_LF,
	S_LAST_LF,
	S_DONE,
	S_BAD,
};

enum { METHOD_MAX = 32, BEFORE_MAX = 8 };

static const char version_text[] = "HTTP/1.";

/* Classes of bytes: RFC 9110 5.6.2 (token), RFC 3986 as far as it may stand
 * in a request line, RFC 9110 5.5 (field value). Above 127 only values. */
enum { C_TOKEN = 1, C_TARGET = 2, C_VALUE = 4 };

static const uint8_t classes[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 7, 6, 7, 7, 7, 7,
    7, 6, 6, 7, 7, 6, 7, 7, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6,
    6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 7, 6, 7, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};

/* Bytes of these classes leave a state as it is. */
static const uint8_t run_classes[] = {
    [S_TARGET] = C_TARGET,
    [S_NAME] = C_TOKEN,
    [S_VALUE] = C_VALUE,
    [S_BAD] = 0, /* the last one: all states have a row */
};

static inline unsigned
class_of(uint8_t c)
{
	return classes[c];
}

void
gw_frame_init(struct gw_frame *f)
{
	*f = (struct gw_frame){.state = S_BEFORE};
}

static enum gw_more
bad(struct gw_frame *f, unsigned status)
{
	f->state = S_BAD;
	f->status = (uint16_t)status;
	return GW_BAD;
}

/* Looks at byte c of the version; at is its place in "HTTP/1.1". */
static unsigned
version_byte(uint32_t at, uint8_t c)
{
	if (at == sizeof(version_text) - 1)
		return c == '0' || c == '1'   ? 0
		       : c >= '2' && c <= '9' ? 505
					      : 400;
	if (c == (uint8_t)version_text[at])
		return 0;
	/* HTTP/2.0 and the like are a version, other text is not. */
	return at == 5 && c >= '0' && c <= '9' ? 505 : 400;
}

/* What the byte after an empty line or a line may be. */
static enum state
line_start(uint8_t c)
{
	if (c == '\r')
		return S_END_LF;
	return class_of(c) & C_TOKEN ? S_NAME : S_BAD;
}

/*
 * Takes one byte of the request line at place at.
 *
 * Returns 0, or the status to refuse with
 */
static unsigned
request_line_byte(struct gw_frame *f, uint32_t at, uint8_t c)
{
	switch (f->state) {
	case S_BEFORE:
		if (c == '\r' && at < BEFORE_MAX) {
			f->state = S_BEFORE_LF;
			return 0;
		}
		f->start = f->mark = at;
		f->state = S_METHOD;
		return class_of(c) & C_TOKEN ? 0 : 400;
	case S_BEFORE_LF:
		f->state = S_BEFORE;
		return c == '\n' ? 0 : 400;
	case S_METHOD:
		if (class_of(c) & C_TOKEN)
			return at - f->mark < METHOD_MAX ? 0 : 501;
		f->state = S_TARGET;
		f->mark = at + 1;
		return c == ' ' ? 0 : 400;
	case S_TARGET:
		if (class_of(c) & C_TARGET)
			return at - f->start < GW_LINE_MAX ? 0 : 414;
		f->state = S_VERSION;
		if (c != ' ' || at == f->mark)
			return 400;
		f->mark = at + 1;
		return 0;
	case S_VERSION:
		if (at - f->mark < sizeof(version_text))
			return version_byte(at - f->mark, c);
		f->state = S_LINE_LF;
		return c == '\r' ? 0 : 400;
	default:
		f->state = S_FIELD;
		return c == '\n' ? 0 : 400;
	}
}

/* field_byte takes one byte behind the request line. */
static unsigned
field_byte(struct gw_frame *f, uint8_t c)
{
	switch (f->state) {
	case S_FIELD:
		f->state = (uint8_t)line_start(c);
		if (f->state == S_NAME && ++f->field_cnt > GW_FIELD_CNT_MAX)
			return 431;
		/* A blank here would be a folded line, RFC 9112 5.2. */
		return f->state == S_BAD ? 400 : 0;
	case S_NAME:
		if (class_of(c) & C_TOKEN)
			return 0;
		f->state = S_VALUE;
		return c == ':' ? 0 : 400;
	case S_VALUE:
		if (class_of(c) & C_VALUE)
			return 0;
		f->state = S_VALUE_LF;
		return c == '\r' ? 0 : 400;
	case S_VALUE_LF:
		f->state = S_FIELD;
		return c == '\n' ? 0 : 400;
	default:
		f->state = S_DONE;
		return c == '\n' ? 0 : 400;
	}
}

/* skip_run passes the bytes of a target, name or value, most of a head, up to
 * the first one that changes something or is beyond a bound. */
static void
skip_run(struct gw_frame *f, struct bytes in)
{
	unsigned class = run_classes[f->state];
	uint32_t bound = f->state == S_TARGET ? GW_LINE_MAX : GW_HEAD_MAX;
	size_t at = f->pos, end = (size_t)f->start + bound;

	if (end > in.len)
		end = in.len;
	while (at < end && (classes[in.ptr[at]] & class) != 0)
		at++;
	f->pos = (uint32_t)at;
}

enum gw_more
gw_frame_head(struct gw_frame *f, struct bytes *head, struct bytes in)
{
	unsigned status;

	if (f->state == S_BAD)
		return GW_BAD;
	while (f->state != S_DONE) {
		skip_run(f, in);
		if (f->pos >= in.len)
			return GW_MORE;
		if (f->state <= S_LINE_LF)
			status = request_line_byte(f, f->pos, in.ptr[f->pos]);
		else if (f->pos - f->start >= GW_HEAD_MAX)
			status = 431;
		else
			status = field_byte(f, in.ptr[f->pos]);
		f->pos++;
		if (status != 0)
			return bad(f, status);
	}
	*head = bytes_of(in.ptr + f->start, f->pos - f->start);
	return GW_WHOLE;
}

void
gw_frame_body(
    struct gw_frame *f, enum gw_body_kind kind, uint64_t len, uint64_t max)
{
	f->left = len;
	f->total = 0;
	f->body_max = max;
	f->overhead = 0;
	f->state = kind == GW_BODY_CHUNKED              ? S_SIZE_FIRST
		   : kind == GW_BODY_COUNTED && len > 0 ? S_COUNTED
							: S_DONE;
}

/* size_digit adds a hex digit to the size of a chunk. */
static unsigned
size_digit(struct gw_frame *f, uint8_t c)
{
	unsigned digit;

	if (c >= '0' && c <= '9')
		digit = (unsigned)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		digit = (c | 0x20u) - 'a' + 10;
	else
		return 400;
	if (f->left > UINT64_MAX >> 4)
		return 400;
	f->left = f->left << 4 | digit;
	return 0;
}

/* size_end is called with the byte behind the digits. */
static unsigned
size_end(struct gw_frame *f, uint8_t c)
{
	f->mark = 0;
	if (c == ';')
		f->state = S_EXT;
	else if (c == '\r')
		f->state = S_SIZE_LF;
	else
		return size_digit(f, c);
	return 0;
}

/* chunk_start is called behind the size line. */
static unsigned
chunk_start(struct gw_frame *f)
{
	f->state = f->left == 0 ? S_TRAILER : S_CHUNK;
	f->mark = 0;
	return f->left > f->body_max - f->total ? 413 : 0;
}

/* trailer_byte reads past trailer fields; none has a meaning for us. */
static unsigned
trailer_byte(struct gw_frame *f, uint8_t c)
{
	if (++f->mark > GW_TRAILER_MAX)
		return 431;
	switch (f->state) {
	case S_TRAILER:
		f->state = c == '\r' ? S_LAST_LF : S_TRAILER_NAME;
		return c == '\r' || class_of(c) & C_TOKEN ? 0 : 400;
	case S_TRAILER_NAME:
		if (class_of(c) & C_TOKEN)
			return 0;
		f->state = S_TRAILER_VALUE;
		return c == ':' ? 0 : 400;
	case S_TRAILER_VALUE:
		if (class_of(c) & C_VALUE)
			return 0;
		f->state = S_TRAILER_LF;
		return c == '\r' ? 0 : 400;
	case S_TRAILER_LF:
		f->state = S_TRAILER;
		return c == '\n' ? 0 : 400;
	default:
		f->state = S_DONE;
		return c == '\n' ? 0 : 400;
	}
}

/* chunk_byte takes one byte of the chunked coding that is not data. */
static unsigned
chunk_byte(struct gw_frame *f, uint8_t c)
{
	switch (f->state) {
	case S_SIZE_FIRST:
		f->left = 0;
		f->state = S_SIZE;
		return size_digit(f, c);
	case S_SIZE:
		return size_end(f, c);
	case S_EXT:
		if (c == '\r')
			f->state = S_SIZE_LF;
		else if (!(class_of(c) & C_VALUE) ||
			 ++f->mark > GW_CHUNK_EXT_MAX)
			return 400;
		return 0;
	case S_SIZE_LF:
		return c == '\n' ? chunk_start(f) : 400;
	case S_CHUNK_CR:
		f->state = S_CHUNK_LF;
		return c == '\r' ? 0 : 400;
	case S_CHUNK_LF:
		f->state = S_SIZE_FIRST;
		return c == '\n' ? 0 : 400;
	default:
		return trailer_byte(f, c);
	}
}

/* take_data cuts body bytes off. */
static enum gw_more
take_data(struct gw_frame *f, struct bytes *piece, struct bytes *in)
{
	size_t n = in->len < f->left ? in->len : (size_t)f->left;

	if (n == 0)
		return GW_MORE;
	(void)bytes_take(piece, in, n);
	f->left -= n;
	f->total += n;
	if (f->left == 0)
		f->state = f->state == S_CHUNK ? S_CHUNK_CR : S_DONE;
	return GW_PIECE;
}

enum gw_more
gw_frame_next(struct gw_frame *f, struct bytes *piece, struct bytes *in)
{
	unsigned status;

	for (;;) {
		if (f->state == S_DONE)
			return GW_WHOLE;
		if (f->state == S_BAD)
			return GW_BAD;
		if (f->state == S_COUNTED || f->state == S_CHUNK)
			return take_data(f, piece, in);
		if (in->len == 0)
			return GW_MORE;
		status = chunk_byte(f, in->ptr[0]);
		in->ptr++;
		in->len--;
		f->overhead++;
		/* As much coding as data, and a little, is generous. */
		if (status == 0 && f->overhead > f->body_max + GW_TRAILER_MAX)
			status = 413;
		if (status != 0)
			return bad(f, status);
	}
}
