/* SPDX-License-Identifier: Apache-2.0
 *
 * The way from a listener without TLS: who is led, where to, who is refused.
 */
#include "http/redirect.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

#define HEAD_CONF                                                              \
	"[gateway]\nhome = /h\n[tls]\ncert = c\nkey = k\n"                     \
	"[listener s]\naddress = 0.0.0.0:8443\n"                               \
	"[listener p]\naddress = 0.0.0.0:80\ntls = no\n"
#define WALLET                                                                 \
	"[surface wallet]\nserves = wallet\nat = s /\nhosts = a.example "      \
	"[::1]\n"
#define RPC "[surface rpc]\nserves = rpc\nat = s /rpc\nhosts = a.example\n"
#define WAY                                                                    \
	"[surface way]\nserves = redirect\nat = p /\n"                         \
	"hosts = a.example [::1] b.example\nto = s\n"

static enum gw_step
tell(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, bytes_of_str("x"));
}

static gw_stage_fn *const telling[] = {tell, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_GET, "/v1/RequiredVersion", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_POST, "/v1/Send", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, telling, 0},
};

static const char *
location(const struct rig *g)
{
	static char text[512];
	const struct gw_reply *p = &g->req.reply;

	text[0] = '\0';
	for (size_t i = 0; i < p->field_cnt; i++)
		if (!strcmp(p->fields[i].name, "Location"))
			(void)snprintf(text, sizeof(text), "%.*s",
			    (int)p->fields[i].value.len,
			    (const char *)p->fields[i].value.ptr);
	return text;
}

#define TO(host) " HTTP/1.1\r\nHost: " host "\r\n"

TEST(test_redirect_leads_pages_and_refuses_the_rest)
{
	static const struct {
		const char *head;
		unsigned status;
		const char *where;
	} row[] = {
	    {"GET /" TO("a.example") "\r\n", 308, "https://a.example:8443/"},
	    {"HEAD /" TO("a.example") "\r\n", 308, "https://a.example:8443/"},
	    {"GET /" TO("a.example:80") "\r\n", 308, "https://a.example:8443/"},
	    {"GET /" TO("[::1]:80") "\r\n", 308, "https://[::1]:8443/"},
	    {"GET http://a.example/x" TO("a.example") "\r\n", 308,
		"https://a.example:8443/x"},
	    {"GET /%E3%81%82/b%2Bc?q=%0d%0aX&r" TO("a.example") "\r\n", 308,
		"https://a.example:8443/%E3%81%82/b%2Bc?q=%0d%0aX&r"},
	    {"GET //evil.example/" TO("a.example") "\r\n", 400, ""},
	    {"GET /login" TO("b.example") "\r\n", 308,
		"https://b.example:8443/login"},
	    /* another name is led nowhere */
	    {"GET /" TO("evil.example") "\r\n", 421, ""},
	    /* what others could read on the way, each time anew */
	    {"GET /" TO("a.example") "Authorization: Basic YTpi\r\n\r\n", 403,
		""},
	    {"POST /login" TO("a.example") "Content-Length: 9\r\n\r\n", 403,
		""},
	    {"POST /" TO("a.example") "\r\n", 403, ""},
	    {"PUT /x" TO("a.example") "\r\n", 403, ""},
	    {"OPTIONS /" TO("a.example") "\r\n", 403, ""},
	    /* paths of the APIs */
	    {"GET /v1/RequiredVersion?platform=ios" TO("a.example") "\r\n", 403,
		""},
	    {"GET /v1/Send/" TO("a.example") "\r\n", 403, ""},
	    {"GET /rpc" TO("a.example") "\r\n", 403, ""},
	    {"GET /rpc/x" TO("a.example") "\r\n", 403, ""},
	    {"GET /rpcs" TO("a.example") "\r\n", 308,
		"https://a.example:8443/rpcs"},
	};
	struct rig g;

	EXPECT(rig_open(&g, HEAD_CONF WALLET RPC WAY, NULL));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].head);
		rig_send(&g, "p", row[i].head, routes,
		    sizeof(routes) / sizeof(routes[0]));
		EXPECT_U64(g.status, 0);
		EXPECT(g.run == GW_RUN_REPLY);
		EXPECT_U64(g.req.reply.status, row[i].status);
		EXPECT_STR(location(&g), row[i].where);
		rig_next(&g);
		test_row(NULL);
	}
	rig_close(&g);
}

TEST(test_redirect_port_is_the_one_that_clients_know)
{
	static const struct {
		const char *conf, *where;
	} row[] = {
	    {HEAD_CONF WALLET WAY "to_port = 443\n", "https://a.example/"},
	    {HEAD_CONF WALLET WAY "to_port = 4\n", "https://a.example:4/"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig g;

		EXPECT(rig_open(&g, row[i].conf, NULL));
		rig_send(&g, "p", "GET /" TO("a.example") "\r\n", routes,
		    sizeof(routes) / sizeof(routes[0]));
		EXPECT_STR(location(&g), row[i].where);
		rig_close(&g);
	}
}

TEST(test_redirect_conf_faults)
{
	static const struct {
		const char *text, *said;
	} row[] = {
	    {HEAD_CONF WALLET "[surface way]\nserves = redirect\nat = p /\n"
			      "hosts = a.example\n",
		"to must name a listener with TLS"},
	    {HEAD_CONF WALLET "[surface way]\nserves = redirect\nat = p /\n"
			      "hosts = a.example\nto = p\n",
		"to must name a listener with TLS"},
	    {HEAD_CONF WALLET "[surface way]\nserves = redirect\nat = p /\n"
			      "hosts = *\nto = s\n",
		"hosts must be named"},
	    {HEAD_CONF WALLET WAY "filters = basic\nusers = u\n",
		"a redirect asks for no password"},
	    {HEAD_CONF WALLET WAY "at = s /way\n",
		"a redirect belongs to a listener with tls = no"},
	    {HEAD_CONF WALLET "to = s\n" WAY, "to belongs to serves"},
	    /* H14: beside a redirect nothing else without TLS outside */
	    {HEAD_CONF WALLET "at = p /w\n" WAY, "listener p: without TLS"},
	    {HEAD_CONF WALLET, "listener p: without TLS"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig g;

		test_row(row[i].said);
		EXPECT(!rig_open(&g, row[i].text, NULL));
		EXPECT(strstr(g.said, row[i].said) != NULL);
		test_row(NULL);
	}
}
