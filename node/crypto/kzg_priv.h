/* SPDX-License-Identifier: Apache-2.0
 *
 * The trusted setup's point, for the test that holds it against what was
 * published.
 */
#ifndef CRYPTO_KZG_PRIV_H
#define CRYPTO_KZG_PRIV_H

#include "crypto/bls_pairing_priv.h"

extern const struct bls_g2_affine kzg_setup_g2;

#endif
