/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of key files, seen through a descriptor that was opened before
 * the child was locked down. File names mean nothing; the address is the one
 * that the document says.
 */
#ifndef SIGNER_KEYDIR_PRIV_H
#define SIGNER_KEYDIR_PRIV_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

/*
 * keydir_list lists the addresses of all key files, ascending, each once.
 *
 * Errors  RC_IO; RC_NO_SPACE above SIGNER_FILE_MAX files
 */
enum rc keydir_list(
    struct arena *a, struct addr **out, size_t *cnt, int dir, struct err *e);

/*
 * keydir_open decrypts the key file of addr; of several, the first that the
 * password opens.
 *
 * key     32 bytes; wiped unless RC_OK
 * Errors  RC_NOT_FOUND, RC_BAD_PASSWORD, RC_DENIED for a file that others may
 *         read, RC_CORRUPT for a key of another address, those of
 *         keystore_open, RC_IO
 */
enum rc keydir_open(uint8_t key[32], int dir, const struct addr *addr,
    struct bytes password, struct err *e);

#endif
