/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a request is from when it came through proxies. Each proxy adds the
 * address it was called from to the right end of a field, so the field is
 * read from its right end and only as far as its authors are trusted.
 *
 * The client is the right-most address that is no trusted proxy. From a peer
 * that is no trusted proxy the field is not read at all. One field is
 * believed, the one that the proxies write: another would be the client's.
 *
 *   X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.0.0.2      from 10.0.0.1
 *                    forged   the client    trusted       trusted
 *
 * An item that cannot be read ends the walk, and so does the left end: then
 * the client is the proxy that passed it on, never a value further left. To
 * refuse such requests, deny the proxies' networks in filter net.
 *
 *   X-Forwarded-For  an address, IPv4 or IPv6; a port may follow IPv4
 *                    (192.0.2.1:80), an IPv6 address then has brackets
 *   Forwarded        RFC 7239: for=192.0.2.1, for="192.0.2.1:80",
 *                    for="[2001:db8::1]:80"; other pairs are not believed
 *   neither          empty items, unknown, _names, zones, quotes in
 *                    X-Forwarded-For, for= twice, more than GW_HOP_MAX
 *                    proxies
 *
 * Several lines of the field are one list, in their order (RFC 9110 5.3).
 * The scheme that a proxy tells is not believed: is_tls is the socket's.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "http/conf.h"
#include "http/head.h"

/* Trusted proxies behind one another. */
enum { GW_HOP_MAX = 32 };

/*
 * gw_forwarded_client returns the client's address.
 *
 * peer  of the socket
 * name  of the listener; proxies and field are c's, which may be newer
 */
struct gw_addr gw_forwarded_client(const struct gw_conf *c, const char *name,
    const struct gw_addr *peer, const struct gw_head *head);

/* gw_forwarded_is_proxy tells whether a is a trusted proxy at a listener. */
bool gw_forwarded_is_proxy(
    const struct gw_conf *c, const char *name, const struct gw_addr *a);

#endif
