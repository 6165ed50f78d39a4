/* SPDX-License-Identifier: Apache-2.0
 *
 * The node without threads of the chain's tests, for the threads' own.
 */
#include "../chain/yard.c"
