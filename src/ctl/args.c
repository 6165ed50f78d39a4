/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes the arguments of a subcommand apart and says what is wrong with
 * them. Knows no option by name.
 */
#include "ctl/args.h"

#include <stdio.h>
#include <string.h>

#include "ctl/cmd.h"

struct walk {
	struct args *out;
	char **argv;
	int argc, i;
	const struct arg_option *options;
	size_t option_cnt;
};

static bool
is_option(const char *s)
{
	return s[0] == '-' && s[1] != '\0' && (s[1] < '0' || s[1] > '9') &&
	       s[1] != '.';
}

/* A value that belongs to a name may stand behind an equals sign. */
static const struct arg_option *
find(const struct walk *w, const char *text, const char **glued)
{
	size_t len = strcspn(text, "="), i;

	*glued = text[len] == '=' ? text + len + 1 : NULL;
	for (i = 0; i < w->option_cnt; i++)
		if (strlen(w->options[i].name) == len &&
		    !strncmp(w->options[i].name, text, len))
			return &w->options[i];
	return NULL;
}

/* Returns what is wrong, NULL for nothing. */
static const char *
take_option(struct walk *w, const char *text)
{
	const char *value;
	const struct arg_option *o = find(w, text, &value);

	if (o == NULL)
		return "is not one of its options";
	if (o->flag != NULL) {
		*o->flag = true;
		return value == NULL ? NULL : "takes no value";
	}
	if (*o->value != NULL)
		return "is given twice";
	if (value == NULL && w->i + 1 < w->argc)
		value = w->argv[++w->i];
	*o->value = value;
	return value != NULL && value[0] != '\0' ? NULL : "needs a value";
}

static const char *
take(struct walk *w, bool *is_over, size_t max)
{
	const char *text = w->argv[w->i];

	if (!*is_over && !strcmp(text, "--")) {
		*is_over = true;
		return NULL;
	}
	if (!*is_over && is_option(text))
		return take_option(w, text);
	if (w->out->cnt == max || w->out->cnt == ARGS_MAX)
		return "is one argument too many";
	w->out->at[w->out->cnt++] = text;
	return NULL;
}

bool
args_read(struct args *out, int argc, char **argv,
    const struct arg_option *options, size_t option_cnt, size_t min, size_t max)
{
	struct walk w = {out, argv, argc, 1, options, option_cnt};
	const char *fault = NULL, *text = NULL;
	bool is_over = false;

	memset(out, 0, sizeof(*out));
	for (; fault == NULL && w.i < argc; w.i++) {
		text = argv[w.i];
		fault = take(&w, &is_over, max);
	}
	if (fault != NULL)
		(void)cmd_misuse(argv[0], "\"%s\" %s", text, fault);
	else if (out->cnt < min)
		(void)cmd_misuse(argv[0], "an argument is missing");
	else
		return true;
	return false;
}

/* say_verbs tells which there are. */
static void
say_verbs(const char *command, const char *given, const struct arg_verb *verbs,
    size_t verb_cnt)
{
	char list[256] = "";
	size_t i, len = 0;

	for (i = 0; i < verb_cnt && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    i == 0 ? "" : ", ", verbs[i].name);
	(void)cmd_misuse(command, "\"%s\" is none of: %s", given, list);
}

size_t
args_verb(const struct args *args, const char *command,
    const struct arg_verb *verbs, size_t verb_cnt)
{
	size_t i = 0, more = args->cnt - 1;

	while (i < verb_cnt && strcmp(verbs[i].name, args->at[0]) != 0)
		i++;
	if (i == verb_cnt)
		say_verbs(command, args->at[0], verbs, verb_cnt);
	else if (more < verbs[i].min)
		(void)cmd_misuse(
		    command, "%s: an argument is missing", verbs[i].name);
	else if (more > verbs[i].max)
		(void)cmd_misuse(command, "%s: \"%s\" is one too many",
		    verbs[i].name, args->at[1 + verbs[i].max]);
	else
		return i;
	return verb_cnt;
}
