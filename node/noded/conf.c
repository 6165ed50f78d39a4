/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads node.conf by the table conf.def. Opens the file and looks at the
 * files that it names, but keeps nothing open.
 */
#include "noded/conf.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ini.h"
#include "eth/addr.h"

enum conf_type {
	CONF_STR,
	CONF_ADDR,
	CONF_U64,
	CONF_U256,
	CONF_BOOL,
	CONF_MS,
	CONF_SIZE
};

struct row {
	enum conf_type type;
	const char *name, *def;
	uint64_t min, max;
	const char *help;
	size_t offset;
};

static const struct row rows[] = {
#define CONF(type, name, def, min, max, help)                                  \
	{CONF_##type, #name, def, min, max, help, offsetof(struct conf, name)},
#include "noded/conf.def"
#undef CONF
};

static enum rc
set_str(struct arena *a, const char **out, struct bytes v, struct err *e)
{
	*out = NULL;
	if (v.len == 0)
		return RC_OK;
	*out = arena_str(a, "%.*s", (int)v.len, (const char *)v.ptr);
	return *out == NULL ? FAIL(e, RC_NO_MEMORY, "configuration") : RC_OK;
}

static enum rc
set_addr(struct conf_addr *out, struct bytes v, struct err *e)
{
	out->is_set = v.len > 0;
	return out->is_set ? addr_read(&out->addr, v, false, e) : RC_OK;
}

static enum rc
set_row(struct arena *a, struct conf *c, const struct row *r, struct bytes v,
    struct err *e)
{
	void *at = (char *)c + r->offset;

	switch (r->type) {
	case CONF_STR:
		return set_str(a, at, v, e);
	case CONF_ADDR:
		return set_addr(at, v, e);
	case CONF_U64:
		return ini_u64(at, v, r->min, r->max, e);
	case CONF_U256:
		return u256_from_dec(at, v, e);
	case CONF_BOOL:
		return ini_bool(at, v, e);
	case CONF_MS:
		return ini_duration_ms(at, v, r->min, r->max, e);
	case CONF_SIZE:
		return ini_size(at, v, r->min, r->max, e);
	}
	return FAIL(e, RC_INTERNAL, "setting type");
}

static const struct row *
find_row(struct bytes key)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (bytes_eq(key, bytes_of_str(rows[i].name)))
			return &rows[i];
	return NULL;
}

static enum rc
take_item(struct arena *a, struct conf *c, const struct ini_item *it,
    unsigned line, struct err *e)
{
	const struct row *r = find_row(it->key);
	unsigned *seen;
	struct err why = {0};
	enum rc rc;

	if (it->kind == INI_SECTION)
		return FAIL(e, RC_CONF, "this file has no sections");
	if (r == NULL)
		return FAIL(e, RC_CONF, "unknown setting %.*s",
		    (int)it->key.len, (const char *)it->key.ptr);
	seen = &c->line[r - rows];
	if (*seen != 0)
		return FAIL(e, RC_CONF, "%s stands here twice", r->name);
	*seen = line;
	rc = set_row(a, c, r, it->value, &why);
	if (rc != RC_OK)
		return FAIL(
		    e, RC_CONF, "%s: %s", r->name, err_message(&why, rc));
	return RC_OK;
}

static enum rc
set_defaults(struct arena *a, struct conf *c, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		TRY(set_row(a, c, &rows[i], bytes_of_str(rows[i].def), e));
	return RC_OK;
}

enum rc
conf_read(struct arena *a, struct conf *out, const char *path, struct err *e)
{
	struct err why = {0};
	struct ini_item it;
	struct bytes text;
	struct ini ini;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	TRY(ini_read_file(a, &text, path, e));
	TRY(set_str(a, &out->file, bytes_of_str(path), e));
	TRY(set_defaults(a, out, e));
	ini = ini_open(text);
	for (;;) {
		rc = ini_next(&it, &ini, &why);
		if (rc == RC_OK && it.kind == INI_END)
			return RC_OK;
		if (rc == RC_OK)
			rc = take_item(a, out, &it, ini.line, &why);
		if (rc != RC_OK)
			return FAIL(e, rc, "%s:%u: %s", path, ini.line,
			    err_message(&why, rc));
	}
}

/* fault says what is wrong with a setting, and where it stands. */
static enum rc fault(const struct conf *c, enum conf_at at, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static enum rc
fault(
    const struct conf *c, enum conf_at at, struct err *e, const char *fmt, ...)
{
	const char *name = rows[at].name;
	char why[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (c->line[at] == 0)
		return FAIL(e, RC_CONF, "%s: %s: %s", c->file, name, why);
	return FAIL(
	    e, RC_CONF, "%s:%u: %s: %s", c->file, c->line[at], name, why);
}

static const char *
text_at(const struct conf *c, enum conf_at at)
{
	const char *const *text =
	    (const void *)((const char *)c + rows[at].offset);

	return *text;
}

/* A secret that group or others can read is no secret (reliability N13). */
static enum rc
check_secret(const struct conf *c, enum conf_at at, struct err *e)
{
	const char *path = text_at(c, at);
	struct stat st;

	if (stat(path, &st) == -1)
		return fault(c, at, e, "%s: %s", path, strerror(errno));
	if ((st.st_mode & 077) != 0)
		return fault(c, at, e,
		    "%s has mode %03o, others can read it; chmod %s", path,
		    (unsigned)st.st_mode & 0777,
		    S_ISDIR(st.st_mode) ? "700" : "600");
	return RC_OK;
}

static enum rc
check_set(const struct conf *c, enum conf_at at, struct err *e)
{
	return text_at(c, at) == NULL ? fault(c, at, e, "not set") : RC_OK;
}

static enum rc
check_dir(const struct conf *c, enum conf_at at, struct err *e)
{
	const char *path = text_at(c, at);
	struct stat st;

	if (stat(path, &st) == -1)
		return fault(c, at, e, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fault(c, at, e, "%s is not a folder", path);
	return RC_OK;
}

static enum rc
check_sealer(const struct conf *c, struct err *e)
{
	if (!c->sealer.is_set)
		return RC_OK;
	if (c->keystore == NULL || c->password_file == NULL)
		return fault(c, CONF_AT_sealer, e,
		    "keystore and password_file must be set, too");
	TRY(check_dir(c, CONF_AT_keystore, e));
	return check_secret(c, CONF_AT_password_file, e);
}

/* Key files that others can read, or the sealer's among those of accounts,
 * would widen what ipc_path can do. */
static enum rc
check_accounts(const struct conf *c, struct err *e)
{
	struct stat st, sealers;

	if (c->accounts == NULL)
		return RC_OK;
	TRY(check_dir(c, CONF_AT_accounts, e));
	TRY(check_secret(c, CONF_AT_accounts, e));
	if (c->keystore == NULL || stat(c->accounts, &st) == -1 ||
	    stat(c->keystore, &sealers) == -1 || st.st_dev != sealers.st_dev ||
	    st.st_ino != sealers.st_ino)
		return RC_OK;
	return fault(c, CONF_AT_accounts, e,
	    "the same folder as keystore; the sealer's key must be apart");
}

static enum rc
check_socket(const struct conf *c, enum conf_at at, struct err *e)
{
	size_t len = strlen(text_at(c, at));
	struct sockaddr_un sa;

	if (len < sizeof(sa.sun_path))
		return RC_OK;
	return fault(c, at, e, "%zu bytes, the path of a socket has %zu", len,
	    sizeof(sa.sun_path) - 1);
}

static enum rc
check_sockets(const struct conf *c, struct err *e)
{
	TRY(check_set(c, CONF_AT_ipc_path, e));
	TRY(check_socket(c, CONF_AT_ipc_path, e));
	if (c->rpc_path == NULL)
		return RC_OK;
	TRY(check_socket(c, CONF_AT_rpc_path, e));
	if (!strcmp(c->ipc_path, c->rpc_path))
		return fault(c, CONF_AT_rpc_path, e, "the same as ipc_path");
	if (c->rpc_group != NULL && getgrnam(c->rpc_group) == NULL)
		return fault(
		    c, CONF_AT_rpc_group, e, "no group \"%s\"", c->rpc_group);
	return RC_OK;
}

/* What counts seconds further down would cut the rest off without a word,
 * and half a second of heartbeat would mean none at all. */
static enum rc
check_seconds(const struct conf *c, struct err *e)
{
	const struct {
		enum conf_at at;
		uint64_t ms;
	} row[] = {
	    {CONF_AT_heartbeat, c->heartbeat},
	    {CONF_AT_settle, c->settle},
	    {CONF_AT_future_slack, c->future_slack},
	    {CONF_AT_pool_age, c->pool_age},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++)
		if (row[i].ms % 1000 != 0)
			return fault(c, row[i].at, e,
			    "%llu ms, but only whole seconds are kept",
			    (unsigned long long)row[i].ms);
	return RC_OK;
}

static enum rc
check_level(const struct conf *c, struct err *e)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	const char *level = c->log_level == NULL ? "" : c->log_level;
	size_t i;

	for (i = 0; i < ARRAY_CNT(levels); i++)
		if (!strcmp(level, levels[i]))
			return RC_OK;
	return fault(c, CONF_AT_log_level, e,
	    "\"%s\" is not one of debug, info, warn, error", level);
}

enum rc
conf_check(const struct conf *c, struct err *e)
{
	TRY(check_set(c, CONF_AT_data_dir, e));
	TRY(check_dir(c, CONF_AT_data_dir, e));
	TRY(check_set(c, CONF_AT_genesis, e));
	if (access(c->genesis, R_OK) == -1)
		return fault(c, CONF_AT_genesis, e, "%s: %s", c->genesis,
		    strerror(errno));
	TRY(check_sockets(c, e));
	TRY(check_seconds(c, e));
	TRY(check_level(c, e));
	TRY(check_accounts(c, e));
	return check_sealer(c, e);
}

void
conf_help(void)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		printf("%-18s %-10s %s\n", rows[i].name,
		    rows[i].def[0] == '\0' ? "-" : rows[i].def, rows[i].help);
}
