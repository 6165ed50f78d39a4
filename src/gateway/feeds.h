/* SPDX-License-Identifier: Apache-2.0
 *
 * Subscriptions (eth_subscribe) of WebSocket clients. What several clients
 * have asked for in the same words is asked of the node once: a feed. Each
 * client has an id of its own for it. When the node is lost or another one is
 * used, feeds are asked for again there; clients keep their ids, and what
 * happened meanwhile is not told to them later.
 */
#ifndef GATEWAY_FEEDS_H
#define GATEWAY_FEEDS_H

#include <sys/queue.h>

#include "gateway/entry.h"
#include "http/nodewire.h"

struct feed;
struct feeds;
struct node_conn;
struct ws;

/* struct sub is one client's share in a feed. */
struct sub {
	TAILQ_ENTRY(sub) of_feed, of_ws;
	struct feed *feed;
	struct conn *conn;
	char id[35]; /* 0x, 32 digits, NUL: nobody guesses it */
};

TAILQ_HEAD(sub_list, sub);

/* feeds_open begins with none. */
struct feeds *feeds_open(void);

/* feed_start and feed_cancel drive FEED effects. */
bool feed_start(struct feeds *f, struct txn *t);
void feed_cancel(struct txn *t);

/* feeds_leave ends all subscriptions of a client. */
void feeds_leave(struct feeds *f, struct ws *w);

/*
 * For the node driver.
 */

/* feed_answer takes the node's answer to a feed's eth_subscribe; feed_asked
 * hears how the call ended, behind it or without one. */
enum rc feed_answer(struct feed *d, const struct gw_wire_answer *a);
void feed_asked(struct feed *d, enum rc rc);

/* feeds_notice hands a notification of the node to all who share the feed; a
 * feed that is none of ours any more is ended. */
void feeds_notice(
    struct feeds *f, struct node_conn *c, const struct gw_wire_notice *n);

/* feeds_lost: nothing more comes on this connection. */
void feeds_lost(struct feeds *f, const struct node_conn *c);

#endif
