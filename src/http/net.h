/* SPDX-License-Identifier: Apache-2.0
 *
 * Internet addresses and networks in one form: 16 bytes, IPv4 mapped into
 * IPv6 (::ffff:a.b.c.d), so that ::ffff:127.0.0.1 and 127.0.0.1 are one
 * address wherever a rule is applied (reliability A12).
 */
#ifndef HTTP_NET_H
#define HTTP_NET_H

#include "base/bytes.h"

struct gw_addr {
	uint8_t b[16];
};

struct gw_net {
	struct gw_addr addr;
	uint8_t bits; /* of 128 */
};

/* struct gw_nets is a list of networks. */
struct gw_nets {
	size_t cnt;
	struct gw_net *nets;
};

/* Longest text of an address, NUL included. */
enum { GW_ADDR_TEXT_MAX = 46 };

/* gw_addr_of_v4 maps four bytes in network order. */
struct gw_addr gw_addr_of_v4(const uint8_t b[4]);

/* gw_addr_is_v4 tells whether a stands for an IPv4 address. */
bool gw_addr_is_v4(const struct gw_addr *a);

/* gw_addr_is_loopback: 127.0.0.0/8 or ::1. */
bool gw_addr_is_loopback(const struct gw_addr *a);

/* gw_addr_is_private: addresses that are nobody's on the Internet: private,
 * link-local, and between a provider and its customers (RFC 1918, 3927, 4193,
 * 4291, 6598). */
bool gw_addr_is_private(const struct gw_addr *a);

/* gw_addr_client returns the bytes of a that stand for one client: an IPv4
 * address, or the /64 of an IPv6 one. */
struct bytes gw_addr_client(const struct gw_addr *a);

/* gw_addr_text writes the usual text, IPv4 in dotted form. Returns out. */
const char *gw_addr_text(char out[GW_ADDR_TEXT_MAX], const struct gw_addr *a);

/* gw_addr_read reads an IPv4 or IPv6 address; false when it is neither. */
bool gw_addr_read(struct gw_addr *out, struct bytes text);

/*
 * gw_net_read reads an address or address/bits (bits of 32 or of 128).
 *
 * Returns  false when it is neither, or has bits set behind its length
 */
bool gw_net_read(struct gw_net *out, struct bytes text);

/* gw_net_has tells whether a lies in n. */
bool gw_net_has(const struct gw_net *n, const struct gw_addr *a);

/* gw_nets_have tells whether a lies in one of them. */
bool gw_nets_have(const struct gw_nets *nets, const struct gw_addr *a);

#endif
