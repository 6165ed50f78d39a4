/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals are blocked in every thread and taken here, one at a time, so that
 * no handler ever runs but that of a crash.
 */
#include "noded/watch.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "noded/clockwatch.h"

enum { PAGE_MAX = 65536, WHY_MAX = 64 };

void
watch_block(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGUSR1);
	sigaddset(signals, SIGCHLD);
	/* Whoever ignores SIGCHLD would never hear of it: exec hands that on.
	 */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void
print_state(void)
{
	static uint8_t page[PAGE_MAX];
	struct buf out = buf_of(page, sizeof(page));

	log_info("noded", "state page");
	if (metric_expose(&out) && write(STDERR_FILENO, out.ptr, out.len) < 0)
		log_warn("noded", "state page not written");
}

static void
look_at_clock(struct clockwatch *w)
{
	const struct clock *c = clock_real();
	uint64_t head_s = metric_get(METRIC_CHAIN_HEAD_TIME);
	int64_t off;

	switch (clockwatch_look(
	    w, &off, c->wall_ms(c->ctx), c->mono_ms(c->ctx), head_s)) {
	case CLOCK_GOOD:
		return;
	case CLOCK_JUMPED:
		log_warn("noded", "the wall clock jumped off_ms=%lld",
		    (long long)off);
		return;
	case CLOCK_BEHIND:
		log_warn("noded",
		    "the wall clock is behind the head block off_ms=%lld "
		    "head_time=%llu",
		    (long long)off, (unsigned long long)head_s);
		return;
	case CLOCK_CAUGHT_UP:
		log_info("noded", "the wall clock is past the head block");
		return;
	}
}

static bool
has_lost_signer(const struct signer *signer)
{
	char why[WHY_MAX];

	if (signer == NULL || !signer_has_ended(signer, why, sizeof(why)))
		return false;
	log_error("noded", "the signer was ended by %s: stopping", why);
	return true;
}

/* Without it the node goes on: blocks matter more. Says so once. */
static void
look_at_accounts(bool *is_lost, const struct signer *accounts)
{
	char why[WHY_MAX];

	if (*is_lost || accounts == NULL ||
	    !signer_has_ended(accounts, why, sizeof(why)))
		return;
	*is_lost = true;
	log_error("noded",
	    "the signer of accounts was ended by %s: all accounts are locked "
	    "until this node is started again",
	    why);
}

bool
watch_run(const sigset_t *signals, const struct signer *signer,
    const struct signer *accounts)
{
	bool is_lost = false;
	static const struct timespec turn = {.tv_sec = WATCH_TURN_MS / 1000};
	struct clockwatch clock = {.is_set = false};

	for (;;) {
		int sig;

		look_at_clock(&clock);
		sig = sigtimedwait(signals, NULL, &turn);
		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP) {
			log_info("noded", "stopping signal=%d", sig);
			return true;
		}
		if (sig == SIGCHLD)
			look_at_accounts(&is_lost, accounts);
		if (sig == SIGCHLD && has_lost_signer(signer))
			return false;
		if (sig == SIGUSR1)
			print_state();
	}
}
