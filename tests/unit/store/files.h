/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders and files as the store's tests bend them.
 */
#ifndef UNIT_STORE_FILES_H
#define UNIT_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct path {
	char s[512];
};

/* files_path formats a path. */
struct path files_path(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* files_copy_tree copies a folder with its subfolders; to must not exist. */
void files_copy_tree(const char *from, const char *to);

/* files_remove_tree removes a folder and all in it. */
void files_remove_tree(const char *path);

/* files_write makes path hold exactly b. */
void files_write(const char *path, struct bytes b);

/* files_flip turns bits of one byte. */
void files_flip(const char *path, uint64_t offset, uint8_t bits);

/* files_cut makes path len bytes long. */
void files_cut(const char *path, uint64_t len);

/* files_size is the length of path; 0 when there is none. */
uint64_t files_size(const char *path);

/* files_hush sends standard error nowhere, or back to where it was: for
 * failures that a test provokes and the store rightly reports. */
void files_hush(bool is_on);

#endif
