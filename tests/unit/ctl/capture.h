/* SPDX-License-Identifier: Apache-2.0
 *
 * What the code under test prints, and small homes for it.
 */
#ifndef UNIT_CTL_CAPTURE_H
#define UNIT_CTL_CAPTURE_H

#include "ctl/home.h"

/* capture_begin sends a descriptor's output (1 or 2) to memory;
 * capture_end brings it back and returns the text, until the next call. */
void capture_begin(int fd);
const char *capture_end(void);

/* test_home is a state directory to be, in the test's own folder, where all
 * parts are the user who runs the test. */
struct home test_home(void);

/* test_write writes a text file. */
void test_write(const char *path, const char *text, mode_t mode);

#endif
