/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho contracts`: the platform's contracts on the chain of this state.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/deploy.h"

enum verb { DEPLOY, VERIFY, LIST, VERB_CNT };

static const struct arg_verb verbs[VERB_CNT] = {
    [DEPLOY] = {"deploy", 0, 0},
    [VERIFY] = {"verify", 0, 0},
    [LIST] = {"list", 0, 0},
};

struct contracts_args {
	size_t verb;
	const char *profile_text;
	enum contract_profile profile;
	struct signkey_ask key;
};

static bool
parse_profile(struct contracts_args *a)
{
	a->profile = CONTRACT_STRICT;
	if (a->profile_text == NULL)
		return true;
	if (contract_profile_read(&a->profile, a->profile_text) &&
	    a->profile != CONTRACT_STANDARD)
		return true;
	(void)cmd_misuse("contracts",
	    "--profile is strict or legacy, not \"%s\"", a->profile_text);
	return false;
}

static bool
parse_args(struct contracts_args *a, int argc, char **argv)
{
	struct arg_option option[] = {
	    {"--profile", &a->profile_text, NULL},
	    {"--from", &a->key.from, NULL},
	    {"--keystore", &a->key.keystore, NULL},
	    {"--password-file", &a->key.password_file, NULL},
	};
	struct args args;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 1))
		return false;
	a->verb = args_verb(&args, "contracts", verbs, VERB_CNT);
	if (a->verb == VERB_CNT || !parse_profile(a))
		return false;
	if (a->verb == DEPLOY ||
	    (a->key.from == NULL && a->key.keystore == NULL &&
		a->key.password_file == NULL))
		return true;
	(void)cmd_misuse("contracts",
	    "--from, --keystore and --password-file go with deploy");
	return false;
}

static void
print_line(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
}

/* Without --profile, those of which there is anything. */
static enum rc
verify(const struct contracts_args *a, const struct home *h, struct err *e)
{
	enum contract_profile p;
	size_t good, bad, all_good = 0, all_bad = 0;

	for (p = CONTRACT_STRICT; p < CONTRACT_PROFILE_CNT; p++) {
		if (a->profile_text != NULL && p != a->profile)
			continue;
		TRY(deploy_verify(h, p, print_line, &good, &bad, e));
		all_good += good;
		all_bad += bad;
	}
	if (all_bad > 0)
		return FAIL(e, RC_CORRUPT,
		    "%zu of %zu contracts are not as "
		    "they must be",
		    all_bad, all_good + all_bad);
	if (all_good == 0)
		return FAIL(e, RC_NOT_FOUND,
		    "no contracts here; `sekisho contracts deploy` makes them");
	return RC_OK;
}

static enum rc
list(const struct contracts_args *a, const struct home *h, struct err *e)
{
	enum contract_profile p;

	for (p = CONTRACT_STRICT; p < CONTRACT_PROFILE_CNT; p++)
		if (a->profile_text == NULL || p == a->profile)
			TRY(deploy_list(h, p, print_line, e));
	return RC_OK;
}

static enum rc
run(const struct contracts_args *a, struct err *e)
{
	struct home h;

	TRY(home_open(&h, false, e));
	TRY(home_need(&h, e));
	if (a->verb == VERIFY)
		return verify(a, &h, e);
	if (a->verb == LIST)
		return list(a, &h, e);
	return deploy_run(&h, a->profile, &a->key, print_line, e);
}

int
cmd_contracts(int argc, char **argv)
{
	struct contracts_args a = {.verb = VERB_CNT};
	struct err e = {0};
	enum rc rc;

	if (!parse_args(&a, argc, argv))
		return CMD_USAGE;
	rc = run(&a, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
