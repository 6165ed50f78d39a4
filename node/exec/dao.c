/* SPDX-License-Identifier: Apache-2.0
 *
 * The DAO fork's irregular change of state: what The DAO, its children and
 * their accounts for extra balances hold moves to a contract for refunds.
 * The accounts are those that the DAO's creator made, so that they need no
 * list. Spec: EIP-779.
 */
#include "eth/addr.h"
#include "exec/exec_priv.h"

/* The creator's first nonces made The DAO's children; each child's first
 * creation is its account for extra balances. */
enum { CHILD_CNT = 57 };

static const struct addr creator = {
    {0x4a, 0x57, 0x45, 0x10, 0xc7, 0x01, 0x4e, 0x4a, 0xe9, 0x85, 0x40, 0x35,
	0x36, 0x07, 0x4a, 0xbe, 0x58, 0x2a, 0xdf, 0xc8}};
static const struct addr the_dao = {
    {0xbb, 0x9b, 0xc2, 0x44, 0xd7, 0x98, 0x12, 0x3f, 0xde, 0x78, 0x3f, 0xcc,
	0x1c, 0x72, 0xd3, 0xbb, 0x8c, 0x18, 0x94, 0x13}};
static const struct addr the_extra = {
    {0x80, 0x76, 0x40, 0xa1, 0x34, 0x83, 0xf8, 0xac, 0x78, 0x3c, 0x55, 0x7f,
	0xcd, 0xf2, 0x7b, 0xe1, 0x1e, 0xa4, 0xac, 0x7a}};
static const struct addr refunds = {
    {0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66, 0x65, 0x46, 0xe3, 0x0d, 0x74,
	0xd5, 0x0d, 0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};

static void
move(struct state *st, const struct addr *from)
{
	struct u256 balance;

	state_balance(st, &balance, from);
	if (u256_is_zero(&balance))
		return;
	state_set_balance(st, from, &U256_ZERO);
	state_add_balance(st, &refunds, &balance);
}

void
exec_dao_fork(struct state *st)
{
	struct addr child, extra;
	uint64_t nonce;

	move(st, &the_dao);
	move(st, &the_extra);
	for (nonce = 1; nonce <= CHILD_CNT; nonce++) {
		child = addr_create(&creator, nonce);
		extra = addr_create(&child, 0);
		move(st, &child);
		move(st, &extra);
	}
	state_end_tx(st, false);
}
