/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that holds the keys. It reads a request, asks policy and
 * watermark, signs and answers; when the socket ends, it ends. It never
 * starts anything, opens nothing but key files, and says nothing on its own.
 */
#include "signer/child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/frame.h"
#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "signer/keydir_priv.h"
#include "signer/policy_priv.h"
#include "signer/sandbox_priv.h"

/* Memory for one listing of the key folder. */
enum { CHILD_ARENA_MAX = 1 << 20 };

/* One wait for a request; what poll takes has fewer bits than a time. */
enum { POLL_MAX_MS = 3600 * 1000 };

/* Requests. ---------------------------------------------------------- */

static uint64_t
now_ms(const struct child *c)
{
	return c->clock->mono_ms(c->clock->ctx);
}

static bool
is_excluded(const struct child *c, const struct addr *addr)
{
	return c->conf.has_excluded && addr_eq(&c->conf.excluded, addr);
}

/* keep_known copies the accounts that are ours to use; returns their number. */
static size_t
keep_known(struct child *c, const struct addr *list, size_t cnt)
{
	size_t i, kept = 0;

	for (i = 0; i < cnt; i++) {
		if (!is_excluded(c, &list[i]))
			memcpy(c->body + kept++ * sizeof(*list), &list[i],
			    sizeof(*list));
	}
	return kept;
}

static enum rc
do_list(struct child *c, struct bytes *body, struct err *e)
{
	struct arena a;
	struct addr *list;
	size_t cnt = 0;
	enum rc rc;

	arena_init(&a, CHILD_ARENA_MAX);
	rc = keydir_list(&a, &list, &cnt, c->dir, e);
	if (rc == RC_OK)
		cnt = keep_known(c, list, cnt);
	*body = bytes_of(c->body, cnt * sizeof(struct addr));
	arena_drop(&a);
	return rc;
}

/* set_time says when an account's key is to be wiped. What is unlocked
 * already is not shortened to one signature, nor always to a time. */
static void
set_time(struct vault_key *k, bool is_new, uint32_t seconds, uint64_t now)
{
	bool is_once = seconds == SIGNER_UNLOCK_ONCE;

	if (!is_new && !k->is_once && (is_once || k->until_ms == 0))
		return;
	k->is_once = is_once;
	k->until_ms = now + (is_once ? SIGNER_ONCE_MS : seconds * 1000ULL);
	if (seconds == SIGNER_UNLOCK_ALWAYS)
		k->until_ms = 0;
}

/* open_key decrypts the account's key, if a password may be tried now. */
static enum rc
open_key(struct child *c, uint8_t key[32], const struct wire_request *r,
    struct err *e)
{
	enum rc rc;

	TRY(tries_check(&c->tries, &r->addr, now_ms(c), e));
	rc = keydir_open(key, c->dir, &r->addr, r->rest, e);
	if (rc == RC_OK)
		tries_forget(&c->tries, &r->addr);
	if (rc == RC_BAD_PASSWORD)
		tries_note(&c->tries, &r->addr, c->conf.wait_ms, now_ms(c));
	return rc;
}

static enum rc
do_unlock(struct child *c, const struct wire_request *r, struct err *e)
{
	struct vault_key *k = vault_find(c->vault, &r->addr);
	bool is_new = k == NULL;
	enum rc rc;

	if (is_excluded(c, &r->addr))
		return FAIL(
		    e, RC_DENIED, "this signer does not use that account");
	if (r->seconds > SIGNER_UNLOCK_S_MAX &&
	    r->seconds != SIGNER_UNLOCK_ONCE)
		return FAIL(e, RC_BAD_INPUT, "unlock duration too large");
	/* An unlocked account still wants its password: this is also how a
	 * caller checks one. */
	if (is_new)
		k = vault_place(c->vault);
	if (k == NULL)
		return FAIL(
		    e, RC_NO_SPACE, "%d accounts are unlocked", SIGNER_KEY_MAX);
	rc = open_key(c, is_new ? k->key : c->vault->spare, r, e);
	explicit_bzero(c->vault->spare, sizeof(c->vault->spare));
	if (rc != RC_OK)
		return rc;
	set_time(k, is_new, r->seconds, now_ms(c));
	k->addr = r->addr;
	k->is_set = true;
	return RC_OK;
}

/* make_key leaves address and key file in the body. */
static enum rc
make_key(struct child *c, struct bytes *body, struct bytes password,
    struct arena *a, struct err *e)
{
	struct buf out = buf_of(c->body, WIRE_KEY_MAX);
	uint8_t *key = c->vault->spare, pub[64];
	struct bytes file;
	struct addr addr;

	ec_key_new(key);
	TRY(ec_public(pub, key, e));
	ec_addr(addr.b, pub);
	TRY(keystore_seal(a, &file, key, password, KEYSTORE_SCRYPT_LOG_N, e));
	if (!buf_put(&out, addr.b, sizeof(addr.b)) ||
	    !buf_put(&out, file.ptr, file.len))
		return FAIL(
		    e, RC_TOO_LARGE, "a key file of %zu bytes", file.len);
	*body = bytes_of_buf(&out);
	return RC_OK;
}

/* The child writes no file: its caller keeps what only the password opens. */
static enum rc
do_make(struct child *c, const struct wire_request *r, struct bytes *body,
    struct err *e)
{
	struct arena a;
	enum rc rc;

	if (!c->conf.may_make_keys)
		return FAIL(e, RC_DENIED, "this signer makes no keys");
	arena_init(&a, CHILD_ARENA_MAX);
	rc = make_key(c, body, r->rest, &a, e);
	explicit_bzero(c->vault->spare, sizeof(c->vault->spare));
	arena_drop(&a);
	return rc;
}

static enum rc
do_lock(struct child *c, const struct wire_request *r, struct err *e)
{
	struct vault_key *k = vault_find(c->vault, &r->addr);

	if (k == NULL)
		return FAIL(e, RC_NOT_FOUND, "the account is not unlocked");
	vault_drop(k);
	return RC_OK;
}

static enum rc
sign_with(struct child *c, const struct vault_key *k,
    const struct wire_request *r, struct bytes *body, struct err *e)
{
	struct ec_sig sig;
	struct hash digest;

	TRY(policy_check(&c->conf, r->kind, r->height, r->rest, e));
	if (k == NULL)
		return FAIL(e, RC_NOT_FOUND, "the account is not unlocked");
	digest = hash_keccak(r->rest);
	if (policy_is_counted(r->kind))
		TRY(watermark_pass(&c->mark, &r->addr, r->kind, r->height,
		    r->round, &digest, e));
	TRY(ec_sign(&sig, k->key, digest.b, e));
	memcpy(c->body, sig.r, 32);
	memcpy(c->body + 32, sig.s, 32);
	c->body[64] = sig.y_parity;
	*body = bytes_of(c->body, 65);
	return RC_OK;
}

static enum rc
do_sign(struct child *c, const struct wire_request *r, struct bytes *body,
    struct err *e)
{
	struct vault_key *k = vault_find(c->vault, &r->addr);
	enum rc rc = sign_with(c, k, r, body, e);

	if (k != NULL && k->is_once)
		vault_drop(k);
	return rc;
}

static enum rc
act(struct child *c, struct bytes request, struct bytes *body, struct err *e)
{
	struct wire_request r;

	TRY(wire_request_take(&r, request, e));
	switch (r.op) {
	case WIRE_LIST:
		return do_list(c, body, e);
	case WIRE_UNLOCK:
		return do_unlock(c, &r, e);
	case WIRE_LOCK:
		return do_lock(c, &r, e);
	case WIRE_SIGN:
		return do_sign(c, &r, body, e);
	case WIRE_MAKE:
		return do_make(c, &r, body, e);
	}
	return FAIL(e, RC_BAD_INPUT, "operation %d", (int)r.op);
}

static struct bytes
reply_of(struct child *c, enum rc rc, struct bytes body, const struct err *e)
{
	struct buf out = buf_of(c->reply, sizeof(c->reply));
	struct wire_reply reply = {.rc = rc};

	if (rc == RC_OK)
		reply.body = body;
	else
		reply.text = bytes_of_str(e->text);
	wire_reply_put(&out, &reply, NULL); /* sized for the largest */
	return bytes_of_buf(&out);
}

struct bytes
child_answer(struct child *c, struct bytes request)
{
	struct bytes body = {NULL, 0};
	struct err e = {.rc = RC_OK};
	enum rc rc;

	(void)vault_expire(c->vault, now_ms(c));
	rc = act(c, request, &body, &e);
	return reply_of(c, rc, body, &e);
}

/* Life. -------------------------------------------------------------- */

/*
 * Libraries read files, ask the clock and allocate when they are first used.
 * Doing it once beforehand keeps the filter small. The key is the number one
 * and worth nothing.
 */
static enum rc
warm_up(struct err *e)
{
	static const uint8_t one[32] = {[31] = 1};
	struct bytes json, password = bytes_of_str("warm");
	uint8_t key[32];
	struct ec_sig sig;
	struct arena a;
	enum rc rc;

	arena_init(&a, CHILD_ARENA_MAX);
	rc = keystore_seal(&a, &json, one, password, 1, e);
	if (rc == RC_OK)
		rc = keystore_open(key, json, password, e);
	if (rc == RC_OK)
		rc = ec_sign(&sig, one, one, e);
	arena_drop(&a);
	return rc;
}

static enum rc
open_all(struct child *c, int sock, struct err *e)
{
	int dir =
	    open(c->conf.keystore_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return FAIL(e, RC_CONF, "key folder %s: errno %d",
		    c->conf.keystore_dir, errno);
	c->mark.fd = -1;
	if (c->conf.may_seal)
		TRY(watermark_open(&c->mark, c->conf.watermark_path, e));
	TRY(sandbox_descriptors(sock, dir, c->mark.fd, e));
	c->dir = SANDBOX_DIR;
	c->mark.fd = SANDBOX_MARK;
	return RC_OK;
}

static enum rc
lock_down(struct child *c, int *sock, pid_t parent, struct err *e)
{
	TRY(sandbox_prepare(parent, e));
	TRY(open_all(c, *sock, e));
	*sock = SANDBOX_SOCK;
	TRY(vault_open(&c->vault, e));
	TRY(warm_up(e));
	return sandbox_enter(e);
}

/* Waits for a request; meanwhile keys are wiped when their time has come. */
static void
await_request(struct child *c)
{
	struct pollfd p = {.fd = SANDBOX_SOCK, .events = POLLIN};
	uint64_t now, next_ms;
	int wait_ms;

	do {
		now = now_ms(c);
		next_ms = vault_expire(c->vault, now);
		wait_ms = -1;
		if (next_ms != UINT64_MAX)
			wait_ms = next_ms - now > POLL_MAX_MS
				      ? POLL_MAX_MS
				      : (int)(next_ms - now);
	} while (poll(&p, 1, wait_ms) == 0);
}

/* One request. Returns false when the caller is gone or speaks nonsense. */
static bool
serve_one(struct child *c)
{
	struct bytes request;
	bool is_on;

	await_request(c);
	is_on =
	    frame_recv(SANDBOX_SOCK, &request, c->vault->request,
		sizeof(c->vault->request), -1, NULL) == RC_OK &&
	    frame_send(SANDBOX_SOCK, child_answer(c, request), NULL) == RC_OK;

	explicit_bzero(c->vault->request, sizeof(c->vault->request));
	return is_on;
}

_Noreturn void
child_main(const struct signer_conf *conf, int sock, pid_t parent)
{
	struct child *c = mem_new(sizeof(*c));
	struct err e = {.rc = RC_OK};
	enum rc rc;

	if (c == NULL)
		_exit(1);
	c->conf = *conf;
	c->clock = clock_real();
	rc = lock_down(c, &sock, parent, &e);
	if (frame_send(sock, reply_of(c, rc, (struct bytes){NULL, 0}, &e),
		NULL) != RC_OK ||
	    rc != RC_OK)
		_exit(1);
	while (serve_one(c))
		;
	explicit_bzero(c->vault, sizeof(*c->vault));
	_exit(0);
}
