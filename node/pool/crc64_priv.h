/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-64/XZ (polynomial of ECMA-182, reflected): finds every damage of up to
 * 64 bits in a row and all but one in 2^64 of the others.
 */
#ifndef POOL_CRC64_PRIV_H
#define POOL_CRC64_PRIV_H

#include "base/bytes.h"

struct crc64 {
	uint64_t table[8][256];
};

/* crc64_init fills the tables. */
void crc64_init(struct crc64 *c);

/* crc64_add continues a sum over in; a new one starts at 0. */
uint64_t crc64_add(const struct crc64 *c, uint64_t sum, struct bytes in);

#endif
