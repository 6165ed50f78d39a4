/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes data_dir/genesis.cache: one line with what identifies the
 * file, the hash of all that follows, the state root, then the document
 * without "alloc".
 */
#include "noded/gencache.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"

enum { STAMP_MAX = 128, CACHE_MAX = 1024 * 1024, HASH_TEXT = 66 };

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
	snprintf(out, STAMP_MAX, "genesis 2 %llu %llu %lld.%09ld\n",
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

static bool
take_hash(struct bytes *in, struct hash *out)
{
	struct bytes hex;

	return bytes_take(&hex, in, HASH_TEXT) &&
	       hex_read_fixed(out->b, sizeof(out->b), hex, false, NULL) ==
		   RC_OK;
}

/* False whenever anything is odd: the file itself is always there. */
static bool
from_cache(struct arena *a, struct genesis *out, const char *data_dir,
    const char *path)
{
	const char *name = arena_str(a, "%s/genesis.cache", data_dir);
	struct hash want, sum, root;
	char stamp[STAMP_MAX];
	struct bytes text;

	if (name == NULL || access(name, R_OK) == -1 ||
	    !stamp_of(stamp, path) ||
	    read_file(a, &text, name, CACHE_MAX, NULL) != RC_OK ||
	    !take_prefix(&text, stamp) || !take_hash(&text, &want))
		return false;
	sum = hash_keccak(text);
	if (!hash_eq(&sum, &want) || !take_hash(&text, &root) ||
	    genesis_read(a, out, text, NULL) != RC_OK)
		return false;
	out->header.state_root = root;
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

static const char *
cache_text(struct arena *a, const char *path, const struct hash *state_root,
    const char *doc)
{
	char stamp[STAMP_MAX], root[HASH_TEXT + 1], sum[HASH_TEXT + 1];
	struct hash h;
	char *body;

	hex_put0x(root, hash_bytes(state_root));
	body = arena_str(a, "%s%s", root, doc);
	if (body == NULL || !stamp_of(stamp, path))
		return NULL;
	h = hash_keccak(bytes_of_str(body));
	return arena_str(
	    a, "%s%s%s", stamp, hex_put0x(sum, hash_bytes(&h)), body);
}

static bool
write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whole or not at all, also over a power cut: only a synced file gets the
 * name. The folder is synced so that the old one does not come back. */
static bool
write_cache(
    const char *dir, const char *tmp, const char *name, const char *text)
{
	int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = open(
	    tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = d != -1 && fd != -1 && fchmod(fd, 0600) == 0 &&
		  write_all(fd, text) && fsync(fd) == 0;

	if (fd != -1)
		ok = close(fd) == 0 && ok;
	ok = ok && rename(tmp, name) == 0 && fsync(d) == 0;
	if (!ok)
		(void)unlink(tmp);
	if (d != -1)
		(void)close(d);
	return ok;
}

void
gencache_save(struct arena *a, const char *data_dir, const char *path,
    const struct hash *state_root)
{
	char *doc = without_alloc(a, path);
	const char *name = arena_str(a, "%s/genesis.cache", data_dir);
	const char *tmp = arena_str(a, "%s/genesis.cache.tmp", data_dir);
	const char *text = NULL;

	if (doc != NULL)
		text = cache_text(a, path, state_root, doc);
	if (text == NULL || name == NULL || tmp == NULL ||
	    !write_cache(data_dir, tmp, name, text))
		log_warn("noded", "genesis.cache not written: starts parse %s",
		    path);
	free(doc);
}
