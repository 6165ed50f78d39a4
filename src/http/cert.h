/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of clients, as filter cert sees them. The handshake takes any
 * that its client has the key of; the gateway judges it against authorities
 * and revocations of the moment, request by request, so that a connection
 * does not outlive them; and the filter says what comes of that.
 */
#ifndef HTTP_CERT_H
#define HTTP_CERT_H

#include "base/bytes.h"

enum gw_cert_state {
#define CERT(name, word, refusal) GW_CERT_##name,
#include "http/cert.def"
#undef CERT
	GW_CERT_CNT,
};

/* SHA-256 of the certificate in hex, as openssl x509 -fingerprint has it. */
enum { GW_CERT_PRINT_LEN = 64 };

struct gw_cert {
	enum gw_cert_state state;
	char print[GW_CERT_PRINT_LEN + 1]; /* empty: no certificate */
	/* RFC 4514, as the client wrote it: believed of a good one only */
	struct bytes subject;
};

/* gw_cert_find looks a word of cert.def up; false when there is none. */
bool gw_cert_find(enum gw_cert_state *out, struct bytes word);

#endif
