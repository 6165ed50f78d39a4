/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two files of this library share: our machine behind EVMC's, and
 * one execution of it.
 */
#ifndef EVMC_EVMC_PRIV_H
#define EVMC_EVMC_PRIV_H

#include "evm/evm.h"
#include "evmc/abi.h"

struct evmc_run;

struct evmc_machine {
	struct evmc_vm face; /* first: hosts know nothing else */
	struct evm *vm;
	struct evmc_run *run; /* the running one, innermost */
	uint8_t *code;        /* of an account, copied from the host */
	size_t code_cap;
};

/* struct evmc_run is one execution: the context of our host. */
struct evmc_run {
	struct evmc_machine *machine;
	const struct evmc_host *host;
	struct evmc_context *context;
	enum fork fork;
	uint64_t number; /* of the block */
	int64_t refund;
	bool is_calling;
	bool is_starved;         /* there was no memory for a copy */
	struct evmc_result held; /* output of the last call */
};

/* evmc_host_of is our host over the one of a run. */
struct evm_host evmc_host_of(struct evmc_run *r);

/* evmc_release gives back what a result holds; it holds nothing then. */
void evmc_release(struct evmc_result *r);

static inline struct u256
evmc_word(const struct hash *h)
{
	return (struct u256){
	    {be64(h->b + 24), be64(h->b + 16), be64(h->b + 8), be64(h->b)}};
}

static inline struct hash
evmc_hash(const struct u256 *w)
{
	struct hash h;

	be64_put(h.b, w->w[3]);
	be64_put(h.b + 8, w->w[2]);
	be64_put(h.b + 16, w->w[1]);
	be64_put(h.b + 24, w->w[0]);
	return h;
}

#endif
