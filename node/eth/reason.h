/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a call was reverted, as Solidity's require, revert and assert say it.
 *
 * Spec  Solidity documentation, "Error handling: Assert, Require, Revert"
 */
#ifndef ETH_REASON_H
#define ETH_REASON_H

#include "base/bytes.h"

/* Room for the words of a panic. */
enum { REASON_PANIC_MAX = 128 };

/*
 * reason_read finds the words in what a revert returned: the text of
 * Error(string), the compiler's meaning of the code of Panic(uint256).
 *
 * out      view into data, or into room; any bytes, not always UTF-8
 * Returns  false: data is neither of the two, or cut short
 */
bool reason_read(
    struct bytes *out, char room[REASON_PANIC_MAX], struct bytes data);

#endif
