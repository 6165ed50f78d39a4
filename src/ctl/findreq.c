/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the log files from the newest to the oldest, line by line, and says
 * in words what a line says in JSON.
 */
#include "ctl/findreq.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "http/req.h"
#include "upstream/noderpc.h"

static const char *
text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text != NULL ? text : "-";
}

static long long
number_of(const json_t *line, const char *key)
{
	return (long long)json_integer_value(json_object_get(line, key));
}

/* print_shadow names the filters that would have refused. */
static void
print_shadow(FILE *out, const json_t *line)
{
	const json_t *all = json_object_get(line, "shadow"), *one;
	size_t i;

	json_array_foreach(all, i, one) fprintf(out,
	    "  in shadow, would have refused it: %s\n", json_string_value(one));
}

static void
print_end(FILE *out, const json_t *line)
{
	const char *cause = text_of(line, "cause");
	enum gw_refusal why;

	if (json_object_get(line, "aborted") != NULL)
		fprintf(out, "  the client left before its answer\n");
	if (json_object_get(line, "filter") != NULL)
		fprintf(out, "  refused by filter %s", text_of(line, "filter"));
	else if (json_object_get(line, "cause") != NULL)
		fprintf(out, "  refused by no filter");
	else
		return;
	if (gw_refusal_find(&why, bytes_of_str(cause)))
		fprintf(out, ": %s (%s)\n", cause,
		    gw_refusal_text(why, GW_LANG_EN));
	else
		fprintf(out, ": %s\n", cause);
}

static void
print_meaning(FILE *out, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	if (line == NULL) {
		fprintf(out, "  (no whole line)\n");
		return;
	}
	fprintf(out,
	    "  %s on surface %s from %s (%s): status %lld after %lld us\n",
	    text_of(line, "method"), text_of(line, "surface"),
	    text_of(line, "addr"), text_of(line, "country"),
	    number_of(line, "status"), number_of(line, "us"));
	print_shadow(out, line);
	print_end(out, line);
	json_decref(line);
}

static void
search(FILE *out, size_t *cnt, FILE *in, const char *needle)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, in)) > 0) {
		if (strstr(line, needle) == NULL)
			continue;
		++*cnt;
		fputs(line, out);
		if (line[n - 1] != '\n')
			fputc('\n', out);
		print_meaning(out, line);
	}
	free(line);
}

/* search_file looks into one file; one that is not there ends the search. */
static enum rc
search_file(FILE *out, size_t *cnt, bool *is_there, const char *path,
    const char *needle, struct err *e)
{
	FILE *in = fopen(path, "re");
	enum rc rc = RC_OK;

	*is_there = in != NULL;
	if (in == NULL)
		return errno == ENOENT
			   ? RC_OK
			   : FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	search(out, cnt, in, needle);
	if (ferror(in))
		rc = FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	(void)fclose(in);
	return rc;
}

enum rc
findreq_print(FILE *out, size_t *cnt, const struct gw_conf *c, const char *id,
    struct err *e)
{
	char path[PATH_MAX], needle[GW_REQ_ID_MAX + 16];
	bool is_there = true;
	uint64_t i;

	*cnt = 0;
	if (!gw_req_id_ok(bytes_of_str(id)))
		return FAIL(e, RC_BAD_INPUT,
		    "\"%s\" is no request id: 1 to %d of A-Z a-z 0-9 . _ -", id,
		    GW_REQ_ID_MAX);
	if (c->access_log[0] == '\0')
		return FAIL(e, RC_CONF, "%s has no access_log", c->file);
	(void)snprintf(needle, sizeof(needle), "\"req\":\"%s\"", id);
	TRY(search_file(out, cnt, &is_there, c->access_log, needle, e));
	/* Between two rotations the first file may be missing. */
	is_there = true;
	for (i = 1; is_there && i <= c->access_log_keep; i++) {
		(void)snprintf(path, sizeof(path), "%s.%llu", c->access_log,
		    (unsigned long long)i);
		TRY(search_file(out, cnt, &is_there, path, needle, e));
	}
	return RC_OK;
}
