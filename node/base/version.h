/* SPDX-License-Identifier: Apache-2.0
 *
 * The version of everything built from this tree. The Makefile reads it here.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define SEKISHO_VERSION "0.1.0"

#endif
