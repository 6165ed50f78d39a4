/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads, writes and compares addresses. No names, no sockets.
 */
#include "http/net.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct gw_addr
gw_addr_of_v4(const uint8_t b[4])
{
	struct gw_addr a;

	memcpy(a.b, mapped, sizeof(mapped));
	memcpy(a.b + sizeof(mapped), b, 4);
	return a;
}

bool
gw_addr_is_v4(const struct gw_addr *a)
{
	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

struct bytes
gw_addr_client(const struct gw_addr *a)
{
	return bytes_of(a->b, gw_addr_is_v4(a) ? sizeof(a->b) : 8);
}

bool
gw_addr_is_loopback(const struct gw_addr *a)
{
	static const struct gw_addr one = {{[15] = 1}};

	if (gw_addr_is_v4(a))
		return a->b[12] == 127;
	return memcmp(a, &one, sizeof(one)) == 0;
}

bool
gw_addr_is_private(const struct gw_addr *a)
{
	const uint8_t *v4 = a->b + 12;

	if (!gw_addr_is_v4(a))
		return (a->b[0] & 0xfe) == 0xfc ||
		       (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80);
	return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
	       (v4[0] == 192 && v4[1] == 168) ||
	       (v4[0] == 169 && v4[1] == 254) ||
	       (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}

/* By hand: inet_ntop formats IPv4 by printf, and this is in every line of the
 * access log. */
static void
put_v4(struct buf *b, const uint8_t v4[4])
{
	size_t i;

	for (i = 0; i < 4; i++) {
		if (i > 0)
			(void)buf_put_u8(b, '.');
		(void)buf_put_dec(b, v4[i], 0);
	}
}

const char *
gw_addr_text(char out[GW_ADDR_TEXT_MAX], const struct gw_addr *a)
{
	struct buf b = buf_of(out, GW_ADDR_TEXT_MAX - 1);

	out[0] = '\0';
	if (!gw_addr_is_v4(a))
		return inet_ntop(AF_INET6, a->b, out, GW_ADDR_TEXT_MAX);
	put_v4(&b, a->b + 12);
	out[b.len] = '\0';
	return out;
}

bool
gw_addr_read(struct gw_addr *out, struct bytes text)
{
	char s[GW_ADDR_TEXT_MAX];
	uint8_t v4[4];

	if (text.len == 0 || text.len >= sizeof(s))
		return false;
	memcpy(s, text.ptr, text.len);
	s[text.len] = '\0';
	if (inet_pton(AF_INET, s, v4) == 1) {
		*out = gw_addr_of_v4(v4);
		return true;
	}
	return inet_pton(AF_INET6, s, out->b) == 1;
}

/* Bit i of an address, the most significant first. */
static bool
bit(const struct gw_addr *a, unsigned i)
{
	return (a->b[i / 8] >> (7 - i % 8)) & 1;
}

bool
gw_net_read(struct gw_net *out, struct bytes text)
{
	const uint8_t *slash = memchr(text.ptr, '/', text.len);
	struct bytes head = text;
	unsigned base, i;
	uint64_t bits;

	if (slash != NULL)
		head.len = (size_t)(slash - text.ptr);
	if (!gw_addr_read(&out->addr, head))
		return false;
	base = gw_addr_is_v4(&out->addr) && !memchr(head.ptr, ':', head.len)
		   ? 96
		   : 0;
	bits = 128 - base;
	if (slash != NULL &&
	    !bytes_dec(
		&bits, bytes_of(slash + 1, text.len - head.len - 1), bits))
		return false;
	out->bits = (uint8_t)(base + bits);
	for (i = out->bits; i < 128; i++)
		if (bit(&out->addr, i))
			return false;
	return true;
}

bool
gw_net_has(const struct gw_net *n, const struct gw_addr *a)
{
	unsigned whole = n->bits / 8, i;

	if (memcmp(n->addr.b, a->b, whole) != 0)
		return false;
	for (i = whole * 8; i < n->bits; i++)
		if (bit(&n->addr, i) != bit(a, i))
			return false;
	return true;
}

bool
gw_nets_have(const struct gw_nets *nets, const struct gw_addr *a)
{
	size_t i;

	for (i = 0; i < nets->cnt; i++)
		if (gw_net_has(&nets->nets[i], a))
			return true;
	return false;
}
