/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread's place with the scheduler, asked of the kernel.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/prio.h"
#include "test.h"

/* The first version of the kernel's structure, whose header is at odds with
 * that of threads. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static struct attr
own(void)
{
	struct attr a = {0};

	CHECK(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) == 0);
	return a;
}

static void *
stand_back(void *arg)
{
	struct attr *seen = arg;

	prio_behind(7);
	*seen = own();
	return NULL;
}

TEST(test_prio_prompt_changes_the_slice_alone)
{
	struct attr was = own(), is;

	prio_prompt();
	is = own();
	EXPECT_U64(is.policy, was.policy);
	EXPECT_U64((uint64_t)is.nice, (uint64_t)was.nice);
	if (was.runtime == 0)
		test_skip("this kernel has no slices of one's own");
	EXPECT_U64(is.runtime, 100000);
}

TEST(test_prio_behind_is_of_one_thread)
{
	struct attr was = own(), seen;
	pthread_t t;

	CHECK(pthread_create(&t, NULL, stand_back, &seen) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	EXPECT_U64((uint64_t)seen.nice, 7);
	EXPECT_U64((uint64_t)own().nice, (uint64_t)was.nice);
}
