/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the precompiled contracts share: for each row of
 * precompile.def its price and its function.
 */
#ifndef EVM_PRECOMPILE_PRIV_H
#define EVM_PRECOMPILE_PRIV_H

#include "evm/evm_priv.h"

/*
 * evm_price_<name> is what a call with this input costs; UINT64_MAX: more
 * than anyone has. evm_run_<name> writes the output to out, which is empty
 * and has room for all that the price allows; false when the input is not
 * valid.
 */
#define PRECOMPILE(number, name, called, since, spec)                          \
	uint64_t evm_price_##name(struct bytes in, enum fork f);               \
	bool evm_run_##name(                                                   \
	    struct arena *scratch, struct buf *out, struct bytes in);
#include "evm/precompile.def"
#undef PRECOMPILE

/* evm_take_padded reads len bytes at an offset, zeros behind the end. */
void evm_take_padded(uint8_t *out, struct bytes in, size_t at, size_t len);

/* struct modexp_in is what opens the input of modexp. */
struct modexp_in {
	uint64_t base_len, exp_len, mod_len; /* UINT64_MAX: above it */
	struct u256 exp_head; /* the exponent's first 32 bytes, or all of it */
};

void evm_modexp_read(struct modexp_in *out, struct bytes in);

#endif
