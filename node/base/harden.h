/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process gives up before anything else.
 */
#ifndef BASE_HARDEN_H
#define BASE_HARDEN_H

/* harden_memory: no core dump, and not to be traced or read by others of the
 * same user. The second is taken back by a change of user and by exec. */
void harden_memory(void);

/* harden_daemon is harden_memory, and no new rights by exec. */
void harden_daemon(void);

#endif
