/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads gateway.conf by the table conf.def: a generic walk over sections and
 * keys, one small reader for each kind of value, then the checks that need
 * more than one value. Opens no file and no socket.
 */
#include "http/conf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/ini.h"
#include "http/head.h"
#include "http/users.h"

enum section {
	SEC_GATEWAY,
	SEC_TLS,
	SEC_LIMITS,
	SEC_NODE,
	SEC_DATABASE,
	SEC_LISTENER,
	SEC_SURFACE,
	SEC_CNT,
};

enum when { LIVE, FIXED };

struct reader;
struct setting;
typedef enum rc read_fn(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e);

struct setting {
	enum section section;
	const char *key;
	read_fn *read;
	size_t offset;
	const char *fallback;
	uint64_t min, max;
	enum when when;
};

static const char *const section_words[SEC_CNT] = {
    [SEC_GATEWAY] = "gateway",
    [SEC_TLS] = "tls",
    [SEC_LIMITS] = "limits",
    [SEC_NODE] = "node",
    [SEC_DATABASE] = "database",
    [SEC_LISTENER] = "listener",
    [SEC_SURFACE] = "surface",
};

static const char *const kind_words[GW_SURFACE_KIND_CNT] = {
#define KIND(name, word, errors) [GW_##name] = word,
#include "http/surface.def"
#undef KIND
};

static const char *const filter_words[GW_FILTER_CNT] = {
#define FILTER(name, word, fn, phase) [GW_FILTER_##name] = word,
#include "http/filter.def"
#undef FILTER
};

/* Settings of one section at most; `seen` has a place for each. */
enum { SETTING_MAX = 64 };

/* struct reader is the state of one gw_conf_read. */
struct reader {
	struct gw_conf *conf;
	const struct gw_conf_say *say;
	const char *(*env)(const char *name);
	size_t faults;
	unsigned line;
	enum section section;
	bool in_section;
	void *base;                 /* what the section fills */
	unsigned seen[SETTING_MAX]; /* line on which a setting stood */
	unsigned section_line[SEC_CNT];
	struct gw_surface *surface;
	bool is_out_of_memory;
};

__attribute__((format(printf, 3, 4))) static void
fault(struct reader *r, unsigned line, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->faults++;
	r->say->say(r->say->ctx, r->conf->file, line, text);
}

/* keep copies a value into the configuration's arena as a C string. */
static enum rc
keep(struct reader *r, const char **out, struct bytes v, struct err *e)
{
	char *p = arena_alloc(&r->conf->arena, v.len + 1);

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	if (v.len > 0)
		memcpy(p, v.ptr, v.len);
	*out = p;
	return RC_OK;
}

/* --- readers of one value --- */

static enum rc
read_STR(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	(void)s;
	return keep(r, field, value, e);
}

/* A path is joined with home when the whole file was read. */
static enum rc
read_PATH(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	return read_STR(r, field, s, value, e);
}

static enum rc
read_U64(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_u64(field, value, s->min, s->max, e);
}

static enum rc
read_SIZE(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_size(field, value, s->min, s->max, e);
}

static enum rc
read_DUR(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	return ini_duration_ms(field, value, s->min, s->max, e);
}

static enum rc
read_BOOL(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	(void)r;
	(void)s;
	return ini_bool(field, value, e);
}

/* next_word cuts a word off the front of rest. */
static bool
next_word(struct bytes *word, struct bytes *rest)
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

static enum rc
read_WORDS(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	struct gw_words *out = field;
	struct bytes copy = arena_copy(&r->conf->arena, value), word;

	(void)s;
	out->cnt = 0;
	out->words =
	    arena_array(&r->conf->arena, GW_WORD_CNT_MAX, sizeof(*out->words));
	if (out->words == NULL || (copy.ptr == NULL && value.len > 0))
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	while (next_word(&word, &copy)) {
		if (out->cnt == GW_WORD_CNT_MAX)
			return FAIL(
			    e, RC_CONF, "more than %d words", GW_WORD_CNT_MAX);
		out->words[out->cnt++] = word;
	}
	return RC_OK;
}

static enum rc
read_HOSTS(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	struct gw_words *out = field;
	struct bytes name, port;
	size_t i;

	TRY(read_WORDS(r, field, s, value, e));
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

static enum rc
read_NETS(struct reader *r, void *field, const struct setting *s,
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
	while (next_word(&word, &value)) {
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

/* find_word returns the index of word among cnt, or cnt. */
static size_t
find_word(const char *const *words, size_t cnt, struct bytes word)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (bytes_eq(word, bytes_of_str(words[i])))
			break;
	return i;
}

/* one_of says which words are allowed. */
static enum rc
not_one_of(
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

static enum rc
read_KIND(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	size_t i = find_word(kind_words, GW_SURFACE_KIND_CNT, value);
	enum gw_surface_kind *out = field;

	(void)r;
	(void)s;
	if (i == GW_SURFACE_KIND_CNT)
		return not_one_of(kind_words, i, value, e);
	*out = (enum gw_surface_kind)i;
	return RC_OK;
}

static enum rc
read_FILTERS(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	uint32_t *out = field;
	struct bytes word;
	size_t i;

	(void)r;
	(void)s;
	*out = 1u << GW_FILTER_SIZE;
	while (next_word(&word, &value)) {
		i = find_word(filter_words, GW_FILTER_CNT, word);
		if (i == GW_FILTER_CNT)
			return not_one_of(filter_words, i, word, e);
		*out |= 1u << i;
	}
	return RC_OK;
}

static enum rc
read_ADDRESS(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
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

static enum rc
read_MORE_AT(struct reader *r, void *field, const struct setting *s,
    struct bytes value, struct err *e)
{
	struct gw_conf *c = r->conf;
	struct bytes copy = arena_copy(&c->arena, value), name, path, more;
	struct gw_mount *m = &c->mounts[c->mount_cnt];

	(void)field;
	(void)s;
	if (c->mount_cnt == GW_MOUNT_MAX)
		return FAIL(e, RC_CONF, "more than %d places", GW_MOUNT_MAX);
	if (copy.ptr == NULL || !next_word(&name, &copy) ||
	    !next_word(&path, &copy) || next_word(&more, &copy) ||
	    path.ptr[0] != '/')
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

/* --- the table --- */

static const struct setting settings[] = {
#define CONF(sec, key, reader, field, fallback, least, most, when, help)       \
	{SEC_##sec, #key, read_##reader, offsetof(struct gw_conf, field),      \
	    fallback, least, most, when},
#define LISTENER(key, reader, field, fallback, least, most, when, help)        \
	{SEC_LISTENER, #key, read_##reader,                                    \
	    offsetof(struct gw_listener, field), fallback, least, most, when},
#define SURFACE(key, reader, field, fallback, least, most, when, help)         \
	{SEC_SURFACE, #key, read_##reader, offsetof(struct gw_surface, field), \
	    fallback, least, most, when},
#include "http/conf.def"
#undef CONF
#undef LISTENER
#undef SURFACE
};

_Static_assert(ARRAY_CNT(settings) <= SETTING_MAX, "raise SETTING_MAX");

static void *
field_of(void *base, const struct setting *s)
{
	return (uint8_t *)base + s->offset;
}

/* set reads one value and names the key when it is bad. */
static void
set(struct reader *r, const struct setting *s, struct bytes value)
{
	struct err e = {0};
	enum rc rc = s->read(r, field_of(r->base, s), s, value, &e);

	if (rc == RC_NO_MEMORY)
		r->is_out_of_memory = true;
	if (rc != RC_OK)
		fault(r, r->line, "%s: %s", s->key, err_message(&e, rc));
}

/* --- environment --- */

/* put_variable replaces the text between ${ and }. */
static enum rc
put_variable(
    struct reader *r, struct buf *out, struct bytes inner, struct err *e)
{
	char name[64];
	const char *value;
	size_t i = 0;

	while (i < inner.len && inner.ptr[i] != ':')
		i++;
	if (i == 0 || i >= sizeof(name) ||
	    (i < inner.len && (i + 1 == inner.len || inner.ptr[i + 1] != '-')))
		return FAIL(e, RC_CONF, "expected ${NAME} or ${NAME:-default}");
	memcpy(name, inner.ptr, i);
	name[i] = '\0';
	value = r->env(name);
	if (value == NULL && i == inner.len)
		return FAIL(e, RC_CONF, "%s is not in the environment", name);
	if (value == NULL ? !buf_put(out, inner.ptr + i + 2, inner.len - i - 2)
			  : !buf_put(out, value, strlen(value)))
		return FAIL(e, RC_CONF, "too long with %s in it", name);
	return RC_OK;
}

/* expand replaces ${...} in a value; store has room for a line. */
static enum rc
expand(struct reader *r, struct buf *store, struct bytes *value, struct err *e)
{
	struct bytes v = *value;
	const uint8_t *open, *close;

	while (v.len >= 2 && (open = memmem(v.ptr, v.len, "${", 2)) != NULL) {
		close = memchr(open, '}', v.len - (size_t)(open - v.ptr));
		if (close == NULL)
			return FAIL(e, RC_CONF, "${ without }");
		if (!buf_put(store, v.ptr, (size_t)(open - v.ptr)))
			return FAIL(e, RC_CONF, "too long");
		TRY(put_variable(r, store,
		    bytes_of(open + 2, (size_t)(close - open) - 2), e));
		v.len -= (size_t)(close + 1 - v.ptr);
		v.ptr = close + 1;
	}
	if (!buf_put(store, v.ptr, v.len))
		return FAIL(e, RC_CONF, "too long");
	*value = bytes_of_buf(store);
	return RC_OK;
}

/* --- the walk over the text --- */

/* close_section gives every setting that did not stand its default. */
static void
close_section(struct reader *r)
{
	size_t i;

	if (!r->in_section)
		return;
	r->in_section = false;
	for (i = 0; i < ARRAY_CNT(settings); i++) {
		const struct setting *s = &settings[i];

		if (s->section != r->section || r->seen[i] != 0)
			continue;
		if (!strcmp(s->fallback, "!"))
			fault(r, r->section_line[s->section],
			    "[%s] needs a line \"%s = ...\"",
			    section_words[s->section], s->key);
		else if (s->read != read_MORE_AT)
			set(r, s, bytes_of_str(s->fallback));
	}
}

static void
open_section(struct reader *r, enum section section, void *base)
{
	r->section = section;
	r->in_section = true;
	r->base = base;
	memset(r->seen, 0, sizeof(r->seen));
	r->section_line[section] = r->line;
}

static void
open_listener(struct reader *r, const char *name)
{
	struct gw_conf *c = r->conf;
	struct gw_listener *l = &c->listeners[c->listener_cnt];
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (!strcmp(c->listeners[i].name, name))
			fault(r, r->line, "[listener %s] stands twice", name);
	if (c->listener_cnt == GW_LISTENER_MAX) {
		fault(r, r->line, "more than %d listeners", GW_LISTENER_MAX);
		return;
	}
	c->listener_cnt++;
	*l = (struct gw_listener){.name = name, .line = r->line};
	open_section(r, SEC_LISTENER, l);
}

static void
open_surface(struct reader *r, const char *name)
{
	struct gw_conf *c = r->conf;
	struct gw_surface *s = &c->surfaces[c->surface_cnt];
	size_t i;

	for (i = 0; i < c->surface_cnt; i++)
		if (!strcmp(c->surfaces[i].name, name))
			fault(r, r->line, "[surface %s] stands twice", name);
	if (c->surface_cnt == GW_SURFACE_MAX) {
		fault(r, r->line, "more than %d surfaces", GW_SURFACE_MAX);
		return;
	}
	c->surface_cnt++;
	*s = (struct gw_surface){.name = name, .line = r->line};
	r->surface = s;
	open_section(r, SEC_SURFACE, s);
}

static void
begin_section(struct reader *r, const struct ini_item *item)
{
	size_t sec = find_word(section_words, SEC_CNT, item->key);
	bool takes_name = sec == SEC_LISTENER || sec == SEC_SURFACE;
	const char *name = NULL;
	struct err e = {0};

	close_section(r);
	if (sec == SEC_CNT) {
		(void)not_one_of(section_words, SEC_CNT, item->key, &e);
		fault(r, r->line, "section %s", e.text);
		return;
	}
	if (takes_name != (item->value.len > 0)) {
		fault(r, r->line, "[%s] is written %s a name",
		    section_words[sec], takes_name ? "with" : "without");
		return;
	}
	if (item->value.len > GW_NAME_MAX ||
	    memchr(item->value.ptr, ' ', item->value.len) != NULL) {
		fault(r, r->line, "a name is one word of at most %d bytes",
		    GW_NAME_MAX);
		return;
	}
	if (keep(r, &name, item->value, &e) != RC_OK) {
		r->is_out_of_memory = true;
		return;
	}
	if (!takes_name && r->section_line[sec] != 0)
		fault(r, r->line, "[%s] stands twice, first on line %u",
		    section_words[sec], r->section_line[sec]);
	else if (sec == SEC_LISTENER)
		open_listener(r, name);
	else if (sec == SEC_SURFACE)
		open_surface(r, name);
	else
		open_section(r, (enum section)sec, r->conf);
}

static void
take_pair(struct reader *r, const struct ini_item *item)
{
	uint8_t room[INI_LINE_MAX];
	struct buf store = buf_of(room, sizeof(room));
	struct bytes value = item->value;
	struct err e = {0};
	size_t i;

	if (!r->in_section) {
		if (r->faults == 0)
			fault(r, r->line, "a setting before any section");
		return;
	}
	for (i = 0; i < ARRAY_CNT(settings); i++)
		if (settings[i].section == r->section &&
		    bytes_eq(item->key, bytes_of_str(settings[i].key)))
			break;
	if (i == ARRAY_CNT(settings)) {
		fault(r, r->line, "[%s] has no setting \"%.*s\"",
		    section_words[r->section], (int)item->key.len,
		    (const char *)item->key.ptr);
		return;
	}
	if (r->seen[i] != 0 && settings[i].read != read_MORE_AT)
		fault(r, r->line, "%s stands twice, first on line %u",
		    settings[i].key, r->seen[i]);
	r->seen[i] = r->line;
	if (expand(r, &store, &value, &e) != RC_OK)
		fault(r, r->line, "%s: %s", settings[i].key, e.text);
	else
		set(r, &settings[i], value);
}

static void
walk(struct reader *r, struct bytes text)
{
	struct ini ini = ini_open(text);
	struct ini_item item;
	struct err e = {0};

	do {
		enum rc rc = ini_next(&item, &ini, &e);

		r->line = ini.line;
		if (rc != RC_OK) {
			fault(r, r->line, "%s", err_message(&e, rc));
			item.kind = INI_PAIR; /* go on behind the line */
		} else if (item.kind == INI_SECTION) {
			begin_section(r, &item);
		} else if (item.kind == INI_PAIR) {
			take_pair(r, &item);
		}
	} while (item.kind != INI_END);
	close_section(r);
}

/* --- checks over several values --- */

static bool
has_filter(const struct gw_surface *s, enum gw_filter f)
{
	return (s->filter_bits >> f & 1) != 0;
}

static void
check_surface(struct reader *r, const struct gw_surface *s)
{
	if (has_filter(s, GW_FILTER_BASIC) && s->users_file[0] == '\0')
		fault(r, s->line, "surface %s: filter basic needs users = FILE",
		    s->name);
	if (!has_filter(s, GW_FILTER_BASIC) && s->users_file[0] != '\0')
		fault(r, s->line,
		    "surface %s: users are given but filter basic is not on",
		    s->name);
	if (!has_filter(s, GW_FILTER_NET) &&
	    (s->allow.cnt > 0 || s->deny.cnt > 0))
		fault(r, s->line,
		    "surface %s: networks are given but filter net is not on",
		    s->name);
	if (!has_filter(s, GW_FILTER_CORS) && s->origins.cnt > 0)
		fault(r, s->line,
		    "surface %s: origins are given but filter cors is not on",
		    s->name);
	if (strpbrk(s->realm, "\"\\") != NULL)
		fault(r, s->line, "surface %s: realm holds \" or \\", s->name);
	if (s->any_host && s->kind == GW_RPC)
		fault(r, s->line,
		    "surface %s: serves rpc, so hosts must be named (a page "
		    "of any name could reach it otherwise)",
		    s->name);
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
check_mount(struct reader *r, size_t at)
{
	struct gw_conf *c = r->conf;
	struct gw_mount *m = &c->mounts[at];
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (bytes_eq(
			m->listener_name, bytes_of_str(c->listeners[i].name)))
			m->listener = &c->listeners[i];
	if (m->listener == NULL)
		fault(r, m->line, "there is no [listener %.*s]",
		    (int)m->listener_name.len,
		    (const char *)m->listener_name.ptr);
	for (i = 0; i < at; i++)
		if (bytes_eq(c->mounts[i].listener_name, m->listener_name) &&
		    bytes_eq(c->mounts[i].prefix, m->prefix) &&
		    hosts_meet(c->mounts[i].surface, m->surface))
			fault(r, m->line,
			    "same place as on line %u for the same host",
			    c->mounts[i].line);
}

static bool
same_address(const struct gw_listen_addr *a, const struct gw_listen_addr *b)
{
	return a->port == b->port && a->is_v6 == b->is_v6 &&
	       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static void
check_listener(struct reader *r, size_t at)
{
	struct gw_conf *c = r->conf;
	const struct gw_listener *l = &c->listeners[at];
	size_t i;

	/* Reliability H14: nothing but TLS on outside addresses. */
	if (!l->is_tls && !gw_addr_is_loopback(&l->addr.addr))
		fault(r, l->line,
		    "listener %s: without TLS only 127.0.0.0/8 and ::1",
		    l->name);
	if (l->is_tls && (c->cert[0] == '\0' || c->key[0] == '\0'))
		fault(r, l->line, "listener %s: [tls] needs cert and key",
		    l->name);
	for (i = 0; i < at; i++)
		if (same_address(&c->listeners[i].addr, &l->addr))
			fault(r, l->line,
			    "listener %s: same address as listener %s", l->name,
			    c->listeners[i].name);
}

static void
check_whole(struct reader *r)
{
	struct gw_conf *c = r->conf;
	size_t i;

	if (c->listener_cnt == 0)
		fault(r, 0, "there is no [listener NAME]");
	if (c->surface_cnt == 0)
		fault(r, 0, "there is no [surface NAME]");
	if (c->db_socket[0] != '\0' && c->db_address[0] != '\0')
		fault(r, r->section_line[SEC_DATABASE],
		    "[database] socket or address, not both");
	for (i = 0; i < c->listener_cnt; i++)
		check_listener(r, i);
	for (i = 0; i < c->surface_cnt; i++)
		check_surface(r, &c->surfaces[i]);
	for (i = 0; i < c->mount_cnt; i++)
		check_mount(r, i);
}

/* --- the end --- */

/* Joins the path with home, unless it is absolute or empty. */
static void
join(struct reader *r, const char **path)
{
	if (*path == NULL || (*path)[0] == '/' || (*path)[0] == '\0')
		return;
	*path = arena_str(&r->conf->arena, "%s/%s", r->conf->home, *path);
	if (*path == NULL) {
		r->is_out_of_memory = true;
		*path = "";
	}
}

static void
join_paths(struct reader *r)
{
	struct gw_conf *c = r->conf;
	size_t i, j;

	for (i = 0; i < ARRAY_CNT(settings); i++) {
		if (settings[i].read != read_PATH)
			continue;
		if (settings[i].section != SEC_SURFACE)
			join(r, field_of(c, &settings[i]));
		else
			for (j = 0; j < c->surface_cnt; j++)
				join(
				    r, field_of(&c->surfaces[j], &settings[i]));
	}
}

/* A section that the file leaves out has its defaults all the same. */
static void
open_absent(struct reader *r)
{
	unsigned sec;

	for (sec = SEC_GATEWAY; sec < SEC_LISTENER; sec++) {
		if (r->section_line[sec] != 0)
			continue;
		r->line = 0;
		open_section(r, (enum section)sec, r->conf);
		close_section(r);
	}
}

enum rc
gw_conf_read(struct gw_conf **out, const char *file, struct bytes text,
    const char *(*env)(const char *name), const struct gw_conf_say *say,
    struct err *e)
{
	struct gw_conf *c = mem_new(sizeof(*c));
	struct reader r = {.conf = c, .say = say, .env = env};

	*out = NULL;
	if (c == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration");
	c->refs = 1;
	c->file = "";
	arena_init(&c->arena, GW_CONF_MEMORY_MAX);
	if (keep(&r, &c->file, bytes_of_str(file), e) == RC_OK) {
		walk(&r, text);
		open_absent(&r);
		/* Checks read every field, so they need a whole file. */
		if (r.faults == 0)
			check_whole(&r);
		join_paths(&r);
	}
	if (r.faults == 0 && !r.is_out_of_memory) {
		*out = c;
		return RC_OK;
	}
	gw_conf_drop(c);
	if (r.is_out_of_memory)
		return FAIL(e, RC_NO_MEMORY, "configuration");
	return FAIL(e, RC_CONF, "%zu fault%s in %s", r.faults,
	    r.faults == 1 ? "" : "s", file);
}

struct gw_conf *
gw_conf_hold(struct gw_conf *c)
{
	c->refs++;
	return c;
}

void
gw_conf_drop(struct gw_conf *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	arena_drop(&c->arena);
	mem_free(c);
}

enum rc
gw_conf_set_users(struct gw_conf *c, const char *file, struct bytes text,
    const struct gw_conf_say *say, struct err *e)
{
	struct gw_users *users;
	struct err why = {0};
	unsigned line = 0;
	size_t i;
	enum rc rc = gw_users_read(&c->arena, &users, &line, text, &why);

	if (rc != RC_OK) {
		say->say(say->ctx, file, line, err_message(&why, rc));
		return FAIL(e, rc, "%s", err_message(&why, rc));
	}
	for (i = 0; i < c->surface_cnt; i++)
		if (!strcmp(c->surfaces[i].users_file, file))
			c->surfaces[i].users = users;
	return RC_OK;
}

/* differs compares one FIXED setting by what its reader fills in. */
static bool
differs(const struct setting *s, const void *a, const void *b)
{
	const void *x = (const uint8_t *)a + s->offset;
	const void *y = (const uint8_t *)b + s->offset;
	const char *t, *u;

	if (s->read == read_STR || s->read == read_PATH) {
		memcpy(&t, x, sizeof(t));
		memcpy(&u, y, sizeof(u));
		return strcmp(t, u) != 0;
	}
	if (s->read == read_ADDRESS)
		return !same_address(x, y);
	return memcmp(x, y,
		   s->read == read_BOOL ? sizeof(bool) : sizeof(uint64_t)) != 0;
}

const char *
gw_conf_fixed_change(const struct gw_conf *a, const struct gw_conf *b)
{
	size_t i, j;

	if (a->listener_cnt != b->listener_cnt)
		return "listener";
	for (j = 0; j < a->listener_cnt; j++)
		if (strcmp(a->listeners[j].name, b->listeners[j].name) != 0)
			return "listener";
	for (i = 0; i < ARRAY_CNT(settings); i++) {
		const struct setting *s = &settings[i];

		if (s->when != FIXED)
			continue;
		if (s->section < SEC_LISTENER && differs(s, a, b))
			return s->key;
		for (j = 0; s->section == SEC_LISTENER && j < a->listener_cnt;
		     j++)
			if (differs(s, &a->listeners[j], &b->listeners[j]))
				return s->key;
	}
	return NULL;
}

bool
gw_conf_has_tls(const struct gw_conf *c)
{
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (c->listeners[i].is_tls)
			return true;
	return false;
}

const char *
gw_surface_kind_word(enum gw_surface_kind kind)
{
	return kind_words[kind];
}
