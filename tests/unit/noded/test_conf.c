/* SPDX-License-Identifier: Apache-2.0
 *
 * node.conf: each setting's bad and good values by row, what is said of
 * them, and what only the whole file shows.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ini.h"
#include "noded/conf.h"
#include "test.h"

static const char *
path_of(const char *name)
{
	static char path[4][160];
	static unsigned at;

	at = (at + 1) % 4;
	(void)snprintf(
	    path[at], sizeof(path[at]), "%s/%s", test_tmpdir(), name);
	return path[at];
}

static const char *
write_file(const char *name, const void *text, size_t len, mode_t mode)
{
	const char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	EXPECT(write(fd, text, len) == (ssize_t)len);
	EXPECT(fchmod(fd, mode) == 0);
	close(fd);
	return path;
}

static enum rc
read_text(struct arena *a, struct conf *c, const char *text, struct err *e)
{
	const char *path = write_file("node.conf", text, strlen(text), 0600);

	arena_init(a, 8 << 20);
	return conf_read(a, c, path, e);
}

/* Fault texts begin behind "FILE:1: ". */
static const struct {
	const char *line, *fault;
} bad_row[] = {
    {"sealer = 0x12", "sealer: "},
    {"sealer = 0x00000000000000000000000000000000000000zz", "sealer: "},
    {"sealer = 00000000000000000000000000000000000000aa", "sealer: "},
    {"sealer = 0xaB00000000000000000000000000000000000001", "sealer: "},
    {"skip_empty = true", "skip_empty: \"true\" is neither yes nor no"},
    {"skip_empty =", "skip_empty: \"\" is neither yes nor no"},
    {"allow_unprotected = 1", "allow_unprotected: \"1\" is neither yes nor no"},
    {"heartbeat = 60", "heartbeat: \"60\" is not a duration"},
    {"heartbeat = 2d", "heartbeat: 172800000 ms is outside 0 to 86400000 ms"},
    {"heartbeat = -1s", "heartbeat: \"-1s\" is not a duration"},
    {"gas_limit = 4999", "gas_limit: 4999 is outside 5000 to"},
    {"gas_limit = 9223372036854775808", "gas_limit: 9223372036854775808 is"},
    {"gas_limit = 18446744073709551616", "gas_limit: \"18446744073709551616\""},
    {"gas_limit = 0x7530", "gas_limit: \"0x7530\" is not a whole number"},
    {"settle = 2", "settle: \"2\" is not a duration"},
    {"settle = 25h", "settle: 90000000 ms is outside 0 to 86400000 ms"},
    {"build_time = 9ms", "build_time: 9 ms is outside 10 to 60000 ms"},
    {"build_time = 61s", "build_time: 61000 ms is outside"},
    {"future_slack = 16s", "future_slack: 16000 ms is outside 0 to 15000 ms"},
    {"history = -1", "history: \"-1\" is not a whole number"},
    {"history = 9223372036854775808", "history: 9223372036854775808 is"},
    {"map_size = 1", "map_size: 1 bytes is outside 1048576 to"},
    {"map_size = 2T", "map_size: \"2T\" is not a size"},
    {"map_size = 1025G", "map_size: 1100585369600 bytes is outside"},
    {"map_resident = 2T", "map_resident: \"2T\" is not a size"},
    {"map_resident = 1025G", "map_resident: 1100585369600 bytes is outside"},
    {"map_size = 99999999999G", "map_size: \"99999999999G\" is not a size"},
    {"price_floor = 1gwei", "price_floor: "},
    {"price_floor =", "price_floor: "},
    {"price_floor = 0x1", "price_floor: "},
    {"price_floor = "
     "115792089237316195423570985008687907853269984665640564039457584007913129"
     "639936",
	"price_floor: "},
    {"pool_txs = 15", "pool_txs: 15 is outside 16 to 10000000"},
    {"pool_txs = 10000001", "pool_txs: 10000001 is outside"},
    {"pool_bytes = 1M1", "pool_bytes: \"1M1\" is not a size"},
    {"pool_bytes = 1023K", "pool_bytes: 1047552 bytes is outside"},
    {"pool_bytes = 17G", "pool_bytes: 18253611008 bytes is outside"},
    {"pool_per_account = 0", "pool_per_account: 0 is outside 1 to 1000000"},
    {"pool_per_account = 1000001", "pool_per_account: 1000001 is"},
    {"pool_accounts = 0", "pool_accounts: 0 is outside 1 to 10000000"},
    {"pool_accounts = 10000001", "pool_accounts: 10000001 is outside"},
    {"pool_age = 999ms", "pool_age: 999 ms is outside 1000 to 2592000000 ms"},
    {"pool_age = 31d", "pool_age: 2678400000 ms is outside"},
    {"heavy_readers = 17", "heavy_readers: 17 is outside 0 to 16"},
    {"readers = 65", "readers: 65 is outside 0 to 64"},
    {"readers = two", "readers: \"two\" is not a whole number"},
    {"batch_ipc = 0", "batch_ipc: 0 is outside 1 to 10000"},
    {"batch_ipc = 10001", "batch_ipc: 10001 is outside 1 to 10000"},
    {"batch_rpc = 0", "batch_rpc: 0 is outside 1 to 10000"},
    {"subs_ipc = 65537", "subs_ipc: 65537 is outside 0 to 65536"},
    {"subs_rpc = -1", "subs_rpc: "},
    {"subs_unread = 1M", "subs_unread: 1048576 bytes is outside 8388608 to"},
    {"subs_unread = 64M", "subs_unread: 67108864 bytes is outside 8388608 to"},
    {"batch_rpc = 10001", "batch_rpc: 10001 is outside 1 to 10000"},
    {"data_dri = /x", "unknown setting data_dri"},
    {"Data_dir = /x", "a key is made of small letters"},
    {"[node]", "this file has no sections"},
    {"data_dir", "expected key = value"},
    {"data_dir = \"/x", "a quoted value must end in its \""},
};

TEST(test_conf_read_bad_line_is_named)
{
	for (size_t i = 0; i < ARRAY_CNT(bad_row); i++) {
		struct err e = {0};
		struct arena a;
		struct conf c;
		const char *at;

		test_row(bad_row[i].line);
		EXPECT_RC(read_text(&a, &c, bad_row[i].line, &e), RC_CONF);
		at = strstr(e.text, "node.conf:1: ");
		EXPECT(at != NULL && strstr(at, bad_row[i].fault) ==
					 at + strlen("node.conf:1: "));
		arena_drop(&a);
		test_row(NULL);
	}
}

/* A setting that nobody has thought a bad value for. */
TEST(test_conf_read_every_setting_has_a_bad_row)
{
	static const char *const texts[] = {"data_dir", "genesis", "ipc_path",
	    "rpc_path", "rpc_group", "keystore", "password_file", "accounts",
	    "log_level"};
	static const char *const names[] = {
#define CONF(type, name, def, min, max, help) #name,
#include "noded/conf.def"
#undef CONF
	};

	for (size_t i = 0; i < ARRAY_CNT(names); i++) {
		size_t len = strlen(names[i]);
		bool found = false;

		for (size_t k = 0; k < ARRAY_CNT(texts); k++)
			found = found || !strcmp(texts[k], names[i]);
		for (size_t k = 0; k < ARRAY_CNT(bad_row); k++)
			found = found ||
				(!strncmp(bad_row[k].line, names[i], len) &&
				    bad_row[k].line[len] == ' ');
		test_row(names[i]);
		EXPECT(found);
		test_row(NULL);
	}
}

TEST(test_conf_read_setting_twice_is_refused)
{
	struct err e = {0};
	struct arena a;
	struct conf c;

	EXPECT_RC(
	    read_text(&a, &c, "readers = 1\n\nreaders = 1\n", &e), RC_CONF);
	EXPECT(strstr(e.text, ":3: readers stands here twice") != NULL);
	arena_drop(&a);
}

TEST(test_conf_read_empty_file_gives_the_defaults)
{
	struct arena a;
	struct conf c;

	EXPECT_RC(read_text(&a, &c, "# nothing\n", NULL), RC_OK);
	EXPECT(c.data_dir == NULL && c.rpc_path == NULL && !c.sealer.is_set);
	EXPECT(!c.skip_empty && c.heartbeat == 0);
	EXPECT_U64(c.gas_limit, 30000000);
	EXPECT_U64(c.build_time, 400);
	EXPECT_U64(c.map_size, 1 << 30);
	EXPECT_U64(c.map_resident, 64 << 20);
	EXPECT(u256_is_zero(&c.price_floor));
	EXPECT_STR(c.log_level, "info");
	arena_drop(&a);
}

TEST(test_conf_read_values_arrive)
{
	static const char text[] =
	    "data_dir = \"/a b\"  # with a blank\nsealer = "
	    "0x00000000000000000000000000000000000000aa\nskip_empty = yes\n"
	    "heartbeat = 2m\nprice_floor = 1000000000\nmap_size = 16M\n";
	struct arena a;
	struct conf c;

	EXPECT_RC(read_text(&a, &c, text, NULL), RC_OK);
	EXPECT_STR(c.data_dir, "/a b");
	EXPECT(c.sealer.is_set && c.sealer.addr.b[19] == 0xaa);
	EXPECT(c.skip_empty);
	EXPECT_U64(c.heartbeat, 120000);
	EXPECT_U64(c.price_floor.w[0], 1000000000);
	EXPECT_U64(c.map_size, 16 << 20);
	arena_drop(&a);
}

TEST(test_conf_read_file_that_is_none_is_told)
{
	static char large[INI_FILE_MAX + 1];
	struct err e = {0};
	struct arena a;
	struct conf c;

	arena_init(&a, 8 << 20);
	EXPECT_RC(conf_read(&a, &c, "/nonexistent", &e), RC_IO);
	EXPECT_STR(e.text, "/nonexistent: No such file or directory");
	EXPECT_RC(conf_read(&a, &c, "/", &e), RC_IO);
	EXPECT_STR(e.text, "/: Is a directory");
	memset(large, '\n', sizeof(large));
	EXPECT_RC(conf_read(&a, &c,
		      write_file("large", large, sizeof(large), 0600), &e),
	    RC_CONF);
	EXPECT(strstr(e.text, "larger than 1048576 bytes") != NULL);
	arena_drop(&a);
}

TEST(test_conf_read_no_memory_is_told)
{
	static const char text[] = "data_dir = /a\n";
	size_t n;

	for (n = 1;; n++) {
		struct arena a;
		struct conf c;

		test_alloc_fail(n);
		if (read_text(&a, &c, text, NULL) == RC_OK) {
			EXPECT(!test_alloc_did_fail());
			arena_drop(&a);
			break;
		}
		EXPECT(test_alloc_did_fail());
		arena_drop(&a);
	}
	EXPECT(n > 1);
}

/* A file that is good but for the lines of a row. */
static void
good(char *out, size_t cap, const char *more)
{
	const char *dir = test_tmpdir();

	(void)write_file("genesis.json", "{}", 2, 0600);
	(void)write_file("pass", "x", 1, 0600);
	(void)write_file("open", "x", 1, 0640);
	(void)mkdir(path_of("accounts"), 0700);
	(void)snprintf(out, cap,
	    "data_dir = %s\ngenesis = %s/genesis.json\nipc_path = %s/i\n%s",
	    dir, dir, dir, more);
}

static enum rc
check(const char *text, struct err *e)
{
	struct arena a;
	struct conf c;
	enum rc rc;

	EXPECT_RC(read_text(&a, &c, text, NULL), RC_OK);
	rc = conf_check(&c, e);
	arena_drop(&a);
	return rc;
}

#define SEALER "sealer = 0x00000000000000000000000000000000000000aa\n"

/* Whether the text names the file that read_text wrote, and goes on so. */
static bool
says(const struct err *e, const char *fault)
{
	const char *file = path_of("node.conf");
	size_t len = strlen(file);

	return !strncmp(e->text, file, len) && e->text[len] == ':' &&
	       !strncmp(e->text + len + 1, fault, strlen(fault));
}

TEST(test_conf_check_by_row)
{
	static const struct {
		const char *more, *fault; /* @: the folder; behind FILE: */
	} row[] = {
	    {"", NULL},
	    {"rpc_path = @/r\n", NULL},
	    {"heartbeat = 1s\nfuture_slack = 0s\n", NULL},
	    {SEALER "keystore = @\npassword_file = @/pass\n", NULL},
	    {"log_level =\n",
		"4: log_level: \"\" is not one of debug, info, warn, "
		"error"},
	    {"log_level = loud\n", "4: log_level: \"loud\" is not one of"},
	    {"heartbeat = 500ms\n",
		"4: heartbeat: 500 ms, but only whole seconds are kept"},
	    {"future_slack = 1500ms\n", "4: future_slack: 1500 ms, but only"},
	    {"pool_age = 1001ms\n", "4: pool_age: 1001 ms, but only"},
	    {"settle = 100ms\n", "4: settle: 100 ms, but only"},
	    {"rpc_path = @/i\n", "4: rpc_path: the same as ipc_path"},
	    {"rpc_path = @/r\nrpc_group = no-such-group\n",
		"5: rpc_group: no group \"no-such-group\""},
	    {"rpc_path = "
	     "/0123456789012345678901234567890123456789012345678901234567890123"
	     "45678901234567890123456789012345678901234567\n",
		"4: rpc_path: 109 bytes, the path of a socket has 107"},
	    {"accounts = @/accounts\n", NULL},
	    {SEALER "keystore = @\npassword_file = @/pass\n"
		    "accounts = @/accounts\n",
		NULL},
	    {"accounts = @/none\n",
		"4: accounts: @/none: No such file or directory"},
	    {"accounts = @/pass\n", "4: accounts: @/pass is not a folder"},
	    {"accounts = /tmp\n",
		"4: accounts: /tmp has mode 777, others can read it; chmod "
		"700"},
	    {"keystore = @/accounts\naccounts = @/accounts\n",
		"5: accounts: the same folder as keystore; the sealer's key "
		"must be apart"},
	    {SEALER, "4: sealer: keystore and password_file must be set, too"},
	    {SEALER "keystore = @\n",
		"4: sealer: keystore and password_file must"},
	    {SEALER "keystore = @/none\npassword_file = @/pass\n",
		"5: keystore: @/none: No such file or directory"},
	    {SEALER "keystore = @/pass\npassword_file = @/pass\n",
		"5: keystore: @/pass is not a folder"},
	    {SEALER "keystore = @\npassword_file = @/none\n",
		"6: password_file: @/none: No such file or directory"},
	    {SEALER "keystore = @\npassword_file = @/open\n",
		"6: password_file: @/open has mode 640, others can read it; "
		"chmod 600"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		char more[512] = "", text[1024], want[512] = "";
		struct err e = {0};
		const char *in[2] = {row[i].more, row[i].fault};
		char *out[2] = {more, want};

		for (int k = 0; k < 2; k++)
			for (const char *p = in[k]; p != NULL && *p; p++)
				(void)snprintf(out[k] + strlen(out[k]), 160,
				    *p == '@' ? "%s" : "%.1s",
				    *p == '@' ? test_tmpdir() : p);
		test_row(row[i].more);
		good(text, sizeof(text), more);
		EXPECT_RC(
		    check(text, &e), row[i].fault == NULL ? RC_OK : RC_CONF);
		EXPECT(row[i].fault == NULL || says(&e, want));
		test_row(NULL);
	}
}

TEST(test_conf_check_missing_settings_by_row)
{
	static const struct {
		const char *text, *fault; /* behind FILE: */
	} row[] = {
	    {"", " data_dir: not set"},
	    {"data_dir = /nonexistent\n",
		"1: data_dir: /nonexistent: No such file or directory"},
	    {"data_dir = /dev/null\n",
		"1: data_dir: /dev/null is not a folder"},
	    {"data_dir = /\n", " genesis: not set"},
	    {"data_dir = /\ngenesis = /nonexistent\n",
		"2: genesis: /nonexistent: No such file or directory"},
	    {"data_dir = /\ngenesis = /dev/null\n", " ipc_path: not set"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct err e = {0};

		test_row(row[i].text);
		EXPECT_RC(check(row[i].text, &e), RC_CONF);
		EXPECT(says(&e, row[i].fault));
		test_row(NULL);
	}
}

TEST(test_conf_help_names_every_setting)
{
	char line[512];
	size_t lines = 0, cnt = 0;
	int saved = dup(1), fd;
	FILE *f;

	(void)fflush(stdout);
	fd = open(path_of("help"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	EXPECT(dup2(fd, 1) == 1);
	conf_help();
	(void)fflush(stdout);
	EXPECT(dup2(saved, 1) == 1);
	close(saved);
	EXPECT(lseek(fd, 0, SEEK_SET) == 0);
	f = fdopen(fd, "r");
	while (fgets(line, sizeof(line), f) != NULL)
		lines++;
	fclose(f);
#define CONF(type, name, def, min, max, help) cnt++;
#include "noded/conf.def"
#undef CONF
	EXPECT_U64(lines, cnt);
}
