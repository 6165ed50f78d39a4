/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake of a WebSocket: what is accepted, what is not and why, and
 * the head that messages have.
 */
#include "http/upgrade.h"

#include "base/check.h"
#include "http/rpc.h"
#include "rig.h"
#include "test.h"

#define CONF                                                                   \
	"[gateway]\nhome = /h\n[tls]\ncert = c\nkey = k\n"                     \
	"[listener s]\naddress = 0.0.0.0:8443\n"                               \
	"[surface rpc]\nserves = rpc\nat = s /rpc\nhosts = a.example\n"        \
	"filters = cors\ncors = https://app.example\n"                         \
	"[surface plain]\nserves = rpc\nat = s /plain\nhosts = a.example\n"    \
	"websocket = no\n"

static const struct gw_route routes[] = {
    {GW_POST, "/", GW_RPC, GW_CLOSED, gw_rpc, 0},
    {GW_GET, "/", GW_RPC, GW_CLOSED, gw_upgrade, 0},
};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a.example\r\n"
#define UP        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define V13       "Sec-WebSocket-Version: 13\r\n"
#define KEY       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define END       "\r\n"

static const struct {
	const char *name, *head;
	unsigned status;
} rows[] = {
    {"as in the RFC", GET("/rpc") UP V13 KEY END, 101},
    {"with a slash", GET("/rpc/") UP V13 KEY END, 101},
    {"in other letters",
	GET("/rpc") "connection: keep-alive, UPGRADE\r\nupgrade: h2c, "
		    "WebSocket\r\n" V13 KEY END,
	101},
    {"extensions and subprotocols are passed over",
	GET("/rpc") UP V13 KEY
	"Sec-WebSocket-Extensions: permessage-deflate\r\n"
	"Sec-WebSocket-Protocol: x, y\r\n" END,
	101},
    {"a page that is listed",
	GET("/rpc") UP V13 KEY "Origin: https://app.example\r\n" END, 101},
    {"a page that is not",
	GET("/rpc") UP V13 KEY "Origin: https://evil.example\r\n" END, 403},
    {"no page at all", GET("/rpc") UP V13 KEY "Origin: null\r\n" END, 403},
    {"no upgrade", GET("/rpc") END, 405},
    {"only half of it", GET("/rpc") "Upgrade: websocket\r\n" V13 KEY END, 405},
    {"the other half", GET("/rpc") "Connection: Upgrade\r\n" V13 KEY END, 405},
    {"another protocol",
	GET("/rpc") "Connection: Upgrade\r\nUpgrade: h2c\r\n" V13 KEY END, 405},
    {"HTTP/1.0", "GET /rpc HTTP/1.0\r\nHost: a.example\r\n" UP V13 KEY END,
	405},
    {"HEAD", "HEAD /rpc HTTP/1.1\r\nHost: a.example\r\n" UP V13 KEY END, 405},
    {"switched off", GET("/plain") UP V13 KEY END, 405},
    {"no version", GET("/rpc") UP KEY END, 426},
    {"version 8", GET("/rpc") UP "Sec-WebSocket-Version: 8\r\n" KEY END, 426},
    {"no key", GET("/rpc") UP V13 END, 400},
    {"a short key",
	GET("/rpc") UP V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n" END, 400},
    {"two keys", GET("/rpc") UP V13 KEY KEY END, 400},
    {"a body", GET("/rpc") UP V13 KEY "Content-Length: 2\r\n" END, 400},
};

static const char *
field(const struct gw_reply *p, const char *name)
{
	static char text[128];

	for (size_t i = 0; i < p->field_cnt; i++) {
		const struct bytes v = p->fields[i].value;

		if (strcmp(p->fields[i].name, name) != 0)
			continue;
		memcpy(text, v.ptr, v.len);
		text[v.len] = '\0';
		return text;
	}
	return "";
}

/* go runs a handshake to its end; a body is given when it is asked for. */
static const struct gw_reply *
go(struct rig *g, const char *head)
{
	rig_send(g, "s", head, routes, ARRAY_CNT(routes));
	if (g->run == GW_RUN_BODY)
		rig_body(g, "{}");
	return &g->req.reply;
}

TEST(test_upgrade_rows)
{
	const struct gw_reply *p;
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, CONF, NULL));
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		p = go(&g, rows[i].head);
		EXPECT_U64(
		    g.status != 0 ? g.status : p->status, rows[i].status);
		EXPECT_U64(p->upgrades, rows[i].status == 101);
		EXPECT_STR(field(p, "Sec-WebSocket-Accept"),
		    rows[i].status == 101 ? "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
					  : "");
		EXPECT_STR(field(p, "Sec-WebSocket-Version"),
		    rows[i].status == 426 ? "13" : "");
		if (rows[i].status == 405)
			EXPECT_STR(field(p, "Allow"), "POST");
		if (rows[i].status == 403)
			EXPECT_STR(p->rule, "origin");
		rig_next(&g);
	}
	rig_close(&g);
}

TEST(test_upgrade_while_stopping_is_refused)
{
	struct rig g;

	EXPECT(rig_open(&g, CONF, NULL));
	g.world.is_draining = true;
	EXPECT_U64(go(&g, GET("/rpc") UP V13 KEY END)->status, 503);
	rig_next(&g);
	rig_close(&g);
}

TEST(test_upgrade_head_of_messages)
{
	char room[GW_UPGRADE_HEAD_MAX];
	struct buf out = buf_of(room, sizeof(room));
	struct rig g;

	EXPECT(rig_open(&g, CONF, NULL));
	(void)go(&g, GET("/rpc?a=b") UP V13 KEY
	    "Authorization: Basic eDp5\r\nX-Request-Id: one\r\n"
	    "User-Agent: x\r\nX-Forwarded-For: 192.0.2.1\r\n" END);
	EXPECT(gw_upgrade_head(&out, &g.req));
	EXPECT_BYTES(bytes_of_buf(&out),
	    bytes_of_str("POST /rpc?a=b HTTP/1.1\r\nHost: a.example\r\n"
			 "Authorization: Basic eDp5\r\n"
			 "X-Forwarded-For: 192.0.2.1\r\n"
			 "Content-Type: application/json\r\n\r\n"));
	out = buf_of(room, 100);
	EXPECT(!gw_upgrade_head(&out, &g.req));
	rig_next(&g);
	rig_close(&g);
}

TEST(test_upgrade_long_head_is_refused)
{
	static char head[8000];
	struct buf out = buf_of(head, sizeof(head) - 1);
	struct rig g;

	EXPECT(buf_put(&out, GET("/rpc") UP V13 KEY "Cookie: ",
	    strlen(GET("/rpc") UP V13 KEY "Cookie: ")));
	memset(head + out.len, 'c', GW_UPGRADE_HEAD_MAX);
	memcpy(head + out.len + GW_UPGRADE_HEAD_MAX, "\r\n\r\n", 5);
	EXPECT(rig_open(&g, CONF, NULL));
	EXPECT_U64(go(&g, head)->status, 431);
	rig_next(&g);
	rig_close(&g);
}
