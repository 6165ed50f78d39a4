/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: what they own goes with them, and no queue between our own
 * threads is ever full.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../chain/yard.h"
#include "noded/mail.h"

static struct pool_tx *
make_tx(struct yard *y)
{
	const struct tx *tx = yard_tx(y, 0, yard_target(1), 1);
	struct pool_tx *t = NULL;

	EXPECT_RC(pool_tx_new(&t, tx->raw, NULL), RC_OK);
	return t;
}

TEST(test_mail_free_gives_references_back)
{
	struct mail *m = mail_new(MAIL_RETURN);
	struct pool_tx *a, *b;
	struct yard y;

	yard_open(&y, "mail", FORK_LONDON);
	a = make_tx(&y);
	b = make_tx(&y);
	EXPECT(m->kind == MAIL_RETURN && m->tx_cnt == 0 && m->drops == NULL);
	m->txs = arena_array(&m->arena, 3, sizeof(struct pool_tx *));
	m->txs[0] = pool_tx_get(a);
	m->txs[1] = NULL; /* somebody took it over */
	m->txs[2] = pool_tx_get(b);
	m->tx_cnt = 3;
	EXPECT_U64(a->refs, 2);
	mail_free(m);
	EXPECT_U64(a->refs, 1);
	EXPECT_U64(b->refs, 1);
	pool_tx_put(a);
	pool_tx_put(b);
	yard_close(&y);
}

TEST(test_mail_drops_are_a_list_with_reasons)
{
	struct mail *m = mail_new(MAIL_DROP);
	char longest[1000], text[16];
	const struct mail_drop *d;
	struct hash h = {{0}};
	size_t cnt = 0;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (h.b[0] = 0; h.b[0] < 200; h.b[0]++) {
		(void)snprintf(text, sizeof(text), "reason %u", h.b[0]);
		EXPECT(mail_add_drop(m, &h, text));
	}
	EXPECT(mail_add_drop(m, &h, longest));
	EXPECT_U64(strlen(m->drops->why), 256);
	EXPECT(m->drops->tx_hash.b[0] == 200);
	for (d = m->drops->next; d != NULL; d = d->next, cnt++) {
		/* The text was copied: ours has changed since. */
		(void)snprintf(text, sizeof(text), "reason %zu", 199 - cnt);
		EXPECT_STR(d->why, text);
		EXPECT_U64(d->tx_hash.b[0], 199 - cnt);
	}
	EXPECT_U64(cnt, 200);
	mail_free(m);
}

/* More than a block can hold: it is full some day, and stays whole. */
TEST(test_mail_drops_full_refuses)
{
	struct mail *m = mail_new(MAIL_DROP);
	const struct hash h = {{1}};
	const struct mail_drop *d;
	char why[257];
	size_t cnt = 0, seen = 0;

	memset(why, 'y', 256);
	why[256] = '\0';
	while (cnt < 1000000 && mail_add_drop(m, &h, why))
		cnt++;
	EXPECT(cnt > 100000 && cnt < 1000000);
	for (d = m->drops; d != NULL; d = d->next)
		seen++;
	EXPECT_U64(seen, cnt);
	mail_free(m);
}

TEST(test_mail_send_hands_over_in_order)
{
	struct queue *q = queue_new(4);
	struct mail *a = mail_new(MAIL_WORK), *b = mail_new(MAIL_STOP);

	mail_send(q, a);
	mail_send(q, b);
	EXPECT(queue_pop(q) == a);
	EXPECT(queue_pop(q) == b);
	EXPECT(queue_pop(q) == NULL);
	mail_free(a);
	mail_free(b);
	queue_free(q);
}

TEST(test_mail_send_into_full_queue_ends_the_process)
{
	const struct rlimit none = {0, 0};
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct queue *q = queue_new(2);
		int i;

		(void)setrlimit(RLIMIT_CORE, &none);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		for (i = 0; i < 3; i++)
			mail_send(q, mail_new(MAIL_WORK));
		_exit(0);
	}
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
