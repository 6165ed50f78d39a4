/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords that were found right lately, so that the costly check is not
 * made for each request. A bounded table of keyed digests; it holds neither
 * names nor passwords, and forgets the oldest when it is full.
 */
#ifndef HTTP_CREDS_H
#define HTTP_CREDS_H

#include "base/bytes.h"
#include "http/password.h"

struct gw_creds;

/* Entries; each costs 40 bytes. */
enum { GW_CREDS_MAX = 4096 };

struct gw_creds_key {
	uint8_t b[32];
};

/* gw_creds_new draws a key of its own; NULL without memory. */
struct gw_creds *gw_creds_new(void);
void gw_creds_free(struct gw_creds *c);

/*
 * gw_creds_key digests a try: surface, user, password and the stored record,
 * so that a changed password or a removed user is not remembered.
 */
struct gw_creds_key gw_creds_key(const struct gw_creds *c, struct bytes surface,
    struct bytes user, struct bytes password, const struct gw_password *record);

/* gw_creds_has tells whether k was added less than age_ms ago. The age is that
 * of the configuration now: a lower one holds at once. */
bool gw_creds_has(const struct gw_creds *c, const struct gw_creds_key *k,
    uint64_t now_ms, uint64_t age_ms);

/* gw_creds_add remembers that k was found right now, which is not 0. */
void gw_creds_add(
    struct gw_creds *c, const struct gw_creds_key *k, uint64_t now_ms);

#endif
