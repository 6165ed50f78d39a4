/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes below TLS: OpenSSL reads and writes a connection's socket through
 * a BIO of ours (bio(7)), which is shorter than the library's, raises no
 * SIGPIPE, and tells when a read took all that had come.
 */
#ifndef GATEWAY_TLSBIO_H
#define GATEWAY_TLSBIO_H

#include <openssl/bio.h>

struct conn;

/*
 * tlsbio_new makes the BIO of c's socket; each read sets c->is_drained.
 *
 * Ownership  the caller's (SSL_set_bio takes it); c outlives it, and closes
 *            the socket itself
 * Returns    NULL when memory is short
 */
BIO *tlsbio_new(struct conn *c);

#endif
