/* SPDX-License-Identifier: Apache-2.0
 *
 * Two thirds of the steps add one block, the others several or a branch that
 * undoes up to five. Flushes come at random, so branches cut into layers and
 * into tables alike.
 */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

static void
plan_one(struct plan *p, int step)
{
	struct model_block *head = step == 0 ? NULL : p->heads[step - 1];
	uint64_t number = head == NULL ? 0 : head->number, back = 0, cnt = 1;

	if (model_random(&p->m, 4) == 0)
		back = model_random(&p->m, 6);
	if (back > number)
		back = number;
	if (back > 0 || model_random(&p->m, 5) == 0)
		cnt = back + 1 + model_random(&p->m, 2);
	p->rewind_to[step] = number - back;
	for (; back > 0; back--)
		head = head->parent;
	for (; cnt > 0; cnt--) {
		head = model_grow(&p->m, head);
		if (head->parent == NULL)
			break; /* the first group is one block */
	}
	p->heads[step] = head;
	p->has_flush[step] = model_random(&p->m, 4) == 0;
}

void
plan_init(struct plan *p, uint64_t seed, int steps)
{
	model_init(&p->m, seed);
	p->steps = steps;
	for (int i = 0; i < steps; i++)
		plan_one(p, i);
}

struct store_conf
plan_conf(const char *dir)
{
	struct store_conf c = store_conf_default(dir);

	c.map_bytes = (size_t)4 << 20;
	c.history = PLAN_HISTORY;
	c.layer_max = 8;
	return c;
}

int
plan_step(const struct plan *p, const struct hash *head)
{
	for (int i = 0; i < p->steps; i++)
		if (hash_eq(&p->heads[i]->hash, head))
			return i;
	return -1;
}

int
plan_where(const struct plan *p, struct store *s)
{
	struct store_head head;
	struct store_view *v;
	int step = -1;

	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	store_view_head(v, &head);
	if (head.header != NULL) {
		step = plan_step(p, &head.hash);
		EXPECT(step >= 0);
	}
	store_view_close(v);
	return step;
}

static enum rc
play_small(struct store *s, int step, struct err *e)
{
	uint8_t value[8];

	be64_put(value, (uint64_t)step);
	if (step % 7 == 0)
		return store_aux_put(
		    s, "step", bytes_of(value, sizeof(value)), e);
	return RC_OK;
}

enum rc
plan_play(const struct plan *p, struct store *s, int step, struct err *e)
{
	TRY(model_append(s, p->heads[step], p->rewind_to[step], e));
	TRY(play_small(s, step, e));
	if (p->has_flush[step] || store_flush_due(s))
		return store_flush(s, e);
	return RC_OK;
}

void
plan_check(const struct plan *p, struct store *s, int step)
{
	struct store_view *v;
	uint64_t oldest, number;

	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	oldest = store_view_oldest(v);
	number = step < 0 ? 0 : p->heads[step]->number;
	/* An undone branch may have been higher, by five at most. */
	if (number > PLAN_HISTORY)
		EXPECT(oldest >= number - PLAN_HISTORY &&
		       oldest <= number - PLAN_HISTORY + 5);
	else
		EXPECT(oldest <= 5);
	model_check_view(&p->m, v, step < 0 ? NULL : p->heads[step], oldest);
	store_view_close(v);
}

int
plan_reopen(const struct plan *p, const char *dir, int acked)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;
	struct err e = {0};
	enum rc rc = store_open(&s, &c, &e);
	int step;

	if (rc != RC_OK) {
		test_fail(
		    __FILE__, __LINE__, "open: %s: %s", err_name(rc), e.text);
		return -2;
	}
	(void)model_recover(&p->m, s);
	step = plan_where(p, s);
	if (step != acked && step != acked + 1)
		test_fail(__FILE__, __LINE__, "at step %d, acknowledged %d",
		    step, acked);
	plan_check(p, s, step);
	store_close(s);
	return step;
}
