/* SPDX-License-Identifier: Apache-2.0
 *
 * What the dialect's endpoints share: who may, how it is refused, how a block
 * looks.
 */
#ifndef DIALECT_DIALECT_PRIV_H
#define DIALECT_DIALECT_PRIV_H

#include "base/jsonw.h"
#include "http/batch.h"

/* Largest answer: a range of blocks with their transactions. */
enum { DL_ANSWER_MAX = 16 * 1024 * 1024 };

/*
 * dl_admit asks whether the caller may use a JSON-RPC method here, and
 * charges for so many calls of it; the first of them is the request itself.
 *
 * Returns  GW_NEXT, or GW_DONE with the refusal
 */
enum gw_step dl_admit(struct gw_req *r, const char *method, uint64_t calls);

/* dl_refuse ends a stage with {"detail": ...}; NULL: the refusal's own
 * text. */
enum gw_step dl_refuse(
    struct gw_req *r, enum gw_refusal why, const char *detail);

/* dl_refuse_node ends a stage whose calls had no answer. */
enum gw_step dl_refuse_node(struct gw_req *r);

/* dl_refuse_error ends a stage whose call the node answered with an error:
 * its message, status 400; 503 when the pool has no room. */
enum gw_step dl_refuse_error(struct gw_req *r, const struct gw_node_call *c);

/* dl_message returns the message of a node's error object, "" without. */
struct bytes dl_message(struct gw_req *r, const struct gw_node_call *c);

/* dl_fault says what is wrong with a field of the body; the field alone when
 * memory is short. */
const char *dl_fault(struct gw_req *r, const char *field, struct bytes why);

/* Calls that tell of one block: header, count of transactions, signer. */
enum { DL_BLOCK_HEADER, DL_BLOCK_COUNT, DL_BLOCK_SIGNER, DL_BLOCK_CALLS };

/* dl_add_block adds them; which is a number or tag without its quotes. */
void dl_add_block(struct gw_req *r, struct gw_batch *b, const char *which);

/* struct dl_block is what the dialect tells of a block; views into the node's
 * answer. */
struct dl_block {
	uint64_t height, time, tx_cnt;
	struct bytes hash, parent, proposer, state_root;
};

/* dl_read_block reads a header or block object, as it stands in an answer;
 * false when it is none. proposer is the header's, tx_cnt is left alone. */
bool dl_read_block(struct dl_block *out, struct bytes object);

/* dl_read_asked reads what the calls from place on have told. */
bool dl_read_asked(struct gw_req *r, struct dl_block *out, size_t place);

/* dl_put_block writes the members of a block. */
void dl_put_block(struct jsonw *w, const struct dl_block *b);

/* dl_member finds a member of an object without reading what else is in it;
 * empty when there is none. dl_str takes the quotes from a string without
 * escapes, empty for anything else; dl_num reads a quantity, 0 for anything
 * else. */
struct bytes dl_member(struct bytes object, const char *name);
struct bytes dl_str(struct bytes value);
uint64_t dl_num(struct bytes value);

/* dl_put_tx writes the members of a transaction. */
void dl_put_tx(struct jsonw *w, const struct gw_json *tx);

/* dl_is_hash tells whether text is 0x and 64 digits. */
bool dl_is_hash(struct bytes text);

#endif
