/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel that refuses: system calls of this program that fail on demand.
 */
#ifndef UNIT_SIGNER_FAULTS_H
#define UNIT_SIGNER_FAULTS_H

enum fault {
	FAULT_NONE,
#define FAULT(name, number, ret, params, args) FAULT_##name,
#define FAULT_LAST(name)                       FAULT_##name,
#include "faults.def"
#undef FAULT
#undef FAULT_LAST
	FAULT_CNT
};

/* fault_name is the name of a call. */
const char *fault_name(enum fault f);

/* fault_set makes the nth call of f from now on fail with code, and the
 * cnt - 1 after it. */
void fault_set(enum fault f, int code, unsigned nth, unsigned cnt);

/* fault_clear ends that; returns how many calls failed. */
unsigned fault_clear(void);

/* fault_sync_cnt counts the calls of fdatasync since the program's start. */
unsigned fault_sync_cnt(void);

#endif
