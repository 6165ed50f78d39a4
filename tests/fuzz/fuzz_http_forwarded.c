/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client writes about itself, in front of what its proxy adds. Input:
 * a line of the field for each line of text. Whatever stands there, a
 * trusted proxy's own item decides, on the same line or on one of its own;
 * a stranger is who he is; and the client is never one that is left of an
 * address which is no proxy.
 *
 * fuzz: cover=src/http/forwarded.c lib=http
 */
#include <string.h>

#include "base/check.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_CNT = 8 };

static struct gw_net trusted[2];

static struct gw_conf conf = {.listener_cnt = 2,
    .listeners = {
	{.name = "p", .proxies = {2, trusted}},
	{.name = "f",
	    .proxies = {2, trusted},
	    .forwarded = GW_FORWARDED_RFC7239},
    }};

static const struct gw_addr *
address(const char *text)
{
	static struct gw_addr a;

	CHECK(gw_addr_read(&a, bytes_of_str(text)));
	return &a;
}

/* split makes a field of each line. */
static size_t
split(struct gw_field *out, const char *name, struct bytes in)
{
	size_t cnt = 0;

	while (cnt < LINE_MAX_CNT && in.len > 0) {
		const uint8_t *end = memchr(in.ptr, '\n', in.len);
		size_t len = end == NULL ? in.len : (size_t)(end - in.ptr);

		out[cnt++] = (struct gw_field){
		    bytes_of_str(name), bytes_of(in.ptr, len)};
		len += end != NULL;
		in = bytes_of(in.ptr + len, in.len - len);
	}
	return cnt;
}

static struct gw_addr
client(const char *listener, const char *peer, const struct gw_field *fields,
    size_t cnt)
{
	struct gw_head h = {.field_cnt = cnt, .fields = fields};

	return gw_forwarded_client(&conf, listener, address(peer), &h);
}

static bool
is(struct gw_addr a, const char *text)
{
	return memcmp(&a, address(text), sizeof(a)) == 0;
}

/* item is what the proxy adds, want whom it names. */
static void
look_behind(const char *listener, const char *name, struct bytes in,
    const char *item, const char *want)
{
	static uint8_t room[1 << 16];
	struct gw_field fields[LINE_MAX_CNT + 1];
	struct buf b = buf_of(room, sizeof(room));
	size_t cnt = split(fields, name, in);
	struct gw_field *last = &fields[cnt];

	*last = (struct gw_field){bytes_of_str(name), bytes_of_str(item)};
	CHECK(is(client(listener, "10.0.0.1", fields, cnt + 1), want));
	if (cnt == 0)
		return;
	last--;
	if (!buf_put(&b, last->value.ptr, last->value.len) ||
	    !buf_put(&b, ", ", 2) || !buf_put(&b, item, strlen(item)))
		return;
	last->value = bytes_of_buf(&b);
	CHECK(is(client(listener, "10.0.0.1", fields, cnt), want));
}

static void
look(const char *listener, const char *name, struct bytes in)
{
	struct gw_field fields[LINE_MAX_CNT];
	size_t cnt = split(fields, name, in);

	(void)client(listener, "10.0.0.1", fields, cnt);
	CHECK(is(client(listener, "192.0.2.1", fields, cnt), "192.0.2.1"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	CHECK(gw_net_read(&trusted[0], bytes_of_str("10.0.0.0/8")));
	CHECK(gw_net_read(&trusted[1], bytes_of_str("2001:db8:a::/48")));
	look("p", "X-Forwarded-For", in);
	look("f", "Forwarded", in);
	look_behind("p", "X-Forwarded-For", in, "192.0.2.7", "192.0.2.7");
	look_behind("p", "X-Forwarded-For", in, "[2001:db8:c::7]:5, 10.0.0.9",
	    "2001:db8:c::7");
	look_behind("p", "X-Forwarded-For", in, "unknown", "10.0.0.1");
	look_behind("f", "Forwarded", in, "for=192.0.2.7;host=\"a,\\\"b\"",
	    "192.0.2.7");
	look_behind("f", "Forwarded", in,
	    "for=\"[2001:db8:c::7]\", for=\"10.0.0.9:_x\"", "2001:db8:c::7");
	look_behind("f", "Forwarded", in, "for=_x", "10.0.0.1");
	return 0;
}
