/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills the standard descriptors. Closes and replaces none.
 */
#include "base/stdfd.h"

#include <fcntl.h>
#include <unistd.h>

void
stdfd_fill(void)
{
	int fd;

	/* The lowest number that is free; only for reading, lest somebody
	 * believes that what was written has arrived. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}
