/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps the shared memory and moves configurations and ticket keys through
 * it.
 */
#include "gateway/shm.h"

#include <sys/mman.h>
#include <time.h>

#include "base/arena.h"
#include "base/check.h"
#include "crypto/rng.h"

struct shm *
shm_new(unsigned worker_cnt)
{
	size_t size =
	    sizeof(struct shm) + (size_t)worker_cnt * sizeof(struct shm_worker);
	struct shm *s = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(s != MAP_FAILED);
	/* Ticket keys do not belong into a core file. */
	(void)madvise(s, size, MADV_DONTDUMP);
	rng_fill(s->secret, sizeof(s->secret));
	gw_throttle_init(&s->throttle);
	gw_rate_init(&s->rates);
	return s;
}

bool
shm_publish(struct shm *s, const struct gw_conf *c, struct bytes blob)
{
	uint64_t version = atomic_load(&s->blob_version) + 1;

	if (blob.len > SHM_BLOB_MAX)
		return false;
	gw_tally_enroll(&s->tally_names, c);
	memcpy(s->blobs[version % 2].data, blob.ptr, blob.len);
	atomic_store(&s->blobs[version % 2].len, blob.len);
	atomic_store(&s->blob_version, version);
	return true;
}

bool
shm_fetch(const struct shm *s, uint64_t *version, struct bytes *blob)
{
	uint64_t now = atomic_load(&s->blob_version), len;
	uint8_t *copy;

	if (now == *version)
		return false;
	len = atomic_load(&s->blobs[now % 2].len);
	copy = mem_new(len);
	if (copy == NULL)
		return false;
	memcpy(copy, s->blobs[now % 2].data, len);
	/* The next version is written to the other slot, the one after it to
	 * this: then the copy may be torn and the caller asks again. */
	if (atomic_load(&s->blob_version) > now) {
		mem_free(copy);
		return false;
	}
	*version = now;
	*blob = bytes_of(copy, len);
	return true;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void
shm_lend(struct gw_world *w, struct shm *s)
{
	w->clock_ns = now_ns;
	w->throttle = &s->throttle;
	w->rates = &s->rates;
}

void
shm_new_ticket(struct shm *s)
{
	uint64_t gen = atomic_load(&s->ticket_gen) + 1;

	rng_fill(&s->tickets[gen % SHM_TICKET_CNT], sizeof(s->tickets[0]));
	atomic_store(&s->ticket_gen, gen);
}
