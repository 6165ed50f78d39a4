/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway.conf: what a whole file gives, and line and reason of each fault.
 */
#include "http/conf.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

TEST(test_conf_whole_file_is_read_with_defaults)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	EXPECT_STR(g.conf->run_dir, "/h/run");
	EXPECT_STR(g.conf->access_log, "/h/log/access.log");
	EXPECT_U64(g.conf->node_cnt, 1);
	EXPECT_STR(g.conf->nodes[0].name, "node");
	EXPECT_STR(g.conf->nodes[0].socket, "rpc.sock");
	EXPECT_U64(g.conf->head_ms, 10000);
	EXPECT_U64(g.conf->drain_ms, 10000);
	EXPECT_U64(g.conf->conn_max, 4096);
	EXPECT_U64(g.conf->listener_cnt, 2);
	EXPECT_U64(g.conf->surface_cnt, 3);
	EXPECT_U64(g.conf->mount_cnt, 4);
	EXPECT_U64(g.conf->surfaces[0].filter_bits, 1u << GW_FILTER_SIZE |
							1u << GW_FILTER_BASIC |
							1u << GW_FILTER_DECODE);
	EXPECT_STR(g.conf->surfaces[0].users_file, "/h/u");
	EXPECT_STR(g.conf->surfaces[0].realm, "r 1");
	EXPECT_U64(g.conf->surfaces[1].hosts.cnt, 3);
	EXPECT_BYTES(g.conf->surfaces[1].hosts.words[2], bytes_of_str("::1"));
	EXPECT(g.conf->surfaces[2].any_host);
	EXPECT(g.conf->surfaces[0].profile == GW_PROFILE_LEGACY);
	EXPECT_STR(g.conf->surfaces[0].apps[GW_IOS].version, "");
	EXPECT(!g.conf->surfaces[0].apps[GW_ANDROID].force);
	EXPECT_U64(g.conf->surfaces[2].deny.cnt, 2);
	EXPECT(!gw_conf_has_tls(g.conf));
	rig_close(&g);
}

#define TLS      "[tls]\ncert = c\nkey = k\n[listener a]\naddress = 127.0.0.1:1\n"
#define LISTENER "[listener a]\naddress = 127.0.0.1:1\ntls = no\n"
#define HOME     "[gateway]\nhome = /h\n"
#define PAIR     "[tls]\ncert = c\nkey = k\n"
#define OUTSIDE  "[listener a]\naddress = 0.0.0.0:1\n"
#define OPS      "[surface s]\nserves = ops\nat = a /\nhosts = *\n"

TEST(test_conf_values_come_from_the_environment)
{
	struct rig g;

	EXPECT(rig_open(&g,
	    "[gateway]\nhome = /${RIG}/${RIG:-x}/${NONE:-a b}\n" LISTENER
	    "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
	    NULL));
	EXPECT_STR(g.conf->home, "/value/value/a b");
	rig_close(&g);
}

TEST(test_conf_sqli_routes_take_over_what_they_do_not_say)
{
	const struct gw_sql_route *row;
	const struct gw_surface *s;
	struct rig g;

	EXPECT(rig_open(&g,
	    HOME LISTENER "[surface s]\nserves = wallet\nat = a /\nhosts = *\n"
			  "sqli_route = /a\nsqli_route = /b 5 off x:signed\n"
			  "filters = sqli\nsqli = detect\nsqli_score = 12\n"
			  "sqli_fields = y:base64\n"
			  "[surface t]\nserves = rpc\nat = a /t\nhosts = x\n",
	    NULL));
	s = &g.conf->surfaces[0];
	row = s->sqli_routes;
	EXPECT_U64(s->sqli_route_cnt, 2);
	EXPECT(row[0].conf.mode == GW_SQL_DETECT);
	EXPECT_U64(row[0].conf.block_at, 12);
	EXPECT_U64(row[0].conf.field_cnt, 1);
	EXPECT_BYTES(row[1].path, bytes_of_str("/b"));
	EXPECT(row[1].conf.mode == GW_SQL_OFF);
	EXPECT_U64(row[1].conf.block_at, 5);
	EXPECT_U64(row[1].conf.field_cnt, 2);
	EXPECT_BYTES(row[1].conf.fields[0].name, bytes_of_str("x"));
	EXPECT(row[1].conf.fields[0].shape == GW_SQL_SIGNED);
	EXPECT_BYTES(row[1].conf.fields[1].name, bytes_of_str("y"));
	EXPECT(row[1].conf.fields[1].shape == GW_SQL_BASE64);
	s++;
	EXPECT(s->sqli.mode == GW_SQL_BLOCK);
	EXPECT_U64(s->sqli.block_at, GW_SQL_BLOCK_AT);
	EXPECT_U64(s->sqli.field_cnt, 4);
	EXPECT_BYTES(s->sqli.fields[0].name, bytes_of_str("raw_tx_hex_list"));
	EXPECT(s->sqli.fields[0].shape == GW_SQL_HEX);
	rig_close(&g);
}

TEST(test_conf_faults_are_told_with_line_and_reason)
{
	static const struct {
		const char *text, *said;
	} row[] = {
	    {"", "0: [gateway] needs a line \"home = ...\"\n"},
	    {"x = 1\n", "1: a setting before any section\n"},
	    {"[nix]\n", "1: section \"nix\" is none of: gateway tls"},
	    {"[gateway x]\n", "1: [gateway] is written without a name\n"},
	    {"[surface]\n", "1: [surface] is written with a name\n"},
	    {"[surface a b]\n", "1: a name is one word"},
	    {HOME "[gateway]\n",
		"3: [gateway] stands twice, first on line 1\n"},
	    {HOME "homes = 1\n", "3: [gateway] has no setting \"homes\"\n"},
	    {HOME "home = /i\n", "3: home stands twice, first on line 2\n"},
	    {HOME "workers = 65\n", "3: workers: 65 is outside 0 to 64\n"},
	    {HOME "workers\n", "3: expected key = value\n"},
	    {HOME "user = ${NONE}\n",
		"3: user: NONE is not in the environment\n"},
	    {HOME "user = ${NONE\n", "3: user: ${ without }\n"},
	    {HOME "user = ${NONE:x}\n", "3: user: expected ${NAME} or"},
	    {HOME "[limits]\nhead = 5\n", "4: head: \"5\" is not a duration"},
	    {HOME "[limits]\nmin_rate = 5X\n",
		"4: min_rate: \"5X\" is not a size"},
	    {HOME "[listener a]\ntls = no\n",
		"3: [listener] needs a line \"address = ...\"\n"},
	    {HOME "[listener a]\naddress = here:1\n",
		"4: address: \"here:1\" is not IP:PORT"},
	    {HOME "[listener a]\naddress = 1.2.3.4\n", "4: address:"},
	    {HOME "[listener a]\naddress = 1.2.3.4:0\n",
		"4: address: 0 is outside 1 to 65535\n"},
	    {HOME LISTENER "[listener a]\naddress = 127.0.0.1:2\ntls = no\n",
		"6: [listener a] stands twice\n"},
	    {HOME LISTENER "proxies = 10.0.0\n",
		"6: proxies: \"10.0.0\" is neither"},
	    {HOME LISTENER "forwarded = x\n",
		"6: forwarded: \"x\" is none of: x-forwarded-for forwarded\n"},
	    {HOME LISTENER "proxies = 10.0.0.0/8 0.0.0.0/0\n[surface "
			   "s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: listener a: proxies holds every address\n"},
	    {HOME LISTENER "proxies = ::/0\n[surface s]\nserves = ops\nat = a "
			   "/\nhosts = *\n",
		"3: listener a: proxies holds every address\n"},
	    {HOME LISTENER, "0: there is no [surface NAME]\n"},
	    {HOME LISTENER "[surface s]\nserves = x\n",
		"7: serves: \"x\" is none of: wallet rpc ops redirect "
		"explorer\n"},
	    {HOME LISTENER "[surface s]\nserves = wallet\nat = a /\nhosts = "
			   "*\nprofile = new\n",
		"10: profile: \"new\" is none of: legacy extended\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nhosts = *\n",
		"6: [surface] needs a line \"at = ...\"\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = a/b\n",
		"9: hosts: \"a/b\" is no host name\n"},
	    {HOME LISTENER
		"[surface s]\nserves = ops\nat = a /\nhosts = a:80\n",
		"9: hosts: \"a:80\" is no host name\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a\nhosts = *\n",
		"8: at: expected LISTENER /PATH\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a x\nhosts = *\n",
		"8: at: expected LISTENER /PATH\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = b /\nhosts = *\n",
		"8: there is no [listener b]\n"},
	    {HOME LISTENER
		"[surface s]\nserves = ops\nat = a /x\nat = a /x/\nhosts = *\n",
		"9: same place as on line 8 for the same host\n"},
	    {HOME LISTENER
		"[surface s]\nserves = ops\nat = a /\nhosts = *\nfilters = x\n",
		"10: filters: \"x\" is none of: size cors net geo rate "},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = net\nshadow = net x\n",
		"11: shadow: \"x\" is none of: size cors net"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = net\nshadow = net cors\n",
		"6: surface s: shadow names a filter that filters does not\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli = on\n",
		"11: sqli: \"on\" is none of: off detect block\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_score = 0\n",
		"11: sqli_score: 0 is outside 1 to 1000\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_score = 1001\n",
		"11: sqli_score: 1001 is outside 1 to 1000\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_fields = a\n",
		"11: sqli_fields: \"a\" is not NAME:SHAPE\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_fields = :hex\n",
		"11: sqli_fields: \":hex\" is not NAME:SHAPE\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_fields = a:hex b:text\n",
		"11: sqli_fields: \"text\" is none of: hex base64 signed\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_fields = a:\n",
		"11: sqli_fields: \"\" is none of: hex base64 signed\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = x off\n",
		"11: sqli_route: expected /ROUTE and then"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = /x on\n",
		"11: sqli_route: \"on\" is none of: off detect block\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = /x 0\n",
		"11: sqli_route: a score of 0\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = /x 1001\n",
		"11: sqli_route: \"1001\" is none of"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = /x a:b\n",
		"11: sqli_route: \"b\" is none of: hex base64 signed\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = sqli\nsqli_route = /x off\nsqli_route "
			   "= /x block\n",
		"12: sqli_route: this route stands twice\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nsqli = block\n",
		"6: surface s: sqli is set but filter sqli is not on\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nsqli_route = /x off\n",
		"6: surface s: sqli is set but filter sqli is not on\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nallow = 1.2.3.4\n",
		"filter net is not on\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = net\nallow = 1.2.3\n",
		"11: allow: \"1.2.3\" is neither"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nfilters = basic\n",
		"filter basic needs users"},
	    {HOME TLS "[surface s]\nserves = ops\nat = a /\nhosts = "
		      "*\nfilters = cert\n",
		"8: surface s: filter cert needs [tls] client_ca = FILE\n"},
	    {HOME TLS "[surface s]\nserves = ops\nat = a /\nhosts = "
		      "*\ncert_optional = yes\n",
		"8: surface s: cert_optional is set but filter cert is not "
		"on\n"},
	    {HOME LISTENER "[tls]\nclient_ca = a\n[surface s]\nserves = "
			   "ops\nat = a /\nhosts = *\nfilters = cert\n",
		"10: filter cert belongs to a listener with TLS\n"},
	    {HOME LISTENER "[tls]\nclient_crl = a\n[surface s]\nserves = "
			   "ops\nat = a /\nhosts = *\n",
		"6: [tls] client_crl needs client_ca = FILE\n"},
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = "
			   "*\nrealm = a\\b\n",
		"realm holds"},
	    {HOME LISTENER OPS "rate = 5\n",
		"10: rate: \"5\" is no rate (50/s, 300/m, 100/h, off)\n"},
	    {HOME LISTENER OPS "rate = 5/d\n", "10: rate: \"5/d\" is no rate"},
	    {HOME LISTENER OPS "rate = /s\n", "10: rate: \"/s\" is no rate"},
	    {HOME LISTENER OPS "rate = 0/s\n",
		"10: rate: 0 is outside 1 to 1000000\n"},
	    {HOME LISTENER OPS "rate = x/s\n", "10: rate: "},
	    {HOME LISTENER OPS "rate = 5/s\n",
		"6: surface s: filter rate and a rate go together\n"},
	    {HOME LISTENER OPS "filters = rate\n",
		"6: surface s: filter rate and a rate go together\n"},
	    {HOME LISTENER OPS "filters = basic user_rate\nusers = u\n",
		"6: surface s: filter user_rate and a user_rate go "
		"together\n"},
	    {HOME LISTENER OPS "filters = user_rate\nuser_rate = 1/m\n",
		"6: surface s: filter user_rate needs filter basic\n"},
	    {HOME LISTENER OPS "filters = rate\nrate = 1/m\nrate_burst = 61\n",
		"6: surface s: the burst of rate takes more than an hour to "
		"come back\n"},
	    {HOME LISTENER OPS "rate_dear = 0\n",
		"10: rate_dear: 0 is outside 1 to 1000\n"},
	    {HOME LISTENER OPS "rate_call = 0\n",
		"10: rate_call: 0 is outside 1 to 1000\n"},
	    {HOME LISTENER OPS "rate_scan = 0\n",
		"10: rate_scan: 0 is outside 1 to 1000\n"},
	    {HOME LISTENER OPS "rate_trace = 1001\n",
		"10: rate_trace: 1001 is outside 1 to 1000\n"},
	    {HOME LISTENER OPS "time_call = 1ms\n", "10: time_call: "},
	    {HOME LISTENER OPS "time_dear = 1ms\n", "10: time_dear: "},
	    {HOME LISTENER OPS "time_scan = 1h\n", "10: time_scan: "},
	    {HOME LISTENER OPS "time_trace = x\n", "10: time_trace: "},
	    {HOME LISTENER OPS "methods = a-b\n",
		"10: methods: \"a-b\" is no method, NAME_* or default\n"},
	    {HOME LISTENER OPS "methods = *\n", "10: methods: \"*\" is no"},
	    {HOME LISTENER OPS "methods = eth_*\n",
		"10: methods: \"eth_*\" is for users of their own"},
	    {HOME LISTENER OPS "methods = default debug_traceCall\n",
		"10: methods: \"debug_traceCall\" is for users of their own: "
		"methods_for\n"},
	    {HOME LISTENER OPS "methods = txpool_status\n", "for users of"},
	    {HOME LISTENER OPS "methods = personal_sign\n",
		"10: methods: \"personal_sign\" is for the node's own socket "
		"alone\n"},
	    {HOME LISTENER OPS "methods_for = ann\n",
		"10: methods_for: expected USER METHOD ...\n"},
	    {HOME LISTENER OPS "methods_for =\n", "10: methods_for: "},
	    {HOME LISTENER OPS "methods_for = ann eth_sign\n",
		"10: methods_for: \"eth_sign\" is for the node's own socket "
		"alone\n"},
	    {HOME LISTENER OPS "methods_for = ann personal_*\n",
		"10: methods_for: \"personal_*\" is for the node's"},
	    {HOME LISTENER OPS "methods_for = ann debug_setHead\n",
		"is for the node's own socket alone\n"},
	    {HOME LISTENER OPS "methods_for = ann a\nmethods_for = ann b\n",
		"11: methods_for: this user stands twice\n"},
	    {HOME LISTENER OPS "filters = basic\nusers = u\n"
			       "methods_for = ann debug_*\n",
		"12: surface s: methods_for needs serves = rpc and filter "
		"basic\n"},
	    {HOME LISTENER "[surface s]\nserves = rpc\nat = a /\nhosts = x\n"
			   "methods_for = ann debug_*\n",
		"10: surface s: methods_for needs serves = rpc and filter "
		"basic\n"},
	    {HOME LISTENER OPS "rate_fields = maybe\n", "10: rate_fields: "},
	    {HOME LISTENER OPS "rate_free = x\n", "10: rate_free: \"x\" is"},
	    {HOME LISTENER "[surface s]\nserves = rpc\nat = a /\nhosts = *\n",
		"hosts must be named"},
	    {HOME LISTENER
		"[surface s]\nserves = explorer\nat = a /\nhosts = *\n",
		"serves explorer, so hosts must be named"},
	    {HOME PAIR OUTSIDE OPS, "surface s: what serves ops on listener a "
				    "needs filter basic or cert, or net"},
	    {HOME PAIR OUTSIDE OPS "filters = net\n", "surface s: what serves"},
	    {HOME PAIR OUTSIDE OPS "filters = net\nallow = 10.0.0.0/8\n"
				   "shadow = net\n",
		"surface s: what serves"},
	    {HOME PAIR OUTSIDE OPS "filters = basic\nusers = u\n"
				   "shadow = basic\n",
		"surface s: what serves"},
	    {HOME PAIR "client_ca = ca\n" OUTSIDE OPS
		       "filters = basic cert\nusers = u\nshadow = basic "
		       "cert\n",
		"surface s: what serves"},
	    {HOME LISTENER "proxies = 127.0.0.1\n" OPS,
		"surface s: what serves"},
	    {HOME "[listener a]\naddress = 1.2.3.4:1\ntls = no\n[surface "
		  "s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: listener a: without TLS only"},
	    {HOME "[listener a]\naddress = 1.2.3.4:1\n[surface s]\nserves = "
		  "ops\nat = a /\nhosts = *\n",
		"3: listener a: [tls] needs cert and key\n"},
	    {HOME LISTENER
		"[listener b]\naddress = 127.0.0.1:1\ntls = no\n[surface "
		"s]\nserves = ops\nat = a /\nhosts = *\n",
		"6: listener b: same address as listener a\n"},
	    {HOME "[node]\nsocket = a\n[node n]\nsocket = b\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [node] socket is for one node"},
	    {HOME "[node n]\nsocket = a\n[node n]\nsocket = b\n",
		"5: [node n] stands twice\n"},
	    {HOME "[node n]\nsocket = a\n[node m]\nsocket = a\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"5: node m: same socket as node n\n"},
	    {HOME "[node n]\nsocket =\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: node n: socket is empty\n"},
	    {HOME "[node n/]\nsocket = a\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: a node's name has letters"},
	    {HOME "[node n]\n" LISTENER,
		"3: [node] needs a line \"socket = ...\"\n"},
	    {HOME "[node n]\nsocket = a\nconnections = 1\n",
		"5: [node] has no setting \"connections\"\n"},
	    {HOME "[database]\nsocket = a\naddress = b\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [database] socket or address, not both\n"},
	    {HOME "[database]\naddress = 1.2.3.4\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [database] sslmode verify-full needs sslrootcert\n"},
	    {HOME
		"[database]\naddress = 1.2.3.4\nsslmode = verify-ca\n" LISTENER
		"[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [database] sslmode verify-ca needs sslrootcert\n"},
	    {HOME "[database]\naddress = 1.2.3.4\nsslmode = prefer\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [database] sslmode is verify-full, verify-ca, require or "
		"disable\n"},
	    {HOME "[database]\nsocket = pg\nsslmode = disable\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"3: [database] host, sslmode and sslrootcert belong to "
		"address\n"},
	};
	struct rig g;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].said);
		EXPECT(!rig_open(&g, row[i].text, NULL));
		if (strstr(g.said, row[i].said) == NULL)
			test_fail(__FILE__, __LINE__, "said: %s", g.said);
		test_count(1);
	}
}

/* A surface that is open for a trial is none to forget. */
TEST(test_conf_basic_in_shadow_is_warned_of)
{
	static const struct {
		const char *conf, *said;
	} row[] = {
	    {HOME LISTENER OPS "filters = basic\nusers = u\n", ""},
	    {HOME LISTENER OPS "filters = net\nshadow = net size decode\n", ""},
	    {HOME LISTENER OPS "filters = basic\nusers = u\nshadow = basic\n",
		"6: warning: surface s is open: basic is in shadow, so nobody "
		"is kept out for want of a password\n"},
	    /* there a filter that is heeded is needed, and is enough */
	    {HOME PAIR OUTSIDE OPS
		"filters = basic net\nusers = u\nshadow = basic\n"
		"allow = 10.0.0.0/8\n",
		"8: warning: surface s is open: basic is in shadow, so nobody "
		"is kept out for want of a password\n"},
	};
	struct rig g;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		EXPECT(rig_open(&g, row[i].conf, NULL));
		rig_warn(&g);
		EXPECT_STR(g.said, row[i].said);
		rig_close(&g);
		test_count(1);
	}
}

TEST(test_conf_certificates_are_asked_for_where_a_surface_needs_them)
{
	struct rig g;

	EXPECT(rig_open(&g,
	    HOME "[tls]\ncert = c\nkey = k\nclient_ca = ca.pem\n"
		 "client_crl = /etc/crl.pem\n"
		 "[listener a]\naddress = 127.0.0.1:1\n"
		 "[listener b]\naddress = 127.0.0.1:2\n"
		 "[surface s]\nserves = ops\nat = a /\nat = b /x\nhosts = *\n"
		 "[surface t]\nserves = ops\nat = b /\nhosts = *\n"
		 "filters = cert\ncert_optional = yes\nshadow = cert\n",
	    NULL));
	EXPECT_STR(g.conf->client_ca, "/h/ca.pem");
	EXPECT_STR(g.conf->client_crl, "/etc/crl.pem");
	EXPECT(!g.conf->surfaces[0].cert_optional);
	EXPECT(g.conf->surfaces[1].cert_optional);
	EXPECT(!gw_conf_asks_cert(g.conf, "a"));
	EXPECT(gw_conf_asks_cert(g.conf, "b"));
	EXPECT(!gw_conf_asks_cert(g.conf, "c"));
	rig_close(&g);
}

TEST(test_conf_rates_become_intervals)
{
	static const struct {
		const char *lines;
		uint64_t interval_us, burst;
	} row[] = {
	    {"rate = 50/s\n", 20000, 50},
	    {"rate = 50/s\nrate_burst = 7\n", 20000, 7},
	    {"rate = 300/m\n", 200000, 5},
	    {"rate = 30/m\n", 2000000, 1},
	    {"rate = 1/h\n", 3600000000, 1},
	    {"rate = 1000000/s\n", 1, 1000000},
	};
	char conf[512];
	struct rig g;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].lines);
		(void)snprintf(conf, sizeof(conf), "%sfilters = rate\n%s",
		    HOME LISTENER OPS, row[i].lines);
		EXPECT(rig_open(&g, conf, NULL));
		EXPECT_U64(
		    g.conf->surfaces[0].rate.interval_us, row[i].interval_us);
		EXPECT_U64(g.conf->surfaces[0].rate.burst, row[i].burst);
		rig_close(&g);
		test_count(1);
	}
}

TEST(test_conf_same_prefix_of_other_hosts_is_fine)
{
	struct rig g;

	EXPECT(rig_open(&g,
	    HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = x\n"
			  "[surface t]\nserves = ops\nat = a /\nhosts = y\n",
	    NULL));
	rig_close(&g);
}

TEST(test_conf_fixed_changes_are_found)
{
	static const struct {
		const char *text, *key; /* NULL: may change at any time */
	} row[] = {
	    {HOME LISTENER "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		NULL},
	    {HOME LISTENER "[limits]\nhead = 3s\n[surface t]\nserves = ops\nat "
			   "= a /x\nhosts = y\n",
		NULL},
	    {"[gateway]\nhome = /i\n" LISTENER
	     "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"home"},
	    {HOME "workers = 3\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"workers"},
	    {HOME "[listener a]\naddress = 127.0.0.1:2\ntls = no\n[surface "
		  "s]\nserves = ops\nat = a /\nhosts = *\n",
		"address"},
	    {HOME "[listener b]\naddress = 127.0.0.1:1\ntls = no\n[surface "
		  "s]\nserves = ops\nat = b /\nhosts = *\n",
		"listener"},
	    {HOME LISTENER
		"[listener b]\naddress = 127.0.0.1:3\ntls = no\n[surface "
		"s]\nserves = ops\nat = b /\nhosts = *\n",
		"listener"},
	    {HOME "[node n]\nsocket = rpc.sock\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		"node"},
	    {HOME "[node]\nstale = 1m\nback = 0s\nbehind = yes\nforked = "
		  "yes\n" LISTENER
		  "[surface s]\nserves = ops\nat = a /\nhosts = *\n",
		NULL},
	};
	struct rig a, b;
	const char *key;
	size_t i;

	EXPECT(rig_open(&a, row[0].text, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].text);
		EXPECT(rig_open(&b, row[i].text, NULL));
		key = gw_conf_fixed_change(a.conf, b.conf);
		EXPECT_U64(key == NULL, row[i].key == NULL);
		if (key != NULL && row[i].key != NULL)
			EXPECT_STR(key, row[i].key);
		rig_close(&b);
		test_count(1);
	}
	rig_close(&a);
}

TEST(test_conf_networks_and_countries_are_read)
{
	static const char text[] =
	    HOME "[geo]\ndatabase = geo/c.mmdb\nmap = 127.0.1.0/24 JP\n"
		 "map = 2001:db8::/32 US\n" LISTENER
		 "[surface s]\nserves = ops\nat = a /\nhosts = *\n"
		 "filters = geo\ncountries = JP  US\nadmit_private = yes\n";
	struct rig g;

	EXPECT(rig_open(&g, text, NULL));
	EXPECT_STR(g.conf->geo_database, "/h/geo/c.mmdb");
	EXPECT_U64(g.conf->geo_map_cnt, 2);
	EXPECT_U64(g.conf->geo_maps[1].net.bits, 32);
	EXPECT(gw_countries_has(
	    &g.conf->surfaces[0].countries, g.conf->geo_maps[0].country));
	EXPECT(gw_countries_has(
	    &g.conf->surfaces[0].countries, g.conf->geo_maps[1].country));
	EXPECT(g.conf->surfaces[0].admit_private);
	EXPECT(!g.conf->surfaces[0].admit_loopback);
	EXPECT(!g.conf->surfaces[0].admit_unknown);
	rig_close(&g);
}

TEST(test_conf_more_maps_than_the_bound_are_refused)
{
	static char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text), HOME "[geo]\n"), i;
	struct rig g;

	for (i = 0; i <= GW_GEO_MAP_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "map = 127.0.%zu.0/24 JP\n", i);
	EXPECT(!rig_open(&g, text, NULL));
	EXPECT(strstr(g.said, "68: map: more than 64 networks\n") != NULL);
}
