/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes the folders that tests, benchmarks and fuzz targets leave. In the
 * header, because these link nothing of tests/support.
 */
#ifndef SUPPORT_TREE_H
#define SUPPORT_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

static inline int
tree_remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

/* tree_remove removes a folder with all below it, and follows no link; 0 when
 * all of it is gone. */
static inline int
tree_remove(const char *path)
{
	return nftw(path, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
