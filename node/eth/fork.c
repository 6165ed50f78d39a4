/* SPDX-License-Identifier: Apache-2.0
 *
 * Fork rows as data, and the two questions asked of a plan. What a fork
 * changes is in the libraries that change: opcodes, gas, header fields.
 */
#include "eth/fork.h"

#include "base/check.h"

#include <strings.h>

enum fork_kind { KIND_BLOCK, KIND_TIME };

static const struct {
	const char *name, *key;
	enum fork_kind kind;
} rows[FORK_CNT] = {
#define FORK(name, kind, key, spec) [FORK_##name] = {#name, key, KIND_##kind},
#include "eth/fork.def"
#undef FORK
};

/* Blob schedule where the genesis gives none: EIP-4844, EIP-7691, EIP-7892's
 * parameter forks as go-ethereum knows them for main net (the first two) and
 * for tests. */
static const struct fork_blob blob_defaults[FORK_CNT] = {
    [FORK_CANCUN] = {.target = 3, .max = 6, .fraction = 3338477},
    [FORK_PRAGUE] = {.target = 6, .max = 9, .fraction = 5007716},
    [FORK_OSAKA] = {.target = 6, .max = 9, .fraction = 5007716},
    [FORK_BPO1] = {.target = 10, .max = 15, .fraction = 8346193},
    [FORK_BPO2] = {.target = 14, .max = 21, .fraction = 11684671},
    [FORK_BPO3] = {.target = 21, .max = 32, .fraction = 20609697},
    [FORK_BPO4] = {.target = 14, .max = 21, .fraction = 13739630},
    [FORK_BPO5] = {.target = 14, .max = 21, .fraction = 13739630},
};

struct fork_plan
fork_plan_none(void)
{
	struct fork_plan p = {.evm_fork = FORK_FRONTIER};
	size_t i;

	for (i = 0; i < FORK_CNT; i++)
		p.at[i] = FORK_NEVER;
	p.at[FORK_FRONTIER] = 0;
	memcpy(p.blob, blob_defaults, sizeof(p.blob));
	return p;
}

bool
fork_is_active(
    const struct fork_plan *p, enum fork f, uint64_t number, uint64_t time)
{
	if (f == FORK_FRONTIER)
		return true;
	if (p->at[f] == FORK_NEVER)
		return false;
	if (rows[f].kind == KIND_BLOCK)
		return p->at[f] <= number;
	return p->at[f] <= time && p->at[FORK_LONDON] <= number;
}

enum fork
fork_at(const struct fork_plan *p, uint64_t number, uint64_t time)
{
	unsigned f = FORK_CNT - 1;

	while (
	    f > FORK_FRONTIER && !fork_is_active(p, (enum fork)f, number, time))
		f--;
	return (enum fork)f;
}

enum fork
fork_evm_at(const struct fork_plan *p, uint64_t number, uint64_t time)
{
	enum fork f = fork_at(p, number, time);

	return p->evm_fork > f ? p->evm_fork : f;
}

const struct fork_blob *
fork_blob_at(const struct fork_plan *p, uint64_t number, uint64_t time)
{
	enum fork f = fork_at(p, number, time);

	return f < FORK_CANCUN ? NULL : &p->blob[f];
}

bool
fork_find(enum fork *out, struct bytes name)
{
	size_t i;

	for (i = 0; i < FORK_CNT; i++)
		if (strlen(rows[i].name) == name.len &&
		    !strncasecmp(
			rows[i].name, (const char *)name.ptr, name.len)) {
			*out = (enum fork)i;
			return true;
		}
	return false;
}

const char *
fork_name(enum fork f)
{
	CHECK(f < FORK_CNT);
	return rows[f].name;
}

const char *
fork_key(enum fork f)
{
	CHECK(f < FORK_CNT);
	return rows[f].key;
}

bool
fork_is_time(enum fork f)
{
	CHECK(f < FORK_CNT);
	return rows[f].kind == KIND_TIME;
}
