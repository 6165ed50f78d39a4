/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands about genesis and configuration files: genesis, check.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/jsonw.h"
#include "chain/chain.h"
#include "ctl/args.h"
#include "ctl/checkconf.h"
#include "ctl/cmd.h"

static void
print_identity(const struct header *h, const struct hash *hash)
{
	struct jsonw w;

	jsonw_init(&w, 4096);
	jsonw_obj(&w);
	jsonw_key(&w, "stateRoot");
	jsonw_data(&w, hash_bytes(&h->state_root));
	jsonw_key(&w, "blockHash");
	jsonw_data(&w, hash_bytes(hash));
	jsonw_key(&w, "headerRlpLength");
	jsonw_u64(&w, header_size(h));
	jsonw_obj_end(&w);
	printf("%.*s\n", (int)w.len, (const char *)w.ptr);
	jsonw_free(&w);
}

static enum rc
show_genesis(struct arena *a, const char *path, unsigned *errors, struct err *e)
{
	struct genesis g;
	struct header h;
	struct hash hash;

	TRY(checkconf_genesis(a, &g, path, e));
	TRY(chain_genesis_header(a, &h, &hash, &g, e));
	print_identity(&h, &hash);
	*errors = genesis_lint(&g, checkconf_say, stdout);
	return RC_OK;
}

int
cmd_genesis(int argc, char **argv)
{
	struct err e = {0};
	struct arena a;
	unsigned errors = 0;
	struct args args;
	enum rc rc;

	if (!args_read(&args, argc, argv, NULL, 0, 1, 1))
		return CMD_USAGE;
	arena_init(&a, CHECKCONF_GENESIS_MAX);
	rc = show_genesis(&a, args.at[0], &errors, &e);
	arena_drop(&a);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	return errors == 0 ? CMD_OK : CMD_FAILED;
}

int
cmd_check(int argc, char **argv)
{
	struct err e = {0};
	struct args args;
	struct home h;
	bool is_good = true;
	enum rc rc;
	size_t i;

	if (!args_read(&args, argc, argv, NULL, 0, 0, ARGS_MAX))
		return CMD_USAGE;
	rc = home_open(&h, false, &e);
	if (rc == RC_OK && args.cnt == 0)
		rc = home_need(&h, &e);
	/* Files that are named need no state, only our programs. */
	if (rc != RC_OK && (args.cnt == 0 || h.bin[0] == '\0'))
		return cmd_fail(&e, rc);
	if (args.cnt == 0)
		is_good = checkconf_own(&h, stdout);
	for (i = 0; i < args.cnt; i++)
		is_good = checkconf_file(&h, stdout, args.at[i]) && is_good;
	printf("%s\n", is_good ? "good" : "not good");
	return is_good ? CMD_OK : CMD_FAILED;
}
