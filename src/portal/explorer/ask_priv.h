/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the node, and turning what it says into what people read. A member
 * that is missing or of another form gives an empty text or 0: a page with a
 * gap is better than none.
 */
#ifndef PORTAL_EXPLORER_ASK_PRIV_H
#define PORTAL_EXPLORER_ASK_PRIV_H

#include "base/u256.h"
#include "eth/types.h"
#include "http/req.h"
#include "portal/explorer/views_priv.h"

/* Rows of a list on one page, of blocks on the first. */
enum { XP_ROW_MAX = 25, XP_HOME_MAX = 12 };

/* struct xp_batch is calls that go to the node together. */
struct xp_batch {
	struct gw_node_call *calls;
	size_t cnt, max;
	bool has_failed; /* no memory */
};

/* xp_begin opens a batch of at most max calls. */
struct xp_batch xp_begin(struct gw_req *r, size_t max);

/* xp_add adds a call; params is a JSON array from a printf format. Returns
 * its place. */
size_t xp_add(struct gw_req *r, struct xp_batch *b, const char *method,
    const char *params, ...) __attribute__((format(printf, 4, 5)));

/* xp_send ends a stage: the batch goes to the node. */
enum gw_step xp_send(struct gw_req *r, const struct xp_batch *b);

/* xp_refuse ends a stage whose batch had no answer: the node is gone, or
 * slow. */
enum gw_step xp_refuse(struct gw_req *r);

/* xp_missing ends a stage with the page that says that there is no such
 * thing, and what was asked for. */
enum gw_step xp_missing(struct gw_req *r, struct bytes asked);

/* xp_page_reply ends a stage with a page, and keeps the language when the
 * request has chosen one. */
enum gw_step xp_page_reply(
    struct gw_req *r, unsigned status, struct bytes page);

/* xp_top_of fills in what is around every page. */
struct xp_top xp_top_of(const struct gw_req *r);

/* xp_answer returns the answer to call i of the batch that came back; NULL
 * when it is an error, null, or too long to be read. */
const struct gw_json *xp_answer(struct gw_req *r, size_t i);

/* xp_u64 and xp_u256 read a quantity: a member of o, or o itself where key is
 * NULL. */
uint64_t xp_u64(const struct gw_json *o, const char *key);
struct u256 xp_u256(const struct gw_json *o, const char *key);

/* xp_text returns the text of a string member. */
struct bytes xp_text(const struct gw_json *o, const char *key);

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
