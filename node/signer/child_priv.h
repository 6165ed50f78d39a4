/* SPDX-License-Identifier: Apache-2.0
 *
 * The child's side. Answering one request is apart from the loop and the
 * locking down, so that tests and the fuzzer reach it without a process.
 */
#ifndef SIGNER_CHILD_PRIV_H
#define SIGNER_CHILD_PRIV_H

#include <sys/types.h>

#include "base/clock.h"
#include "signer/tries_priv.h"
#include "signer/vault_priv.h"
#include "signer/watermark_priv.h"
#include "signer/wire_priv.h"

struct child {
	struct signer_conf conf;
	const struct clock *clock;
	struct vault *vault;
	struct tries tries;
	struct watermark mark; /* used only with conf.may_seal */
	int dir;               /* of key files */
	uint8_t reply[WIRE_REPLY_MAX];
	uint8_t body[WIRE_LIST_MAX];
};

/* child_answer carries one request out; the reply lives in c->reply. */
struct bytes child_answer(struct child *c, struct bytes request);

/*
 * child_main is the life of the child: lock down, say so, answer until the
 * socket ends. Never returns.
 *
 * sock    its end of the socket pair
 * parent  who forked it
 */
_Noreturn void child_main(
    const struct signer_conf *conf, int sock, pid_t parent);

#endif
