/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway.conf: the only configuration of the gateway, read and checked as a
 * whole before anything starts, and again at each reload. Settings and their
 * meaning are rows of conf.def; the text format is base/ini.h. A value may
 * hold ${NAME} or ${NAME:-default}, replaced from the environment.
 */
#ifndef HTTP_CONF_H
#define HTTP_CONF_H

#include "base/arena.h"
#include "base/err.h"
#include "http/geo.h"
#include "http/net.h"
#include "http/rate.h"
#include "http/rpc_methods.h"
#include "http/sqlscreen.h"

enum {
	GW_LISTENER_MAX = 16,
	GW_SURFACE_MAX = 32,
	GW_GEO_MAP_MAX = 64, /* networks put into countries */
	GW_MOUNT_MAX = 64,   /* all surfaces together */
	GW_NODE_MAX = 8,
	GW_NAME_MAX = 32,      /* of a listener, surface or node */
	GW_SQL_ROUTE_MAX = 32, /* of one surface, with settings of their own */
	GW_SQL_FIELD_MAX = 64, /* exempt, of one line */
	GW_SQL_SCORE_MAX = 1000,
	GW_WORD_CNT_MAX = 64, /* hosts, networks, methods of one surface */
	GW_RPC_USER_MAX = 32, /* of one surface, with methods of their own */
	GW_CONF_MEMORY_MAX = 8 * 1024 * 1024,
};

enum gw_surface_kind {
#define KIND(name, word, errors) GW_##name,
#include "http/surface.def"
#undef KIND
	GW_SURFACE_KIND_CNT,
};

/* What wallets of different age know of SendRawTransaction. */
enum gw_profile {
#define PROFILE(name, word, watch_ms) GW_PROFILE_##name,
#include "http/profile.def"
#undef PROFILE
	GW_PROFILE_CNT,
};

enum gw_filter {
#define FILTER(name, word, fn, phase) GW_FILTER_##name,
#include "http/filter.def"
#undef FILTER
	GW_FILTER_CNT,
};

/* Where trusted proxies name the client. */
enum gw_forwarded {
#define FORWARDED(name, word, reader) GW_FORWARDED_##name,
#include "http/forwarded.def"
#undef FORWARDED
	GW_FORWARDED_CNT,
};

struct gw_users;

/* struct gw_words is a list of words from one value. */
struct gw_words {
	size_t cnt;
	struct bytes *words;
};

struct gw_listen_addr {
	struct gw_addr addr;
	uint16_t port;
	bool is_v6; /* written as IPv6, also ::ffff:... */
};

/* struct gw_node is one node that the gateway may ask. */
struct gw_node {
	const char *name;
	unsigned line;
	const char *socket; /* relative to root */
};

struct gw_listener {
	const char *name;
	unsigned line;
	struct gw_listen_addr addr;
	bool is_tls;
	struct gw_nets proxies;      /* trusted, see forwarded.h */
	enum gw_forwarded forwarded; /* the field they write */
};

enum gw_platform { GW_IOS, GW_ANDROID, GW_PLATFORM_CNT };

/* struct gw_app is what wallets of one platform are told of their app. */
struct gw_app {
	const char *version, *url; /* empty: nothing */
	bool force;
};

/* struct gw_sql_route is how the SQL screen treats one route. */
struct gw_sql_route {
	struct bytes path; /* as routes.def has it */
	bool has_mode;     /* else the surface's */
	struct gw_sql_conf conf;
	unsigned line;
};

/* struct gw_rpc_user is what one user of an rpc surface may call. */
struct gw_rpc_user {
	struct bytes name;
	struct gw_words methods;
	unsigned line;
};

struct gw_surface {
	const char *name;
	unsigned line;
	enum gw_surface_kind kind;
	uint32_t filter_bits; /* bit 1 << GW_FILTER_x */
	uint32_t shadow_bits; /* those of them that refuse nothing */
	struct gw_words hosts;
	bool any_host;
	bool cert_optional;
	const char *realm, *users_file;
	struct gw_nets allow, deny;
	struct gw_countries countries;
	bool admit_loopback, admit_private, admit_unknown;
	struct gw_words origins, rpc_methods;
	struct gw_rate_rule rate, user_rate;
	/* Of calls, by class: units (PLAIN: not read), and how long they may
	 * take, 0: [node] time. */
	uint64_t rpc_units[GW_COST_CNT], rpc_time_ms[GW_COST_CNT];
	size_t rpc_user_cnt; /* with methods of their own */
	struct gw_rpc_user rpc_users[GW_RPC_USER_MAX];
	struct gw_nets rate_free; /* not counted */
	bool rate_fields;         /* told on every answer */
	enum gw_profile profile;
	bool plain_transfers; /* to whoever is no contract */
	struct gw_app apps[GW_PLATFORM_CNT];
	const char *to_name; /* of a redirect: where it leads */
	const struct gw_listener *to;
	uint64_t to_port; /* 0: the listener's */
	bool websocket;   /* the place of POST takes handshakes too */
	uint64_t batch_max, body_max;
	struct gw_sql_conf sqli; /* where no row of sqli_routes says more */
	bool sqli_is_set;
	size_t sqli_route_cnt;
	struct gw_sql_route sqli_routes[GW_SQL_ROUTE_MAX];
	struct gw_users *users; /* set by gw_conf_set_users */
	size_t tally_at;        /* set by gw_tally_assign */
	unsigned mounts;        /* how many rows of gw_conf.mounts are its */
};

/* gw_has_filter tells whether requests of s are put to filter f. */
static inline bool
gw_has_filter(const struct gw_surface *s, unsigned f)
{
	return (s->filter_bits >> f & 1) != 0;
}

/* gw_is_in_shadow tells whether they pass it even where it would refuse. */
static inline bool
gw_is_in_shadow(const struct gw_surface *s, unsigned f)
{
	return (s->shadow_bits >> f & 1) != 0;
}

/* struct gw_mount says that a surface answers at a listener and prefix. */
struct gw_mount {
	struct gw_surface *surface;
	struct bytes listener_name, prefix; /* prefix without a slash behind */
	const struct gw_listener *listener;
	unsigned line;
};

struct gw_conf {
	struct arena arena;
	unsigned refs;
	uint64_t no; /* which one of this process: set by its owner */
	const char *file;
	const char *home, *run_dir, *root, *user, *keymgr_user, *access_log;
	uint64_t worker_cnt, access_log_size, access_log_keep;
	const char *cert, *key, *client_ca, *client_crl;
	uint64_t ticket_rotate_ms;
	uint64_t conn_max, conn_addr_max, body_memory;
	uint64_t handshake_ms, head_ms, idle_ms, body_stall_ms, body_ms;
	uint64_t ws_ping_ms, ws_subs_max, ws_queue_max;
	uint64_t send_stall_ms, send_ms, min_rate, work_ms, drain_ms;
	uint64_t password_queue, remember_ms;
	uint64_t wrong_user, wrong_address, wrong_pause_ms;
	const char *node_socket; /* of the only one; empty: see nodes */
	uint64_t node_conn_cnt, node_in_flight, node_ms, node_answer_max;
	uint64_t node_silent_ms, node_stale_ms, node_back_ms;
	bool node_behind, node_forked;
	const char *db_socket, *db_address, *db_name, *db_user;
	/* With db_address; db_sslmode is never empty then. */
	const char *db_host, *db_sslmode, *db_ca;
	const char *db_password_file;
	uint64_t db_port, db_conn_cnt, db_in_flight, db_ms;
	const char *geo_database;
	size_t node_cnt, listener_cnt, surface_cnt, mount_cnt, geo_map_cnt;
	struct gw_node nodes[GW_NODE_MAX]; /* in order; at least one */
	struct gw_listener listeners[GW_LISTENER_MAX];
	struct gw_surface surfaces[GW_SURFACE_MAX];
	struct gw_mount mounts[GW_MOUNT_MAX];
	struct gw_geo_map geo_maps[GW_GEO_MAP_MAX];
};

/* struct gw_conf_say is told everything that is wrong, one line each; line
 * is 0 when it is not about one line. */
struct gw_conf_say {
	void (*say)(
	    void *ctx, const char *file, unsigned line, const char *text);
	void *ctx;
};

/*
 * gw_conf_read reads and checks a whole configuration.
 *
 * out      one reference, owned by the caller: gw_conf_drop
 * file     for messages
 * env      looks up an environment variable; NULL when it is not set
 * say      told each fault; the check goes on behind it as far as it can
 * Errors   RC_CONF  at least one fault was told; RC_NO_MEMORY
 */
enum rc gw_conf_read(struct gw_conf **out, const char *file, struct bytes text,
    const char *(*env)(const char *name), const struct gw_conf_say *say,
    struct err *e);

/* gw_conf_warn tells say, in texts that begin with "warning: ", what a good
 * configuration lets happen that nobody wants to forget: surfaces that are
 * open while their passwords are tried. */
void gw_conf_warn(const struct gw_conf *c, const struct gw_conf_say *say);

struct gw_route;

/*
 * gw_conf_check_routes looks for every route that the configuration names.
 *
 * Errors  RC_CONF  one is not there; told to say
 */
enum rc gw_conf_check_routes(const struct gw_conf *c,
    const struct gw_route *routes, size_t cnt, const struct gw_conf_say *say,
    struct err *e);

/* gw_conf_hold and gw_conf_drop count references; the last one frees. */
struct gw_conf *gw_conf_hold(struct gw_conf *c);
void gw_conf_drop(struct gw_conf *c);

/*
 * gw_conf_set_users reads a users file for every surface that names it.
 *
 * Errors  RC_CONF, told to say with the line in that file
 */
enum rc gw_conf_set_users(struct gw_conf *c, const char *file,
    struct bytes text, const struct gw_conf_say *say, struct err *e);

/*
 * gw_conf_fixed_change compares settings that only a restart can change.
 *
 * Returns  the first one that differs, "section.key", or NULL
 */
const char *gw_conf_fixed_change(
    const struct gw_conf *a, const struct gw_conf *b);

/* gw_conf_has_tls tells whether some listener speaks TLS. */
bool gw_conf_has_tls(const struct gw_conf *c);

/* gw_conf_asks_cert tells whether a surface at the listener of that name has
 * filter cert. */
bool gw_conf_asks_cert(const struct gw_conf *c, const char *listener);

#endif
