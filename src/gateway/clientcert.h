/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of clients: who may sign them, which are revoked, and what the
 * one of a connection is worth.
 *
 * The handshake only proves that the client has the key. TLS 1.3 cannot ask
 * later, so listeners ask everybody as soon as one surface there has filter
 * cert, and refusing is left to that surface. A certificate is judged when a
 * request first needs it, again after each reload, and every JUDGED_MS: a
 * connection that stays open outlives neither an end nor a revocation. A
 * connection with a certificate gets no ticket, since a ticket has the
 * certificate without what leads from it to an authority.
 */
#ifndef GATEWAY_CLIENTCERT_H
#define GATEWAY_CLIENTCERT_H

#include <openssl/ssl.h>

#include "base/err.h"
#include "http/cert.h"

struct conn;
struct client_trust;
struct client_cert;

/*
 * client_trust_read reads authorities and lists of revocations.
 *
 * out      the caller's, client_trust_free
 * ca       PEM, one at least
 * crl      PEM, one at least; its ptr NULL: nothing is ever revoked
 * Errors   RC_CONF, the text begins with the setting's name; RC_NO_MEMORY
 */
enum rc client_trust_read(struct client_trust **out, struct bytes ca,
    struct bytes crl, struct err *e);

void client_trust_free(struct client_trust *t);

/* client_trust_stale tells what in t holds no longer or not yet, though it
 * could be read: who depends on that is refused. Returns RC_OK when all of
 * it holds, else RC_CONF. */
enum rc client_trust_stale(const struct client_trust *t, struct err *e);

/* client_trust_names tells clients in handshakes of ctx whose certificates
 * are taken; t may be NULL. */
void client_trust_names(SSL_CTX *ctx, const struct client_trust *t);

/* client_cert_of returns what c's certificate is worth now, NULL when none
 * was shown; valid until the next call for c. */
const struct gw_cert *client_cert_of(struct conn *c);

/* client_cert_free is for the end of a connection; NULL is fine. */
void client_cert_free(struct client_cert *cert);

#endif
