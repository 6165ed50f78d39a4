/* SPDX-License-Identifier: Apache-2.0
 *
 * The three standard descriptors. A program that is started without one gets
 * its number for the next file that it opens, and writes its lines there.
 */
#ifndef BASE_STDFD_H
#define BASE_STDFD_H

/* stdfd_fill opens what of 0, 1 and 2 is closed, so that reading finds the end
 * and writing fails as it would have. First thing in main. */
void stdfd_fill(void);

#endif
