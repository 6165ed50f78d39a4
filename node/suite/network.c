/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of rules in the suites: one fork from the first block on, or a change
 * from one to another at a block, a time or a total difficulty. And what a
 * test's config object sets beside.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "suite/suite.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"

static const struct {
	const char *name;
	enum fork fork;
} networks[] = {
#define NETWORK(name, fork) {name, FORK_##fork},
#include "suite/network.def"
#undef NETWORK
};

/* Main net's, which the suites use: EIP-6110. */
static const struct addr deposit_contract = {
    {0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c, 0xbb, 0x83,
	0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};

static bool
find(enum fork *out, struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(networks); i++)
		if (strlen(networks[i].name) == name.len &&
		    !strncasecmp(
			networks[i].name, (const char *)name.ptr, name.len)) {
			*out = networks[i].fork;
			return true;
		}
	return fork_find(out, name);
}

/* fill activates all forks up to f from the first block on. The DAO fork is
 * an event and no rule: only a change names it. */
static void
fill(struct fork_plan *out, enum fork f)
{
	size_t i;

	*out = fork_plan_none();
	out->chain_id = 1;
	out->has_deposit_contract = true;
	out->deposit_contract = deposit_contract;
	for (i = 0; i <= (size_t)f; i++)
		out->at[i] = i == FORK_DAO ? FORK_NEVER : 0;
}

/* place reads when a change takes place: "5", "Time15k", "DiffC0000". */
static bool
place(struct fork_plan *out, struct u256 *ttd, enum fork from, enum fork to,
    const char *text)
{
	bool is_diff = !strncmp(text, "Diff", 4);
	bool is_time = !strncmp(text, "Time", 4);
	char *end;
	uint64_t at;
	size_t i;

	if (is_diff || is_time)
		text += 4;
	at = strtoull(text, &end, is_diff ? 16 : 10);
	if (*end == 'k') {
		at *= 1000;
		end++;
	}
	if (end == text || *end != '\0')
		return false;
	if (is_diff) {
		out->has_ttd = true;
		*ttd = u256_from_u64(at);
		return true;
	}
	for (i = (size_t)from + 1; i <= (size_t)to; i++)
		if (i != FORK_DAO || to == FORK_DAO)
			out->at[i] = at;
	return true;
}

/* change reads "AToBAtX". */
static bool
change(struct fork_plan *out, struct u256 *ttd, const char *name)
{
	const char *to = strstr(name, "To"), *at;
	enum fork a, b;

	at = to == NULL ? NULL : strstr(to, "At");
	if (at == NULL || !find(&a, bytes_of(name, (size_t)(to - name))) ||
	    !find(&b, bytes_of(to + 2, (size_t)(at - to - 2))) || b <= a)
		return false;
	fill(out, a);
	return place(out, ttd, a, b, at + 2);
}

enum rc
suite_plan(
    struct fork_plan *out, struct u256 *ttd, const char *name, struct err *e)
{
	enum fork f;

	*ttd = U256_ZERO;
	if (find(&f, bytes_of_str(name)))
		fill(out, f);
	else if (!change(out, ttd, name))
		return FAIL(
		    e, RC_BAD_INPUT, "no rules are named \"%.80s\"", name);
	return RC_OK;
}

static enum rc
read_schedule(
    struct fork_plan *out, const char *name, const json_t *v, struct err *e)
{
	struct fork_blob *b;
	enum fork f;

	if (!find(&f, bytes_of_str(name)))
		return FAIL(e, RC_BAD_INPUT, "no such fork");
	b = &out->blob[f];
	TRY(suite_u64(&b->target, suite_get(v, "target"), e));
	TRY(suite_u64(&b->max, suite_get(v, "max"), e));
	TRY(suite_u64(&b->fraction, suite_get(v, "baseFeeUpdateFraction"), e));
	if (b->fraction == 0)
		return FAIL(e, RC_BAD_INPUT, "baseFeeUpdateFraction is zero");
	return RC_OK;
}

enum rc
suite_config(struct fork_plan *out, const json_t *test, struct err *e)
{
	const json_t *config = suite_get(test, "config");
	const json_t *schedule = suite_get(config, "blobSchedule");
	const char *name;
	json_t *v;

	if (suite_get(config, "chainid") != NULL)
		TRY(suite_within(e,
		    suite_u64(&out->chain_id, suite_get(config, "chainid"), e),
		    "config: chainid"));
	json_object_foreach((json_t *)(uintptr_t)schedule, name, v)
	    TRY(suite_within(e, read_schedule(out, name, v, e),
		"config: blobSchedule: %.40s", name));
	return RC_OK;
}
