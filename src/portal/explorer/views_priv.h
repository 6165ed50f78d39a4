/* SPDX-License-Identifier: Apache-2.0
 *
 * What the explorer's pages show: one struct for each template of
 * templates/explorer, and the functions that these are compiled to. Texts
 * that are empty are left out or shown as unknown, as the template says.
 */
#ifndef PORTAL_EXPLORER_VIEWS_PRIV_H
#define PORTAL_EXPLORER_VIEWS_PRIV_H

#include "http/page.h"

/* struct xp_top is what every page has around it. */
struct xp_top {
	const char *lang;
	struct gw_path base;
	bool is_en, is_home, is_signers;
	/* What the page is asked for with, kept when the language changes. */
	const char *kept_name;
	struct bytes kept;
};

struct xp_block_row {
	uint64_t no, tx_cnt, gas_used, percent;
	struct bytes time; /* ISO 8601 in UTC */
	struct bytes signer;
	bool is_in_turn;
};

struct xp_home_view {
	struct xp_top top;
	uint64_t head, pending, peers;
	struct bytes chain_id;
	const struct xp_block_row *blocks;
	size_t block_cnt;
};

/* What became of a transaction. */
enum xp_status { XP_PENDING, XP_DONE, XP_FAILED };

struct xp_tx_row {
	enum xp_status status;
	struct bytes hash, from, to, created, value, time;
	uint64_t block_no;
	bool is_out; /* sent by the address whose page it is */
};

struct xp_block_view {
	struct xp_top top;
	uint64_t no, tx_cnt, size, gas_used, gas_limit, percent, head;
	bool has_before, has_next, is_in_turn;
	uint64_t before, next;
	struct bytes hash, parent, time, signer, difficulty, base_fee;
	struct bytes state_root, tx_root, receipt_root, extra;
	const struct xp_tx_row *txs;
	size_t tx_row_cnt;
	uint64_t first, last; /* of those shown, counted from 1 */
	bool has_earlier, has_later;
	uint64_t earlier, later; /* index that the page begins with */
};

struct xp_arg {
	struct bytes name, type, value;
	bool is_address;
};

/* struct xp_decoded is call data, a log or a reason taken apart. */
struct xp_decoded {
	struct bytes text; /* transfer(address to, uint256 value) */
	const struct xp_arg *args;
	size_t arg_cnt;
};

struct xp_log {
	uint64_t index;
	struct bytes address, data;
	struct xp_decoded decoded;
	const struct bytes *topics;
	size_t topic_cnt;
};

struct xp_call {
	uint64_t depth, gas_used;
	bool is_d0, is_d1, is_d2, is_d3, is_d4; /* deeper ones are one class */
	struct bytes type, from, to, value, selector, error, reason;
	struct bytes name; /* of the function, where it is known */
};

struct xp_tx_view {
	struct xp_top top;
	enum xp_status status;
	struct bytes hash, from, to, created, value, fee, gas_price, time,
	    input;
	struct bytes reason, error; /* why it failed */
	struct xp_decoded call, failure;
	uint64_t block_no, index, confirmations, nonce, gas_limit, gas_used;
	uint64_t percent, type, input_len;
	const struct xp_log *logs;
	size_t log_cnt;
	uint64_t log_all; /* more than are shown */
	bool has_more_logs, has_calls, has_more_calls;
	const struct xp_call *calls;
	size_t call_cnt;
};

struct xp_address_view {
	struct xp_top top;
	struct bytes address, balance, code_hash;
	uint64_t nonce, code_len;
	bool is_contract, has_history;
	const struct xp_tx_row *txs;
	size_t tx_cnt;
	bool has_older, has_newer;
	uint64_t older, newer; /* number of the block that is the key */
};

struct xp_signer_row {
	struct bytes address;
	uint64_t sealed, in_turn, missed, share, last_no;
	struct bytes last_time;
	bool has_sealed, is_next;
};

struct xp_signers_view {
	struct xp_top top;
	uint64_t head, first, block_cnt, in_turn_percent, limit;
	const struct xp_signer_row *signers;
	size_t signer_cnt;
};

/* Why there is nothing to show. */
struct xp_missing_view {
	struct xp_top top;
	struct bytes asked;
	bool is_empty; /* nothing was asked for */
};

/* xp_page_*: the pages; xp_rows has the rows of the first page alone. */
struct bytes xp_page_home(
    struct arena *a, enum gw_lang lang, const struct xp_home_view *v);
struct bytes xp_rows(
    struct arena *a, enum gw_lang lang, const struct xp_home_view *v);
struct bytes xp_page_block(
    struct arena *a, enum gw_lang lang, const struct xp_block_view *v);
struct bytes xp_page_tx(
    struct arena *a, enum gw_lang lang, const struct xp_tx_view *v);
struct bytes xp_page_address(
    struct arena *a, enum gw_lang lang, const struct xp_address_view *v);
struct bytes xp_page_signers(
    struct arena *a, enum gw_lang lang, const struct xp_signers_view *v);
struct bytes xp_page_missing(
    struct arena *a, enum gw_lang lang, const struct xp_missing_view *v);

#endif
