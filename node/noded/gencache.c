/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes data_dir/genesis.cache: one line with what identifies the
 * file, one with the state root, then the document without "alloc".
 */
#include "noded/gencache.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"

enum { STAMP_MAX = 128, CACHE_MAX = 1024 * 1024, ROOT_TEXT = 66 };

static enum rc
read_file(struct arena *a, struct bytes *out, const char *path, size_t max,
    struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *buf = NULL;
	struct stat st;
	size_t n = 0;
	ssize_t r = 1;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_fail(e, RC_IO, "%s: %s", path, strerror(errno));
		if (fd != -1)
			close(fd);
		return RC_IO;
	}
	if ((size_t)st.st_size <= max)
		buf = arena_alloc(a, (size_t)st.st_size + 1);
	while (buf != NULL && r > 0 && n < (size_t)st.st_size) {
		r = read(fd, buf + n, (size_t)st.st_size - n);
		n += r > 0 ? (size_t)r : 0;
	}
	close(fd);
	if ((size_t)st.st_size > max)
		return FAIL(e, RC_TOO_LARGE, "%s: above %zu bytes", path, max);
	if (buf == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	*out = bytes_of(buf, n);
	return r < 0 ? FAIL(e, RC_IO, "%s: cannot be read", path) : RC_OK;
}

static bool
stamp_of(char out[STAMP_MAX], const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return false;
	snprintf(out, STAMP_MAX, "genesis 1 %llu %llu %lld.%09ld\n",
	    (unsigned long long)st.st_size, (unsigned long long)st.st_ino,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return true;
}

static bool
take_prefix(struct bytes *in, const char *text)
{
	struct bytes head;

	return bytes_take(&head, in, strlen(text)) &&
	       bytes_eq(head, bytes_of_str(text));
}

/* False whenever anything is odd: the file itself is always there. */
static bool
from_cache(struct arena *a, struct genesis *out, const char *data_dir,
    const char *path)
{
	const char *name = arena_str(a, "%s/genesis.cache", data_dir);
	struct bytes text, root;
	char stamp[STAMP_MAX];
	struct hash h;

	if (name == NULL || access(name, R_OK) == -1 ||
	    !stamp_of(stamp, path) ||
	    read_file(a, &text, name, CACHE_MAX, NULL) != RC_OK ||
	    !take_prefix(&text, stamp) ||
	    !bytes_take(&root, &text, ROOT_TEXT) ||
	    hex_read_fixed(h.b, sizeof(h.b), root, false, NULL) != RC_OK ||
	    genesis_read(a, out, text, NULL) != RC_OK)
		return false;
	out->header.state_root = h;
	return true;
}

enum rc
gencache_load(struct arena *a, struct genesis *out, bool *is_cached,
    const char *data_dir, const char *path, struct err *e)
{
	struct err why = {0};
	struct bytes text;
	enum rc rc;

	*is_cached = from_cache(a, out, data_dir, path);
	if (*is_cached)
		return RC_OK;
	TRY(read_file(a, &text, path, GENESIS_MAX, e));
	rc = genesis_read(a, out, text, &why);
	if (rc != RC_OK)
		return FAIL(e, rc, "%s: %s", path, err_message(&why, rc));
	return RC_OK;
}

static char *
without_alloc(struct arena *a, const char *path)
{
	struct bytes text;
	char *out = NULL;
	json_t *doc;

	if (read_file(a, &text, path, GENESIS_MAX, NULL) != RC_OK)
		return NULL;
	doc = json_loadb(
	    (const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (doc != NULL) {
		json_object_set_new(doc, "alloc", json_object());
		out = json_dumps(doc, JSON_COMPACT);
	}
	json_decref(doc);
	return out;
}

static bool
write_cache(const char *name, const char *stamp, const struct hash *root,
    const char *doc)
{
	char hex[ROOT_TEXT + 1];
	FILE *f = fopen(name, "we");
	bool ok = f != NULL;

	hex_put0x(hex, hash_bytes(root));
	ok = ok && fprintf(f, "%s%s%s", stamp, hex, doc) > 0;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		unlink(name);
	return ok;
}

void
gencache_save(struct arena *a, const char *data_dir, const char *path,
    const struct hash *state_root)
{
	char *doc = without_alloc(a, path);
	const char *name = arena_str(a, "%s/genesis.cache", data_dir);
	char stamp[STAMP_MAX];

	if (doc == NULL || name == NULL || !stamp_of(stamp, path) ||
	    !write_cache(name, stamp, state_root, doc))
		log_warn("noded", "genesis.cache not written: starts parse %s",
		    path);
	free(doc);
}
