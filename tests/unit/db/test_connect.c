/* SPDX-License-Identifier: Apache-2.0
 *
 * Which connection texts ask for a certificate.
 */
#include "db/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "pg.h"
#include "test.h"

TEST(test_connect_wants_proof_by_row)
{
	static const struct {
		const char *text;
		bool want;
	} row[] = {
	    {"", false},
	    {"dbname=a user=b", false},
	    {"host=/run/pg dbname=a", false},
	    {"host=@abstract dbname=a", false},
	    {"postgresql://%2Frun%2Fpg/a", false},
	    {"host=db.example dbname=a", true},
	    {"host=127.0.0.1", true},
	    {"hostaddr=192.0.2.1", true},
	    {"host=/run/pg hostaddr=192.0.2.1", true},
	    {"host=a,b", true},
	    {"postgresql://db.example/a", true},
	    {"postgresql://u@db.example:99/a?connect_timeout=5", true},
	    {"host=db.example sslmode=require", false},
	    {"host=db.example sslmode=disable", false},
	    {"postgresql://db.example/a?sslmode=prefer", false},
	    {"host=db.example sslmode=", true},
	    {"service=main", true},
	    {"service=main sslmode=require", false},
	    {"nonsense", false},
	    {"host='unfinished", false},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].text);
		EXPECT(db_wants_proof(row[i].text) == row[i].want);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_connect_the_environment_counts)
{
	CHECK(setenv("PGHOST", "db.example", 1) == 0);
	EXPECT(db_wants_proof("dbname=a"));
	EXPECT(!db_wants_proof("dbname=a host=/run/pg"));
	CHECK(setenv("PGSSLMODE", "require", 1) == 0);
	EXPECT(!db_wants_proof("dbname=a"));
	(void)unsetenv("PGHOST");
	(void)unsetenv("PGSSLMODE");
}

TEST(test_connect_network_by_row)
{
	static const struct {
		const char *text;
		bool want;
	} row[] = {
	    {"dbname=a", false},
	    {"host=/run/pg sslmode=require", false},
	    {"host=@abstract", false},
	    {"nonsense", false},
	    {"host=db.example sslmode=disable", true},
	    {"hostaddr=::1", true},
	    {"postgresql://db.example/a", true},
	    {"service=main", true},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].text);
		EXPECT(db_is_network(row[i].text) == row[i].want);
	}
	test_count(i);
	test_row(NULL);
}

TEST(test_connect_refused_says_why)
{
	struct err e = {0};
	PGconn *pg;

	EXPECT_RC(
	    db_connect(&pg, "host=/nonexistent dbname=a", &e), RC_UNAVAILABLE);
	EXPECT(pg == NULL);
	EXPECT(strstr(e.text, "/nonexistent/.s.PGSQL.") != NULL);
	EXPECT_RC(db_connect(&pg, "nonsense", &e), RC_UNAVAILABLE);
	EXPECT(strstr(e.text, "nonsense") != NULL);
}

/* Takes connections, as a server does that is stopped, and says nothing. */
TEST(test_connect_to_who_is_silent_ends_in_time)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err e = {0};
	char text[128];
	time_t begin;
	PGconn *pg;

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/.s.PGSQL.5432",
	    test_tmpdir());
	CHECK(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	CHECK(listen(fd, 4) == 0);
	(void)snprintf(text, sizeof(text), "host=%s", test_tmpdir());
	(void)unsetenv("PGCONNECT_TIMEOUT");
	begin = time(NULL);
	EXPECT_RC(db_connect(&pg, text, &e), RC_UNAVAILABLE);
	EXPECT(time(NULL) >= begin + 4);
	EXPECT(strstr(e.text, "timeout expired") != NULL);
	/* What the text and the environment say counts. */
	CHECK(setenv("PGCONNECT_TIMEOUT", "1000", 1) == 0);
	(void)snprintf(
	    text, sizeof(text), "host=%s connect_timeout=2", test_tmpdir());
	EXPECT_RC(db_connect(&pg, text, &e), RC_UNAVAILABLE);
	CHECK(setenv("PGCONNECT_TIMEOUT", "2", 1) == 0);
	(void)snprintf(text, sizeof(text), "host=%s", test_tmpdir());
	EXPECT_RC(db_connect(&pg, text, &e), RC_UNAVAILABLE);
	(void)unsetenv("PGCONNECT_TIMEOUT");
	close(fd);
}

/* The test's cluster has TLS off: a socket needs none, a network does. */
TEST(test_connect_over_a_socket)
{
	const char *text = test_pg();
	PGconn *pg;

	if (text == NULL)
		return;
	EXPECT_RC(db_connect(&pg, text, NULL), RC_OK);
	EXPECT(PQsslInUse(pg) == 0);
	PQfinish(pg);
}
