/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads folders of key files; opens none.
 */
#include "ctl/keyfiles.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "eth/addr.h"

static bool
address_of_file(struct addr *out, const char *path)
{
	json_t *doc = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(doc, "address"));
	bool ok = text != NULL &&
		  addr_read(out, bytes_of_str(text), true, NULL) == RC_OK;

	json_decref(doc);
	return ok;
}

enum rc
keyfiles_each(const char *dir,
    bool (*say)(void *ctx, const struct addr *addr, const char *path),
    void *ctx, struct err *e)
{
	struct dirent **entry;
	char path[KEYFILES_PATH_MAX];
	struct addr addr;
	bool goes_on = true;
	int i, n = scandir(dir, &entry, NULL, alphasort);

	if (n == -1)
		return FAIL(e, RC_IO, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		if (goes_on && entry[i]->d_name[0] != '.' &&
		    address_of_file(&addr, path))
			goes_on = say(ctx, &addr, path);
		free(entry[i]);
	}
	free(entry);
	return RC_OK;
}

struct search {
	const struct addr *want;
	char *path;
};

static bool
look_at(void *ctx, const struct addr *addr, const char *path)
{
	struct search *s = ctx;

	if (!addr_eq(addr, s->want))
		return true;
	snprintf(s->path, KEYFILES_PATH_MAX, "%s", path);
	return false;
}

enum rc
keyfiles_find(char path[KEYFILES_PATH_MAX], const char *dir,
    const struct addr *addr, struct err *e)
{
	struct search s = {.want = addr, .path = path};

	path[0] = '\0';
	return keyfiles_each(dir, look_at, &s, e);
}
