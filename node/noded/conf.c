/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads node.conf by the table conf.def. Opens the file and looks at the
 * files that it names, but keeps nothing open.
 */
#include "noded/conf.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
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
    bool *seen, struct err *e)
{
	const struct row *r = find_row(it->key);
	struct err why = {0};
	enum rc rc;

	if (it->kind == INI_SECTION)
		return FAIL(e, RC_CONF, "this file has no sections");
	if (r == NULL)
		return FAIL(e, RC_CONF, "unknown setting %.*s",
		    (int)it->key.len, (const char *)it->key.ptr);
	if (seen[r - rows])
		return FAIL(e, RC_CONF, "%s stands here twice", r->name);
	seen[r - rows] = true;
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
	bool seen[ARRAY_CNT(rows)] = {false};
	struct err why = {0};
	struct ini_item it;
	struct bytes text;
	struct ini ini;
	enum rc rc;

	TRY(ini_read_file(a, &text, path, e));
	TRY(set_defaults(a, out, e));
	ini = ini_open(text);
	for (;;) {
		rc = ini_next(&it, &ini, &why);
		if (rc == RC_OK && it.kind == INI_END)
			return RC_OK;
		if (rc == RC_OK)
			rc = take_item(a, out, &it, seen, &why);
		if (rc != RC_OK)
			return FAIL(e, rc, "%s:%u: %s", path, ini.line,
			    err_message(&why, rc));
	}
}

/* A secret that group or others can read is no secret (reliability N13). */
static enum rc
check_secret(const char *name, const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return FAIL(
		    e, RC_CONF, "%s: %s: %s", name, path, strerror(errno));
	if ((st.st_mode & 077) != 0)
		return FAIL(e, RC_CONF,
		    "%s: %s has mode %03o, others can read it; chmod 600", name,
		    path, (unsigned)st.st_mode & 0777);
	return RC_OK;
}

static enum rc
check_dir(const char *name, const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return FAIL(
		    e, RC_CONF, "%s: %s: %s", name, path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return FAIL(e, RC_CONF, "%s: %s is not a folder", name, path);
	return RC_OK;
}

static enum rc
check_sealer(const struct conf *c, struct err *e)
{
	if (!c->sealer.is_set)
		return RC_OK;
	if (c->keystore == NULL)
		return FAIL(e, RC_CONF, "keystore: needed by sealer");
	if (c->password_file == NULL)
		return FAIL(e, RC_CONF, "password_file: needed by sealer");
	TRY(check_dir("keystore", c->keystore, e));
	return check_secret("password_file", c->password_file, e);
}

static enum rc
check_socket(const char *name, const char *path, struct err *e)
{
	struct sockaddr_un sa;

	if (strlen(path) < sizeof(sa.sun_path))
		return RC_OK;
	return FAIL(e, RC_CONF, "%s: %zu bytes, the path of a socket has %zu",
	    name, strlen(path), sizeof(sa.sun_path) - 1);
}

static enum rc
check_sockets(const struct conf *c, struct err *e)
{
	if (c->ipc_path == NULL)
		return FAIL(e, RC_CONF, "ipc_path: not set");
	TRY(check_socket("ipc_path", c->ipc_path, e));
	if (c->rpc_path == NULL)
		return RC_OK;
	TRY(check_socket("rpc_path", c->rpc_path, e));
	if (!strcmp(c->ipc_path, c->rpc_path))
		return FAIL(e, RC_CONF, "rpc_path: the same as ipc_path");
	if (c->rpc_group != NULL && getgrnam(c->rpc_group) == NULL)
		return FAIL(
		    e, RC_CONF, "rpc_group: no group \"%s\"", c->rpc_group);
	return RC_OK;
}

/* What counts seconds further down would cut the rest off without a word,
 * and half a second of heartbeat would mean none at all. */
static enum rc
check_seconds(const struct conf *c, struct err *e)
{
	const struct {
		const char *name;
		uint64_t ms;
	} row[] = {
	    {"heartbeat", c->heartbeat},
	    {"settle", c->settle},
	    {"future_slack", c->future_slack},
	    {"pool_age", c->pool_age},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++)
		if (row[i].ms % 1000 != 0)
			return FAIL(e, RC_CONF,
			    "%s: %llu ms, but only whole seconds are kept",
			    row[i].name, (unsigned long long)row[i].ms);
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
	return FAIL(e, RC_CONF,
	    "log_level: \"%s\" is not one of debug, info, "
	    "warn, error",
	    level);
}

enum rc
conf_check(const struct conf *c, struct err *e)
{
	if (c->data_dir == NULL)
		return FAIL(e, RC_CONF, "data_dir: not set");
	TRY(check_dir("data_dir", c->data_dir, e));
	if (c->genesis == NULL)
		return FAIL(e, RC_CONF, "genesis: not set");
	if (access(c->genesis, R_OK) == -1)
		return FAIL(
		    e, RC_CONF, "genesis: %s: %s", c->genesis, strerror(errno));
	TRY(check_sockets(c, e));
	TRY(check_seconds(c, e));
	TRY(check_level(c, e));
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
