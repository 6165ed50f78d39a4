/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the search tree of a database in the order of its addresses and
 * writes down where the country changes. IPv4, which lies at ::/96 in a
 * tree of IPv6, moves to ::ffff:0:0/96, where addresses have it here.
 */
#include "http/geofile.h"

#include <errno.h>
#include <sys/stat.h>

#include <maxminddb.h>

#include "base/arena.h"
#include "base/check.h"

enum {
	ADDR_BITS = 128,
	V4_AT_BIT = 96,
	ROW_CAP_MIN = 4096,
	CACHE_CNT = 1024,
	DATA_SEPARATOR = 16, /* zero bytes between tree and data */
};

/* Countries by where they stand in the data section. */
struct cached {
	uint32_t key; /* offset + 1; 0: free */
	struct gw_country country;
};

struct walk {
	MMDB_s *db;
	struct gw_geo_table *out;
	size_t visits;
	bool has_country;
	struct cached cache[CACHE_CNT];
};

/* struct branch is a part of the tree that is still to be walked. */
struct branch {
	struct gw_addr from;
	unsigned depth; /* bits of from that count */
	uint64_t record;
};

/* struct window is which part of the tree is wanted, and as what. */
struct window {
	struct gw_addr first, last;
	bool is_v4; /* lies at ::ffff:0:0/96 in the table */
};

static enum rc
grow(struct gw_geo_table *t, struct err *e)
{
	size_t cap = t->cap == 0 ? ROW_CAP_MIN : t->cap * 2;
	struct gw_geo_row *rows;

	if (t->cap >= GW_GEO_ROW_MAX)
		return FAIL(e, RC_NO_SPACE, "more than %d address ranges",
		    GW_GEO_ROW_MAX);
	rows = mem_resize(t->rows, t->cap * sizeof(*rows), cap * sizeof(*rows));
	if (rows == NULL)
		return FAIL(e, RC_NO_MEMORY, "country table");
	t->rows = rows;
	t->cap = cap;
	return RC_OK;
}

/* put adds a row, unless the country goes on. */
static enum rc
put(struct walk *w, struct gw_addr from, struct gw_country country,
    struct err *e)
{
	struct gw_geo_table *t = w->out;

	if (t->cnt > 0 && gw_country_same(t->rows[t->cnt - 1].country, country))
		return RC_OK;
	if (t->cnt == t->cap)
		TRY(grow(t, e));
	t->rows[t->cnt++] = (struct gw_geo_row){from, country};
	w->has_country |= gw_country_is_set(country);
	return RC_OK;
}

static enum rc
damaged(int status, struct err *e)
{
	return FAIL(e, RC_CORRUPT, "%s",
	    status == MMDB_SUCCESS ? "the search tree is damaged"
				   : MMDB_strerror(status));
}

/* take_text tells whether a value was found; what is no code is none. */
static bool
take_text(struct gw_country *out, int *status, const MMDB_entry_data_s *d)
{
	if (*status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR) {
		*status = MMDB_SUCCESS;
		return false;
	}
	if (*status != MMDB_SUCCESS || !d->has_data ||
	    d->type != MMDB_DATA_TYPE_UTF8_STRING)
		return false;
	return gw_country_take(out, bytes_of(d->utf8_string, d->data_size));
}

static enum rc
read_country(
    struct walk *w, struct gw_country *out, uint32_t offset, struct err *e)
{
	MMDB_entry_s entry = {.mmdb = w->db, .offset = offset};
	MMDB_entry_data_s d;
	int status = MMDB_get_value(&entry, &d, "country", "iso_code", NULL);

	*out = (struct gw_country){0};
	if (take_text(out, &status, &d))
		return RC_OK;
	if (status == MMDB_SUCCESS) {
		status = MMDB_get_value(&entry, &d, "country_code", NULL);
		if (take_text(out, &status, &d))
			return RC_OK;
	}
	return status == MMDB_SUCCESS ? RC_OK : damaged(status, e);
}

static enum rc
country_at(
    struct walk *w, struct gw_country *out, uint64_t record, struct err *e)
{
	uint64_t offset = record - w->db->metadata.node_count - DATA_SEPARATOR;
	struct cached *c = &w->cache[offset % CACHE_CNT];

	if (record < (uint64_t)w->db->metadata.node_count + DATA_SEPARATOR ||
	    offset >= w->db->data_section_size)
		return damaged(MMDB_SUCCESS, e);
	if (c->key != (uint32_t)offset + 1) {
		TRY(read_country(w, &c->country, (uint32_t)offset, e));
		c->key = (uint32_t)offset + 1;
	}
	*out = c->country;
	return RC_OK;
}

/* last_of returns the last address of a branch. */
static struct gw_addr
last_of(const struct branch *b)
{
	struct gw_addr a = b->from;
	unsigned i = b->depth / 8;

	if (i < sizeof(a.b)) {
		a.b[i] |= (uint8_t)(0xff >> b->depth % 8);
		memset(a.b + i + 1, 0xff, sizeof(a.b) - i - 1);
	}
	return a;
}

static bool
is_outside(const struct window *win, const struct branch *b)
{
	struct gw_addr last = last_of(b);

	return memcmp(&last, &win->first, sizeof(last)) < 0 ||
	       memcmp(&b->from, &win->last, sizeof(last)) > 0;
}

/* leaf writes down a branch that does not fork. */
static enum rc
leaf(struct walk *w, const struct window *win, const struct branch *b,
    struct err *e)
{
	struct gw_country country = {0};
	struct gw_addr from = b->from;

	if (b->record != w->db->metadata.node_count)
		TRY(country_at(w, &country, b->record, e));
	if (memcmp(&from, &win->first, sizeof(from)) < 0)
		from = win->first;
	if (win->is_v4)
		from = gw_addr_of_v4(from.b + 12);
	return put(w, from, country, e);
}

/* fork puts both sides of a node on the stack, the left one on top. */
static enum rc
fork_at(struct walk *w, struct branch *stack, size_t *cnt, struct branch b,
    struct err *e)
{
	MMDB_search_node_s node;
	int status;

	if (b.depth >= ADDR_BITS)
		return FAIL(e, RC_CORRUPT, "the search tree is too deep");
	if (++w->visits > GW_GEO_VISIT_MAX)
		return FAIL(e, RC_NO_SPACE, "more than %d nodes to look at",
		    GW_GEO_VISIT_MAX);
	status = MMDB_read_node(w->db, (uint32_t)b.record, &node);
	if (status != MMDB_SUCCESS)
		return damaged(status, e);
	CHECK(*cnt + 2 <= ADDR_BITS + 1);
	stack[*cnt] = (struct branch){b.from, b.depth + 1, node.right_record};
	stack[*cnt].from.b[b.depth / 8] |= (uint8_t)(0x80 >> b.depth % 8);
	stack[*cnt + 1] =
	    (struct branch){b.from, b.depth + 1, node.left_record};
	*cnt += 2;
	return RC_OK;
}

/* walk goes through what lies in the window. */
static enum rc
walk(struct walk *w, const struct window *win, struct err *e)
{
	bool is_v4_tree = w->db->metadata.ip_version == 4;
	struct branch stack[ADDR_BITS + 1] = {
	    {.depth = is_v4_tree ? V4_AT_BIT : 0}};
	size_t cnt = 1;

	while (cnt > 0) {
		struct branch b = stack[--cnt];

		if (is_outside(win, &b))
			continue;
		if (b.record < w->db->metadata.node_count)
			TRY(fork_at(w, stack, &cnt, b, e));
		else
			TRY(leaf(w, win, &b, e));
	}
	return RC_OK;
}

static enum rc
walk_all(struct walk *w, struct err *e)
{
	/* ::/96 is IPv4, ::ffff:0:0/96 at most another name for it. */
	static const struct window v6_low = {.first = {{[11] = 1}},
	    .last = {{[10] = 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff}}};
	static const struct window v4 = {
	    .last = {{[12] = 0xff, 0xff, 0xff, 0xff}}, .is_v4 = true};
	static const struct window v6_high = {.first = {{[9] = 1}},
	    .last = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
	const struct gw_country none = {0};
	bool is_v6 = w->db->metadata.ip_version == 6;

	TRY(put(w, (struct gw_addr){0}, none, e));
	if (is_v6)
		TRY(walk(w, &v6_low, e));
	TRY(walk(w, &v4, e));
	if (is_v6)
		TRY(walk(w, &v6_high, e));
	else
		TRY(put(w, v6_high.first, none, e));
	if (!w->has_country)
		return FAIL(e, RC_CORRUPT, "names no country");
	return RC_OK;
}

/* A pipe or a folder would hold libmaxminddb up, or confuse it. */
static enum rc
check_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return FAIL(e, RC_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return FAIL(e, RC_IO, "not a file");
	return RC_OK;
}

enum rc
gw_geofile_read(struct gw_geo_table *out, const char *path, struct err *e)
{
	struct walk w = {.out = out};
	MMDB_s db;
	enum rc rc;
	int status;

	*out = (struct gw_geo_table){0};
	TRY(check_file(path, e));
	status = MMDB_open(path, MMDB_MODE_MMAP, &db);
	if (status != MMDB_SUCCESS)
		return damaged(status, e);
	w.db = &db;
	if (db.metadata.build_epoch > 1)
		out->made_unix = db.metadata.build_epoch;
	rc = walk_all(&w, e);
	MMDB_close(&db);
	if (rc != RC_OK)
		gw_geofile_free(out);
	return rc;
}

void
gw_geofile_free(struct gw_geo_table *t)
{
	mem_free(t->rows);
	*t = (struct gw_geo_table){0};
}
