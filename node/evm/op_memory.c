/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions on spans of memory: hashing, copying, logging, returning;
 * and EXP, whose price is in its operand.
 */
#include "base/check.h"
#include "crypto/keccak.h"
#include "evm/evm_priv.h"

enum rc
evm_op_exp(struct frame *f)
{
	struct u256 *base = f->sp--, *exponent = f->sp;
	uint64_t bytes = (u256_bits(exponent) + 7) / 8;

	if (!evm_take(f, bytes * f->vm->price.exp_byte))
		return RC_EVM_GAS;
	u256_exp(exponent, base, exponent);
	return RC_OK;
}

static struct u256
hash_of(struct bytes in)
{
	uint8_t hash[32];

	keccak256(hash, in);
	return load_word(hash);
}

/* hash_place is hash_of for 64 bytes. */
static struct u256
hash_place(struct evm *vm, const uint8_t *in)
{
	uint64_t words[MEMO_LEN / 8], mix = 0;
	struct memo *m;
	size_t i;

	memcpy(words, in, sizeof(words));
	for (i = 0; i < ARRAY_CNT(words); i++)
		mix = (mix ^ words[i]) * 0x9e3779b97f4a7c15;
	m = &vm->memo[(mix ^ mix >> 32) % MEMO_CNT];
	if (!m->is_used || memcmp(m->in, words, sizeof(words)) != 0) {
		memcpy(m->in, words, sizeof(words));
		m->hash = hash_of(bytes_of(in, MEMO_LEN));
		m->is_used = true;
	}
	return m->hash;
}

enum rc
evm_op_keccak(struct frame *f)
{
	struct u256 *at = f->sp--, *len = f->sp;
	struct span in;

	if (!evm_reach(f, &in, at, len) ||
	    !evm_take(f, GAS_KECCAK_WORD * evm_words(in.len)))
		return RC_EVM_GAS;
	if (in.len == MEMO_LEN && f->vm->has_memo)
		*len = hash_place(f->vm, f->mem + in.at);
	else
		*len = hash_of(evm_view(f, in));
	return RC_OK;
}

/* copy_in pops memory offset, source offset and length, and copies with
 * zeros behind the end of the source. */
static enum rc
copy_in(struct frame *f, struct bytes from)
{
	const struct u256 *at = f->sp, *source = at - 1, *len = at - 2;
	struct span to;
	uint64_t have = 0;

	f->sp -= 3;
	if (!evm_reach(f, &to, at, len) ||
	    !evm_take(f, GAS_COPY_WORD * evm_words(to.len)))
		return RC_EVM_GAS;
	if (u256_is_u64(source) && source->w[0] < from.len)
		have = from.len - source->w[0];
	if (have > to.len)
		have = to.len;
	if (have > 0)
		memcpy(f->mem + to.at, from.ptr + source->w[0], have);
	if (to.len > have)
		memset(f->mem + to.at + have, 0, to.len - have);
	return RC_OK;
}

enum rc
evm_op_calldatacopy(struct frame *f)
{
	return copy_in(f, f->msg.input);
}

enum rc
evm_op_codecopy(struct frame *f)
{
	return copy_in(f, bytes_of(f->code.bytes, f->code.len));
}

enum rc
evm_op_extcodecopy(struct frame *f)
{
	struct addr addr = word_to_addr(f->sp--);
	struct evm *vm = f->vm;

	if (!evm_take(f, vm->price.extcode + evm_access(vm, &addr)))
		return RC_EVM_GAS;
	return copy_in(f, vm->host->code(vm->host->ctx, &addr));
}

/* EIP-211: reading past the end ends the frame, it gives no zeros. */
enum rc
evm_op_returndatacopy(struct frame *f)
{
	const struct u256 *from = f->sp - 1, *len = f->sp - 2;
	size_t have = f->vm->return_data.len;

	if (!u256_is_u64(from) || !u256_is_u64(len) || from->w[0] > have ||
	    len->w[0] > have - from->w[0])
		return RC_EVM_RETURN_DATA;
	return copy_in(f, f->vm->return_data);
}

/* EIP-5656 */
enum rc
evm_op_mcopy(struct frame *f)
{
	const struct u256 *at = f->sp, *source = at - 1, *len = at - 2;
	struct span to, from;

	f->sp -= 3;
	if (!evm_reach(f, &from, source, len) || !evm_reach(f, &to, at, len) ||
	    !evm_take(f, GAS_COPY_WORD * evm_words(to.len)))
		return RC_EVM_GAS;
	if (to.len > 0)
		memmove(f->mem + to.at, f->mem + from.at, to.len);
	return RC_OK;
}

enum rc
evm_op_log(struct frame *f, unsigned topic_cnt)
{
	const struct u256 *at = f->sp, *len = at - 1;
	struct log_entry log = {.addr = f->msg.to, .topic_cnt = topic_cnt};
	struct span data;
	unsigned i;

	if (f->msg.is_static)
		return RC_EVM_STATIC;
	f->sp -= 2 + topic_cnt;
	if (!evm_reach(f, &data, at, len) ||
	    !evm_take(f, GAS_LOG_BYTE * data.len))
		return RC_EVM_GAS;
	for (i = 0; i < topic_cnt; i++)
		log.topics[i] = word_to_hash(len - 1 - i);
	log.data = evm_view(f, data);
	f->vm->host->log(f->vm->host->ctx, &log);
	return RC_OK;
}

enum rc
evm_op_return(struct frame *f)
{
	struct span out;

	if (!evm_reach(f, &out, f->sp, f->sp - 1))
		return RC_EVM_GAS;
	f->output = evm_view(f, out);
	return RC_OK;
}
