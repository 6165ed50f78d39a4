/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho explain`: what the gateway's filters say to a request, or what
 * became of one that was made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/ask.h"
#include "ctl/cmd.h"
#include "ctl/findreq.h"
#include "http/explain.h"
#include "upstream/noderpc.h"

enum { MEMORY_MAX = 8 * 1024 * 1024 };

struct explain {
	const char *surface, *from, *user, *cert, *data, *conf, *id;
	bool as_json, is_offline;
	const char *headers[GW_EXPLAIN_HEADER_MAX + 1];
	size_t header_cnt;
	struct args args;
	struct home home;
	struct arena arena;
};

/* --- the question --- */

/* take_headers cuts "-H NAME:VALUE", which may stand several times, out of
 * the arguments; returns how many are left, 0 when something is wrong. */
static int
take_headers(struct explain *x, int argc, char **argv)
{
	int i, left = 1;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-H") != 0) {
			argv[left++] = argv[i];
			continue;
		}
		if (i + 1 == argc || x->header_cnt == GW_EXPLAIN_HEADER_MAX)
			return 0;
		x->headers[x->header_cnt++] = argv[++i];
	}
	for (; i < argc; i++)
		argv[left++] = argv[i];
	return left;
}

static bool
put(struct buf *b, const char *name, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;
	bool ok;

	if (value == NULL)
		return true;
	ok = buf_put(b, name, strlen(name)) && buf_put_u8(b, '=');
	for (i = 0; value[i] != '\0'; i++) {
		uint8_t c = (uint8_t)value[i];

		ok = ok && buf_put_u8(b, '%') &&
		     buf_put_u8(b, (uint8_t)hex[c >> 4]) &&
		     buf_put_u8(b, (uint8_t)hex[c & 15]);
	}
	return ok && buf_put_u8(b, '&');
}

static enum rc
write_form(struct explain *x, struct bytes *out, struct err *e)
{
	struct buf b = buf_of(
	    arena_alloc(&x->arena, GW_EXPLAIN_FORM_MAX), GW_EXPLAIN_FORM_MAX);
	size_t i;
	bool ok = b.ptr != NULL && put(&b, "method", x->args.at[0]) &&
		  put(&b, "url", x->args.at[1]) &&
		  put(&b, "surface", x->surface) && put(&b, "from", x->from) &&
		  put(&b, "user", x->user) && put(&b, "cert", x->cert) &&
		  put(&b, "data", x->data);

	for (i = 0; i < x->header_cnt; i++)
		ok = ok && put(&b, "header", x->headers[i]);
	*out = bytes_of_buf(&b);
	return ok ? RC_OK : FAIL(e, RC_TOO_LARGE, "the request is too long");
}

/* --- the answer --- */

static const char *
text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text != NULL ? text : "";
}

static void
print_filter(const json_t *row)
{
	const json_t *ns = json_object_get(row, "ns");

	printf("%-10s%-12s%-16s", text_of(row, "filter"),
	    text_of(row, "verdict"), text_of(row, "reason"));
	if (ns != NULL)
		printf("%8lld ns", (long long)json_integer_value(ns));
	printf("\n");
}

static void
print_answer(const json_t *doc)
{
	const json_t *filters = json_object_get(doc, "filters"), *row;
	const json_t *status = json_object_get(doc, "status");
	size_t i;

	printf("listener  %s\nsurface   %s\nroute     %s\nclient    %s, %s\n\n",
	    text_of(doc, "listener"), text_of(doc, "surface"),
	    text_of(doc, "route"), text_of(doc, "client"),
	    text_of(doc, "country"));
	json_array_foreach(filters, i, row) print_filter(row);
	printf("\n%s", text_of(doc, "outcome"));
	if (!strcmp(text_of(doc, "outcome"), "depends"))
		printf(" on the password: it would be hashed and compared. "
		       "Explaining never does\nthat, nor looks whether it is "
		       "remembered: tries here are not counted. With\n--user "
		       "NAME the right password has been shown");
	if (status != NULL)
		printf(" with %lld", (long long)json_integer_value(status));
	if (json_object_get(doc, "cause") != NULL)
		printf(", %s", text_of(doc, "cause"));
	printf("\n");
}

static enum rc
print(const struct explain *x, const char *text, struct err *e)
{
	json_t *doc = json_loads(text, 0, NULL);
	enum rc rc = RC_OK;

	if (doc == NULL)
		rc = FAIL(e, RC_IO, "the gateway's answer is not JSON");
	else if (json_object_get(doc, "error") != NULL)
		rc = FAIL(e, RC_BAD_INPUT, "%s", text_of(doc, "error"));
	else if (x->as_json)
		printf("%s\n", text);
	else
		print_answer(doc);
	json_decref(doc);
	return rc;
}

/* --- the whole --- */

static enum rc
ask(struct explain *x, const struct gw_conf *c, struct err *e)
{
	struct bytes form;
	const char *text;
	enum rc rc = RC_UNAVAILABLE;

	TRY(write_form(x, &form, e));
	if (!x->is_offline)
		rc = ask_running(&x->arena, &text, c, form, e);
	if (rc == RC_UNAVAILABLE && !x->is_offline)
		fprintf(stderr,
		    "sekisho: %s; answered from %s alone, without what "
		    "clients have done\n",
		    e->text, x->conf);
	if (rc == RC_UNAVAILABLE)
		rc = ask_program(&x->arena, &text, &x->home, x->conf, form, e);
	return rc == RC_OK ? print(x, text, e) : rc;
}

static enum rc
find(const struct explain *x, const struct gw_conf *c, struct err *e)
{
	size_t cnt;

	TRY(findreq_print(stdout, &cnt, c, x->id, e));
	if (cnt > 0)
		return RC_OK;
	return FAIL(e, RC_NOT_FOUND,
	    "no request \"%s\" in %s and its rotated files", x->id,
	    c->access_log);
}

static enum rc
run(struct explain *x, struct err *e)
{
	char def[PATH_MAX];
	struct gw_conf *c;
	enum rc rc = home_open(&x->home, false, e);

	if (x->conf == NULL) {
		TRY(rc);
		TRY(home_need(&x->home, e));
		x->conf = home_path(&x->home, def, "conf/gateway.conf");
	} else if (x->home.bin[0] == '\0') {
		return rc; /* a file that is named needs only our programs */
	}
	TRY(ask_conf(&c, x->conf, e));
	rc = x->id != NULL ? find(x, c, e) : ask(x, c, e);
	gw_conf_drop(c);
	return rc;
}

int
cmd_explain(int argc, char **argv)
{
	struct explain x = {.as_json = false};
	struct arg_option option[] = {{"--surface", &x.surface, NULL},
	    {"--from", &x.from, NULL}, {"--user", &x.user, NULL},
	    {"--cert", &x.cert, NULL}, {"--data", &x.data, NULL},
	    {"--conf", &x.conf, NULL}, {"--id", &x.id, NULL},
	    {"--json", NULL, &x.as_json}, {"--offline", NULL, &x.is_offline}};
	struct err e = {0};
	enum rc rc;

	argc = take_headers(&x, argc, argv);
	if (argc == 0)
		return cmd_misuse("explain",
		    "-H needs a NAME:VALUE, and stands at most %d times",
		    (int)GW_EXPLAIN_HEADER_MAX);
	if (!args_read(&x.args, argc, argv, option, ARRAY_CNT(option), 0, 2))
		return CMD_USAGE;
	if (x.id == NULL && x.args.cnt < 2)
		return cmd_misuse("explain", "METHOD and URL are needed");
	if (x.id != NULL && x.args.cnt > 0)
		return cmd_misuse(
		    "explain", "--id stands without METHOD and URL");
	arena_init(&x.arena, MEMORY_MAX);
	rc = run(&x, &e);
	arena_drop(&x.arena);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
