/* SPDX-License-Identifier: Apache-2.0
 *
 * Which methods of the node somebody may call through an rpc surface, and
 * what a call of each costs. The tables are rpc.def and rpc_cost.def.
 *
 * Everybody has what the surface's `methods` names, or all rows of rpc.def
 * when it names none. A user who stands in a line `methods_for` has what that
 * line names, and nothing else. In both the word `default` stands for what
 * would be without the line: the rows of rpc.def in `methods`, the surface's
 * list in `methods_for`. Only there a whole name space may be named (debug_*),
 * and only there those that rpc.def keeps for users of their own. What it
 * keeps for the node's own socket is let through by no line: personal_ and
 * everything that signs.
 */
#ifndef HTTP_RPC_METHODS_H
#define HTTP_RPC_METHODS_H

#include "base/bytes.h"

struct gw_surface;

enum gw_cost {
#define COST(name) GW_COST_##name,
#include "http/rpc_cost.def"
#undef COST
	GW_COST_CNT,
};

/* gw_rpc_may tells whether user, empty for nobody, may call a method. */
bool gw_rpc_may(
    const struct gw_surface *s, struct bytes user, struct bytes method);

/* gw_rpc_cost returns the class of a method: its row's, or that of its name
 * space. */
enum gw_cost gw_rpc_cost(struct bytes method);

/* gw_rpc_units is what a call of a class counts for in filters rate and
 * user_rate, gw_rpc_time_ms how long it may take; 0: [node] time. */
uint64_t gw_rpc_units(const struct gw_surface *s, enum gw_cost cost);
uint64_t gw_rpc_time_ms(const struct gw_surface *s, enum gw_cost cost);

/* What a word of a list may be. */
enum gw_rpc_word {
	GW_RPC_WORD_OK,
	GW_RPC_WORD_NO_NAME, /* no method, name space or `default` */
	GW_RPC_WORD_USERS,   /* only methods_for may name it */
	GW_RPC_WORD_NEVER,   /* the node's own socket alone has it */
};

/* gw_rpc_word_check judges a word of `methods`, or of `methods_for`. */
enum gw_rpc_word gw_rpc_word_check(struct bytes word, bool is_for_user);

#endif
