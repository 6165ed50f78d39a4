/* SPDX-License-Identifier: Apache-2.0
 *
 * One value of a request, screened for SQL: the first byte says where it
 * came from, the rest is the value, laid against memory that must not be
 * read (libinjection's object is not instrumented). The verdict is the same
 * twice, agrees with the action of each mode, and hex is never an attack.
 *
 * fuzz: cover=src/http/sqlscreen.c,src/http/sqlscreen_token.c lib=http
 */
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "http/sqlscreen.h"
#include "sqlrules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 20, PAGE = 4096 };

/* at_edge copies the value so that it ends where memory ends. */
static struct bytes
at_edge(const uint8_t *data, size_t size)
{
	static uint8_t *room;

	if (room == NULL) {
		room = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(room != MAP_FAILED);
		CHECK(mprotect(room + ROOM, PAGE, PROT_NONE) == 0);
	}
	size = size > ROOM ? ROOM : size;
	memcpy(room + ROOM - size, data, size);
	return bytes_of(room + ROOM - size, size);
}

static void
look_at_modes(
    enum gw_where where, struct bytes value, const struct gw_sql_verdict *v)
{
	static const enum gw_sql_shape shapes[] = {
	    GW_SQL_TEXT, GW_SQL_HEX, GW_SQL_BASE64, GW_SQL_SIGNED};
	struct bytes name = bytes_of_str("f");
	struct gw_sql_field field = {.name = name};
	struct gw_sql_conf conf = {.fields = &field, .field_cnt = 1};
	struct gw_sql_verdict w;
	bool is_high = v->score >= GW_SQL_BLOCK_AT;
	size_t i;

	for (i = 0; i < ARRAY_CNT(shapes); i++) {
		field.shape = shapes[i];
		conf.mode = GW_SQL_BLOCK;
		CHECK(gw_sql_judge(
			  &w, test_sql_rules(), &conf, where, name, value) ==
		      (is_high && !w.is_exempt ? GW_SQL_REFUSE : GW_SQL_PASS));
		CHECK(w.is_exempt == gw_sql_has_shape(shapes[i], value));
		CHECK(!w.is_exempt || w.score == 0);
		conf.mode = GW_SQL_DETECT;
		CHECK(gw_sql_judge(
			  &w, test_sql_rules(), &conf, where, name, value) ==
		      (is_high && !w.is_exempt ? GW_SQL_TELL : GW_SQL_PASS));
	}
	conf.mode = GW_SQL_OFF;
	CHECK(gw_sql_judge(&w, test_sql_rules(), &conf, where, name, value) ==
	      GW_SQL_PASS);
	CHECK(!gw_sql_has_shape(GW_SQL_HEX, value) || v->score == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_sql_verdict v, again;
	enum gw_where where;
	struct bytes value;

	if (size == 0)
		return 0;
	where = (enum gw_where)(data[0] % GW_WHERE_CNT);
	value = at_edge(data + 1, size - 1);
	gw_sql_screen(&v, test_sql_rules(), where, value);
	gw_sql_screen(&again, test_sql_rules(), where, value);
	CHECK(memcmp(&v, &again, sizeof(v)) == 0);
	CHECK(v.fired >> GW_SQL_RULE_CNT == 0);
	CHECK(memchr(v.fingerprint, '\0', sizeof(v.fingerprint)) != NULL);
	look_at_modes(where, value, &v);
	return 0;
}
