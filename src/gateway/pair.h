/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificate and key on their way from files to the key manager. Workers
 * that start later ask the key manager for the certificate, so it must never
 * be another one than that of the key: both are read once, tried together,
 * and what was tried is what is handed over, in memory. Whatever becomes of
 * the files meanwhile changes nothing.
 */
#ifndef GATEWAY_PAIR_H
#define GATEWAY_PAIR_H

#include "http/conf.h"

/* struct pair is two files in memory; -1: none. */
struct pair {
	int cert, key;
};

/*
 * pair_read reads certificate and key and checks that TLS can use them: PEM,
 * a whole chain, RSA of at least 2,048 bits or EC of P-256 or P-384, not
 * encrypted, belonging together, within their time, mode of the key. A child
 * process does it and ends, so that no trace of the key stays in the memory
 * that workers are forked from.
 *
 * out     the caller's, pair_close; untouched on failure
 * Errors  RC_CONF
 */
enum rc pair_read(struct pair *out, const struct gw_conf *c, struct err *e);

void pair_close(struct pair *p);

/* pair_print tells certificates apart: SHA-256 of what was read. The key can
 * not be another one then, since it was tried with the certificate. */
void pair_print(uint8_t out[32], const struct pair *p);

/* pair_give hands both over to the key manager, which takes them at its next
 * SIGUSR1 (or start), and closes them; false when they have to be given
 * again. */
bool pair_give(int sock, struct pair *p);

#endif
