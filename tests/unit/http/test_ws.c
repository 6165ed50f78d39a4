/* SPDX-License-Identifier: Apache-2.0
 *
 * WebSocket frames: every row is fed whole, byte by byte and in pieces of
 * seven, and must give the same events and the same end.
 */
#include "http/ws.h"

#include <stdio.h>

#include "base/check.h"
#include "test.h"

enum { MAX = 70000, SHOWN_MAX = 40 };

struct log {
	char text[512];
	size_t len;
	char message[MAX];
	size_t message_len;
};

/* say adds "name:what " with the first bytes of what. */
static void
say(struct log *l, const char *name, const void *what, size_t len)
{
	l->len += (size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len,
	    "%s%s:%.*s", l->len > 0 ? " " : "", name,
	    (int)(len < SHOWN_MAX ? len : SHOWN_MAX), (const char *)what);
}

static void
say_code(struct log *l, const char *name, unsigned code)
{
	char text[8];
	int n = snprintf(text, sizeof(text), "%u", code);

	say(l, name, text, (size_t)n);
}

static void
say_control(struct log *l, const struct gw_ws *w)
{
	if (w->op == GW_WS_CLOSE)
		say_code(l, "close", w->code);
	else
		say(l, w->op == GW_WS_PING ? "ping" : "pong", w->control,
		    w->control_len);
}

/* take reads what is shown; false when nothing more is to be read. */
static bool
take(struct log *l, struct gw_ws *w, uint8_t *p, size_t n)
{
	struct bytes piece;
	size_t used;

	for (;;) {
		switch (gw_ws_next(w, &piece, p, n, &used)) {
		case GW_WS_MORE:
			EXPECT_U64(used, n);
			return true;
		case GW_WS_PIECE:
			EXPECT(piece.len > 0);
			memcpy(
			    l->message + l->message_len, piece.ptr, piece.len);
			l->message_len += piece.len;
			break;
		case GW_WS_WHOLE:
			say(l, w->op == GW_WS_TEXT ? "text" : "binary",
			    l->message, l->message_len);
			l->message_len = 0;
			break;
		case GW_WS_CONTROL:
			say_control(l, w);
			if (w->op == GW_WS_CLOSE)
				return false;
			break;
		case GW_WS_BAD:
			say_code(l, "bad", w->code);
			return false;
		}
		p += used;
		n -= used;
	}
}

static void
feed(struct log *l, const uint8_t *in, size_t len, size_t step, uint64_t max)
{
	static uint8_t copy[MAX];
	struct gw_ws w;
	size_t at, n;

	memcpy(copy, in, len);
	*l = (struct log){0};
	gw_ws_init(&w, max);
	for (at = 0; at < len; at += n) {
		n = len - at < step ? len - at : step;
		if (!take(l, &w, copy + at, n))
			return;
	}
	say(l, gw_ws_is_between(&w) ? "end" : "cut", "", 0);
}

static void
check(const uint8_t *in, size_t len, uint64_t max, const char *want)
{
	static const size_t steps[] = {MAX, 1, 7};
	static struct log l;
	size_t i;

	for (i = 0; i < ARRAY_CNT(steps); i++) {
		feed(&l, in, len, steps[i], max);
		EXPECT_STR(l.text, want);
	}
}

static const struct {
	const char *name, *hex, *want;
} rows[] = {
    {"5.7: a masked text", "818537fa213d7f9f4d5158", "text:Hello end:"},
    {"nothing", "", "end:"},
    {"empty text", "818000000000", "text: end:"},
    {"a zero mask", "81850000000048656c6c6f", "text:Hello end:"},
    {"binary", "82830000000001fe41",
	"binary:\x01\xfe"
	"A end:"},
    {"fragments",
	"0182000000004865"
	"0081000000006c"
	"8082000000006c6f",
	"text:Hello end:"},
    {"empty fragments",
	"018000000000"
	"008000000000"
	"808000000000",
	"text: end:"},
    {"a ping between fragments",
	"01820000000048ff"
	"8981000000007a"
	"808100000000"
	"80",
	"bad:1007"},
    {"and one that is fine",
	"0182000000004865"
	"898100000000"
	"7a"
	"8083000000006c6c6f",
	"ping:z text:Hello end:"},
    {"ping, pong",
	"898000000000"
	"8a82000000006f6b",
	"ping: pong:ok end:"},
    {"close without a code", "888000000000", "close:1005"},
    {"close", "88820000000003e8", "close:1000"},
    {"close with a reason", "88850000000003e9627965", "close:1001"},
    {"close, code of applications", "8882000000000fa0", "close:4000"},
    {"nothing behind a close",
	"88820000000003e8"
	"ffff",
	"close:1000"},
    {"half a code", "88810000000003", "bad:1002"},
    {"a code that is never sent", "88820000000003ed", "bad:1002"},
    {"code 999", "88820000000003e7", "bad:1002"},
    {"code 1004", "88820000000003ec", "bad:1002"},
    {"code 1015", "88820000000003f7", "bad:1002"},
    {"code 5000",
	"888200000000"
	"1388",
	"bad:1002"},
    {"a reason that is no text", "88840000000003e8ffff", "bad:1007"},
    {"a reason cut in a character", "88830000000003e8c3", "bad:1007"},
    {"no mask", "810548656c6c6f", "bad:1002"},
    {"reserved bit 1", "c18000000000", "bad:1002"},
    {"reserved bit 2", "a18000000000", "bad:1002"},
    {"reserved bit 3", "91", "bad:1002"},
    {"op 3", "838000000000", "bad:1002"},
    {"op 11", "8b8000000000", "bad:1002"},
    {"ping in pieces", "098000000000", "bad:1002"},
    {"a long ping", "89fe007e00000000", "bad:1002"},
    {"text within a message",
	"018000000000"
	"818000000000",
	"bad:1002"},
    {"continuation of nothing", "808000000000", "bad:1002"},
    {"continuation behind the end",
	"818000000000"
	"808000000000",
	"text: bad:1002"},
    {"two bytes for a short length", "81fe007d00000000", "bad:1002"},
    {"eight bytes for a length of two", "81ff000000000000ffff00000000",
	"bad:1002"},
    {"length with the highest bit", "81ff800000000000000000000000", "bad:1002"},
    {"too long",
	"81ff0000000000011171"
	"00000000",
	"bad:1009"},
    {"too long together",
	"01fe1000"
	"00000000",
	"cut:"},
    {"utf-8",
	"818900000000"
	"c3a9e38182f09f9880",
	"text:\xc3\xa9\xe3\x81\x82"
	"\xf0\x9f\x98\x80 end:"},
    {"utf-8 in two fragments",
	"0182000000004"
	"1e3"
	"8082000000008182",
	"text:A\xe3\x81\x82 end:"},
    {"cut in a character",
	"8181000000"
	"00c3",
	"bad:1007"},
    {"overlong",
	"81820000"
	"0000c080",
	"bad:1007"},
    {"overlong of three", "818300000000e08080", "bad:1007"},
    {"overlong of four", "818400000000f0808080", "bad:1007"},
    {"surrogate", "818300000000eda080", "bad:1007"},
    {"above U+10FFFF", "818400000000f4908080", "bad:1007"},
    {"lead f5", "818400000000f5808080", "bad:1007"},
    {"a lone tail", "81810000000080", "bad:1007"},
    {"told at the bad byte",
	"81fe0fff00000000"
	"41ff",
	"bad:1007"},
};

TEST(test_ws_frames_are_the_same_in_any_pieces)
{
	struct bytes in;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		in = test_hex(rows[i].hex);
		check(in.ptr, in.len, MAX - 1, rows[i].want);
	}
}

/* A message of a frame at each border of the length's forms. */
TEST(test_ws_lengths)
{
	static const size_t lens[] = {
	    125, 126, 127, 4095, UINT16_MAX, UINT16_MAX + 1};
	static uint8_t frame[MAX + GW_WS_HEAD_IN_MAX];
	static struct log l;
	size_t i, k, n;

	for (i = 0; i < ARRAY_CNT(lens); i++) {
		n = gw_ws_head(frame, GW_WS_BINARY, lens[i]);
		EXPECT_U64(n, lens[i] < 126           ? 2
			      : lens[i] <= UINT16_MAX ? 4
						      : GW_WS_HEAD_MAX);
		frame[1] |= 0x80;
		memcpy(frame + n, "\x01\x02\x03\x04", 4);
		for (k = 0; k < lens[i]; k++)
			frame[n + 4 + k] =
			    (uint8_t)(k * 7) ^ (uint8_t)(k % 4 + 1);
		feed(&l, frame, n + 4 + lens[i], 1000, lens[i]);
		EXPECT(l.len > 4 && !strcmp(l.text + l.len - 4, "end:"));
		for (k = 0;
		     k < lens[i] && (uint8_t)l.message[k] == (uint8_t)(k * 7);
		     k++)
			;
		EXPECT_U64(k, lens[i]);
		feed(&l, frame, n + 4 + lens[i], 1000, lens[i] - 1);
		EXPECT_STR(l.text, "bad:1009");
	}
}

TEST(test_ws_message_max_counts_all_fragments)
{
	static const uint8_t in[] = {0x01, 0x83, 0, 0, 0, 0, 'a', 'b', 'c',
	    0x80, 0x82, 0, 0, 0, 0, 'd', 'e'};

	check(in, sizeof(in), 5, "text:abcde end:");
	check(in, sizeof(in), 4, "bad:1009");
	check(in, sizeof(in), 2, "bad:1009");
}

TEST(test_ws_accept)
{
	static const struct {
		const char *key, *want; /* NULL: refused */
	} keys[] = {
	    /* RFC 6455 1.3 */
	    {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	    {"", NULL},
	    {"dGhlIHNhbXBsZSBub25jZQ=", NULL},
	    {"dGhlIHNhbXBsZSBub25jZQ===", NULL},
	    {"dGhlIHNhbXBsZSBub25jZR==", NULL},
	    {"dGhlIHNhbXBsZSBub25j-Q==", NULL},
	    {"dGhlIHNhbXBsZSBub25jZQ=A", NULL},
	    {"dGhlIHNhbXBsZSBub25jZSEh", NULL},
	};
	char out[GW_WS_ACCEPT_LEN + 1];
	size_t i;

	for (i = 0; i < ARRAY_CNT(keys); i++) {
		test_row(keys[i].key);
		EXPECT_U64(gw_ws_accept(out, bytes_of_str(keys[i].key)),
		    keys[i].want != NULL);
		if (keys[i].want != NULL)
			EXPECT_STR(out, keys[i].want);
	}
}
