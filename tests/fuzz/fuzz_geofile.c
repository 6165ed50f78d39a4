/* SPDX-License-Identifier: Apache-2.0
 *
 * Country databases: any bytes are refused with a reason or give a table
 * that begins at :: and is in order. libmaxminddb itself is not
 * instrumented; whatever it does wrong shows as a crash.
 *
 * fuzz: cover=src/http/geofile.c
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "http/geofile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libmaxminddb 1.7.1 forgets a list when a description is damaged. Whoever
 * reads files for long does so in a process that ends (gateway/country.c). */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static void
look_at(const struct gw_geo_table *t)
{
	struct gw_geo g;
	size_t i;

	CHECK(gw_geo_view(&g, bytes_of(t->rows, t->cnt * sizeof(*t->rows))));
	for (i = 0; i < t->cnt; i++) {
		const struct gw_geo_row *r = &t->rows[i];
		char text[GW_PLACE_TEXT_MAX];
		struct gw_place p;

		CHECK(i == 0 ||
		      memcmp(&r[-1].from, &r->from, sizeof(r->from)) < 0);
		CHECK(gw_geo_find(&g, &r->from) == r);
		p = gw_place_of(&g, NULL, 0, &r->from);
		CHECK((p.kind == GW_PLACE_COUNTRY) ==
		      gw_country_is_set(r->country));
		CHECK(gw_place_text(text, &p)[0] != '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("db", MFD_CLOEXEC);
	struct gw_geo_table t;
	struct err e = {0};
	char path[32];
	enum rc rc;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = gw_geofile_read(&t, path, &e);
	CHECK((rc == RC_OK) == (e.text[0] == '\0'));
	if (rc == RC_OK)
		look_at(&t);
	gw_geofile_free(&t);
	CHECK(close(fd) == 0);
	return 0;
}
