/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays seeds and tells what came out. A failure prints its seed and the rule
 * that broke; the same seed alone plays it again, with a line per event of
 * note.
 *
 * usage: sim [-q] [FIRST [COUNT]]   COUNT 1, the default, tells the story
 *        sim -c FIRST COUNT   play each seed twice and compare
 *
 * -q  only the last line, and stop at the first failure
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static void
print_stats(const struct sim_stats *s)
{
	printf("%llu blocks, %llu messages (%llu lost), %llu restarts, "
	       "%llu staged blocks resumed\n",
	    (unsigned long long)s->blocks, (unsigned long long)s->messages,
	    (unsigned long long)s->lost, (unsigned long long)s->restarts,
	    (unsigned long long)s->resumed);
	printf("%llu reorganisations, deepest %llu; %llu signatures denied, "
	       "%llu branches told, %llu adopted\n",
	    (unsigned long long)s->reorgs, (unsigned long long)s->deepest_reorg,
	    (unsigned long long)s->denied, (unsigned long long)s->told,
	    (unsigned long long)s->adopted);
	printf("first block after healing within %llu ms; longest pause with "
	       "one sealer down %llu ms\n",
	    (unsigned long long)s->longest_heal_ms,
	    (unsigned long long)s->longest_gap_ms);
}

static bool
play(struct world *w, uint64_t seed, struct sim_stats *stats, bool is_compared,
    bool is_told)
{
	uint64_t trace;
	bool is_ok = world_run(w, seed, stats, is_told);

	if (!is_ok)
		printf("FAIL seed %llu (%u sealers, period %llu s): %s: %s\n",
		    (unsigned long long)seed, w->plan.n,
		    (unsigned long long)w->plan.period_s, w->rule, w->why);
	if (!is_compared)
		return is_ok;
	trace = w->trace;
	world_run(w, seed, stats, false);
	if (w->trace == trace)
		return is_ok;
	printf("FAIL seed %llu: two runs differ\n", (unsigned long long)seed);
	return false;
}

int
main(int argc, char **argv)
{
	bool is_quiet = argc > 1 && !strcmp(argv[1], "-q");
	bool is_compared = argc > 1 && !strcmp(argv[1], "-c");
	int at = 1 + (is_quiet || is_compared);
	uint64_t first = argc > at ? strtoull(argv[at], NULL, 10) : 1;
	uint64_t cnt = argc > at + 1 ? strtoull(argv[at + 1], NULL, 10) : 1;
	struct world *w = mem_new(sizeof(*w));
	struct sim_stats stats = {.blocks = 0};
	uint64_t i, failed = 0;

	if (w == NULL)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < cnt && (failed == 0 || !is_quiet); i++)
		failed += play(w, first + i, &stats, is_compared,
			      cnt == 1 && !is_quiet)
			      ? 0
			      : 1;
	mem_free(w);
	if (!is_quiet)
		print_stats(&stats);
	printf("%llu passed, %llu failed\n", (unsigned long long)(i - failed),
	    (unsigned long long)failed);
	return failed > 0;
}
