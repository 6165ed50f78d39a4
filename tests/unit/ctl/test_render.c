/* SPDX-License-Identifier: Apache-2.0
 *
 * The development configuration: the readers of the programs take what is
 * written, and it says what it should.
 */
#include "ctl/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/ini.h"
#include "capture.h"
#include "eth/addr.h"
#include "eth/genesis.h"
#include "http/conf.h"
#include "test.h"

static struct render
render_here(struct home *h)
{
	struct render r;
	size_t i;

	*h = test_home();
	CHECK(mkdir(h->dir, 0755) == 0);
	EXPECT_RC(home_mkdir(h, "conf", HOME_SELF, 0755, NULL), RC_OK);
	render_open(&r, "/final/place");
	memset(&r.sealer, 0x5e, sizeof(r.sealer));
	for (i = 0; i < RENDER_ACCOUNTS; i++)
		memset(&r.account[i], (int)i + 1, sizeof(r.account[i]));
	return r;
}

static struct bytes
text_of(const struct home *h, const char *name)
{
	char path[PATH_MAX];
	struct bytes b = test_read(home_path(h, path, "conf/%s", name));

	EXPECT(b.ptr != NULL);
	return b;
}

static bool
has_line(struct bytes text, const char *line)
{
	char want[256];
	size_t len = (size_t)snprintf(want, sizeof(want), "%s\n", line);

	return memmem(text.ptr, text.len, want, len) != NULL;
}

TEST(test_render_node_and_jobs_name_the_final_place)
{
	char sealer[ADDR_TEXT_MAX], line[128];
	struct home h;
	struct render r = render_here(&h);
	struct bytes node, jobs;

	EXPECT_RC(render_all(&h, &r, NULL), RC_OK);
	node = text_of(&h, "node.conf");
	jobs = text_of(&h, "jobs.conf");
	EXPECT(has_line(node, "data_dir = /final/place/node/data"));
	EXPECT(has_line(node, "ipc_path = /final/place/run/node.ipc"));
	(void)snprintf(
	    line, sizeof(line), "sealer = %s", addr_text(sealer, &r.sealer));
	EXPECT(has_line(node, line));
	EXPECT(memmem(node.ptr, node.len, "rpc_group", 9) == NULL);
	EXPECT(has_line(jobs, "node = /final/place/run/gw/rpc.sock"));
	EXPECT(memmem(node.ptr, node.len, h.dir, strlen(h.dir)) == NULL);
	EXPECT(memmem(jobs.ptr, jobs.len, h.dir, strlen(h.dir)) == NULL);
}

TEST(test_render_root_gives_each_part_its_user)
{
	struct home h;
	struct render r = render_here(&h);
	struct bytes gw;

	/* As root files get an owner: our own here. */
	h.is_root = true;
	(void)snprintf(h.user[HOME_GW].name, 32, "gw-user");
	(void)snprintf(h.user[HOME_KEYS].name, 32, "key-user");
	EXPECT_RC(render_all(&h, &r, NULL), RC_OK);
	gw = text_of(&h, "gateway.conf");
	EXPECT(has_line(gw, "user = gw-user"));
	EXPECT(has_line(gw, "keymgr_user = key-user"));
	EXPECT(has_line(text_of(&h, "node.conf"), "rpc_group = gw-user"));
}

static void
say_fault(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	test_fail(file, (int)line, "%s", text);
}

static const char *
no_env(const char *name)
{
	(void)name;
	return NULL;
}

TEST(test_render_gateway_is_read_by_the_gateway)
{
	struct gw_conf_say say = {.say = say_fault};
	struct home h;
	struct render r = render_here(&h);
	struct gw_conf *c = NULL;

	EXPECT_RC(render_all(&h, &r, NULL), RC_OK);
	EXPECT_RC(gw_conf_read(&c, "gateway.conf", text_of(&h, "gateway.conf"),
		      no_env, &say, NULL),
	    RC_OK);
	if (c == NULL)
		return;
	EXPECT_STR(c->home, "/final/place");
	EXPECT_STR(c->db_socket, "pg");
	EXPECT_STR(c->geo_database, "/final/place/geo/country.mmdb");
	EXPECT(c->surfaces[0].admit_loopback && c->surfaces[0].admit_private);
	EXPECT(!c->surfaces[0].admit_unknown);
	gw_conf_drop(c);
}

/* Without its hash the example of what one user may call is a setting. */
TEST(test_render_gateway_example_of_methods_is_one)
{
	static const char example[] = "# methods_for = auditor ";
	struct gw_conf_say say = {.say = say_fault};
	struct home h;
	struct render r = render_here(&h);
	struct gw_conf *c = NULL;
	struct bytes text;
	uint8_t *copy, *at;

	EXPECT_RC(render_all(&h, &r, NULL), RC_OK);
	text = text_of(&h, "gateway.conf");
	at = memmem(text.ptr, text.len, example, strlen(example));
	EXPECT(at != NULL);
	copy = malloc(text.len);
	if (at == NULL || copy == NULL)
		return;
	memcpy(copy, text.ptr, text.len);
	copy[at - text.ptr] = ' ';
	EXPECT_RC(gw_conf_read(&c, "gateway.conf", bytes_of(copy, text.len),
		      no_env, &say, NULL),
	    RC_OK);
	free(copy);
	if (c == NULL)
		return;
	EXPECT_U64(c->surfaces[1].rpc_user_cnt, 1);
	gw_conf_drop(c);
}

static void
count_fault(void *ctx, enum genesis_level lv, const char *text)
{
	(void)ctx;
	if (lv == GENESIS_ERROR)
		test_fail(__FILE__, __LINE__, "%s", text);
}

TEST(test_render_genesis_is_sound_and_funds_the_accounts)
{
	struct home h;
	struct render r = render_here(&h);
	struct genesis g;
	struct arena a;

	EXPECT_RC(render_all(&h, &r, NULL), RC_OK);
	arena_init(&a, 64 << 20);
	EXPECT_RC(
	    genesis_read(&a, &g, text_of(&h, "genesis.json"), NULL), RC_OK);
	EXPECT_U64(genesis_lint(&g, count_fault, NULL), 0);
	EXPECT_U64(g.forks.chain_id, 31337);
	EXPECT_U64(g.clique_period_s, 1);
	EXPECT_U64(g.account_cnt, RENDER_ACCOUNTS);
	arena_drop(&a);
}

TEST(test_render_place_that_is_not_there)
{
	struct home h = test_home();
	struct render r;
	struct err e = {0};

	render_open(&r, h.dir);
	EXPECT_RC(render_all(&h, &r, &e), RC_IO);
	EXPECT(strstr(e.text, "conf/genesis.json") != NULL);
}
