/* SPDX-License-Identifier: Apache-2.0
 *
 * Country data as text: what is taken is in order and apart, and the
 * database that is made of it gives the same countries back.
 *
 * fuzz: cover=src/ctl/geosrc.c,src/ctl/geodb.c lib=ctl
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "ctl/geodb.h"
#include "http/geofile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_back(struct gw_geo_table *t, struct bytes db)
{
	int fd = memfd_create("db", MFD_CLOEXEC);
	char path[32];

	CHECK(fd >= 0 && write(fd, db.ptr, db.len) == (ssize_t)db.len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(gw_geofile_read(t, path, NULL) == RC_OK);
	CHECK(close(fd) == 0);
}

/* In the table IPv4 has the form that addresses have. */
static struct gw_addr
in_table(struct gw_addr a)
{
	static const uint8_t zero[12];

	return memcmp(a.b, zero, sizeof(zero)) == 0 ? gw_addr_of_v4(a.b + 12)
						    : a;
}

static void
look_at(const struct geo_source *s)
{
	struct gw_geo_table t;
	struct bytes db;
	size_t i;

	CHECK(geodb_make(&db, s, NULL) == RC_OK);
	read_back(&t, db);
	for (i = 0; i < s->cnt; i++) {
		const struct geo_range *r = &s->ranges[i];
		const struct gw_geo g = {t.rows, t.cnt};
		struct gw_addr first = in_table(r->first);
		struct gw_addr last = in_table(r->last);

		CHECK(memcmp(&r->first, &r->last, sizeof(first)) <= 0);
		CHECK(i == 0 ||
		      memcmp(&r[-1].last, &r->first, sizeof(first)) < 0);
		CHECK(gw_country_same(
		    gw_geo_find(&g, &first)->country, r->country));
		CHECK(gw_country_same(
		    gw_geo_find(&g, &last)->country, r->country));
	}
	gw_geofile_free(&t);
	mem_free((void *)(uintptr_t)db.ptr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct geo_source s = {0};
	struct err e = {0};
	enum rc rc = geosrc_read(&s, "f", bytes_of(data, size), &e);

	CHECK(rc == RC_OK || (rc == RC_BAD_INPUT && e.text[0] != '\0'));
	if (rc == RC_OK && s.cnt > 0)
		look_at(&s);
	geosrc_free(&s);
	return 0;
}
