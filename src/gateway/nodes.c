/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums what workers see of the nodes, has it judged, tells workers and
 * operators. No rule of the pool stands here.
 */
#include "gateway/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/log.h"

enum {
	/* A worker that has not had a turn for so long knows nothing. */
	WORKER_OLD_MS = 3000,
	FILE_EVERY_MS = 1000,
	FILE_MAX = 16 * 1024,
};

/* --- what workers see --- */

static bool
is_fresh(const struct shm_worker *w, uint64_t now_ms)
{
	return w->turn_ms != 0 && now_ms < w->turn_ms + WORKER_OLD_MS;
}

/* look sums up; false when there is no worker to ask. */
static bool
look(struct gw_process *p, struct gw_node_view *views, uint64_t now_ms)
{
	bool has_worker = false;
	unsigned w;
	size_t i;

	for (w = 0; w < p->worker_cnt; w++) {
		const struct shm_worker *s = &p->shm->workers[w];

		if (!is_fresh(s, now_ms))
			continue;
		if (!has_worker)
			for (i = 0; i < p->nodes.cnt; i++)
				views[i].is_unchecked = true;
		has_worker = true;
		if (s->shown_choice == p->shm->node_choice &&
		    s->shown > p->nodes.shown)
			p->nodes.shown = s->shown;
		for (i = 0; i < p->nodes.cnt; i++) {
			views[i].is_up |= s->nodes[i].is_up;
			views[i].is_forked |= s->nodes[i].is_forked;
			views[i].is_unchecked &= s->nodes[i].is_unchecked;
			if (s->nodes[i].head < views[i].head)
				continue;
			views[i].head = s->nodes[i].head;
			views[i].head_unix = s->nodes[i].head_unix;
		}
	}
	return has_worker;
}

static struct gw_nodes_now
now_of(uint64_t mono_ms)
{
	return (struct gw_nodes_now){
	    .mono_ms = mono_ms, .unix_s = clock_real()->wall_ms(NULL) / 1000};
}

/* --- nodes.json --- */

static void
put_node(struct jsonw *w, const struct gw_process *p, size_t i,
    const struct gw_node_view *v, uint64_t unix_s)
{
	const struct gw_node *n = &p->conf->nodes[i];

	jsonw_obj(w);
	jsonw_key(w, "name");
	jsonw_str(w, n->name);
	jsonw_key(w, "socket");
	jsonw_str(w, n->socket);
	jsonw_key(w, "state");
	jsonw_str(w, gw_node_word(p->node_states[i]));
	jsonw_key(w, "head");
	jsonw_u64(w, v->head);
	jsonw_key(w, "age");
	jsonw_u64(w, unix_s > v->head_unix ? unix_s - v->head_unix : 0);
	jsonw_obj_end(w);
}

static void
put_all(struct jsonw *w, const struct gw_process *p,
    const struct gw_node_view *views, uint64_t unix_s)
{
	size_t i;

	jsonw_obj(w);
	jsonw_key(w, "pid");
	jsonw_u64(w, (uint64_t)getpid());
	jsonw_key(w, "at");
	jsonw_u64(w, unix_s);
	jsonw_key(w, "used");
	jsonw_str(w, p->conf->nodes[p->nodes.used].name);
	jsonw_key(w, "first");
	jsonw_str(w, p->conf->nodes[p->nodes.first].name);
	jsonw_key(w, "shown");
	jsonw_u64(w, p->nodes.shown);
	jsonw_key(w, "nodes");
	jsonw_arr(w);
	for (i = 0; i < p->nodes.cnt; i++)
		put_node(w, p, i, &views[i], unix_s);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* Others may make files in run_dir: a link in this one's place is not
 * followed, and what lies there is removed. */
static bool
write_file(const char *path, const char *name, struct bytes text)
{
	int fd;
	bool ok;

	(void)unlink(name);
	fd = open(
	    name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	ok = write(fd, text.ptr, text.len) == (ssize_t)text.len;
	ok = close(fd) == 0 && ok;
	return ok && rename(name, path) == 0;
}

static void
save(struct gw_process *p, const struct gw_node_view *views, uint64_t unix_s)
{
	char path[4096], name[4096];
	struct jsonw w;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/nodes.json", p->conf->run_dir);
	(void)snprintf(
	    name, sizeof(name), "%s/nodes.json.new", p->conf->run_dir);
	jsonw_init(&w, FILE_MAX);
	put_all(&w, p, views, unix_s);
	ok = jsonw_done(&w) && write_file(path, name, jsonw_bytes(&w));
	jsonw_free(&w);
	if (!ok && !p->is_nodes_file_bad)
		log_warn("gateway", "not written file=%s error=\"%s\"", path,
		    strerror(errno));
	p->is_nodes_file_bad = !ok;
}

/* note_states returns whether a node is in another state than is written. */
static bool
note_states(
    struct gw_process *p, const struct gw_node_view *views, uint64_t unix_s)
{
	bool is_new = false;
	size_t i;

	for (i = 0; i < p->nodes.cnt; i++) {
		enum gw_node_state s =
		    gw_node_state(&p->nodes, &views[i], p->conf, unix_s);

		is_new |= s != p->node_states[i];
		p->node_states[i] = s;
	}
	return is_new;
}

/* --- deciding --- */

static void
tell_workers(struct gw_process *p, const char *why)
{
	log_warn("gateway", "node used=%s why=\"%s\" shown=%llu",
	    p->conf->nodes[p->nodes.used].name, why,
	    (unsigned long long)p->nodes.shown);
	p->shm->node_used = p->nodes.used;
}

void
nodes_turn(struct gw_process *p, uint64_t now_ms)
{
	struct gw_node_view views[GW_NODE_MAX] = {0};
	struct gw_nodes_now now = now_of(now_ms);
	bool is_new = look(p, views, now_ms) &&
		      gw_nodes_judge(&p->nodes, views, p->conf, &now);

	if (is_new)
		tell_workers(p, p->nodes.used == p->nodes.first
				    ? "the first is fit again"
				    : "the one before is unfit");
	is_new |= note_states(p, views, now.unix_s);
	if (is_new || now_ms - p->nodes_file_ms >= FILE_EVERY_MS) {
		p->nodes_file_ms = now_ms;
		save(p, views, now.unix_s);
	}
}

/* read_choice reads the name in node.use; false when there is none. */
static bool
read_choice(const struct gw_process *p, char name[GW_NAME_MAX + 2])
{
	char path[4096];
	struct stat st;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/node.use", p->conf->run_dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	len =
	    fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid()
		? read(fd, name, GW_NAME_MAX + 1)
		: -1;
	(void)close(fd);
	if (len <= 0)
		return false;
	name[len] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return true;
}

/* find_choice returns the index of the node that an operator has chosen;
 * the first of the file when there is none. */
static unsigned
find_choice(const struct gw_process *p)
{
	char name[GW_NAME_MAX + 2];
	size_t i;

	if (!read_choice(p, name))
		return p->nodes.first;
	i = gw_node_find(p->conf, bytes_of_str(name));
	if (i < p->conf->node_cnt)
		return (unsigned)i;
	log_warn("gateway", "node.use names no node of the configuration");
	return p->nodes.first;
}

void
nodes_choose(struct gw_process *p)
{
	uint64_t now_ms = clock_real()->mono_ms(NULL);
	struct gw_node_view views[GW_NODE_MAX] = {0};
	struct gw_nodes_now now = now_of(now_ms);
	unsigned node = find_choice(p);

	if (node == p->nodes.first && node == p->nodes.used)
		return;
	(void)look(p, views, now_ms);
	if (gw_nodes_use(&p->nodes, views, node)) {
		/* Then workers forget what was shown before. */
		tell_workers(p, "chosen");
		p->shm->node_choice = p->shm->node_choice + 1;
	}
	p->nodes_file_ms = now_ms;
	(void)note_states(p, views, now.unix_s);
	save(p, views, now.unix_s);
}

void
nodes_start(struct gw_process *p)
{
	gw_nodes_init(&p->nodes, p->conf->node_cnt);
	p->nodes.first = p->nodes.used = find_choice(p);
	p->shm->node_used = p->nodes.used;
}
