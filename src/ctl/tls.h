/* SPDX-License-Identifier: Apache-2.0
 *
 * A self-signed certificate for development: P-256, localhost and loopback
 * addresses, two years.
 */
#ifndef CTL_TLS_H
#define CTL_TLS_H

#include "base/arena.h"
#include "base/err.h"

/* tls_make_cert makes a key and certificate as PEM texts in the arena. */
enum rc tls_make_cert(struct arena *a, struct bytes *key_pem,
    struct bytes *cert_pem, struct err *e);

#endif
