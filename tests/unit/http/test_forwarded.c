/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a request is from: forged, unreadable and long chains, in both fields.
 */
#include "http/forwarded.h"

#include <stdio.h>

#include "base/check.h"
#include "rig.h"
#include "test.h"

/* Trusted are 10.0.0.0/8 and 2001:db8:a::/48; at the listeners p and f. */
static const char conf[] =
    "[gateway]\nhome = /h\n"
    "[listener p]\naddress = 127.0.0.1:1\ntls = no\n"
    "proxies = 10.0.0.0/8 2001:db8:a::/48\n"
    "[listener f]\naddress = 127.0.0.1:2\ntls = no\n"
    "proxies = 10.0.0.0/8 2001:db8:a::/48\nforwarded = forwarded\n"
    "[listener none]\naddress = 127.0.0.1:3\ntls = no\n"
    "[surface s]\nserves = ops\nat = p /\nat = f /\nhosts = *\n"
    "filters = net\nallow = 127.0.0.1\n";

struct chain {
	const char *peer, *fields, *client;
};

static void
check(struct rig *g, const char *listener, const struct chain *row)
{
	char text[GW_ADDR_TEXT_MAX], head[2048];
	struct gw_addr peer, client;
	struct gw_head h;

	test_row(row->fields);
	(void)snprintf(head, sizeof(head),
	    "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", row->fields);
	EXPECT(gw_addr_read(&peer, bytes_of_str(row->peer)));
	EXPECT_U64(gw_head_read(&h, g->store, bytes_of_str(head)), 0);
	client = gw_forwarded_client(g->conf, listener, &peer, &h);
	EXPECT_STR(gw_addr_text(text, &client), row->client);
	test_count(1);
}

static void
check_rows(const char *listener, const struct chain *row, size_t cnt)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < cnt; i++)
		check(&g, listener, &row[i]);
	test_row(NULL);
	rig_close(&g);
}

#define X "X-Forwarded-For: "
#define F "Forwarded: "

TEST(test_forwarded_from_a_stranger_is_not_read)
{
	static const struct chain row[] = {
	    {"198.51.100.1", X "10.0.0.9\r\n", "198.51.100.1"},
	    {"198.51.100.1", X "127.0.0.1\r\n" F "for=127.0.0.1\r\n",
		"198.51.100.1"},
	    {"2001:db8:b::1", X "::1\r\n" F "for=\"[::1]\"\r\n",
		"2001:db8:b::1"},
	};

	check_rows("p", row, ARRAY_CNT(row));
	check_rows("f", row, ARRAY_CNT(row));
}

TEST(test_forwarded_without_proxies_is_not_read)
{
	static const struct chain row[] = {
	    {"10.0.0.1", X "192.0.2.1\r\n" F "for=192.0.2.1\r\n", "10.0.0.1"},
	};

	check_rows("none", row, ARRAY_CNT(row));
	check_rows("no such listener", row, ARRAY_CNT(row));
}

TEST(test_forwarded_plain_rows_name_the_client)
{
	static const struct chain row[] = {
	    {"10.0.0.1", "", "10.0.0.1"},
	    {"10.0.0.1", X "\r\n", "10.0.0.1"},
	    {"10.0.0.1", X "192.0.2.7\r\n", "192.0.2.7"},
	    {"10.0.0.1", "x-forwarded-FOR:192.0.2.7\r\n", "192.0.2.7"},
	    {"::ffff:10.0.0.1", X "192.0.2.7\r\n", "192.0.2.7"},
	    {"2001:db8:a::1", X "2001:db8:c::7\r\n", "2001:db8:c::7"},
	    /* the right-most that is no proxy */
	    {"10.0.0.1", X "6.6.6.6, 192.0.2.7\r\n", "192.0.2.7"},
	    {"10.0.0.1", X "6.6.6.6,192.0.2.7,10.9.9.9\r\n", "192.0.2.7"},
	    {"10.0.0.1", X "10.6.6.6\t, 192.0.2.7 , ::ffff:10.9.9.9\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", X "10.0.0.3, 10.0.0.2\r\n", "10.0.0.3"},
	    /* several lines are one list */
	    {"10.0.0.1", X "6.6.6.6\r\n" X "192.0.2.7\r\n", "192.0.2.7"},
	    {"10.0.0.1", X "192.0.2.7\r\nA: b\r\n" X "10.0.0.2\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", X "192.0.2.7\r\n" X "\r\n", "10.0.0.1"},
	    /* the other field is the client's own */
	    {"10.0.0.1", F "for=6.6.6.6\r\n", "10.0.0.1"},
	    {"10.0.0.1", X "192.0.2.7\r\n" F "for=6.6.6.6\r\n", "192.0.2.7"},
	    /* ports and brackets */
	    {"10.0.0.1", X "192.0.2.7:8080\r\n", "192.0.2.7"},
	    {"10.0.0.1", X "[2001:db8:c::7]\r\n", "2001:db8:c::7"},
	    {"10.0.0.1", X "[2001:db8:c::7]:65535\r\n", "2001:db8:c::7"},
	    {"10.0.0.1", X "::ffff:192.0.2.7\r\n", "192.0.2.7"},
	    {"10.0.0.1", X "[::ffff:192.0.2.7]:1\r\n", "192.0.2.7"},
	};

	check_rows("p", row, ARRAY_CNT(row));
}

/* put_at writes form with what in place of its '@'. */
static void
put_at(char *out, size_t cap, const char *form, const char *what)
{
	const char *at = strchr(form, '@');

	(void)snprintf(
	    out, cap, "%.*s%s%s", (int)(at - form), form, what, at + 1);
}

/* check_bad puts each bad element into each of the fields. */
static void
check_bad(const char *listener, const struct chain *form, size_t form_cnt,
    const char *const *bad, size_t bad_cnt)
{
	char fields[256];
	struct rig g;
	size_t i, k;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < bad_cnt; i++)
		for (k = 0; k < form_cnt; k++) {
			struct chain row = form[k];

			row.fields = fields;
			put_at(fields, sizeof(fields), form[k].fields, bad[i]);
			check(&g, listener, &row);
		}
	rig_close(&g);
}

/* Left of what cannot be read stands 6.6.6.6, which is never taken. */
TEST(test_forwarded_plain_unreadable_is_the_proxy)
{
	static const char *const bad[] = {"unknown", "_hidden", "-", "x",
	    "192.0.2", "192.0.2.256", "192.0.2.07", "192.0.2.7.",
	    "192.0.2.7:", "192.0.2.7:x", "192.0.2.7:123456", "192.0.2.7:_p",
	    "192.0.2.7/32", "[192.0.2.7]", "[2001:db8:c::7", "2001:db8:c::7]",
	    "[2001:db8:c::7]8", "[2001:db8:c::7]:", "[2001:db8:c::7]x",
	    "[2001:db8:c::7]:x", "[]", "[", "[]:1", "fe80::1%eth0",
	    "[fe80::1%1]", "2001:db8::c::7", "\"192.0.2.7\"", "192.0.2.7\"",
	    "\"", "\\", "for=192.0.2.7", "192.0.2.7 192.0.2.8", "0x7f.1",
	    "127.1", "2130706433", "localhost", "unix:", ""};
	static const struct chain form[] = {
	    {"10.0.0.1", X "6.6.6.6, @\r\n", "10.0.0.1"},
	    /* behind another proxy: the proxy that passed it on */
	    {"10.0.0.1", X "6.6.6.6, @, 10.0.0.2\r\n", "10.0.0.2"},
	    /* and it cannot spoil what stands to its right */
	    {"10.0.0.1", X "6.6.6.6, @, 192.0.2.7, 10.0.0.2\r\n", "192.0.2.7"},
	};

	check_bad("p", form, ARRAY_CNT(form), bad, ARRAY_CNT(bad));
}

TEST(test_forwarded_pairs_rows_name_the_client)
{
	static const struct chain row[] = {
	    {"10.0.0.1", F "for=192.0.2.7\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "For=\"192.0.2.7\"\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "FOR=\"192.0.2.7:80\"\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "for=\"192.0.2.7:_x-Y.z\"\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "for=\"[2001:db8:c::7]\"\r\n", "2001:db8:c::7"},
	    {"10.0.0.1", F "for=\"[2001:db8:c::7]:_a\"\r\n", "2001:db8:c::7"},
	    {"10.0.0.1", F "for=\"[2001:DB8:C::7]:443\"\r\n", "2001:db8:c::7"},
	    {"2001:db8:a::1", F "for=\"[2001:db8:c::7]\"\r\n", "2001:db8:c::7"},
	    {"10.0.0.1",
		F "by=10.0.0.1;for=192.0.2.7;proto=https;host=\"a,b;c\"\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", F "host=\"for=6.6.6.6\";for=192.0.2.7\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", F "for=192.0.2.7;x=\"a\\\"b\\\\\"\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "for=192.0.2.7 ; proto=http\r\n", "192.0.2.7"},
	    {"10.0.0.1", F "for=6.6.6.6, for=192.0.2.7, for=10.0.0.2\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", F "for=6.6.6.6\r\n" F "for=192.0.2.7\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", F "for=\"[2001:db8:a::5]\", for=10.0.0.2\r\n",
		"2001:db8:a::5"},
	    /* the other field is the client's own */
	    {"10.0.0.1", X "6.6.6.6\r\n", "10.0.0.1"},
	    {"10.0.0.1", F "for=192.0.2.7\r\n" X "6.6.6.6\r\n", "192.0.2.7"},
	};

	check_rows("f", row, ARRAY_CNT(row));
}

TEST(test_forwarded_pairs_unreadable_is_the_proxy)
{
	static const char *const bad[] = {"for=unknown", "for=_hidden",
	    "for=\"_hidden\"", "192.0.2.7", "for", "for=", "=192.0.2.7",
	    "for =192.0.2.7", "for= 192.0.2.7", "for=192.0.2.7;for=192.0.2.8",
	    "for=192.0.2.7;", ";for=192.0.2.7", "for=192.0.2.7;x",
	    "for=192.0.2.7;x=", "for=192.0.2.7;x=a b", "for=192.0.2.7:80",
	    "for=2001:db8:c::7", "for=[2001:db8:c::7]", "for=\"2001:db8:c::7\"",
	    "for=\"[192.0.2.7]\"", "for=\"[2001:db8:c::7\"",
	    "for=\"[2001:db8:c::7]x\"", "for=\"[fe80::1%eth0]\"",
	    "for=\"192.0.2.\\7\"", "for=\"192.0.2.7:\"",
	    "for=\"192.0.2.7:123456\"", "for=\"192.0.2.7:_\"",
	    "for=\"192.0.2.7:_?\"", "for=\"\"", "proto=https", "by=192.0.2.7",
	    "forx=192.0.2.7", "for=192.0.2.7;x=\"a\"b", "for=\"192.0.2.7\"x",
	    "for=192.0.2.7\"", "for=\"192.0.2.7", "\"", "\\\"", ""};
	static const struct chain form[] = {
	    {"10.0.0.1", F "for=6.6.6.6, @\r\n", "10.0.0.1"},
	    {"10.0.0.1", F "for=6.6.6.6, @, for=10.0.0.2\r\n", "10.0.0.2"},
	    {"10.0.0.1", F "for=6.6.6.6, @, proto=http;for=192.0.2.7\r\n",
		"192.0.2.7"},
	    {"10.0.0.1", F "for=6.6.6.6, @,for=\"[2001:db8:c::7]:1\"\r\n",
		"2001:db8:c::7"},
	};

	check_bad("f", form, ARRAY_CNT(form), bad, ARRAY_CNT(bad));
}

/* put_hops writes cnt trusted proxies and the client to their left. */
static void
put_hops(char *out, size_t cap, unsigned cnt)
{
	size_t len = (size_t)snprintf(out, cap, X "192.0.2.7");
	unsigned i;

	for (i = cnt; i > 0; i--)
		len += (size_t)snprintf(out + len, cap - len, ", 10.0.1.%u", i);
	(void)snprintf(out + len, cap - len, "\r\n");
}

TEST(test_forwarded_hops_are_bounded)
{
	char fields[2048];
	struct chain row = {"10.0.0.1", fields, "192.0.2.7"};
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	put_hops(fields, sizeof(fields), GW_HOP_MAX - 1);
	check(&g, "p", &row);
	/* One more: a proxy, and not the value further left. */
	put_hops(fields, sizeof(fields), GW_HOP_MAX);
	row.client = "10.0.1.32";
	check(&g, "p", &row);
	put_hops(fields, sizeof(fields), 50);
	check(&g, "p", &row);
	/* Fifty that are forged cost nothing. */
	put_hops(fields, sizeof(fields), 50);
	row.peer = row.client = "198.51.100.1";
	check(&g, "p", &row);
	rig_close(&g);
}

TEST(test_forwarded_proxies_are_told_from_others)
{
	struct gw_addr a;
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	EXPECT(gw_addr_read(&a, bytes_of_str("10.3.2.1")));
	EXPECT(gw_forwarded_is_proxy(g.conf, "p", &a));
	EXPECT(!gw_forwarded_is_proxy(g.conf, "none", &a));
	EXPECT(!gw_forwarded_is_proxy(g.conf, "no such listener", &a));
	EXPECT(gw_addr_read(&a, bytes_of_str("11.3.2.1")));
	EXPECT(!gw_forwarded_is_proxy(g.conf, "p", &a));
	rig_close(&g);
}
