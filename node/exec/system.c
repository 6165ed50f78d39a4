/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that the protocol makes of contracts at fixed places, before the
 * first transaction of a block and behind the last one. Nobody pays for
 * them, they count for no gas, and they are a transaction of their own to
 * warm sets, transient storage and empty accounts.
 *
 * Spec: EIP-4788, EIP-2935, EIP-7002, EIP-7251
 */
#include "base/check.h"
#include "eth/addr.h"
#include "exec/exec_priv.h"

/* EIP-4788, EIP-7002: gas of a call, apart from the block's. */
enum { SYSTEM_GAS = 30000000 };

static const struct addr caller = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};

static const struct addr beacon_roots = {
    {0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7,
	0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
static const struct addr history = {
    {0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02,
	0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
const struct addr EXEC_WITHDRAWAL_REQUESTS = {
    {0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a,
	0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
const struct addr EXEC_CONSOLIDATION_REQUESTS = {
    {0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f,
	0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};

size_t
exec_systems(struct exec_system out[EXEC_SYSTEM_MAX], const struct fork_plan *p,
    enum fork f)
{
	const struct exec_system all[] = {
	    {"BEACON_ROOTS_ADDRESS", beacon_roots},
	    {"CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS",
		EXEC_CONSOLIDATION_REQUESTS},
	    {"DEPOSIT_CONTRACT_ADDRESS", p->deposit_contract},
	    {"HISTORY_STORAGE_ADDRESS", history},
	    {"WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", EXEC_WITHDRAWAL_REQUESTS},
	};
	size_t cnt = f < FORK_CANCUN ? 0 : 1;

	_Static_assert(ARRAY_CNT(all) == EXEC_SYSTEM_MAX, "all of them");
	if (f >= FORK_PRAGUE)
		cnt = EXEC_SYSTEM_MAX;
	memcpy(out, all, cnt * sizeof(all[0]));
	return cnt;
}

static void
call(struct evm_result *out, struct state *st, const struct exec_env *env,
    const struct addr *to, struct bytes input)
{
	const struct evm_msg msg = {
	    .kind = EVM_CALL,
	    .gas = SYSTEM_GAS,
	    .caller = caller,
	    .to = *to,
	    .code_addr = *to,
	    .input = input,
	};

	exec_msg(out, st, env, &(struct evm_tx){.origin = caller}, &msg);
	state_end_tx(st, exec_clears(env));
}

/* A contract that is not there is not called, and one that fails does
 * nothing (EIP-4788, EIP-2935). */
static void
keep(struct state *st, const struct exec_env *env, const struct addr *to,
    const struct hash *value)
{
	struct evm_result r;

	if (state_code(st, to).len > 0)
		call(&r, st, env, to, hash_bytes(value));
}

void
exec_system_begin(
    struct state *st, const struct exec_env *env, const struct header *h)
{
	if (fork_is_active(env->forks, FORK_CANCUN, h->number, h->time))
		keep(st, env, &beacon_roots, &h->beacon_root);
	if (fork_is_active(env->forks, FORK_PRAGUE, h->number, h->time))
		keep(st, env, &history, &h->parent);
}

enum rc
exec_system_read(struct arena *a, struct bytes *out, struct state *st,
    const struct exec_env *env, const struct addr *from, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct evm_result r;

	if (state_code(st, from).len == 0) {
		TRY(state_error(st, e));
		return FAIL(e, RC_BLK_REQUESTS, "no system contract at %s",
		    addr_text(text, from));
	}
	call(&r, st, env, from, bytes_of(NULL, 0));
	TRY(state_error(st, e));
	if (r.rc != RC_OK)
		return FAIL(e, RC_BLK_REQUESTS,
		    "the system contract at %s failed: %s",
		    addr_text(text, from), err_text(r.rc));
	*out = arena_copy(a, r.output);
	if (out->ptr == NULL && out->len > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for requests");
	return RC_OK;
}
