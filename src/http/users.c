/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads users files into a sorted array. Does not check passwords.
 */
#include "http/users.h"

#include <stdlib.h>

#include "http/uri.h"

struct user {
	struct bytes name;
	unsigned line;
	struct gw_password password;
};

struct gw_users {
	size_t cnt;
	struct user *users; /* sorted by name */
	struct gw_password decoy;
};

bool
gw_user_name_ok(struct bytes name)
{
	size_t i;

	if (name.len == 0 || name.len > GW_USER_NAME_MAX || !gw_utf8_ok(name))
		return false;
	for (i = 0; i < name.len; i++)
		if (name.ptr[i] < 0x20 || name.ptr[i] == 0x7f ||
		    name.ptr[i] == ':')
			return false;
	return name.ptr[0] != ' ' && name.ptr[0] != '#' &&
	       name.ptr[name.len - 1] != ' ';
}

static struct bytes
cut_line(struct bytes *rest)
{
	const uint8_t *nl = memchr(rest->ptr, '\n', rest->len);
	struct bytes line = *rest;

	if (nl != NULL)
		line.len = (size_t)(nl - line.ptr);
	rest->ptr += line.len + (nl != NULL);
	rest->len -= line.len + (nl != NULL);
	while (line.len > 0 && (line.ptr[line.len - 1] == ' ' ||
				   line.ptr[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static enum rc
read_user(struct arena *a, struct user *u, struct bytes line, struct err *e)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);
	size_t len;

	if (colon == NULL)
		return FAIL(e, RC_CONF, "expected NAME:scrypt$...");
	len = (size_t)(colon - line.ptr);
	if (!gw_user_name_ok(bytes_of(line.ptr, len)))
		return FAIL(e, RC_CONF, "bad user name");
	u->name = arena_copy(a, bytes_of(line.ptr, len));
	if (u->name.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "users");
	return gw_password_read(
	    &u->password, bytes_of(colon + 1, line.len - len - 1), e);
}

static int
by_name(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	return bytes_cmp(x->name, y->name);
}

static size_t
count_lines(struct bytes text)
{
	size_t i, cnt = 1;

	for (i = 0; i < text.len; i++)
		cnt += text.ptr[i] == '\n';
	return cnt;
}

static enum rc
read_lines(struct arena *a, struct gw_users *u, unsigned *line,
    struct bytes text, struct err *e)
{
	for (*line = 1; text.len > 0; ++*line) {
		struct bytes l = cut_line(&text);

		if (l.len == 0 || l.ptr[0] == '#')
			continue;
		if (u->cnt == GW_USER_CNT_MAX)
			return FAIL(
			    e, RC_CONF, "more than %d users", GW_USER_CNT_MAX);
		u->users[u->cnt].line = *line;
		TRY(read_user(a, &u->users[u->cnt], l, e));
		u->cnt++;
	}
	if (u->cnt == 0)
		return FAIL(e, RC_CONF, "no user in the file");
	return RC_OK;
}

enum rc
gw_users_read(struct arena *a, struct gw_users **out, unsigned *line,
    struct bytes text, struct err *e)
{
	struct gw_users *u = arena_alloc(a, sizeof(*u));
	size_t i;

	*line = 0;
	if (u != NULL)
		u->users = arena_array(a, count_lines(text), sizeof(*u->users));
	if (u == NULL || u->users == NULL)
		return FAIL(e, RC_NO_MEMORY, "users");
	TRY(read_lines(a, u, line, text, e));
	u->decoy = gw_password_decoy(&u->users[0].password);
	qsort(u->users, u->cnt, sizeof(*u->users), by_name);
	for (i = 1; i < u->cnt; i++) {
		if (!bytes_eq(u->users[i - 1].name, u->users[i].name))
			continue;
		*line = u->users[i].line;
		return FAIL(e, RC_CONF, "user stands twice");
	}
	*out = u;
	return RC_OK;
}

const struct gw_password *
gw_users_find(const struct gw_users *u, struct bytes name)
{
	struct user key = {.name = name};
	const struct user *found =
	    bsearch(&key, u->users, u->cnt, sizeof(*u->users), by_name);

	return found == NULL ? NULL : &found->password;
}

const struct gw_password *
gw_users_decoy(const struct gw_users *u)
{
	return &u->decoy;
}

size_t
gw_users_cnt(const struct gw_users *u)
{
	return u->cnt;
}
