/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads files with their modes checked and packs them for the workers.
 */
#include "gateway/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ini.h"
#include "gateway/aside.h"
#include "gateway/clientcert.h"
#include "gateway/routes.h"
#include "gateway/shm.h"

/* Authorities and revocations of a megabyte each are read in far less. */
enum { TRUST_SECONDS = 10 };

/* Reads a whole open file; the memory is the caller's. */
static enum rc
read_fd(struct bytes *out, int fd, const char *path, struct err *e)
{
	struct stat st;
	uint8_t *p;
	size_t len = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return FAIL(e, RC_CONF, "%s is not a file", path);
	if (st.st_size > INI_FILE_MAX)
		return FAIL(e, RC_CONF, "%s is longer than %d bytes", path,
		    INI_FILE_MAX);
	p = mem_new((size_t)st.st_size + 1);
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	while (n > 0 && len < (size_t)st.st_size) {
		n = read(fd, p + len, (size_t)st.st_size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	*out = bytes_of(p, len);
	if (n >= 0)
		return RC_OK;
	mem_free(p);
	return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
}

/* Reliability N13: secrets that others can read are refused. */
static enum rc
check_mode(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
	if ((st.st_mode & 077) != 0)
		return FAIL(e, RC_CONF,
		    "%s holds secrets but has mode %04o: chmod 600", path,
		    st.st_mode & 07777u);
	return RC_OK;
}

enum rc
files_read(struct bytes *out, const char *path, bool is_secret, struct err *e)
{
	/* Not waiting: a pipe that nobody writes to is no file either. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum rc rc = RC_OK;

	if (fd < 0)
		return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
	if (is_secret)
		rc = check_mode(fd, path, e);
	if (rc == RC_OK)
		rc = read_fd(out, fd, path, e);
	(void)close(fd);
	return rc;
}

static void
free_bytes(struct bytes b)
{
	void *p = (void *)(uintptr_t)b.ptr;

	if (p != NULL)
		explicit_bzero(p, b.len);
	mem_free(p);
}

/* --- blob --- */

static bool
put_record(struct blob *blob, struct bytes name, struct bytes data)
{
	uint8_t head[8];

	be32_put(head, (uint32_t)name.len);
	be32_put(head + 4, (uint32_t)data.len);
	return buf_put(&blob->buf, head, sizeof(head)) &&
	       buf_put(&blob->buf, name.ptr, name.len) &&
	       buf_put(&blob->buf, data.ptr, data.len);
}

static bool
take_record(struct bytes *name, struct bytes *data, struct bytes *in)
{
	struct bytes head;

	return bytes_take(&head, in, 8) &&
	       bytes_take(name, in, be32(head.ptr)) &&
	       bytes_take(data, in, be32(head.ptr + 4));
}

void
files_free(struct blob *blob)
{
	free_bytes(bytes_of(blob->buf.ptr, blob->buf.len));
	blob->buf = (struct buf){0};
}

/* add_file reads one more file into the blob; data views it there. */
static enum rc
add_file(struct blob *blob, struct bytes *data, const char *name,
    const char *path, bool is_secret, struct err *e)
{
	struct bytes text;
	bool fits;

	TRY(files_read(&text, path, is_secret, e));
	fits = put_record(blob, bytes_of_str(name), text);
	*data = bytes_of(blob->buf.ptr + blob->buf.len - text.len, text.len);
	free_bytes(text);
	return fits ? RC_OK
		    : FAIL(e, RC_CONF, "configuration above %d bytes",
			  SHM_BLOB_MAX);
}

/* is_known tells whether an earlier surface has the same users file. */
static bool
is_known(const struct gw_conf *c, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (!strcmp(
			c->surfaces[i].users_file, c->surfaces[at].users_file))
			return true;
	return false;
}

static enum rc
load_users(struct gw_conf *c, struct blob *blob, const struct gw_conf_say *say,
    struct err *e)
{
	enum rc all = RC_OK, rc;
	struct bytes text;
	struct err why;
	size_t i;

	for (i = 0; i < c->surface_cnt; i++) {
		const char *path = c->surfaces[i].users_file;

		if (path[0] == '\0' || is_known(c, i))
			continue;
		why = (struct err){0};
		rc = add_file(blob, &text, path, path, true, &why);
		if (rc != RC_OK)
			say->say(say->ctx, c->file, c->surfaces[i].line,
			    err_message(&why, rc));
		else
			rc = gw_conf_set_users(c, path, text, say, &why);
		if (rc != RC_OK)
			all = FAIL(e, rc, "%s", err_message(&why, rc));
	}
	return all;
}

static enum rc
load_password(struct gw_conf *c, struct blob *blob,
    const struct gw_conf_say *say, struct err *e)
{
	struct err why = {0};
	struct bytes text;
	enum rc rc;

	if (c->db_password_file[0] == '\0')
		return RC_OK;
	rc = add_file(
	    blob, &text, BLOB_DB_PASSWORD, c->db_password_file, true, &why);
	if (rc == RC_OK)
		return RC_OK;
	err_fail(e, rc, "[database] password_file: %s", err_message(&why, rc));
	say->say(say->ctx, c->file, 0, err_message(e, rc));
	return rc;
}

/* --- authorities of clients --- */

static struct unpacked
find_trust(const struct blob *blob)
{
	struct bytes rest = bytes_of_buf(&blob->buf), name, data;
	struct unpacked u = {0};

	while (take_record(&name, &data, &rest)) {
		if (bytes_eq(name, bytes_of_str(BLOB_CLIENT_CA)))
			u.client_ca = data;
		else if (bytes_eq(name, bytes_of_str(BLOB_CLIENT_CRL)))
			u.client_crl = data;
	}
	return u;
}

static enum rc
read_trust(struct client_trust **out, const struct blob *blob, struct err *e)
{
	struct unpacked u = find_trust(blob);

	return client_trust_read(out, u.client_ca, u.client_crl, e);
}

static enum rc
try_trust_aside(void *ctx, struct err *e)
{
	struct client_trust *t;

	return read_trust(&t, ctx, e);
}

static enum rc
stale_aside(void *ctx, struct err *e)
{
	struct client_trust *t;

	TRY(read_trust(&t, ctx, e));
	return client_trust_stale(t, e);
}

enum rc
files_stale(const struct blob *blob, struct err *e)
{
	if (find_trust(blob).client_ca.ptr == NULL)
		return RC_OK;
	return aside_run(
	    stale_aside, (void *)(uintptr_t)blob, TRUST_SECONDS, e);
}

static enum rc
add_trust(const struct gw_conf *c, struct blob *blob, struct err *e)
{
	struct bytes text;

	if (c->client_ca[0] == '\0')
		return RC_OK;
	TRY(add_file(blob, &text, BLOB_CLIENT_CA, c->client_ca, false, e));
	if (c->client_crl[0] != '\0')
		TRY(add_file(
		    blob, &text, BLOB_CLIENT_CRL, c->client_crl, false, e));
	return aside_run(try_trust_aside, blob, TRUST_SECONDS, e);
}

static enum rc
load_trust(const struct gw_conf *c, struct blob *blob,
    const struct gw_conf_say *say, struct err *e)
{
	struct err why = {0};
	enum rc rc = add_trust(c, blob, &why);

	if (rc == RC_OK)
		return RC_OK;
	err_fail(e, rc, "[tls] %s", err_message(&why, rc));
	say->say(say->ctx, c->file, 0, err_message(e, rc));
	return rc;
}

/* --- the whole --- */

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

/* files_read's texts begin with the path, which say puts in front itself. */
static const char *
behind_path(const char *text, const char *path)
{
	size_t len = strlen(path);

	return !strncmp(text, path, len) && !strncmp(text + len, ": ", 2)
		   ? text + len + 2
		   : text;
}

/* read_conf reads and checks it, with the routes that only we know. */
static enum rc
read_conf(struct gw_conf **out, const char *file, struct bytes text,
    const struct gw_conf_say *say, struct err *e)
{
	const struct gw_route *routes;
	size_t cnt;
	enum rc rc;

	TRY(gw_conf_read(out, file, text, from_environment, say, e));
	routes = gw_routes(&cnt);
	rc = gw_conf_check_routes(*out, routes, cnt, say, e);
	if (rc != RC_OK) {
		gw_conf_drop(*out);
		*out = NULL;
	}
	return rc;
}

enum rc
files_load(struct gw_conf **out, struct blob *blob, const char *file,
    const struct gw_conf_say *say, struct err *e)
{
	struct bytes text;
	enum rc rc, more, trust;

	*blob =
	    (struct blob){.buf = buf_of(mem_new(SHM_BLOB_MAX), SHM_BLOB_MAX)};
	if (blob->buf.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration");
	rc = files_read(&text, file, false, e);
	if (rc != RC_OK) {
		say->say(
		    say->ctx, file, 0, behind_path(err_message(e, rc), file));
		files_free(blob);
		return rc;
	}
	rc = read_conf(out, file, text, say, e);
	if (rc == RC_OK && !put_record(blob, bytes_of_str(file), text))
		rc = FAIL(e, RC_CONF, "configuration too long");
	free_bytes(text);
	if (rc == RC_OK) {
		rc = load_users(*out, blob, say, e);
		more = load_password(*out, blob, say, e);
		trust = load_trust(*out, blob, say, e);
		rc = rc != RC_OK ? rc : more != RC_OK ? more : trust;
		if (rc != RC_OK)
			gw_conf_drop(*out);
	}
	if (rc != RC_OK)
		files_free(blob);
	return rc;
}

static enum rc
take_password(
    struct gw_conf *c, const char **out, struct bytes text, struct err *e)
{
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' ||
				   text.ptr[text.len - 1] == '\r'))
		text.len--;
	*out =
	    arena_str(&c->arena, "%.*s", (int)text.len, (const char *)text.ptr);
	return *out != NULL ? RC_OK : FAIL(e, RC_NO_MEMORY, "password");
}

/* unpack_one takes one record behind the configuration. */
static enum rc
unpack_one(struct gw_conf *c, struct unpacked *more, const char *name,
    struct bytes data, const struct gw_conf_say *say, struct err *e)
{
	if (!strcmp(name, BLOB_DB_PASSWORD))
		return take_password(c, &more->db_password, data, e);
	if (!strcmp(name, BLOB_CLIENT_CA))
		more->client_ca = data;
	else if (!strcmp(name, BLOB_CLIENT_CRL))
		more->client_crl = data;
	else
		return gw_conf_set_users(c, name, data, say, e);
	return RC_OK;
}

enum rc
files_unpack(struct gw_conf **out, struct unpacked *more, const char *file,
    struct bytes blob, const struct gw_conf_say *say, struct err *e)
{
	struct bytes name, data;
	char path[4096];
	enum rc rc = RC_OK;

	*more = (struct unpacked){0};
	*out = NULL;
	if (!take_record(&name, &data, &blob))
		return FAIL(e, RC_CORRUPT, "configuration blob");
	TRY(gw_conf_read(out, file, data, from_environment, say, e));
	while (rc == RC_OK && take_record(&name, &data, &blob)) {
		(void)snprintf(path, sizeof(path), "%.*s", (int)name.len,
		    (const char *)name.ptr);
		rc = unpack_one(*out, more, path, data, say, e);
	}
	if (rc == RC_OK)
		return RC_OK;
	gw_conf_drop(*out);
	*out = NULL;
	return rc;
}
