/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads whole files, bounded.
 */
#include "ctl/textfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum rc
textfile_read(struct arena *a, struct bytes *out, const char *path, size_t max,
    struct err *e)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	uint8_t *buf = NULL;
	size_t n = 0;
	bool is_known = f != NULL && fstat(fileno(f), &st) == 0;

	if (!is_known || !S_ISREG(st.st_mode)) {
		if (f != NULL)
			fclose(f);
		return FAIL(e, RC_IO, "%s: %s", path,
		    is_known ? "not a file" : strerror(errno));
	}
	if ((uint64_t)st.st_size <= max)
		buf = arena_alloc(a, (size_t)st.st_size + 1);
	if (buf != NULL)
		n = fread(buf, 1, (size_t)st.st_size, f);
	fclose(f);
	if ((uint64_t)st.st_size > max)
		return FAIL(e, RC_TOO_LARGE, "%s: %lld bytes, at most %zu",
		    path, (long long)st.st_size, max);
	if (buf == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	*out = bytes_of(buf, n);
	return RC_OK;
}
