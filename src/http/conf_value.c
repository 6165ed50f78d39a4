/* SPDX-License-Identifier: Apache-2.0
 *
 * One small reader for each kind of value in gateway.conf.
 */
#include "base/check.h"
#include "base/ini.h"
#include "http/conf_priv.h"
#include "http/head.h"

static const char *const kind_words[GW_SURFACE_KIND_CNT] = {
#define KIND(name, word, errors) [GW_##name] = (word),
#include "http/surface.def"
#undef KIND
};

static const char *const profile_words[GW_PROFILE_CNT] = {
#define PROFILE(name, word, watch_ms) [GW_PROFILE_##name] = (word),
#include "http/profile.def"
#undef PROFILE
};

static const char *const forwarded_words[GW_FORWARDED_CNT] = {
#define FORWARDED(name, word, reader) [GW_FORWARDED_##name] = (word),
#include "http/forwarded.def"
#undef FORWARDED
};

static const char *const filter_words[GW_FILTER_CNT] = {
#define FILTER(name, word, fn, phase) [GW_FILTER_##name] = (word),
#include "http/filter.def"
#undef FILTER
};

enum rc
gw_conf_keep(
    struct gw_conf_reader *r, const char **out, struct bytes v, struct err *e)
{
	char *p = arena_alloc(&r->conf->arena, v.len + 1);

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	if (v.len > 0)
		memcpy(p, v.ptr, v.len);
	*out = p;
	return RC_OK;
}

enum rc
gw_value_STR(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	(void)s;
	return gw_conf_keep(r, field, value, e);
}

/* A path is joined with home when the whole file was read. */
enum rc
gw_value_PATH(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	return gw_value_STR(r, field, s, value, e);
}

enum rc
gw_value_U64(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_u64(field, value, s->min, s->max, e);
}

enum rc
gw_value_SIZE(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_size(field, value, s->min, s->max, e);
}

enum rc
gw_value_DUR(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_duration_ms(field, value, s->min, s->max, e);
}

enum rc
gw_value_BOOL(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	(void)s;
	return ini_bool(field, value, e);
}

bool
gw_conf_next_word(struct bytes *word, struct bytes *rest)
{
	size_t i = 0;

	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) {
		rest->ptr++;
		rest->len--;
	}
	while (i < rest->len && rest->ptr[i] != ' ' && rest->ptr[i] != '\t')
		i++;
	return bytes_take(word, rest, i) && i > 0;
}

enum rc
gw_value_WORDS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_words *out = field;
	struct bytes copy = arena_copy(&r->conf->arena, value), word;

	(void)s;
	out->cnt = 0;
	out->words =
	    arena_array(&r->conf->arena, GW_WORD_CNT_MAX, sizeof(*out->words));
	if (out->words == NULL || (copy.ptr == NULL && value.len > 0))
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	while (gw_conf_next_word(&word, &copy)) {
		if (out->cnt == GW_WORD_CNT_MAX)
			return FAIL(
			    e, RC_CONF, "more than %d words", GW_WORD_CNT_MAX);
		out->words[out->cnt++] = word;
	}
	return RC_OK;
}

/* check_methods judges the words of a list of methods. */
static enum rc
check_methods(const struct gw_words *list, bool is_for_user, struct err *e)
{
	static const char *const why[] = {
	    [GW_RPC_WORD_NO_NAME] = "is no method, NAME_* or default",
	    [GW_RPC_WORD_USERS] = "is for users of their own: methods_for",
	    [GW_RPC_WORD_NEVER] = "is for the node's own socket alone",
	};
	size_t i;

	for (i = 0; i < list->cnt; i++) {
		struct bytes word = list->words[i];
		enum gw_rpc_word is = gw_rpc_word_check(word, is_for_user);

		if (is != GW_RPC_WORD_OK)
			return FAIL(e, RC_CONF, "\"%.*s\" %s", (int)word.len,
			    (const char *)word.ptr, why[is]);
	}
	return RC_OK;
}

enum rc
gw_value_METHODS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	TRY(gw_value_WORDS(r, field, s, value, e));
	return check_methods(field, false, e);
}

enum rc
gw_value_MORE_METHODS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_surface *of = r->surface;
	struct gw_rpc_user *u = &of->rpc_users[of->rpc_user_cnt];
	struct bytes name;
	size_t i;

	(void)field;
	if (of->rpc_user_cnt == GW_RPC_USER_MAX)
		return FAIL(e, RC_CONF, "more than %d users", GW_RPC_USER_MAX);
	if (!gw_conf_next_word(&name, &value) || value.len == 0)
		return FAIL(e, RC_CONF, "expected USER METHOD ...");
	for (i = 0; i < of->rpc_user_cnt; i++)
		if (bytes_eq(of->rpc_users[i].name, name))
			return FAIL(e, RC_CONF, "this user stands twice");
	u->line = r->line;
	u->name = arena_copy(&r->conf->arena, name);
	if (u->name.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	TRY(gw_value_WORDS(r, &u->methods, s, value, e));
	of->rpc_user_cnt++;
	return check_methods(&u->methods, true, e);
}

enum rc
gw_value_HOSTS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_words *out = field;
	struct bytes name, port;
	size_t i;

	TRY(gw_value_WORDS(r, field, s, value, e));
	if (out->cnt == 1 && bytes_eq(out->words[0], bytes_of_str("*"))) {
		r->surface->any_host = true;
		return RC_OK;
	}
	for (i = 0; i < out->cnt; i++) {
		if (!gw_host_split(&name, &port, out->words[i]) || port.len > 0)
			return FAIL(e, RC_CONF, "\"%.*s\" is no host name",
			    (int)out->words[i].len,
			    (const char *)out->words[i].ptr);
		out->words[i] = name;
	}
	return out->cnt > 0 ? RC_OK : FAIL(e, RC_CONF, "names no host");
}

enum rc
gw_value_NETS(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	struct gw_nets *out = field;
	struct bytes word;

	(void)s;
	out->cnt = 0;
	out->nets =
	    arena_array(&r->conf->arena, GW_WORD_CNT_MAX, sizeof(*out->nets));
	if (out->nets == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	while (gw_conf_next_word(&word, &value)) {
		if (out->cnt == GW_WORD_CNT_MAX)
			return FAIL(e, RC_CONF, "more than %d networks",
			    GW_WORD_CNT_MAX);
		if (!gw_net_read(&out->nets[out->cnt++], word))
			return FAIL(e, RC_CONF,
			    "\"%.*s\" is neither an address nor a network "
			    "(10.0.0.0/8)",
			    (int)word.len, (const char *)word.ptr);
	}
	return RC_OK;
}

static enum rc
read_country(struct gw_country *out, struct bytes word, struct err *e)
{
	if (gw_country_read(out, word))
		return RC_OK;
	return FAIL(e, RC_CONF,
	    "\"%.*s\" is no country code of ISO 3166-1 (JP)", (int)word.len,
	    (const char *)word.ptr);
}

enum rc
gw_value_COUNTRIES(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_countries *out = field;
	struct gw_country country;
	struct bytes word;

	(void)r;
	(void)s;
	*out = (struct gw_countries){0};
	while (gw_conf_next_word(&word, &value)) {
		TRY(read_country(&country, word, e));
		gw_countries_add(out, country);
	}
	return RC_OK;
}

enum rc
gw_value_MORE_MAP(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_conf *c = r->conf;
	struct gw_geo_map *m = &c->geo_maps[c->geo_map_cnt];
	struct bytes net, country, more;

	(void)field;
	(void)s;
	if (c->geo_map_cnt == GW_GEO_MAP_MAX)
		return FAIL(
		    e, RC_CONF, "more than %d networks", GW_GEO_MAP_MAX);
	if (!gw_conf_next_word(&net, &value) ||
	    !gw_conf_next_word(&country, &value) ||
	    gw_conf_next_word(&more, &value) || !gw_net_read(&m->net, net))
		return FAIL(e, RC_CONF, "expected NETWORK COUNTRY");
	TRY(read_country(&m->country, country, e));
	c->geo_map_cnt++;
	return RC_OK;
}

/* A rate becomes the time in which one comes back. */
enum rc
gw_value_RATE(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	static const struct {
		const char *unit;
		uint64_t us;
	} units[] = {{"/s", 1000000}, {"/m", 60000000}, {"/h", 3600000000}};
	uint64_t *out = field, n;
	size_t i;

	(void)r;
	(void)s;
	*out = 0;
	if (bytes_eq(value, bytes_of_str("off")))
		return RC_OK;
	for (i = 0; i < ARRAY_CNT(units) && value.len > 2; i++) {
		struct bytes unit = bytes_of(value.ptr + value.len - 2, 2);

		if (!bytes_eq(unit, bytes_of_str(units[i].unit)))
			continue;
		TRY(ini_u64(
		    &n, bytes_of(value.ptr, value.len - 2), 1, 1000000, e));
		*out = units[i].us / n;
		return RC_OK;
	}
	return FAIL(e, RC_CONF, "\"%.*s\" is no rate (50/s, 300/m, 100/h, off)",
	    (int)value.len, (const char *)value.ptr);
}

size_t
gw_conf_find_word(const char *const *words, size_t cnt, struct bytes word)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (bytes_eq(word, bytes_of_str(words[i])))
			break;
	return i;
}

enum rc
gw_conf_not_one_of(
    const char *const *words, size_t cnt, struct bytes word, struct err *e)
{
	char list[128];
	struct buf b = buf_of(list, sizeof(list) - 1);
	size_t i;

	for (i = 0; i < cnt; i++) {
		(void)buf_put(&b, " ", 1);
		(void)buf_put(&b, words[i], strlen(words[i]));
	}
	list[b.len] = '\0';
	return FAIL(e, RC_CONF, "\"%.*s\" is none of:%s", (int)word.len,
	    (const char *)word.ptr, list);
}

enum rc
gw_conf_word(size_t *out, const char *const *words, size_t cnt,
    struct bytes word, struct err *e)
{
	*out = gw_conf_find_word(words, cnt, word);
	if (*out < cnt)
		return RC_OK;
	return gw_conf_not_one_of(words, cnt, word, e);
}

enum rc
gw_value_KIND(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	enum gw_surface_kind *out = field;
	size_t i;

	(void)r;
	(void)s;
	TRY(gw_conf_word(&i, kind_words, GW_SURFACE_KIND_CNT, value, e));
	*out = (enum gw_surface_kind)i;
	return RC_OK;
}

enum rc
gw_value_PROFILE(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	enum gw_profile *out = field;
	size_t i;

	(void)r;
	(void)s;
	TRY(gw_conf_word(&i, profile_words, GW_PROFILE_CNT, value, e));
	*out = (enum gw_profile)i;
	return RC_OK;
}

/* add_filters sets the bits of the filters that value names. */
static enum rc
add_filters(uint32_t *bits, struct bytes value, struct err *e)
{
	struct bytes word;
	size_t i;

	while (gw_conf_next_word(&word, &value)) {
		TRY(gw_conf_word(&i, filter_words, GW_FILTER_CNT, word, e));
		*bits |= 1u << i;
	}
	return RC_OK;
}

enum rc
gw_value_FORWARDED(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	enum gw_forwarded *out = field;
	size_t i;

	(void)r;
	(void)s;
	TRY(gw_conf_word(&i, forwarded_words, GW_FORWARDED_CNT, value, e));
	*out = (enum gw_forwarded)i;
	return RC_OK;
}

enum rc
gw_value_FILTERS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	uint32_t *out = field;

	(void)r;
	(void)s;
	*out = 1u << GW_FILTER_SIZE | 1u << GW_FILTER_DECODE;
	return add_filters(out, value, e);
}

enum rc
gw_value_SHADOW(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	uint32_t *out = field;

	(void)r;
	(void)s;
	*out = 0;
	return add_filters(out, value, e);
}

enum rc
gw_value_ADDRESS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_listen_addr *out = field;
	struct bytes name, port;
	uint64_t n;

	(void)r;
	(void)s;
	if (!gw_host_split(&name, &port, value) ||
	    !gw_addr_read(&out->addr, name))
		return FAIL(e, RC_CONF,
		    "\"%.*s\" is not IP:PORT or [IPV6]:PORT", (int)value.len,
		    (const char *)value.ptr);
	out->is_v6 = memchr(name.ptr, ':', name.len) != NULL;
	TRY(ini_u64(&n, port, 1, 65535, e));
	out->port = (uint16_t)n;
	return RC_OK;
}

enum rc
gw_value_MORE_AT(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct gw_conf *c = r->conf;
	struct bytes copy = arena_copy(&c->arena, value), name, path, more;
	struct gw_mount *m = &c->mounts[c->mount_cnt];

	(void)field;
	(void)s;
	if (c->mount_cnt == GW_MOUNT_MAX)
		return FAIL(e, RC_CONF, "more than %d places", GW_MOUNT_MAX);
	if (copy.ptr == NULL || !gw_conf_next_word(&name, &copy) ||
	    !gw_conf_next_word(&path, &copy) ||
	    gw_conf_next_word(&more, &copy) || path.ptr[0] != '/')
		return FAIL(e, RC_CONF, "expected LISTENER /PATH");
	if (path.ptr[path.len - 1] == '/')
		path.len--;
	*m = (struct gw_mount){.surface = r->surface,
	    .listener_name = name,
	    .prefix = path,
	    .line = r->line};
	c->mount_cnt++;
	r->surface->mounts++;
	return RC_OK;
}
