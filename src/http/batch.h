/* SPDX-License-Identifier: Apache-2.0
 *
 * Several calls to the node that go together, for stages, and what came back.
 * A member that is missing or of another form gives an empty text or 0: an
 * answer with a gap is better than none.
 */
#ifndef HTTP_BATCH_H
#define HTTP_BATCH_H

#include "base/u256.h"
#include "http/req.h"

/* struct gw_batch is calls that go to the node together. */
struct gw_batch {
	struct gw_node_call *calls;
	size_t cnt, max;
	bool has_failed; /* no memory */
};

/* gw_batch_begin opens a batch of at most max calls. */
struct gw_batch gw_batch_begin(struct gw_req *r, size_t max);

/* gw_batch_add adds a call; params is a JSON array from a printf format, of
 * a few hundred bytes. Returns its place. */
size_t gw_batch_add(struct gw_req *r, struct gw_batch *b, const char *method,
    const char *params, ...) __attribute__((format(printf, 4, 5)));

/* gw_batch_send ends a stage: the batch goes to the node. */
enum gw_step gw_batch_send(struct gw_req *r, const struct gw_batch *b);

/* gw_batch_answer returns the answer to call i of the batch that came back;
 * NULL when it is an error, null, or too long to be read. */
const struct gw_json *gw_batch_answer(struct gw_req *r, size_t i);

/* gw_refuse_node ends a stage whose calls had no answer: the node is gone, or
 * slow. */
enum gw_step gw_refuse_node(struct gw_req *r);

/* gw_json_u64 and gw_json_u256 read a quantity: a member of o, or o itself
 * where key is NULL. o may be NULL. */
uint64_t gw_json_u64(const struct gw_json *o, const char *key);
struct u256 gw_json_u256(const struct gw_json *o, const char *key);

/* gw_json_text returns the text of a string member. o may be NULL. */
struct bytes gw_json_text(const struct gw_json *o, const char *key);

#endif
