/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads key files. Whatever else lies in the folder is passed over; what has
 * an address and cannot be used is named in the error.
 */
#include "signer/keydir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "eth/addr.h"
#include "signer/signer.h"

/* A key file as read: its text is of no use without the password. */
struct key_file {
	struct addr addr;
	mode_t mode;
	size_t len;
	uint8_t text[KEYSTORE_FILE_MAX];
};

static bool
read_text(struct key_file *f, int fd)
{
	ssize_t n;

	f->len = 0;
	for (;;) {
		n = read(fd, f->text + f->len, sizeof(f->text) - f->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		f->len += (size_t)n;
	}
	return n == 0 && f->len < sizeof(f->text);
}

/* The "address" member: 40 hex digits, 0x or not. */
static bool
read_addr(struct key_file *f)
{
	json_t *doc = json_loadb(
	    (const char *)f->text, f->len, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(doc, "address"));
	bool is_read = text != NULL && addr_read(&f->addr, bytes_of_str(text),
					   true, NULL) == RC_OK;

	json_decref(doc);
	return is_read;
}

/* Returns false for whatever is not a key file. */
static bool
read_file(struct key_file *f, int dir, const char *name)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool is_read;

	if (fd < 0)
		return false;
	is_read = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		  read_text(f, fd) && read_addr(f);
	f->mode = st.st_mode;
	close(fd);
	return is_read;
}

/* One block of folder entries. */
struct entries {
	_Alignas(struct dirent64) char space[32768];
};

/* Calls use for each key file of a block; false when it does. */
static bool
each_of(const struct entries *list, size_t len, struct key_file *f, int dir,
    bool (*use)(void *ctx, const struct key_file *f), void *ctx)
{
	const struct dirent64 *entry;
	bool is_on = true;
	size_t at;

	for (at = 0; is_on && at < len; at += entry->d_reclen) {
		entry = (const void *)(list->space + at);
		if (entry->d_name[0] != '.' && read_file(f, dir, entry->d_name))
			is_on = use(ctx, f);
	}
	return is_on;
}

static enum rc
each_in(int fd, struct entries *list, struct key_file *f, int dir,
    bool (*use)(void *ctx, const struct key_file *f), void *ctx, struct err *e)
{
	ssize_t n;

	do {
		n = getdents64(fd, list->space, sizeof(list->space));
		if (n < 0)
			return FAIL(e, RC_IO, "key folder: errno %d", errno);
	} while (n > 0 && each_of(list, (size_t)n, f, dir, use, ctx));
	return RC_OK;
}

/* Calls use for each key file until it returns false. */
static enum rc
each(int dir, bool (*use)(void *ctx, const struct key_file *f), void *ctx,
    struct err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct entries *list;
	struct key_file *f;
	enum rc rc;

	if (fd < 0)
		return FAIL(e, RC_IO, "key folder: errno %d", errno);
	list = mem_new(sizeof(*list));
	f = mem_new(sizeof(*f));
	if (list == NULL || f == NULL)
		rc = FAIL(e, RC_NO_MEMORY, "key file");
	else
		rc = each_in(fd, list, f, dir, use, ctx, e);
	mem_free(f);
	mem_free(list);
	close(fd);
	return rc;
}

/* Listing. ----------------------------------------------------------- */

struct listing {
	struct addr *v;
	size_t cnt;
	bool is_full;
};

static bool
list_one(void *ctx, const struct key_file *f)
{
	struct listing *l = ctx;

	l->is_full = l->cnt == SIGNER_FILE_MAX;
	if (!l->is_full)
		l->v[l->cnt++] = f->addr;
	return !l->is_full;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

enum rc
keydir_list(
    struct arena *a, struct addr **out, size_t *cnt, int dir, struct err *e)
{
	struct listing l = {
	    .v = arena_array(a, SIGNER_FILE_MAX, sizeof(struct addr))};
	size_t i;

	if (l.v == NULL)
		return FAIL(e, RC_NO_MEMORY, "key list");
	TRY(each(dir, list_one, &l, e));
	if (l.is_full)
		return FAIL(
		    e, RC_NO_SPACE, "more than %d key files", SIGNER_FILE_MAX);
	qsort(l.v, l.cnt, sizeof(*l.v), by_bytes);
	*cnt = 0;
	for (i = 0; i < l.cnt; i++) {
		if (i == 0 || !addr_eq(&l.v[i], &l.v[*cnt - 1]))
			l.v[(*cnt)++] = l.v[i];
	}
	*out = l.v;
	return RC_OK;
}

/* Opening. ----------------------------------------------------------- */

struct opening {
	const struct addr *addr;
	struct bytes password;
	uint8_t *key;
	enum rc rc;
	struct err *e;
};

/* A document that lies about its address must not unlock another account. */
static enum rc
check_owner(const uint8_t key[32], const struct addr *addr, struct err *e)
{
	uint8_t pub[64];
	struct addr got;

	TRY(ec_public(pub, key, e));
	ec_addr(got.b, pub);
	if (!addr_eq(&got, addr))
		return FAIL(e, RC_CORRUPT, "key file of another account");
	return RC_OK;
}

static enum rc
open_file(struct opening *o, const struct key_file *f)
{
	if ((f->mode & (S_IRWXG | S_IRWXO)) != 0)
		return FAIL(o->e, RC_DENIED,
		    "key file with mode %03o, only its owner may read it",
		    (unsigned)f->mode & 0777);
	TRY(keystore_open(
	    o->key, bytes_of(f->text, f->len), o->password, o->e));
	return check_owner(o->key, o->addr, o->e);
}

static bool
open_one(void *ctx, const struct key_file *f)
{
	struct opening *o = ctx;

	if (!addr_eq(&f->addr, o->addr))
		return true;
	o->rc = open_file(o, f);
	return o->rc != RC_OK;
}

enum rc
keydir_open(uint8_t key[32], int dir, const struct addr *addr,
    struct bytes password, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct opening o = {.addr = addr,
	    .password = password,
	    .key = key,
	    .rc = RC_NOT_FOUND,
	    .e = e};
	enum rc rc = each(dir, open_one, &o, e);

	if (rc == RC_OK)
		rc = o.rc;
	if (rc != RC_OK)
		explicit_bzero(key, 32);
	if (rc == RC_NOT_FOUND)
		return FAIL(e, rc, "no key file of %s", addr_text(text, addr));
	return rc;
}
