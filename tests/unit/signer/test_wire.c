/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages between client and child: broken ones first, then round trips.
 */
#include "signer/wire_priv.h"

#include "test.h"

TEST(test_wire_broken_requests_are_refused)
{
	static const struct {
		const char *name, *hex;
		enum rc want;
	} rows[] = {
	    {"nothing", "", RC_TRUNCATED},
	    {"operation 0", "00", RC_BAD_INPUT},
	    {"operation 6", "06", RC_BAD_INPUT},
	    {"operation 255", "ff", RC_BAD_INPUT},
	    {"list with a rest", "0100", RC_TRAILING},
	    {"unlock without address", "02", RC_TRUNCATED},
	    {"unlock with half an address", "0200112233", RC_TRUNCATED},
	    {"unlock without seconds",
		"02000102030405060708090a0b0c0d0e0f10111213aabbcc",
		RC_TRUNCATED},
	    {"lock with a rest", "03000102030405060708090a0b0c0d0e0f1011121300",
		RC_TRAILING},
	    {"sign without height",
		"04000102030405060708090a0b0c0d0e0f10111213"
		"00",
		RC_TRUNCATED},
	    {"sign of an unknown kind",
		"04000102030405060708090a0b0c0d0e0f10111213"
		"0700000000000000010000000000000000aa",
		RC_BAD_INPUT},
	};
	struct wire_request r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(wire_request_take(&r, test_hex(rows[i].hex), NULL),
		    rows[i].want);
	}
	test_count(i);
}

static uint8_t space[WIRE_REQUEST_MAX + 1];

TEST(test_wire_request_round_trip)
{
	const struct wire_request rows[] = {
	    {.op = WIRE_LIST},
	    {.op = WIRE_UNLOCK,
		.addr = {{1, 2, 3}},
		.seconds = 0x01020304,
		.rest = bytes_of_str("secret")},
	    {.op = WIRE_LOCK, .addr = {{9}}},
	    {.op = WIRE_MAKE, .rest = bytes_of_str("secret")},
	    {.op = WIRE_SIGN,
		.addr = {{7}},
		.kind = SIGNER_MESSAGE,
		.height = UINT64_MAX,
		.round = 5,
		.rest = bytes_of_str("m")},
	};
	struct wire_request got;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = buf_of(space, sizeof(space));

		EXPECT_RC(wire_request_put(&b, &rows[i], NULL), RC_OK);
		EXPECT_RC(
		    wire_request_take(&got, bytes_of_buf(&b), NULL), RC_OK);
		EXPECT(got.op == rows[i].op && got.kind == rows[i].kind);
		EXPECT(addr_eq(&got.addr, &rows[i].addr));
		EXPECT_U64(got.seconds, rows[i].seconds);
		EXPECT_U64(got.height, rows[i].height);
		EXPECT_U64(got.round, rows[i].round);
		EXPECT_BYTES(got.rest, rows[i].rest);
	}
	test_count(i);
}

TEST(test_wire_too_long_rest_is_refused_on_both_sides)
{
	struct wire_request r = {
	    .op = WIRE_UNLOCK, .rest = bytes_of(space, WIRE_PASSWORD_MAX + 1)};
	static uint8_t out[WIRE_REQUEST_MAX + 64];
	struct buf b = buf_of(out, sizeof(out));

	EXPECT_RC(wire_request_put(&b, &r, NULL), RC_TOO_LARGE);
	r.op = WIRE_SIGN;
	r.rest.len = SIGNER_MESSAGE_MAX + 1;
	EXPECT_RC(wire_request_put(&b, &r, NULL), RC_TOO_LARGE);
	memset(out, 0, sizeof(out));
	out[0] = WIRE_UNLOCK;
	EXPECT_RC(wire_request_take(
		      &r, bytes_of(out, 25 + WIRE_PASSWORD_MAX + 1), NULL),
	    RC_TOO_LARGE);
	EXPECT_RC(
	    wire_request_take(&r, bytes_of(out, 25 + WIRE_PASSWORD_MAX), NULL),
	    RC_OK);
}

TEST(test_wire_broken_replies_are_refused)
{
	static const struct {
		const char *name, *hex;
		enum wire_op op;
		enum rc want;
	} rows[] = {
	    {"nothing", "", WIRE_LIST, RC_TRUNCATED},
	    {"half a head", "0000", WIRE_LIST, RC_TRUNCATED},
	    {"unknown result", "7fff00", WIRE_LIST, RC_BAD_INPUT},
	    {"reason cut", "000105aabb", WIRE_LIST, RC_TRUNCATED},
	    {"body that lock has not", "00000000", WIRE_LOCK, RC_TOO_LARGE},
	};
	struct wire_reply r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(wire_reply_take(
			      &r, rows[i].op, test_hex(rows[i].hex), NULL),
		    rows[i].want);
	}
	test_count(i);
}

TEST(test_wire_reply_round_trip)
{
	struct wire_reply in = {.rc = RC_DENIED}, out;
	uint8_t buf[512];
	char text[300];
	struct buf b = buf_of(buf, sizeof(buf));

	memset(text, 'x', sizeof(text));
	in.text = bytes_of(text, sizeof(text));
	EXPECT_RC(wire_reply_put(&b, &in, NULL), RC_OK);
	EXPECT_RC(
	    wire_reply_take(&out, WIRE_SIGN, bytes_of_buf(&b), NULL), RC_OK);
	EXPECT_RC(out.rc, RC_DENIED);
	EXPECT_U64(out.text.len, WIRE_TEXT_MAX);
	EXPECT_U64(out.body.len, 0);
}

/* Writers say so when the space is short, at every length. */
TEST(test_wire_short_space_is_an_error)
{
	const struct wire_request r = {.op = WIRE_SIGN,
	    .kind = SIGNER_SEAL,
	    .rest = bytes_of_str("message")};
	const struct wire_reply reply = {.rc = RC_OK,
	    .text = bytes_of_str("text"),
	    .body = bytes_of_str("body")};
	const size_t request_len = 1 + 20 + 1 + 16 + 7;
	const size_t reply_len = 2 + 1 + 4 + 4;
	uint8_t out[64];
	struct buf b;
	size_t cap;

	for (cap = 0; cap <= request_len; cap++) {
		b = buf_of(out, cap);
		EXPECT_RC(wire_request_put(&b, &r, NULL),
		    cap < request_len ? RC_TOO_LARGE : RC_OK);
	}
	for (cap = 0; cap <= reply_len; cap++) {
		b = buf_of(out, cap);
		EXPECT_RC(wire_reply_put(&b, &reply, NULL),
		    cap < reply_len ? RC_TOO_LARGE : RC_OK);
	}
}
