/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway.conf and users files: any text is either refused with a reason or
 * gives a configuration whose parts fit together.
 *
 * fuzz: cover=src/http/conf.c,src/http/conf_value.c,src/http/conf_check.c
 * fuzz: cover=src/http/net.c,src/http/users.c
 */
#include <string.h>

#include "base/check.h"
#include "http/conf.h"
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

static void
look_at_nets(const struct gw_nets *nets)
{
	char text[GW_ADDR_TEXT_MAX];
	struct gw_addr back;
	size_t i;

	for (i = 0; i < nets->cnt; i++) {
		const struct gw_net *n = &nets->nets[i];

		CHECK(gw_net_has(n, &n->addr));
		CHECK(gw_addr_read(
		    &back, bytes_of_str(gw_addr_text(text, &n->addr))));
		CHECK(!memcmp(&back, &n->addr, sizeof(back)));
	}
}

static void
look_at(const struct gw_conf *c)
{
	size_t i;

	CHECK(c->listener_cnt > 0 && c->surface_cnt > 0);
	CHECK(c->home[0] != '\0' || c->home != NULL);
	for (i = 0; i < c->mount_cnt; i++) {
		CHECK(c->mounts[i].listener >= c->listeners);
		CHECK(c->mounts[i].listener < c->listeners + c->listener_cnt);
		CHECK(c->mounts[i].surface < c->surfaces + c->surface_cnt);
	}
	for (i = 0; i < c->surface_cnt; i++) {
		CHECK(c->surfaces[i].mounts > 0);
		CHECK(c->surfaces[i].any_host || c->surfaces[i].hosts.cnt > 0);
		CHECK(strlen(c->surfaces[i].name) <= GW_NAME_MAX);
		CHECK(c->surfaces[i].kind < GW_SURFACE_KIND_CNT);
		look_at_nets(&c->surfaces[i].allow);
		look_at_nets(&c->surfaces[i].deny);
		if ((c->surfaces[i].filter_bits >> GW_FILTER_GEO & 1) != 0)
			CHECK(
			    !gw_countries_is_empty(&c->surfaces[i].countries));
	}
	CHECK(c->geo_map_cnt <= GW_GEO_MAP_MAX);
	for (i = 0; i < c->geo_map_cnt; i++)
		CHECK(gw_country_is_set(c->geo_maps[i].country));
	for (i = 0; i < c->listener_cnt; i++)
		CHECK(c->listeners[i].is_tls ||
		      gw_addr_is_loopback(&c->listeners[i].addr.addr));
	CHECK(c->worker_cnt <= 64 && c->conn_max >= 8);
	CHECK(gw_conf_fixed_change(c, c) == NULL);
	(void)gw_conf_has_tls(c);
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
