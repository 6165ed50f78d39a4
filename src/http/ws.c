/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads frames of a client (RFC 6455 5.2) and names what is wrong with them
 * by the code that the connection is closed with. Keeps no byte of a message:
 * pieces are unmasked where they lie and handed on.
 */
#include "http/ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

enum {
	BIT_FINAL = 0x80,
	BITS_RESERVED = 0x70,
	BITS_OP = 0x0f,
	BIT_MASKED = 0x80,
	BITS_LEN = 0x7f,
	LEN_16 = 126, /* two bytes with the length follow */
	LEN_64 = 127, /* eight do */
	KEY_LEN = 16,
	KEY_TEXT_LEN = 24,
};

static enum gw_ws_more
bad(struct gw_ws *w, enum gw_ws_code code)
{
	w->code = (uint16_t)code;
	return GW_WS_BAD;
}

void
gw_ws_init(struct gw_ws *w, uint64_t message_max)
{
	*w = (struct gw_ws){.message_max = message_max};
}

/* --- UTF-8 across pieces (RFC 3629) --- */

/* begin_char takes a lead byte; the second byte's bounds keep out overlong
 * forms, surrogates and what is above U+10FFFF. */
static bool
begin_char(struct gw_ws *w, uint8_t c)
{
	if (c < 0xc2 || c > 0xf4)
		return false;
	w->utf8_left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	w->utf8_min = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	w->utf8_max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

static bool
take_utf8(struct gw_ws *w, struct bytes text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (w->utf8_left == 0) {
			if (c >= 0x80 && !begin_char(w, c))
				return false;
			continue;
		}
		if (c < w->utf8_min || c > w->utf8_max)
			return false;
		w->utf8_left--;
		w->utf8_min = 0x80;
		w->utf8_max = 0xbf;
	}
	return true;
}

/* --- heads --- */

static bool
is_control(uint8_t op)
{
	return (op & 0x8) != 0;
}

/* head_size returns how long the head is, as far as its bytes tell. */
static size_t
head_size(const struct gw_ws *w)
{
	size_t size = 2 + sizeof(w->mask);

	if (w->head_len < 2)
		return 2;
	switch (w->head[1] & BITS_LEN) {
	case LEN_16:
		return size + 2;
	case LEN_64:
		return size + 8;
	default:
		return size;
	}
}

/* length_of reads the payload's length; false when fewer bytes would have
 * held it, or it has the highest bit. */
static bool
length_of(uint64_t *len, const uint8_t *head)
{
	*len = head[1] & BITS_LEN;
	if (*len == LEN_16) {
		*len = be16(head + 2);
		return *len >= LEN_16;
	}
	if (*len == LEN_64) {
		*len = be64(head + 2);
		return *len > UINT16_MAX && *len <= INT64_MAX;
	}
	return true;
}

/* check_op: which frame may come now. */
static bool
check_op(const struct gw_ws *w)
{
	switch (w->op) {
	case GW_WS_CONTINUATION:
		return w->message_op != 0;
	case GW_WS_TEXT:
	case GW_WS_BINARY:
		return w->message_op == 0;
	case GW_WS_CLOSE:
	case GW_WS_PING:
	case GW_WS_PONG:
		return w->is_final && w->left <= GW_WS_CONTROL_MAX;
	default:
		return false;
	}
}

/* open_frame takes in a whole head. */
static enum gw_ws_more
open_frame(struct gw_ws *w)
{
	w->is_final = (w->head[0] & BIT_FINAL) != 0;
	w->op = w->head[0] & BITS_OP;
	if (!length_of(&w->left, w->head) || !check_op(w))
		return bad(w, GW_WS_PROTOCOL);
	memcpy(
	    w->mask, w->head + w->head_len - sizeof(w->mask), sizeof(w->mask));
	w->mask_at = 0;
	w->has_head = true;
	if (is_control(w->op)) {
		w->control_len = 0;
		return GW_WS_MORE;
	}
	if (w->left > w->message_max - w->total)
		return bad(w, GW_WS_TOO_BIG);
	if (w->message_op == 0)
		w->message_op = w->op;
	return GW_WS_MORE;
}

/* read_head gathers a head; what is wrong in its first two bytes is told
 * without waiting for the others. */
static enum gw_ws_more
read_head(struct gw_ws *w, const uint8_t *in, size_t len, size_t *used)
{
	while (w->head_len < head_size(w)) {
		if (*used == len)
			return GW_WS_MORE;
		w->head[w->head_len++] = in[(*used)++];
		if ((w->head[0] & BITS_RESERVED) != 0 ||
		    (w->head_len == 2 && (w->head[1] & BIT_MASKED) == 0))
			return bad(w, GW_WS_PROTOCOL);
	}
	return open_frame(w);
}

/* --- payload --- */

static void
unmask(struct gw_ws *w, uint8_t *p, size_t n)
{
	uint8_t turned[8];
	uint64_t mask, word;
	size_t i;

	for (i = 0; i < sizeof(turned); i++)
		turned[i] = w->mask[(w->mask_at + i) % sizeof(w->mask)];
	memcpy(&mask, turned, sizeof(mask));
	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		word ^= mask;
		memcpy(p + i, &word, sizeof(word));
	}
	for (; i < n; i++)
		p[i] ^= turned[i % sizeof(turned)];
	w->mask_at = (uint8_t)((w->mask_at + n) % sizeof(w->mask));
}

static void
close_frame(struct gw_ws *w)
{
	w->has_head = false;
	w->head_len = 0;
}

/* code_ok tells whether a client may close with code. */
static bool
code_ok(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* read_close looks into a close frame: a code, and text for people. */
static enum gw_ws_more
read_close(struct gw_ws *w)
{
	struct gw_ws text = {0};

	w->code = GW_WS_NO_CODE;
	if (w->control_len == 0)
		return GW_WS_CONTROL;
	if (w->control_len == 1)
		return bad(w, GW_WS_PROTOCOL);
	w->code = be16(w->control);
	if (!code_ok(w->code))
		return bad(w, GW_WS_PROTOCOL);
	if (!take_utf8(&text, bytes_of(w->control + 2, w->control_len - 2u)) ||
	    text.utf8_left > 0)
		return bad(w, GW_WS_NOT_TEXT);
	return GW_WS_CONTROL;
}

static enum gw_ws_more
take_control(struct gw_ws *w, const uint8_t *p, size_t n)
{
	memcpy(w->control + w->control_len, p, n);
	w->control_len = (uint8_t)(w->control_len + n);
	if (w->left > 0)
		return GW_WS_MORE;
	close_frame(w);
	return w->op == GW_WS_CLOSE ? read_close(w) : GW_WS_CONTROL;
}

static enum gw_ws_more
end_message(struct gw_ws *w)
{
	if (w->utf8_left > 0)
		return bad(w, GW_WS_NOT_TEXT);
	w->op = w->message_op;
	w->message_op = 0;
	w->total = 0;
	return GW_WS_WHOLE;
}

/* read_payload takes what there is of the frame. A frame that ends without
 * a byte left ends here as well, in a call of its own behind its piece. */
static enum gw_ws_more
read_payload(struct gw_ws *w, struct bytes *piece, uint8_t *p, size_t n)
{
	if (n > w->left)
		n = (size_t)w->left;
	unmask(w, p, n);
	w->left -= n;
	if (is_control(w->op))
		return take_control(w, p, n);
	w->total += n;
	*piece = bytes_of(p, n);
	if (w->message_op == GW_WS_TEXT && !take_utf8(w, *piece))
		return bad(w, GW_WS_NOT_TEXT);
	if (n > 0)
		return GW_WS_PIECE;
	if (w->left > 0)
		return GW_WS_MORE;
	close_frame(w);
	return w->is_final ? end_message(w) : GW_WS_MORE;
}

enum gw_ws_more
gw_ws_next(
    struct gw_ws *w, struct bytes *piece, uint8_t *in, size_t len, size_t *used)
{
	enum gw_ws_more more = GW_WS_MORE;
	size_t at;

	*used = 0;
	while (more == GW_WS_MORE) {
		if (!w->has_head) {
			more = read_head(w, in, len, used);
			if (more != GW_WS_MORE || !w->has_head)
				return more;
		}
		if (*used == len && w->left > 0)
			return GW_WS_MORE;
		at = *used;
		*used += len - at < w->left ? len - at : (size_t)w->left;
		more = read_payload(w, piece, in + at, len - at);
	}
	return more;
}

/* --- ours --- */

size_t
gw_ws_head(uint8_t out[GW_WS_HEAD_MAX], enum gw_ws_op op, uint64_t len)
{
	out[0] = BIT_FINAL | (uint8_t)op;
	if (len < LEN_16) {
		out[1] = (uint8_t)len;
		return 2;
	}
	if (len <= UINT16_MAX) {
		out[1] = LEN_16;
		be16_put(out + 2, (uint16_t)len);
		return 4;
	}
	out[1] = LEN_64;
	be64_put(out + 2, len);
	return GW_WS_HEAD_MAX;
}

/* is_key: 16 bytes in base64 are 22 characters and ==, of which the last
 * character has two bits only. */
static bool
is_key(struct bytes key)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t digits = KEY_TEXT_LEN - 2;
	size_t i;

	if (key.len != KEY_TEXT_LEN || key.ptr[digits] != '=' ||
	    key.ptr[digits + 1] != '=')
		return false;
	for (i = 0; i < digits; i++)
		if (memchr(all, key.ptr[i], sizeof(all) - 1) == NULL)
			return false;
	return strchr("AQgw", key.ptr[digits - 1]) != NULL;
}

bool
gw_ws_accept(char out[GW_WS_ACCEPT_LEN + 1], struct bytes key)
{
	static const char id[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t text[KEY_TEXT_LEN + sizeof(id) - 1];
	uint8_t sum[SHA_DIGEST_LENGTH];

	if (!is_key(key))
		return false;
	memcpy(text, key.ptr, KEY_TEXT_LEN);
	memcpy(text + KEY_TEXT_LEN, id, sizeof(id) - 1);
	(void)SHA1(text, sizeof(text), sum);
	(void)EVP_EncodeBlock((uint8_t *)out, sum, sizeof(sum));
	return true;
}
