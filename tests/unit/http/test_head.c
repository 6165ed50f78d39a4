/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fields of a head say about body and connection.
 */
#include "http/head.h"

#include <stdio.h>

#include "test.h"

static struct gw_field store[GW_FIELD_CNT_MAX];

static unsigned
read_head(struct gw_head *h, const char *text)
{
	return gw_head_read(h, store, bytes_of_str(text));
}

TEST(test_head_request_line_and_fields_are_taken_apart)
{
	struct gw_head h;
	struct bytes v;

	EXPECT_U64(read_head(&h, "POST /a?b HTTP/1.1\r\nHost: x:1\r\n"
				 "Empty:\r\nA: \t b c \t\r\na: second\r\n"
				 "Content-Length: 007\r\n\r\n"),
	    0);
	EXPECT_U64(h.method, GW_POST);
	EXPECT_BYTES(h.target, bytes_of_str("/a?b"));
	EXPECT_U64(h.minor, 1);
	EXPECT_U64(h.field_cnt, 5);
	EXPECT_BYTES(h.host, bytes_of_str("x:1"));
	EXPECT_U64(h.body, GW_BODY_COUNTED);
	EXPECT_U64(h.body_len, 7);
	EXPECT(gw_head_field(&v, &h, "a"));
	EXPECT_BYTES(v, bytes_of_str("b c"));
	EXPECT(gw_head_field(&v, &h, "empty") && v.len == 0);
	EXPECT(!gw_head_field(&v, &h, "absent"));
}

TEST(test_head_connection_and_expect_follow_the_version)
{
	static const struct {
		const char *text;
		bool keep, waits;
	} row[] = {
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false,
		false},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,\r\n\r\n",
		false, false},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n", true,
		false},
	    {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false, false},
	    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
		true, false},
	    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, "
	     "close\r\n\r\n",
		false, false},
	    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: "
	     "100-Continue\r\nContent-Length: 1\r\n\r\n",
		true, true},
	    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", true,
		false},
	    {"POST / HTTP/1.0\r\nHost: a\r\nExpect: "
	     "100-continue\r\nContent-Length: 1\r\n\r\n",
		false, false},
	};
	struct gw_head h;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].text);
		EXPECT_U64(read_head(&h, row[i].text), 0);
		EXPECT_U64(h.keep_alive, row[i].keep);
		EXPECT_U64(h.wants_continue, row[i].waits);
		test_count(1);
	}
}

TEST(test_head_two_of_a_single_field_are_refused)
{
	static const struct {
		const char *fields;
		unsigned status;
	} row[] = {
	    {"Host: a\r\nHost: a\r\n", 400},
	    {"Host: a\r\nContent-Length: 1\r\ncontent-length: 1\r\n", 400},
	    {"Host: a\r\nAuthorization: a\r\naUTHORIZATION: a\r\n", 400},
	    {"Authorization:\r\nHost: a\r\nAuthorization: a\r\n", 400},
	    {"Host: a\r\nContent-Type: a\r\nContent-Type: b\r\n", 400},
	    {"Host: a\r\nOrigin: a\r\nX: b\r\nOrigin: a\r\n", 400},
	    {"Host: a\r\nExpect: 100-continue\r\n"
	     "Expect: 100-continue\r\n",
		417},
	    {"Host: a\r\nAuthorization: a\r\nContent-Type: b\r\n"
	     "Origin: c\r\n",
		0},
	    {"Host: a\r\nAccept: b\r\nAccept: c\r\n", 0},
	};
	struct gw_head h;
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n%s\r\n",
		    row[i].fields);
		test_row(row[i].fields);
		EXPECT_U64(read_head(&h, text), row[i].status);
		test_count(1);
	}
}

TEST(test_host_is_split_or_refused)
{
	static const struct {
		const char *host, *name, *port; /* name NULL: refused */
	} row[] = {
	    {"a.example", "a.example", ""},
	    {"a.example:80", "a.example", "80"},
	    {"127.0.0.1:1", "127.0.0.1", "1"},
	    {"[::1]", "::1", ""},
	    {"[2001:db8::1]:443", "2001:db8::1", "443"},
	    {"a:", "a", ""},
	    {"", NULL, NULL},
	    {":80", NULL, NULL},
	    {"a:b", NULL, NULL},
	    {"a:123456", NULL, NULL},
	    {"a/b", NULL, NULL},
	    {"a b", NULL, NULL},
	    {"a@b", NULL, NULL},
	    {"[::1", NULL, NULL},
	    {"[]", NULL, NULL},
	    {"[::1]x", NULL, NULL},
	    {"[x]", NULL, NULL},
	    {"a,b", NULL, NULL},
	};
	struct bytes name, port;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok =
		    gw_host_split(&name, &port, bytes_of_str(row[i].host));

		test_row(row[i].host);
		EXPECT_U64(ok, row[i].name != NULL);
		if (ok && row[i].name != NULL) {
			EXPECT_BYTES(name, bytes_of_str(row[i].name));
			EXPECT_BYTES(port, bytes_of_str(row[i].port));
		}
		test_count(1);
	}
}

TEST(test_list_items_are_cut_without_blanks_and_gaps)
{
	struct bytes list = bytes_of_str(" a ,, b c,\t, d"), item;

	EXPECT(gw_list_next(&item, &list));
	EXPECT_BYTES(item, bytes_of_str("a"));
	EXPECT(gw_list_next(&item, &list));
	EXPECT_BYTES(item, bytes_of_str("b c"));
	EXPECT(gw_list_next(&item, &list));
	EXPECT_BYTES(item, bytes_of_str("d"));
	EXPECT(!gw_list_next(&item, &list));
}
