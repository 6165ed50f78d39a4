/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits user files line by line; what a line means is http's affair.
 */
#include "ctl/users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/textfile.h"
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

/* Copies old to out, the named line replaced; tells whether it was there. */
static bool
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
	return was_there;
}

static enum rc
save(const struct home *h, const char *path, const struct buf *text,
    struct err *e)
{
	struct home at = *h;
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return FAIL(e, RC_BAD_INPUT, "%s: not an absolute path", path);
	*slash = '\0';
	home_set_dir(&at, dir);
	return home_write(
	    &at, slash + 1, HOME_SELF, 0600, text->ptr, text->len, e);
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
put(struct arena *a, const struct home *h, const char *path,
    enum users_verb verb, const char *user, struct bytes password,
    struct err *e)
{
	char sealed[GW_PASSWORD_TEXT_MAX];
	struct bytes old = {NULL, 0};
	struct buf out;
	char *line;
	bool was_there;

	if (!gw_user_name_ok(bytes_of_str(user)))
		return FAIL(e, RC_BAD_INPUT,
		    "a user name has 1 to %d bytes, no colon, no control "
		    "characters, no blank at its ends",
		    GW_USER_NAME_MAX);
	if (access(path, F_OK) == 0)
		TRY(textfile_read(a, &old, path, USERS_FILE_MAX, e));
	TRY(gw_password_seal(sealed, password, e));
	line = arena_str(a, "%s:%s", user, sealed);
	out = buf_of(arena_alloc(a, old.len + 512), old.len + 512);
	if (line == NULL || out.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	was_there = rewrite(&out, old, bytes_of_str(user), line);
	TRY(check_verb(verb, was_there, user, path, e));
	return save(h, path, &out, e);
}

enum rc
users_put(const struct home *h, const char *path, enum users_verb verb,
    const char *user, struct bytes password, struct err *e)
{
	struct arena a;
	enum rc rc;

	arena_init(&a, USERS_ARENA_MAX);
	rc = put(&a, h, path, verb, user, password, e);
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
