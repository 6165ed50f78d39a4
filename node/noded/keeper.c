/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls about accounts ask is put to the signer here, and what it says
 * becomes what clients of go-ethereum read. New key files are written here:
 * the signer itself can write none.
 */
#include "noded/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "noded/job.h"

enum { KEY_NAME_MAX = 96, WHY_MAX = 64, KEY_ARENA_MAX = 1 << 20 };

enum rc
keeper_open(
    struct keeper *k, const char *dir, const struct addr *sealer, struct err *e)
{
	struct signer_conf c = {.keystore_dir = dir,
	    .may_sign_tx = true,
	    .may_sign_message = true,
	    .may_make_keys = true,
	    .wait_ms = KEEPER_WAIT_MS};

	if (sealer != NULL) {
		c.has_excluded = true;
		c.excluded = *sealer;
	}
	k->dir = dir;
	return signer_spawn(&k->signer, &c, e);
}

void
keeper_close(struct keeper *k)
{
	struct mail *m;

	while (k->in != NULL && (m = queue_pop(k->in)) != NULL) {
		if (m->kind == MAIL_JOB)
			job_free((struct job *)m);
		else
			mail_free(m);
	}
	signer_stop(k->signer);
}

/* What the signer says. --------------------------------------------------- */

/* told passes on what the signer answered. One that is gone took the unlocked
 * keys along, and a node forks no other: its memory is no longer clean. */
static enum rc
told(const struct keeper *k, enum rc rc, const struct err *why, struct err *e)
{
	char end[WHY_MAX] = "";

	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_BAD_PASSWORD)
		return FAIL(e, rc, "%s", err_text(rc));
	if (rc == RC_IO && signer_has_ended(k->signer, end, sizeof(end)))
		return FAIL(e, RC_UNAVAILABLE,
		    "the signer of accounts was ended by %s: all accounts are "
		    "locked until this node is started again",
		    end);
	return FAIL(e, rc, "%s", err_message(why, rc));
}

static enum rc
list(void *ctx, struct arena *a, struct addr **out, size_t *cnt, struct err *e)
{
	const struct keeper *k = ctx;
	struct err why = {.rc = RC_OK};
	enum rc rc = signer_list(k->signer, a, out, cnt, &why);

	return told(k, rc, &why, e);
}

/* is_known tells whether there is a key file of an account. */
static enum rc
is_known(struct keeper *k, bool *out, const struct addr *addr, struct err *e)
{
	struct arena a;
	struct addr *v;
	size_t i, cnt;
	enum rc rc;

	*out = false;
	arena_init(&a, KEY_ARENA_MAX);
	rc = list(k, &a, &v, &cnt, e);
	for (i = 0; rc == RC_OK && i < cnt; i++)
		*out |= addr_eq(&v[i], addr);
	arena_drop(&a);
	return rc;
}

static enum rc
unlock(void *ctx, const struct addr *addr, struct bytes password,
    uint32_t seconds, struct err *e)
{
	const struct keeper *k = ctx;
	struct err why = {.rc = RC_OK};
	enum rc rc = signer_unlock(k->signer, addr, password, seconds, &why);

	if (rc == RC_NOT_FOUND)
		return FAIL(
		    e, RC_KEY_UNKNOWN, "no key for given address or file");
	return told(k, rc, &why, e);
}

static enum rc
lock(void *ctx, const struct addr *addr, struct err *e)
{
	const struct keeper *k = ctx;
	struct err why = {.rc = RC_OK};
	enum rc rc = signer_lock(k->signer, addr, &why);

	return rc == RC_NOT_FOUND ? RC_OK : told(k, rc, &why, e);
}

static enum rc
sign(void *ctx, uint8_t sig[65], const struct addr *addr, bool is_tx,
    struct bytes message, struct err *e)
{
	enum signer_kind kind = is_tx ? SIGNER_TX : SIGNER_MESSAGE;
	struct keeper *k = ctx;
	struct err why = {.rc = RC_OK};
	bool found;
	enum rc rc =
	    signer_sign(k->signer, sig, addr, kind, 0, 0, message, &why);

	if (rc != RC_NOT_FOUND)
		return told(k, rc, &why, e);
	TRY(is_known(k, &found, addr, e));
	rc = found ? RC_KEY_LOCKED : RC_KEY_UNKNOWN;
	return FAIL(e, rc, "%s", err_text(rc));
}

/* New accounts. ----------------------------------------------------------- */

static bool
write_all(int fd, struct bytes text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			text = bytes_of(text.ptr + n, text.len - (size_t)n);
	}
	return fsync(fd) == 0;
}

/* save_in writes the file under another name first: whoever looks sees all of
 * it or nothing. It is on the disk, name and all, before anybody is told. */
static bool
save_in(int dir, const char *name, struct bytes text)
{
	char part[KEY_NAME_MAX + 8];
	bool is_saved;
	int fd;

	(void)snprintf(part, sizeof(part), ".%s.part", name);
	fd = openat(dir, part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return false;
	is_saved = write_all(fd, text);
	close(fd);
	is_saved = is_saved && renameat(dir, part, dir, name) == 0;
	if (!is_saved)
		(void)unlinkat(dir, part, 0);
	return is_saved && fsync(dir) == 0;
}

/* The names that go-ethereum gives to key files. */
static void
name_of(char out[KEY_NAME_MAX], const struct addr *addr)
{
	char hex[2 * sizeof(addr->b) + 1] = "", when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	hex_put(hex, addr_bytes(addr));
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
	(void)snprintf(
	    out, KEY_NAME_MAX, "UTC--%s.000000000Z--%.40s", when, hex);
}

static enum rc
save(const struct keeper *k, const struct addr *addr, struct bytes text,
    struct err *e)
{
	int dir = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[KEY_NAME_MAX];
	bool is_saved;

	name_of(name, addr);
	is_saved = dir != -1 && save_in(dir, name, text);
	if (!is_saved)
		err_fail(e, RC_IO, "accounts: %s/%s: %s", k->dir, name,
		    strerror(errno));
	if (dir != -1)
		close(dir);
	if (is_saved)
		log_info("keeper", "new account file=%s", name);
	return is_saved ? RC_OK : RC_IO;
}

static enum rc
make(void *ctx, struct addr *out, struct bytes password, struct err *e)
{
	const struct keeper *k = ctx;
	struct err why = {.rc = RC_OK};
	struct bytes text;
	struct arena a;
	enum rc rc;

	arena_init(&a, KEY_ARENA_MAX);
	rc = signer_make_key(k->signer, &a, out, &text, password, &why);
	rc = told(k, rc, &why, e);
	if (rc == RC_OK)
		rc = save(k, out, text, e);
	arena_drop(&a);
	return rc;
}

/* The thread. ------------------------------------------------------------- */

/* The pool answers at once. What this thread sent it before it has inserted
 * by then: its queue keeps the order. */
static enum rc
nonce(void *ctx, uint64_t *out, const struct addr *addr, struct err *e)
{
	const struct keeper *k = ctx;
	struct mail *m = mail_new(MAIL_NONCE);

	(void)e;
	m->addr = *addr;
	m->back = k->back;
	mail_send(k->pool, m);
	do {
		(void)queue_wait(k->back, -1);
		m = queue_pop(k->back);
	} while (m == NULL);
	*out = m->nonce;
	mail_free(m);
	return RC_OK;
}

struct rpc_keys
keeper_keys(struct keeper *k)
{
	return (struct rpc_keys){.list = list,
	    .make = make,
	    .unlock = unlock,
	    .lock = lock,
	    .sign = sign,
	    .nonce = nonce,
	    .ctx = k};
}

void
keeper_run(struct keeper *k)
{
	struct rpc_keys keys = keeper_keys(k);
	struct mail *m;

	for (;;) {
		(void)queue_wait(k->in, -1);
		while ((m = queue_pop(k->in)) != NULL) {
			if (m->kind == MAIL_STOP) {
				mail_free(m);
				return;
			}
			CHECK(m->kind == MAIL_JOB);
			job_run_keys((struct job *)m, &keys);
		}
	}
}
