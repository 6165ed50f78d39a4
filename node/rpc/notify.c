/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is told what. Everything is rendered once for all who want it; a block
 * whose bloom speaks against a filter costs that filter a few bits, and one
 * that no filter may want is not looked into.
 */
#include "base/check.h"
#include "base/hex.h"
#include "eth/ethjson.h"
#include "rpc/subs_priv.h"

/* The envelope. ------------------------------------------------------------ */

#define NOTE_HEAD                                                              \
	"{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{"    \
	"\"subscription\":\""
#define NOTE_RESULT "\",\"result\":"
#define NOTE_TAIL   "}}\n"

enum { ID_TEXT_LEN = 2 + 2 * RPC_SUB_ID_BYTES };

size_t
rpc_note_bytes(size_t result_len)
{
	return sizeof(NOTE_HEAD NOTE_RESULT NOTE_TAIL) - 1 + ID_TEXT_LEN +
	       result_len;
}

void
rpc_note_put(uint8_t *out, const struct rpc_sub_to *to, struct bytes result)
{
	struct buf b = buf_of(out, rpc_note_bytes(result.len));
	char id[ID_TEXT_LEN + 1];

	(void)hex_put0x(id, bytes_of(to->id, sizeof(to->id)));
	CHECK(buf_put(&b, NOTE_HEAD, sizeof(NOTE_HEAD) - 1) &&
	      buf_put(&b, id, ID_TEXT_LEN) &&
	      buf_put(&b, NOTE_RESULT, sizeof(NOTE_RESULT) - 1) &&
	      buf_put(&b, result.ptr, result.len) &&
	      buf_put(&b, NOTE_TAIL, sizeof(NOTE_TAIL) - 1));
}

/* One rendering for many. -------------------------------------------------- */

/* struct voice is the way out. */
struct voice {
	rpc_say_fn *say;
	void *ctx;
};

/* say_all tells what was rendered to the first cnt of s->to. */
static enum rc
say_all(
    struct rpc_subs *s, const struct voice *voice, size_t cnt, struct err *e)
{
	if (!jsonw_done(&s->w))
		return FAIL(e, RC_NO_MEMORY, "a notification");
	voice->say(voice->ctx, jsonw_bytes(&s->w), s->to, cnt);
	return RC_OK;
}

/* list_kind puts all subscriptions of a kind into s->to. */
static size_t
list_kind(struct rpc_subs *s, enum rpc_sub_kind kind)
{
	const struct rpc_sub *sub;
	size_t cnt = 0;

	TAILQ_FOREACH(sub, &s->kinds[kind], of_kind)
	s->to[cnt++] = sub->to;
	return cnt;
}

/* Blocks. ------------------------------------------------------------------ */

static enum rc
tell_head(struct rpc_subs *s, const struct rpc_news *news,
    const struct voice *voice, struct err *e)
{
	size_t cnt = list_kind(s, RPC_SUB_HEADS);

	if (cnt == 0)
		return RC_OK;
	jsonw_reset(&s->w);
	ethjson_header(&s->w, news->header, &news->hash, NULL);
	return say_all(s, voice, cnt, e);
}

/* list_maybe puts into s->maybe whose filters may want a log of the block. */
static size_t
list_maybe(struct rpc_subs *s, const struct header *h)
{
	struct rpc_sub *sub;
	size_t cnt = 0;

	TAILQ_FOREACH(sub, &s->kinds[RPC_SUB_LOGS], of_kind)
	{
		if (h->number >= sub->first && h->number <= sub->last &&
		    rpc_log_filter_may(&sub->filter, &h->bloom))
			s->maybe[cnt++] = sub;
	}
	return cnt;
}

/* struct placed is a log in its place. */
struct placed {
	const struct log_entry *log;
	uint64_t tx_index, log_index;
};

/* list_logs decodes the logs of a block into s->a. */
static enum rc
list_logs(struct rpc_subs *s, struct placed **out, size_t *cnt,
    const struct rpc_news *news, struct err *e)
{
	struct receipt *r;
	size_t i, k, r_cnt, n = 0;

	if (news->receipts.len == 0)
		return FAIL(e, RC_NO_MEMORY, "logs of a block are not there");
	TRY(receipts_unpack_logs(&s->a, &r, &r_cnt, news->receipts, e));
	if (r_cnt != news->tx_cnt)
		return FAIL(e, RC_CORRUPT, "%zu receipts of %zu transactions",
		    r_cnt, news->tx_cnt);
	for (i = 0; i < r_cnt; i++)
		n += r[i].log_cnt;
	*cnt = 0;
	if (n == 0)
		return RC_OK;
	*out = arena_array(&s->a, n, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "%zu logs of a block", n);
	*cnt = n;
	for (n = 0, i = 0; i < r_cnt; i++) {
		for (k = 0; k < r[i].log_cnt; k++, n++)
			(*out)[n] = (struct placed){&r[i].logs[k], i, n};
	}
	return RC_OK;
}

static enum rc
tell_log(struct rpc_subs *s, const struct rpc_news *news,
    const struct placed *p, size_t maybe_cnt, const struct voice *voice,
    struct err *e)
{
	struct ethjson_at at = {.header = news->header,
	    .block_hash = news->hash,
	    .index = p->tx_index};
	size_t i, cnt = 0;

	for (i = 0; i < maybe_cnt; i++) {
		if (rpc_log_filter_has(&s->maybe[i]->filter, p->log))
			s->to[cnt++] = s->maybe[i]->to;
	}
	if (cnt == 0)
		return RC_OK;
	jsonw_reset(&s->w);
	ethjson_log(&s->w, p->log, &at, &news->tx_hashes[p->tx_index],
	    p->log_index, news->is_undone);
	return say_all(s, voice, cnt, e);
}

/* tell_placed tells of the logs in the order in which they came, or went:
 * what came last goes first. */
static enum rc
tell_placed(struct rpc_subs *s, const struct rpc_news *news, size_t maybe_cnt,
    const struct voice *voice, struct err *e)
{
	struct placed *v;
	size_t i, cnt;

	TRY(list_logs(s, &v, &cnt, news, e));
	for (i = 0; i < cnt; i++)
		TRY(tell_log(s, news, &v[news->is_undone ? cnt - 1 - i : i],
		    maybe_cnt, voice, e));
	return RC_OK;
}

static enum rc
tell_logs(struct rpc_subs *s, const struct rpc_news *news,
    const struct voice *voice, struct err *e)
{
	static const struct bloom none;
	size_t cnt;
	enum rc rc;

	if (memcmp(&news->header->bloom, &none, sizeof(none)) == 0)
		return RC_OK;
	cnt = list_maybe(s, news->header);
	if (cnt == 0)
		return RC_OK;
	rc = tell_placed(s, news, cnt, voice, e);
	arena_drop(&s->a);
	return rc;
}

enum rc
rpc_subs_block(struct rpc_subs *s, const struct rpc_news *news, rpc_say_fn *say,
    void *ctx, struct err *e)
{
	struct voice voice = {say, ctx};

	if (!news->is_undone)
		TRY(tell_head(s, news, &voice, e));
	return tell_logs(s, news, &voice, e);
}

/* Transactions. ------------------------------------------------------------ */

static enum rc
tell_txs(struct rpc_subs *s, enum rpc_sub_kind kind, struct pool_tx *const *txs,
    size_t tx_cnt, const struct voice *voice, struct err *e)
{
	size_t i, cnt = list_kind(s, kind);

	for (i = 0; cnt > 0 && i < tx_cnt; i++) {
		jsonw_reset(&s->w);
		if (kind == RPC_SUB_PENDING_FULL)
			rpc_tx_pending(&s->w, txs[i], false);
		else
			jsonw_data(&s->w, hash_bytes(&txs[i]->tx.hash));
		TRY(say_all(s, voice, cnt, e));
	}
	return RC_OK;
}

enum rc
rpc_subs_pending(struct rpc_subs *s, struct pool_tx *const *txs, size_t cnt,
    rpc_say_fn *say, void *ctx, struct err *e)
{
	struct voice voice = {say, ctx};

	TRY(tell_txs(s, RPC_SUB_PENDING, txs, cnt, &voice, e));
	return tell_txs(s, RPC_SUB_PENDING_FULL, txs, cnt, &voice, e);
}
