/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads gateway.conf by the table conf.def: a walk over sections and keys
 * that knows no key by name. Opens no file and no socket.
 */
#include "http/conf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/ini.h"
#include "http/conf_priv.h"
#include "http/users.h"

static const char *const section_words[SEC_CNT] = {
    [SEC_GATEWAY] = "gateway",
    [SEC_TLS] = "tls",
    [SEC_LIMITS] = "limits",
    [SEC_NODE] = "node",
    [SEC_DATABASE] = "database",
    [SEC_GEO] = "geo",
    [SEC_LISTENER] = "listener",
    [SEC_SURFACE] = "surface",
    [SEC_UPSTREAM] = "node",
};

void
gw_conf_fault(struct gw_conf_reader *r, unsigned line, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->faults++;
	r->say->say(r->say->ctx, r->conf->file, line, text);
}

/* --- the table --- */

static const struct gw_setting settings[] = {
#define CONF(sec, key, reader, field, fallback, least, most, when, help)       \
	{SEC_##sec, #key, gw_value_##reader, offsetof(struct gw_conf, field),  \
	    fallback, least, most, when},
#define LISTENER(key, reader, field, fallback, least, most, when, help)        \
	{SEC_LISTENER, #key, gw_value_##reader,                                \
	    offsetof(struct gw_listener, field), fallback, least, most, when},
#define UPSTREAM(key, reader, field, fallback, least, most, when, help)        \
	{SEC_UPSTREAM, #key, gw_value_##reader,                                \
	    offsetof(struct gw_node, field), fallback, least, most, when},
#define SURFACE(key, reader, field, fallback, least, most, when, help)         \
	{SEC_SURFACE, #key, gw_value_##reader,                                 \
	    offsetof(struct gw_surface, field), fallback, least, most, when},
#include "http/conf.def"
#undef CONF
#undef LISTENER
#undef UPSTREAM
#undef SURFACE
};

_Static_assert(ARRAY_CNT(settings) <= SETTING_MAX, "raise SETTING_MAX");

static void *
field_of(void *base, const struct gw_setting *s)
{
	return (uint8_t *)base + s->offset;
}

/* set reads one value and names the key when it is bad. */
static void
set(struct gw_conf_reader *r, const struct gw_setting *s, struct bytes value)
{
	struct err e = {0};
	enum rc rc = s->read(r, field_of(r->base, s), s, value, &e);

	if (rc == RC_NO_MEMORY)
		r->is_out_of_memory = true;
	if (rc != RC_OK)
		gw_conf_fault(
		    r, r->line, "%s: %s", s->key, err_message(&e, rc));
}

/* may_repeat: each line of such a setting adds something. */
static bool
may_repeat(const struct gw_setting *s)
{
	return s->read == gw_value_MORE_AT || s->read == gw_value_MORE_MAP ||
	       s->read == gw_value_MORE_SQLI ||
	       s->read == gw_value_MORE_METHODS;
}

/* --- environment --- */

/* put_variable replaces the text between ${ and }. */
static enum rc
put_variable(struct gw_conf_reader *r, struct buf *out, struct bytes inner,
    struct err *e)
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
expand(struct gw_conf_reader *r, struct buf *store, struct bytes *value,
    struct err *e)
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
close_section(struct gw_conf_reader *r)
{
	size_t i;

	if (!r->in_section)
		return;
	r->in_section = false;
	for (i = 0; i < ARRAY_CNT(settings); i++) {
		const struct gw_setting *s = &settings[i];

		if (s->section != r->section || r->seen[i] != 0)
			continue;
		if (!strcmp(s->fallback, "!"))
			gw_conf_fault(r, r->section_line[s->section],
			    "[%s] needs a line \"%s = ...\"",
			    section_words[s->section], s->key);
		else if (!may_repeat(s))
			set(r, s, bytes_of_str(s->fallback));
	}
}

static void
open_section(struct gw_conf_reader *r, enum gw_section section, void *base)
{
	r->section = section;
	r->in_section = true;
	r->base = base;
	memset(r->seen, 0, sizeof(r->seen));
	r->section_line[section] = r->line;
}

static void
open_listener(struct gw_conf_reader *r, const char *name)
{
	struct gw_conf *c = r->conf;
	struct gw_listener *l = &c->listeners[c->listener_cnt];
	size_t i;

	for (i = 0; i < c->listener_cnt; i++)
		if (!strcmp(c->listeners[i].name, name))
			gw_conf_fault(
			    r, r->line, "[listener %s] stands twice", name);
	if (c->listener_cnt == GW_LISTENER_MAX) {
		gw_conf_fault(
		    r, r->line, "more than %d listeners", GW_LISTENER_MAX);
		return;
	}
	c->listener_cnt++;
	*l = (struct gw_listener){.name = name, .line = r->line};
	open_section(r, SEC_LISTENER, l);
}

static void
open_node(struct gw_conf_reader *r, const char *name)
{
	struct gw_conf *c = r->conf;
	struct gw_node *n = &c->nodes[c->node_cnt];
	size_t i;

	for (i = 0; i < c->node_cnt; i++)
		if (!strcmp(c->nodes[i].name, name))
			gw_conf_fault(
			    r, r->line, "[node %s] stands twice", name);
	if (c->node_cnt == GW_NODE_MAX) {
		gw_conf_fault(r, r->line, "more than %d nodes", GW_NODE_MAX);
		return;
	}
	c->node_cnt++;
	*n = (struct gw_node){.name = name, .line = r->line};
	open_section(r, SEC_UPSTREAM, n);
}

static void
open_surface(struct gw_conf_reader *r, const char *name)
{
	struct gw_conf *c = r->conf;
	struct gw_surface *s = &c->surfaces[c->surface_cnt];
	size_t i;

	for (i = 0; i < c->surface_cnt; i++)
		if (!strcmp(c->surfaces[i].name, name))
			gw_conf_fault(
			    r, r->line, "[surface %s] stands twice", name);
	if (c->surface_cnt == GW_SURFACE_MAX) {
		gw_conf_fault(
		    r, r->line, "more than %d surfaces", GW_SURFACE_MAX);
		return;
	}
	c->surface_cnt++;
	*s = (struct gw_surface){.name = name, .line = r->line};
	r->surface = s;
	open_section(r, SEC_SURFACE, s);
}

static void
begin_section(struct gw_conf_reader *r, const struct ini_item *item)
{
	size_t sec = gw_conf_find_word(section_words, SEC_CNT, item->key);
	bool takes_name = sec == SEC_LISTENER || sec == SEC_SURFACE;
	const char *name = NULL;
	struct err e = {0};

	close_section(r);
	if (sec == SEC_NODE && item->value.len > 0) {
		sec = SEC_UPSTREAM;
		takes_name = true;
	}
	if (sec == SEC_CNT) {
		(void)gw_conf_not_one_of(
		    section_words, SEC_UPSTREAM, item->key, &e);
		gw_conf_fault(r, r->line, "section %s", e.text);
		return;
	}
	if (takes_name != (item->value.len > 0)) {
		gw_conf_fault(r, r->line, "[%s] is written %s a name",
		    section_words[sec], takes_name ? "with" : "without");
		return;
	}
	if (item->value.len > GW_NAME_MAX ||
	    memchr(item->value.ptr, ' ', item->value.len) != NULL) {
		gw_conf_fault(r, r->line,
		    "a name is one word of at most %d bytes", GW_NAME_MAX);
		return;
	}
	if (gw_conf_keep(r, &name, item->value, &e) != RC_OK) {
		r->is_out_of_memory = true;
		return;
	}
	if (!takes_name && r->section_line[sec] != 0)
		gw_conf_fault(r, r->line, "[%s] stands twice, first on line %u",
		    section_words[sec], r->section_line[sec]);
	else if (sec == SEC_LISTENER)
		open_listener(r, name);
	else if (sec == SEC_SURFACE)
		open_surface(r, name);
	else if (sec == SEC_UPSTREAM)
		open_node(r, name);
	else
		open_section(r, (enum gw_section)sec, r->conf);
}

static void
take_pair(struct gw_conf_reader *r, const struct ini_item *item)
{
	uint8_t room[INI_LINE_MAX];
	struct buf store = buf_of(room, sizeof(room));
	struct bytes value = item->value;
	struct err e = {0};
	size_t i;

	if (!r->in_section) {
		if (r->faults == 0)
			gw_conf_fault(
			    r, r->line, "a setting before any section");
		return;
	}
	for (i = 0; i < ARRAY_CNT(settings); i++)
		if (settings[i].section == r->section &&
		    bytes_eq(item->key, bytes_of_str(settings[i].key)))
			break;
	if (i == ARRAY_CNT(settings)) {
		gw_conf_fault(r, r->line, "[%s] has no setting \"%.*s\"",
		    section_words[r->section], (int)item->key.len,
		    (const char *)item->key.ptr);
		return;
	}
	if (r->seen[i] != 0 && !may_repeat(&settings[i]))
		gw_conf_fault(r, r->line, "%s stands twice, first on line %u",
		    settings[i].key, r->seen[i]);
	r->seen[i] = r->line;
	if (expand(r, &store, &value, &e) != RC_OK)
		gw_conf_fault(r, r->line, "%s: %s", settings[i].key, e.text);
	else
		set(r, &settings[i], value);
}

static void
walk(struct gw_conf_reader *r, struct bytes text)
{
	struct ini ini = ini_open(text);
	struct ini_item item;
	struct err e = {0};

	do {
		enum rc rc = ini_next(&item, &ini, &e);

		r->line = ini.line;
		if (rc != RC_OK) {
			gw_conf_fault(r, r->line, "%s", err_message(&e, rc));
			item.kind = INI_PAIR; /* go on behind the line */
		} else if (item.kind == INI_SECTION) {
			begin_section(r, &item);
		} else if (item.kind == INI_PAIR) {
			take_pair(r, &item);
		}
	} while (item.kind != INI_END);
	close_section(r);
}

/* --- the end --- */

/* Joins the path with home, unless it is absolute or empty. */
static void
join(struct gw_conf_reader *r, const char **path)
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
join_paths(struct gw_conf_reader *r)
{
	struct gw_conf *c = r->conf;
	size_t i, j;

	for (i = 0; i < ARRAY_CNT(settings); i++) {
		if (settings[i].read != gw_value_PATH)
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
open_absent(struct gw_conf_reader *r)
{
	unsigned sec;

	for (sec = SEC_GATEWAY; sec < SEC_LISTENER; sec++) {
		if (r->section_line[sec] != 0)
			continue;
		r->line = 0;
		open_section(r, (enum gw_section)sec, r->conf);
		close_section(r);
	}
}

enum rc
gw_conf_read(struct gw_conf **out, const char *file, struct bytes text,
    const char *(*env)(const char *name), const struct gw_conf_say *say,
    struct err *e)
{
	struct gw_conf *c = mem_new(sizeof(*c));
	struct gw_conf_reader r = {.conf = c, .say = say, .env = env};

	*out = NULL;
	if (c == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration");
	c->refs = 1;
	c->file = "";
	arena_init(&c->arena, GW_CONF_MEMORY_MAX);
	if (gw_conf_keep(&r, &c->file, bytes_of_str(file), e) == RC_OK) {
		walk(&r, text);
		open_absent(&r);
		/* Checks read every field, so they need a whole file. */
		if (r.faults == 0)
			gw_conf_check(&r);
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
differs(const struct gw_setting *s, const void *a, const void *b)
{
	const void *x = (const uint8_t *)a + s->offset;
	const void *y = (const uint8_t *)b + s->offset;
	const char *t, *u;

	if (s->read == gw_value_STR || s->read == gw_value_PATH) {
		memcpy(&t, x, sizeof(t));
		memcpy(&u, y, sizeof(u));
		return strcmp(t, u) != 0;
	}
	if (s->read == gw_value_ADDRESS)
		return !gw_conf_same_address(x, y);
	return memcmp(x, y,
		   s->read == gw_value_BOOL ? sizeof(bool)
					    : sizeof(uint64_t)) != 0;
}

static bool
nodes_differ(const struct gw_conf *a, const struct gw_conf *b)
{
	size_t i;

	if (a->node_cnt != b->node_cnt)
		return true;
	for (i = 0; i < a->node_cnt; i++)
		if (strcmp(a->nodes[i].name, b->nodes[i].name) != 0 ||
		    strcmp(a->nodes[i].socket, b->nodes[i].socket) != 0)
			return true;
	return false;
}

const char *
gw_conf_fixed_change(const struct gw_conf *a, const struct gw_conf *b)
{
	size_t i, j;

	if (nodes_differ(a, b))
		return "node";
	if (a->listener_cnt != b->listener_cnt)
		return "listener";
	for (j = 0; j < a->listener_cnt; j++)
		if (strcmp(a->listeners[j].name, b->listeners[j].name) != 0)
			return "listener";
	for (i = 0; i < ARRAY_CNT(settings); i++) {
		const struct gw_setting *s = &settings[i];

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

bool
gw_conf_asks_cert(const struct gw_conf *c, const char *listener)
{
	size_t i;

	for (i = 0; i < c->mount_cnt; i++)
		if (gw_has_filter(c->mounts[i].surface, GW_FILTER_CERT) &&
		    !strcmp(c->mounts[i].listener->name, listener))
			return true;
	return false;
}
