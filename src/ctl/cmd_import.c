/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho import`: blocks of a file, as `sekisho export` and other clients
 * write them, into a stopped node's chain. Each is checked and executed as
 * one from a peer would be; of a chain without an engine of ours (proof of
 * work, the beacon chain) the seals are taken on trust.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/data.h"

/* import_from takes the blocks of fd. What was taken before one is refused
 * stays, and is counted. */
static enum rc
import_from(struct data *d, int fd, struct err *e)
{
	const struct clock *clock = clock_real();
	uint64_t now_s = clock->wall_ms(clock->ctx) / 1000;
	struct err why = {0};
	struct chain_load load;
	enum rc rc = chain_load_fd(d->chain, &load, fd, now_s, &why);

	printf("imported %" PRIu64 " blocks, %" PRIu64 " aside, %" PRIu64
	       " known; head %" PRIu64 "\n",
	    load.imported, load.side, load.known, chain_head(d->chain)->number);
	if (rc != RC_OK)
		return FAIL(e, rc, "block %" PRIu64 " of the file: %s",
		    load.read, err_message(&why, rc));
	return chain_flush(d->chain, true, e);
}

/* The file is the caller's, the data are the node's: it is opened before
 * data_open changes who we are. */
static enum rc
import_file(struct data *d, const char *file, const char *conf, struct err *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	enum rc rc;

	memset(d, 0, sizeof(*d));
	if (fd == -1)
		return FAIL(e, RC_IO, "%s: %s", file, strerror(errno));
	rc = data_open(d, conf, e);
	if (rc == RC_OK)
		rc = import_from(d, fd, e);
	close(fd);
	return rc;
}

int
cmd_import(int argc, char **argv)
{
	const char *conf = NULL;
	struct arg_option option[] = {{"--conf", &conf, NULL}};
	struct err e = {0};
	struct args args;
	struct data d;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 1))
		return CMD_USAGE;
	rc = import_file(&d, args.at[0], conf, &e);
	data_close(&d);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
