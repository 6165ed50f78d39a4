/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a new state directory, in the order in which they need each
 * other. Every secret is drawn here, from the kernel.
 */
#include "ctl/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hex.h"
#include "base/jsonw.h"
#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "crypto/rng.h"
#include "ctl/pg.h"
#include "ctl/render.h"
#include "ctl/stop.h"
#include "ctl/tls.h"
#include "ctl/users.h"
#include "eth/addr.h"

/* A new state needs about 60 MB; less than this on the disk is refused. */
enum { INIT_FREE_BYTES_MIN = 256 * 1024 * 1024 };
enum { INIT_WAIT_MS = 10000, INIT_POLL_MS = 50 };
enum { INIT_ARENA_MAX = 4 * 1024 * 1024 };

struct init {
	struct home home; /* of dir.new */
	struct arena arena;
	struct render render;
	void (*say)(const char *line);
	int lock; /* of dir.new, as long as somebody writes there */
	uint8_t account_key[INIT_ACCOUNTS][32];
	uint8_t deployer_key[32];
	struct addr deployer;
};

static enum rc
make_dirs(const struct home *h, struct err *e)
{
	static const struct {
		const char *name;
		enum home_user owner;
		mode_t mode;
	} dir[] = {
	    {"conf", HOME_SELF, 0755},
	    {"node", HOME_NODE, 0700},
	    {"node/data", HOME_NODE, 0700},
	    {"node/keystore", HOME_NODE, 0700},
	    {"jobs", HOME_JOBS, 0700},
	    {"run", HOME_SELF, 0711},
	    {"run/gw", HOME_SELF, 0711},
	    {"run/gw/pg", HOME_PG, 0750},
	    {"run/kore", HOME_SELF, 0711},
	    {"tls", HOME_KEYS, 0700},
	    {"log", HOME_SELF, 0711},
	    {"log/gw", HOME_GW, 0750},
	    {"secrets", HOME_SELF, 0700},
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(dir); i++)
		TRY(home_mkdir(h, dir[i].name, dir[i].owner, dir[i].mode, e));
	if (!h->is_root)
		return RC_OK;
	/* Processes of ours make their sockets here; the sticky bit keeps
	 * each from removing another's. */
	if (chown(home_path(h, path, "run"), 0, h->run_gid) == -1 ||
	    chmod(path, 01771) == -1 ||
	    chown(home_path(h, path, "run/gw"), 0, h->user[HOME_GW].gid) ==
		-1 ||
	    chmod(path, 03771) == -1 ||
	    chown(home_path(h, path, "run/gw/pg"), h->user[HOME_PG].uid,
		h->user[HOME_GW].gid) == -1)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	return RC_OK;
}

/* 24 letters and digits: 119 bits, easy to type. */
static void
draw_password(char out[RENDER_PASSWORD_MAX])
{
	static const char set[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t raw[24];
	size_t i;

	rng_fill(raw, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++)
		out[i] = set[raw[i] & 31];
	out[i] = '\0';
	explicit_bzero(raw, sizeof(raw));
}

static enum rc
key_addr(struct addr *out, const uint8_t key[32], struct err *e)
{
	uint8_t pub[64];

	TRY(ec_public(pub, key, e));
	ec_addr(out->b, pub);
	return RC_OK;
}

static enum rc
write_key_file(struct init *in, const uint8_t key[32], const struct addr *addr,
    const char *password, struct err *e)
{
	char name[128], hex[41] = "", when[32];
	time_t now = time(NULL);
	struct bytes json;
	struct tm tm;

	TRY(keystore_seal(&in->arena, &json, key, bytes_of_str(password),
	    KEYSTORE_SCRYPT_LOG_N, e));
	hex_put(hex, addr_bytes(addr));
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
	snprintf(name, sizeof(name), "node/keystore/UTC--%s.000000000Z--%.40s",
	    when, hex);
	return home_write(
	    &in->home, name, HOME_NODE, 0600, json.ptr, json.len, e);
}

static enum rc
make_sealer(struct init *in, struct err *e)
{
	char password[RENDER_PASSWORD_MAX];
	uint8_t key[32];
	enum rc rc;

	ec_key_new(key);
	draw_password(password);
	rc = key_addr(&in->render.sealer, key, e);
	if (rc == RC_OK)
		rc = write_key_file(in, key, &in->render.sealer, password, e);
	if (rc == RC_OK)
		rc = home_write(&in->home, "node/sealer.pass", HOME_NODE, 0400,
		    password, strlen(password), e);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(password, sizeof(password));
	return rc;
}

static enum rc
make_node_key(struct init *in, struct err *e)
{
	char hex[64];
	uint8_t key[32];
	enum rc rc;

	ec_key_new(key);
	hex_put(hex, bytes_of(key, sizeof(key)));
	rc = home_write(
	    &in->home, "node/nodekey", HOME_NODE, 0600, hex, sizeof(hex), e);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(hex, sizeof(hex));
	return rc;
}

static enum rc
make_accounts(struct init *in, struct err *e)
{
	size_t i;

	for (i = 0; i < INIT_ACCOUNTS; i++) {
		ec_key_new(in->account_key[i]);
		TRY(key_addr(&in->render.account[i], in->account_key[i], e));
	}
	ec_key_new(in->deployer_key);
	return key_addr(&in->deployer, in->deployer_key, e);
}

static enum rc
make_tls(struct init *in, struct err *e)
{
	struct bytes key, cert;

	TRY(tls_make_cert(&in->arena, &key, &cert, e));
	TRY(home_write(
	    &in->home, "tls/key.pem", HOME_KEYS, 0400, key.ptr, key.len, e));
	/* Readable by all: clients are given it as their trust anchor. */
	return home_write(
	    &in->home, "tls/cert.pem", HOME_KEYS, 0444, cert.ptr, cert.len, e);
}

static void
write_account(struct jsonw *w, const struct addr *addr, const uint8_t key[32])
{
	char text[ADDR_TEXT_MAX];

	jsonw_obj(w);
	jsonw_key(w, "address");
	jsonw_str(w, addr_text(text, addr));
	jsonw_key(w, "privateKey");
	jsonw_data(w, bytes_of(key, 32));
	jsonw_obj_end(w);
}

static void
write_accounts(struct init *in, struct jsonw *w)
{
	size_t i;

	jsonw_key(w, "accounts");
	jsonw_arr(w);
	for (i = 0; i < INIT_ACCOUNTS; i++)
		write_account(w, &in->render.account[i], in->account_key[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "deployer");
	write_account(w, &in->deployer, in->deployer_key);
}

static enum rc
make_surface_user(
    struct init *in, struct jsonw *w, const char *surface, struct err *e)
{
	char password[RENDER_PASSWORD_MAX], path[PATH_MAX];
	enum rc rc;

	draw_password(password);
	home_path(&in->home, path, "secrets/%s.users", surface);
	rc = users_put(
	    &in->home, path, USERS_SET, surface, bytes_of_str(password), e);
	jsonw_key(w, surface);
	jsonw_obj(w);
	jsonw_key(w, "user");
	jsonw_str(w, surface);
	jsonw_key(w, "password");
	jsonw_str(w, password);
	jsonw_obj_end(w);
	explicit_bzero(password, sizeof(password));
	return rc;
}

/* One object per surface, the funded accounts, and the one that owns the
 * platform's contracts, whose nonces nobody else uses. */
static enum rc
make_credentials(struct init *in, struct err *e)
{
	static const char *const surface[] = {"wallet", "rpc", "metrics"};
	struct jsonw w;
	enum rc rc = RC_OK;
	size_t i;

	jsonw_init(&w, 65536);
	jsonw_obj(&w);
	for (i = 0; rc == RC_OK && i < ARRAY_CNT(surface); i++)
		rc = make_surface_user(in, &w, surface[i], e);
	write_accounts(in, &w);
	jsonw_obj_end(&w);
	if (rc == RC_OK && !jsonw_done(&w))
		rc = FAIL(e, RC_NO_SPACE, "dev-credentials.json");
	if (rc == RC_OK)
		rc = home_write(&in->home, "secrets/dev-credentials.json",
		    HOME_SELF, 0600, w.ptr, w.len, e);
	explicit_bzero(w.ptr, w.len);
	jsonw_free(&w);
	return rc;
}

static enum rc
check_room(const char *dir, struct err *e)
{
	struct statvfs st;
	char parent[PATH_MAX];
	unsigned long long free_bytes;

	snprintf(parent, sizeof(parent), "%s", dir);
	*strrchr(parent, '/') = '\0';
	if (statvfs(parent[0] == '\0' ? "/" : parent, &st) == -1)
		return FAIL(e, RC_IO,
		    "%s: %s: the folder above the state directory must be "
		    "there",
		    parent, strerror(errno));
	free_bytes = (unsigned long long)st.f_bavail * st.f_frsize;
	if (free_bytes >= INIT_FREE_BYTES_MIN)
		return RC_OK;
	return FAIL(e, RC_NO_SPACE,
	    "%s: %llu MiB free on this disk, a new state needs %d MiB: make "
	    "room or set SEKISHO_HOME to another disk",
	    dir, free_bytes >> 20, INIT_FREE_BYTES_MIN >> 20);
}

/* Asked to end between two steps, it is as if the next one had failed. */
static enum rc
next_step(const struct init *in, const char *line, struct err *e)
{
	TRY(stop_check(e));
	in->say(line);
	return RC_OK;
}

/* Who makes it has the lock too: should we be killed, the next start waits
 * until nobody writes there any more. */
static enum rc
make_cluster(struct init *in, struct err *e)
{
	enum rc rc;

	if (fcntl(in->lock, F_SETFD, 0) == -1)
		return FAIL(e, RC_IO, "lock: %s", strerror(errno));
	rc = pg_create(&in->home, e);
	(void)fcntl(in->lock, F_SETFD, FD_CLOEXEC);
	return rc;
}

/* As root the parts are users of their own, and have to get there. */
static enum rc
check_way(const struct home *h, struct err *e)
{
	char dir[PATH_MAX];
	struct stat st;
	char *at;

	if (!h->is_root)
		return RC_OK;
	snprintf(dir, sizeof(dir), "%s", h->dir);
	for (at = strchr(dir + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (stat(dir, &st) == 0 && (st.st_mode & S_IXOTH) == 0)
			return FAIL(e, RC_DENIED,
			    "%s has mode %03o, closed to the users that the "
			    "parts run as: chmod o+x, or set SEKISHO_HOME to "
			    "another place",
			    dir, (unsigned)st.st_mode & 0777);
		*at = '/';
	}
	return RC_OK;
}

static enum rc
make_all(struct init *in, struct err *e)
{
	const struct home *h = &in->home;

	TRY(make_dirs(h, e));
	TRY(next_step(in, "keys: node, sealer, accounts", e));
	TRY(make_node_key(in, e));
	TRY(make_sealer(in, e));
	TRY(make_accounts(in, e));
	TRY(next_step(in, "certificate for localhost", e));
	TRY(make_tls(in, e));
	TRY(next_step(
	    in, "passwords and accounts: secrets/dev-credentials.json", e));
	TRY(make_credentials(in, e));
	TRY(next_step(in, "configuration and genesis", e));
	TRY(render_all(h, &in->render, e));
	TRY(next_step(in, "database cluster", e));
	TRY(make_cluster(in, e));
	return home_write(h, "version", HOME_SELF, 0644, HOME_STAMP "\n",
	    strlen(HOME_STAMP) + 1, e);
}

/* A program that Ctrl-C ended together with us is no fault to tell of. */
static enum rc
make_or_stop(struct init *in, struct err *e)
{
	struct err why = {0};
	enum rc rc = make_all(in, &why);

	TRY(stop_check(e));
	return rc == RC_OK ? RC_OK : FAIL(e, rc, "%s", err_message(&why, rc));
}

/* Opens the folder and locks it; -1 when it is not there, or somebody else
 * holds it or has just replaced it (errno is EWOULDBLOCK then). */
static int
lock_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat mine, there;

	if (fd == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 &&
	    stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
	    mine.st_dev == there.st_dev)
		return fd;
	close(fd);
	errno = EWOULDBLOCK;
	return -1;
}

static enum rc
fail_claim(const char *tmp, struct err *e)
{
	if (errno == EWOULDBLOCK || errno == EEXIST || errno == ENOENT)
		return FAIL(
		    e, RC_UNAVAILABLE, "%s: another start is making it", tmp);
	return FAIL(e, RC_IO,
	    "%s: %s: a state directory is made beside its "
	    "place%s",
	    tmp, strerror(errno),
	    errno == EACCES || errno == EROFS
		? "; set SEKISHO_HOME to a folder you may make"
		: "");
}

/* What a start that was killed had started holds its lock for a moment. */
static int
lock_dir_wait(const char *path)
{
	const struct timespec t = {.tv_nsec = INIT_POLL_MS * 1000000L};
	int waited, fd = lock_dir(path);

	for (waited = 0; fd == -1 && errno == EWOULDBLOCK &&
			 waited < INIT_WAIT_MS && stop_signal() == 0;
	     waited += INIT_POLL_MS) {
		(void)nanosleep(&t, NULL);
		fd = lock_dir(path);
	}
	return fd;
}

/*
 * Makes an empty folder that is ours; what a start that died left is removed,
 * what another start is making is not. Between making and locking it another
 * start may take it for a dead one's: then that one has it.
 */
static enum rc
claim(const char *tmp, int *lock, struct err *e)
{
	int old = lock_dir_wait(tmp);

	if (old == -1 && errno == EWOULDBLOCK)
		return fail_claim(tmp, e);
	home_remove(tmp);
	if (old != -1)
		close(old);
	if (mkdir(tmp, 0711) == -1)
		return fail_claim(tmp, e);
	*lock = lock_dir(tmp);
	return *lock == -1 ? fail_claim(tmp, e) : RC_OK;
}

/* Another start may have made it between our look and our claim. */
static enum rc
check_vacant(const struct home *h, struct err *e)
{
	bool is_there;

	TRY(home_exists(h, &is_there, e));
	if (is_there)
		return FAIL(e, RC_UNAVAILABLE,
		    "%s: another start has just made it", h->dir);
	return RC_OK;
}

enum rc
init_dev(const struct home *h, void (*say)(const char *line), struct err *e)
{
	struct init in = {.home = *h, .say = say};
	char tmp[PATH_MAX + 8];
	enum rc rc;

	TRY(check_way(h, e));
	TRY(check_room(h->dir, e));
	snprintf(tmp, sizeof(tmp), "%s.new", h->dir);
	TRY(claim(tmp, &in.lock, e));
	home_set_dir(&in.home, tmp);
	render_open(&in.render, h->dir);
	arena_init(&in.arena, INIT_ARENA_MAX);
	rc = check_vacant(h, e);
	if (rc == RC_OK)
		rc = make_or_stop(&in, e);
	explicit_bzero(in.account_key, sizeof(in.account_key));
	explicit_bzero(in.deployer_key, sizeof(in.deployer_key));
	arena_drop(&in.arena);
	if (rc == RC_OK && rename(tmp, h->dir) == -1)
		rc = FAIL(e, RC_IO, "%s: %s", h->dir, strerror(errno));
	if (rc != RC_OK)
		home_remove(tmp);
	close(in.lock);
	return rc;
}
