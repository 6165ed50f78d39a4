/* SPDX-License-Identifier: Apache-2.0
 *
 * What a caller that was taken over can send to the signer child: requests,
 * each with its length first (two bytes). Every one gets an answer that can
 * be read; a signature is that of the message; and no height, round and kind
 * is signed with two messages.
 *
 * fuzz: cover=node/signer/wire.c,node/signer/policy.c lib=signer
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/ec.h"
#include "signer/child_priv.h"
#include "signer/policy_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one unlocked key. */
static const uint8_t key[32] = {[31] = 7};

/* What was signed last of each kind. */
struct signed_last {
	uint64_t height, round;
	struct hash digest;
	bool is_set;
};

static void
open_child(struct child *c)
{
	char dir[] = "/tmp/sekisho-fuzz.XXXXXX";

	c->conf = (struct signer_conf){
	    .may_seal = true, .may_sign_tx = true, .may_sign_message = true};
	c->clock = clock_real();
	CHECK(mkdtemp(dir) != NULL);
	c->dir = open(dir, O_RDONLY | O_DIRECTORY);
	CHECK(rmdir(dir) == 0); /* stays open, and empty */
	c->mark.fd = memfd_create("mark", MFD_CLOEXEC);
	CHECK(c->dir >= 0 && c->mark.fd >= 0);
	CHECK(vault_open(&c->vault, NULL) == RC_OK);
}

/* Each input begins with one unlocked key and an empty watermark. */
static struct addr
reset_child(struct child *c)
{
	struct vault_key *k = &c->vault->keys[0];
	int fd = c->mark.fd;
	uint8_t pub[64];

	CHECK(ec_public(pub, key, NULL) == RC_OK);
	ec_addr(k->addr.b, pub);
	memcpy(k->key, key, sizeof(key));
	k->is_set = true;
	c->mark = (struct watermark){.fd = fd};
	return k->addr;
}

static void
check_signature(struct signed_last *last, const struct wire_request *r,
    const struct addr *addr, struct bytes body)
{
	struct signed_last *l = &last[r->kind];
	struct hash digest = hash_keccak(r->rest);
	struct ec_sig sig;
	struct addr who;

	CHECK(body.len == 65 && addr_eq(&r->addr, addr));
	memcpy(sig.r, body.ptr, 32);
	memcpy(sig.s, body.ptr + 32, 32);
	sig.y_parity = body.ptr[64];
	CHECK(ec_recover_addr(who.b, &sig, digest.b, NULL) == RC_OK);
	CHECK(addr_eq(&who, addr));
	if (!policy_is_counted(r->kind))
		return;
	CHECK(!l->is_set || r->height > l->height ||
	      (r->height == l->height && r->round >= l->round));
	if (l->is_set && r->height == l->height && r->round == l->round)
		CHECK(hash_eq(&l->digest, &digest));
	*l = (struct signed_last){.height = r->height,
	    .round = r->round,
	    .digest = digest,
	    .is_set = true};
}

static void
ask(struct child *c, const struct addr *addr, struct signed_last *last,
    struct bytes request)
{
	static uint8_t space[WIRE_REQUEST_MAX];
	struct buf again = buf_of(space, sizeof(space));
	static const struct signer_conf signs_nothing = {.may_seal = false};
	struct wire_request r;
	struct wire_reply reply;
	enum rc rc = wire_request_take(&r, request, NULL);
	struct bytes answer = child_answer(c, request);

	if (rc == RC_OK) {
		CHECK(wire_request_put(&again, &r, NULL) == RC_OK);
		CHECK(bytes_eq(bytes_of_buf(&again), request));
		CHECK(r.op != WIRE_SIGN ||
		      policy_check(&signs_nothing, r.kind, r.height, r.rest,
			  NULL) == RC_DENIED);
	}
	CHECK(wire_reply_take(&reply, rc == RC_OK ? r.op : WIRE_LOCK, answer,
		  NULL) == RC_OK);
	CHECK(rc == RC_OK || reply.rc == rc);
	if (reply.rc == RC_OK && r.op == WIRE_SIGN)
		check_signature(last, &r, addr, reply.body);
	else
		CHECK(reply.body.len == 0 || r.op == WIRE_LIST);
	/* The same bytes as a reply: the caller believes as little. */
	(void)wire_reply_take(&reply, WIRE_SIGN, request, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct child child;
	struct signed_last last[SIGNER_KIND_CNT] = {{.height = 0}};
	struct bytes in = bytes_of(data, size), head, request;
	struct addr addr;

	if (child.vault == NULL)
		open_child(&child);
	addr = reset_child(&child);
	while (bytes_take(&head, &in, 2) &&
	       bytes_take(&request, &in, be16(head.ptr)))
		ask(&child, &addr, last, request);
	return 0;
}
