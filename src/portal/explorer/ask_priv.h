/* SPDX-License-Identifier: Apache-2.0
 *
 * Turning what the node says into what people read. A member that is missing
 * or of another form gives an empty text: a page with a gap is better than
 * none.
 */
#ifndef PORTAL_EXPLORER_ASK_PRIV_H
#define PORTAL_EXPLORER_ASK_PRIV_H

#include "eth/types.h"
#include "http/batch.h"
#include "portal/explorer/views_priv.h"

/* Rows of a list on one page, of blocks on the first. */
enum { XP_ROW_MAX = 25, XP_HOME_MAX = 12 };

/* xp_missing ends a stage with the page that says that there is no such
 * thing, and what was asked for. */
enum gw_step xp_missing(struct gw_req *r, struct bytes asked);

/* xp_page_reply ends a stage with a page, and keeps the language when the
 * request has chosen one. */
enum gw_step xp_page_reply(
    struct gw_req *r, unsigned status, struct bytes page);

/* xp_top_of fills in what is around every page. */
struct xp_top xp_top_of(const struct gw_req *r);

/* xp_dec writes a quantity in decimal, for a number that is a name. */
struct bytes xp_dec(struct gw_req *r, const struct gw_json *o);

/* xp_coins writes an amount of wei as coins, without needless zeros. */
struct bytes xp_coins(struct gw_req *r, const struct u256 *wei);

/* xp_gwei writes a price of gas in gwei. */
struct bytes xp_gwei(struct gw_req *r, const struct u256 *wei);

/* xp_time writes seconds since 1970 as 2026-01-31T12:00:00Z. */
struct bytes xp_time(struct gw_req *r, uint64_t unix_s);

/* xp_addr writes an address with its checksum (EIP-55); empty for what is
 * none. */
struct bytes xp_addr(struct gw_req *r, struct bytes text);
struct bytes xp_addr_of(struct gw_req *r, const struct addr *a);

/* xp_data decodes 0x and hex digits; empty for what is none. */
struct bytes xp_data(struct gw_req *r, struct bytes text);

/* xp_percent returns part of all in hundredths, 0 for nothing of nothing. */
uint64_t xp_percent(uint64_t part, uint64_t all);

/* xp_key reads the query's number of that name; false when there is none. */
bool xp_key(uint64_t *out, const struct gw_req *r, const char *name);

/* xp_is_hash tells whether text is 0x and 64 digits. */
bool xp_is_hash(struct bytes text);

/* xp_tx_row fills in a row of a list from a transaction and its receipt,
 * which may be NULL. */
void xp_tx_row(struct gw_req *r, struct xp_tx_row *out,
    const struct gw_json *tx, const struct gw_json *receipt);

/* xp_is_in_turn: the signer was whose turn it was. Source: EIP-225 */
bool xp_is_in_turn(const struct gw_json *header);

#endif
