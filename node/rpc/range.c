/* SPDX-License-Identifier: Apache-2.0
 *
 * debug_storageRangeAt and debug_accountRange: a contract's storage, and all
 * accounts, in pages. Tries order them by the hash of their keys, so that is
 * how a page is named that another goes on from.
 *
 * Storage is asked for between two transactions of a block. The trie is the
 * one that the block began with; what its transactions changed since is laid
 * over it, both ascending.
 *
 * Spec  go-ethereum's debug namespace
 */
#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"
#include "eth/rlp.h"
#include "rpc/replay_priv.h"
#include "rpc/trace_priv.h"
#include "trie/iter.h"

/* Entries of a page, the latter go-ethereum's; a larger page asked for is cut
 * to this. */
enum { SLOTS_MAX = 4096, ACCOUNTS_MAX = 256 };

/* struct page is where the entries go. */
struct page {
	struct rpc_call *c;
	const struct store_view *view;
	uint64_t left; /* entries that still fit */
	struct hash next;
	bool has_next;
	enum rc rc; /* why it ended early */
	struct err *e;
};

static enum rc
open_page(struct rpc_call *c, struct page *p, struct err *e)
{
	*p = (struct page){.c = c, .e = e};
	return rpc_doc_view(c->doc, &p->view, e);
}

/* has_room counts the entry at key, or notes it as the next page's first. */
static bool
has_room(struct page *p, const struct hash *key)
{
	p->has_next = p->left == 0;
	if (p->has_next)
		p->next = *key;
	else
		p->left--;
	return !p->has_next && !p->c->w->has_failed;
}

/* fail ends a walk. */
static bool
fail(struct page *p, enum rc rc)
{
	p->rc = rc;
	return false;
}

/* preimage finds what has this hash, of that many bytes. */
static enum rc
preimage(const struct page *p, uint8_t *out, size_t len,
    const struct hash *hash, struct err *e)
{
	struct bytes text;

	TRY(store_preimage(p->view, &text, hash, e));
	if (text.len != len)
		return FAIL(e, RC_CORRUPT, "a key of %zu bytes", text.len);
	memcpy(out, text.ptr, len);
	return RC_OK;
}

/* read_start reads where a page begins: the front of a hash. */
static enum rc
read_start(
    const struct rpc_call *c, struct hash *out, unsigned i, struct err *e)
{
	struct bytes text = {NULL, 0};

	*out = (struct hash){{0}};
	if (rpc_arg_has(c, i))
		TRY(rpc_arg_data(&text, c, i, e));
	if (text.len > sizeof(out->b))
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument %u: a key of more than 32 bytes", i);
	if (text.len > 0)
		memcpy(out->b, text.ptr, text.len);
	return RC_OK;
}

static void
key_hash(struct jsonw *w, const struct hash *hash)
{
	char text[2 * sizeof(hash->b) + 3];

	jsonw_key(w, hex_put0x(text, hash_bytes(hash)));
}

/* debug_storageRangeAt. -------------------------------------------------- */

/* struct slots is a page of an account's storage. */
struct slots {
	struct page page;
	const struct state_slot_change *at, *end; /* laid over the trie */
};

static bool
put_slot(struct slots *s, const struct hash *hash, const struct hash *key,
    const struct u256 *value)
{
	struct jsonw *w = s->page.c->w;
	uint8_t word[32];

	if (!has_room(&s->page, hash))
		return false;
	u256_to_be(word, value);
	key_hash(w, hash);
	jsonw_obj(w);
	jsonw_key(w, "key");
	jsonw_data(w, hash_bytes(key));
	jsonw_key(w, "value");
	jsonw_data(w, bytes_of(word, sizeof(word)));
	jsonw_obj_end(w);
	return true;
}

static int
hash_order(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

/* put_changed puts the changed slots before end, all when that is NULL. */
static bool
put_changed(struct slots *s, const struct hash *end)
{
	for (; s->at < s->end; s->at++) {
		if (end != NULL && hash_order(&s->at->key_hash, end) >= 0)
			return true;
		if (!u256_is_zero(&s->at->after) &&
		    !put_slot(s, &s->at->key_hash, &s->at->key, &s->at->after))
			return false;
	}
	return true;
}

/* say_slot puts a slot of the trie; one that has changed waits for its turn
 * among the changed ones. */
static bool
say_slot(void *ctx, const struct hash *hash, struct bytes rlp)
{
	struct slots *s = ctx;
	struct page *p = &s->page;
	struct u256 value;
	struct hash key;
	enum rc rc;

	if (!put_changed(s, hash))
		return false;
	if (s->at < s->end && hash_eq(&s->at->key_hash, hash))
		return true;
	rc = rlp_take_u256(&value, &rlp, p->e);
	if (rc == RC_OK)
		rc = preimage(p, key.b, sizeof(key.b), hash, p->e);
	return rc == RC_OK ? put_slot(s, hash, &key, &value) : fail(p, rc);
}

/* lay_changes takes what the block changed of an account's storage, from
 * start on. */
static enum rc
lay_changes(struct rpc_replay *r, struct slots *s, const struct hash *account,
    const struct hash *start, struct err *e)
{
	struct state_diff diff;
	const struct state_slot_change *at, *end;

	TRY(state_diff_take(r->st, &diff, e));
	at = diff.slots;
	end = at + diff.slot_cnt;
	while (at < end && !hash_eq(&at->addr_hash, account))
		at++;
	while (at < end && hash_eq(&at->addr_hash, account) &&
	       hash_order(&at->key_hash, start) < 0)
		at++;
	s->at = at;
	while (at < end && hash_eq(&at->addr_hash, account))
		at++;
	s->end = at;
	return RC_OK;
}

/* walk_slots puts what the trie and the changes have from start on. */
static enum rc
walk_slots(const struct rpc_replay *r, struct slots *s, const struct addr *addr,
    const struct hash *start, struct err *e)
{
	struct chain_trie t = {.link = r->link,
	    .is_storage = true,
	    .addr_hash = hash_keccak(addr_bytes(addr))};
	struct trie_source src = chain_trie_source(&t);
	struct trie_visitor visit = {.leaf = say_slot, .ctx = s};
	struct account acc;
	bool found;

	TRY(store_account(r->link.view, r->link.number, &acc, &found, addr, e));
	if (!found)
		acc = account_empty();
	TRY(trie_each_from(&src, &acc.storage_root, start, &visit, e));
	TRY(s->page.rc);
	if (!s->page.has_next)
		(void)put_changed(s, NULL);
	return RC_OK;
}

/* open_between executes the block of argument 0 up to the transaction of
 * argument 1. */
static enum rc
open_between(struct rpc_call *c, struct rpc_replay *r, struct err *e)
{
	struct rpc_block b;
	struct rpc_at at;
	uint64_t index;

	TRY(rpc_arg_at(&at, c, 0, e));
	TRY(rpc_arg_count(&index, c, 1, e));
	TRY(rpc_need_block(c, &b, &at, e));
	if (b.is_pending)
		return FAIL(
		    e, RC_NOT_FOUND, "no transactions are pending by index");
	TRY(rpc_replay_open(c, r, &b, e));
	return rpc_replay_to(r, index, e);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

enum rc
rpc_do_storage_range(struct rpc_call *c, struct err *e)
{
	struct rpc_replay r;
	struct slots s = {.at = NULL};
	struct addr addr;
	struct hash start, account;
	uint64_t most;

	TRY(rpc_arg_addr(&addr, c, 2, e));
	TRY(read_start(c, &start, 3, e));
	TRY(rpc_arg_count(&most, c, 4, e));
	TRY(open_page(c, &s.page, e));
	TRY(open_between(c, &r, e));
	s.page.left = least(most, SLOTS_MAX);
	account = hash_keccak(addr_bytes(&addr));
	TRY(lay_changes(&r, &s, &account, &start, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "storage");
	jsonw_obj(c->w);
	TRY(walk_slots(&r, &s, &addr, &start, e));
	jsonw_obj_end(c->w);
	jsonw_key(c->w, "nextKey");
	if (s.page.has_next)
		jsonw_data(c->w, hash_bytes(&s.page.next));
	else
		jsonw_null(c->w);
	jsonw_obj_end(c->w);
	return RC_OK;
}

/* debug_accountRange. ---------------------------------------------------- */

/* struct accounts is a page of accounts, and how much of each is told. */
struct accounts {
	struct page page;
	struct chain_link link;
	bool no_code, no_storage;
};

/* put_hex writes text without 0x, which is how this method has roots and
 * values of slots. */
static void
put_hex(struct jsonw *w, struct bytes v)
{
	char text[2 * sizeof(struct hash) + 1];

	CHECK(v.len <= sizeof(struct hash));
	hex_put(text, v);
	jsonw_strn(w, bytes_of(text, 2 * v.len));
}

static bool
say_stored(void *ctx, const struct hash *hash, struct bytes rlp)
{
	struct page *p = ctx;
	struct bytes value = {NULL, 0};
	struct hash key;
	enum rc rc = preimage(p, key.b, sizeof(key.b), hash, p->e);

	if (rc == RC_OK)
		rc = rlp_take_str(&value, &rlp, p->e);
	if (rc == RC_OK && value.len > sizeof(key.b))
		rc = FAIL(p->e, RC_CORRUPT, "a slot of %zu bytes", value.len);
	if (rc != RC_OK)
		return fail(p, rc);
	key_hash(p->c->w, &key);
	put_hex(p->c->w, value);
	return !p->c->w->has_failed;
}

static enum rc
put_storage(struct accounts *a, const struct hash *hash,
    const struct account *acc, struct err *e)
{
	struct chain_trie t = {
	    .link = a->link, .is_storage = true, .addr_hash = *hash};
	struct trie_source src = chain_trie_source(&t);
	struct trie_visitor visit = {.leaf = say_stored, .ctx = &a->page};

	if (a->no_storage || hash_eq(&acc->storage_root, &HASH_EMPTY_TRIE))
		return RC_OK;
	jsonw_key(a->page.c->w, "storage");
	jsonw_obj(a->page.c->w);
	TRY(trie_each(&src, &acc->storage_root, &visit, e));
	jsonw_obj_end(a->page.c->w);
	return a->page.rc;
}

static enum rc
put_code(const struct accounts *a, const struct account *acc, struct err *e)
{
	struct bytes code;

	if (a->no_code || hash_eq(&acc->code_hash, &HASH_EMPTY_CODE))
		return RC_OK;
	TRY(store_code(a->page.view, &code, &acc->code_hash, e));
	jsonw_key(a->page.c->w, "code");
	jsonw_data(a->page.c->w, code);
	return RC_OK;
}

static enum rc
put_account(struct accounts *a, const struct hash *hash,
    const struct addr *addr, const struct account *acc, struct err *e)
{
	char text[ADDR_TEXT_MAX], balance[U256_DEC_MAX];
	struct jsonw *w = a->page.c->w;

	jsonw_key(w, addr_text(text, addr));
	jsonw_obj(w);
	(void)u256_dec(balance, &acc->balance);
	jsonw_key(w, "balance");
	jsonw_str(w, balance);
	jsonw_key(w, "nonce");
	jsonw_u64(w, acc->nonce);
	jsonw_key(w, "root");
	jsonw_data(w, hash_bytes(&acc->storage_root));
	jsonw_key(w, "codeHash");
	jsonw_data(w, hash_bytes(&acc->code_hash));
	TRY(put_code(a, acc, e));
	TRY(put_storage(a, hash, acc, e));
	jsonw_key(w, "address");
	jsonw_data(w, addr_bytes(addr));
	jsonw_key(w, "key");
	jsonw_data(w, hash_bytes(hash));
	jsonw_obj_end(w);
	return RC_OK;
}

static bool
say_account(void *ctx, const struct hash *hash, struct bytes rlp)
{
	struct accounts *a = ctx;
	struct page *p = &a->page;
	struct account acc;
	struct addr addr;
	enum rc rc;

	if (!has_room(p, hash))
		return false;
	rc = account_decode(&acc, rlp, p->e);
	if (rc == RC_OK)
		rc = preimage(p, addr.b, sizeof(addr.b), hash, p->e);
	if (rc == RC_OK)
		rc = put_account(a, hash, &addr, &acc, p->e);
	return rc == RC_OK || fail(p, rc);
}

static enum rc
walk_accounts(struct accounts *a, const struct hash *root,
    const struct hash *start, struct err *e)
{
	struct chain_trie t = {.link = a->link};
	struct trie_source src = chain_trie_source(&t);
	struct trie_visitor visit = {.leaf = say_account, .ctx = a};
	struct jsonw *w = a->page.c->w;

	jsonw_key(w, "accounts");
	jsonw_obj(w);
	TRY(trie_each_from(&src, root, start, &visit, e));
	TRY(a->page.rc);
	jsonw_obj_end(w);
	if (!a->page.has_next)
		return RC_OK;
	jsonw_key(w, "next");
	jsonw_data(w, hash_bytes(&a->page.next));
	return RC_OK;
}

/* read_page reads how many accounts, and how much of each. */
static enum rc
read_page(const struct rpc_call *c, struct accounts *a, struct err *e)
{
	uint64_t most = 0;
	bool needs_address; /* all have one here */

	if (rpc_arg_has(c, 2))
		TRY(rpc_arg_count(&most, c, 2, e));
	if (rpc_arg_has(c, 3))
		TRY(rpc_arg_bool(&a->no_code, c, 3, e));
	if (rpc_arg_has(c, 4))
		TRY(rpc_arg_bool(&a->no_storage, c, 4, e));
	if (rpc_arg_has(c, 5))
		TRY(rpc_arg_bool(&needs_address, c, 5, e));
	a->page.left = most == 0 ? ACCOUNTS_MAX : least(most, ACCOUNTS_MAX);
	return RC_OK;
}

enum rc
rpc_do_account_range(struct rpc_call *c, struct err *e)
{
	struct accounts a = {.no_code = false};
	struct hash start, root;

	TRY(open_page(c, &a.page, e));
	TRY(read_start(c, &start, 1, e));
	TRY(read_page(c, &a, e));
	TRY(rpc_need_state(c, &a.link.number, 0, e));
	a.link.view = a.page.view;
	TRY(rpc_state_root(c, &root, a.link.number, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "root");
	put_hex(c->w, hash_bytes(&root));
	TRY(walk_accounts(&a, &root, &start, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}
