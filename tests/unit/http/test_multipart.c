/* SPDX-License-Identifier: Apache-2.0
 *
 * Multipart forms: what is refused and in which words, what the parts of
 * well-formed ones are, and the bounds (reliability I3).
 */
#include "http/multipart.h"

#include <stdio.h>

#include "base/check.h"
#include "test.h"

#define TYPE "multipart/form-data; boundary=b"
#define DISP "Content-Disposition: form-data; "
#define A    "--b\r\n" DISP "name=\"a\""
#define LAST "\r\n--b--\r\n"

/* read writes every part, then the fault: name[file name]{type}=content; */
static const char *
read_all(struct arena *a, const char *type, struct bytes body)
{
	const char *text = "";
	struct gw_parts p;
	struct gw_part v;

	if (!gw_parts_open(&p, bytes_of_str(type), body))
		return arena_str(a, "!%s", p.fault);
	while (gw_parts_next(&p, a, &v)) {
		text = arena_str(a, "%s%.*s", text, (int)v.name.len,
		    (const char *)v.name.ptr);
		if (v.is_file)
			text =
			    arena_str(a, "%s[%.*s]", text, (int)v.file_name.len,
				(const char *)v.file_name.ptr);
		if (v.type.len > 0)
			text = arena_str(a, "%s{%.*s}", text, (int)v.type.len,
			    (const char *)v.type.ptr);
		text = arena_str(a, "%s=%.*s;", text, (int)v.content.len,
		    (const char *)v.content.ptr);
	}
	CHECK(!p.is_memory);
	return p.fault == NULL ? text : arena_str(a, "%s!%s", text, p.fault);
}

struct row {
	const char *type, *body, *want;
};

static void
expect_rows(const struct row *row, size_t cnt)
{
	struct arena a;
	size_t i;

	for (i = 0; i < cnt; i++) {
		arena_init(&a, 1 << 20);
		test_row(row[i].body);
		EXPECT_STR(read_all(&a, row[i].type, bytes_of_str(row[i].body)),
		    row[i].want);
		arena_drop(&a);
		test_count(1);
	}
	test_row(NULL);
}

#define LONG70                                                                 \
	"01234567890123456789012345678901234567890123456789012345678901234567" \
	"89"

TEST(test_multipart_bad_boundaries_are_refused)
{
	static const struct row row[] = {
	    {"multipart/form-data", "", "!no boundary"},
	    {"multipart/form-data;", "", "!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary=", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary=\"\"", "", "!bad boundary"},
	    {"multipart/form-data; boundary=\"b", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary=\"b \"", "", "!bad boundary"},
	    {"multipart/form-data; boundary=\"a\\b\"", "", "!bad boundary"},
	    {"multipart/form-data; boundary=\"a\xc3\xa9\"", "",
		"!bad boundary"},
	    {"multipart/form-data; boundary=a b", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary = b", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary=\"b\"x", "",
		"!bad parameter of the Content-Type"},
	    {"multipart/form-data; boundary=b, boundary=c", "",
		"!bad parameter of the Content-Type"},
	    {TYPE "; boundary=b", "", "!two boundaries"},
	    {TYPE "; BOUNDARY=c", "", "!two boundaries"},
	    {"multipart/form-data; boundary=" LONG70 "0", "", "!bad boundary"},
	};

	expect_rows(row, ARRAY_CNT(row));
}

TEST(test_multipart_bodies_with_two_readings_are_refused)
{
	static const char at_begin[] =
	    "!the body does not begin with its boundary";
	static const char no_break[] = "!no line break before a boundary";
	const struct row row[] = {
	    {TYPE, "", at_begin},
	    {TYPE, "x", at_begin},
	    {TYPE, "preamble\r\n" A "\r\n\r\n1" LAST, at_begin},
	    {TYPE, "\r\n" A "\r\n\r\n1" LAST, at_begin},
	    {TYPE, "--B\r\n", at_begin},
	    {TYPE, "--b", "!no line break behind a boundary"},
	    {TYPE, "--b \r\n", "!no line break behind a boundary"},
	    {TYPE, "--b\n", "!no line break behind a boundary"},
	    {TYPE, "--b-", "!no line break behind a boundary"},
	    {TYPE, "--b--x", "!text behind the last boundary"},
	    {TYPE, "--b--\r\n\r\n", "!text behind the last boundary"},
	    {TYPE, "--b--\n", "!text behind the last boundary"},
	    {TYPE, A "\r\n\r\n1" LAST "epilogue",
		"a=1;!text behind the last boundary"},
	    {TYPE, A "\r\n\r\n1" LAST A "\r\n\r\n2" LAST,
		"a=1;!text behind the last boundary"},
	    {TYPE, A "\r\n\r\n1", "!no last boundary"},
	    {TYPE, A "\r\n\r\n1\r\n--b",
		"a=1;!no line break behind a boundary"},
	    {TYPE, A "\r\n\r\n1\r\n--bc\r\n",
		"a=1;!no line break behind a boundary"},
	    {TYPE, A "\r\n\r\n1\r\n--b \r\n",
		"a=1;!no line break behind a boundary"},
	    {TYPE, A "\r\n\r\n1\n--b--\r\n", no_break},
	    {TYPE, A "\r\n\r\n1\r--b--\r\n", no_break},
	    {TYPE, A "\r\n\r\n1\n--b\nx" LAST, no_break},
	    {TYPE, A "\r\n\r\n--b--\r\n", no_break},
	};

	expect_rows(row, ARRAY_CNT(row));
}

TEST(test_multipart_bad_headers_are_refused)
{
	static const char long_head[] =
	    "!header of a part is too long or has no end";
	static const char bad[] = "!bad header of a part";
	static const char none[] = "!a part is no form-data";
	static const char disp[] = "!bad Content-Disposition";
	static const char twice[] =
	    "!a header or parameter of a part stands twice";
	static const char escape[] = "!bad escape in a name";
	static const char charset[] = "!a charset that is not UTF-8";
	static const char encoding[] = "!a transfer encoding in a form";
	static const char more[] = "!a parameter that forms do not have";
	const struct row row[] = {
	    {TYPE, "--b\r\n", long_head},
	    {TYPE, A, long_head},
	    {TYPE, A "\r\n", long_head},
	    {TYPE, A "\n\n1" LAST, bad},
	    {TYPE, "--b\r\nx\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\n: x\r\n\r\n1" LAST, bad},
	    {TYPE, A "\r\n folded\r\n\r\n1" LAST, bad},
	    {TYPE, A "\r\n\tx: folded\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\nContent-Disposition : form-data\r\n\r\n1" LAST, bad},
	    {TYPE, A "\r\nX: \x01\r\n\r\n1" LAST, bad},
	    {TYPE, A "\r\nX: a\rb\r\n\r\n1" LAST, bad},
	    {TYPE, A "\r\nX: \x7f\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\n" DISP "name=\"\xff\"\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\n" DISP "name=\"\xc0\xa7\"\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\n" DISP "name=\"a\tb\"\r\n\r\n1" LAST, bad},
	    {TYPE, "--b\r\n\r\n1" LAST, none},
	    {TYPE, "--b\r\nContent-Type: text/plain\r\n\r\n1" LAST, none},
	    {TYPE, "--b\r\nContent-Disposition:\r\n\r\n1" LAST, none},
	    {TYPE,
		"--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1" LAST,
		none},
	    {TYPE, "--b\r\nContent-Disposition: form-data\r\n\r\n1" LAST,
		"!a part has no name"},
	    {TYPE, "--b\r\n" DISP "filename=x\r\n\r\n1" LAST,
		"!a part has no name"},
	    {TYPE, "--b\r\n" DISP "name\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=a;\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=\"a\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=\"a\\\"\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=\"a\" filename=b\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "name=a b\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\n" DISP "n(me=a\r\n\r\n1" LAST, disp},
	    {TYPE, "--b\r\nContent-Disposition: form-data name=a\r\n\r\n1" LAST,
		none},
	    {TYPE, A "; name=\"a\"\r\n\r\n1" LAST, twice},
	    {TYPE, A "; NAME=b\r\n\r\n1" LAST, twice},
	    {TYPE, A "; filename=x; filename=\"\"\r\n\r\n1" LAST, twice},
	    {TYPE, A "\r\n" DISP "name=c\r\n\r\n1" LAST, twice},
	    {TYPE,
		A "\r\nContent-Type: text/plain\r\ncontent-type: x/y\r\n\r\n"
		  "1" LAST,
		twice},
	    {TYPE, A "; filename*=UTF-8''x%27\r\n\r\n1" LAST, more},
	    {TYPE, A "; name*=UTF-8''x\r\n\r\n1" LAST, more},
	    {TYPE, A "; filename*0=x\r\n\r\n1" LAST, more},
	    {TYPE, A "; size=1\r\n\r\n1" LAST, more},
	    {TYPE, A "; filename=\"a\\b\"\r\n\r\n1" LAST, escape},
	    {TYPE, A "; filename=\"a%0D%0Ab\"\r\n\r\n1" LAST, escape},
	    {TYPE, A "; filename=\"a%0A\"\r\n\r\n1" LAST, escape},
	    {TYPE,
		A "\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n1" LAST,
		"!parts in a part"},
	    {TYPE, A "; filename=x\r\nContent-Type: Multipart/x\r\n\r\n1" LAST,
		"!parts in a part"},
	    {TYPE, A "\r\nContent-Type: application/json\r\n\r\n{}" LAST,
		"!a field is not text/plain"},
	    {TYPE,
		A "\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n1" LAST,
		charset},
	    {TYPE,
		A "; filename=x\r\nContent-Type: text/csv; "
		  "charset=\"Shift_JIS\"\r\n\r\n1" LAST,
		charset},
	    {TYPE, A "\r\nContent-Type: text/plain; x\r\n\r\n1" LAST,
		"!bad Content-Type of a part"},
	    {TYPE, A "\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==" LAST,
		encoding},
	    {TYPE,
		A "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		  "=31" LAST,
		encoding},
	    {TYPE, A "\r\nContent-Transfer-Encoding:\r\n\r\n1" LAST, encoding},
	    {TYPE, "--b\r\n" DISP "name=_charset_\r\n\r\niso-2022-jp" LAST,
		charset},
	};

	expect_rows(row, ARRAY_CNT(row));
}

TEST(test_multipart_parts_are_what_the_form_had)
{
	static const struct row row[] = {
	    {TYPE, "--b--", ""},
	    {TYPE, "--b--\r\n", ""},
	    {TYPE, A "\r\n\r\n1\r\n--b--", "a=1;"},
	    {TYPE, A "\r\n\r\n" LAST, "a=;"},
	    {TYPE, A "\r\n\r\n1\r\n" A "\r\n\r\n2" LAST, "a=1;a=2;"},
	    /* what only looks like a boundary */
	    {TYPE, A "\r\n\r\n --b\r\n-\r\n-b x--b--" LAST,
		"a= --b\r\n-\r\n-b x--b--;"},
	    {TYPE, A "\r\n\r\n\r\n\r\n--B--" LAST, "a=\r\n\r\n--B--;"},
	    {"Multipart/Form-Data ; x=\";\\\"boundary=c\"; Boundary=\"b\" ; "
	     "charset=y",
		A "\r\n\r\n1" LAST, "a=1;"},
	    {"multipart/form-data; boundary=" LONG70,
		"--" LONG70 "\r\n" DISP "name=a\r\n\r\n1\r\n--" LONG70 "--",
		"a=1;"},
	    {"multipart/form-data; boundary=\"'()+_,-./:=? x\"",
		"--'()+_,-./:=? x\r\n" DISP
		"name=a\r\n\r\n1\r\n--'()+_,-./:=? x--",
		"a=1;"},
	    {"multipart/form-data; boundary=----",
		"------\r\n" DISP "name=a\r\n\r\n -------\r\n--------",
		"a= -------;"},
	    /* names */
	    {TYPE, "--b\r\ncontent-disposition:FORM-DATA;NAME=a\r\n\r\n1" LAST,
		"a=1;"},
	    {TYPE, "--b\r\n" DISP "name=\"\"\r\n\r\n1" LAST, "=1;"},
	    {TYPE, "--b\r\n" DISP "name=\"a;b=c\" ; filename=\"\"\r\n\r\n" LAST,
		"a;b=c[]=;"},
	    {TYPE, "--b\r\n" DISP "name=\"\\\"\\\\%22%41+%2\"\r\n\r\n1" LAST,
		"\"\\\"%41+%2=1;"},
	    {TYPE,
		A "; filename=\"\xe6\xa0\xaa.csv\"\r\nContent-Type: "
		  "text/csv\r\n\r\nx,y\r\n" LAST,
		"a[\xe6\xa0\xaa.csv]{text/csv}=x,y\r\n;"},
	    {TYPE,
		A
		"; filename=x\r\nContent-Type: application/json\r\n\r\n{}" LAST,
		"a[x]{application/json}={};"},
	    /* headers that change nothing */
	    {TYPE,
		A "\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n"
		  "Content-Transfer-Encoding: 8BIT\r\nX-Other: =?x?=\r\n"
		  "Content-Length: 7\r\n\r\n1" LAST,
		"a{text/plain; charset=\"UTF-8\"}=1;"},
	    {TYPE, "--b\r\n" DISP "name=_charset_\r\n\r\nUTF-8" LAST,
		"_charset_=UTF-8;"},
	};

	expect_rows(row, ARRAY_CNT(row));
}

TEST(test_multipart_bounds_are_exact)
{
	static char body[64 * (GW_PART_MAX + 2)];
	static char head[GW_PART_HEAD_MAX + 256];
	struct buf b = buf_of(body, sizeof(body));
	struct arena a;
	struct gw_parts p;
	struct gw_part v;
	size_t i, pad;

	arena_init(&a, 1 << 20);
	/* parts */
	for (i = 0; i <= GW_PART_MAX; i++)
		CHECK(buf_put(&b, A "\r\n\r\n\r\n", strlen(A "\r\n\r\n\r\n")));
	CHECK(buf_put(&b, "--b--", 5));
	EXPECT(gw_parts_open(&p, bytes_of_str(TYPE), bytes_of_buf(&b)));
	for (i = 0; gw_parts_next(&p, &a, &v); i++)
		;
	EXPECT_U64(i, GW_PART_MAX);
	EXPECT_STR(p.fault, "too many parts");
	EXPECT(gw_parts_open(&p, bytes_of_str(TYPE),
	    bytes_of(body + strlen(A "\r\n\r\n\r\n"),
		b.len - strlen(A "\r\n\r\n\r\n"))));
	for (i = 0; gw_parts_next(&p, &a, &v); i++)
		;
	EXPECT_U64(i, GW_PART_MAX);
	EXPECT(p.fault == NULL);
	/* bytes of a header, the empty line with them */
	pad = GW_PART_HEAD_MAX - (strlen(A) - 5) - strlen("\r\nX: \r\n\r\n");
	for (i = 0; i < 2; i++) {
		(void)snprintf(head, sizeof(head),
		    A "\r\nX: %0*d\r\n\r\n1" LAST, (int)(pad + i), 0);
		EXPECT(
		    gw_parts_open(&p, bytes_of_str(TYPE), bytes_of_str(head)));
		EXPECT(gw_parts_next(&p, &a, &v) == (i == 0));
	}
	/* lines of a header */
	for (i = 0; i < 2; i++) {
		b = buf_of(head, sizeof(head));
		CHECK(buf_put(&b, A "\r\n", strlen(A) + 2));
		for (pad = 1; pad < GW_PART_LINE_MAX + i; pad++)
			CHECK(buf_put(&b, "X: y\r\n", 6));
		CHECK(buf_put(&b, "\r\n1" LAST, strlen("\r\n1" LAST)));
		EXPECT(gw_parts_open(&p, bytes_of_str(TYPE), bytes_of_buf(&b)));
		EXPECT(gw_parts_next(&p, &a, &v) == (i == 0));
	}
	arena_drop(&a);
}

TEST(test_multipart_contents_are_any_bytes)
{
	static const char body[] =
	    A "; filename=x\r\n\r\n\0\xff\r\n-\r--\0b" LAST;
	struct arena a;
	struct gw_parts p;
	struct gw_part v;

	arena_init(&a, 1 << 20);
	EXPECT(gw_parts_open(
	    &p, bytes_of_str(TYPE), bytes_of(body, sizeof(body) - 1)));
	EXPECT(gw_parts_next(&p, &a, &v));
	EXPECT_BYTES(v.content, bytes_of("\0\xff\r\n-\r--\0b", 10));
	EXPECT(!gw_parts_next(&p, &a, &v) && p.fault == NULL);
	arena_drop(&a);
}

TEST(test_multipart_without_memory_is_no_fault)
{
	static const char body[] = "--b\r\n" DISP "name=\"a%22\"\r\n\r\n1" LAST;
	struct arena a;
	struct gw_parts p;
	struct gw_part v;

	arena_init(&a, 0);
	EXPECT(gw_parts_open(&p, bytes_of_str(TYPE), bytes_of_str(body)));
	EXPECT(!gw_parts_next(&p, &a, &v));
	EXPECT(p.is_memory && p.fault == NULL);
	arena_drop(&a);
}
