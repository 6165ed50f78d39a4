/* SPDX-License-Identifier: Apache-2.0
 *
 * The line of a daemon that works: once, where it is asked for.
 */
#include "base/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

static void
name(int fd)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", fd);
	CHECK(setenv(READY_VARIABLE, text, 1) == 0);
}

TEST(test_ready_tell_writes_once_and_closes)
{
	char got[32];
	int end[2];

	CHECK(pipe(end) == 0);
	name(end[1]);
	ready_tell();
	ready_tell();
	EXPECT(getenv(READY_VARIABLE) == NULL);
	EXPECT(read(end[0], got, sizeof(got)) == 6);
	EXPECT(memcmp(got, "ready\n", 6) == 0);
	/* The other end is closed: no second line, and no waiting for one. */
	EXPECT(read(end[0], got, sizeof(got)) == 0);
	close(end[0]);
}

TEST(test_ready_tell_without_a_descriptor_does_nothing)
{
	static const char *const row[] = {
	    "", "x", "-1", "1", "2", "3x", "99999999999999999999", "1023"};
	size_t i;

	(void)unsetenv(READY_VARIABLE);
	ready_tell();
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		CHECK(setenv(READY_VARIABLE, row[i], 1) == 0);
		ready_tell();
		/* Standard output is nobody's notice, and stays open. */
		EXPECT(write(STDOUT_FILENO, "", 0) == 0);
	}
	test_count(i);
	test_row(NULL);
	(void)unsetenv(READY_VARIABLE);
}
