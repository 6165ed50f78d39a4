/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests found by their id in the access log and its rotated files.
 */
#include "ctl/findreq.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "capture.h"
#include "http/req.h"
#include "test.h"

/* A log of two lines, an old one, and one that is too old. */
struct place {
	char log[128];
	struct gw_conf conf;
	char *said;
	size_t said_len, cnt;
};

static void
write_file(struct place *p, const char *suffix, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s%s", p->log, suffix);
	(void)unlink(path);
	if (text != NULL)
		test_write(path, text, 0600);
}

static void
open_place(struct place *p)
{
	memset(p, 0, sizeof(*p));
	(void)snprintf(p->log, sizeof(p->log), "%s/find.log", test_tmpdir());
	p->conf.access_log = p->log;
	p->conf.access_log_keep = 2;
	p->conf.file = "c";
	write_file(p, "",
	    "{\"req\":\"a\",\"addr\":\"192.0.2.1\",\"country\":\"JP\","
	    "\"surface\":\"wallet\","
	    "\"method\":\"GET\",\"status\":401,\"us\":7,"
	    "\"cause\":\"unauthorized\",\"filter\":\"basic:unauthorized\"}\n"
	    "{\"req\":\"ab\",\"surface\":\"ops\",\"method\":\"GET\","
	    "\"status\":200,\"us\":7,\"shadow\":[\"net:denied\"]}\n"
	    "{\"req\":\"cut\",\"surf");
	write_file(p, ".1",
	    "{\"req\":\"old\",\"status\":503,\"cause\":\"node_gone\"}\n"
	    "{\"req\":\"ab\",\"status\":400,\"cause\":\"new_word\","
	    "\"aborted\":1}\n");
	write_file(p, ".2", "{\"req\":\"older\",\"status\":200}\n");
	write_file(p, ".3", "{\"req\":\"oldest\",\"status\":200}\n");
}

static enum rc
find(struct place *p, const char *id, struct err *e)
{
	FILE *out = open_memstream(&p->said, &p->said_len);
	enum rc rc;

	CHECK(out != NULL);
	rc = findreq_print(out, &p->cnt, &p->conf, id, e);
	(void)fclose(out);
	return rc;
}

TEST(test_findreq_rows_are_found_and_explained)
{
	static const struct {
		const char *id;
		size_t cnt;
		const char *says;
	} row[] = {
	    {"a", 1,
		"  GET on surface wallet from 192.0.2.1 (JP): status 401 after "
		"7 us"
		"\n  refused by filter basic:unauthorized: unauthorized (user "
		"name and password needed)\n"},
	    {"ab", 2, "  in shadow, would have refused it: net:denied\n"},
	    {"ab", 2,
		"  the client left before its answer\n"
		"  refused by no filter: new_word\n"},
	    {"old", 1,
		"  refused by no filter: node_gone (node is not available now)"
		"\n"},
	    {"cut", 1, "\"surf\n  (no whole line)\n"},
	    {"older", 1, "status 200"},
	    {"oldest", 0, ""},
	    {"b", 0, ""},
	};
	struct place p;
	struct err e;
	size_t i;

	open_place(&p);
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].id);
		EXPECT(find(&p, row[i].id, &e) == RC_OK);
		EXPECT_U64(p.cnt, row[i].cnt);
		if (strstr(p.said, row[i].says) == NULL)
			test_fail(__FILE__, __LINE__, "said: %s", p.said);
		free(p.said);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_findreq_a_rotation_going_on_hides_nothing)
{
	struct place p;
	struct err e;

	open_place(&p);
	write_file(&p, "", NULL);
	EXPECT(find(&p, "old", &e) == RC_OK);
	EXPECT_U64(p.cnt, 1);
	free(p.said);
}

TEST(test_findreq_refuses_what_is_no_id_and_no_log)
{
	static char too_long[GW_REQ_ID_MAX + 2];
	static const char *const row[] = {
	    "", "a b", "a\"", "\xc3\xa4", too_long};
	struct place p;
	struct err e;
	size_t i;

	memset(too_long, 'a', GW_REQ_ID_MAX + 1);
	open_place(&p);
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i]);
		EXPECT(find(&p, row[i], &e) == RC_BAD_INPUT);
		free(p.said);
	}
	test_count(i);
	test_row(NULL);
	p.conf.access_log = "";
	EXPECT(find(&p, "a", &e) == RC_CONF);
	free(p.said);
	p.conf.access_log = test_tmpdir();
	EXPECT(find(&p, "a", &e) == RC_IO);
	free(p.said);
}
