/* SPDX-License-Identifier: Apache-2.0
 *
 * From field elements into the groups of BLS12-381: map_to_curve and
 * clear_cofactor of RFC 9380, section 8.8.
 */
#ifndef CRYPTO_BLS_MAP_PRIV_H
#define CRYPTO_BLS_MAP_PRIV_H

#include "crypto/bls_curve_priv.h"

void bls_g1_map(struct bls_g1 *out, const struct bls_fp *u);
void bls_g2_map(struct bls_g2 *out, const struct bls_fp2 *u);

#endif
