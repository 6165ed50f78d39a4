/* SPDX-License-Identifier: Apache-2.0
 *
 * A world without workers, for one question.
 */
#include "gateway/offline.h"

#include <stdio.h>

#include "base/clock.h"
#include "gateway/routes.h"
#include "gateway/shm.h"
#include "http/creds.h"
#include "http/explain.h"

enum { MEMORY_MAX = 64 * 1024 * 1024 };

static bool
read_all(struct arena *a, struct bytes *out, FILE *in)
{
	size_t cap = GW_EXPLAIN_FORM_MAX + 1;
	uint8_t *p = arena_alloc(a, cap);

	if (p == NULL)
		return false;
	*out = bytes_of(p, fread(p, 1, cap, in));
	return ferror(in) == 0;
}

int
offline_explain(const struct gw_process *p)
{
	struct gw_world world = {
	    .creds = gw_creds_new(), .mono_ms = clock_real()->mono_ms(NULL)};
	struct country_table countries = {.map = NULL};
	struct bytes form, out = {NULL, 0};
	struct arena a;
	bool is_good;

	if (world.creds == NULL)
		return 1;
	arena_init(&a, MEMORY_MAX);
	world.routes = gw_routes(&world.route_cnt);
	world.geo = country_read(p, &countries);
	shm_lend(&world, shm_new(1));
	if (read_all(&a, &form, stdin))
		(void)gw_explain(&a, &out, &world, p->conf, form);
	is_good = out.ptr != NULL &&
		  fwrite(out.ptr, 1, out.len, stdout) == out.len &&
		  putchar('\n') == '\n' && fflush(stdout) == 0;
	gw_creds_free(world.creds);
	arena_drop(&a);
	return is_good ? 0 : 1;
}
