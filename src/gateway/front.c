/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins the framing machine (http/frame.c) to a connection's input. What a
 * request means is entry.c's.
 */
#include "gateway/conn.h"
#include "gateway/entry.h"
#include "gateway/worker.h"

static bool
feed_head(struct conn *c)
{
	struct bytes head;

	switch (gw_frame_head(&c->frame, &head, bytes_of(c->in, c->in_len))) {
	case GW_WHOLE:
		c->req_cnt++;
		entry_begin(c, head);
		return true;
	case GW_BAD:
		c->req_cnt++;
		worker_stat(STAT_REQ_BAD, 1);
		entry_malformed(c, c->frame.status);
		return true;
	case GW_MORE:
	case GW_PIECE:
		break;
	}
	return false;
}

static bool
feed_body(struct conn *c)
{
	struct bytes in = bytes_of(c->in, c->in_len), piece;

	while (c->state == CONN_BODY) {
		switch (gw_frame_next(&c->frame, &piece, &in)) {
		case GW_PIECE:
			entry_body(c, piece);
			break;
		case GW_WHOLE:
			conn_take(c, c->in_len - in.len);
			entry_body_end(c);
			return true;
		case GW_BAD:
			worker_stat(STAT_REQ_BAD, 1);
			entry_body_bad(c, c->frame.status);
			return true;
		case GW_MORE:
			conn_take(c, c->in_len - in.len);
			return false;
		}
	}
	return true;
}

bool
front_feed(struct conn *c)
{
	if (c->state == CONN_BODY)
		return feed_body(c);
	return c->in_len > 0 && feed_head(c);
}
