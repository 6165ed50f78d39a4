/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho geo`: makes the database of countries, and tells where an address
 * is and how that is known.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/ask.h"
#include "ctl/cmd.h"
#include "ctl/geobuild.h"
#include "http/geofile.h"

enum verb { BUILD, LOOKUP, VERB_CNT };

static const struct arg_verb verbs[VERB_CNT] = {
    [BUILD] = {"build", 0, 0},
    [LOOKUP] = {"lookup", 1, 1},
};

struct geo_args {
	size_t verb;
	const char *address;
	const char *v4, *v6, *out, *database, *conf;
	struct home home;
	char own[PATH_MAX]; /* database or configuration of the state */
};

static bool
parse_args(struct geo_args *a, int argc, char **argv)
{
	struct arg_option option[] = {
	    {"--v4", &a->v4, NULL},
	    {"--v6", &a->v6, NULL},
	    {"--out", &a->out, NULL},
	    {"--database", &a->database, NULL},
	    {"--conf", &a->conf, NULL},
	};
	struct args args;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 2))
		return false;
	a->verb = args_verb(&args, "geo", verbs, VERB_CNT);
	a->address = args.at[1];
	return a->verb < VERB_CNT;
}

static const char *
day_text(char out[16], uint64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (unix_s == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		return "on a day they do not tell";
	return out;
}

/* use_own makes path a file of the state directory, when none is given. */
static enum rc
use_own(struct geo_args *a, const char **path, const char *name, struct err *e)
{
	if (*path != NULL)
		return RC_OK;
	TRY(home_need(&a->home, e));
	*path = home_path(&a->home, a->own, "%s", name);
	return RC_OK;
}

static enum rc
build(struct geo_args *a, struct err *e)
{
	struct geobuild b = {.v4 = a->v4, .v6 = a->v6};
	bool is_own = a->out == NULL;
	char day[16];

	if (a->v4 == NULL && a->v6 == NULL) {
		b.v4 = GEOBUILD_V4;
		b.v6 = GEOBUILD_V6;
	}
	TRY(use_own(a, &a->out, GEOBUILD_OUT, e));
	if (is_own)
		TRY(home_mkdir(&a->home, "geo", HOME_SELF, 0755, e));
	b.out = a->out;
	TRY(geobuild_run(&b, &a->home, e));
	printf("%s: %zu ranges, %zu bytes, data made %s\n", b.out, b.range_cnt,
	    b.size_bytes, day_text(day, b.made_unix));
	return RC_OK;
}

/* before returns the address in front of a. */
static struct gw_addr
before(struct gw_addr a)
{
	size_t i = sizeof(a.b);

	while (i > 0 && a.b[i - 1]-- == 0)
		i--;
	return a;
}

static void
print_row(const struct gw_geo *g, const struct gw_geo_row *row)
{
	char first[GW_ADDR_TEXT_MAX], last[GW_ADDR_TEXT_MAX];
	struct gw_addr end;

	memset(&end, 0xff, sizeof(end));
	if (row + 1 < g->rows + g->cnt)
		end = before(row[1].from);
	printf("range     %s - %s\n", gw_addr_text(first, &row->from),
	    gw_addr_text(last, &end));
}

static void
print_source(const struct geo_args *a, const struct gw_place *p,
    const struct gw_geo_table *t, const struct gw_addr *addr)
{
	const struct gw_geo g = {t->rows, t->cnt};
	char day[16];

	if (p->is_mapped) {
		printf("source    map in %s\n", a->conf);
	} else if (t->cnt > 0) {
		printf("source    %s, made %s\n", a->database,
		    day_text(day, t->made_unix));
		print_row(&g, gw_geo_find(&g, addr));
	}
}

/* read_table reads the database, if there is to be one. */
static enum rc
read_table(struct gw_geo_table *t, const struct geo_args *a, struct err *e)
{
	struct err why = {0};
	enum rc rc;

	*t = (struct gw_geo_table){0};
	if (a->database[0] == '\0')
		return RC_OK;
	rc = gw_geofile_read(t, a->database, &why);
	return rc == RC_OK
		   ? RC_OK
		   : FAIL(e, rc, "%s: %s", a->database, err_message(&why, rc));
}

/* look answers as a gateway with configuration c would; NULL: by the
 * database alone. */
static enum rc
look(const struct geo_args *a, const struct gw_conf *c, struct err *e)
{
	char text[GW_ADDR_TEXT_MAX], where[GW_PLACE_TEXT_MAX];
	struct gw_geo_table t;
	struct gw_addr addr;
	struct gw_place p;

	if (!gw_addr_read(&addr, bytes_of_str(a->address)))
		return FAIL(
		    e, RC_BAD_INPUT, "\"%s\" is no address", a->address);
	TRY(read_table(&t, a, e));
	p = gw_place_of(t.cnt > 0 ? &(struct gw_geo){t.rows, t.cnt} : NULL,
	    c != NULL ? c->geo_maps : NULL, c != NULL ? c->geo_map_cnt : 0,
	    &addr);
	printf("address   %s\ncountry   %s\n", gw_addr_text(text, &addr),
	    gw_place_text(where, &p));
	print_source(a, &p, &t, &addr);
	gw_geofile_free(&t);
	return RC_OK;
}

static enum rc
lookup(struct geo_args *a, struct err *e)
{
	struct gw_conf *c;
	enum rc rc;

	if (a->database != NULL)
		return look(a, NULL, e);
	TRY(use_own(a, &a->conf, "conf/gateway.conf", e));
	TRY(ask_conf(&c, a->conf, e));
	a->database = c->geo_database;
	rc = look(a, c, e);
	gw_conf_drop(c);
	return rc;
}

int
cmd_geo(int argc, char **argv)
{
	struct geo_args a = {.address = NULL};
	struct err e = {0};
	enum rc rc;

	if (!parse_args(&a, argc, argv))
		return CMD_USAGE;
	rc = home_open(&a.home, false, &e);
	if (rc == RC_OK)
		rc = a.verb == LOOKUP ? lookup(&a, &e) : build(&a, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
