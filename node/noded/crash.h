/* SPDX-License-Identifier: Apache-2.0
 *
 * Last words: on a fatal signal the kept log lines go to standard error.
 */
#ifndef NODED_CRASH_H
#define NODED_CRASH_H

/* crash_install sets the handlers; once, in main, before threads. */
void crash_install(void);

#endif
