/* SPDX-License-Identifier: Apache-2.0
 *
 * A database is a binary tree over the bits of addresses, a data section
 * that its leaves point into, and a description. Ranges come in order, so
 * each one goes on from the path of the one before and no node is looked at
 * twice.
 */
#include "ctl/geodb.h"

#include "base/arena.h"
#include "base/check.h"

enum {
	ADDR_BITS = 128,
	V4_AT_BIT = 96,
	NODE_CAP_MIN = 4096,
	/* Codes that gw_country_take takes. */
	CODE_CNT = 26 * 36,
	/* One entry of the data section. */
	ENTRY_LEN = 1 + 8 + 1 + 9 + 3,
	SEPARATOR_LEN = 16,
	RECORD_BITS = 24,
	DESCRIPTION_MAX = 512,
};

_Static_assert(
    GEODB_NODE_MAX + SEPARATOR_LEN + CODE_CNT * ENTRY_LEN < 1 << RECORD_BITS,
    "records hold every value");

/* A record while the tree grows: EMPTY, a node, or with LEAF an offset into
 * the data section. The root is in no record, so 0 is free. */
enum { EMPTY = 0 };
#define LEAF 0x80000000u

struct node {
	uint32_t side[2];
};

struct tree {
	struct node *nodes;
	size_t cnt, cap;
	/* the way to the last prefix: the nodes at depth 0 to path_cnt - 1 */
	uint32_t path[ADDR_BITS];
	unsigned path_cnt;
	struct gw_addr at;
	uint32_t entry_of[CODE_CNT]; /* number of its entry, from 1 */
	uint32_t entry_cnt;
	struct buf data;
	uint8_t data_room[CODE_CNT * ENTRY_LEN];
};

/* --- values of the data section --- */

enum {
	TYPE_STRING = 2,
	TYPE_U16 = 5,
	TYPE_U32 = 6,
	TYPE_MAP = 7,
	TYPE_U64 = 9,
	TYPE_ARRAY = 11,
	TYPE_EXTENDED = 7, /* types above stand in a byte of their own */
	SIZE_MORE = 29,    /* from here on the rest stands in a byte */
};

static void
put_type(struct buf *b, unsigned type, size_t size)
{
	unsigned shown = type > TYPE_EXTENDED ? 0 : type;
	uint8_t head = (uint8_t)(shown << 5);

	CHECK(size < SIZE_MORE + 256);
	CHECK(buf_put_u8(
	    b, (uint8_t)(head | (size < SIZE_MORE ? size : SIZE_MORE))));
	if (shown == 0)
		CHECK(buf_put_u8(b, (uint8_t)(type - TYPE_EXTENDED)));
	if (size >= SIZE_MORE)
		CHECK(buf_put_u8(b, (uint8_t)(size - SIZE_MORE)));
}

static void
put_text(struct buf *b, const char *text)
{
	put_type(b, TYPE_STRING, strlen(text));
	CHECK(buf_put(b, text, strlen(text)));
}

/* Numbers are as long as they need to be. */
static void
put_number(struct buf *b, const char *key, unsigned type, uint64_t v)
{
	uint8_t be[8];
	size_t skip = 0;

	put_text(b, key);
	be64_put(be, v);
	while (skip < sizeof(be) && be[skip] == 0)
		skip++;
	put_type(b, type, sizeof(be) - skip);
	CHECK(buf_put(b, be + skip, sizeof(be) - skip));
}

static unsigned
number_of(struct gw_country c)
{
	unsigned low = c.code[1] <= '9' ? 26u + c.code[1] - '0'
					: (unsigned)c.code[1] - 'A';

	return (unsigned)(c.code[0] - 'A') * 36 + low;
}

/* leaf_of returns the record of a country, with its entry in the data. */
static uint32_t
leaf_of(struct tree *t, struct gw_country c)
{
	const char text[3] = {(char)c.code[0], (char)c.code[1], '\0'};
	uint32_t *entry = &t->entry_of[number_of(c)];

	if (*entry == 0) {
		*entry = ++t->entry_cnt;
		put_type(&t->data, TYPE_MAP, 1);
		put_text(&t->data, "country");
		put_type(&t->data, TYPE_MAP, 1);
		put_text(&t->data, "iso_code");
		put_text(&t->data, text);
	}
	return LEAF | (*entry - 1) * ENTRY_LEN;
}

/* --- addresses --- */

static unsigned
bit(const struct gw_addr *a, unsigned i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

/* common_bits counts the leading bits that a and b share. */
static unsigned
common_bits(const struct gw_addr *a, const struct gw_addr *b)
{
	unsigned i = 0;

	while (i < sizeof(a->b) && a->b[i] == b->b[i])
		i++;
	for (i *= 8; i < ADDR_BITS && bit(a, i) == bit(b, i);)
		i++;
	return i;
}

/* fill_low sets the lowest cnt bits. */
static struct gw_addr
fill_low(struct gw_addr a, unsigned cnt)
{
	unsigned whole = cnt / 8, i;

	for (i = 0; i < whole; i++)
		a.b[15 - i] = 0xff;
	if (cnt % 8 != 0)
		a.b[15 - whole] |= (uint8_t)((1u << cnt % 8) - 1);
	return a;
}

/* host_bits returns how large a network may begin at first and end at or
 * before last. */
static unsigned
host_bits(const struct gw_addr *first, const struct gw_addr *last)
{
	unsigned cnt = 0;

	while (cnt < ADDR_BITS - 1 && bit(first, ADDR_BITS - 1 - cnt) == 0) {
		struct gw_addr end = fill_low(*first, cnt + 1);

		if (memcmp(&end, last, sizeof(end)) > 0)
			break;
		cnt++;
	}
	return cnt;
}

/* step_on makes a the next address; false behind the last one. */
static bool
step_on(struct gw_addr *a)
{
	size_t i = sizeof(a->b);

	while (i > 0 && ++a->b[i - 1] == 0)
		i--;
	return i > 0;
}

/* --- tree --- */

static enum rc
new_node(struct tree *t, uint32_t *out, struct err *e)
{
	size_t cap = t->cap == 0 ? NODE_CAP_MIN : t->cap * 2;
	struct node *p;

	if (t->cnt == t->cap) {
		if (t->cap >= GEODB_NODE_MAX)
			return FAIL(e, RC_NO_SPACE, "more than %d nodes",
			    GEODB_NODE_MAX);
		p = mem_resize(t->nodes, t->cap * sizeof(*p), cap * sizeof(*p));
		if (p == NULL)
			return FAIL(e, RC_NO_MEMORY, "search tree");
		t->nodes = p;
		t->cap = cap;
	}
	*out = (uint32_t)t->cnt++;
	return RC_OK;
}

/* put_prefix puts a record at the first bits of at, which lies behind all
 * that came before. */
static enum rc
put_prefix(struct tree *t, const struct gw_addr *at, unsigned bits,
    uint32_t record, struct err *e)
{
	unsigned depth = common_bits(&t->at, at);
	uint32_t *side;

	if (depth > t->path_cnt - 1)
		depth = t->path_cnt - 1;
	for (; depth < bits - 1; depth++) {
		uint32_t fresh = 0;

		TRY(new_node(t, &fresh, e));
		side = &t->nodes[t->path[depth]].side[bit(at, depth)];
		CHECK(*side == EMPTY);
		*side = fresh;
		t->path[depth + 1] = fresh;
	}
	side = &t->nodes[t->path[depth]].side[bit(at, depth)];
	CHECK(*side == EMPTY);
	*side = record;
	t->path_cnt = bits;
	t->at = *at;
	return RC_OK;
}

static enum rc
put_range(struct tree *t, const struct geo_range *r, struct err *e)
{
	uint32_t leaf = leaf_of(t, r->country);
	struct gw_addr at = r->first;

	do {
		unsigned host = host_bits(&at, &r->last);

		TRY(put_prefix(t, &at, ADDR_BITS - host, leaf, e));
		at = fill_low(at, host);
	} while (step_on(&at) && memcmp(&at, &r->last, sizeof(at)) <= 0);
	return RC_OK;
}

/* put_alias lets ::ffff:0:0/96 be the same as ::/96, where IPv4 lies. */
static enum rc
put_alias(struct tree *t, struct err *e)
{
	static const struct gw_addr mapped = {{[10] = 0xff, 0xff}};
	uint32_t record = 0;
	unsigned depth;

	for (depth = 0; depth < V4_AT_BIT; depth++) {
		record = t->nodes[record].side[0];
		if (record == EMPTY)
			return RC_OK;
	}
	return put_prefix(t, &mapped, V4_AT_BIT, record, e);
}

static bool
is_above_v4(const struct geo_range *r)
{
	static const struct gw_addr mapped = {{[10] = 0xff, 0xff}};

	return memcmp(&r->first, &mapped, sizeof(mapped)) > 0;
}

static enum rc
grow_tree(struct tree *t, const struct geo_source *s, struct err *e)
{
	bool has_alias = false;
	size_t i;

	TRY(new_node(t, &t->path[0], e));
	t->path_cnt = 1;
	for (i = 0; i < s->cnt; i++) {
		if (!has_alias && is_above_v4(&s->ranges[i])) {
			has_alias = true;
			TRY(put_alias(t, e));
		}
		TRY(put_range(t, &s->ranges[i], e));
	}
	return has_alias ? RC_OK : put_alias(t, e);
}

/* --- file --- */

static uint32_t
final_record(const struct tree *t, uint32_t record)
{
	if (record == EMPTY)
		return (uint32_t)t->cnt;
	if ((record & LEAF) == 0)
		return record;
	return (uint32_t)t->cnt + SEPARATOR_LEN + (record & ~LEAF);
}

static void
put_node(struct buf *b, const struct tree *t, const struct node *n)
{
	uint8_t be[4];
	size_t i;

	for (i = 0; i < ARRAY_CNT(n->side); i++) {
		be32_put(be, final_record(t, n->side[i]));
		CHECK(buf_put(b, be + 1, RECORD_BITS / 8));
	}
}

static void
put_description(struct buf *b, const struct tree *t, uint64_t made_unix)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";

	CHECK(buf_put(b, marker, sizeof(marker) - 1));
	put_type(b, TYPE_MAP, 9);
	put_number(b, "binary_format_major_version", TYPE_U16, 2);
	put_number(b, "binary_format_minor_version", TYPE_U16, 0);
	/* libmaxminddb takes no 0; http/geofile.h knows what 1 means. */
	put_number(b, "build_epoch", TYPE_U64, made_unix > 0 ? made_unix : 1);
	put_text(b, "database_type");
	put_text(b, "Sekisho-Country");
	put_text(b, "description");
	put_type(b, TYPE_MAP, 1);
	put_text(b, "en");
	put_text(b, "countries of address ranges, made by sekisho geo build");
	put_number(b, "ip_version", TYPE_U16, 6);
	put_text(b, "languages");
	put_type(b, TYPE_ARRAY, 0);
	put_number(b, "node_count", TYPE_U32, t->cnt);
	put_number(b, "record_size", TYPE_U16, RECORD_BITS);
}

static enum rc
write_out(
    struct bytes *out, const struct tree *t, uint64_t made_unix, struct err *e)
{
	static const uint8_t separator[SEPARATOR_LEN];
	size_t i, size = t->cnt * RECORD_BITS / 4 + SEPARATOR_LEN +
			 t->data.len + DESCRIPTION_MAX;
	struct buf b = buf_of(mem_new(size), size);

	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "country database");
	for (i = 0; i < t->cnt; i++)
		put_node(&b, t, &t->nodes[i]);
	CHECK(buf_put(&b, separator, sizeof(separator)));
	CHECK(buf_put(&b, t->data.ptr, t->data.len));
	put_description(&b, t, made_unix);
	*out = bytes_of_buf(&b);
	return RC_OK;
}

enum rc
geodb_make(struct bytes *out, const struct geo_source *s, struct err *e)
{
	struct tree *t;
	enum rc rc;

	if (s->cnt == 0)
		return FAIL(e, RC_BAD_INPUT, "no range has a country");
	t = mem_new(sizeof(*t));
	if (t == NULL)
		return FAIL(e, RC_NO_MEMORY, "search tree");
	t->data = buf_of(t->data_room, sizeof(t->data_room));
	rc = grow_tree(t, s, e);
	if (rc == RC_OK)
		rc = write_out(out, t, s->made_unix, e);
	mem_free(t->nodes);
	mem_free(t);
	return rc;
}
