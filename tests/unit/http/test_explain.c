/* SPDX-License-Identifier: Apache-2.0
 *
 * Explaining: the answer to a question, wrong questions, and that nothing
 * is changed by asking.
 */
#include "http/explain.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

static unsigned stage_calls;

static enum gw_step
tell(struct gw_req *r)
{
	stage_calls++;
	return gw_reply_set(r, 200, GW_TYPE_TEXT, r->body);
}

static gw_stage_fn *const telling[] = {tell, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_GET, "/open", GW_WALLET, GW_OPEN, telling, 0},
    {GW_POST, "/form", GW_WALLET, GW_CLOSED, telling, 8},
    {GW_GET, "/", GW_OPS, GW_CLOSED, telling, 0},
};

static const char conf[] =
    "[gateway]\nhome = /h\n"
    "[listener out]\naddress = 127.0.0.1:1\nproxies = 192.0.2.1\n"
    "[listener loop]\naddress = 127.0.0.1:2\ntls = no\n"
    "[tls]\ncert = c\nkey = k\nclient_ca = a\n"
    "[surface wallet]\nserves = wallet\nat = out /\nhosts = a.example\n"
    "filters = net basic\nusers = u\ndeny = 10.0.0.0/8\n"
    "[surface ops]\nserves = ops\nat = loop /ops\nhosts = [::1]\n"
    "filters = net cors\nshadow = net\nallow = 10.0.0.0/8\n"
    "[surface cert]\nserves = ops\nat = out /cert\nhosts = a.example\n"
    "filters = cert\n";

static const char users[] =
    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "0000000000000000000000000000000000000000000000000000000000000000\n";

static uint64_t
tick(void)
{
	static uint64_t ns;

	return ns += 5;
}

static void
set_up(struct rig *g)
{
	size_t i;

	EXPECT(rig_open(g, conf, NULL));
	for (i = 0; i < 1; i++)
		EXPECT(
		    gw_conf_set_users(g->conf, g->conf->surfaces[0].users_file,
			bytes_of_str(users), NULL, NULL) == RC_OK);
	g->world.routes = routes;
	g->world.route_cnt = sizeof(routes) / sizeof(routes[0]);
	g->world.clock_ns = tick;
	stage_calls = 0;
}

/* What is said of these filters; * stands for others around them. */
#define FILTERS(size, net, cors, basic)                                        \
	"\"filters\":[*{\"filter\":\"size\"," size                             \
	"}*{\"filter\":\"cors\"," cors "}*{\"filter\":\"net\"," net            \
	"}*{\"filter\":\"basic\"," basic "}*]"
#define PASS "\"verdict\":\"pass\",\"ns\":5"
/* Size is asked again when there is a body, or none. */
#define SIZED        "\"verdict\":\"pass\",\"ns\":*"
#define OFF          "\"verdict\":\"off\""
#define NOT_REACHED  "\"verdict\":\"not reached\""
#define DENIED       "\"verdict\":\"refuse\",\"reason\":\"denied\",\"ns\":5"
#define UNAUTHORIZED "\"verdict\":\"refuse\",\"reason\":\"missing\",\"ns\":5"

static const struct {
	const char *form, *says;
} row[] = {
    /* Whoever has no password is refused, and only where one is needed. */
    {"method=GET&url=/",
	"{\"listener\":\"out\",\"surface\":\"wallet\",\"route\":\"/\","
	"\"client\":\"127.0.0.1\",\"country\":\"loopback\"," FILTERS(SIZED,
	    PASS, OFF, UNAUTHORIZED) ",\"outcome\":\"refused\",\"status\":401,"
				     "\"cause\":\"unauthorized\"}"},
    {"method=GET&url=/open",
	FILTERS(SIZED, PASS, OFF,
	    "\"verdict\":\"skipped\"") ",\"outcome\":\"served\"}"},
    {"method=GET&url=/&user=ann",
	FILTERS(SIZED, PASS, OFF, PASS) ",\"outcome\":\"served\"}"},
    {"method=GET&url=/&header=Authorization:+Basic+YW5uOng%3D",
	FILTERS(SIZED, PASS, OFF,
	    "\"verdict\":\"asks\",\"reason\":\"not_checked\",\"ns\":5") ",\"out"
									"come\""
									":\"dep"
									"ends\""
									"}"},
    {"method=GET&url=/&user=ann&from=10.1.2.3",
	"\"client\":\"10.1.2.3\",\"country\":\"private\"," FILTERS(SIZED,
	    DENIED, OFF,
	    NOT_REACHED) ",\"outcome\":\"refused\",\"status\":403"},
    {"method=GET&url=/&from=::ffff:10.1.2.3", DENIED},
    /* A proxy is believed where it is trusted. */
    {"method=GET&url=/&from=192.0.2.1&header=X-Forwarded-For:+10.1.2.3",
	DENIED},
    {"method=GET&url=/open&from=192.0.2.2&header=X-Forwarded-For:+10.1.2.3",
	"served"},
    {"method=GET&url=/nowhere&user=ann",
	"\"route\":\"-\",\"client\":\"127.0.0.1\",\"country\":"
	"\"loopback\"," FILTERS(
	    SIZED, PASS, OFF, PASS) ",\"outcome\":\"refused\",\"status\":404,"
				    "\"cause\":\"not_found\"}"},
    /* The body counts as it would. */
    {"method=POST&url=/form&user=ann&data=12345678", "served"},
    {"method=POST&url=/form&user=ann&data=123456789",
	FILTERS("\"verdict\":\"refuse\",\"reason\":\"too_large\",\"ns\":5",
	    NOT_REACHED, OFF,
	    NOT_REACHED) ",\"outcome\":\"refused\",\"status\":413"},
    /* A certificate of any kind can be thought of. */
    {"method=GET&url=/cert&surface=cert",
	"{\"filter\":\"cert\",\"verdict\":\"refuse\",\"reason\":\"none\","},
    {"method=GET&url=/cert&surface=cert&cert=revoked",
	"\"reason\":\"revoked\",*\"outcome\":\"refused\",\"status\":403,"
	"\"cause\":\"cert_refused\"}"},
    {"method=GET&url=/cert&surface=cert&cert=good",
	"{\"filter\":\"cert\",\"verdict\":\"pass\",\"ns\":5}*\"served\"}"},
    /* By surface, by scheme and host, by neither. */
    {"method=GET&url=/ops&surface=ops",
	"{\"listener\":\"loop\",\"surface\":\"ops\","},
    {"method=GET&url=/ops",
	"{\"listener\":\"out\",\"surface\":\"wallet\",\"route\":\"-\""},
    {"method=GET&url=http://[::1]/ops",
	"{\"listener\":\"loop\",\"surface\":\"ops\","},
    {"method=GET&url=http://[::1]/ops", "\"outcome\":\"served\""},
    {"method=GET&url=https://a.example/open%3Fx%3D1", "served"},
    {"method=GET&url=https://b.example/open",
	"\"outcome\":\"refused\",\"status\":421,\"cause\":\"misdirected\""},
    {"method=GET&url=/open&header=Host:+b.example", "421"},
    /* Shadow and answers of a filter's own. */
    {"method=GET&url=/ops&surface=ops",
	FILTERS(SIZED,
	    "\"verdict\":\"shadow\",\"reason\":\"not_allowed\",\"ns\":5", PASS,
	    OFF) ",\"outcome\":\"served\"}"},
    {"method=OPTIONS&url=/ops&surface=ops&header=Origin:+https://e.example"
     "&header=Access-Control-Request-Method:+GET",
	"\"filter\":\"cors\",\"verdict\":\"refuse\","
	"\"reason\":\"forbidden\""},
    /* What framing refuses reaches no filter. */
    {"method=GET&url=/open&header=a+b:+c",
	"\"surface\":\"-\",\"route\":\"-\",\"client\":\"127.0.0.1\","
	"\"country\":\"loopback\"," FILTERS(
	    OFF, OFF, OFF, OFF) ",\"outcome\":\"refused\",\"status\":400"},
    {"method=GET&url=/a%0db", "\"status\":400"},
    {"method=GET&url=/%252e%252e/open", "\"status\":400"},
    {"method=TRACE&url=/open", "\"status\":405"},
    /* A second request behind the first is not looked at. */
    {"method=GET&url=/open+HTTP/1.1%0d%0aHost:a.example%0d%0a%0d%0aGET+/",
	"\"outcome\":\"served\""},
};

/* says finds the pieces of want in their order. */
static bool
says(struct bytes out, const char *want)
{
	const uint8_t *at;
	size_t len;

	for (;; want += len + 1) {
		len = strcspn(want, "*");
		at = memmem(out.ptr, out.len, want, len);
		if (at == NULL || want[len] == '\0')
			return at != NULL;
		out =
		    bytes_of(at + len, out.len - (size_t)(at + len - out.ptr));
	}
}

TEST(test_explain_rows_tell_what_each_filter_says)
{
	struct arena a;
	struct bytes out;
	struct rig g;
	size_t i;

	set_up(&g);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].form);
		arena_init(&a, 1 << 24);
		EXPECT(gw_explain(
		    &a, &out, &g.world, g.conf, bytes_of_str(row[i].form)));
		if (!says(out, row[i].says))
			test_fail(__FILE__, __LINE__, "%.*s", (int)out.len,
			    (const char *)out.ptr);
		arena_drop(&a);
		test_count(1);
	}
	EXPECT_U64(stage_calls, 0);
	rig_close(&g);
}

TEST(test_explain_wrong_questions_are_answered_with_what_is_wrong)
{
	static const struct {
		const char *form, *says;
	} wrong[] = {
	    {"", "method and url are needed"},
	    {"method=GET", "method and url are needed"},
	    {"method=GET&url=/&method=GET", "a parameter stands twice"},
	    {"method=GET&url=/&what=1", "an unknown parameter"},
	    {"method=GET&url=%zz", "a parameter that can not be decoded"},
	    {"method=GET&url=/&from=here", "from is no address"},
	    {"method=GET&url=/&surface=x",
		"no surface of that name is there, for that scheme"},
	    {"method=GET&url=http://x/&surface=wallet",
		"no surface of that name is there, for that scheme"},
	    {"method=GET&url=https://x/%23f", "url is none"},
	    {"method=GET&url=/&user=bob", "the surface has no such user"},
	    {"method=GET&url=/&cert=fine", "cert is no word of cert.def"},
	    {"method=GET&url=/ops&surface=ops&user=ann",
		"the surface has no such user"},
	};
	char want[128];
	struct arena a;
	struct bytes out;
	struct rig g;
	size_t i;

	set_up(&g);
	arena_init(&a, 1 << 24);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		test_row(wrong[i].form);
		(void)snprintf(
		    want, sizeof(want), "{\"error\":\"%s\"}", wrong[i].says);
		EXPECT(!gw_explain(
		    &a, &out, &g.world, g.conf, bytes_of_str(wrong[i].form)));
		EXPECT_BYTES(out, bytes_of_str(want));
		test_count(1);
	}
	arena_drop(&a);
	rig_close(&g);
}

TEST(test_explain_bounds_of_a_question_are_exact)
{
	static char form[GW_EXPLAIN_FORM_MAX + 2];
	struct buf b = buf_of((uint8_t *)form, sizeof(form));
	struct arena a;
	struct bytes out;
	struct rig g;
	size_t i;

	set_up(&g);
	arena_init(&a, 1 << 24);
	buf_put(&b, "method=GET&url=/open", 20);
	for (i = 0; i < GW_EXPLAIN_HEADER_MAX; i++)
		buf_put(&b, "&header=a:1", 11);
	EXPECT(gw_explain(&a, &out, &g.world, g.conf, bytes_of_buf(&b)));
	buf_put(&b, "&header=a:1", 11);
	EXPECT(!gw_explain(&a, &out, &g.world, g.conf, bytes_of_buf(&b)));
	EXPECT_BYTES(out, bytes_of_str("{\"error\":\"too many headers\"}"));
	memset(form, '&', sizeof(form));
	memcpy(form, "method=GET&url=/open", 20);
	EXPECT(gw_explain(&a, &out, &g.world, g.conf,
	    bytes_of((uint8_t *)form, GW_EXPLAIN_FORM_MAX)));
	EXPECT(!gw_explain(&a, &out, &g.world, g.conf,
	    bytes_of((uint8_t *)form, GW_EXPLAIN_FORM_MAX + 1)));
	arena_drop(&a);
	rig_close(&g);
}

TEST(test_explain_without_memory_says_nothing)
{
	struct arena a;
	struct bytes out;
	struct rig g;

	set_up(&g);
	arena_init(&a, 64);
	EXPECT(!gw_explain(
	    &a, &out, &g.world, g.conf, bytes_of_str("method=GET&url=/open")));
	EXPECT(out.ptr == NULL);
	arena_drop(&a);
	rig_close(&g);
}
