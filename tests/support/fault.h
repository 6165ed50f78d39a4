/* SPDX-License-Identifier: Apache-2.0
 *
 * A child of a test program that plays steps on a folder, with faultio.so in
 * front of its system calls: it says of each step that it is acknowledged,
 * and ends in one of a few ways. The parent counts, and looks at what is
 * left.
 */
#ifndef TEST_FAULT_H
#define TEST_FAULT_H

#include <stdbool.h>

/* struct fault is what goes wrong; members are those of faultio.c. */
struct fault {
	const char *name;
	const char *calls; /* "write", "sync" or "read" */
	const char *error; /* NULL: EIO */
	int nth;           /* which of the calls, from 1; 0: none */
	bool is_once, is_kill;
	int short_bytes; /* -1: none */
};

/* How a child ends by itself. */
enum fault_end {
	FAULT_WHOLE = 0,   /* all steps played */
	FAULT_NO_OPEN = 2, /* refused to start */
	FAULT_FAILED = 3,  /* a step failed, and every later one too */
	FAULT_WENT_ON = 9  /* a step failed and a later one did not */
};

typedef enum fault_end fault_play(const char *dir);

/* FAULT_CHILD makes play what the children of this program do; once in a
 * program, outside of functions. */
#define FAULT_CHILD(play)                                                      \
	__attribute__((constructor)) static void fault_child_of_program(void)  \
	{                                                                      \
		fault_be_child(play);                                          \
	}
void fault_be_child(fault_play *play);

/* fault_ack is the child's word that one more step is acknowledged. */
void fault_ack(void);

/* fault_can_run tells whether the shim is there; else the test is skipped. */
bool fault_can_run(void);

/* fault_run plays a child under a fault; returns its wait status. */
int fault_run(const struct fault *f, const char *dir, unsigned *acked);

/* fault_has_struck tells whether the last run came to the n-th call. */
bool fault_has_struck(void);

/* fault_call_cnt is how many calls of its kind the last run made; 0 when it
 * was killed. */
int fault_call_cnt(void);

/* fault_expect_end expects the end of a child that a fault has struck. */
void fault_expect_end(const struct fault *f, int status);

#endif
