/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits user files line by line; what a line means is http's affair.
 */
#include "ctl/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/textfile.h"
#include "ctl/weak.h"
#include "http/password.h"
#include "http/users.h"

enum { USERS_FILE_MAX = 4 * 1024 * 1024, USERS_ARENA_MAX = 16 * 1024 * 1024 };

static bool
take_line(struct bytes *line, struct bytes *rest)
{
	const uint8_t *nl;

	if (rest->len == 0)
		return false;
	nl = memchr(rest->ptr, '\n', rest->len);
	*line = bytes_of(
	    rest->ptr, nl == NULL ? rest->len : (size_t)(nl - rest->ptr));
	rest->ptr += line->len + (nl != NULL);
	rest->len -= line->len + (nl != NULL);
	return true;
}

static struct bytes
name_of(struct bytes line)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);

	if (line.len == 0 || line.ptr[0] == '#' || colon == NULL)
		return bytes_of(NULL, 0);
	return bytes_of(line.ptr, (size_t)(colon - line.ptr));
}

/* Copies old to out, the named line replaced or put behind the last. */
static void
rewrite(
    struct buf *out, struct bytes old, struct bytes name, const char *line_new)
{
	bool was_there = false;
	struct bytes line;

	while (take_line(&line, &old)) {
		if (bytes_eq(name_of(line), name)) {
			was_there = true;
			line = bytes_of_str(line_new);
		}
		(void)buf_put(out, line.ptr, line.len);
		(void)buf_put_u8(out, '\n');
	}
	if (!was_there) {
		(void)buf_put(out, line_new, strlen(line_new));
		(void)buf_put_u8(out, '\n');
	}
}

/* Who may read the file stays who may: a gateway that is not ours, say. */
static enum rc
keep_owner(const char *path, const struct stat *old, struct err *e)
{
	if (chown(path, old->st_uid, old->st_gid) == 0 &&
	    chmod(path, old->st_mode & 0777) == 0)
		return RC_OK;
	return FAIL(e, RC_IO, "%s: owner and mode: %s", path, strerror(errno));
}

static enum rc
save(const struct home *h, const char *path, const struct buf *text,
    struct err *e)
{
	struct home at = *h;
	char dir[PATH_MAX];
	struct stat old;
	bool is_new = stat(path, &old) == -1;
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	*slash = '\0';
	home_set_dir(&at, dir);
	TRY(home_write(
	    &at, slash + 1, HOME_SELF, 0600, text->ptr, text->len, e));
	return is_new ? RC_OK : keep_owner(path, &old, e);
}

static enum rc
check_verb(enum users_verb verb, bool was_there, const char *user,
    const char *path, struct err *e)
{
	if (verb == USERS_ADD && was_there)
		return FAIL(e, RC_BAD_INPUT,
		    "%s: user \"%s\" is there already; use passwd", path, user);
	if (verb == USERS_PASSWD && !was_there)
		return FAIL(e, RC_BAD_INPUT, "%s: no user \"%s\"", path, user);
	return RC_OK;
}

static enum rc
check_name(const char *user, struct err *e)
{
	if (gw_user_name_ok(bytes_of_str(user)))
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT,
	    "a user name has 1 to %d bytes, no colon, no control "
	    "characters, no blank at its ends",
	    GW_USER_NAME_MAX);
}

static enum rc
read_old(struct arena *a, struct bytes *old, const char *path, struct err *e)
{
	*old = bytes_of(NULL, 0);
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return RC_OK;
	return textfile_read(a, old, path, USERS_FILE_MAX, e);
}

static bool
is_there(struct bytes text, struct bytes name)
{
	struct bytes line;

	while (take_line(&line, &text))
		if (bytes_eq(name_of(line), name))
			return true;
	return false;
}

/* Neither the user's name nor the surface's is a secret. */
static enum rc
check_password(
    const char *path, const char *user, struct bytes password, struct err *e)
{
	char surface[NAME_MAX + 1];
	const char *own[] = {user, surface, NULL};

	snprintf(
	    surface, sizeof(surface), "%.*s", NAME_MAX, strrchr(path, '/') + 1);
	surface[strcspn(surface, ".")] = '\0';
	/* Of one that has no good length that is what there is to say. */
	if (password.len < GW_PASSWORD_MIN || password.len > GW_PASSWORD_MAX)
		return RC_OK;
	return weak_check(password, own, e);
}

/* A hash costs a tenth of a second: last. */
static enum rc
put(struct arena *a, const struct home *h, const char *path,
    enum users_verb verb, const char *user, struct bytes password,
    struct err *e)
{
	char sealed[GW_PASSWORD_TEXT_MAX];
	struct bytes old;
	struct buf out;
	char *line;

	TRY(check_name(user, e));
	TRY(read_old(a, &old, path, e));
	TRY(check_verb(verb, is_there(old, bytes_of_str(user)), user, path, e));
	TRY(check_password(path, user, password, e));
	TRY(gw_password_seal(sealed, password, e));
	line = arena_str(a, "%s:%s", user, sealed);
	out = buf_of(arena_alloc(a, old.len + 512), old.len + 512);
	if (line == NULL || out.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	rewrite(&out, old, bytes_of_str(user), line);
	return save(h, path, &out, e);
}

/* The file itself is replaced, so the lock is on its folder. */
static enum rc
lock_folder(int *fd, const char *path, struct err *e)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (dir[0] != '/')
		return FAIL(e, RC_BAD_INPUT, "%s: not an absolute path", path);
	slash[slash == dir] = '\0';
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd == -1)
		return FAIL(e, RC_IO, "%s: %s", dir, strerror(errno));
	if (flock(*fd, LOCK_EX) == 0)
		return RC_OK;
	err_fail(e, RC_IO, "%s: lock: %s", dir, strerror(errno));
	close(*fd);
	return RC_IO;
}

enum rc
users_put(const struct home *h, const char *path, enum users_verb verb,
    const char *user, struct bytes password, struct err *e)
{
	struct arena a;
	enum rc rc;
	int lock;

	TRY(lock_folder(&lock, path, e));
	arena_init(&a, USERS_ARENA_MAX);
	rc = put(&a, h, path, verb, user, password, e);
	arena_drop(&a);
	close(lock);
	return rc;
}

enum rc
users_check(
    const char *path, enum users_verb verb, const char *user, struct err *e)
{
	struct bytes old;
	struct arena a;
	enum rc rc;

	TRY(check_name(user, e));
	arena_init(&a, USERS_ARENA_MAX);
	rc = read_old(&a, &old, path, e);
	if (rc == RC_OK)
		rc = check_verb(
		    verb, is_there(old, bytes_of_str(user)), user, path, e);
	arena_drop(&a);
	return rc;
}

enum rc
users_list(const char *path, void (*say)(const char *name), struct err *e)
{
	char name[GW_USER_NAME_MAX + 1];
	struct bytes text, line, n;
	struct arena a;
	enum rc rc;

	arena_init(&a, USERS_ARENA_MAX);
	rc = textfile_read(&a, &text, path, USERS_FILE_MAX, e);
	while (rc == RC_OK && take_line(&line, &text)) {
		n = name_of(line);
		if (n.len == 0 || n.len > GW_USER_NAME_MAX)
			continue;
		memcpy(name, n.ptr, n.len);
		name[n.len] = '\0';
		say(name);
	}
	arena_drop(&a);
	return rc;
}
