/* SPDX-License-Identifier: Apache-2.0
 *
 * The key that signs what a command sends: one that `sekisho init --dev` made,
 * or one of a key store.
 */
#ifndef CTL_SIGNKEY_H
#define CTL_SIGNKEY_H

#include "ctl/home.h"
#include "eth/types.h"

/* struct signkey_ask is what the command line said; each may be NULL. */
struct signkey_ask {
	const char *from;          /* address; NULL: the deployer of a
				    * development state */
	const char *keystore;      /* folder; NULL: the state's own */
	const char *password_file; /* NULL: ask at the terminal */
};

/*
 * signkey_find finds the key and asks for what opens it.
 *
 * key     the caller clears it
 * Errors  RC_BAD_INPUT  from is no address
 *         RC_NOT_FOUND  no key of that account, or none was named where no
 *                       development state is
 *         RC_BAD_PASSWORD, RC_CONF (secret_read), RC_IO
 */
enum rc signkey_find(uint8_t key[32], struct addr *addr, const struct home *h,
    const struct signkey_ask *ask, struct err *e);

/* signkey_is_dev tells whether h is a development state. */
bool signkey_is_dev(const struct home *h);

#endif
