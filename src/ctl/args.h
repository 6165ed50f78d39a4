/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a subcommand: options by table, the rest by place.
 */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

/* Most arguments that are no options: about as many names of files as xargs
 * hands over at once. */
enum { ARGS_MAX = 4096 };

/* struct arg_option is "--name VALUE", or with flag "--name" alone. */
struct arg_option {
	const char *name; /* with its dashes */
	const char **value;
	bool *flag;
};

struct args {
	const char *at[ARGS_MAX + 1]; /* those without dashes, then NULL */
	size_t cnt;
};

/*
 * args_read takes arguments apart. "--" ends the options, "-" and "-5" are
 * none; "--name=VALUE" is fine, too.
 *
 * argv    argv[0] is the subcommand's name
 * min,max  how many arguments without dashes there must be
 * Returns  false when something is wrong, which has been said on standard
 *          error, with the usage
 */
bool args_read(struct args *out, int argc, char **argv,
    const struct arg_option *options, size_t option_cnt, size_t min,
    size_t max);

/* struct arg_verb is what a subcommand's first argument may be, and how many
 * others go with it. */
struct arg_verb {
	const char *name;
	size_t min, max;
};

/*
 * args_verb finds the first argument, which is there, among verbs.
 *
 * command  the subcommand's name
 * Returns  its place; verb_cnt when it is none or has others than it takes,
 *          which has been said on standard error, with the usage
 */
size_t args_verb(const struct args *args, const char *command,
    const struct arg_verb *verbs, size_t verb_cnt);

#endif
