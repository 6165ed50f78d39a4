/* SPDX-License-Identifier: Apache-2.0
 *
 * The notifier loop, and how news gets to it from core and pool.
 */
#include "noded/notifier.h"

#include <stdatomic.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "noded/job.h"

/* What a message costs beside its arena. */
enum { MAIL_COST = 512, ACKS_MAX = 2 * NOTIFIER_UNDER_WAY_MAX };

enum rc
notifier_open(struct notifier *n, struct queue *in, struct queue *io,
    const struct rpc_subs_conf *conf, struct err *e)
{
	*n = (struct notifier){.in = in, .io = io};
	n->acks = queue_new(ACKS_MAX);
	n->subs = rpc_subs_new(conf);
	if (n->acks == NULL || n->subs == NULL)
		return FAIL(e, RC_NO_MEMORY, "subscriptions");
	return RC_OK;
}

void
notifier_close(struct notifier *n)
{
	struct mail *m;

	while (n->acks != NULL && (m = queue_pop(n->acks)) != NULL)
		mail_free(m);
	if (n->ready != NULL)
		mail_free(n->ready);
	if (n->notes != NULL)
		mail_free(n->notes);
	queue_free(n->acks);
	rpc_subs_free(n->subs);
}

/* News on its way. --------------------------------------------------------- */

/* lose drops news; whoever listens is told by its connection's end. */
static void
lose(struct notifier *n, struct mail *m)
{
	atomic_store(&n->is_lost, true);
	mail_free(m);
}

/* send_news sends what fits into the bound of what waits. */
static void
send_news(struct notifier *n, struct mail *m)
{
	size_t waits;

	m->bytes += m->arena.used_bytes + MAIL_COST;
	waits = atomic_fetch_add(&n->news_bytes, m->bytes) + m->bytes;
	if (waits <= NOTIFIER_NEWS_MAX && queue_push(n->in, m))
		return;
	atomic_fetch_sub(&n->news_bytes, m->bytes);
	lose(n, m);
}

/* copy_news moves a block into a message; false: no room. */
static bool
copy_news(struct mail *m, const struct rpc_news *news)
{
	struct bytes hashes = arena_copy(&m->arena,
	    bytes_of(news->tx_hashes, news->tx_cnt * sizeof(struct hash)));

	m->block = *news;
	m->block.header = header_copy(&m->arena, news->header);
	m->block.tx_hashes = (const void *)hashes.ptr;
	m->block.receipts = arena_copy(&m->arena, news->receipts);
	return m->block.header != NULL &&
	       (hashes.ptr != NULL || hashes.len == 0) &&
	       (m->block.receipts.ptr != NULL || news->receipts.len == 0);
}

static void
send_block(struct notifier *n, const struct rpc_news *news)
{
	struct mail *m = mail_new(MAIL_BLOCK);

	if (copy_news(m, news))
		send_news(n, m);
	else
		lose(n, m);
}

static void
send_undone(
    struct notifier *n, const struct hash *hash, const struct chain_undone *u)
{
	struct rpc_news news = {.is_undone = true,
	    .hash = *hash,
	    .header = u->header,
	    .tx_hashes = u->tx_hashes,
	    .tx_cnt = u->tx_cnt,
	    .receipts = u->receipts};

	send_block(n, &news);
}

static void
send_added(struct notifier *n, const struct store_block *b)
{
	struct rpc_news news = {.hash = b->hash,
	    .header = &b->header,
	    .tx_hashes = b->tx_hashes,
	    .tx_cnt = b->tx_cnt,
	    .receipts = b->receipts};

	send_block(n, &news);
}

void
notifier_on_change(void *ctx, const struct chain_change *change)
{
	struct notifier *n = ctx;
	size_t i;

	if (atomic_load(&n->sub_cnt) == 0)
		return;
	for (i = 0; i < change->removed_cnt; i++)
		send_undone(n, &change->removed[i], &change->undone[i]);
	for (i = 0; i < change->added_cnt; i++)
		send_added(n, change->added[i]);
}

/* room_for_ready makes the list of a message longer when it is full. */
static bool
room_for_ready(struct mail *m)
{
	size_t cap = m->tx_cnt == 0 ? 16 : 2 * m->tx_cnt;
	struct pool_tx **txs;

	if (m->tx_cnt > 0 && (m->tx_cnt < 16 || (m->tx_cnt & (m->tx_cnt - 1))))
		return true; /* it doubles at powers of two */
	if (cap > NOTIFIER_READY_MAX)
		return false;
	txs = arena_array(&m->arena, cap, sizeof(struct pool_tx *));
	if (txs == NULL)
		return false;
	if (m->tx_cnt > 0)
		memcpy(txs, m->txs, m->tx_cnt * sizeof(struct pool_tx *));
	m->txs = txs;
	return true;
}

void
notifier_on_ready(void *ctx, struct pool_tx *t)
{
	struct notifier *n = ctx;

	if (atomic_load(&n->sub_cnt) == 0)
		return;
	if (n->ready == NULL)
		n->ready = mail_new(MAIL_READY);
	if (!room_for_ready(n->ready)) {
		atomic_store(&n->is_lost, true);
		return;
	}
	n->ready->txs[n->ready->tx_cnt++] = pool_tx_get(t);
	n->ready->bytes += t->memory_bytes;
}

void
notifier_send_ready(struct notifier *n)
{
	if (n->ready != NULL)
		send_news(n, n->ready);
	n->ready = NULL;
}

void
notifier_io_gone(struct notifier *n)
{
	queue_close(n->acks);
}

/* Notes on their way. ------------------------------------------------------ */

/* wait_for_ack sleeps until io is done with a message. */
static void
wait_for_ack(struct notifier *n)
{
	struct mail *m;

	while ((m = queue_pop(n->acks)) == NULL) {
		if (!queue_wait(n->acks, -1)) {
			n->is_io_gone = true;
			return;
		}
	}
	mail_free(m);
	n->under_way_cnt--;
}

static void
send_notes(struct notifier *n)
{
	if (n->notes == NULL)
		return;
	while (n->under_way_cnt >= NOTIFIER_UNDER_WAY_MAX && !n->is_io_gone)
		wait_for_ack(n);
	if (n->is_io_gone) {
		mail_free(n->notes);
	} else {
		mail_send(n->io, n->notes);
		n->under_way_cnt++;
	}
	n->notes = NULL;
	n->notes_bytes = 0;
}

/* put_notes puts one result for cnt subscriptions into the message. */
static bool
put_notes(struct notifier *n, struct bytes result, const struct rpc_sub_to *to,
    size_t cnt)
{
	struct mail_note *note;
	struct bytes list;

	if (n->notes == NULL)
		n->notes = mail_new(MAIL_NOTES);
	note = arena_alloc(&n->notes->arena, sizeof(*note));
	list = arena_copy(&n->notes->arena, bytes_of(to, cnt * sizeof(*to)));
	if (note == NULL || list.ptr == NULL)
		return false;
	note->result = arena_copy(&n->notes->arena, result);
	if (note->result.ptr == NULL)
		return false;
	note->to = (const void *)list.ptr;
	note->to_cnt = cnt;
	mail_add_note(n->notes, note);
	n->notes_bytes += cnt * rpc_note_bytes(result.len);
	return true;
}

/* say is what the registry calls; it cuts what is for many into messages. */
static void
say(void *ctx, struct bytes result, const struct rpc_sub_to *to, size_t cnt)
{
	struct notifier *n = ctx;
	size_t len = rpc_note_bytes(result.len), part;

	for (; cnt > 0 && !n->is_io_gone; to += part, cnt -= part) {
		if (n->notes_bytes >= NOTIFIER_NOTES_BYTES)
			send_notes(n);
		part = (NOTIFIER_NOTES_BYTES - n->notes_bytes + len - 1) / len;
		if (part > cnt)
			part = cnt;
		if (!put_notes(n, result, to, part))
			atomic_store(&n->is_lost, true);
	}
}

/* close_all has io close every connection with subscriptions. */
static void
close_all(struct notifier *n)
{
	struct mail *m = mail_new(MAIL_CLOSE);
	size_t i;

	CHECK(
	    rpc_subs_clients(n->subs, &m->arena, &m->clients, &m->client_cnt));
	log_warn("notifier",
	    "news was lost, connections with subscriptions are closed cnt=%zu",
	    m->client_cnt);
	for (i = 0; i < m->client_cnt; i++)
		rpc_subs_end(n->subs, &m->clients[i]);
	mail_send(n->io, m);
}

/* The loop. ---------------------------------------------------------------- */

static void
run_job(struct notifier *n, struct job *j)
{
	job_run_subs(j, n->subs);
	atomic_store(&n->sub_cnt, rpc_subs_cnt(n->subs));
	job_send_on(j);
}

/* tell has the registry tell of news. */
static void
tell(struct notifier *n, const struct mail *m)
{
	struct err why = {.rc = RC_OK};
	enum rc rc;

	if (m->kind == MAIL_BLOCK)
		rc = rpc_subs_block(n->subs, &m->block, say, n, &why);
	else
		rc = rpc_subs_pending(n->subs, m->txs, m->tx_cnt, say, n, &why);
	if (rc != RC_OK) {
		log_warn(
		    "notifier", "not all was told: %s", err_message(&why, rc));
		atomic_store(&n->is_lost, true);
	}
	atomic_fetch_sub(&n->news_bytes, m->bytes);
}

static void
on_mail(struct notifier *n, struct mail *m)
{
	switch (m->kind) {
	case MAIL_JOB:
		run_job(n, (struct job *)m);
		return; /* the job went on its way */
	case MAIL_BLOCK:
	case MAIL_READY:
		tell(n, m);
		break;
	case MAIL_GONE:
		rpc_subs_end(n->subs, &m->client);
		break;
	case MAIL_STOP:
		n->is_stopping = true;
		break;
	case MAIL_WORK:
	case MAIL_PICK:
	case MAIL_PICKED:
	case MAIL_DROP:
	case MAIL_HEAD:
	case MAIL_RETURN:
	case MAIL_NOTES:
	case MAIL_CLOSE:
	case MAIL_NONCE:
		CHECK(false); /* messages for other threads */
		break;
	}
	mail_free(m);
}

/* look_lost is done before each message: nothing is told across a gap. */
static void
look_lost(struct notifier *n)
{
	if (!atomic_exchange(&n->is_lost, false))
		return;
	if (rpc_subs_cnt(n->subs) > 0)
		close_all(n);
}

void
notifier_run(struct notifier *n)
{
	struct mail *m;

	while (!n->is_stopping) {
		(void)queue_wait(n->in, -1);
		while ((m = queue_pop(n->in)) != NULL) {
			look_lost(n);
			on_mail(n, m);
			/* An answer comes before what it makes possible. */
			send_notes(n);
		}
		look_lost(n);
		atomic_store(&n->sub_cnt, rpc_subs_cnt(n->subs));
	}
}
