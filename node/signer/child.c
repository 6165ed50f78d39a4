/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that holds the keys. It reads a request, asks policy and
 * watermark, signs and answers; when the socket ends, it ends. It never
 * starts anything, opens nothing but key files, and says nothing on its own.
 */
#include "signer/child_priv.h"

#include <errno.h>
#include <fcntl.h>
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

/* Requests. ---------------------------------------------------------- */

static enum rc
do_list(struct child *c, struct bytes *body, struct err *e)
{
	struct arena a;
	struct addr *list;
	size_t cnt = 0;
	enum rc rc;

	arena_init(&a, CHILD_ARENA_MAX);
	rc = keydir_list(&a, &list, &cnt, c->dir, e);
	if (rc == RC_OK && cnt > 0)
		memcpy(c->body, list, cnt * sizeof(*list));
	*body = bytes_of(c->body, cnt * sizeof(struct addr));
	arena_drop(&a);
	return rc;
}

static enum rc
do_unlock(struct child *c, const struct wire_request *r, struct err *e)
{
	struct vault_key *k = vault_find(c->vault, &r->addr);
	bool is_new = k == NULL;
	uint8_t spare[32];
	enum rc rc;

	/* An unlocked account still wants its password: this is also how a
	 * caller checks one. */
	if (is_new)
		k = vault_place(c->vault);
	if (k == NULL)
		return FAIL(
		    e, RC_NO_SPACE, "%d accounts are unlocked", SIGNER_KEY_MAX);
	rc = keydir_open(is_new ? k->key : spare, c->dir, &r->addr, r->rest, e);
	explicit_bzero(spare, sizeof(spare));
	if (rc != RC_OK || !is_new)
		return rc;
	k->addr = r->addr;
	k->is_set = true;
	return RC_OK;
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
do_sign(struct child *c, const struct wire_request *r, struct bytes *body,
    struct err *e)
{
	const struct vault_key *k = vault_find(c->vault, &r->addr);
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
	enum rc rc = act(c, request, &body, &e);

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

/* One request. Returns false when the caller is gone or speaks nonsense. */
static bool
serve_one(struct child *c)
{
	struct bytes request;
	bool is_on =
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
