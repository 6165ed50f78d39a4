/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS in a worker: Kore makes the SSL_CTX and keeps the private key in the
 * key manager; this sets everything else.
 */
#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

struct client_trust;
struct conn;

/* tls_start listens for certificates from the key manager. When the first
 * one comes the TLS listeners are switched on. */
void tls_start(void);

/* tls_look pauses handshakes when the parent is about to have certificate
 * and key replaced; once in each turn. */
void tls_look(void);

/* tls_set_trust puts authorities of clients in force, which are the worker's
 * from now on, for handshakes and for certificates that were shown before;
 * NULL: no client is asked. */
void tls_set_trust(struct client_trust *t);

/* tls_watch counts the records of c that carry no data; above
 * CONN_TLS_EXTRA_MAX nothing more is read and the connection ends. */
void tls_watch(struct conn *c);

#endif
