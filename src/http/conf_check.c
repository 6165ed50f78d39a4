/* SPDX-License-Identifier: Apache-2.0
 *
 * What in gateway.conf contradicts itself, or is not safe together.
 */
#include "http/conf_priv.h"

#include <stdio.h>

static void
check_shadow(struct gw_conf_reader *r, const struct gw_surface *s)
{
	if ((s->shadow_bits & ~s->filter_bits) != 0)
		gw_conf_fault(r, s->line,
		    "surface %s: shadow names a filter that filters does not",
		    s->name);
}

static void
check_geo(struct gw_conf_reader *r, const struct gw_surface *s)
{
	const struct gw_conf *c = r->conf;

	if (!gw_has_filter(s, GW_FILTER_GEO)) {
		if (!gw_countries_is_empty(&s->countries))
			gw_conf_fault(r, s->line,
			    "surface %s: countries are given but filter geo is "
			    "not on",
			    s->name);
		return;
	}
	if (gw_countries_is_empty(&s->countries))
		gw_conf_fault(r, s->line,
		    "surface %s: filter geo needs countries = JP ...", s->name);
	if (c->geo_database[0] == '\0' && c->geo_map_cnt == 0)
		gw_conf_fault(r, s->line,
		    "surface %s: filter geo needs [geo] with database or map",
		    s->name);
}

/* A rate without a burst gets that of a second. */
static void
check_rate(struct gw_conf_reader *r, const struct gw_surface *s,
    struct gw_rate_rule *rule, enum gw_filter f)
{
	const char *word = f == GW_FILTER_RATE ? "rate" : "user_rate";

	if (gw_has_filter(s, f) != (rule->interval_us != 0))
		gw_conf_fault(r, s->line,
		    "surface %s: filter %s and a %s go together", s->name, word,
		    word);
	if (rule->interval_us == 0)
		return;
	if (rule->burst == 0)
		rule->burst = rule->interval_us < 1000000
				  ? 1000000 / rule->interval_us
				  : 1;
	if (rule->burst > GW_RATE_SPAN_MAX / rule->interval_us)
		gw_conf_fault(r, s->line,
		    "surface %s: the burst of %s takes more than an hour to "
		    "come back",
		    s->name, word);
}

static void
check_rates(struct gw_conf_reader *r, struct gw_surface *s)
{
	check_rate(r, s, &s->rate, GW_FILTER_RATE);
	check_rate(r, s, &s->user_rate, GW_FILTER_USER_RATE);
	if (gw_has_filter(s, GW_FILTER_USER_RATE) &&
	    !gw_has_filter(s, GW_FILTER_BASIC))
		gw_conf_fault(r, s->line,
		    "surface %s: filter user_rate needs filter basic", s->name);
}

static void
check_cert(struct gw_conf_reader *r, const struct gw_surface *s)
{
	if (!gw_has_filter(s, GW_FILTER_CERT)) {
		if (s->cert_optional)
			gw_conf_fault(r, s->line,
			    "surface %s: cert_optional is set but filter cert "
			    "is not on",
			    s->name);
		return;
	}
	if (r->conf->client_ca[0] == '\0')
		gw_conf_fault(r, s->line,
		    "surface %s: filter cert needs [tls] client_ca = FILE",
		    s->name);
}

static const struct gw_listener *
find_listener(const struct gw_conf *c, struct bytes name)
{
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (bytes_eq(name, bytes_of_str(c->listeners[i].name)))
			return &c->listeners[i];
	return NULL;
}

/* A redirect asks for no password, where anybody could read it, and names
 * no place but its own. */
static void
check_redirect(struct gw_conf_reader *r, struct gw_surface *s)
{
	if (s->kind != GW_REDIRECT) {
		if (s->to_name[0] != '\0' || s->to_port != 0)
			gw_conf_fault(r, s->line,
			    "surface %s: to belongs to serves = redirect",
			    s->name);
		return;
	}
	s->to = find_listener(r->conf, bytes_of_str(s->to_name));
	if (s->to == NULL || !s->to->is_tls)
		gw_conf_fault(r, s->line,
		    "surface %s: to must name a listener with TLS", s->name);
	if (gw_has_filter(s, GW_FILTER_BASIC))
		gw_conf_fault(r, s->line,
		    "surface %s: a redirect asks for no password", s->name);
	if (s->any_host)
		gw_conf_fault(r, s->line,
		    "surface %s: serves redirect, so hosts must be named",
		    s->name);
}

/* is_inside: only who is on this machine reaches it there. */
static bool
is_inside(const struct gw_listener *l)
{
	return gw_addr_is_loopback(&l->addr.addr) && l->proxies.cnt == 0;
}

/* refuses: the surface has the filter, and heeds it. */
static bool
refuses(const struct gw_surface *s, enum gw_filter f)
{
	return gw_has_filter(s, f) && !gw_is_in_shadow(s, f);
}

/* Metrics and explanations are for operators. */
static void
check_ops(struct gw_conf_reader *r, const struct gw_mount *m)
{
	const struct gw_surface *s = m->surface;

	if (s->kind != GW_OPS || is_inside(m->listener) ||
	    refuses(s, GW_FILTER_BASIC) ||
	    (refuses(s, GW_FILTER_CERT) && !s->cert_optional) ||
	    (refuses(s, GW_FILTER_NET) && s->allow.cnt > 0))
		return;
	gw_conf_fault(r, s->line,
	    "surface %s: what serves ops on listener %s needs filter basic "
	    "or cert, or net with allow, and not in shadow",
	    s->name, m->listener->name);
}

/* Who has methods of his own must be known by a password that counts. */
static void
check_methods(struct gw_conf_reader *r, const struct gw_surface *s)
{
	if (s->rpc_user_cnt > 0 &&
	    (s->kind != GW_RPC || !gw_has_filter(s, GW_FILTER_BASIC)))
		gw_conf_fault(r, s->rpc_users[0].line,
		    "surface %s: methods_for needs serves = rpc and filter "
		    "basic",
		    s->name);
}

static void
check_surface(struct gw_conf_reader *r, struct gw_surface *s)
{
	check_methods(r, s);
	check_redirect(r, s);
	if (gw_has_filter(s, GW_FILTER_BASIC) && s->users_file[0] == '\0')
		gw_conf_fault(r, s->line,
		    "surface %s: filter basic needs users = FILE", s->name);
	if (!gw_has_filter(s, GW_FILTER_BASIC) && s->users_file[0] != '\0')
		gw_conf_fault(r, s->line,
		    "surface %s: users are given but filter basic is not on",
		    s->name);
	if (!gw_has_filter(s, GW_FILTER_NET) &&
	    (s->allow.cnt > 0 || s->deny.cnt > 0))
		gw_conf_fault(r, s->line,
		    "surface %s: networks are given but filter net is not on",
		    s->name);
	if (!gw_has_filter(s, GW_FILTER_CORS) && s->origins.cnt > 0)
		gw_conf_fault(r, s->line,
		    "surface %s: origins are given but filter cors is not on",
		    s->name);
	check_geo(r, s);
	check_cert(r, s);
	check_shadow(r, s);
	check_rates(r, s);
	if (strpbrk(s->realm, "\"\\") != NULL)
		gw_conf_fault(
		    r, s->line, "surface %s: realm holds \" or \\", s->name);
	if (s->any_host && (s->kind == GW_RPC || s->kind == GW_EXPLORER))
		gw_conf_fault(r, s->line,
		    "surface %s: serves %s, so hosts must be named (a page "
		    "of any name could reach it otherwise)",
		    s->name, s->kind == GW_RPC ? "rpc" : "explorer");
}

static bool
hosts_meet(const struct gw_surface *a, const struct gw_surface *b)
{
	size_t i, j;

	if (a->any_host && b->any_host)
		return true;
	for (i = 0; i < a->hosts.cnt; i++)
		for (j = 0; j < b->hosts.cnt; j++)
			if (bytes_eq(a->hosts.words[i], b->hosts.words[j]))
				return true;
	return false;
}

static void
check_mount(struct gw_conf_reader *r, size_t at)
{
	struct gw_conf *c = r->conf;
	struct gw_mount *m = &c->mounts[at];
	size_t i;

	m->listener = find_listener(c, m->listener_name);
	if (m->listener != NULL && m->listener->is_tls &&
	    m->surface->kind == GW_REDIRECT)
		gw_conf_fault(r, m->line,
		    "a redirect belongs to a listener with tls = no");
	if (m->listener != NULL && !m->listener->is_tls &&
	    gw_has_filter(m->surface, GW_FILTER_CERT))
		gw_conf_fault(
		    r, m->line, "filter cert belongs to a listener with TLS");
	if (m->listener == NULL)
		gw_conf_fault(r, m->line, "there is no [listener %.*s]",
		    (int)m->listener_name.len,
		    (const char *)m->listener_name.ptr);
	else
		check_ops(r, m);
	for (i = 0; i < at; i++)
		if (bytes_eq(c->mounts[i].listener_name, m->listener_name) &&
		    bytes_eq(c->mounts[i].prefix, m->prefix) &&
		    hosts_meet(c->mounts[i].surface, m->surface))
			gw_conf_fault(r, m->line,
			    "same place as on line %u for the same host",
			    c->mounts[i].line);
}

bool
gw_conf_same_address(
    const struct gw_listen_addr *a, const struct gw_listen_addr *b)
{
	return a->port == b->port && a->is_v6 == b->is_v6 &&
	       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* Who trusts everybody believes what clients write about themselves. */
static void
check_proxies(struct gw_conf_reader *r, const struct gw_listener *l)
{
	size_t i;

	for (i = 0; i < l->proxies.cnt; i++) {
		const struct gw_net *n = &l->proxies.nets[i];

		if (n->bits == 0 || (n->bits <= 96 && gw_addr_is_v4(&n->addr)))
			gw_conf_fault(r, l->line,
			    "listener %s: proxies holds every address",
			    l->name);
	}
}

/* only_redirects: everything at the listener, and something, is one. */
static bool
only_redirects(const struct gw_conf *c, const struct gw_listener *l)
{
	size_t i, cnt = 0;

	for (i = 0; i < c->mount_cnt; i++) {
		if (!bytes_eq(
			c->mounts[i].listener_name, bytes_of_str(l->name)))
			continue;
		if (c->mounts[i].surface->kind != GW_REDIRECT)
			return false;
		cnt++;
	}
	return cnt > 0;
}

static void
check_listener(struct gw_conf_reader *r, size_t at)
{
	struct gw_conf *c = r->conf;
	const struct gw_listener *l = &c->listeners[at];
	size_t i;

	/* Reliability H14: nothing but TLS on outside addresses. */
	if (!l->is_tls && !gw_addr_is_loopback(&l->addr.addr) &&
	    !only_redirects(c, l))
		gw_conf_fault(r, l->line,
		    "listener %s: without TLS only 127.0.0.0/8 and ::1, or "
		    "nothing but redirects",
		    l->name);
	if (l->is_tls && (c->cert[0] == '\0' || c->key[0] == '\0'))
		gw_conf_fault(r, l->line,
		    "listener %s: [tls] needs cert and key", l->name);
	check_proxies(r, l);
	for (i = 0; i < at; i++)
		if (gw_conf_same_address(&c->listeners[i].addr, &l->addr))
			gw_conf_fault(r, l->line,
			    "listener %s: same address as listener %s", l->name,
			    c->listeners[i].name);
}

/* Names stand in files, labels and on command lines. */
static bool
is_plain(const char *name)
{
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789._-")] ==
	       '\0';
}

/* One node without a name of its own, or several with names. */
static void
check_nodes(struct gw_conf_reader *r)
{
	struct gw_conf *c = r->conf;
	size_t i, j;

	if (c->node_cnt == 0)
		c->nodes[c->node_cnt++] = (struct gw_node){.name = "node",
		    .socket = c->node_socket[0] != '\0' ? c->node_socket
							: "rpc.sock"};
	else if (c->node_socket[0] != '\0')
		gw_conf_fault(r, r->section_line[SEC_NODE],
		    "[node] socket is for one node; there are [node NAME]");
	for (i = 0; i < c->node_cnt; i++) {
		if (!is_plain(c->nodes[i].name))
			gw_conf_fault(r, c->nodes[i].line,
			    "a node's name has letters, digits and ._- only");
		if (c->nodes[i].socket[0] == '\0')
			gw_conf_fault(r, c->nodes[i].line,
			    "node %s: socket is empty", c->nodes[i].name);
		for (j = 0; j < i; j++)
			if (!strcmp(c->nodes[i].socket, c->nodes[j].socket))
				gw_conf_fault(r, c->nodes[i].line,
				    "node %s: same socket as node %s",
				    c->nodes[i].name, c->nodes[j].name);
	}
}

static bool
is_sslmode(const char *text)
{
	static const char *const known[] = {
	    "verify-full", "verify-ca", "require", "disable"};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], text))
			return true;
	return false;
}

/* A database across a network is believed only by its certificate, unless
 * the operator says otherwise. */
static void
check_database(struct gw_conf_reader *r)
{
	struct gw_conf *c = r->conf;
	unsigned line = r->section_line[SEC_DATABASE];

	if (c->db_address[0] == '\0') {
		if (c->db_sslmode[0] != '\0' || c->db_host[0] != '\0' ||
		    c->db_ca[0] != '\0')
			gw_conf_fault(r, line,
			    "[database] host, sslmode and sslrootcert belong "
			    "to address");
		return;
	}
	if (c->db_socket[0] != '\0')
		gw_conf_fault(
		    r, line, "[database] socket or address, not both");
	if (c->db_sslmode[0] == '\0')
		c->db_sslmode = "verify-full";
	if (!is_sslmode(c->db_sslmode))
		gw_conf_fault(r, line,
		    "[database] sslmode is verify-full, verify-ca, require "
		    "or disable");
	if (!strncmp(c->db_sslmode, "verify-", 7) && c->db_ca[0] == '\0')
		gw_conf_fault(r, line,
		    "[database] sslmode %s needs sslrootcert", c->db_sslmode);
}

void
gw_conf_check(struct gw_conf_reader *r)
{
	struct gw_conf *c = r->conf;
	size_t i;

	if (c->listener_cnt == 0)
		gw_conf_fault(r, 0, "there is no [listener NAME]");
	if (c->surface_cnt == 0)
		gw_conf_fault(r, 0, "there is no [surface NAME]");
	if (c->client_crl[0] != '\0' && c->client_ca[0] == '\0')
		gw_conf_fault(r, r->section_line[SEC_TLS],
		    "[tls] client_crl needs client_ca = FILE");
	check_database(r);
	check_nodes(r);
	for (i = 0; i < c->listener_cnt; i++)
		check_listener(r, i);
	for (i = 0; i < c->surface_cnt; i++) {
		check_surface(r, &c->surfaces[i]);
		gw_conf_check_sqli(r, &c->surfaces[i]);
	}
	for (i = 0; i < c->mount_cnt; i++)
		check_mount(r, i);
}

void
gw_conf_warn(const struct gw_conf *c, const struct gw_conf_say *say)
{
	char text[ERR_TEXT_MAX];
	size_t i;

	for (i = 0; i < c->surface_cnt; i++) {
		const struct gw_surface *s = &c->surfaces[i];

		if (!gw_is_in_shadow(s, GW_FILTER_BASIC))
			continue;
		(void)snprintf(text, sizeof(text),
		    "warning: surface %s is open: basic is in shadow, so "
		    "nobody is kept out for want of a password",
		    s->name);
		say->say(say->ctx, c->file, s->line, text);
	}
}
