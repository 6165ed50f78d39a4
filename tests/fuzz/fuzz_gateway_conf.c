/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway.conf and users files: any text is either refused with a reason or
 * gives a configuration whose parts fit together. It is compared with what
 * the text gives without its last line, as at SIGHUP.
 *
 * fuzz: cover=src/http/conf.c,src/http/conf_value.c,src/http/conf_check.c
 * fuzz: cover=src/http/conf_sqli.c,src/http/net.c,src/http/users.c
 * fuzz: cover=src/http/country.c,src/http/geo.c
 */
#include <string.h>

#include "base/check.h"
#include "http/conf.h"
#include "http/filter.h"
#include "http/geo.h"
#include "http/route.h"
#include "http/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *ctx, const char *file, unsigned line, const char *text)
{
	size_t *faults = ctx;

	(void)line;
	CHECK(file != NULL && text[0] != '\0');
	++*faults;
}

static const char *
env(const char *name)
{
	return name[0] == 'A' ? "value of it" : NULL;
}

/* is_mapped_to tells whether the configuration puts a into that country. */
static bool
is_mapped_to(
    const struct gw_conf *c, const struct gw_addr *a, struct gw_country country)
{
	size_t i;

	for (i = 0; i < c->geo_map_cnt; i++)
		if (gw_net_has(&c->geo_maps[i].net, a) &&
		    gw_country_same(c->geo_maps[i].country, country))
			return true;
	return false;
}

/* A database of one country, 1.0.0.0/8. */
static struct gw_geo
one_country(void)
{
	static const struct gw_geo_row rows[] = {{{{0}}, {{0}}},
	    {{{[10] = 0xff, 0xff, 1}}, {{'J', 'P'}}},
	    {{{[10] = 0xff, 0xff, 2}}, {{0}}}};
	struct gw_geo g;

	CHECK(gw_geo_view(&g, bytes_of(rows, sizeof(rows))));
	return g;
}

static void
look_at_place(const struct gw_conf *c, const struct gw_addr *a)
{
	struct gw_geo g = one_country();
	struct gw_place with = gw_place_of(&g, c->geo_maps, c->geo_map_cnt, a);
	struct gw_place without =
	    gw_place_of(NULL, c->geo_maps, c->geo_map_cnt, a);
	char text[GW_PLACE_TEXT_MAX];

	CHECK(with.is_mapped == without.is_mapped);
	CHECK((without.kind == GW_PLACE_COUNTRY) == without.is_mapped);
	CHECK(without.kind != GW_PLACE_UNKNOWN);
	CHECK(with.kind != GW_PLACE_NO_DATA && with.kind != GW_PLACE_UNSET);
	if (with.is_mapped)
		CHECK(is_mapped_to(c, a, with.country) &&
		      gw_country_same(with.country, without.country));
	else if (with.kind == GW_PLACE_COUNTRY)
		CHECK(gw_addr_is_v4(a) && a->b[12] == 1);
	CHECK((strlen(gw_place_text(text, &with)) == 2) ==
	      (with.kind == GW_PLACE_COUNTRY));
}

static void
look_at_nets(const struct gw_conf *c, const struct gw_nets *nets)
{
	char text[GW_ADDR_TEXT_MAX];
	struct gw_addr back;
	size_t i;

	for (i = 0; i < nets->cnt; i++) {
		const struct gw_net *n = &nets->nets[i];

		CHECK(gw_net_has(n, &n->addr));
		CHECK(gw_nets_have(nets, &n->addr));
		CHECK(gw_addr_read(
		    &back, bytes_of_str(gw_addr_text(text, &n->addr))));
		CHECK(!memcmp(&back, &n->addr, sizeof(back)));
		look_at_place(c, &n->addr);
	}
}

/* A set holds codes of country.def and nothing else. */
static void
look_at_countries(const struct gw_countries *set)
{
	struct gw_country c, known;
	size_t i, cnt = 0;

	for (i = 0; i < (size_t)26 * 26; i++) {
		c.code[0] = (uint8_t)('A' + i / 26);
		c.code[1] = (uint8_t)('A' + i % 26);
		if (!gw_countries_has(set, c))
			continue;
		CHECK(gw_country_read(&known, bytes_of(c.code, 2)));
		cnt++;
	}
	CHECK(gw_countries_is_empty(set) == (cnt == 0));
	CHECK(gw_country_take(&c, bytes_of_str("A1")));
	CHECK(!gw_countries_has(set, c));
}

static bool
has(const struct gw_surface *s, enum gw_filter f)
{
	return (s->filter_bits >> f & 1) != 0;
}

static void
look_at_rate(const struct gw_rate_rule *rule, bool is_on)
{
	CHECK((rule->interval_us > 0) == is_on);
	CHECK(!is_on || rule->burst > 0);
	CHECK(rule->burst * rule->interval_us <= GW_RATE_SPAN_MAX);
}

static void
look_at_sqli(const struct gw_surface *s)
{
	size_t i;

	CHECK(s->sqli_route_cnt == 0 || has(s, GW_FILTER_SQLI));
	for (i = 0; i < s->sqli_route_cnt; i++) {
		const struct gw_sql_route *row = &s->sqli_routes[i];

		CHECK(row->path.ptr[0] == '/' && row->line > 0);
		CHECK(row->conf.block_at > 0 &&
		      row->conf.block_at <= GW_SQL_SCORE_MAX);
		CHECK(row->has_mode || row->conf.mode == s->sqli.mode);
		CHECK(row->conf.field_cnt >= s->sqli.field_cnt);
	}
}

static void
look_at_surface(const struct gw_conf *c, const struct gw_surface *s)
{
	CHECK(s->mounts > 0);
	CHECK(s->any_host || s->hosts.cnt > 0);
	CHECK(strlen(s->name) <= GW_NAME_MAX);
	CHECK(s->kind < GW_SURFACE_KIND_CNT);
	CHECK((s->shadow_bits & ~s->filter_bits) == 0);
	CHECK(!has(s, GW_FILTER_USER_RATE) || has(s, GW_FILTER_BASIC));
	if (s->kind == GW_REDIRECT)
		CHECK(s->to->is_tls && !s->any_host);
	look_at_nets(c, &s->allow);
	look_at_nets(c, &s->deny);
	look_at_nets(c, &s->rate_free);
	look_at_countries(&s->countries);
	CHECK(has(s, GW_FILTER_GEO) == !gw_countries_is_empty(&s->countries));
	look_at_rate(&s->rate, has(s, GW_FILTER_RATE));
	look_at_rate(&s->user_rate, has(s, GW_FILTER_USER_RATE));
	look_at_sqli(s);
	CHECK(!has(s, GW_FILTER_CERT) || c->client_ca[0] != '\0');
	CHECK(!s->cert_optional || has(s, GW_FILTER_CERT));
}

/* Outside loopback, what is not TLS only leads to it. */
static void
look_at_listener(const struct gw_conf *c, const struct gw_listener *l)
{
	size_t i;

	look_at_nets(c, &l->proxies);
	if (l->is_tls) {
		CHECK(gw_conf_has_tls(c));
		return;
	}
	for (i = 0; i < c->mount_cnt; i++)
		CHECK(c->mounts[i].listener != l ||
		      gw_addr_is_loopback(&l->addr.addr) ||
		      c->mounts[i].surface->kind == GW_REDIRECT);
}

static void
look_at(const struct gw_conf *c)
{
	size_t i;

	CHECK(c->listener_cnt > 0 && c->surface_cnt > 0);
	CHECK(c->node_cnt > 0 && c->node_cnt <= GW_NODE_MAX);
	for (i = 0; i < c->mount_cnt; i++) {
		CHECK(c->mounts[i].listener >= c->listeners);
		CHECK(c->mounts[i].listener < c->listeners + c->listener_cnt);
		CHECK(c->mounts[i].surface < c->surfaces + c->surface_cnt);
		CHECK(!has(c->mounts[i].surface, GW_FILTER_CERT) ||
		      (c->mounts[i].listener->is_tls &&
			  gw_conf_asks_cert(c, c->mounts[i].listener->name)));
	}
	CHECK(c->geo_map_cnt <= GW_GEO_MAP_MAX);
	for (i = 0; i < c->geo_map_cnt; i++)
		look_at_place(c, &c->geo_maps[i].net.addr);
	for (i = 0; i < c->surface_cnt; i++)
		look_at_surface(c, &c->surfaces[i]);
	for (i = 0; i < c->listener_cnt; i++)
		look_at_listener(c, &c->listeners[i]);
	for (i = 0; i < c->node_cnt; i++)
		CHECK(c->nodes[i].socket[0] != '\0');
	CHECK(c->worker_cnt <= 64 && c->conn_max >= 8);
	CHECK(c->client_crl[0] == '\0' || c->client_ca[0] != '\0');
	CHECK(c->db_address[0] == '\0' || c->db_sslmode[0] != '\0');
}

/* Each surface that is open for a trial is warned of, and no other. */
static void
check_warnings(const struct gw_conf *c)
{
	size_t said = 0, open = 0, i;
	struct gw_conf_say say = {count, &said};

	gw_conf_warn(c, &say);
	for (i = 0; i < c->surface_cnt; i++)
		open += gw_is_in_shadow(&c->surfaces[i], GW_FILTER_BASIC);
	CHECK(said == open);
}

/* Every route that is told to be missing is a fault, and no other. */
static void
check_routes(const struct gw_conf *c)
{
	static const struct gw_route routes[] = {
	    {GW_POST, "/v1/Eth/SendRawTransaction", GW_WALLET, GW_CLOSED, NULL,
		0},
	    {GW_POST, "/", GW_RPC, GW_CLOSED, NULL, 0},
	};
	size_t faults = 0;
	struct gw_conf_say say = {count, &faults};
	enum rc rc =
	    gw_conf_check_routes(c, routes, ARRAY_CNT(routes), &say, NULL);

	CHECK(rc == (faults == 0 ? RC_OK : RC_CONF));
}

static struct bytes
without_last_line(struct bytes text)
{
	const uint8_t *end =
	    text.len == 0 ? NULL : memrchr(text.ptr, '\n', text.len);

	return bytes_of(text.ptr, end == NULL ? 0 : (size_t)(end - text.ptr));
}

/* What a restart is needed for is that, whichever came first. */
static void
compare(const struct gw_conf *c, struct bytes text)
{
	size_t faults = 0;
	struct gw_conf_say say = {count, &faults};
	struct gw_conf *other;
	const char *there, *back;

	CHECK(gw_conf_fixed_change(c, c) == NULL);
	if (gw_conf_read(
		&other, "g", without_last_line(text), env, &say, NULL) != RC_OK)
		return;
	there = gw_conf_fixed_change(c, other);
	back = gw_conf_fixed_change(other, c);
	CHECK((there == NULL) == (back == NULL));
	CHECK(there == NULL || !strcmp(there, back));
	gw_conf_drop(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t faults = 0;
	struct gw_conf_say say = {count, &faults};
	struct gw_users *users;
	struct gw_conf *c;
	struct arena a;
	unsigned line;
	enum rc rc =
	    gw_conf_read(&c, "f", bytes_of(data, size), env, &say, NULL);

	CHECK((rc == RC_OK) == (faults == 0) || rc == RC_NO_MEMORY);
	if (rc == RC_OK) {
		look_at(c);
		check_routes(c);
		check_warnings(c);
		compare(c, bytes_of(data, size));
		(void)gw_conf_set_users(
		    c, "/h/u", bytes_of(data, size), &say, NULL);
		gw_conf_drop(gw_conf_hold(c));
		gw_conf_drop(c);
	}
	arena_init(&a, 1 << 22);
	rc = gw_users_read(&a, &users, &line, bytes_of(data, size), NULL);
	if (rc == RC_OK) {
		CHECK(gw_users_cnt(users) > 0);
		CHECK(gw_users_decoy(users)->n > 1);
		(void)gw_users_find(users, bytes_of_str("ann"));
	}
	arena_drop(&a);
	return 0;
}
