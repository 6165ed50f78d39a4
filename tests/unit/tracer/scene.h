/* SPDX-License-Identifier: Apache-2.0
 *
 * A call with a tracer, on a world of a few accounts: what the tracer wrote.
 */
#ifndef UNIT_TRACER_SCENE_H
#define UNIT_TRACER_SCENE_H

#include "asm.h"
#include "tracer/tracer.h"

/* Who calls, who runs, who else there is, who gets the fees. */
enum {
	SCENE_FROM = ASM_CALLER,
	SCENE_SELF = ASM_SELF,
	SCENE_OTHER = ASM_OTHER,
	SCENE_AUTHOR = 0xaa
};

/* What the caller has; the program's account has 1000, slot 1 of it is 7. */
#define SCENE_FUNDS 1000000000000ULL

/*
 * struct scene is the call.
 *
 * self, other  programs (asm.h); NULL: no such account
 * init         a creation with this code instead of a call
 * answer_max   bytes that the trace may take
 */
struct scene {
	struct tracer_conf conf;
	const char *self, *other, *init;
	const char *input; /* hex */
	uint64_t gas, value, gas_price;
	enum fork fork;
	size_t answer_max;
	tracer_over_fn *is_over;
	void *ctx;
	struct err e; /* set by scene_run */
	enum rc rc;
};

/* scene_run runs it and returns what was written: "" when that failed. It
 * lives until the next one. */
const char *scene_run(struct scene *s);

/* struct scene_row is a line of a table of scenes. */
struct scene_row {
	const char *name;
	struct scene scene;
	const char *want;
};

/* scene_check runs a table. */
void scene_check(const struct scene_row *rows, size_t cnt);

#endif
