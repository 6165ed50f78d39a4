/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing: lock, tables, log, the first layer set. The writer's
 * steps are in step.c.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/body_priv.h"
#include "store/dbs_priv.h"

struct store_conf
store_conf_default(const char *dir)
{
	return (struct store_conf){
	    .dir = dir,
	    .map_bytes = (size_t)16 << 30,
	    .history = 256,
	    .layer_max = 32,
	    .layer_bytes_max = (size_t)16 << 20,
	    .resident_bytes = (size_t)64 << 20,
	};
}

struct store_block *
store_block_new(size_t arena_max_bytes)
{
	struct store_block *b = mem_new(sizeof(*b));

	if (b != NULL)
		arena_init(&b->arena, arena_max_bytes);
	return b;
}

void
store_block_free(struct store_block *b)
{
	if (b == NULL)
		return;
	arena_drop(&b->arena);
	mem_free(b);
}

uint64_t
store_oldest(const struct store *s, const struct base *base, uint64_t head)
{
	uint64_t history = s->conf.history;

	if (history == 0 || head < history || head - history < base->oldest)
		return base->oldest;
	return head - history;
}

/* Opening. ----------------------------------------------------------- */

static char *
path_under(const char *dir, const char *name)
{
	size_t len = strlen(dir) + strlen(name) + 2;
	char *p = mem_new(len);

	if (p != NULL)
		(void)snprintf(p, len, "%s/%s", dir, name);
	return p;
}

static enum rc
fail_path(struct err *e, const struct store *s, const char *what)
{
	char why[128];
	int number = errno;

	return FAIL(e, RC_IO, "%s: %s: %s", s->dir, what,
	    strerror_r(number, why, sizeof(why)));
}

/* take_lock holds the folder for this process until the descriptor closes. */
static enum rc
take_lock(struct store *s, struct err *e)
{
	char *path = path_under(s->dir, "lock");

	if (path == NULL)
		return FAIL(e, RC_NO_MEMORY, "opening the store");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	mem_free(path);
	if (s->lock_fd < 0)
		return fail_path(e, s, "lock");
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return RC_OK;
	if (errno == EWOULDBLOCK)
		return FAIL(e, RC_UNAVAILABLE,
		    "%s: another process has this store open", s->dir);
	return fail_path(e, s, "lock");
}

/*
 * sync_dir makes the names in a folder durable. At each start: who made them
 * may have been killed before it could, and a name that is seen is not yet one
 * that survives a power cut.
 */
static enum rc
sync_dir(const struct store *s, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_good = fd >= 0 && fsync(fd) == 0;
	enum rc rc = is_good ? RC_OK : fail_path(e, s, "sync");

	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
write_base(struct store *s, struct err *e)
{
	struct table_txn t;
	enum rc rc;

	s->base = (struct base){.index_from = BASE_NO_INDEX};
	if (getrandom(&s->base.store_id, sizeof(s->base.store_id), 0) !=
	    (ssize_t)sizeof(s->base.store_id))
		return FAIL(e, RC_INTERNAL, "no randomness");
	TRY(table_write_begin(&t, &s->te, e));
	rc = base_save(&t, &s->base, e);
	if (rc == RC_OK)
		return table_commit(&t, e);
	table_abort(&t);
	return rc;
}

/* read_head copies the tables' head into set. */
static enum rc
read_head(struct store *s, struct layer_set *set, struct err *e)
{
	struct store_head head = {
	    .hash = s->base.hash,
	    .number = s->base.number,
	    .total_difficulty = s->base.total_difficulty,
	};
	struct store_block b = {0};
	struct header header;
	struct table_txn t = {0};
	struct arena a;
	enum rc rc;

	arena_init(&a, STORE_GROUP_MAX);
	rc = table_read_begin(&t, &s->te, e);
	if (rc == RC_OK)
		rc = blockdb_load(&t, &a, &b, head.number, e);
	if (rc == RC_OK)
		rc = body_header(&header, b.raw, e);
	head.header = &header;
	if (rc == RC_OK && !hash_eq(&b.hash, &head.hash))
		rc = FAIL(e, RC_CORRUPT, "%s: two heads in the tables", s->dir);
	if (rc == RC_OK && !layer_set_head(set, &head))
		rc = FAIL(e, RC_NO_MEMORY, "opening the store");
	table_read_close(&t);
	arena_drop(&a);
	return rc;
}

static enum rc
first_set(struct store *s, struct err *e)
{
	struct layer_set *set = layer_set_new(0);
	enum rc rc = RC_OK;

	if (set == NULL)
		return FAIL(e, RC_NO_MEMORY, "opening the store");
	set->base_seq = set->head_seq = s->base.seq;
	if (s->base.has_head)
		rc = read_head(s, set, e);
	if (rc != RC_OK) {
		layer_set_free(set);
		return rc;
	}
	view_publish(s, set);
	return RC_OK;
}

static enum rc
load_base(struct store *s, bool *is_there, struct err *e)
{
	struct table_txn t = {0};
	enum rc rc;

	rc = table_read_begin(&t, &s->te, e);
	if (rc == RC_OK)
		rc = base_load(&s->base, is_there, &t, e);
	table_read_close(&t);
	return rc;
}

static enum rc
open_parts(struct store *s, struct err *e)
{
	bool is_there = false;

	TRY(take_lock(s, e));
	TRY(table_env_open(&s->te, s->table_dir, s->conf.map_bytes, e));
	table_env_bound(&s->te, s->conf.resident_bytes);
	TRY(load_base(s, &is_there, e));
	if (!is_there)
		TRY(write_base(s, e));
	/* The tables' file before the log, which names the store it is of. */
	TRY(sync_dir(s, s->table_dir, e));
	TRY(sync_dir(s, s->dir, e));
	TRY(statelog_open(
	    &s->log, s->log_dir, s->base.store_id, s->base.seq, e));
	TRY(sync_dir(s, s->dir, e));
	return first_set(s, e);
}

enum rc
store_open(struct store **out, const struct store_conf *conf, struct err *e)
{
	struct store *s = mem_new(sizeof(*s));
	enum rc rc = RC_NO_MEMORY;

	if (s == NULL)
		return FAIL(e, RC_NO_MEMORY, "opening the store");
	s->conf = *conf;
	s->lock_fd = -1;
	s->log.fd = s->log.mark_fd = s->log.dir_fd = -1;
	s->dir = path_under(conf->dir, ".");
	s->table_dir = path_under(conf->dir, "db");
	s->log_dir = path_under(conf->dir, "log");
	views_init(s);
	if (s->dir == NULL || s->table_dir == NULL || s->log_dir == NULL)
		rc = FAIL(e, RC_NO_MEMORY, "opening the store");
	else if (!index_seed_draw(&s->seed))
		rc = FAIL(e, RC_INTERNAL, "no randomness");
	else
		rc = open_parts(s, e);
	if (rc != RC_OK) {
		store_close(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void
store_close(struct store *s)
{
	struct layer_set *last;

	if (s == NULL)
		return;
	views_close(s);
	view_reclaim(s);
	last = atomic_load(&s->set);
	if (last != NULL)
		layer_set_free(last);
	mem_free(s->recovered);
	statelog_close(&s->log);
	table_env_close(&s->te);
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd);
	mem_free(s->dir);
	mem_free(s->table_dir);
	mem_free(s->log_dir);
	mem_free(s);
}

bool
store_is_empty(const struct store *s)
{
	return atomic_load(&s->set)->head.header == NULL &&
	       s->log.pending_at == s->log.pending_cnt;
}
