/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter cert: what each state of a certificate is worth, and what is written
 * down. Judging certificates is the gateway's (tests/e2e/tls_test.py).
 */
#include "base/check.h"
#include "http/filter.h"
#include "rig.h"
#include "test.h"

#define CONF                                                                   \
	"[gateway]\nhome = /h\n[tls]\ncert = c\nkey = k\nclient_ca = a\n"      \
	"[listener a]\naddress = 127.0.0.1:1\n"                                \
	"[surface s]\nserves = ops\nat = a /\nhosts = *\nfilters = cert\n"

static const struct {
	enum gw_cert_state state;
	unsigned status, optional_status; /* 0: let through */
	enum gw_refusal cause;
	const char *rule;
} row[] = {
    {GW_CERT_NONE, 403, 0, GW_R_CERT_NEEDED, "none"},
    {GW_CERT_GOOD, 0, 0, GW_R_NONE, NULL},
    {GW_CERT_UNTRUSTED, 403, 403, GW_R_CERT_REFUSED, "untrusted"},
    {GW_CERT_EXPIRED, 403, 403, GW_R_CERT_REFUSED, "expired"},
    {GW_CERT_REVOKED, 403, 403, GW_R_CERT_REFUSED, "revoked"},
    {GW_CERT_UNFIT, 403, 403, GW_R_CERT_REFUSED, "unfit"},
    {GW_CERT_NO_CRL, 503, 503, GW_R_UNAVAILABLE, "no_crl"},
};

_Static_assert(ARRAY_CNT(row) == GW_CERT_CNT, "a row for each state");

/* ask puts a request with that certificate to the filter; NULL: it has shown
 * none. Returns its status, 0 when it was let through. */
static unsigned
ask(struct rig *g, const struct gw_cert *cert)
{
	memset(&g->req, 0, sizeof(g->req));
	arena_init(&g->req.arena, GW_REQ_MEMORY_MAX);
	g->req.world = &g->world;
	g->req.conf = g->conf;
	g->req.surface = &g->conf->surfaces[0];
	g->req.cert = cert;
	g->req.at = GW_FILTER_CERT;
	return gw_filter_call(&g->req) == GW_NEXT ? 0 : g->req.reply.status;
}

static void
expect_rows(const char *conf, bool is_optional)
{
	const struct gw_ruling *ruling;
	struct gw_cert cert = {0};
	struct rig g;
	unsigned want;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	ruling = &g.req.rulings[GW_FILTER_CERT];
	for (i = 0; i < ARRAY_CNT(row); i++) {
		cert.state = row[i].state;
		want = is_optional ? row[i].optional_status : row[i].status;
		EXPECT_U64(ask(&g, &cert), want);
		EXPECT_U64(ruling->verdict,
		    want == 0 ? GW_VERDICT_PASS : GW_VERDICT_REFUSE);
		EXPECT(want == 0 || ruling->cause == row[i].cause);
		if (want != 0)
			EXPECT_STR(ruling->rule, row[i].rule);
		rig_next(&g);
	}
	EXPECT_U64(ask(&g, NULL), is_optional ? 0 : 403);
	rig_close(&g);
	test_count(i);
}

TEST(test_filter_cert_lets_in_a_good_one_alone)
{
	expect_rows(CONF, false);
}

TEST(test_filter_cert_optional_lets_in_who_shows_none)
{
	expect_rows(CONF "cert_optional = yes\n", true);
}

TEST(test_filter_cert_in_shadow_is_written_down)
{
	struct gw_cert cert = {.state = GW_CERT_REVOKED};
	struct rig g;

	EXPECT(rig_open(&g, CONF "shadow = cert\n", NULL));
	EXPECT_U64(ask(&g, &cert), 0);
	EXPECT_U64(g.req.rulings[GW_FILTER_CERT].verdict, GW_VERDICT_SHADOW);
	EXPECT_STR(g.req.rulings[GW_FILTER_CERT].rule, "revoked");
	rig_close(&g);
}

TEST(test_filter_cert_words_are_found)
{
	enum gw_cert_state state;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		const char *word = row[i].rule != NULL ? row[i].rule : "good";

		EXPECT(gw_cert_find(&state, bytes_of_str(word)));
		EXPECT_U64(state, row[i].state);
	}
	EXPECT(!gw_cert_find(&state, bytes_of_str("goo")));
	EXPECT(!gw_cert_find(&state, bytes_of_str("")));
}
