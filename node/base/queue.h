/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded queue of pointers from many threads to one, with a descriptor
 * that epoll can wait for. The only way that threads of ours share anything.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* queue_new makes a queue of at most cap messages (rounded up to a power of
 * two); NULL when memory or descriptors are short. */
struct queue *queue_new(size_t cap);

/* queue_free frees the queue; messages still in it stay their sender's. */
void queue_free(struct queue *q);

/*
 * queue_push hands msg (not NULL) over; ownership moves with it.
 *
 * Returns false when the queue is full or closed: the caller keeps msg.
 * Thread  any
 */
bool queue_push(struct queue *q, void *msg);

/*
 * queue_pop takes the oldest message, NULL when there is none.
 * Thread  the one reader
 */
void *queue_pop(struct queue *q);

/*
 * queue_wait sleeps until a message is there, timeout_ms passed (-1: for
 * ever) or the queue was closed. Returns true when a message is there.
 * Thread  the one reader
 */
bool queue_wait(struct queue *q, int timeout_ms);

/* queue_fd is readable while messages may wait; after a wake-up the reader
 * calls queue_drain_fd and then pops until NULL. */
int queue_fd(const struct queue *q);
void queue_drain_fd(struct queue *q);

/* queue_close makes every later push fail and wakes the reader. */
void queue_close(struct queue *q);

/* queue_len estimates how many messages wait; for metrics. */
size_t queue_len(const struct queue *q);

#endif
