/* SPDX-License-Identifier: Apache-2.0
 *
 * Last words: on a fatal signal the kept log lines go to standard error.
 */
#ifndef NODED_CRASH_H
#define NODED_CRASH_H

/* crash_install sets the handlers; once, in main, before threads. */
void crash_install(void);

/* crash_thread gives the calling thread a stack for the handlers, so that an
 * overflow of its own leaves last words too. First in every thread. */
void crash_thread(void);

#endif
