/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry of subscriptions: each stands in the list of its connection,
 * of its kind and of its id. Who is told what is in notify.c.
 */
#include "rpc/subs_priv.h"

#include <stdio.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/metrics.h"

/* Largest results of the calls here, and memory for one block's logs. */
enum { SMALL_MAX = 1024, LOGS_BYTES_MAX = 1024 * 1024 * 1024 };

/* One subscription. -------------------------------------------------------- */

/* lists_bytes is the room that the lists of a filter take. */
static size_t
lists_bytes(const struct rpc_log_filter *f)
{
	size_t i, keys = f->addrs.cnt;
	size_t sum = f->addrs.cnt * sizeof(struct addr);

	for (i = 0; i < f->topic_cnt; i++) {
		sum += f->topics[i].cnt * sizeof(struct hash);
		keys += f->topics[i].cnt;
	}
	return sum + keys * sizeof(struct bloom_key);
}

/* move copies a list to *at, which moves on; returns where it is now. */
static void *
move(uint8_t **at, const void *list, size_t bytes)
{
	void *out = *at;

	if (bytes > 0)
		memcpy(out, list, bytes);
	*at += bytes;
	return out;
}

/* keep_lists moves the lists of a filter behind its subscription. Keys come
 * first: they alone are aligned to more than a byte. */
static void
keep_lists(struct rpc_log_filter *f, uint8_t *at)
{
	size_t i;

	f->addrs.key =
	    move(&at, f->addrs.key, f->addrs.cnt * sizeof(*f->addrs.key));
	for (i = 0; i < f->topic_cnt; i++)
		f->topics[i].key = move(&at, f->topics[i].key,
		    f->topics[i].cnt * sizeof(*f->topics[i].key));
	f->addrs.any =
	    move(&at, f->addrs.any, f->addrs.cnt * sizeof(*f->addrs.any));
	for (i = 0; i < f->topic_cnt; i++)
		f->topics[i].any = move(&at, f->topics[i].any,
		    f->topics[i].cnt * sizeof(*f->topics[i].any));
}

struct rpc_sub *
rpc_sub_new(enum rpc_sub_kind kind, const struct rpc_log_filter *filter)
{
	size_t bytes =
	    sizeof(struct rpc_sub) + (filter == NULL ? 0 : lists_bytes(filter));
	struct rpc_sub *sub = mem_new(bytes);

	if (sub == NULL)
		return NULL;
	sub->kind = kind;
	sub->bytes = bytes;
	if (filter == NULL)
		return sub;
	sub->filter = *filter;
	keep_lists(&sub->filter, (uint8_t *)(sub + 1));
	return sub;
}

void
rpc_sub_free(struct rpc_sub *sub)
{
	mem_free(sub);
}

/* The registry. ------------------------------------------------------------ */

static void
init_lists(struct rpc_subs *s)
{
	size_t i;

	for (i = 0; i < s->conf.slots; i++)
		LIST_INIT(&s->slots[i].subs);
	for (i = 0; i < RPC_SUB_KINDS; i++)
		TAILQ_INIT(&s->kinds[i]);
	for (i = 0; i < RPC_SUB_BUCKETS; i++)
		LIST_INIT(&s->buckets[i]);
}

struct rpc_subs *
rpc_subs_new(const struct rpc_subs_conf *conf)
{
	struct rpc_subs *s = mem_new(sizeof(*s));

	if (s == NULL)
		return NULL;
	s->conf = *conf;
	arena_init(&s->a, LOGS_BYTES_MAX);
	jsonw_init(&s->w, RPC_ANSWER_MAX);
	s->slots = mem_array(conf->slots, sizeof(*s->slots));
	s->to = mem_array(RPC_SUBS_MAX, sizeof(*s->to));
	s->maybe = mem_array(RPC_SUBS_MAX, sizeof(struct rpc_sub *));
	if (s->slots == NULL || s->to == NULL || s->maybe == NULL) {
		mem_free(s->slots);
		mem_free(s->to);
		mem_free(s->maybe);
		mem_free(s);
		return NULL;
	}
	init_lists(s);
	return s;
}

size_t
rpc_subs_cnt(const struct rpc_subs *s)
{
	return s->cnt;
}

static struct rpc_sub_list *
bucket_of(struct rpc_subs *s, const uint8_t id[RPC_SUB_ID_BYTES])
{
	return &s->buckets[be16(id + (RPC_SUB_ID_BYTES - 2)) % RPC_SUB_BUCKETS];
}

static void
publish(const struct rpc_subs *s)
{
	metric_set(METRIC_RPC_SUBS, s->cnt);
}

static void
drop(struct rpc_subs *s, struct rpc_sub *sub)
{
	LIST_REMOVE(sub, of_client);
	LIST_REMOVE(sub, of_bucket);
	TAILQ_REMOVE(&s->kinds[sub->kind], sub, of_kind);
	s->slots[sub->to.client.slot].cnt--;
	s->cnt--;
	s->bytes -= sub->bytes;
	rpc_sub_free(sub);
	publish(s);
}

void
rpc_subs_free(struct rpc_subs *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->conf.slots; i++) {
		while (!LIST_EMPTY(&s->slots[i].subs))
			drop(s, LIST_FIRST(&s->slots[i].subs));
	}
	mem_free(s->slots);
	mem_free(s->to);
	mem_free(s->maybe);
	arena_drop(&s->a);
	jsonw_free(&s->w);
	mem_free(s);
}

static bool
is_of(const struct rpc_sub *sub, const struct rpc_client *client)
{
	return sub->to.client.slot == client->slot &&
	       sub->to.client.generation == client->generation;
}

void
rpc_subs_end(struct rpc_subs *s, const struct rpc_client *client)
{
	struct rpc_sub *sub = LIST_FIRST(&s->slots[client->slot].subs), *next;

	for (; sub != NULL; sub = next) {
		next = LIST_NEXT(sub, of_client);
		if (is_of(sub, client))
			drop(s, sub);
	}
}

bool
rpc_subs_clients(const struct rpc_subs *s, struct arena *a,
    struct rpc_client **out, size_t *cnt)
{
	const struct rpc_sub *sub;
	size_t i, n = 0;

	*cnt = 0;
	if (s->cnt == 0)
		return true;
	*out = arena_array(a, s->cnt, sizeof(**out));
	if (*out == NULL)
		return false;
	for (i = 0; i < s->conf.slots; i++) {
		LIST_FOREACH(sub, &s->slots[i].subs, of_client)
		{
			if (n == 0 || !is_of(sub, &(*out)[n - 1]))
				(*out)[n++] = sub->to.client;
		}
	}
	*cnt = n;
	return true;
}

/* A document's turn. ------------------------------------------------------- */

bool
rpc_needs_subs(const struct rpc_doc *d)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].sub_work != RPC_SUBS_NONE)
			return true;
	}
	return false;
}

/* check_room judges one more subscription of a connection. */
static enum rc
check_room(const struct rpc_subs *s, const struct rpc_sub *sub, uint32_t slot,
    enum rpc_source source, struct err *e)
{
	if (s->slots[slot].cnt >= s->conf.per_client[source])
		return FAIL(e, RC_NO_SPACE,
		    "too many subscriptions on this connection, at most %zu",
		    s->conf.per_client[source]);
	if (s->cnt >= RPC_SUBS_MAX ||
	    s->bytes + sub->bytes > RPC_SUBS_BYTES_MAX)
		return FAIL(
		    e, RC_NO_SPACE, "too many subscriptions on this node");
	return RC_OK;
}

/* new_id draws an id that reads as a quantity of full length, too: there are
 * clients that take it for a number. */
static void
new_id(const struct rpc_subs *s, uint8_t id[RPC_SUB_ID_BYTES])
{
	s->conf.fill(id, RPC_SUB_ID_BYTES);
	id[0] |= 0x10;
}

static enum rc
add(struct rpc_subs *s, struct rpc_sub *sub, const struct rpc_client *client,
    enum rpc_source source, struct err *e)
{
	struct rpc_sub_slot *slot = &s->slots[client->slot];

	CHECK(client->slot < s->conf.slots);
	TRY(check_room(s, sub, client->slot, source, e));
	sub->to.client = *client;
	new_id(s, sub->to.id);
	LIST_INSERT_HEAD(&slot->subs, sub, of_client);
	LIST_INSERT_HEAD(bucket_of(s, sub->to.id), sub, of_bucket);
	TAILQ_INSERT_TAIL(&s->kinds[sub->kind], sub, of_kind);
	slot->cnt++;
	s->cnt++;
	s->bytes += sub->bytes;
	publish(s);
	return RC_OK;
}

/* remove_id ends a subscription of this connection; those of others are not
 * there. */
static enum rc
remove_id(struct rpc_subs *s, const uint8_t id[RPC_SUB_ID_BYTES],
    const struct rpc_client *client, struct err *e)
{
	struct rpc_sub *sub;

	LIST_FOREACH(sub, bucket_of(s, id), of_bucket)
	{
		if (!is_of(sub, client) ||
		    memcmp(sub->to.id, id, RPC_SUB_ID_BYTES) != 0)
			continue;
		drop(s, sub);
		return RC_OK;
	}
	return FAIL(e, RC_NOT_FOUND, "subscription not found");
}

/* run_add subscribes; whoever does not wait for the answer could never name
 * the subscription, and gets none. */
static enum rc
run_add(struct rpc_doc *d, struct rpc_item *it, struct rpc_subs *s,
    const struct rpc_client *client, struct jsonw *w, struct err *e)
{
	if (it->id.len == 0)
		return RC_OK;
	TRY(add(s, it->sub, client, d->source, e));
	jsonw_data(w, bytes_of(it->sub->to.id, RPC_SUB_ID_BYTES));
	it->sub = NULL; /* the registry's now */
	return RC_OK;
}

static void
run_item(struct rpc_doc *d, struct rpc_item *it, struct rpc_subs *s,
    const struct rpc_client *client)
{
	struct err why = {.rc = RC_OK};
	struct jsonw w;
	enum rc rc;

	jsonw_init(&w, SMALL_MAX);
	if (it->sub_work == RPC_SUBS_ADD) {
		rc = run_add(d, it, s, client, &w, &why);
	} else {
		rc = remove_id(s, it->sub_id, client, &why);
		jsonw_bool(&w, true);
	}
	it->sub_work = RPC_SUBS_NONE;
	rpc_item_end(d, it, &w, rc, &why);
}

void
rpc_run_subs(
    struct rpc_doc *d, struct rpc_subs *s, const struct rpc_client *client)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].sub_work != RPC_SUBS_NONE)
			run_item(d, &d->items[i], s, client);
	}
}
