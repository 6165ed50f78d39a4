/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getProof (EIP-1186): an account and some of its slots with the trie
 * nodes that lead to them from the block's state root, so that a client need
 * not believe us; and eth_getStorageValues, which reads slots of many
 * accounts at once without proofs.
 */
#include "trie/proof.h"
#include "base/hex.h"
#include "chain/chain.h"
#include "rpc/rpc_priv.h"

/* Slots of one call, go-ethereum's bound for both methods. */
enum { SLOT_MAX = 1024 };

/* struct proving is one account whose storage is proven. */
struct proving {
	struct chain_trie accounts, storage;
	struct addr addr;
	struct account acc;
	bool found;
};

static enum rc
write_proof(struct rpc_call *c, const struct trie_source *src,
    const struct hash *root, const struct hash *key, struct err *e)
{
	struct arena_mark mark = arena_save(c->a);
	struct trie_proof proof;
	size_t i;

	TRY(trie_prove(c->a, &proof, src, root, key, e));
	jsonw_arr(c->w);
	for (i = 0; i < proof.cnt; i++)
		jsonw_data(c->w, proof.node[i]);
	jsonw_arr_end(c->w);
	arena_rewind(c->a, mark);
	return RC_OK;
}

/* write_key gives a key back as it was asked for: 32 bytes stay data, a
 * shorter one is a quantity. */
static void
write_key(struct jsonw *w, const struct hash *key, size_t len)
{
	struct u256 number;

	u256_from_be(&number, hash_bytes(key));
	if (len == sizeof(key->b))
		jsonw_data(w, hash_bytes(key));
	else
		jsonw_q256(w, &number);
}

static enum rc
write_slot(struct rpc_call *c, struct proving *p, const struct rpc_json *v,
    struct err *e)
{
	struct trie_source src = chain_trie_source(&p->storage);
	struct hash key, key_hash;
	struct u256 value;
	size_t len;

	TRY(rpc_read_slot(&key, &len, v, e));
	TRY(store_slot(p->storage.link.view, p->storage.link.number, &value,
	    &p->addr, &key, e));
	key_hash = hash_keccak(hash_bytes(&key));
	jsonw_obj(c->w);
	jsonw_key(c->w, "key");
	write_key(c->w, &key, len);
	jsonw_key(c->w, "value");
	jsonw_q256(c->w, &value);
	jsonw_key(c->w, "proof");
	TRY(write_proof(c, &src, &p->acc.storage_root, &key_hash, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}

static enum rc
write_slots(struct rpc_call *c, struct proving *p, struct err *e)
{
	const struct rpc_json *v;

	jsonw_key(c->w, "storageProof");
	jsonw_arr(c->w);
	for (v = c->arg[1]->first; v != NULL && !c->w->has_failed; v = v->next)
		TRY(write_slot(c, p, v, e));
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* write_account writes what the proof proves; of an account that is not there
 * hashes of zeroes, as go-ethereum does and verifiers expect. */
static void
write_account(struct jsonw *w, const struct proving *p)
{
	static const struct hash none;

	jsonw_key(w, "balance");
	jsonw_q256(w, &p->acc.balance);
	jsonw_key(w, "codeHash");
	jsonw_data(w, hash_bytes(p->found ? &p->acc.code_hash : &none));
	jsonw_key(w, "nonce");
	jsonw_q64(w, p->acc.nonce);
	jsonw_key(w, "storageHash");
	jsonw_data(w, hash_bytes(p->found ? &p->acc.storage_root : &none));
}

static enum rc
read_account(struct rpc_call *c, struct proving *p, struct err *e)
{
	struct chain_link *link = &p->accounts.link;

	TRY(rpc_arg_addr(&p->addr, c, 0, e));
	if (c->arg[1]->kind != RPC_JSON_ARRAY)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 1: not an array");
	if (c->arg[1]->cnt > SLOT_MAX)
		return FAIL(
		    e, RC_BAD_INPUT, "too many keys (max %d)", (int)SLOT_MAX);
	TRY(rpc_need_state(c, &link->number, 2, e));
	TRY(rpc_doc_view(c->doc, &link->view, e));
	p->storage.link = *link;
	p->storage.is_storage = true;
	p->storage.addr_hash = hash_keccak(addr_bytes(&p->addr));
	TRY(store_account(
	    link->view, link->number, &p->acc, &p->found, &p->addr, e));
	if (!p->found)
		p->acc = account_empty();
	return RC_OK;
}

enum rc
rpc_do_get_proof(struct rpc_call *c, struct err *e)
{
	struct proving p = {.found = false};
	struct trie_source src = chain_trie_source(&p.accounts);
	struct hash root;

	TRY(read_account(c, &p, e));
	TRY(rpc_state_root(c, &root, p.accounts.link.number, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "address");
	jsonw_data(c->w, addr_bytes(&p.addr));
	jsonw_key(c->w, "accountProof");
	TRY(write_proof(c, &src, &root, &p.storage.addr_hash, e));
	write_account(c->w, &p);
	TRY(write_slots(c, &p, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}

/* eth_getStorageValues. ------------------------------------------------- */

/* count_slots sums up what is asked for, and refuses another form. */
static enum rc
count_slots(const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v;
	size_t sum = 0;

	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 0: not an object");
	for (v = obj->first; v != NULL; v = v->next) {
		if (v->kind != RPC_JSON_ARRAY)
			return FAIL(e, RC_BAD_INPUT,
			    "invalid argument 0: %.*s: not an array",
			    v->key.len > 64 ? 64 : (int)v->key.len,
			    (const char *)v->key.ptr);
		sum += v->cnt;
	}
	if (sum == 0)
		return FAIL(e, RC_BAD_INPUT, "empty request");
	if (sum > SLOT_MAX)
		return FAIL(
		    e, RC_BAD_INPUT, "too many slots (max %d)", (int)SLOT_MAX);
	return RC_OK;
}

/* write_values writes the values of one account's slots. */
static enum rc
write_values(struct rpc_call *c, const struct rpc_json *keys, uint64_t number,
    struct err *e)
{
	char text[2 * sizeof(struct addr) + 3];
	const struct store_view *view;
	const struct rpc_json *v;
	uint8_t word[32];
	struct addr addr;
	struct u256 value;
	struct hash key;

	TRY(rpc_doc_view(c->doc, &view, e));
	TRY(hex_read_fixed(addr.b, sizeof(addr.b), keys->key, false, e));
	jsonw_key(c->w, hex_put0x(text, addr_bytes(&addr)));
	jsonw_arr(c->w);
	for (v = keys->first; v != NULL; v = v->next) {
		TRY(rpc_read_hash(&key, v, e));
		TRY(store_slot(view, number, &value, &addr, &key, e));
		u256_to_be(word, &value);
		jsonw_data(c->w, bytes_of(word, sizeof(word)));
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_get_storage_values(struct rpc_call *c, struct err *e)
{
	const struct rpc_json *v;
	uint64_t number;

	TRY(count_slots(c->arg[0], e));
	TRY(rpc_need_state(c, &number, 1, e));
	jsonw_obj(c->w);
	for (v = c->arg[0]->first; v != NULL; v = v->next)
		TRY(write_values(c, v, number, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}
